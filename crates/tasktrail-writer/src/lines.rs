//! The memory: whole lines in batches, ready to be written, with the length and level of each.

mod batch;
mod label;

use std::collections::VecDeque;

use crate::level::{Level, Tally};

pub(crate) use batch::{Batch, Progress};
use label::Label;
pub(crate) use label::{Precious, cost};

/// A batch takes up to so many bytes, or one line that is longer.
const BATCH: usize = 256 * 1024;

/// After so many looks, batches that were not needed meanwhile are given back.
const LOOKS_TO_KEEP: u32 = 256;

/// Lines that wait to be taken, the oldest first.
#[derive(Debug)]
pub(crate) struct Lines {
    batches: VecDeque<Batch>,
    /// Emptied batches, kept because the next burst needs them.
    spare: Vec<Batch>,
    batch: usize,
    count: u64,
    cost: usize,
    precious: Precious,
    /// What the precious lines among them take.
    precious_cost: usize,
    /// The most batches that waited at once since the last trim.
    peak: usize,
    looks: u32,
}

impl Lines {
    pub(crate) fn new(memory: usize, precious: Precious) -> Self {
        Self {
            batches: VecDeque::new(),
            spare: Vec::new(),
            batch: BATCH.min(memory / 8).max(1),
            count: 0,
            cost: 0,
            precious,
            precious_cost: 0,
            peak: 0,
            looks: 0,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    pub(crate) fn precious_cost(&self) -> usize {
        self.precious_cost
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many of them are of which level.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for batch in &self.batches {
            tally.add_all(&batch.tally());
        }
        tally
    }

    /// Copies a line behind the others; `false` if the allocator has no memory to give.
    pub(crate) fn append(&mut self, line: &[u8], level: Option<Level>) -> bool {
        let Some(label) = Label::of(line, level) else {
            return false;
        };
        if !self.last_has_room(line.len()) && !self.start_batch() {
            return false;
        }
        let Some(last) = self.batches.back_mut() else {
            return false;
        };
        if !last.append(line, label, self.batch) {
            return false;
        }
        self.count += 1;
        self.cost += label.cost();
        if self.precious.has(level) {
            self.precious_cost += label.cost();
        }
        true
    }

    fn last_has_room(&self, length: usize) -> bool {
        self.batches
            .back()
            .is_some_and(|last| last.has_room(length))
    }

    fn start_batch(&mut self) -> bool {
        if self.batches.try_reserve(1).is_err() {
            return false;
        }
        self.batches.push_back(self.spare.pop().unwrap_or_default());
        self.peak = self.peak.max(self.batches.len());
        true
    }

    /// Drops the oldest line, of those that are not precious as long as there are any, and gives its
    /// level; `None` if there is no line.
    pub(crate) fn drop_oldest(&mut self) -> Option<Option<Level>> {
        let precious = self.precious;
        let any = self.precious_cost == self.cost;
        let may_go = |level: Option<Level>| any || !precious.has(level);
        let place = self
            .batches
            .iter()
            .position(|batch| any || precious.count(&batch.tally()) < batch.count())?;
        let batch = self.batches.get_mut(place)?;
        let dropped = batch.drop_first(may_go)?;
        if !any && precious.count(&batch.tally()) == batch.count() {
            self.pack(place);
        }
        self.remove_emptied(place);
        self.count -= 1;
        self.cost -= dropped.cost();
        if precious.has(dropped.level()) {
            self.precious_cost -= dropped.cost();
        }
        Some(dropped.level())
    }

    /// Moves the lines of a batch in which only precious ones are left up to the batch before, as far
    /// as there is room. Otherwise each of many batches could be kept for a single line.
    fn pack(&mut self, place: usize) {
        let before = place.checked_sub(1);
        let is_room_before = before
            .and_then(|before| self.batches.get(before))
            .is_some_and(Batch::is_rather_empty);
        let Some(batch) = self.batches.get_mut(place) else {
            return;
        };
        if !is_room_before && batch.dropped() < batch.capacity() / 8 {
            return;
        }
        let mut packed = std::mem::take(batch);
        if let Some(before) = before.and_then(|before| self.batches.get_mut(before)) {
            packed.move_lines_to(before);
        }
        packed.forget_dropped(self.batch);
        if let Some(batch) = self.batches.get_mut(place) {
            *batch = packed;
        }
    }

    fn remove_emptied(&mut self, place: usize) {
        if self.batches.get(place).is_some_and(Batch::is_empty)
            && let Some(emptied) = self.batches.remove(place)
        {
            self.give_back(emptied);
        }
    }

    /// Hands over the oldest batch.
    pub(crate) fn take(&mut self) -> Option<Batch> {
        let batch = self.batches.pop_front()?;
        self.count -= batch.count();
        self.cost -= batch.cost();
        if self.precious_cost > 0 {
            self.precious_cost -= batch.cost_of(self.precious);
        }
        Some(batch)
    }

    /// Keeps an emptied batch for later lines.
    pub(crate) fn give_back(&mut self, mut batch: Batch) {
        // One huge line must not make its batch huge for ever.
        if batch.capacity() <= 2 * self.batch && self.spare.try_reserve(1).is_ok() {
            batch.clear();
            self.spare.push(batch);
        }
    }

    /// Drops what no recent look needed.
    pub(crate) fn look_ended(&mut self) {
        self.looks += 1;
        if self.looks >= LOOKS_TO_KEEP {
            self.spare.truncate(self.peak.max(1));
            self.peak = self.batches.len();
            self.looks = 0;
        }
    }

    /// Drops what was kept for a burst.
    pub(crate) fn silence_began(&mut self) {
        self.spare.truncate(1);
    }

    /// Drops all lines and all memory.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            batch: self.batch,
            ..Self::new(0, self.precious)
        };
    }

    #[cfg(test)]
    fn capacity(&self) -> usize {
        let batches = self.batches.iter().chain(&self.spare);
        batches.map(|batch| batch.capacity()).sum()
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
