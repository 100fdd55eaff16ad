//! Waiting for the worker: flushes and the end.

use std::time::{Duration, Instant};

use super::{LineUps, Phase, Queue, Sleep, State};
use crate::losses::Cause;
use crate::outcome::Outcome;
use crate::sync;
use crate::worker::FlushError;

impl Queue {
    /// Waits until everything that was accepted or lost before is written or told.
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.wait_for_worker(timeout, |_| None)
    }

    /// Waits as a flush does, and then until all of it is durable.
    pub(crate) fn sync(&self, timeout: Duration) -> Result<(), FlushError> {
        self.wait_for_worker(timeout, |state| Some(state.syncs.ask(state.accepted)))
    }

    fn wait_for_worker(
        &self,
        timeout: Duration,
        ask_for_sync: impl FnOnce(&mut State) -> Option<u64>,
    ) -> Result<(), FlushError> {
        if !self.is_here() {
            return Err(FlushError::WorkerGone);
        }
        let deadline = sync::deadline_after(timeout);
        let mut state = self.lock();
        let sync = ask_for_sync(&mut state);
        let (lines, losses) = (state.accepted, state.losses.tellable());
        state.urgent = state.urgent.max(lines);
        // At the end a destination that failed is to have its pauses: its tries are numbered.
        if state.phase != Phase::Finishing || state.sleep != Sleep::Pausing {
            self.rouse(&mut state);
        }
        state.watchers += 1;
        let mut expired = sync::on_worker();
        let result = loop {
            let synced = sync.is_none_or(|ticket| state.syncs.done >= ticket);
            if state.out() >= lines && state.told.tellable() >= losses && synced {
                break sync.map_or(Ok(()), |ticket| state.syncs.result(ticket));
            }
            if state.phase == Phase::Closed {
                break Err(FlushError::WorkerGone);
            }
            if expired {
                break Err(FlushError::TimedOut {
                    timeout,
                    waiting: lines.saturating_sub(state.out()),
                    failure: state.failure.clone(),
                });
            }
            (state, expired) = sync::wait(&self.done, state, deadline);
        };
        state.watchers -= 1;
        result
    }

    /// Takes no more lines, waits for the worker until the deadline, and gives up what is left
    /// then. Returns the account, and whether the worker has ended.
    pub(crate) fn finish(&self, patience: Duration) -> (Outcome, bool) {
        if !self.is_here() {
            return (self.in_child.outcome(), false);
        }
        let deadline = sync::deadline_after(patience);
        let mut state = self.lock();
        self.begin(&mut state);
        if sync::on_worker() {
            // The destination ends its own worker: it can't wait for itself.
            return (state.outcome(), false);
        }
        state.watchers += 1;
        let mut expired = deadline.is_some_and(|deadline| deadline <= Instant::now());
        // Not only until all is accounted for: the destination may write its last bytes when it is
        // dropped, and may hang then.
        while !state.ended && !expired {
            (state, expired) = sync::wait(&self.done, state, deadline);
        }
        state.watchers -= 1;
        if !state.ended {
            self.give_up(&mut state);
        }
        (state.outcome(), state.ended)
    }

    /// Takes no more lines, and does not wait for those in memory.
    #[cfg(all(unix, not(loom)))]
    pub(crate) fn begin_end(&self) {
        if self.is_here() {
            self.begin(&mut self.lock());
        }
    }

    fn begin(&self, state: &mut State) {
        // Only once: what the end waits for after that is not to be cut short.
        if state.phase == Phase::Open {
            state.phase = Phase::Finishing;
            self.rouse(state);
        }
    }

    /// Accounts for what is left: the destination has failed for good.
    pub(crate) fn give_up_all(&self) {
        let mut state = self.lock();
        if state.phase != Phase::Closed {
            self.give_up(&mut state);
        }
    }

    /// Says whether nobody waits for the worker's last writes any more.
    pub(crate) fn is_given_up(&self) -> bool {
        self.lock().phase == Phase::Closed
    }

    /// Accounts for what is left, and lets go of all who wait for it.
    fn give_up(&self, state: &mut State) {
        state.give_up();
        self.rouse(state);
        self.room.notify_all();
        self.done.notify_all();
    }

    /// The worker's last word: it will not touch the destination again.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.phase = Phase::Closed;
        state.ended = true;
        // Writers may outlive it for long.
        state.lines.clear();
        self.done.notify_all();
    }
}

impl State {
    /// Accounts for all lines that are neither written nor lost yet.
    fn give_up(&mut self) {
        self.phase = Phase::Closed;
        let cause = match self.failure {
            Some(_) => Cause::DestinationFailed,
            None => Cause::Deadline,
        };
        let hand = std::mem::take(&mut self.hand);
        if hand.flushing {
            // The destination took them, but may still hold them: that it did not say.
            self.losses.add_tally(cause, &hand.lines);
        } else {
            self.take_note(&hand);
            self.losses.add_tally(cause, &hand.lines.since(&hand.taken));
        }
        self.losses.add_tally(cause, &self.lines.tally());
        self.lines.clear();
        self.line_ups = LineUps::default();
    }
}
