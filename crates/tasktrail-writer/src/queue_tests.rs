//! Who waits for whom, seen from within: no test has to guess whether a thread waits already.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::*;
use crate::attempt::Failure;
use crate::backoff::Backoff;
use crate::lines::{Batch, Progress};
use crate::route::Delivered;

const LONG: Duration = Duration::from_secs(60);

fn queue(memory: usize, when_full: WhenFull) -> Arc<Queue> {
    queue_with_reserve(memory, None, when_full)
}

fn queue_with_reserve(
    memory: usize,
    reserve: Option<(Level, usize)>,
    when_full: WhenFull,
) -> Arc<Queue> {
    Arc::new(Queue::new(&Settings {
        memory,
        reserve,
        when_full,
        longest_delay: Duration::from_millis(5),
    }))
}

fn push_on_thread(queue: &Arc<Queue>, line: &'static [u8]) -> JoinHandle<()> {
    let queue = Arc::clone(queue);
    thread::spawn(move || queue.push(line, None))
}

fn delivered(done: Progress) -> Delivered {
    Delivered {
        done,
        by_fallback: false,
    }
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

/// The destination takes all of it.
fn settle(queue: &Queue, mut batch: Batch) {
    let done = batch.sent(batch.unsent().len());
    assert!(queue.progress(delivered(done)));
    queue.settle(batch);
}

#[test]
fn a_sleeping_worker_is_woken_only_if_it_would_not_look_in_time() {
    let queue = queue(100, WhenFull::Block);
    let sleep_after = |sleep, line: &[u8]| {
        queue.lock().sleep = sleep;
        queue.push(line, None);
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
fn an_error_wakes_a_napping_worker_and_is_written_without_another_nap() {
    let queue = queue(1000, WhenFull::Block);
    queue.lock().sleep = Sleep::Napping;

    queue.push(b"as usual\n", Some(Level::Warn));
    assert_eq!(queue.lock().sleep, Sleep::Napping);
    queue.push(b"failed\n", Some(Level::Error));

    assert_eq!(queue.lock().sleep, Sleep::Awake);
    assert_eq!(take(&queue).unsent(), b"as usual\nfailed\n");
}

#[test]
fn only_precious_lines_fill_the_reserve() {
    let queue = queue_with_reserve(32, Some((Level::Warn, 12)), WhenFull::DropNewest);
    let waiting_after = |line: &[u8], level| {
        queue.push(line, level);
        queue.outcome().waiting()
    };

    assert_eq!(waiting_after(b"12345\n", Some(Level::Info)), 1);
    assert_eq!(waiting_after(b"12345\n", None), 2);
    assert_eq!(waiting_after(b"1\n", Some(Level::Info)), 2);
    assert_eq!(waiting_after(b"1\n", Some(Level::Warn)), 3);
    assert_eq!(waiting_after(b"1\n", Some(Level::Error)), 4);
    assert_eq!(waiting_after(b"1\n", Some(Level::Error)), 4);

    let losses = queue.outcome().losses();
    assert_eq!(losses.of_at(Cause::MemoryFull, Level::Info), 1);
    assert_eq!(losses.of_at(Cause::MemoryFull, Level::Error), 1);
    assert_eq!(losses.total(), 2);
}

#[test]
fn a_line_that_fits_only_with_the_reserve_is_too_large_unless_it_is_precious() {
    let queue = queue_with_reserve(32, Some((Level::Warn, 12)), WhenFull::Block);

    queue.push(b"twenty-one bytes....\n", Some(Level::Info));
    queue.push(b"twenty-one bytes....\n", Some(Level::Warn));

    assert_eq!(queue.outcome().losses().of(Cause::TooLarge), 1);
    assert_eq!(queue.outcome().waiting(), 1);
}

#[test]
fn a_precious_line_passes_callers_that_wait_and_is_let_in_before_them() {
    let queue = queue_with_reserve(36, Some((Level::Warn, 16)), WhenFull::Block);
    queue.push(b"0 filling..\n", None);
    let usual = push_on_thread(&queue, b"1 filling..\n");
    wait_until(&queue, |state| state.line_ups.waiting() == 1);

    queue.push(b"2 filling..\n", Some(Level::Warn));
    assert_eq!(queue.outcome().waiting(), 2);
    let precious = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.push(b"3 filling..\n", Some(Level::Error))
    });
    wait_until(&queue, |state| state.line_ups.waiting() == 2);

    let next = || {
        let batch = take(&queue);
        let text = String::from_utf8(batch.unsent().to_vec()).unwrap();
        settle(&queue, batch);
        text
    };
    assert_eq!(next(), "0 filling..\n");
    precious.join().unwrap();
    assert_eq!(next(), "2 filling..\n");
    assert_eq!(
        queue.lock().line_ups.waiting(),
        1,
        "the reserve is not for it"
    );
    assert_eq!(next(), "3 filling..\n");
    usual.join().unwrap();
    assert_eq!(next(), "1 filling..\n");
}

#[test]
fn a_loss_wakes_a_worker_that_would_not_look_by_itself() {
    let queue = queue(10, WhenFull::Block);
    queue.lock().sleep = Sleep::Parked;

    queue.push(b"too large for ten bytes\n", None);

    assert_eq!(queue.lock().sleep, Sleep::Awake);
}

#[test]
fn blocked_callers_get_room_in_the_order_in_which_they_came() {
    let queue = queue(16, WhenFull::Block);
    queue.push(b"0 filling..\n", None);
    let first = push_on_thread(&queue, b"1 filling..\n");
    wait_until(&queue, |state| state.line_ups.waiting() == 1);
    let second = push_on_thread(&queue, b"2\n");
    wait_until(&queue, |state| state.line_ups.waiting() == 2);

    let batch = take(&queue);
    assert_eq!(batch.unsent(), b"0 filling..\n");
    assert_eq!(
        queue.lock().line_ups.waiting(),
        2,
        "what is in hand takes memory"
    );
    settle(&queue, batch);
    // Room is taken as soon as it is given, not only when it is filled.
    assert_eq!(queue.lock().line_ups.waiting(), 1);
    first.join().unwrap();
    let batch = take(&queue);
    assert_eq!(batch.unsent(), b"1 filling..\n");
    settle(&queue, batch);
    second.join().unwrap();

    assert_eq!(take(&queue).unsent(), b"2\n");
}

/// A line of which eight fill the memory, each in a batch of its own.
const EIGHTH: &[u8] = &[b'8'; 40];
const EIGHT: usize = 8 * (EIGHTH.len() + 4);

/// A queue that is full, and a caller that waits, by its own clock since then.
fn full_with_one_waiting(since: Option<Instant>) -> (Arc<Queue>, JoinHandle<()>) {
    let queue = queue(EIGHT, WhenFull::Block);
    (0..8).for_each(|_| queue.push(EIGHTH, None));
    let caller = push_on_thread(&queue, EIGHTH);
    wait_until(&queue, |state| !state.line_ups.is_empty());
    queue.lock().line_ups.set_since(since);
    (queue, caller)
}

#[test]
fn callers_that_wait_are_let_in_when_half_of_the_memory_is_free() {
    let (queue, caller) = full_with_one_waiting(None);

    for _ in 0..3 {
        settle(&queue, take(&queue));
        assert!(!queue.lock().line_ups.is_empty(), "less than half is free");
    }
    settle(&queue, take(&queue));

    assert!(queue.lock().line_ups.is_empty());
    caller.join().unwrap();
}

#[test]
fn a_caller_that_has_waited_for_long_is_let_in_when_there_is_room_for_it() {
    let (queue, caller) = full_with_one_waiting(Instant::now().checked_sub(GATHER));

    settle(&queue, take(&queue));

    assert!(queue.lock().line_ups.is_empty());
    caller.join().unwrap();
}

#[test]
fn a_caller_whose_patience_ends_takes_the_room_that_there_is() {
    let queue = queue(EIGHT, WhenFull::Block);
    (0..7).for_each(|_| queue.push(EIGHTH, None));

    let deadline = Some(Instant::now());
    let (state, refused) = queue.wait_for_room(queue.lock(), EIGHT / 8, false, deadline);

    assert_eq!(refused, None);
    assert_eq!(state.line_ups.reserved(), 0);
}

#[test]
fn a_new_line_does_not_slip_in_before_those_that_wait() {
    let queue = queue(24, WhenFull::BlockFor(Duration::ZERO));
    queue.push(b"0 filling..\n", None);
    // A longer line waits, and there is room for a short one.
    queue.lock().line_ups.join(false, 20);

    queue.push(b"1\n", None);

    assert_eq!(queue.outcome().losses().of(Cause::MemoryFull), 1);
    assert_eq!(queue.outcome().waiting(), 1);
}

#[test]
fn a_caller_that_gives_up_lets_the_next_one_in() {
    let queue = queue(24, WhenFull::Block);
    queue.push(b"0 filling..\n", None);
    let gives_up = thread::spawn({
        let queue = Arc::clone(&queue);
        move || {
            let deadline = sync::deadline_after(Duration::from_millis(20));
            queue.wait_for_room(queue.lock(), 20, false, deadline).1
        }
    });
    wait_until(&queue, |state| state.line_ups.waiting() == 1);

    push_on_thread(&queue, b"1\n").join().unwrap();

    assert_eq!(gives_up.join().unwrap(), Some(Cause::MemoryFull));
    assert_eq!(queue.outcome().waiting(), 2);
}

#[test]
fn a_caller_that_waits_when_the_end_begins_still_gets_room() {
    let queue = queue(16, WhenFull::Block);
    queue.push(b"0 filling..\n", None);
    let caller = push_on_thread(&queue, b"1 filling..\n");
    wait_until(&queue, |state| !state.line_ups.is_empty());
    let end = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.finish(LONG)
    });
    wait_until(&queue, |state| state.phase == Phase::Finishing);

    let batch = take(&queue);
    settle(&queue, batch);
    let batch = take(&queue);
    assert_eq!(batch.unsent(), b"1 filling..\n");
    settle(&queue, batch);
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
    queue.push(b"the first line after a silence\n", None);

    assert_eq!(worker.join().unwrap(), b"the first line after a silence\n");
}

