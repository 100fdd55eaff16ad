//! What becomes of lines in the child of a fork, where the worker is not.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::level::{Level, Tally};
use crate::losses::{Cause, Losses};
use crate::outcome::Outcome;

/// Counts the lines that a child's threads write, without the lock.
#[derive(Debug, Default)]
pub(super) struct InChild {
    lost: [AtomicU64; Tally::KINDS.len()],
}

impl InChild {
    pub(super) fn lose(&self, level: Option<Level>) {
        for (count, kind) in self.lost.iter().zip(Tally::KINDS) {
            if kind == level {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The account of the child alone: that of the lines before the fork is its parent's.
    pub(super) fn outcome(&self) -> Outcome {
        let mut losses = Losses::default();
        for (count, kind) in self.lost.iter().zip(Tally::KINDS) {
            losses.add(Cause::WorkerGone, kind, count.load(Ordering::Relaxed));
        }
        Outcome {
            losses,
            ..Outcome::default()
        }
    }
}
