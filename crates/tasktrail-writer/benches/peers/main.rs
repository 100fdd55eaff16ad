//! What a line costs the caller and in all, next to other ways to write lines to a file.
//!
//! ```text
//! cargo bench -p tasktrail-writer --bench peers [-- <options>]
//!
//! --rows 1,2,4,8,paced,slow,lossy,memory    which tables
//! --writers tasktrail-writer,slog-async     which writers; all by default
//! --rounds 5                                how often each is measured; the table shows medians
//! --lines 200000                            lines of each producer
//! --capacity 20000                          lines that wait at most; by default what each one comes with
//! --spread                                  shows the least and the most beside each median
//! ```
//!
//! Each measurement is a process of its own, and the writers take turns in each round, so that what
//! else the machine does hits all of them. `--rounds 1 --lines 10000` takes about 20 seconds. How to read the
//! tables stands in `docs/performance.md`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark stops at the first surprise, and prints"
)]

#[cfg(not(loom))]
mod arguments;
#[cfg(not(loom))]
mod compare;
#[cfg(not(loom))]
mod cost;
#[cfg(not(loom))]
mod destination;
#[cfg(not(loom))]
mod lines;
#[cfg(not(loom))]
mod measure;
#[cfg(not(loom))]
mod row;
#[cfg(not(loom))]
mod writers;

#[cfg(loom)]
fn main() {}

#[cfg(not(loom))]
fn main() {
    use arguments::Command;

    match Command::parse(std::env::args().skip(1)) {
        Ok(Command::Compare(comparison)) => compare::compare(&comparison),
        Ok(Command::Measure(task)) => measure::measure(&task),
        Err(problem) => {
            eprintln!("{problem}");
            std::process::exit(2);
        }
    }
}