#[test]
fn lines_that_are_out_but_not_flushed_are_not_counted_as_written() {
    let queue = queue(1000, WhenFull::Block);
    queue.push(b"one\n", None);
    queue.nudge();
    let mut batch = take(&queue);

    let done = batch.sent(4);
    assert!(queue.progress(delivered(done)));
    let (outcome, _) = queue.finish(Duration::ZERO);

    assert_eq!((outcome.written(), outcome.lost()), (0, 1));
}

#[test]
fn a_worker_that_comes_back_after_the_end_changes_no_count() {
    let queue = queue(1000, WhenFull::Block);
    queue.push(b"one\n", None);
    queue.nudge();
    let mut batch = take(&queue);
    let (outcome, done) = queue.finish(Duration::ZERO);
    assert!(!done);

    let sent = batch.sent(4);
    assert!(!queue.progress(delivered(sent)));
    queue.settle(batch);
    let after = queue.pause(Failure::Busy, &mut Backoff::always(LONG));
    assert_eq!(after, AfterFailure::Closed);
    assert!(matches!(queue.next(&mut Pace::default()), Next::End));

    assert_eq!(queue.outcome(), outcome);
    assert_eq!(outcome.losses().of(Cause::Deadline), 1);
}

#[test]
fn a_caller_that_waits_for_room_rouses_a_napping_worker() {
    let queue = queue(100, WhenFull::Block);
    queue.push(b"far below the mark\n", None);
    queue.lock().sleep = Sleep::Napping;
    let caller = push_on_thread(&queue, &[b'x'; 90]);

    wait_until(&queue, |state| !state.line_ups.is_empty());
    assert_eq!(queue.lock().sleep, Sleep::Awake);

    let batch = take(&queue);
    settle(&queue, batch);
    caller.join().unwrap();
}

