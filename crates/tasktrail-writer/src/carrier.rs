//! The worker thread's work: from the memory to the destination.

use std::fmt;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};

use crate::attempt::Failure;
use crate::backoff::Backoff;
use crate::builder::SyncWhen;
use crate::destination::Destination;
use crate::lines::Batch;
use crate::losses::Losses;
use crate::queue::{AfterFailure, Next, Pace, Queue};
use crate::route::Route;
use crate::sync::{self, Arc};

/// Renders the line that tells of losses.
pub(crate) type TellLosses = Box<dyn Fn(&Losses, &mut Vec<u8>) + Send>;

/// Carries lines to the destination until the end.
pub(crate) struct Carrier<D> {
    queue: Arc<Queue>,
    route: Route<D>,
    tell_losses: TellLosses,
    sync_when: SyncWhen,
    pace: Pace,
    backoff: Backoff,
    /// Memory for notices, kept between them.
    notice: Vec<u8>,
}

/// Whether what is delivered counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Account {
    OfLines,
    None,
}

impl<D: Destination> Carrier<D> {
    pub(crate) fn new(
        queue: Arc<Queue>,
        route: Route<D>,
        tell_losses: TellLosses,
        sync_when: SyncWhen,
    ) -> Self {
        Self {
            queue,
            route,
            tell_losses,
            sync_when,
            pace: Pace::default(),
            backoff: Backoff::default(),
            notice: Vec::new(),
        }
    }

    pub(crate) fn run(mut self) {
        sync::become_worker();
        // The destination's calls are watched, but not the drops of its errors. Whatever it is that
        // panics there, nobody is to wait for a worker that is gone.
        if !sync::survives(|| while self.step() {}) {
            self.give_up();
        }
        if !self.queue.is_given_up() {
            self.route.end_lines();
        }
        let Self { queue, route, .. } = self;
        // Before the end is told: a destination may write its last bytes when it is dropped.
        route.close();
        queue.close();
    }

    /// Does the next thing; `false` after the last one.
    fn step(&mut self) -> bool {
        match self.queue.next(&mut self.pace) {
            Next::Write(mut batch) => {
                let delivered = self.deliver(&mut batch, Account::OfLines).is_some();
                if delivered {
                    self.queue.settle(batch);
                }
                delivered
            }
            Next::Tell(losses) => self.tell(&losses),
            Next::Sync(asked) => {
                let result = self.route.sync();
                self.queue.synced(asked, result)
            }
            Next::End => false,
        }
    }

    /// Writes a batch whole, flushes and syncs the destination, and says how many lines it has taken;
    /// `None` if it was given up.
    fn deliver(&mut self, batch: &mut Batch, account: Account) -> Option<u64> {
        let mut taken = 0;
        while !batch.unsent().is_empty() {
            let goes_on = match self.route.write(batch) {
                Ok(delivered) => {
                    self.backoff.reset();
                    taken += delivered.done.lines.total();
                    account == Account::None || self.queue.progress(delivered)
                }
                Err(Failure::LineTooLarge) => {
                    self.backoff.reset();
                    let level = self.route.drop_line(batch);
                    account == Account::None || self.queue.refuse(level)
                }
                Err(failure) => match self.queue.pause(failure, &mut self.backoff) {
                    AfterFailure::TryAgain => true,
                    AfterFailure::FailedForGood if self.route.leave(batch) => {
                        self.backoff.reset();
                        true
                    }
                    AfterFailure::FailedForGood => self.give_up(),
                    AfterFailure::Closed => false,
                },
            };
            if !goes_on {
                return None;
            }
        }
        while let Err(failure) = self.make_safe() {
            let goes_on = match self.queue.pause(failure, &mut self.backoff) {
                AfterFailure::TryAgain => true,
                AfterFailure::FailedForGood => self.give_up(),
                AfterFailure::Closed => false,
            };
            if !goes_on {
                return None;
            }
        }
        self.backoff.reset();
        Some(taken)
    }

    fn give_up(&self) -> bool {
        self.queue.give_up_all();
        false
    }

    fn make_safe(&mut self) -> Result<(), Failure> {
        self.route.flush()?;
        match self.sync_when {
            SyncWhen::EachBatch => self.route.sync_if_written(),
            SyncWhen::Asked => Ok(()),
        }
    }

    fn tell(&mut self, losses: &Losses) -> bool {
        // None is written if the program chooses to tell nothing, or the destination takes no line so
        // long. That does not change, so these losses are not told again.
        let mut notice = Batch::of(self.render(losses));
        // The lines of the batch in hand are counted; a notice is none of them.
        let delivered = self.deliver(&mut notice, Account::None);
        self.notice = notice.into_bytes();
        if let Some(notices) = delivered {
            self.queue.told(losses, notices);
        }
        delivered.is_some()
    }

    fn render(&mut self, losses: &Losses) -> Vec<u8> {
        let mut notice = std::mem::take(&mut self.notice);
        notice.clear();
        let rendered = panic::catch_unwind(AssertUnwindSafe(|| {
            (self.tell_losses)(losses, &mut notice);
        }));
        if let Err(payload) = rendered {
            // Dropping somebody else's value may panic again.
            std::mem::forget(payload);
            notice.clear();
            tell_in_words(losses, &mut notice);
        }
        notice
    }
}

impl<D> fmt::Debug for Carrier<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier").finish_non_exhaustive()
    }
}

/// The notice in plain words: `tasktrail-writer: 17 lines lost: 17 memory full`.
pub(crate) fn tell_in_words(losses: &Losses, notice: &mut Vec<u8>) {
    // Writing into memory does not fail.
    let _ = writeln!(notice, "tasktrail-writer: {losses}");
}

#[cfg(test)]
#[path = "carrier_tests.rs"]
mod tests;
