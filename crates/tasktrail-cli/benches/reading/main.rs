//! Measures how fast logs are read, and makes logs to read.
//!
//! ```sh
//! cargo bench -p tasktrail-cli --bench reading -- --records 10000000
//! cargo bench -p tasktrail-cli --bench reading -- --make /tmp/log.json --records 10000000
//! cargo bench -p tasktrail-cli --bench reading -- --log /tmp/log.json
//! ```
//!
//! The first makes a log in the temporary folder, the same each time, reads it with this command
//! and with others, and prints tables. The second only makes it; `--schema` says in which schema
//! (`eliot`). The third reads one that is there. `--rounds` (3) says how often each command runs,
//! and the best is told; `--rows` takes only rows whose names contain a text.
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program to be looked at"
)]

mod contents;
mod floor;
mod log;
mod measure;
mod run;
mod ways;

use std::path::PathBuf;

use tasktrail_record::Schema;

use measure::Options;

fn main() {
    let mut options = Options {
        log: None,
        records: 50_000,
        schema: Schema::Eliot,
        rounds: 3,
        rows: String::new(),
    };
    let mut made = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap();
        match argument.as_str() {
            "--make" => made = Some(PathBuf::from(value())),
            "--log" => options.log = Some(PathBuf::from(value())),
            "--records" => options.records = value().parse().unwrap(),
            "--rounds" => options.rounds = value().parse().unwrap(),
            "--rows" => options.rows = value(),
            "--schema" => options.schema = value().parse().unwrap(),
            // What the bench calls itself for, as a program whose time can be taken.
            "--floor" => {
                let threads = value().parse().unwrap();
                let found = floor::find(value().as_ref(), threads).unwrap();
                println!("{} {}", found.lines_with_place, found.lines_with_status);
                return;
            }
            // What cargo says to each bench.
            _ => {}
        }
    }
    match made {
        Some(path) => log::make(&path, options.schema, options.records).unwrap(),
        None => measure::all(&options).unwrap(),
    }
}
