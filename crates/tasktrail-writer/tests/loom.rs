//! The whole writer, worker included, under every order of its threads that loom can tell apart:
//!
//! ```text
//! LOOM_MAX_PREEMPTIONS=3 RUSTFLAGS="--cfg loom" \
//!     cargo test -p tasktrail-writer --no-default-features --test loom --release
//! ```
//!
//! The model has no clock: a nap is a yield, a deadline has passed at once or never does. So a
//! notification that is lost shows as a deadlock.
//!
//! Each of these changes to `src/queue` makes the model fail; try them again when it changes:
//!
//! - `wake_for` does not wake a parked worker, or does not notify, or leaves it marked as parked
//! - `rouse` does not notify; `finish` does not rouse
//! - `settle` lets nobody in; `let_in` notifies nobody, or one instead of all
//! - `settle` does not report; `report` notifies one instead of all; `close` notifies nobody
//! - `give_up` does not notify those who wait for room
//! - room that is given is not reserved, or stays reserved after it was filled
//! - `is_drained` does not ask for reserved room
//! - lines are accepted after the end has begun
//!
//! What only saves time is for other tests to see, since a nap in the model may end at once: the
//! mark, the urgency of a flush, and that a caller who waits for room rouses the worker.
#![cfg(loom)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loom::thread;
use tasktrail_writer::{Builder, Cause, Level, WhenFull, Worker};

const LONG: Duration = Duration::from_secs(3600);

/// Room for one line of two bytes with its length, and not for two.
const ONE_LINE: usize = 2 + 4;

/// Keeps what it gets. Only the worker writes and only the end reads, so loom need not see the lock.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn sorted(&self) -> Vec<u8> {
        let mut bytes = self.0.lock().unwrap().clone();
        bytes.retain(|byte| *byte != b'\n');
        bytes.sort_unstable();
        bytes
    }
}

/// A pipe whose reader has gone.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn worker(memory: usize, rule: WhenFull, kept: &Kept) -> Worker {
    Builder::new(kept.clone())
        .memory(memory)
        .when_full(rule)
        .tell_losses(|_, _| {})
        .start()
        .unwrap()
}

fn write_on_thread(worker: &Worker, line: &'static [u8]) -> thread::JoinHandle<()> {
    let writer = worker.writer();
    thread::spawn(move || writer.write_line(line))
}

#[test]
fn three_callers_that_block_all_get_their_lines_written() {
    loom::model(|| {
        let kept = Kept::default();
        let worker = worker(ONE_LINE, WhenFull::Block, &kept);

        let first = write_on_thread(&worker, b"1\n");
        let second = write_on_thread(&worker, b"2\n");
        worker.writer().write_line(b"3\n");
        first.join().unwrap();
        second.join().unwrap();
        let outcome = worker.finish_within(LONG);

        assert_eq!(kept.sorted(), b"123");
        assert_eq!((outcome.written(), outcome.lost()), (3, 0));
    });
}

#[test]
fn a_precious_line_and_two_others_all_get_room() {
    loom::model(|| {
        let kept = Kept::default();
        let worker = Builder::new(kept.clone())
            .memory(ONE_LINE + 1)
            .reserve(Level::Error, 1)
            .tell_losses(|_, _| {})
            .start()
            .unwrap();
        let writer = worker.writer();

        let first = write_on_thread(&worker, b"1\n");
        let second = thread::spawn(move || writer.write_line_at(Level::Error, b"2\n"));
        worker.writer().write_line(b"3\n");
        first.join().unwrap();
        second.join().unwrap();
        let outcome = worker.finish_within(LONG);

        assert_eq!(kept.sorted(), b"123");
        assert_eq!((outcome.written(), outcome.lost()), (3, 0));
    });
}

#[test]
fn room_for_two_lets_two_callers_in() {
    loom::model(|| {
        let kept = Kept::default();
        let worker = worker(2 * ONE_LINE, WhenFull::Block, &kept);

        worker.writer().write_line(b"1111111\n");
        let first = write_on_thread(&worker, b"2\n");
        let second = write_on_thread(&worker, b"3\n");
        first.join().unwrap();
        second.join().unwrap();

        assert_eq!(worker.finish_within(LONG).written(), 3);
    });
}

