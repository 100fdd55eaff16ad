//! The worker's side: when it looks, what it gets, and how it reports.

use std::io;
use std::sync::Arc;

use super::{Hand, Phase, Queue, Sleep, State};
use crate::attempt::Failure;
use crate::backoff::Backoff;
use crate::destination::LineTooLarge;
use crate::level::Level;
use crate::lines::Batch;
use crate::losses::{Cause, Losses};
use crate::route::Delivered;
use crate::sync::{self, MutexGuard};

/// After so many looks without a line the worker stops looking and waits to be woken.
#[cfg(not(loom))]
const LOOKS_IN_SILENCE: u32 = 8;
// The model need not look twice to know that nobody has written.
#[cfg(loom)]
const LOOKS_IN_SILENCE: u32 = 0;

/// What the worker does next.
#[derive(Debug)]
pub(crate) enum Next {
    Write(Batch),
    /// Tell that these were lost.
    Tell(Losses),
    /// Make durable what is written, as was asked for so many times.
    Sync(u64),
    /// Everything is done, or was given up.
    End,
}

/// What the worker does after a try that failed, and the pause after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterFailure {
    TryAgain,
    /// The end has begun, and enough was tried.
    FailedForGood,
    /// Nobody waits for it any more.
    Closed,
}

/// How the worker goes about its looks.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// The lines that were there at the last look: those are written before the next nap.
    seen: u64,
    looks_in_silence: u32,
    /// A notice has been written since the last batch or look.
    told: bool,
}

// An error of the destination may be somebody's own type, and its drop may log: none is dropped
// before the lock is let go.
impl Queue {
    /// Waits for something to do.
    pub(crate) fn next(&self, pace: &mut Pace) -> Next {
        let mut state = self.lock();
        loop {
            if state.phase == Phase::Closed {
                return Next::End;
            }
            let untold = state.untold();
            let losses = untold.tellable() > 0;
            // Once between two batches or looks: lines that are lost while notices are written
            // must neither keep others from being written nor fill the output.
            if losses && !pace.told {
                pace.told = true;
                return Next::Tell(untold);
            }
            if (state.out() < pace.seen || self.presses(&state))
                && let Some(batch) = state.lines.take()
            {
                pace.told = false;
                state.hand = Hand::of(&batch);
                return Next::Write(batch);
            }
            if state.syncs.is_due(state.out()) {
                return Next::Sync(state.syncs.asked);
            }
            if losses && (state.phase == Phase::Finishing || state.watchers > 0) {
                return Next::Tell(untold);
            }
            if state.is_drained() {
                return Next::End;
            }
            state = self.sleep(state, pace);
        }
    }

    /// Says whether the lines can't wait for the next look.
    fn presses(&self, state: &State) -> bool {
        state.lines.cost() >= self.mark
            || state.out() < state.urgent
            || state.phase == Phase::Finishing
            || !state.line_ups.is_empty()
    }

