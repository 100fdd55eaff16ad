//! The end with a destination that takes nothing any more, or seems to.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tasktrail_writer::{Builder, Cause, Outcome, WhenFull, Worker};

/// The worker looks only when it is told to: here, when the end has begun.
const LONG: Duration = Duration::from_secs(3600);

/// An end that waits for this deadline hangs instead of passing late.
const NEVER: Duration = Duration::from_secs(3600);

/// Does in its n-th call what it is told, and keeps what it took.
struct Unreliable<F> {
    kept: Arc<Mutex<Kept>>,
    answer: F,
}

#[derive(Default)]
struct Kept {
    calls: usize,
    output: String,
}

impl<F: FnMut(usize) -> io::Result<usize>> Write for Unreliable<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.kept.lock().unwrap();
        kept.calls += 1;
        let count = (self.answer)(kept.calls)?.min(bytes.len());
        kept.output
            .push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes three lines that come to such a destination only when the end has begun.
fn end_with(
    deadline: Duration,
    answer: impl FnMut(usize) -> io::Result<usize> + Send + 'static,
) -> (Outcome, Kept) {
    let kept = Arc::new(Mutex::new(Kept::default()));
    let destination = Unreliable {
        kept: Arc::clone(&kept),
        answer,
    };
    let worker = Builder::new(destination)
        .longest_delay(LONG)
        .start()
        .unwrap();
    write_three_lines(&worker);

    let outcome = worker.finish_within(deadline);

    let kept = std::mem::take(&mut *kept.lock().unwrap());
    (outcome, kept)
}

fn write_three_lines(worker: &Worker) {
    for line in ["one\n", "two\n", "three\n"] {
        worker.writer().write_line(line.as_bytes());
    }
}

#[cfg(target_os = "linux")]
fn full_disk() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn the_end_does_not_wait_for_a_full_disk() {
    let worker = Builder::new(full_disk()).start().unwrap();
    write_three_lines(&worker);

    let outcome = worker.finish_within(NEVER);

    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 3);
    assert_eq!((outcome.lost(), outcome.written()), (3, 0));
}

#[test]
#[cfg(target_os = "linux")]
fn the_end_does_not_wait_for_a_full_disk_behind_a_buffer() {
    let buffer = BufWriter::new(full_disk());
    let worker = Builder::new(buffer).longest_delay(LONG).start().unwrap();
    write_three_lines(&worker);

    let outcome = worker.finish_within(NEVER);

    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 3);
    assert_eq!((outcome.lost(), outcome.written()), (3, 0));
}

#[test]
fn the_end_does_not_wait_for_a_pipe_whose_reader_has_gone() {
    let (reader, pipe) = io::pipe().unwrap();
    let worker = Builder::new(pipe).longest_delay(LONG).start().unwrap();
    write_three_lines(&worker);
    drop(reader);

    let outcome = worker.finish_within(NEVER);

    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 3);
    assert_eq!((outcome.lost(), outcome.written()), (3, 0));
}

