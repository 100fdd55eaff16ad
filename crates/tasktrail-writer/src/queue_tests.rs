//! Who waits for whom, seen from within: no test has to guess whether a thread waits already.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::*;
use crate::attempt::Failure;
use crate::backoff::Backoff;
use crate::lines::Batch;

const LONG: Duration = Duration::from_secs(60);

fn queue(memory: usize, when_full: WhenFull) -> Arc<Queue> {
    Arc::new(Queue::new(memory, when_full, Duration::from_millis(5)))
}

fn push_on_thread(queue: &Arc<Queue>, line: &'static [u8]) -> JoinHandle<()> {
    let queue = Arc::clone(queue);
    thread::spawn(move || queue.push(line))
}

fn wait_until(queue: &Queue, reached: impl Fn(&State) -> bool) {
    while !reached(&queue.lock()) {
        thread::yield_now();
    }
}

fn take(queue: &Queue) -> Batch {
    match queue.next(&mut Pace::default()) {
        Next::Write(batch) => batch,
        other => panic!("expected lines, found {other:?}"),
    }
}

#[test]
fn a_sleeping_worker_is_woken_only_if_it_would_not_look_in_time() {
    let queue = queue(100, WhenFull::Block);
    let sleep_after = |sleep, line: &[u8]| {
        queue.lock().sleep = sleep;
        queue.push(line);
        queue.lock().sleep
    };

    assert_eq!(sleep_after(Sleep::Napping, b"1\n"), Sleep::Napping);
    assert_eq!(sleep_after(Sleep::Parked, b"2\n"), Sleep::Awake);
    assert_eq!(sleep_after(Sleep::Pausing, b"3\n"), Sleep::Pausing);
    // This one fills a quarter of the memory.
    assert_eq!(sleep_after(Sleep::Napping, b"4444\n"), Sleep::Awake);
    assert_eq!(sleep_after(Sleep::Pausing, b"5\n"), Sleep::Pausing);
}

#[test]
fn a_loss_wakes_a_worker_that_would_not_look_by_itself() {
    let queue = queue(10, WhenFull::Block);
    queue.lock().sleep = Sleep::Parked;

    queue.push(b"too large for ten bytes\n");

    assert_eq!(queue.lock().sleep, Sleep::Awake);
}

#[test]
fn blocked_callers_get_room_in_the_order_in_which_they_came() {
    let queue = queue(16, WhenFull::Block);
    queue.push(b"0 filling..\n");
    let first = push_on_thread(&queue, b"1 filling..\n");
    wait_until(&queue, |state| state.line_up.waiting.len() == 1);
    let second = push_on_thread(&queue, b"2\n");
    wait_until(&queue, |state| state.line_up.waiting.len() == 2);

    let batch = take(&queue);
    assert_eq!(batch.unsent(), b"0 filling..\n");
    assert_eq!(
        queue.lock().line_up.waiting.len(),
        2,
        "what is in hand takes memory"
    );
    queue.settle(batch);
    // Room is taken as soon as it is given, not only when it is filled.
    assert_eq!(queue.lock().line_up.waiting.len(), 1);
    first.join().unwrap();
    let batch = take(&queue);
    assert_eq!(batch.unsent(), b"1 filling..\n");
    queue.settle(batch);
    second.join().unwrap();

    assert_eq!(take(&queue).unsent(), b"2\n");
}

#[test]
fn a_new_line_does_not_slip_in_before_those_that_wait() {
    let queue = queue(24, WhenFull::BlockFor(Duration::ZERO));
    queue.push(b"0 filling..\n");
    // A longer line waits, and there is room for a short one.
    queue.lock().line_up.join(20);

    queue.push(b"1\n");

    assert_eq!(queue.outcome().losses().of(Cause::MemoryFull), 1);
    assert_eq!(queue.outcome().waiting(), 1);
}

#[test]
fn a_caller_that_gives_up_lets_the_next_one_in() {
    let queue = queue(24, WhenFull::Block);
    queue.push(b"0 filling..\n");
    let gives_up = thread::spawn({
        let queue = Arc::clone(&queue);
        move || {
            let deadline = sync::deadline_after(Duration::from_millis(20));
            queue.wait_for_room(queue.lock(), 20, deadline).1
        }
    });
    wait_until(&queue, |state| state.line_up.next_ticket == 1);

    push_on_thread(&queue, b"1\n").join().unwrap();

    assert_eq!(gives_up.join().unwrap(), Some(Cause::MemoryFull));
    assert_eq!(queue.outcome().waiting(), 2);
}

#[test]
fn a_caller_that_waits_when_the_end_begins_still_gets_room() {
    let queue = queue(16, WhenFull::Block);
    queue.push(b"0 filling..\n");
    let caller = push_on_thread(&queue, b"1 filling..\n");
    wait_until(&queue, |state| !state.line_up.is_empty());
    let end = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.finish(LONG)
    });
    wait_until(&queue, |state| state.phase == Phase::Finishing);

    let batch = take(&queue);
    queue.settle(batch);
    let batch = take(&queue);
    assert_eq!(batch.unsent(), b"1 filling..\n");
    queue.settle(batch);
    caller.join().unwrap();
    assert!(matches!(queue.next(&mut Pace::default()), Next::End));
    queue.close();

    let (outcome, done) = end.join().unwrap();
    assert!(done);
    assert_eq!((outcome.written(), outcome.lost()), (2, 0));
}

