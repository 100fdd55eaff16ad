//! Forks without `exec` while its threads log, and logs in the children.
//!
//! ```text
//! forking PARENT.LOG CHILD.LOG FORKS
//! ```

#![expect(unsafe_code, reason = "`fork` is not safe, that is what this is about")]

use std::error::Error;
use std::fs::OpenOptions;
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use tasktrail::writer::{Builder, Cause, FlushError, Level, Worker};

const LONG: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [parent, child, forks] = arguments.as_slice() else {
        return Err("expected PARENT.LOG CHILD.LOG FORKS".into());
    };
    let append = |path| OpenOptions::new().append(true).create(true).open(path);
    let worker = Builder::new(append(parent)?).start()?;
    let stop = Arc::new(AtomicBool::new(false));
    // A thread that is just starting at a fork holds a lock of the standard library, for ever in the
    // child.
    let started = Arc::new(Barrier::new(3));
    worker.sync(LONG)?;
    let threads: Vec<_> = (0..2)
        .map(|thread| {
            let (writer, stop) = (worker.writer(), Arc::clone(&stop));
            let started = Arc::clone(&started);
            thread::spawn(move || {
                started.wait();
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    writer.write_line(format!("thread {thread} line {number} end\n").as_bytes());
                    number += 1;
                }
                number
            })
        })
        .collect();
    started.wait();

    for fork in 0..forks.parse()? {
        // SAFETY: the child calls only what this test is about. Should one of these wait for a
        // thread that is not there, the alarm ends it.
        match unsafe { libc::fork() } {
            0 => {
                // SAFETY: it only sets a clock.
                unsafe { libc::alarm(60) };
                let done = in_child(worker, fork, append(child)?);
                exit(i32::from(done.is_err()));
            }
            process => {
                let mut status = 0;
                // SAFETY: the status is there to be written to.
                unsafe { libc::waitpid(process, &raw mut status, 0) };
                if status != 0 {
                    return Err(format!("child {fork} left with {status}").into());
                }
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut lines = 0;
    for thread in threads {
        lines += thread.join().map_err(|_| "a thread panicked")?;
    }
    let outcome = worker.finish();
    if (outcome.written(), outcome.lost()) == (lines, 0) {
        Ok(())
    } else {
        Err(format!("{lines} lines, {outcome:?}").into())
    }
}

/// The parent's worker says that it is not here, and a new one works.
fn in_child(worker: Worker, fork: u32, log: std::fs::File) -> Result<(), ()> {
    let writer = worker.writer();
    writer.write_line(b"not to be written\n");
    writer.write_line_at(Level::Error, b"not to be written\n");
    let gone = worker
        .flush(LONG)
        .is_err_and(|error| matches!(error, FlushError::WorkerGone));
    let losses = worker.finish().losses();
    let counted = (
        losses.total(),
        losses.of_at(Cause::WorkerGone, Level::Error),
    );
    let own = Builder::new(log).start().map_err(drop)?;
    own.writer()
        .write_line(format!("child {fork}\n").as_bytes());
    // Not finished: the exit writes what is in memory.
    std::mem::forget(own);
    if gone && counted == (2, 1) {
        Ok(())
    } else {
        Err(())
    }
}
