//! The end of all lines, which counts them.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

static BYTES: AtomicU64 = AtomicU64::new(0);
static LINES: AtomicU64 = AtomicU64::new(0);

/// Counts what is written. Some write a line piece by piece, none ends one in the middle of a piece.
#[derive(Clone, Copy)]
pub(crate) struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // One thread writes, so that nothing dearer than an addition is needed.
        let add = |count: &AtomicU64, more| {
            count.store(count.load(Ordering::Relaxed) + more, Ordering::Relaxed);
        };
        add(&BYTES, bytes.len() as u64);
        if bytes.last() == Some(&b'\n') {
            add(&LINES, 1);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives the numbers of bytes and of lines so far.
pub(crate) fn written() -> (u64, u64) {
    (BYTES.load(Ordering::Relaxed), LINES.load(Ordering::Relaxed))
}
