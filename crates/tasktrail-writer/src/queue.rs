//! What callers and the worker share: the memory, the counts, and who waits for whom.
//!
//! One mutex guards it all. It is held for a copy of a line or for a hand-over of a batch, never
//! while the destination works and never while anybody's code runs.

mod child;
mod ending;
mod line_ups;
mod taking;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::builder::WhenFull;
use crate::level::{Level, Tally};
use crate::lines::{Lines, Precious, cost};
use crate::losses::{Cause, Losses};
use crate::outcome::Outcome;
use crate::process::Here;
use crate::sync::{self, Condvar, Mutex, MutexGuard};
use crate::worker::FlushError;

use child::InChild;
use line_ups::LineUps;
pub(crate) use taking::{AfterFailure, Next, Pace};

/// Callers that wait are let in at the latest when the first of them has waited so long, if there
/// is room.
const GATHER: Duration = Duration::from_millis(5);

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
    /// The part of the memory that is for precious lines alone.
    reserve: usize,
    precious: Precious,
    when_full: WhenFull,
    here: Here,
    in_child: InChild,
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
    line_ups: LineUps,
    written: Tally,
    fallen_back: u64,
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
    count: u64,
    lines: Tally,
    cost: usize,
    /// The lines of it that the destination has taken whole.
    taken: Tally,
    taken_bytes: u64,
    /// How many of these the fallback has taken.
    fallen_back: u64,
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

/// What a queue is made from.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) memory: usize,
    /// So many bytes of the memory are for lines at or above the level alone.
    pub(crate) reserve: Option<(Level, usize)>,
    pub(crate) when_full: WhenFull,
    pub(crate) longest_delay: Duration,
}

impl Queue {
    pub(crate) fn new(settings: &Settings) -> Self {
        let &Settings {
            memory,
            reserve,
            when_full,
            longest_delay,
        } = settings;
        let precious = Precious(reserve.map(|(level, _)| level));
        let reserve = reserve.map_or(0, |(_, bytes)| bytes);
        Self {
            state: Mutex::new(State::new(memory, precious)),
            work: Condvar::new(),
            room: Condvar::new(),
            done: Condvar::new(),
            memory,
            reserve,
            precious,
            when_full,
            here: Here::watched(),
            in_child: InChild::default(),
            // Late enough that many lines share a write, early enough that there is room for
            // those that come before the worker runs.
            mark: (memory - reserve) / 4,
            // The other half is for the write before it and for a scheduler that is late.
            nap: longest_delay / 2,
        }
    }

    /// Copies a whole line into the memory, or counts it as lost.
    pub(crate) fn push(&self, line: &[u8], level: Option<Level>) {
        if line.is_empty() {
            return;
        }
        if !self.is_here() {
            return self.in_child.lose(level);
        }
        let precious = self.precious.has(level);
        let state = self.lock();
        if state.phase != Phase::Open {
            return self.lose(state, Cause::WorkerGone, level);
        }
        let Some(cost) = cost(line).filter(|cost| *cost <= self.limit(precious)) else {
            return self.lose(state, Cause::TooLarge, level);
        };
        let (state, refused) =
            if state.line_ups.let_pass(precious) && self.fits(&state, cost, precious) {
                (state, None)
            } else {
                self.make_room(state, cost, precious)
            };
        match refused {
            None => self.append(state, line, level),
            Some(cause) => self.lose(state, cause, level),
        }
    }

