//! A flush of all workers. Alone in a program, for other tests' workers would be among them.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod gate;

use std::error::Error;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use gate::Gate;
use tasktrail_writer::{Builder, flush_all};

const LONG: Duration = Duration::from_secs(60);

/// The worker looks only when it is told to.
const NEVER: Duration = Duration::from_secs(3600);

/// Lets one test at a time have workers.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_flush_of_all_writes_the_lines_of_every_worker() {
    let _alone = alone();
    let start = |_| Builder::new(io::sink()).longest_delay(NEVER).start();
    let workers: Vec<_> = (0..3).map(|name| start(name).unwrap()).collect();
    for worker in &workers {
        worker.writer().write_line(b"line\n");
    }

    flush_all(LONG).unwrap();

    let written = workers.iter().map(|worker| worker.outcome().written());
    assert_eq!(written.collect::<Vec<_>>(), [1, 1, 1]);
}

#[test]
fn a_flush_of_all_without_a_worker_is_done_at_once() {
    let _alone = alone();
    let worker = Builder::new(io::sink()).start().unwrap();
    worker.writer().write_line(b"line\n");
    assert_eq!(worker.finish().lost(), 0);

    flush_all(Duration::ZERO).unwrap();
}

#[test]
fn a_flush_of_all_says_for_how_many_lines_its_one_deadline_was_not_enough() {
    let _alone = alone();
    let gates: Vec<_> = (0..20).map(|_| Gate::default()).collect();
    let start = |gate: &Gate| Builder::new(gate.destination()).start().unwrap();
    let hanging: Vec<_> = gates.iter().map(start).collect();
    let healthy = Builder::new(io::sink()).longest_delay(NEVER);
    let healthy = healthy.start().unwrap();
    for worker in hanging.iter().chain([&healthy, &hanging[7]]) {
        worker.writer().write_line(b"line\n");
    }

    let begin = Instant::now();
    let result = flush_all(Duration::from_millis(500));
    let took = begin.elapsed();
    let written = healthy.outcome().written();
    gates.iter().for_each(Gate::open);

    // One after the other they would take ten seconds.
    assert!(took < Duration::from_secs(9));
    assert_eq!(written, 1);
    let error = result.unwrap_err();
    assert_eq!((error.workers(), error.waiting()), (20, 21));
    assert_eq!(
        error.to_string(),
        "expected all lines to be written within 500ms, found 21 not written by 20 workers: \
         the destinations did not take them"
    );
    assert!(error.source().is_none());
    flush_all(LONG).unwrap();
    assert_eq!(gates[7].output(), "line\nline\n");
}

#[test]
fn a_flush_of_all_says_what_a_destination_failed_with() {
    struct Failing;
    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("disk 7"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let _alone = alone();
    let worker = Builder::new(Failing).start().unwrap();
    worker.writer().write_line(b"line\n");

    let error = flush_all(Duration::from_millis(100)).unwrap_err();

    assert_eq!(
        error.to_string(),
        "expected all lines to be written within 100ms, found 1 not written by 1 worker: \
         a destination failed"
    );
    assert_eq!(error.source().unwrap().to_string(), "disk 7");
}

#[test]
fn a_flush_of_all_by_a_destination_does_not_wait() {
    struct FlushesAll(mpsc::Sender<u64>);
    impl Write for FlushesAll {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .send(flush_all(NEVER).unwrap_err().waiting())
                .unwrap();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let _alone = alone();
    let (sender, receiver) = mpsc::channel();
    let worker = Builder::new(FlushesAll(sender)).start().unwrap();

    worker.writer().write_line(b"line\n");

    assert_eq!(receiver.recv().unwrap(), 1);
    assert_eq!(worker.finish().written(), 1);
}
