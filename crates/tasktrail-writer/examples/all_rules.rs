//! Writes from four threads under each rule for a full memory, with flushes, and ends in both ways:
//! a small program that goes through the whole queue, for `tests/valgrind.sh`.
//!
//! It fails if a line is not accounted for.

use std::error::Error;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use tasktrail_writer::{Builder, KIB, Outcome, WhenFull, Worker};

const THREADS: u64 = 4;
const LINES: u64 = 300;
const LONG: Duration = Duration::from_secs(600);

fn main() -> Result<(), Box<dyn Error>> {
    for rule in [
        WhenFull::Block,
        WhenFull::BlockFor(Duration::from_millis(1)),
        WhenFull::DropNewest,
        WhenFull::DropOldest,
    ] {
        let worker = start(rule)?;
        log(&worker)?;
        account_for_all(rule, worker.finish_within(LONG))?;

        let worker = start(rule)?;
        log(&worker)?;
        let writer = worker.writer();
        drop(worker);
        account_for_all(rule, writer.outcome())?;
    }
    Ok(())
}

fn start(rule: WhenFull) -> Result<Worker, Box<dyn Error>> {
    let builder = Builder::new(Halting::default());
    Ok(builder.memory(KIB).when_full(rule).start()?)
}

/// Has each thread write its lines, and flushes meanwhile and at the end.
fn log(worker: &Worker) -> Result<(), Box<dyn Error>> {
    thread::scope(|scope| {
        for name in 0..THREADS {
            let writer = worker.writer();
            scope.spawn(move || {
                for number in 0..LINES {
                    writer.write_line(format!("thread {name} line {number}\n").as_bytes());
                }
            });
        }
        worker.flush(LONG)
    })?;
    Ok(worker.flush(LONG)?)
}

fn account_for_all(rule: WhenFull, outcome: Outcome) -> Result<(), Box<dyn Error>> {
    let may_lose = rule != WhenFull::Block;
    let accounted = outcome.written() + outcome.lost();
    if accounted != THREADS * LINES || outcome.waiting() > 0 || outcome.lost() > 0 && !may_lose {
        return Err(
            format!("{rule:?}: expected all lines accounted for, found {outcome:?}").into(),
        );
    }
    Ok(())
}

/// Takes half of what it gets, fails at times, and is busy at others.
#[derive(Default)]
struct Halting {
    calls: u32,
    output: Vec<u8>,
}

impl Write for Halting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls.is_multiple_of(50) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let half = bytes.get(..bytes.len().div_ceil(2)).unwrap_or(bytes);
        self.output.write(half)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
