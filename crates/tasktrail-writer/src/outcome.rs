//! The account of all lines.

use std::fmt;

use crate::level::{Level, Tally};
use crate::losses::Losses;

/// What became of the lines: each one was written, lost, or is still waiting.
///
/// At the end nothing waits, so `written() + lost()` is the number of lines that were handed to
/// the writers, each counted once.
///
/// ```
/// use tasktrail_writer::Builder;
///
/// let worker = Builder::new(Vec::new()).start()?;
/// worker.writer().write_line(b"one\n");
/// worker.writer().write_line(b"two\n");
/// let outcome = worker.finish();
///
/// assert_eq!(outcome.written(), 2);
/// assert_eq!(outcome.bytes(), 8);
/// assert_eq!(outcome.lost(), 0);
/// assert_eq!(outcome.waiting(), 0);
/// assert_eq!(outcome.to_string(), "2 lines written, 0 lines lost, 0 waiting");
/// # Ok::<(), tasktrail_writer::StartError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[must_use = "it says whether lines were lost"]
pub struct Outcome {
    pub(crate) written: Tally,
    pub(crate) fallen_back: u64,
    pub(crate) bytes: u64,
    pub(crate) waiting: u64,
    pub(crate) notices: u64,
    pub(crate) losses: Losses,
}

impl Outcome {
    /// How many lines the destination took whole, its `flush` being called after them.
    ///
    /// There is one exception: when the end gives up within a batch, the lines of it that `write` took
    /// count as written, although no `flush` came after them.
    pub const fn written(&self) -> u64 {
        self.written.total()
    }

    /// How many of those that were written are of one level; those without a level with `None`.
    pub fn written_at(&self, level: impl Into<Option<Level>>) -> u64 {
        self.written.of(level.into())
    }

    /// How many of those that were written went to the [fallback](crate::Builder::fallback).
    pub const fn fallen_back(&self) -> u64 {
        self.fallen_back
    }

    /// The bytes of the lines that were written.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many lines were accepted and are neither written nor lost yet.
    pub const fn waiting(&self) -> u64 {
        self.waiting
    }

    /// How many lines were lost.
    pub fn lost(&self) -> u64 {
        self.losses.total()
    }

    /// How many lines were lost, by cause.
    pub const fn losses(&self) -> Losses {
        self.losses
    }

    /// How many lines of the worker's own, which tell of losses, were written.
    ///
    /// They are not among the lines that [`written`](Outcome::written) counts.
    pub const fn notices(&self) -> u64 {
        self.notices
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = self.written();
        let lines = if written == 1 { "line" } else { "lines" };
        write!(f, "{written} {lines} written")?;
        if self.fallen_back > 0 {
            write!(f, " ({} by the fallback)", self.fallen_back)?;
        }
        write!(f, ", {}, {} waiting", self.losses, self.waiting)
    }
}

/// As displayed, with what the destination got besides.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, notices, .. } = self;
        write!(f, "{self}, {bytes} bytes, {notices} notices")
    }
}
