//! What is told to people on the standard error.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::progress;
use crate::text::visible;

/// Tells people what went wrong, on the standard error, as one line: the name of a file may hold
/// anything, but can't steer their terminal. When a pager has the terminal it is told afterwards.
pub(crate) fn tell(what: fmt::Arguments<'_>) {
    let line = what.to_string();
    let line = visible(&line);
    if let Some(kept) = &mut *kept() {
        kept.extend_from_slice(line.as_bytes());
        kept.push(b'\n');
        return;
    }
    progress::print(|| {
        // Who closed the standard error doesn't want to know.
        let _ = writeln!(io::stderr().lock(), "{line}");
    });
}

/// What is told while a pager has the terminal.
static KEPT: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// Keeps what is to be told until [`tell_kept`].
pub(crate) fn keep() {
    kept().get_or_insert_default();
}

/// Tells what was kept, and keeps no more.
pub(crate) fn tell_kept() {
    let told = kept().take().unwrap_or_default();
    // Who closed the standard error doesn't want to know.
    let _ = io::stderr().write_all(&told);
}

/// A thread that panics takes the program down; until then what it held is as good as before.
fn kept() -> MutexGuard<'static, Option<Vec<u8>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}
