//! Flushes, the end, and what comes after it.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod gate;

use std::error::Error;
use std::io::{self, Write};
use std::panic;
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use gate::Gate;
use tasktrail_writer::{Builder, Cause, FlushError, StartError, WhenFull, Worker, Writer};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn after_a_flush_all_lines_before_it_are_written_and_flushed() {
    /// Shows lines only once they are flushed.
    struct Buffering(Vec<u8>, mpsc::Sender<Vec<u8>>);
    impl Write for Buffering {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.1.send(std::mem::take(&mut self.0)).unwrap();
            Ok(())
        }
    }
    let (sender, receiver) = mpsc::channel();
    let worker = Builder::new(Buffering(Vec::new(), sender))
        .longest_delay(LONG)
        .start()
        .unwrap();

    worker.writer().write_line(b"one\n");
    worker.writer().write_line(b"two\n");
    worker.flush(LONG).unwrap();

    let flushed: Vec<u8> = receiver.try_iter().flatten().collect();
    assert_eq!(flushed, b"one\ntwo\n");
    assert_eq!(worker.outcome().written(), 2);
}

#[test]
fn a_flush_that_takes_too_long_says_how_many_lines_wait() {
    let gate = Gate::default();
    let worker = Builder::new(gate.destination()).start().unwrap();
    worker.writer().write_line(b"one\n");
    worker.writer().write_line(b"two\n");

    let error = worker.flush(Duration::from_millis(1)).unwrap_err();

    assert_eq!(
        error.to_string(),
        "expected all lines to be written within 1ms, found 2 not written: \
         the destination did not take them"
    );
    assert!(matches!(error, FlushError::TimedOut { waiting: 2, .. }));
    assert!(error.source().is_none());
    gate.open();
    worker.flush(LONG).unwrap();
    assert_eq!(gate.output(), "one\ntwo\n");
}

#[test]
fn a_flush_of_nothing_is_done_at_once() {
    let worker = Builder::new(Gate::default().destination()).start().unwrap();

    worker.flush(Duration::ZERO).unwrap();
}

#[test]
fn a_writers_own_flush_makes_the_worker_write_now() {
    let gate = Gate::default();
    let worker = Builder::new(gate.destination())
        .longest_delay(2 * LONG)
        .start()
        .unwrap();
    let mut writer = worker.writer();

    writer.write_line(b"one\n");
    writer.flush().unwrap();

    gate.wait_for_writes(1);
    gate.open();
}

#[test]
fn the_end_returns_at_its_deadline_and_counts_what_is_left() {
    let gate = Gate::default();
    let worker = Builder::new(gate.destination()).start().unwrap();
    let writer = worker.writer();
    writer.write_line(b"in hand\n");
    gate.wait_for_writes(1);
    writer.write_line(b"in memory\n");
    writer.write_line(b"in memory, too\n");

    let outcome = worker.finish_within(Duration::from_millis(10));

    assert_eq!(outcome.losses().of(Cause::Deadline), 3);
    assert_eq!((outcome.lost(), outcome.written()), (3, 0));
    assert_eq!(outcome.waiting(), 0);

    // A worker that comes back later writes nothing more and changes no count.
    gate.open();
    gate.wait_for_drop();
    assert_eq!(gate.output(), "in hand\n");
    assert_eq!(writer.outcome(), outcome);
}

#[test]
fn a_deadline_of_zero_waits_for_nothing() {
    let gate = Gate::default();
    let worker = Builder::new(gate.destination()).start().unwrap();
    worker.writer().write_line(b"one\n");
    gate.wait_for_writes(1);

    let outcome = worker.finish_within(Duration::ZERO);

    assert_eq!(outcome.losses().of(Cause::Deadline), 1);
}

#[test]
fn a_blocked_caller_is_let_go_at_the_deadline_and_its_line_is_counted() {
    let gate = Gate::default();
    let worker = Builder::new(gate.destination()).memory(8).start().unwrap();
    let writer = worker.writer();
    writer.write_line(b"one\n");
    gate.wait_for_writes(1);

    let blocked = writer.clone();
    let (sender, receiver) = mpsc::channel();
    let caller = thread::spawn(move || {
        sender.send(()).unwrap();
        blocked.write_line(b"two\n");
    });
    receiver.recv().unwrap();
    let _ = worker.finish_within(Duration::from_millis(10));
    caller.join().unwrap();

    let losses = writer.outcome().losses();
    assert_eq!(losses.of(Cause::Deadline), 1);
    assert_eq!(losses.of(Cause::WorkerGone), 1);
}

#[test]
fn a_line_after_the_end_is_counted() {
    let worker = Builder::new(Vec::new()).start().unwrap();
    let writer = worker.writer();
    let outcome = worker.finish();

    writer.write_line(b"too late\n");
    writer.clone().write_line(b"too late\n");

    assert_eq!(outcome.lost(), 0);
    assert_eq!(writer.outcome().losses().of(Cause::WorkerGone), 2);
}

#[test]
fn dropping_the_worker_finishes_it() {
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(gate.destination())
        .longest_delay(LONG)
        .start()
        .unwrap();
    worker.writer().write_line(b"one\n");

    drop(worker);

    assert_eq!(gate.output(), "one\n");
    gate.wait_for_drop();
}

