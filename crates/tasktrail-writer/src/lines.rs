//! The memory: whole lines in batches, ready to be written, with the length and level of each.

use std::collections::VecDeque;

use crate::level::{Level, Tally};

/// A batch takes up to so many bytes, or one line that is longer.
const BATCH: usize = 256 * 1024;

/// After so many looks, batches that were not needed meanwhile are given back.
const LOOKS_TO_KEEP: u32 = 256;

/// What is known of a line, next to the line itself: its length above three bits for its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Label(u32);

const LABEL: usize = size_of::<Label>();

impl Label {
    const LEVEL_BITS: u32 = 3;
    const LONGEST: usize = (u32::MAX >> Self::LEVEL_BITS) as usize;

    fn of(line: &[u8], level: Option<Level>) -> Option<Self> {
        let length = u32::try_from(line.len()).ok()?;
        if line.len() > Self::LONGEST {
            return None;
        }
        let level = match level {
            None => 0,
            Some(Level::Trace) => 1,
            Some(Level::Debug) => 2,
            Some(Level::Info) => 3,
            Some(Level::Warn) => 4,
            Some(Level::Error) => 5,
        };
        Some(Self((length << Self::LEVEL_BITS) | level))
    }

    fn length(self) -> usize {
        (self.0 >> Self::LEVEL_BITS) as usize
    }

    fn cost(self) -> usize {
        self.length() + LABEL
    }

    fn level(self) -> Option<Level> {
        match self.0 & ((1 << Self::LEVEL_BITS) - 1) {
            1 => Some(Level::Trace),
            2 => Some(Level::Debug),
            3 => Some(Level::Info),
            4 => Some(Level::Warn),
            5 => Some(Level::Error),
            _ => None,
        }
    }
}

/// The bytes of memory that a line takes, or `None` if no memory can hold it.
pub(crate) fn cost(line: &[u8]) -> Option<usize> {
    Label::of(line, None).map(Label::cost)
}

/// Says which lines are dropped last: those at or above a level, if one is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Precious(pub(crate) Option<Level>);

impl Precious {
    pub(crate) fn has(self, level: Option<Level>) -> bool {
        self.0.is_some_and(|least| level >= Some(least))
    }

    fn count(self, tally: &Tally) -> u64 {
        let kinds = Tally::KINDS.into_iter();
        let precious = kinds.filter(|level| self.has(*level));
        precious.map(|level| tally.of(level)).sum()
    }
}

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
            tally.add_all(&batch.tally);
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
            .position(|batch| any || precious.count(&batch.tally) < batch.count())?;
        let batch = self.batches.get_mut(place)?;
        let dropped = batch.drop_first(may_go)?;
        if !any && precious.count(&batch.tally) == batch.count() {
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
        if !is_room_before && batch.start < batch.bytes.capacity() / 8 {
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
        if batch.bytes.capacity() <= 2 * self.batch && self.spare.try_reserve(1).is_ok() {
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
        batches.map(|batch| batch.bytes.capacity()).sum()
    }
}

/// Lines that are written together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    labels: VecDeque<Label>,
    /// Of the lines that were in it when it was handed over.
    tally: Tally,
    /// How many of the bytes are out, or dropped.
    start: usize,
    /// How many bytes of the first line are out.
    begun: usize,
}

/// Lines that a write has completed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) lines: Tally,
    pub(crate) bytes: u64,
}

impl Batch {
    /// A batch of one line.
    pub(crate) fn of(line: Vec<u8>) -> Self {
        let mut batch = Self::default();
        // One that is too long for a label is none: its bytes are written all the same.
        if let Some(label) = Label::of(&line, None) {
            batch.labels.push_back(label);
            batch.tally.add(None, 1);
        }
        batch.bytes = line;
        batch
    }