#[test]
fn a_nudge_rouses_a_napping_worker_if_there_are_lines() {
    let queue = queue(100, WhenFull::Block);
    queue.lock().sleep = Sleep::Napping;

    queue.nudge();
    assert_eq!(queue.lock().sleep, Sleep::Napping);
    queue.push(b"one\n", None);
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

    assert_eq!(worker.join().unwrap(), AfterFailure::Closed);
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
    while queue.pause(Failure::Busy, &mut backoff) != AfterFailure::Closed {}

    assert!(!end.join().unwrap().1);
}

#[test]
fn when_the_destination_has_failed_for_good_a_blocked_caller_is_let_go_before_the_worker_ends() {
    let queue = queue(16, WhenFull::Block);
    queue.push(b"0 filling..\n", None);
    let caller = push_on_thread(&queue, b"1 filling..\n");
    wait_until(&queue, |state| !state.line_ups.is_empty());
    let batch = take(&queue);
    let end = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.finish(100 * LONG)
    });
    wait_until(&queue, |state| state.watchers == 1);

    let gone = Failure::Failed(io::ErrorKind::BrokenPipe.into());
    let after = queue.pause(gone, &mut Backoff::default());
    assert_eq!(after, AfterFailure::FailedForGood);
    queue.give_up_all();
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
fn at_the_end_nobody_cuts_a_pause_short() {
    let queue = queue(100, WhenFull::Block);
    queue.push(b"one\n", None);
    queue.lock().phase = Phase::Finishing;
    queue.lock().sleep = Sleep::Pausing;

    queue.nudge();
    queue.flush(Duration::ZERO).unwrap_err();
    // As an exit does while the worker is finished.
    #[cfg(unix)]
    queue.begin_end();

    assert_eq!(queue.lock().sleep, Sleep::Pausing);
}