    /// Asks the worker to write what is there now, and does not wait for it.
    pub(crate) fn nudge(&self) {
        if !self.is_here() {
            return;
        }
        let mut state = self.lock();
        // At the end everything is urgent, and a destination that failed is to have its pauses: its
        // tries are numbered.
        if state.phase == Phase::Open && state.out() < state.accepted {
            state.urgent = state.accepted;
            self.rouse(&mut state);
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        if !self.is_here() {
            return self.in_child.outcome();
        }
        self.lock().outcome()
    }

    /// Says whether this is the process with the worker, and not a child that was forked from it.
    /// In a child nothing must wait for the lock: whoever held it is not there.
    #[inline]
    pub(crate) fn is_here(&self) -> bool {
        self.here == Here::now()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    /// The memory that a line may find filled by others and itself.
    fn limit(&self, precious: bool) -> usize {
        if precious {
            self.memory
        } else {
            self.memory - self.reserve
        }
    }

    fn fits(&self, state: &State, cost: usize, precious: bool) -> bool {
        state.used().saturating_add(cost) <= self.limit(precious)
    }

    fn append(&self, mut state: MutexGuard<'_, State>, line: &[u8], level: Option<Level>) {
        if !state.lines.append(line, level) {
            // It may have been given room, which others can have now.
            self.let_in(&mut state);
            return self.lose(state, Cause::MemoryFull, level);
        }
        state.accepted += 1;
        let error = level == Some(Level::Error);
        if error {
            state.urgent = state.accepted;
        }
        let filled = state.lines.cost() >= self.mark;
        self.wake_for(state, filled || error);
    }

    fn lose(&self, mut state: MutexGuard<'_, State>, cause: Cause, level: Option<Level>) {
        state.losses.add(cause, level, 1);
        self.wake_for(state, false);
    }

    /// Leaves the lock, and wakes the worker only if it would not look by itself in time.
    fn wake_for(&self, mut state: MutexGuard<'_, State>, presses: bool) {
        let wake = match state.sleep {
            Sleep::Parked => true,
            Sleep::Napping => presses,
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
        precious: bool,
    ) -> (MutexGuard<'a, State>, Option<Cause>) {
        match self.when_full {
            WhenFull::DropNewest => (state, Some(Cause::MemoryFull)),
            WhenFull::DropOldest => self.drop_oldest(state, cost, precious),
            WhenFull::Block => self.wait_for_room(state, cost, precious, None),
            WhenFull::BlockFor(patience) => {
                let deadline = sync::deadline_after(patience);
                self.wait_for_room(state, cost, precious, deadline)
            }
        }
    }

    fn drop_oldest<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        cost: usize,
        precious: bool,
    ) -> (MutexGuard<'a, State>, Option<Cause>) {
        // What the worker writes at the moment can't be dropped, nor a line for a less precious
        // one: if that leaves no room for this line, dropping all the others would not help it.
        let stays = match precious {
            true => state.hand.cost,
            false => state.hand.cost + state.lines.precious_cost(),
        };
        if stays.saturating_add(cost) > self.limit(precious) {
            return (state, Some(Cause::MemoryFull));
        }
        while !self.fits(&state, cost, precious)
            && let Some(dropped) = state.lines.drop_oldest()
        {
            state.losses.add(Cause::MemoryFull, dropped, 1);
        }
        (state, None)
    }

    fn wait_for_room<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        cost: usize,
        precious: bool,
        deadline: Option<Instant>,
    ) -> (MutexGuard<'a, State>, Option<Cause>) {
        // Only the worker makes room: a destination that logs must not wait for itself.
        if sync::on_worker() {
            return (state, Some(Cause::MemoryFull));
        }
        let ticket = state.line_ups.join(precious, cost);
        if matches!(state.sleep, Sleep::Napping | Sleep::Parked) {
            self.rouse(&mut state);
        }
        loop {
            let expired;
            (state, expired) = sync::wait(&self.room, state, deadline);
            if state.phase == Phase::Closed {
                return (state, Some(Cause::WorkerGone));
            }
            if state.line_ups.of(precious).enter(ticket, cost) {
                return (state, None);
            }
            if expired {
                // There may be room that was still being gathered.
                self.let_in(&mut state);
                if state.line_ups.of(precious).enter(ticket, cost) {
                    return (state, None);
                }
                state.line_ups.of(precious).leave(ticket);
                self.let_in(&mut state);
                return (state, Some(Cause::MemoryFull));
            }
        }
    }

    /// Gives room to those who wait for it, once there is room for many lines or they have waited
    /// for long.
    ///
    /// A caller that gets room for one line only has to wait again for the next one, and each wait
    /// costs two switches of threads, which is more than a hundred lines cost.
    fn let_many_in(&self, state: &mut State) {
        let Some((precious, _)) = state.line_ups.next() else {
            return;
        };
        let much_room = self.fits(state, self.limit(false) / 2, false);
        if precious || much_room || state.line_ups.have_waited(GATHER) {
            self.let_in(state);
        }
    }

    /// Gives room to those who wait for it, in their order.
    fn let_in(&self, state: &mut State) {
        let mut served = false;
        while let Some((precious, cost)) = state.line_ups.next()
            && self.fits(state, cost, precious)
        {
            state.line_ups.of(precious).serve_first();
            served = true;
        }
        if served {
            self.room.notify_all();
        }
    }
}

impl State {
    fn new(memory: usize, precious: Precious) -> Self {
        Self {
            phase: Phase::Open,
            ended: false,
            sleep: Sleep::Awake,
            lines: Lines::new(memory, precious),
            hand: Hand::default(),
            accepted: 0,
            urgent: 0,
            syncs: Syncs::default(),
            watchers: 0,
            line_ups: LineUps::default(),
            written: Tally::default(),
            fallen_back: 0,
            bytes: 0,
            notices: 0,
            losses: Losses::default(),
            told: Losses::default(),
            failure: None,
        }
    }

    /// The memory that is taken, or given to somebody who will take it.
    fn used(&self) -> usize {
        self.lines.cost() + self.hand.cost + self.line_ups.reserved()
    }

    /// How many of the accepted lines are out of the memory. Lines leave it in their order, so
    /// these are the first ones.
    fn out(&self) -> u64 {
        self.accepted - self.lines.count() - self.hand.count
    }

    /// Takes note that what the destination has taken of a batch is written.
    fn take_note(&mut self, hand: &Hand) {
        self.written.add_all(&hand.taken);
        self.bytes += hand.taken_bytes;
        self.fallen_back += hand.fallen_back;
    }

    /// The losses that a notice is still to tell of.
    fn untold(&self) -> Losses {
        self.losses.since(&self.told)
    }

    fn outcome(&self) -> Outcome {
        Outcome {
            written: self.written,
            fallen_back: self.fallen_back,
            bytes: self.bytes,
            waiting: self.lines.count() + self.hand.count,
            notices: self.notices,
            losses: self.losses,
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
