//! Tasks that wait in a temporary file.

use std::collections::hash_map::RandomState;
use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;

use tasktrail_record::Record;

use crate::spill::{Pile, Reader, Spill, SpillError};

/// The records of one task are all in one of so many piles.
const PILES: usize = 16;

/// Tasks that are not in memory.
#[derive(Debug)]
pub(super) struct Away<'s> {
    spill: &'s Spill,
    hasher: RandomState,
    /// The tasks by hashes of their names; if these would be too many, all tasks that are not in
    /// memory are here.
    tasks: Option<HashSet<u64>>,
    most_tasks: usize,
    piles: [Waiting; PILES],
    line: Vec<u8>,
}

/// The records of one pile.
#[derive(Debug, Default)]
struct Waiting {
    pile: Pile,
    records: u64,
    /// Those that would not be read as they were written, such as with a `NaN`, and how many there
    /// were before each.
    kept: VecDeque<(u64, Record)>,
}

impl<'s> Away<'s> {
    /// Starts without any task; the hashes take at most a quarter of the memory.
    pub(super) fn new(memory: usize, spill: &'s Spill) -> Self {
        // A table may be less than half full, and has a byte of its own for each place.
        const TASK: usize = 2 * (size_of::<u64>() + 1);
        Self {
            spill,
            hasher: RandomState::new(),
            tasks: Some(HashSet::new()),
            most_tasks: memory / 4 / TASK,
            piles: Default::default(),
            line: Vec::new(),
        }
    }

    pub(super) fn has(&self, task: &str, is_in_memory: impl FnOnce(&str) -> bool) -> bool {
        let may_be_here = match &self.tasks {
            Some(tasks) => tasks.contains(&self.hasher.hash_one(task)),
            None => true,
        };
        // Another task may have the same hash: one that is in memory stays there as a whole.
        may_be_here && !is_in_memory(task)
    }

    pub(super) fn add(&mut self, task: &str) {
        let hash = self.hasher.hash_one(task);
        if let Some(tasks) = &mut self.tasks {
            tasks.insert(hash);
            if tasks.len() > self.most_tasks {
                self.tasks = None;
            }
        }
    }

    pub(super) fn put(&mut self, record: Record) -> Result<(), SpillError> {
        let hash = self.hasher.hash_one(record.task().unwrap_or_default());
        // The lowest bits choose the place in the table.
        let place = (hash >> 32) as usize % PILES;
        let Some(waiting) = self.piles.get_mut(place) else {
            return Ok(());
        };
        self.line.clear();
        record.write(&mut self.line);
        match Record::parse(&self.line).is_ok_and(|read| read == record) {
            true => self.spill.append(&mut waiting.pile, &self.line)?,
            false => waiting.kept.push_back((waiting.records, record)),
        }
        waiting.records += 1;
        Ok(())
    }

    /// Gives the records of each pile.
    pub(super) fn records(self) -> impl Iterator<Item = Records<'s>> {
        let spill = self.spill;
        let piles = self.piles.into_iter();
        let waiting = piles.filter(|waiting| waiting.records > 0);
        waiting.map(move |waiting| Records {
            spill,
            reader: spill.read(waiting.pile),
            given: 0,
            records: waiting.records,
            kept: waiting.kept,
        })
    }
}

/// Gives the records of one pile in the order in which they came.
#[derive(Debug)]
pub(in crate::tree) struct Records<'s> {
    spill: &'s Spill,
    reader: Reader<'s>,
    given: u64,
    records: u64,
    kept: VecDeque<(u64, Record)>,
}

impl Iterator for Records<'_> {
    type Item = Result<Record, SpillError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.given == self.records {
            return None;
        }
        let place = self.given;
        self.given += 1;
        let is_kept = self.kept.front().is_some_and(|(kept, _)| *kept == place);
        if is_kept && let Some((_, record)) = self.kept.pop_front() {
            return Some(Ok(record));
        }
        let read = self.reader.next();
        Some(read.and_then(|line| {
            let record = line.and_then(|line| Record::parse(line).ok());
            record.ok_or_else(|| self.spill.damaged())
        }))
    }
}
