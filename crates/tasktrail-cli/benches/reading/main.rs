//! Measures how fast logs are read, and makes logs to read.
//!
//! ```sh
//! cargo bench -p tasktrail-cli --bench reading -- --make /tmp/log.json --records 10000000
//! cargo bench -p tasktrail-cli --bench reading -- --records 10000000
//! ```
//!
//! The first writes a log, the same each time; `--schema` says in which schema (`eliot`). The second
//! makes one in the temporary folder, reads it with this command and with others, and prints a
//! table.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program to be looked at"
)]

mod log;
mod measure;

use std::path::PathBuf;

use tasktrail_record::Schema;

fn main() {
    let mut records = 50_000;
    let mut schema = Schema::Eliot;
    let mut made = None;
    let mut rounds = 3;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap();
        match argument.as_str() {
            "--make" => made = Some(PathBuf::from(value())),
            "--records" => records = value().parse().unwrap(),
            "--rounds" => rounds = value().parse().unwrap(),
            "--schema" => schema = value().parse().unwrap(),
            // What cargo says to each bench.
            _ => {}
        }
    }
    match made {
        Some(path) => log::make(&path, schema, records).unwrap(),
        None => measure::all(schema, records, rounds).unwrap(),
    }
}