    /// The memory of a batch of one line, to be used again.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn has_room(&self, length: usize) -> bool {
        // A long line may make a batch longer, rather than leave much of it empty.
        self.fits(length) || self.is_rather_empty()
    }

    fn fits(&self, length: usize) -> bool {
        self.bytes.capacity() - self.bytes.len() >= length
    }

    fn is_rather_empty(&self) -> bool {
        let capacity = self.bytes.capacity();
        self.bytes.len() < capacity - capacity / 8
    }

    fn append(&mut self, line: &[u8], label: Label, usual: usize) -> bool {
        let missing = line.len().max(usual.saturating_sub(self.bytes.len()));
        let room = self.bytes.capacity() - self.bytes.len();
        if room < line.len() && self.bytes.try_reserve_exact(missing).is_err() {
            return false;
        }
        if self.labels.try_reserve(1).is_err() {
            return false;
        }
        self.bytes.extend_from_slice(line);
        self.labels.push_back(label);
        self.tally.add(label.level(), 1);
        true
    }

    /// Drops the first line that may go.
    fn drop_first(&mut self, may_go: impl Fn(Option<Level>) -> bool) -> Option<Label> {
        let place = self.labels.iter().position(|label| may_go(label.level()))?;
        let before: usize = self
            .labels
            .iter()
            .take(place)
            .map(|label| label.length())
            .sum();
        let label = self.labels.remove(place)?;
        // Those before it stay, and move up: less than a batch.
        self.bytes
            .copy_within(self.start..self.start + before, self.start + label.length());
        self.start += label.length();
        self.tally.take_away(label.level(), 1);
        Some(label)
    }

    /// Moves lines behind those of another batch as long as these fit into its memory.
    fn move_lines_to(&mut self, other: &mut Self) {
        while let Some(&label) = self.labels.front() {
            let line = self.start..self.start + label.length();
            let Some(line) = self.bytes.get(line) else {
                return;
            };
            if !other.fits(line.len()) || !other.append(line, label, 0) {
                return;
            }
            self.start += label.length();
            self.labels.pop_front();
            self.tally.take_away(label.level(), 1);
        }
    }

    /// Gives the memory of dropped lines to those that come.
    fn forget_dropped(&mut self, usual: usize) {
        self.bytes.drain(..self.start);
        self.start = 0;
        // One huge line must not make its batch huge for ever.
        if self.bytes.capacity() > 2 * usual {
            self.bytes.shrink_to(usual);
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.labels.len() as u64
    }

    /// How many of its lines are of which level.
    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    fn cost_of(&self, precious: Precious) -> usize {
        let labels = self
            .labels
            .iter()
            .filter(|label| precious.has(label.level()));
        labels.map(|label| label.cost()).sum()
    }

    /// The bytes of memory that its lines take, none of them being begun.
    pub(crate) fn cost(&self) -> usize {
        self.bytes.len() - self.start + self.labels.len() * LABEL
    }

    fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// What is still to be written; it begins within a line if a write was cut short there.
    pub(crate) fn unsent(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Takes note that so many more bytes are out.
    pub(crate) fn sent(&mut self, count: usize) -> Progress {
        self.start += count;
        self.begun += count;
        let mut done = Progress::default();
        while let Some(&label) = self.labels.front()
            && self.begun >= label.length()
        {
            self.labels.pop_front();
            self.begun -= label.length();
            done.lines.add(label.level(), 1);
            done.bytes += label.length() as u64;
        }
        done
    }

    /// Drops the line that would be written next, or what is left of it, and gives its level.
    pub(crate) fn drop_line(&mut self) -> Option<Level> {
        let label = self.labels.pop_front()?;
        self.start += label.length() - self.begun;
        self.begun = 0;
        label.level()
    }

    /// Says whether a part of a line is out.
    pub(crate) fn is_in_line(&self) -> bool {
        self.begun > 0
    }

    /// Goes back to the beginning of the line that is begun, and gives the rest of it.
    pub(crate) fn begin_line_again(&mut self) -> &[u8] {
        let rest = self.start;
        self.start -= self.begun;
        let end = match self.labels.front() {
            Some(label) if self.begun > 0 => self.start + label.length(),
            _ => rest,
        };
        self.begun = 0;
        self.bytes.get(rest..end).unwrap_or_default()
    }

    /// Goes on within the first line, of which all but so many bytes are out.
    pub(crate) fn go_on_in_line(&mut self, left: usize) {
        if let Some(label) = self.labels.front() {
            let begun = label.length().saturating_sub(left);
            self.start += begun - self.begun;
            self.begun = begun;
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.labels.clear();
        self.tally = Tally::default();
        self.start = 0;
        self.begun = 0;
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
