//! What becomes of a line when the memory is full, and how it is told.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod gate;

use std::io::{self, Write};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use gate::Gate;
use tasktrail_writer::{Builder, Cause, WhenFull, Worker, Writer};

const LONG: Duration = Duration::from_secs(60);

/// Room for three lines of 7 bytes with their lengths.
const THREE_LINES: usize = 3 * (7 + 4);

/// A worker that stands before a closed gate with one line in hand and two more in memory.
fn full_worker(gate: &Gate, rule: WhenFull) -> Worker {
    let worker = Builder::new(gate.destination())
        .memory(THREE_LINES)
        .when_full(rule)
        .start()
        .unwrap();
    let writer = worker.writer();
    writer.write_line(b"line 0\n");
    gate.wait_for_writes(1);
    writer.write_line(b"line 1\n");
    writer.write_line(b"line 2\n");
    worker
}

#[test]
fn the_newest_line_is_dropped_and_counted_and_told() {
    let gate = Gate::default();
    let worker = full_worker(&gate, WhenFull::DropNewest);

    worker.writer().write_line(b"line 3\n");
    worker.writer().write_line(b"line 4\n");
    assert_eq!(worker.outcome().losses().of(Cause::MemoryFull), 2);
    gate.open();
    let outcome = worker.finish();

    assert_eq!(
        gate.output(),
        "line 0\ntasktrail-writer: 2 lines lost: 2 memory full\nline 1\nline 2\n"
    );
    assert_eq!((outcome.written(), outcome.bytes()), (3, 21));
    assert_eq!((outcome.lost(), outcome.notices()), (2, 1));
}

#[test]
fn the_oldest_line_is_dropped_and_counted_and_told() {
    let gate = Gate::default();
    let worker = full_worker(&gate, WhenFull::DropOldest);

    worker.writer().write_line(b"line 3\n");
    assert_eq!(worker.outcome().losses().of(Cause::MemoryFull), 1);
    gate.open();
    let outcome = worker.finish();

    assert_eq!(
        gate.output(),
        "line 0\ntasktrail-writer: 1 line lost: 1 memory full\nline 2\nline 3\n"
    );
    assert_eq!((outcome.written(), outcome.lost()), (3, 1));
}

#[test]
fn as_many_of_the_oldest_lines_are_dropped_as_the_new_one_needs() {
    let gate = Gate::default();
    let worker = full_worker(&gate, WhenFull::DropOldest);

    worker.writer().write_line(b"a line as 2\n");
    gate.open();
    let outcome = worker.finish();

    assert!(gate.output().ends_with("\na line as 2\n"));
    assert_eq!((outcome.written(), outcome.lost()), (2, 2));
}

#[test]
fn no_older_line_is_dropped_for_a_line_that_would_still_not_fit() {
    let gate = Gate::default();
    let worker = full_worker(&gate, WhenFull::DropOldest);

    worker
        .writer()
        .write_line(b"room only with an empty hand\n");
    gate.open();
    let outcome = worker.finish();

    assert_eq!((outcome.written(), outcome.lost()), (3, 1));
    assert!(gate.output().ends_with("line 1\nline 2\n"));
}

#[test]
fn a_blocked_caller_goes_on_when_there_is_room_and_its_line_arrives() {
    let gate = Gate::default();
    let worker = full_worker(&gate, WhenFull::Block);
    let writer = worker.writer();

    let caller = thread::spawn(move || writer.write_line(b"line 3\n"));
    gate.open();
    caller.join().unwrap();
    let outcome = worker.finish();

    assert_eq!(gate.output(), "line 0\nline 1\nline 2\nline 3\n");
    assert_eq!((outcome.written(), outcome.lost()), (4, 0));
}

#[test]
fn a_caller_that_blocks_for_a_time_gives_up_then_and_is_counted() {
    let gate = Gate::default();
    let worker = full_worker(&gate, WhenFull::BlockFor(Duration::from_millis(10)));

    worker.writer().write_line(b"line 3\n");
    assert_eq!(worker.outcome().losses().of(Cause::MemoryFull), 1);
    gate.open();
    let outcome = worker.finish();

    assert!(!gate.output().contains("line 3"));
    assert_eq!((outcome.written(), outcome.lost()), (3, 1));
}

#[test]
fn a_caller_that_blocks_for_a_time_goes_on_when_there_is_room() {
    let gate = Gate::default();
    let worker = full_worker(&gate, WhenFull::BlockFor(LONG));
    let writer = worker.writer();

    let caller = thread::spawn(move || writer.write_line(b"line 3\n"));
    gate.open();
    caller.join().unwrap();

    assert_eq!(worker.finish().lost(), 0);
    assert_eq!(gate.output(), "line 0\nline 1\nline 2\nline 3\n");
}

