//! The locks, threads and waits that the queue is built from, so that loom can stand in for them.

use std::time::{Duration, Instant};

#[cfg(not(loom))]
pub(crate) use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{Builder, JoinHandle},
};

#[cfg(loom)]
pub(crate) use loom::{
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{Builder, JoinHandle},
};

use std::cell::Cell;
use std::sync::PoisonError;

#[cfg(not(loom))]
thread_local! {
    static ON_WORKER: Cell<bool> = const { Cell::new(false) };
}

#[cfg(loom)]
loom::thread_local! {
    static ON_WORKER: Cell<bool> = Cell::new(false);
}

/// Marks the calling thread as a worker's.
pub(crate) fn become_worker() {
    // A thread that is being torn down has no such mark, and it is no worker that still runs.
    let _ = ON_WORKER.try_with(|mark| mark.set(true));
}

/// Says whether the calling thread is a worker's.
///
/// A worker never waits for room, a flush or an end, neither its own nor another worker's: two
/// workers whose destinations log into each other would wait for each other for ever.
pub(crate) fn on_worker() -> bool {
    ON_WORKER.try_with(Cell::get).unwrap_or(false)
}

/// The moment after which a wait gives up; `None` if it is too far away to be told.
pub(crate) fn deadline_after(patience: Duration) -> Option<Instant> {
    Instant::now().checked_add(patience)
}

/// Says whether so much time has passed since then.
#[cfg(not(loom))]
pub(crate) fn has_passed(since: Instant, time: Duration) -> bool {
    since.elapsed() >= time
}

// The model has no clock: nothing may hang on it.
#[cfg(loom)]
pub(crate) fn has_passed(_since: Instant, _time: Duration) -> bool {
    false
}

/// Says whether something comes to its end without a panic.
#[cfg(not(loom))]
pub(crate) fn survives(run: impl FnOnce()) -> bool {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    // Dropping somebody else's value may panic again.
    result.map_err(std::mem::forget).is_ok()
}

// The model tells what it finds by a panic.
#[cfg(loom)]
pub(crate) fn survives(run: impl FnOnce()) -> bool {
    run();
    true
}

// A thread that panicked while logging must not silence the others, so a poisoned lock is
// taken as it is: the state is whole between any two lines.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a notification or the deadline, and says whether the deadline has passed.
#[cfg(not(loom))]
pub(crate) fn wait<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    deadline: Option<Instant>,
) -> (MutexGuard<'a, T>, bool) {
    let Some(deadline) = deadline else {
        let guard = condvar.wait(guard).unwrap_or_else(PoisonError::into_inner);
        return (guard, false);
    };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return (guard, true);
    }
    let (guard, _) = condvar
        .wait_timeout(guard, left)
        .unwrap_or_else(PoisonError::into_inner);
    (guard, Instant::now() >= deadline)
}

/// Waits for the time to pass; a notification ends it early.
#[cfg(not(loom))]
pub(crate) fn doze<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    _mutex: &'a Mutex<T>,
    time: Duration,
) -> MutexGuard<'a, T> {
    condvar
        .wait_timeout(guard, time)
        .unwrap_or_else(PoisonError::into_inner)
        .0
}

// The model has no clock: a deadline either has passed already or never does, so that a lost
// notification shows as a deadlock.
#[cfg(loom)]
pub(crate) fn wait<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    deadline: Option<Instant>,
) -> (MutexGuard<'a, T>, bool) {
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return (guard, true);
    }
    let guard = condvar.wait(guard).unwrap_or_else(PoisonError::into_inner);
    (guard, false)
}

#[cfg(loom)]
pub(crate) fn doze<'a, T>(
    _condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    mutex: &'a Mutex<T>,
    _time: Duration,
) -> MutexGuard<'a, T> {
    drop(guard);
    loom::thread::yield_now();
    lock(mutex)
}
