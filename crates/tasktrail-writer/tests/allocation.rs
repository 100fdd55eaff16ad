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
use std::thread;
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

/// Takes everything and keeps nothing.
struct Nowhere;

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_steady_state_allocates_nothing() {
    // Long looks, so that no silence on a busy machine makes the worker give memory back.
    let worker = Builder::new(Nowhere)
        .longest_delay(Duration::from_secs(600))
        .start()
        .unwrap();
    let writer = worker.writer();
    let round = || {
        for number in 0..20_000_usize {
            writer.write_line(&[b'x'; 500][..1 + number % 500]);
        }
        worker.flush(Duration::from_secs(60)).unwrap();
    };
    let mut allocations = Vec::new();

    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..30 {
                let before = ALLOCATIONS.load(Ordering::Relaxed);
                round();
                allocations.push(ALLOCATIONS.load(Ordering::Relaxed) - before);
            }
        });
    });

    // The first rounds take the memory; a scheduler may make a later one take some more, so
    // what counts is that most take none.
    let quiet = allocations.iter().filter(|count| **count == 0).count();
    assert!(quiet >= 20, "allocations by round: {allocations:?}");
    assert_eq!(worker.finish().lost(), 0);
}
