//! What a request costs with our layers around client and service, and with others.
//!
//! ```text
//! cargo bench -p tasktrail-benches --bench http               all contenders, five rounds
//! cargo bench -p tasktrail-benches --bench http -- OPTIONS
//!
//! --contenders both,server    some contenders; by default all
//! --rounds 5                  how many times all of that is measured; a cell is the median
//! --requests 20000            how many requests are sent for one number
//! --instructions              counts instructions too, by callgrind: needs valgrind
//! ```
//!
//! A request is a call of a tower service that answers at once, with no network between: what is
//! measured is what the layers add. Each measurement is a process of its own, and the contenders
//! take turns in each round. Peers need the feature `peers`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark stops at the first surprise, and prints"
)]

#[path = "../json/allocator.rs"]
mod allocator;
mod arguments;
mod compare;
mod contenders;
mod request;
#[path = "../json/sink.rs"]
mod sink;

use std::time::Instant;

use allocator::allocations;
use arguments::Command;
use contenders::Contender;
use sink::written;

fn main() {
    match Command::parse(std::env::args().skip(1)) {
        Ok(Command::Compare(comparison)) => compare::compare(&comparison),
        Ok(Command::Measure(contender, requests)) => measure(contender, requests),
        Ok(Command::Repeat(contender, requests)) => contender.run(&mut |send| send(requests)),
        Err(problem) => {
            eprintln!("{problem}");
            std::process::exit(2);
        }
    }
}

/// Prints a name and a number on each line.
fn measure(contender: Contender, requests: u64) {
    contender.run(&mut |send| {
        // Buffers have grown, and caches know their way, after a tenth.
        send((requests / 10).max(1));
        let (_, lines) = written();
        let allocated = allocations();
        let begun = Instant::now();
        send(requests);
        let time = begun.elapsed();
        let allocated = allocations() - allocated;
        let lines = written().1 - lines;

        let requests = requests as f64;
        println!("time {}", time.as_nanos() as f64 / requests);
        println!("allocations {}", allocated as f64 / requests);
        println!("lines {}", lines as f64 / requests);
    });
}
