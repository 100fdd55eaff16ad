//! The workers that are alive in this process.
//!
//! Only they are listed: a worker leaves when it is finished. The lock of the list is held for a
//! look at it, never while anybody waits or does I/O.

use std::sync::{Arc, Mutex, MutexGuard, Weak};

use crate::leaving::{AtExit, OnPanic};
use crate::process::Here;
use crate::queue::Queue;
use crate::sync;

/// In the child of a fork a list's lock may be held by a thread that is not there, and would never be
/// free: so a child has another list than its parent.
static ALIVE: [Mutex<Vec<Entry>>; 8] = [const { Mutex::new(Vec::new()) }; 8];

#[derive(Debug)]
struct Entry {
    queue: Weak<Queue>,
    at_exit: AtExit,
    on_panic: OnPanic,
}

/// A worker that is alive, and what its builder said about leaving.
#[derive(Debug)]
pub(crate) struct Alive {
    pub(crate) queue: Arc<Queue>,
    pub(crate) at_exit: AtExit,
    pub(crate) on_panic: OnPanic,
}

pub(crate) fn enter(queue: &Arc<Queue>, at_exit: AtExit, on_panic: OnPanic) {
    let mut alive = list();
    // Those that forks brought along have no thread here and are never finished.
    alive.retain(|entry| entry.queue.upgrade().is_some_and(|queue| queue.is_here()));
    alive.push(Entry {
        queue: Arc::downgrade(queue),
        at_exit,
        on_panic,
    });
}

pub(crate) fn leave(queue: &Arc<Queue>) {
    let mut alive = list();
    alive.retain(|entry| !std::ptr::eq(entry.queue.as_ptr(), Arc::as_ptr(queue)));
    if alive.is_empty() {
        *alive = Vec::new();
    }
}

/// All workers that are alive, in the order in which they were started.
pub(crate) fn all() -> Vec<Alive> {
    let mut alive: Vec<_> = list().iter().filter_map(Entry::look).collect();
    alive.retain(|worker| worker.queue.is_here());
    alive
}

fn list() -> MutexGuard<'static, Vec<Entry>> {
    let [first, ..] = &ALIVE;
    sync::lock(ALIVE.get(Here::now().among(ALIVE.len())).unwrap_or(first))
}

impl Entry {
    fn look(&self) -> Option<Alive> {
        Some(Alive {
            queue: self.queue.upgrade()?,
            at_exit: self.at_exit,
            on_panic: self.on_panic,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Builder;

    fn is_listed(queue: &Weak<Queue>) -> bool {
        list().iter().any(|entry| entry.queue.ptr_eq(queue))
    }

    #[test]
    fn a_worker_is_listed_until_it_is_finished_and_keeps_no_memory_after() {
        let worker = Builder::new(Vec::new()).start().unwrap();
        let queue = Arc::downgrade(worker.queue());

        assert!(is_listed(&queue));
        assert_eq!(worker.finish().lost(), 0);
        assert!(!is_listed(&queue));
        assert_eq!(queue.strong_count(), 0);
    }

    #[test]
    fn a_worker_that_is_forgotten_stays_listed() {
        let worker = Builder::new(Vec::new()).start().unwrap();
        let queue = Arc::downgrade(worker.queue());

        std::mem::forget(worker);

        assert!(is_listed(&queue));
        assert!(
            all()
                .iter()
                .any(|alive| Arc::as_ptr(&alive.queue) == queue.as_ptr())
        );
    }
}