#[test]
fn a_caller_that_waits_for_room_wakes_the_worker() {
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(gate.destination())
        .memory(1000)
        .longest_delay(2 * LONG)
        .start()
        .unwrap();

    worker.writer().write_line(b"far below the mark\n");
    worker.writer().write_line(&[b'x'; 990]);
    worker.flush(LONG).unwrap();

    assert_eq!(worker.outcome().written(), 2);
}

#[test]
fn a_filled_mark_wakes_the_worker() {
    let gate = Gate::default();
    let worker = Builder::new(gate.destination())
        .memory(1000)
        .longest_delay(2 * LONG)
        .start()
        .unwrap();

    worker.writer().write_line(&[b'x'; 300]);

    gate.wait_for_writes(1);
    gate.open();
}

#[test]
fn losses_without_end_do_not_keep_lines_from_being_written() {
    /// Loses a line with each write.
    struct Loser(Arc<OnceLock<Writer>>, mpsc::Sender<Vec<u8>>);
    impl Write for Loser {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.wait().write_line(b"too large for this memory\n");
            let _ = self.1.send(bytes.to_vec());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let own = Arc::new(OnceLock::new());
    let (sender, receiver) = mpsc::channel();
    let worker = Builder::new(Loser(Arc::clone(&own), sender))
        .memory(16)
        .start()
        .unwrap();
    own.set(worker.writer()).ok().unwrap();

    worker.writer().write_line(b"one\n");
    for _ in 0..10 {
        receiver.recv().unwrap();
    }
    worker.writer().write_line(b"two\n");
    worker.flush(LONG).unwrap();
    let outcome = worker.finish();

    assert_eq!(outcome.written(), 2);
    assert!(receiver.iter().any(|bytes| bytes == b"two\n"));
}

#[test]
fn a_line_larger_than_the_whole_memory_is_counted_and_told_under_each_rule() {
    for rule in [
        WhenFull::Block,
        WhenFull::BlockFor(LONG),
        WhenFull::DropNewest,
        WhenFull::DropOldest,
    ] {
        let gate = Gate::default();
        gate.open();
        let worker = Builder::new(gate.destination())
            .memory(15)
            .when_full(rule)
            .start()
            .unwrap();

        worker.writer().write_line(b"just fits.\n");
        worker.flush(LONG).unwrap();
        worker.writer().write_line(b"just doesn't\n");
        let outcome = worker.finish();

        assert_eq!(outcome.losses().of(Cause::TooLarge), 1, "{rule:?}");
        assert_eq!(
            gate.output(),
            "just fits.\ntasktrail-writer: 1 line lost: 1 too large\n",
            "{rule:?}"
        );
    }
}

#[test]
fn a_loss_is_told_while_the_program_is_silent() {
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(gate.destination()).memory(8).start().unwrap();

    worker.writer().write_line(b"too large\n");
    gate.wait_for_writes(1);
    worker.flush(LONG).unwrap();

    assert_eq!(worker.outcome().notices(), 1);
}

#[test]
fn each_notice_tells_what_was_lost_since_the_last_one() {
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(gate.destination()).memory(8).start().unwrap();

    for lines in 1..=3 {
        for _ in 0..lines {
            worker.writer().write_line(b"too large\n");
        }
        worker.flush(LONG).unwrap();
    }
    let outcome = worker.finish();

    let told: u64 = gate
        .output()
        .lines()
        .map(|line| line.split(' ').nth(1).unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(told, 6);
    assert_eq!(outcome.lost(), 6);
    assert_eq!(outcome.notices(), gate.output().lines().count() as u64);
    assert_eq!(outcome.written(), 0);
}

#[test]
fn a_notice_that_panics_is_told_in_plain_words() {
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(gate.destination())
        .memory(8)
        .tell_losses(|_, line| {
            line.extend_from_slice(b"half a li");
            panic!("no words");
        })
        .start()
        .unwrap();

    worker.writer().write_line(b"too large\n");
    let outcome = worker.finish();

    assert_eq!(
        gate.output(),
        "tasktrail-writer: 1 line lost: 1 too large\n"
    );
    assert_eq!(outcome.notices(), 1);
}

#[test]
fn a_program_may_choose_to_tell_nothing() {
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(gate.destination())
        .memory(8)
        .tell_losses(|_, _| {})
        .start()
        .unwrap();

    worker.writer().write_line(b"too large\n");
    worker.flush(LONG).unwrap();
    let outcome = worker.finish();

    assert_eq!(gate.output(), "");
    assert_eq!((outcome.lost(), outcome.notices()), (1, 0));
}
