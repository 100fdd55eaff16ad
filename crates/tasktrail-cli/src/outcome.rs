//! How well a command went, which is its exit status.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};

/// How well a command went; of several, the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// All was read, and all was well.
    Fine,
    /// Some lines were bad, or something was found.
    Found,
    /// Something could not be read or written at all.
    Failed,
    /// Ctrl-C ended it.
    Interrupted,
}

/// The exit status of the worst outcome so far.
static WORST: AtomicU8 = AtomicU8::new(0);

impl Outcome {
    /// Makes it this one if that is worse, also for [`worst_status`].
    pub(crate) fn worsen(&mut self, to: Self) {
        *self = (*self).max(to);
        WORST.fetch_max(self.status(), Ordering::Relaxed);
    }

    fn status(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Found => 1,
            Self::Failed => 2,
            Self::Interrupted => 130,
        }
    }
}

/// Gives the exit status of a command that is ended before its outcome is known.
pub(crate) fn worst_status() -> u8 {
    WORST.load(Ordering::Relaxed)
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.status())
    }
}