#[test]
fn what_a_destination_writes_when_it_is_dropped_is_waited_for() {
    struct Trailer(Gate);
    impl Write for Trailer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.destination().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Drop for Trailer {
        fn drop(&mut self) {
            self.0.destination().write_all(b"trailer").unwrap();
            panic!("and even this is survived");
        }
    }
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(Trailer(gate.clone())).start().unwrap();
    worker.writer().write_line(b"one\n");

    let outcome = worker.finish();

    assert_eq!(outcome.lost(), 0);
    assert_eq!(gate.output(), "one\ntrailer");
}

#[test]
fn a_destination_that_hangs_when_it_is_dropped_does_not_hold_up_the_end() {
    struct HangsAtDrop(mpsc::Receiver<()>);
    impl Write for HangsAtDrop {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Drop for HangsAtDrop {
        fn drop(&mut self) {
            let _ = self.0.recv();
        }
    }
    let (_hold, held) = mpsc::channel();
    let worker = Builder::new(HangsAtDrop(held)).start().unwrap();
    worker.writer().write_line(b"one\n");
    worker.flush(LONG).unwrap();

    let outcome = worker.finish_within(Duration::from_millis(10));

    assert_eq!((outcome.written(), outcome.lost()), (1, 0));
}

#[test]
fn a_destination_that_logs_never_waits_for_itself() {
    /// Writes four lines for each that it gets, through its own worker.
    struct Chatty(Arc<OnceLock<Writer>>, mpsc::Sender<()>);
    impl Write for Chatty {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let writer = self.0.wait();
            for _ in 0..4 {
                writer.write_line(b"I am writing\n");
            }
            self.1.send(()).unwrap();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let own = Arc::new(OnceLock::new());
    let (sender, receiver) = mpsc::channel();
    let worker = Builder::new(Chatty(Arc::clone(&own), sender))
        .memory(64)
        .when_full(WhenFull::Block)
        .start()
        .unwrap();
    own.set(worker.writer()).ok().unwrap();

    worker.writer().write_line(b"start\n");
    for _ in 0..20 {
        receiver.recv().unwrap();
    }
    let outcome = worker.finish();

    assert!(outcome.losses().of(Cause::MemoryFull) > 0);
    assert_eq!(outcome.waiting(), 0);
}

#[test]
fn a_destination_that_ends_its_own_worker_does_not_wait_for_itself() {
    struct Owner(Arc<OnceLock<Worker>>, mpsc::Sender<()>);
    impl Write for Owner {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(worker) = Arc::get_mut(&mut self.0).and_then(OnceLock::take) {
                let _ = worker.flush(LONG).unwrap_err();
                drop(worker);
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Drop for Owner {
        fn drop(&mut self) {
            self.1.send(()).unwrap();
        }
    }
    let own = Arc::new(OnceLock::new());
    let (sender, receiver) = mpsc::channel();
    let worker = Builder::new(Owner(Arc::clone(&own), sender))
        .start()
        .unwrap();
    let writer = worker.writer();
    own.set(worker).ok().unwrap();
    drop(own);

    writer.write_line(b"start\n");
    let begun = Instant::now();
    receiver.recv().unwrap();

    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "it waited for itself"
    );
    assert_eq!(writer.outcome().lost(), 0);
}

#[test]
fn a_thread_that_panicked_does_not_silence_the_others() {
    let worker = Builder::new(Vec::new()).start().unwrap();
    let writer = worker.writer();

    let panicking = writer.clone();
    let result = thread::spawn(move || {
        panicking.write_line(b"before\n");
        panic!("as many threads do");
    })
    .join();
    assert!(result.is_err());
    writer.write_line(b"after\n");

    assert_eq!(worker.finish().written(), 2);
}

#[test]
fn a_display_that_panics_writes_nothing_and_harms_nobody() {
    struct Bomb;
    impl std::fmt::Display for Bomb {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no words");
        }
    }
    let worker = Builder::new(Vec::new()).start().unwrap();
    let mut writer = worker.writer();

    let result = panic::catch_unwind(panic::AssertUnwindSafe(|| write!(writer, "a {Bomb}")));
    assert!(result.is_err());
    writeln!(writer, "a line in {} pieces", 2).unwrap();

    assert_eq!(worker.finish().written(), 1);
}

#[test]
fn pieces_of_one_call_are_one_line() {
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(gate.destination()).start().unwrap();
    let mut writer = &worker.writer();

    writeln!(writer, "{} and {}", 1, 2).unwrap();
    let slices = [io::IoSlice::new(b"3 and"), io::IoSlice::new(b" 4\n")];
    assert_eq!(writer.write_vectored(&slices).unwrap(), 8);
    assert_eq!(writer.write(b"").unwrap(), 0);
    let outcome = worker.finish();

    assert_eq!(gate.output(), "1 and 2\n3 and 4\n");
    assert_eq!(outcome.written(), 2);
}

#[test]
fn a_memory_of_zero_is_refused() {
    let error = Builder::new(Vec::new()).memory(0).start().unwrap_err();

    assert!(matches!(error, StartError::NoMemory));
}

#[test]
fn the_handles_are_send_and_sync() {
    fn check<T: Send + Sync>() {}

    check::<Worker>();
    check::<Writer>();
    check::<FlushError>();
    check::<StartError>();
}
