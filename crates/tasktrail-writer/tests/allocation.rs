//! In the steady state nothing is allocated, neither by callers nor by the worker.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![expect(unsafe_code, reason = "a counting allocator can't be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tasktrail_writer::Builder;

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all calls are handed on to the system's allocator as they are.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Takes everything and keeps nothing, while it is open.
#[derive(Clone, Default)]
struct Nowhere(Arc<(Mutex<bool>, Condvar)>);

impl Nowhere {
    fn open(&self, open: bool) {
        *self.0.0.lock().unwrap() = open;
        self.0.1.notify_all();
    }
}

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(open, |open| !*open).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_steady_state_allocates_nothing() {
    // Looks are long, so that no silence on a busy machine makes the worker give memory back; and
    // the destination is closed while lines come, so that each round needs the same memory.
    let destination = Nowhere::default();
    let worker = Builder::new(destination.clone())
        .longest_delay(Duration::from_secs(600))
        .start()
        .unwrap();
    let writer = worker.writer();
    let round = || {
        destination.open(false);
        for _ in 0..20_000 {
            writer.write_line(&[b'x'; 250]);
        }
        destination.open(true);
        worker.flush(Duration::from_secs(60)).unwrap();
    };
    let mut allocations = [0; 30];

    for allocated in &mut allocations {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        round();
        *allocated = ALLOCATIONS.load(Ordering::Relaxed) - before;
    }

    // The first rounds take the memory.
    assert_eq!(allocations[20..], [0; 10], "by round: {allocations:?}");
    assert_eq!(worker.finish().lost(), 0);
}
