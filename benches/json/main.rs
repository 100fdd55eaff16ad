//! What a line of JSON costs: with our layers, and with other ways to write one from `tracing` or
//! `slog`.
//!
//! ```text
//! cargo bench -p tasktrail-benches                   all rows, all contenders, five rounds
//! cargo bench -p tasktrail-benches -- OPTIONS
//!
//! --rows spans-3,span         some rows; by default all: spans-1, spans-3, ... spans-32, span
//! --contenders eliot,slog     some contenders; by default all
//! --rounds 5                  how many times all of that is measured; a cell is the median
//! --events 20000              how many times a row is done for one number
//! --instructions              counts instructions too, by callgrind: needs valgrind
//! --check                     counts those of ours alone, and fails where they have grown by more
//!                             than 3 % since they were recorded in `benches/instructions.txt`
//! --record                    counts those of ours alone, and records them there
//! ```
//!
//! Each measurement is a process of its own, and the contenders take turns in each round, so that
//! what else the machine does hits all of them. Without the others it builds in a fraction of the
//! time: `--no-default-features`. How to read the tables stands in `docs/performance.md`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark stops at the first surprise, and prints"
)]

mod allocator;
mod arguments;
mod compare;
mod contenders;
mod instructions;
mod measure;
mod record;
mod row;
mod sink;
mod spans;
mod table;

use arguments::Command;

fn main() {
    let done = match Command::parse(std::env::args().skip(1)) {
        Ok(Command::Compare(comparison)) => {
            compare::compare(&comparison);
            Ok(())
        }
        Ok(Command::Measure(task)) => {
            measure::measure(&task);
            Ok(())
        }
        Ok(Command::Repeat(task)) => {
            task.contender.run(task.row, &mut |work| work(task.events));
            Ok(())
        }
        Ok(Command::Record) => record::record(),
        Ok(Command::Check) => record::check(),
        Err(problem) => Err(problem),
    };
    if let Err(problem) = done {
        eprintln!("{problem}");
        std::process::exit(2);
    }
}