#[test]
fn a_worker_that_gets_nothing_parks_until_it_is_woken() {
    let queue = queue(1000, WhenFull::Block);
    let worker = thread::spawn({
        let queue = Arc::clone(&queue);
        move || take(&queue).unsent().to_vec()
    });

    wait_until(&queue, |state| state.sleep == Sleep::Parked);
    queue.push(b"the first line after a silence\n");

    assert_eq!(worker.join().unwrap(), b"the first line after a silence\n");
}

#[test]
fn lines_that_are_out_but_not_flushed_are_not_counted_as_written() {
    let queue = queue(1000, WhenFull::Block);
    queue.push(b"one\n");
    queue.nudge();
    let mut batch = take(&queue);

    let done = batch.sent(4);
    assert!(queue.progress(done));
    let (outcome, _) = queue.finish(Duration::ZERO);

    assert_eq!((outcome.written(), outcome.lost()), (0, 1));
}

#[test]
fn a_worker_that_comes_back_after_the_end_changes_no_count() {
    let queue = queue(1000, WhenFull::Block);
    queue.push(b"one\n");
    queue.nudge();
    let mut batch = take(&queue);
    let (outcome, done) = queue.finish(Duration::ZERO);
    assert!(!done);

    let sent = batch.sent(4);
    assert!(!queue.progress(sent));
    queue.settle(batch);
    assert!(!queue.pause(Failure::Busy, &mut Backoff::always(LONG)));
    assert!(matches!(queue.next(&mut Pace::default()), Next::End));

    assert_eq!(queue.outcome(), outcome);
    assert_eq!(outcome.losses().of(Cause::Deadline), 1);
}

#[test]
fn a_caller_that_waits_for_room_rouses_a_napping_worker() {
    let queue = queue(100, WhenFull::Block);
    queue.push(b"far below the mark\n");
    queue.lock().sleep = Sleep::Napping;
    let caller = push_on_thread(&queue, &[b'x'; 90]);

    wait_until(&queue, |state| !state.line_up.is_empty());
    assert_eq!(queue.lock().sleep, Sleep::Awake);

    let batch = take(&queue);
    queue.settle(batch);
    caller.join().unwrap();
}

#[test]
fn a_nudge_rouses_a_napping_worker_if_there_are_lines() {
    let queue = queue(100, WhenFull::Block);
    queue.lock().sleep = Sleep::Napping;

    queue.nudge();
    assert_eq!(queue.lock().sleep, Sleep::Napping);
    queue.push(b"one\n");
    queue.nudge();
    assert_eq!(queue.lock().sleep, Sleep::Awake);
}

#[test]
fn the_end_does_not_leave_the_worker_in_a_long_pause() {
    let queue = queue(100, WhenFull::Block);
    let worker = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.pause(Failure::Busy, &mut Backoff::always(100 * LONG))
    });
    wait_until(&queue, |state| state.sleep == Sleep::Pausing);

    let _ = queue.finish(Duration::ZERO);

    assert!(!worker.join().unwrap());
}

#[test]
fn giving_up_wakes_a_worker_that_pauses() {
    let queue = queue(100, WhenFull::Block);
    queue.lock().phase = Phase::Finishing;
    let end = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.finish(Duration::from_millis(20))
    });
    wait_until(&queue, |state| {
        state.watchers == 1 || state.phase == Phase::Closed
    });

    let mut backoff = Backoff::always(100 * LONG);
    while queue.pause(Failure::Busy, &mut backoff) {}

    assert!(!end.join().unwrap().1);
}

#[test]
fn when_the_destination_has_failed_for_good_a_blocked_caller_is_let_go_before_the_worker_ends() {
    let queue = queue(16, WhenFull::Block);
    queue.push(b"0 filling..\n");
    let caller = push_on_thread(&queue, b"1 filling..\n");
    wait_until(&queue, |state| !state.line_up.is_empty());
    let batch = take(&queue);
    let end = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.finish(100 * LONG)
    });
    wait_until(&queue, |state| state.watchers == 1);

    let gone = Failure::Failed(io::ErrorKind::BrokenPipe.into());
    assert!(!queue.pause(gone, &mut Backoff::default()));
    caller.join().unwrap();
    assert!(!end.is_finished(), "the destination is still to be dropped");
    drop(batch);
    queue.close();

    let (outcome, ended) = end.join().unwrap();
    assert!(ended);
    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 1);
    assert_eq!(outcome.losses().of(Cause::WorkerGone), 1);
    assert_eq!((outcome.lost(), outcome.waiting()), (2, 0));
}

#[test]
fn at_the_end_a_nudge_does_not_cut_a_pause_short() {
    let queue = queue(100, WhenFull::Block);
    queue.push(b"one\n");
    queue.lock().phase = Phase::Finishing;
    queue.lock().sleep = Sleep::Pausing;

    queue.nudge();

    assert_eq!(queue.lock().sleep, Sleep::Pausing);
}
