//! What callers and the worker share: the memory, the counts, and who waits for whom.
//!
//! One mutex guards it all. It is held for a copy of a line or for a hand-over of a batch, never
//! while the destination works and never while anybody's code runs.

mod ending;
mod taking;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::builder::WhenFull;
use crate::lines::{Lines, cost};
use crate::losses::{Cause, Losses};
use crate::outcome::Outcome;
use crate::sync::{self, Condvar, Mutex, MutexGuard};
use crate::worker::FlushError;

pub(crate) use taking::{Next, Pace};

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// The worker waits here for something to do.
    work: Condvar,
    /// Callers wait here for room.
    room: Condvar,
    /// Flushes and the end wait here for the worker.
    done: Condvar,
    memory: usize,
    when_full: WhenFull,
    /// A sleeping worker is woken when the lines take so many bytes.
    mark: usize,
    /// How long the worker sleeps between two looks while lines keep coming.
    nap: Duration,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// The worker has said its last word: it will not touch the destination again.
    ended: bool,
    sleep: Sleep,
    lines: Lines,
    hand: Hand,
    /// How many lines were ever put into the memory.
    accepted: u64,
    /// A flush waits for this many of the accepted lines to be out of the memory.
    urgent: u64,
    syncs: Syncs,
    /// How many flushes and ends wait.
    watchers: usize,
    line_up: LineUp,
    written: u64,
    bytes: u64,
    notices: u64,
    losses: Losses,
    /// The losses that notices have told of.
    told: Losses,
    /// What the destination's last try failed with, if it failed.
    failure: Option<Arc<io::Error>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Lines are taken.
    Open,
    /// No new lines are taken; those in memory are written.
    Finishing,
    /// Nothing is written any more, and all lines are accounted for.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sleep {
    Awake,
    /// Between two looks: it wakes by itself, in time for any line.
    Napping,
    /// Until it is woken: nobody has written for a while.
    Parked,
    /// After a failure of the destination: it wakes by itself and tries again.
    Pausing,
}

/// The batch that the worker writes at the moment.
#[derive(Debug, Default)]
struct Hand {
    lines: u64,
    bytes: u64,
    cost: usize,
    /// The lines of it that the destination has taken whole.
    taken_lines: u64,
    taken_bytes: u64,
    /// All bytes are out, and the destination's `flush` must say so.
    flushing: bool,
}

/// What was asked to be made durable.
#[derive(Debug, Default)]
struct Syncs {
    asked: u64,
    done: u64,
    /// How many lines had been accepted when it was asked for last.
    lines: u64,
    /// The last one that failed, and why.
    failure: Option<(u64, Arc<io::Error>)>,
}

impl Syncs {
    fn ask(&mut self, accepted: u64) -> u64 {
        self.asked += 1;
        self.lines = accepted;
        self.asked
    }

    fn is_due(&self, out: u64) -> bool {
        self.done < self.asked && out >= self.lines
    }

    /// What came of one that is done.
    fn result(&self, ticket: u64) -> Result<(), FlushError> {
        match &self.failure {
            Some((failed, error)) if *failed >= ticket => Err(FlushError::NotSynced {
                failure: Arc::clone(error),
            }),
            _ => Ok(()),
        }
    }
}

/// Callers that wait for room, first come first served: otherwise a long line could wait for ever
/// while short ones slip in.
#[derive(Debug, Default)]
struct LineUp {
    waiting: VecDeque<(u64, usize)>,
    next_ticket: u64,
    /// Whoever still waits with a ticket below this one has been given room.
    served: u64,
    /// Room that was given and is not filled yet.
    reserved: usize,
}

impl Queue {
    pub(crate) fn new(memory: usize, when_full: WhenFull, longest_delay: Duration) -> Self {
        Self {
            state: Mutex::new(State::new(memory)),
            work: Condvar::new(),
            room: Condvar::new(),
            done: Condvar::new(),
            memory,
            when_full,
            // Late enough that many lines share a write, early enough that there is room for
            // those that come before the worker runs.
            mark: memory / 4,
            // The other half is for the write before it and for a scheduler that is late.
            nap: longest_delay / 2,
        }
    }

    /// Copies a whole line into the memory, or counts it as lost.
    pub(crate) fn push(&self, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        let state = self.lock();
        if state.phase != Phase::Open {
            return self.lose(state, Cause::WorkerGone);
        }
        let Some(cost) = cost(line).filter(|cost| *cost <= self.memory) else {
            return self.lose(state, Cause::TooLarge);
        };
        let (state, refused) = if state.line_up.is_empty() && state.fits(cost, self.memory) {
            (state, None)
        } else {
            self.make_room(state, cost)
        };
        match refused {
            None => self.append(state, line),
            Some(cause) => self.lose(state, cause),
        }
    }

