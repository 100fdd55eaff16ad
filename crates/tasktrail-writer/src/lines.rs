//! The memory: whole lines in batches, ready to be written, with the length of each.

use std::collections::VecDeque;

/// A batch takes up to so many bytes, or one line that is longer.
const BATCH: usize = 64 * 1024;

/// After so many looks, batches that were not needed meanwhile are given back.
const LOOKS_TO_KEEP: u32 = 256;

/// What the length of a line takes, next to the line itself.
const LENGTH: usize = size_of::<u32>();

/// The bytes of memory that a line takes, or `None` if no memory can hold it.
pub(crate) fn cost(line: &[u8]) -> Option<usize> {
    u32::try_from(line.len()).ok()?;
    line.len().checked_add(LENGTH)
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
    /// The most batches that waited at once since the last trim.
    peak: usize,
    looks: u32,
}

impl Lines {
    pub(crate) fn new(memory: usize) -> Self {
        Self {
            batches: VecDeque::new(),
            spare: Vec::new(),
            batch: BATCH.min(memory / 8).max(1),
            count: 0,
            cost: 0,
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

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Copies a line behind the others; `false` if the allocator has no memory to give.
    pub(crate) fn append(&mut self, line: &[u8]) -> bool {
        let (Some(cost), Ok(length)) = (cost(line), u32::try_from(line.len())) else {
            return false;
        };
        if !self.last_has_room(line.len()) && !self.start_batch() {
            return false;
        }
        let Some(last) = self.batches.back_mut() else {
            return false;
        };
        if !last.append(line, length, self.batch) {
            return false;
        }
        self.count += 1;
        self.cost += cost;
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

    /// Drops the oldest line; `false` if there is none.
    pub(crate) fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.batches.front_mut() else {
            return false;
        };
        let Some(length) = oldest.drop_first() else {
            return false;
        };
        if oldest.is_empty()
            && let Some(emptied) = self.batches.pop_front()
        {
            self.give_back(emptied);
        }
        self.count -= 1;
        self.cost -= length as usize + LENGTH;
        true
    }

    /// Hands over the oldest batch.
    pub(crate) fn take(&mut self) -> Option<Batch> {
        let batch = self.batches.pop_front()?;
        self.count -= batch.count();
        self.cost -= batch.cost();
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
            ..Self::new(0)
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
    lengths: VecDeque<u32>,
    /// How many of the bytes are out, or dropped.
    start: usize,
    /// How many bytes of the first line are out.
    begun: usize,
}

/// Lines that a write has completed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
}

impl Batch {
    /// A batch of one line.
    pub(crate) fn of(line: Vec<u8>) -> Self {
        let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
        Self {
            bytes: line,
            lengths: VecDeque::from([length]),
            start: 0,
            begun: 0,
        }
    }

    /// The memory of a batch of one line, to be used again.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn has_room(&self, length: usize) -> bool {
        let capacity = self.bytes.capacity();
        // A long line may make a batch longer, rather than leave much of it empty.
        capacity - self.bytes.len() >= length || self.bytes.len() < capacity - capacity / 8
    }

    fn append(&mut self, line: &[u8], length: u32, usual: usize) -> bool {
        let missing = line.len().max(usual.saturating_sub(self.bytes.len()));
        let room = self.bytes.capacity() - self.bytes.len();
        if room < line.len() && self.bytes.try_reserve_exact(missing).is_err() {
            return false;
        }
        if self.lengths.try_reserve(1).is_err() {
            return false;
        }
        self.bytes.extend_from_slice(line);
        self.lengths.push_back(length);
        true
    }

    fn drop_first(&mut self) -> Option<u32> {
        let length = self.lengths.pop_front()?;
        self.start += length as usize;
        Some(length)
    }

    pub(crate) fn count(&self) -> u64 {
        self.lengths.len() as u64
    }

    /// The bytes of memory that its lines take, none of them being begun.
    pub(crate) fn cost(&self) -> usize {
        self.bytes.len() - self.start + self.lengths.len() * LENGTH
    }

    fn is_empty(&self) -> bool {
        self.lengths.is_empty()
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
        while let Some(&length) = self.lengths.front()
            && self.begun >= length as usize
        {
            self.lengths.pop_front();
            self.begun -= length as usize;
            done.lines += 1;
            done.bytes += u64::from(length);
        }
        done
    }

    /// Drops the line that would be written next, or what is left of it.
    pub(crate) fn drop_line(&mut self) {
        if let Some(length) = self.lengths.pop_front() {
            self.start += length as usize - self.begun;
            self.begun = 0;
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.lengths.clear();
        self.start = 0;
        self.begun = 0;
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
