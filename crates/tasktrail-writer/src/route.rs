//! Which destination lines go to: the one that was asked for, or the fallback while it fails.

use std::time::{Duration, Instant};

use crate::attempt::{Attempts, Failure};
use crate::destination::Destination;
use crate::level::Level;
use crate::lines::{Batch, Progress};

/// While lines go to the fallback, the first destination is tried again each time this has passed.
const TRY_FIRST_EVERY: Duration = Duration::from_secs(1);

/// The destination and its fallback, if there is one.
pub(crate) struct Route<D> {
    first: Leg<D>,
    fallback: Option<Fallback>,
    /// How many lines have left the batches: the number of the one that is written now.
    line: u64,
}

struct Leg<D> {
    destination: Attempts<D>,
    /// The rest of a line that was begun here when the other destination took over. That one gets
    /// the line whole, and this one the rest of it before anything else.
    owed: Vec<u8>,
    /// The number of that line.
    owed_line: u64,
    /// It has been written to since it was flushed.
    to_flush: bool,
    /// It has been written to since it was made durable.
    to_sync: bool,
}

struct Fallback {
    leg: Leg<Box<dyn Destination>>,
    after: Duration,
    failing_since: Option<Instant>,
    /// Lines go to the fallback until then.
    instead_until: Option<Instant>,
    /// Which of the two has failed for good, so that the other one is all there is.
    left: Left,
    /// The last try was one to write here, and failed.
    failed_last: bool,
    /// The last write went to the fallback.
    at_work: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Neither,
    First,
    Fallback,
}

/// Lines that a write has completed, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub(crate) done: Progress,
    pub(crate) by_fallback: bool,
}

impl<D: Destination> Route<D> {
    pub(crate) fn new(first: D, fallback: Option<(Box<dyn Destination>, Duration)>) -> Self {
        Self {
            first: Leg::new(first),
            fallback: fallback.map(|(destination, after)| Fallback {
                leg: Leg::new(destination),
                after,
                failing_since: None,
                instead_until: None,
                left: Left::Neither,
                failed_last: false,
                at_work: false,
            }),
            line: 0,
        }
    }

    /// Writes a part of the batch.
    pub(crate) fn write(&mut self, batch: &mut Batch) -> Result<Delivered, Failure> {
        let delivered = self.write_to_either(batch)?;
        self.line += delivered.done.lines.total();
        Ok(delivered)
    }

    /// Drops the line that can't be written, and gives its level.
    pub(crate) fn drop_line(&mut self, batch: &mut Batch) -> Option<Level> {
        self.line += 1;
        batch.drop_line()
    }