    fn sleep<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        pace: &mut Pace,
    ) -> MutexGuard<'a, State> {
        let silence = pace.looks_in_silence >= LOOKS_IN_SILENCE || self.nap.is_zero();
        let nothing_left = state.lines.is_empty() && state.untold().tellable() == 0;
        state.lines.look_ended();
        if nothing_left && (silence || state.phase == Phase::Finishing) {
            state.lines.silence_began();
            state.sleep = Sleep::Parked;
            while state.sleep == Sleep::Parked {
                (state, _) = sync::wait(&self.work, state, None);
            }
            pace.looks_in_silence = 0;
        } else {
            state.sleep = Sleep::Napping;
            state = sync::doze(&self.work, state, &self.state, self.nap);
            state.sleep = Sleep::Awake;
            let silent = state.lines.is_empty();
            pace.looks_in_silence = if silent { pace.looks_in_silence + 1 } else { 0 };
        }
        pace.seen = state.accepted;
        pace.told = false;
        state
    }

    /// Takes note of lines that the destination has taken whole; `false` if nobody waits for the
    /// rest of the batch any more.
    pub(crate) fn progress(&self, delivered: Delivered) -> bool {
        let Delivered { done, by_fallback } = delivered;
        let mut state = self.lock();
        if state.phase == Phase::Closed {
            return false;
        }
        let healed = state.failure.take();
        state.hand.taken.add_all(&done.lines);
        state.hand.taken_bytes += done.bytes;
        if by_fallback {
            state.hand.fallen_back += done.lines.total();
        }
        state.hand.all_taken();
        drop(state);
        drop(healed);
        true
    }

    /// Takes note of a line that the destination never takes; `false` if nobody waits for the rest of
    /// the batch any more.
    pub(crate) fn refuse(&self, level: Option<Level>) -> bool {
        let mut state = self.lock();
        if state.phase == Phase::Closed {
            return false;
        }
        let healed = state.failure.take();
        state.hand.count -= 1;
        state.hand.lines.take_away(level, 1);
        state.hand.all_taken();
        state.losses.add(Cause::TooLarge, level, 1);
        drop(state);
        drop(healed);
        true
    }

    /// Takes note that the batch in hand is written and flushed, and takes back its memory.
    pub(crate) fn settle(&self, batch: Batch) {
        let mut state = self.lock();
        if state.phase == Phase::Closed {
            // The end has come meanwhile, and has counted these lines already.
            return;
        }
        let hand = std::mem::take(&mut state.hand);
        let healed = state.failure.take();
        state.take_note(&hand);
        state.lines.give_back(batch);
        self.let_many_in(&mut state);
        self.report(&state);
        drop(state);
        drop(healed);
    }

    /// Takes note of what came of a sync; `false` if nobody waits for more any more.
    pub(crate) fn synced(&self, asked: u64, result: Result<(), Failure>) -> bool {
        let failure = match result {
            Ok(()) => None,
            Err(Failure::Failed(error)) => Some(error),
            Err(Failure::Busy) => Some(io::ErrorKind::WouldBlock.into()),
            Err(Failure::LineTooLarge) => Some(LineTooLarge.into()),
        };
        let failure = failure.map(|error| (asked, Arc::new(error)));
        let mut state = self.lock();
        state.syncs.done = asked;
        let previous = failure.map(|failure| state.syncs.failure.replace(failure));
        self.report(&state);
        let goes_on = state.phase != Phase::Closed;
        drop(state);
        drop(previous);
        goes_on
    }

    /// Takes note that the destination has got so many notices of these losses.
    pub(crate) fn told(&self, losses: &Losses, notices: u64) {
        let mut state = self.lock();
        let healed = state.failure.take();
        state.notices += notices;
        state.told.add_all(losses);
        self.report(&state);
        drop(state);
        drop(healed);
    }

    /// Waits before the next try, if there is to be one.
    pub(crate) fn pause(&self, failure: Failure, backoff: &mut Backoff) -> AfterFailure {
        let mut state = self.lock();
        let time = match state.phase {
            Phase::Open => Some(backoff.while_open(&failure)),
            Phase::Finishing => backoff.at_the_end(&failure),
            Phase::Closed => return AfterFailure::Closed,
        };
        let failure = match failure {
            Failure::Busy | Failure::LineTooLarge => None,
            Failure::Failed(error) => Some(Arc::new(error)),
        };
        let previous = std::mem::replace(&mut state.failure, failure);
        if let Some(time) = time {
            state.sleep = Sleep::Pausing;
            state = sync::doze(&self.work, state, &self.state, time);
            state.sleep = Sleep::Awake;
        }
        let after = match (state.phase, time) {
            (Phase::Closed, _) => AfterFailure::Closed,
            (_, Some(_)) => AfterFailure::TryAgain,
            (_, None) => AfterFailure::FailedForGood,
        };
        drop(state);
        drop(previous);
        after
    }

    fn report(&self, state: &State) {
        if state.watchers > 0 {
            self.done.notify_all();
        }
    }
}

impl Hand {
    fn of(batch: &Batch) -> Self {
        Self {
            count: batch.count(),
            lines: batch.tally(),
            cost: batch.cost(),
            ..Self::default()
        }
    }

    fn all_taken(&mut self) {
        self.flushing = self.taken == self.lines;
    }
}

impl State {
    /// Says whether the worker may go: nothing is left and nobody comes any more.
    fn is_drained(&self) -> bool {
        self.phase == Phase::Finishing
            && self.lines.is_empty()
            && self.line_ups.is_empty()
            && self.line_ups.reserved() == 0
    }
}
