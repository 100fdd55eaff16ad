//! The tasks that are not complete, in bounded memory.

mod away;

use tasktrail_record::{AddRecordError, Record, Tree, Trees};

use crate::spill::{Spill, SpillError};
use away::{Away, Records};

/// Builds trees out of records, as [`Trees`] does; what doesn't fit into memory waits on disk.
///
/// When open tasks take more than the bound, those that got no record for the longest time go to
/// a temporary file, and what comes for them later follows them there unread. They are built when
/// all has come, by a forest of each pile's own, a part of all tasks at a time. One task that is
/// larger than the bound stays in memory.
#[derive(Debug)]
pub(super) struct Forest<'s> {
    trees: Trees,
    spill: &'s Spill,
    /// In bytes.
    memory: usize,
    away: Option<Away<'s>>,
}

/// Says why a record is in no tree.
#[derive(Debug)]
pub(super) enum Problem {
    /// It has no place in one; nothing else has changed.
    Add(AddRecordError),
    /// The temporary file failed, so that nothing more can be built.
    Disk(SpillError),
}

impl<'s> Forest<'s> {
    pub(super) fn new(memory: usize, spill: &'s Spill) -> Self {
        Self {
            trees: Trees::new(),
            spill,
            memory,
            away: None,
        }
    }

    /// Tells whether the task of a record waits on disk, so that the record is to
    /// [follow](Self::follow) it there.
    pub(super) fn is_away(&self, record: &Record) -> bool {
        let is_here = |task: &str| self.trees.contains(task);
        match (&self.away, record.task()) {
            (Some(away), Some(task)) => away.has(task, is_here),
            _ => false,
        }
    }

    /// Puts a record where its task waits.
    ///
    /// # Errors
    ///
    /// If it can't be written there.
    pub(super) fn follow(&mut self, record: Record) -> Result<(), Problem> {
        self.away().put(record).map_err(Problem::Disk)
    }

    fn away(&mut self) -> &mut Away<'s> {
        let (memory, spill) = (self.memory, self.spill);
        self.away.get_or_insert_with(|| Away::new(memory, spill))
    }

    /// Takes a record, and gives its task if that is now complete.
    ///
    /// # Errors
    ///
    /// If the record has no place in a tree, or tasks can't be written to disk.
    pub(super) fn add(&mut self, record: Record) -> Result<Option<Tree>, Problem> {
        let tree = self.trees.add(record).map_err(Problem::Add)?;
        if self.trees.memory() > self.memory {
            self.send_away().map_err(Problem::Disk)?;
        }
        Ok(tree)
    }

    /// Makes some room, so that not each record sends a task away.
    fn send_away(&mut self) -> Result<(), SpillError> {
        while self.trees.memory() > self.memory / 4 * 3 && self.trees.len() > 1 {
            let Some(tree) = self.trees.take_oldest() else {
                break;
            };
            let away = self.away();
            away.add(tree.task());
            tree.into_records()
                .try_for_each(|record| away.put(record))?;
        }
        Ok(())
    }

    /// Gives the tasks that are here and not complete, and the records of those that are away.
    pub(super) fn finish(
        self,
    ) -> (
        impl Iterator<Item = Tree>,
        impl Iterator<Item = Records<'s>>,
    ) {
        let away = self.away.into_iter().flat_map(Away::records);
        (self.trees.finish(), away)
    }
}