#[test]
fn a_caller_that_blocks_when_the_end_comes_is_written_or_counted() {
    loom::model(|| {
        let kept = Kept::default();
        let worker = worker(ONE_LINE, WhenFull::Block, &kept);
        let writer = worker.writer();

        let first = write_on_thread(&worker, b"1\n");
        let second = write_on_thread(&worker, b"2\n");
        let _ = worker.finish_within(LONG);
        first.join().unwrap();
        second.join().unwrap();

        let outcome = writer.outcome();
        assert_eq!(outcome.written(), kept.sorted().len() as u64);
        assert_eq!(outcome.losses().of(Cause::WorkerGone), outcome.lost());
        assert_eq!(outcome.written() + outcome.lost(), 2);
    });
}

#[test]
fn a_flush_among_callers_sees_its_own_lines_written() {
    loom::model(|| {
        let kept = Kept::default();
        let worker = worker(10 * ONE_LINE, WhenFull::Block, &kept);

        let other = write_on_thread(&worker, b"1\n");
        worker.writer().write_line(b"2\n");
        worker.flush(LONG).unwrap();
        assert!(kept.sorted().contains(&b'2'));
        other.join().unwrap();
        worker.flush(LONG).unwrap();
        assert_eq!(kept.sorted(), b"12");
        let outcome = worker.finish_within(LONG);

        assert_eq!((outcome.written(), outcome.lost()), (2, 0));
    });
}

#[test]
fn two_flushes_at_once_both_return() {
    loom::model(|| {
        let kept = Kept::default();
        let worker = Arc::new(worker(10 * ONE_LINE, WhenFull::Block, &kept));

        worker.writer().write_line(b"1\n");
        let other = thread::spawn({
            let worker = Arc::clone(&worker);
            move || worker.flush(LONG).unwrap()
        });
        worker.flush(LONG).unwrap();
        assert_eq!(kept.sorted(), b"1");
        other.join().unwrap();
        let worker = Arc::into_inner(worker).unwrap();

        assert_eq!(worker.finish_within(LONG).written(), 1);
    });
}

#[test]
fn an_end_that_does_not_wait_counts_each_line_once() {
    loom::model(|| {
        let kept = Kept::default();
        let worker = worker(ONE_LINE, WhenFull::Block, &kept);
        let writer = worker.writer();

        let first = write_on_thread(&worker, b"1\n");
        let second = write_on_thread(&worker, b"2\n");
        let outcome = worker.finish_within(Duration::ZERO);
        first.join().unwrap();
        second.join().unwrap();

        let losses = writer.outcome().losses();
        assert_eq!(outcome.waiting(), 0);
        assert_eq!(writer.outcome().written(), outcome.written());
        assert_eq!(outcome.written() + losses.total(), 2);
        // A line that was counted as lost may still appear, but none that was written is missing.
        assert!(kept.sorted().len() as u64 >= outcome.written());
    });
}

#[test]
fn a_destination_that_has_failed_for_good_lets_everybody_go() {
    loom::model(|| {
        let worker = Builder::new(Gone)
            .memory(ONE_LINE)
            .when_full(WhenFull::Block)
            .start()
            .unwrap();
        let writer = worker.writer();

        let first = write_on_thread(&worker, b"1\n");
        let second = write_on_thread(&worker, b"2\n");
        let outcome = worker.finish_within(LONG);
        first.join().unwrap();
        second.join().unwrap();

        assert_eq!((outcome.written(), outcome.waiting()), (0, 0));
        let losses = writer.outcome().losses();
        assert!(losses.of(Cause::DestinationFailed) <= 1);
        let counted = losses.of(Cause::DestinationFailed) + losses.of(Cause::WorkerGone);
        assert_eq!((counted, losses.total()), (2, 2));
    });
}

#[test]
fn dropped_lines_and_written_lines_are_all_lines() {
    for rule in [WhenFull::DropNewest, WhenFull::DropOldest] {
        loom::model(move || {
            let kept = Kept::default();
            let worker = worker(ONE_LINE, rule, &kept);

            let first = write_on_thread(&worker, b"1\n");
            worker.writer().write_line(b"2\n");
            worker.writer().write_line(b"3\n");
            first.join().unwrap();
            let outcome = worker.finish_within(LONG);

            assert_eq!(outcome.written(), kept.sorted().len() as u64);
            assert!(outcome.written() >= 1);
            assert_eq!(outcome.losses().of(Cause::MemoryFull), outcome.lost());
            assert_eq!(outcome.written() + outcome.lost(), 3);
        });
    }
}