    /// Asks the worker to write what is there now, and does not wait for it.
    pub(crate) fn nudge(&self) {
        let mut state = self.lock();
        // At the end everything is urgent, and a destination that failed is to have its pauses: its
        // tries are numbered.
        if state.phase == Phase::Open && state.out() < state.accepted {
            state.urgent = state.accepted;
            self.rouse(&mut state);
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.lock().outcome()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    fn append(&self, mut state: MutexGuard<'_, State>, line: &[u8]) {
        if !state.lines.append(line) {
            // It may have been given room, which others can have now.
            self.let_in(&mut state);
            return self.lose(state, Cause::MemoryFull);
        }
        state.accepted += 1;
        let filled = state.lines.cost() >= self.mark;
        self.wake_for(state, filled);
    }

    fn lose(&self, mut state: MutexGuard<'_, State>, cause: Cause) {
        state.losses.add(cause, 1);
        self.wake_for(state, false);
    }

    /// Leaves the lock, and wakes the worker only if it would not look by itself in time.
    fn wake_for(&self, mut state: MutexGuard<'_, State>, filled: bool) {
        let wake = match state.sleep {
            Sleep::Parked => true,
            Sleep::Napping => filled,
            Sleep::Awake | Sleep::Pausing => false,
        };
        if wake {
            state.sleep = Sleep::Awake;
        }
        drop(state);
        // Whoever is woken needs the lock, so it is let go first.
        if wake {
            self.work.notify_one();
        }
    }

    /// Ends whatever sleep the worker is in.
    fn rouse(&self, state: &mut State) {
        if state.sleep != Sleep::Awake {
            state.sleep = Sleep::Awake;
            self.work.notify_one();
        }
    }

    fn make_room<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        cost: usize,
    ) -> (MutexGuard<'a, State>, Option<Cause>) {
        match self.when_full {
            WhenFull::DropNewest => (state, Some(Cause::MemoryFull)),
            WhenFull::DropOldest => self.drop_oldest(state, cost),
            WhenFull::Block => self.wait_for_room(state, cost, None),
            WhenFull::BlockFor(patience) => {
                let deadline = sync::deadline_after(patience);
                self.wait_for_room(state, cost, deadline)
            }
        }
    }

    fn drop_oldest<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        cost: usize,
    ) -> (MutexGuard<'a, State>, Option<Cause>) {
        // What the worker writes at the moment can't be dropped: if that leaves no room for this
        // line, dropping all the others would not help it.
        if state.hand.cost.saturating_add(cost) > self.memory {
            return (state, Some(Cause::MemoryFull));
        }
        while !state.fits(cost, self.memory) && state.lines.drop_oldest() {
            state.losses.add(Cause::MemoryFull, 1);
        }
        (state, None)
    }

    fn wait_for_room<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        cost: usize,
        deadline: Option<Instant>,
    ) -> (MutexGuard<'a, State>, Option<Cause>) {
        // Only the worker makes room: a destination that logs must not wait for itself.
        if sync::on_worker() {
            return (state, Some(Cause::MemoryFull));
        }
        let ticket = state.line_up.join(cost);
        if matches!(state.sleep, Sleep::Napping | Sleep::Parked) {
            self.rouse(&mut state);
        }
        loop {
            let expired;
            (state, expired) = sync::wait(&self.room, state, deadline);
            if state.phase == Phase::Closed {
                return (state, Some(Cause::WorkerGone));
            }
            if state.line_up.enter(ticket, cost) {
                return (state, None);
            }
            if expired {
                state.line_up.leave(ticket);
                self.let_in(&mut state);
                return (state, Some(Cause::MemoryFull));
            }
        }
    }

    /// Gives room to those who wait for it, in their order.
    fn let_in(&self, state: &mut State) {
        let mut served = false;
        while let Some(cost) = state.line_up.first_cost()
            && state.fits(cost, self.memory)
        {
            state.line_up.serve_first();
            served = true;
        }
        if served {
            self.room.notify_all();
        }
    }
}

impl State {
    fn new(memory: usize) -> Self {
        Self {
            phase: Phase::Open,
            ended: false,
            sleep: Sleep::Awake,
            lines: Lines::new(memory),
            hand: Hand::default(),
            accepted: 0,
            urgent: 0,
            syncs: Syncs::default(),
            watchers: 0,
            line_up: LineUp::default(),
            written: 0,
            bytes: 0,
            notices: 0,
            losses: Losses::default(),
            told: Losses::default(),
            failure: None,
        }
    }

    fn fits(&self, cost: usize, memory: usize) -> bool {
        let used = self.lines.cost() + self.hand.cost + self.line_up.reserved;
        used.saturating_add(cost) <= memory
    }

    /// How many of the accepted lines are out of the memory. Lines leave it in their order, so
    /// these are the first ones.
    fn out(&self) -> u64 {
        self.accepted - self.lines.count() - self.hand.lines
    }

    /// The losses that a notice is still to tell of.
    fn untold(&self) -> Losses {
        self.losses.since(&self.told)
    }

    fn outcome(&self) -> Outcome {
        Outcome {
            written: self.written,
            bytes: self.bytes,
            waiting: self.lines.count() + self.hand.lines,
            notices: self.notices,
            losses: self.losses,
        }
    }
}

impl LineUp {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn join(&mut self, cost: usize) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back((ticket, cost));
        ticket
    }

    /// Goes in, if room was given; the room counts as filled from now on.
    fn enter(&mut self, ticket: u64, cost: usize) -> bool {
        let served = ticket < self.served;
        if served {
            self.reserved -= cost;
        }
        served
    }

    fn leave(&mut self, ticket: u64) {
        self.waiting.retain(|(waiting, _)| *waiting != ticket);
    }

    fn first_cost(&self) -> Option<usize> {
        self.waiting.front().map(|(_, cost)| *cost)
    }

    fn serve_first(&mut self) {
        if let Some((ticket, cost)) = self.waiting.pop_front() {
            self.served = ticket + 1;
            self.reserved += cost;
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
