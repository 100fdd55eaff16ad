//! Writes whole lines, and tells what could not be written.

use std::cell::Cell;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tracing_core::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::task;

/// The place to which one layer writes its lines.
pub(super) struct Output<W> {
    writer: W,
    lost: LostLines,
    untold: AtomicU64,
    told_misplaced: AtomicBool,
}

thread_local! {
    /// This thread is writing a line: a writer that logs must not make it write another.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Says that the thread writes, until it is dropped.
struct Writing;

impl Writing {
    fn start() -> Option<Self> {
        let entered = WRITING.try_with(|writing| !writing.replace(true));
        // Made only here: the drop of one says that the thread no longer writes.
        match entered {
            Ok(false) => None,
            Ok(true) | Err(_) => Some(Self),
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let _ = WRITING.try_with(|writing| writing.set(false));
    }
}

impl<W> Output<W> {
    pub(super) fn new(writer: W) -> Self {
        Self {
            writer,
            lost: LostLines::default(),
            untold: AtomicU64::new(0),
            told_misplaced: AtomicBool::new(false),
        }
    }

    pub(super) fn lost_lines(&self) -> LostLines {
        self.lost.clone()
    }

    /// Gives the number of lines lost since this was asked last, to be told in the output.
    pub(super) fn take_untold(&self) -> u64 {
        match self.untold.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.untold.swap(0, Ordering::Relaxed),
        }
    }

    /// Says again that lines were lost: the line that tells of them was lost too.
    pub(super) fn put_back_untold(&self, lines: u64) {
        self.untold.fetch_add(lines, Ordering::Relaxed);
    }

    /// Says `true` the first time.
    pub(super) fn tell_misplaced_now(&self) -> bool {
        !self.told_misplaced.swap(true, Ordering::Relaxed)
    }

    /// Counts a line that could not be written.
    pub(super) fn lose(&self) {
        self.lost.0.fetch_add(1, Ordering::Relaxed);
        self.untold.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes one line in one call; `false` if it could not be written.
    pub(super) fn write(&self, metadata: Option<&Metadata<'_>>, line: &[u8]) -> bool
    where
        W: for<'writer> MakeWriter<'writer>,
    {
        let Some(_writing) = Writing::start() else {
            return false;
        };
        // The writer is the user's: neither its errors nor its panics reach the caller.
        task::survive(|| {
            let mut writer = match metadata {
                Some(metadata) => self.writer.make_writer_for(metadata),
                None => self.writer.make_writer(),
            };
            writer.write_all(line).is_ok()
        })
        .unwrap_or(false)
    }
}

/// The part of a JSON layer that can be found without knowing its writer's type.
#[derive(Debug, Default)]
pub(crate) struct OutputHandle {
    misplaced: AtomicBool,
}

impl OutputHandle {
    /// Says that this output stands before the task layer.
    pub(crate) fn misplace(&self) {
        self.misplaced.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_misplaced(&self) -> bool {
        self.misplaced.load(Ordering::Relaxed)
    }
}

/// The count of lines that a [`JsonLayer`](crate::JsonLayer) could not write: its writer gave an
/// error or panicked, or logged while it was writing.
#[derive(Debug, Clone, Default)]
pub struct LostLines(Arc<AtomicU64>);

impl LostLines {
    /// Gives the number of lines lost so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
