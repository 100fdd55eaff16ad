//! The worker thread's work: from the memory to the destination.

use std::fmt;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};

use crate::backoff::Backoff;
use crate::destination::Destination;
use crate::lines::{Batch, Progress};
use crate::losses::Losses;
use crate::queue::{Next, Pace, Queue};
use crate::sync::{self, Arc};

/// Renders the line that tells of losses.
pub(crate) type TellLosses = Box<dyn Fn(&Losses, &mut Vec<u8>) + Send>;

/// Carries lines to the destination until the end.
pub(crate) struct Carrier<D> {
    queue: Arc<Queue>,
    destination: Destination<D>,
    tell_losses: TellLosses,
    pace: Pace,
    backoff: Backoff,
    /// Memory for notices, kept between them.
    notice: Vec<u8>,
}

impl<D: Write> Carrier<D> {
    pub(crate) fn new(queue: Arc<Queue>, destination: D, tell_losses: TellLosses) -> Self {
        Self {
            queue,
            destination: Destination::new(destination),
            tell_losses,
            pace: Pace::default(),
            backoff: Backoff::default(),
            notice: Vec::new(),
        }
    }

    pub(crate) fn run(mut self) {
        sync::become_worker();
        while self.step() {}
        let Self {
            queue, destination, ..
        } = self;
        // Before the end is told: a destination may write its last bytes when it is dropped.
        destination.close();
        queue.close();
    }

    /// Does the next thing; `false` after the last one.
    fn step(&mut self) -> bool {
        match self.queue.next(&mut self.pace) {
            Next::Write(mut batch) => {
                let delivered = self.deliver(&mut batch, Queue::progress);
                if delivered {
                    self.queue.settle(batch);
                }
                delivered
            }
            Next::Tell(losses) => self.tell(&losses),
            Next::End => false,
        }
    }

    /// Writes a batch whole and flushes the destination; `false` if it was given up.
    fn deliver(&mut self, batch: &mut Batch, note: fn(&Queue, Progress) -> bool) -> bool {
        while !batch.unsent().is_empty() {
            match self.destination.write(batch.unsent()) {
                Ok(count) => {
                    self.backoff.reset();
                    let done = batch.sent(count);
                    if !note(&self.queue, done) {
                        return false;
                    }
                }
                Err(failure) => {
                    if !self.queue.pause(failure, &mut self.backoff) {
                        return false;
                    }
                }
            }
        }
        while let Err(failure) = self.destination.flush() {
            if !self.queue.pause(failure, &mut self.backoff) {
                return false;
            }
        }
        self.backoff.reset();
        true
    }

    fn tell(&mut self, losses: &Losses) -> bool {
        let notice = self.render(losses);
        // The program may choose to tell nothing.
        let notices = u64::from(!notice.is_empty());
        let mut notice = Batch::of(notice);
        // The lines of the batch in hand are counted; a notice is none of them.
        let delivered = self.deliver(&mut notice, |_, _| true);
        self.notice = notice.into_bytes();
        if delivered {
            self.queue.told(losses, notices);
        }
        delivered
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