    fn write_to_either(&mut self, batch: &mut Batch) -> Result<Delivered, Failure> {
        let line = self.line;
        let fallback = self.fallback.as_mut();
        let Some(fallback) = fallback.filter(|it| it.left != Left::Fallback) else {
            let done = self.first.write(batch, line)?;
            return Ok(Delivered::by_first(done));
        };
        let instead = fallback.is_instead();
        if instead || (fallback.at_work && batch.is_in_line()) {
            match fallback.write(batch, line) {
                Err(Failure::Failed(_)) if !instead => {
                    fallback.at_work = false;
                    fallback.leg.leave(batch, line);
                }
                result => return result,
            }
        }
        fallback.failed_last = false;
        match self.first.write(batch, line) {
            Ok(done) => {
                fallback.rest();
                Ok(Delivered::by_first(done))
            }
            Err(failure) if fallback.takes_over(&failure) => {
                self.first.leave(batch, line);
                fallback.write(batch, line)
            }
            Err(failure) => Err(failure),
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.first.flush()?;
        match &mut self.fallback {
            Some(fallback) => fallback.leg.flush(),
            None => Ok(()),
        }
    }

    /// Makes durable what the first destination took.
    pub(crate) fn sync(&mut self) -> Result<(), Failure> {
        self.first.destination.sync()?;
        self.first.to_sync = false;
        Ok(())
    }

    /// Makes durable what the first destination took since it was last done. One that took nothing
    /// is not asked: while it fails it might fail at that too, and hold up the fallback.
    pub(crate) fn sync_if_written(&mut self) -> Result<(), Failure> {
        match self.first.to_sync {
            true => self.sync(),
            false => Ok(()),
        }
    }

    /// Leaves the destination that has failed for good; `false` if there is no other.
    pub(crate) fn leave(&mut self, batch: &mut Batch) -> bool {
        let Some(fallback) = &mut self.fallback else {
            return false;
        };
        if fallback.left != Left::Neither {
            return false;
        }
        let begun_by_fallback = fallback.at_work;
        if fallback.failed_last {
            // The first one has not been tried for a while, and may have healed.
            fallback.left = Left::Fallback;
            if begun_by_fallback {
                fallback.leg.leave(batch, self.line);
            }
        } else {
            fallback.left = Left::First;
            if !begun_by_fallback {
                self.first.leave(batch, self.line);
            }
        }
        true
    }

    /// Ends the lines that are begun where they were left, if that works at once.
    pub(crate) fn end_lines(&mut self) {
        if let Some(fallback) = &mut self.fallback {
            if fallback.left != Left::Fallback {
                fallback.leg.end_line();
            }
            if fallback.left != Left::First {
                self.first.end_line();
            }
        }
    }

    /// Drops the destinations, which may write what they still hold.
    pub(crate) fn close(self) {
        self.first.destination.close();
        if let Some(fallback) = self.fallback {
            fallback.leg.destination.close();
        }
    }
}

impl Delivered {
    fn by_first(done: Progress) -> Self {
        Self {
            done,
            by_fallback: false,
        }
    }
}

impl<D: Destination> Leg<D> {
    fn new(destination: D) -> Self {
        Self {
            destination: Attempts::new(destination),
            owed: Vec::new(),
            owed_line: 0,
            to_flush: false,
            to_sync: false,
        }
    }

    fn write(&mut self, batch: &mut Batch, line: u64) -> Result<Progress, Failure> {
        // If nobody else has finished the line meanwhile, it goes on where it was left.
        let back = !self.owed.is_empty() && self.owed_line == line;
        if back {
            batch.go_on_in_line(self.owed.len());
            self.owed.clear();
        }
        self.write_owed()?;
        let written = self.destination.write(batch.unsent());
        if back && written.is_err() {
            self.leave(batch, line);
        }
        let count = written?;
        self.to_flush = true;
        self.to_sync = true;
        Ok(batch.sent(count))
    }

    fn write_owed(&mut self) -> Result<(), Failure> {
        while !self.owed.is_empty() {
            let count = self.destination.write(&self.owed)?;
            self.owed.drain(..count);
        }
        Ok(())
    }

    fn end_line(&mut self) {
        // Nobody is left who could try again: the line is whole elsewhere, and is counted there.
        if !self.owed.is_empty() && self.write_owed().is_ok() {
            let _ = self.destination.flush();
        }
    }

    /// Has the line that is begun here begin again elsewhere.
    fn leave(&mut self, batch: &mut Batch, line: u64) {
        if batch.is_in_line() {
            self.owed.extend_from_slice(batch.begin_line_again());
            self.owed_line = line;
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.to_flush {
            self.destination.flush()?;
            self.to_flush = false;
        }
        Ok(())
    }
}

impl Fallback {
    /// Says whether the first destination is not even to be tried.
    fn is_instead(&self) -> bool {
        let in_future = |until| Instant::now() < until;
        self.left == Left::First || self.instead_until.is_some_and(in_future)
    }

    /// Takes note of a failure of the first destination, and says whether it is to be left for now.
    fn takes_over(&mut self, failure: &Failure) -> bool {
        if !matches!(failure, Failure::Failed(_)) {
            return false;
        }
        let now = Instant::now();
        let since = *self.failing_since.get_or_insert(now);
        let takes_over = now.duration_since(since) >= self.after;
        if takes_over {
            self.instead_until = now.checked_add(TRY_FIRST_EVERY);
        }
        takes_over
    }

    fn rest(&mut self) {
        self.failing_since = None;
        self.instead_until = None;
        self.at_work = false;
    }

    fn write(&mut self, batch: &mut Batch, line: u64) -> Result<Delivered, Failure> {
        self.failed_last = true;
        let done = self.leg.write(batch, line)?;
        self.failed_last = false;
        self.at_work = true;
        Ok(Delivered {
            done,
            by_fallback: true,
        })
    }
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