#[test]
#[cfg(target_os = "linux")]
fn the_end_does_not_wait_to_tell_of_losses() {
    let worker = Builder::new(full_disk())
        .memory(16)
        .longest_delay(LONG)
        .start()
        .unwrap();
    worker.writer().write_line(b"one\n");
    worker
        .writer()
        .write_line(b"longer than the whole memory\n");

    let outcome = worker.finish_within(NEVER);

    assert_eq!(outcome.losses().of(Cause::TooLarge), 1);
    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 1);
    assert_eq!((outcome.lost(), outcome.notices()), (2, 0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_caller_that_blocks_for_a_full_disk_is_let_go_by_the_end() {
    let worker = Builder::new(full_disk())
        .memory(8)
        .when_full(WhenFull::Block)
        .start()
        .unwrap();
    let writer = worker.writer();
    writer.write_line(b"one\n");
    let (sender, receiver) = mpsc::channel();
    let blocked = std::thread::spawn({
        let writer = writer.clone();
        move || {
            sender.send(()).unwrap();
            writer.write_line(b"two\n");
        }
    });
    receiver.recv().unwrap();

    let _ = worker.finish_within(NEVER);
    blocked.join().unwrap();

    let losses = writer.outcome().losses();
    assert_eq!(losses.of(Cause::DestinationFailed), 1);
    assert_eq!(losses.of(Cause::WorkerGone), 1);
    assert_eq!(losses.total(), 2);
}

#[test]
fn a_destination_that_fails_at_the_end_and_then_heals_loses_nothing() {
    for failures in 1..=3 {
        let (outcome, kept) = end_with(NEVER, move |call| match call {
            _ if call <= failures => Err(ErrorKind::StorageFull.into()),
            _ => Ok(usize::MAX),
        });

        assert_eq!(kept.output, "one\ntwo\nthree\n");
        assert_eq!(kept.calls, failures + 1);
        assert_eq!((outcome.written(), outcome.lost()), (3, 0));
    }
}

#[test]
fn at_the_end_the_fourth_failure_in_a_row_is_final() {
    let (outcome, kept) = end_with(NEVER, |_| Err(ErrorKind::StorageFull.into()));

    assert_eq!(kept.calls, 4);
    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 3);
    assert_eq!((outcome.lost(), outcome.written()), (3, 0));
}

#[test]
fn at_the_end_a_broken_pipe_is_final_at_once() {
    let (outcome, kept) = end_with(NEVER, |_| Err(ErrorKind::BrokenPipe.into()));

    assert_eq!(kept.calls, 1);
    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 3);
    assert_eq!((outcome.lost(), outcome.written()), (3, 0));
}

#[test]
fn at_the_end_each_success_gives_all_tries_back() {
    let (outcome, kept) = end_with(NEVER, |call| match call % 4 {
        0 => Ok(7),
        _ => Err(ErrorKind::StorageFull.into()),
    });

    assert_eq!(kept.output, "one\ntwo\nthree\n");
    assert_eq!(kept.calls, 8);
    assert_eq!((outcome.written(), outcome.lost()), (3, 0));
}

#[test]
fn what_went_out_at_the_end_before_the_destination_failed_for_good_counts_as_written() {
    let (outcome, kept) = end_with(NEVER, |call| match call {
        1 => Ok(6),
        _ => Err(ErrorKind::StorageFull.into()),
    });

    assert_eq!(kept.output, "one\ntw");
    assert_eq!((outcome.written(), outcome.bytes()), (1, 4));
    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 2);
    assert_eq!(outcome.lost(), 2);
}

#[test]
fn at_the_end_a_busy_destination_is_waited_for() {
    let (outcome, kept) = end_with(NEVER, |call| match call {
        1..=6 => Err(ErrorKind::WouldBlock.into()),
        7..=40 => Err(ErrorKind::Interrupted.into()),
        _ => Ok(usize::MAX),
    });

    assert_eq!(kept.output, "one\ntwo\nthree\n");
    assert_eq!((outcome.written(), outcome.lost()), (3, 0));
}

#[test]
fn a_destination_that_stays_busy_is_given_up_at_the_deadline() {
    let deadline = Duration::from_millis(10);

    let (outcome, _) = end_with(deadline, |_| Err(ErrorKind::WouldBlock.into()));

    assert_eq!(outcome.losses().of(Cause::Deadline), 3);
    assert_eq!((outcome.lost(), outcome.written()), (3, 0));
}

/// Takes nothing, and does something when it is dropped.
struct LastAct<F: FnMut()>(F);

impl<F: FnMut()> Write for LastAct<F> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F: FnMut()> Drop for LastAct<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_destination_that_failed_for_good_is_dropped_before_the_end_returns() {
    let (sender, receiver) = mpsc::channel();
    let destination = LastAct(move || sender.send("dropped").unwrap());
    let worker = Builder::new(destination).start().unwrap();
    write_three_lines(&worker);

    let outcome = worker.finish_within(NEVER);

    assert_eq!(receiver.try_recv(), Ok("dropped"));
    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 3);
}

#[test]
fn a_destination_that_failed_for_good_and_hangs_when_it_is_dropped_does_not_hold_up_the_end() {
    let (_hold, held) = mpsc::channel::<()>();
    let destination = LastAct(move || {
        let _ = held.recv();
    });
    let worker = Builder::new(destination).start().unwrap();
    write_three_lines(&worker);

    let outcome = worker.finish_within(Duration::from_millis(50));

    assert_eq!((outcome.lost(), outcome.written()), (3, 0));
}
