//! Sorts records by task, until each task is complete.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use super::actions::Actions;
use super::{Root, Tree};
use crate::task_id::excerpt;
use crate::{Kind, Record, TaskLevel};

/// Builds trees out of records, which may come in any order and from any number of logs.
///
/// A task is given back as soon as it is complete, and forgotten. What comes late or twice
/// therefore starts the same task again, as one that stays incomplete. Before that, the last of
/// several messages with one position wins. These are the rules of Eliot's parser, but for one: a
/// message at `/1` beside actions of the same task doesn't replace them, and comes as a tree of
/// its own.
///
/// ```
/// use tasktrail_record::{Record, Trees};
///
/// let mut trees = Trees::new();
/// let line = |level, rest| format!(
///     r#"{{"task_uuid":"t","task_level":[{level}],"timestamp":1.5,{rest}}}"#
/// );
/// let end = line(3, r#""action_type":"sell","action_status":"succeeded""#);
/// let start = line(1, r#""action_type":"sell","action_status":"started""#);
/// let paid = line(2, r#""message_type":"paid""#);
///
/// assert!(trees.add(Record::parse(end.as_bytes())?)?.is_none());
/// assert!(trees.add(Record::parse(start.as_bytes())?)?.is_none());
/// let tree = trees.add(Record::parse(paid.as_bytes())?)?;
/// assert!(tree.is_some_and(|tree| tree.is_complete()));
/// assert_eq!(trees.finish().count(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Memory grows with the messages of tasks that are not complete. A program that reads for ever
/// asks for [`memory`](Self::memory), and lets go of tasks by [`take_oldest`](Self::take_oldest).
#[derive(Debug, Default)]
pub struct Trees {
    open: HashMap<String, Open>,
    /// How many tasks were opened so far.
    opened: u64,
    /// How many records came so far.
    records: u64,
    /// An estimate for all that is open, in bytes.
    memory: usize,
    /// The tasks that were open at some moment, each with the number that its last record had
    /// then; those that got none for the longest time are last.
    oldest: Vec<(u64, String)>,
}

#[derive(Debug)]
struct Open {
    /// The place of the task in the order in which tasks were first seen.
    order: u64,
    /// The number of its last record.
    last: u64,
    actions: Actions,
}

/// What a task takes besides its messages and its name: its place in a map that is half full.
const TASK_BYTES: usize = 2 * size_of::<(String, Open)>();

impl Trees {
    /// Starts without any task.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one record, and gives its task if that is now complete.
    ///
    /// Here messages are counted, as Eliot does it: a task that lacks one and has another after its
    /// end is given too, and [`Tree::is_complete`] tells.
    ///
    /// # Errors
    ///
    /// If the record belongs to no task, or ends an action of another name than the one that is
    /// known there. The record is then left out, and nothing else has changed.
    pub fn add(&mut self, mut record: Record) -> Result<Option<Tree>, AddRecordError> {
        let (task, level) = record.take_place().ok_or(AddRecordError::NoTask)?;
        let Some((&number, action)) = level.numbers().split_last() else {
            return Err(AddRecordError::NoTask);
        };
        if let (Kind::Message { .. }, [1]) = (record.kind(), level.numbers()) {
            let root = Root::Message(Box::new(record));
            return Ok(Some(Tree { task, root }));
        }
        let mut open = match self.open.entry(task) {
            Entry::Occupied(open) => open,
            Entry::Vacant(place) => {
                self.opened += 1;
                let actions = Actions::new();
                self.memory += memory(place.key(), &actions);
                place.insert_entry(Open {
                    order: self.opened,
                    last: 0,
                    actions,
                })
            }
        };
        let Open { actions, last, .. } = open.get_mut();
        check_end(actions, &level, action, &record)?;
        self.records += 1;
        *last = self.records;
        self.memory -= actions.memory();
        actions.add(action, number, record);
        self.memory += actions.memory();
        if !actions.is_complete() {
            return Ok(None);
        }
        let (task, Open { actions, .. }) = open.remove_entry();
        self.memory -= memory(&task, &actions);
        let root = Root::Actions(actions);
        Ok(Some(Tree { task, root }))
    }

    /// Estimates the bytes of memory that the tasks take which are not complete.
    ///
    /// It counts what their messages hold, and guesses what the allocator adds. To ask costs
    /// nothing.
    ///
    /// ```
    /// use tasktrail_record::{Record, Trees};
    ///
    /// let line = |task| format!(
    ///     r#"{{"task_uuid":"{task}","task_level":[2,1],"timestamp":1.5,"message_type":"said"}}"#
    /// );
    /// let mut trees = Trees::new();
    /// trees.add(Record::parse(line("a").as_bytes())?)?;
    /// let one = trees.memory();
    /// trees.add(Record::parse(line("b").as_bytes())?)?;
    ///
    /// assert_eq!(trees.memory(), 2 * one);
    /// assert!(trees.take("a").is_some());
    /// assert_eq!(trees.memory(), one);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// Counts the tasks that are not complete.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Tells whether all tasks are complete.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Tells whether a task of that name is not complete.
    pub fn contains(&self, task: &str) -> bool {
        self.open.contains_key(task)
    }

    /// Gives the task of that name as far as it is there, and forgets it; `None` if no record of it
    /// came, or it was given already.
    ///
    /// What comes later for it starts it again, as after it was complete.
    ///
    /// ```
    /// use tasktrail_record::{Record, Trees};
    ///
    /// let line = br#"{"task_uuid":"a","task_level":[2],"timestamp":1.5,"message_type":"said"}"#;
    /// let mut trees = Trees::new();
    /// trees.add(Record::parse(line)?)?;
    ///
    /// assert!(trees.take("a").is_some_and(|tree| !tree.is_complete()));
    /// assert!(trees.take("a").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn take(&mut self, task: &str) -> Option<Tree> {
        let (task, Open { actions, .. }) = self.open.remove_entry(task)?;
        self.memory -= memory(&task, &actions);
        let root = Root::Actions(actions);
        Some(Tree { task, root })
    }

    /// Gives the task whose last record came longest ago, as far as it is there, and forgets it;
    /// `None` if all tasks are complete.
    ///
    /// Which one that is goes by the order of [`add`](Self::add), not by any clock. What comes later
    /// for the task starts it again, as one that stays incomplete.
    ///
    /// ```
    /// use tasktrail_record::{Record, Trees};
    ///
    /// let line = |task, number| format!(
    ///     r#"{{"task_uuid":"{task}","task_level":[{number}],"timestamp":1.5,"message_type":"said"}}"#
    /// );
    /// let mut trees = Trees::new();
    /// for line in [line("a", 2), line("b", 2), line("a", 3)] {
    ///     trees.add(Record::parse(line.as_bytes())?)?;
    /// }
    ///
    /// assert_eq!(trees.take_oldest().map(|tree| tree.task().to_owned()).as_deref(), Some("b"));
    /// assert_eq!(trees.take_oldest().map(|tree| tree.task().to_owned()).as_deref(), Some("a"));
    /// assert!(trees.take_oldest().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// All tasks are looked through when those known to be old are used up: on average that costs
    /// each record little, however many tasks there are.
    pub fn take_oldest(&mut self) -> Option<Tree> {
        while !self.open.is_empty() {
            while let Some((last, task)) = self.oldest.pop() {
                // What got a record since then is younger than all that is left here.
                if self.open.get(&task).is_some_and(|open| open.last == last) {
                    return self.take(&task);
                }
            }
            let open = self.open.iter();
            self.oldest = open.map(|(task, open)| (open.last, task.clone())).collect();
            self.oldest.sort_unstable_by(|one, other| other.cmp(one));
        }
        self.oldest = Vec::new();
        None
    }

    /// Gives the tasks that are not complete, in the order in which they were first seen.
    pub fn finish(self) -> impl Iterator<Item = Tree> {
        let mut open: Vec<(String, Open)> = self.open.into_iter().collect();
        open.sort_unstable_by_key(|(_, open)| open.order);
        open.into_iter().map(|(task, open)| Tree {
            task,
            root: Root::Actions(open.actions),
        })
    }
}

/// Estimates what a task takes.
fn memory(task: &str, actions: &Actions) -> usize {
    TASK_BYTES + task.len() + actions.memory()
}

/// Checks that an end has the name of its action. An action may have several ends: the last wins.
fn check_end(
    actions: &Actions,
    level: &TaskLevel,
    action: &[u64],
    record: &Record,
) -> Result<(), AddRecordError> {
    let Kind::End { action_type, .. } = record.kind() else {
        return Ok(());
    };
    match actions.action_type(action) {
        Some(known) if known != action_type => Err(AddRecordError::WrongActionType {
            level: level.clone(),
            expected: excerpt(known),
            found: excerpt(action_type),
        }),
        _ => Ok(()),
    }
}

/// Says why a record has no place in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddRecordError {
    /// The record belongs to no task.
    NoTask,
    /// The record ends an action of another name.
    WrongActionType {
        /// The level of the end.
        level: TaskLevel,
        /// The name that the start of the action has, cut after 48 characters.
        expected: String,
        /// The name that the end has, cut after 48 characters.
        found: String,
    },
}

impl fmt::Display for AddRecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTask => f.write_str("expected task_uuid, found a line that has no task_uuid"),
            Self::WrongActionType {
                level,
                expected,
                found,
            } => write!(
                f,
                "expected the end at {level} to have the action_type {expected:?} of its action, \
                 found {found:?}"
            ),
        }
    }
}

impl std::error::Error for AddRecordError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(task: &str, level: &[u64], rest: &str) -> Record {
        let line = format!(
            r#"{{"task_uuid":"{task}","task_level":{level:?},"timestamp":1.5,"list":[1.5,{{"a":"b"}}],{rest}}}"#
        );
        Record::parse(line.as_bytes()).unwrap()
    }

    fn message(task: &str, level: &[u64]) -> Record {
        record(task, level, r#""message_type":"said""#)
    }

    #[test]
    fn what_replaces_a_message_is_not_counted_besides_it() {
        let start = |name| format!(r#""action_type":"{name}","action_status":"started""#);
        let end = r#""action_type":"a","action_status":"failed""#;
        let records = |trees: &mut Trees| {
            for record in [
                record("t", &[1], &start("a")),
                record("t", &[5], end),
                message("t", &[2]),
                message("t", &[3, 2]),
                message("t", &[3]),
            ] {
                assert!(trees.add(record).unwrap().is_none());
            }
        };
        let mut trees = Trees::new();
        records(&mut trees);
        let once = trees.memory();

        records(&mut trees);

        assert_eq!(trees.memory(), once);
        trees.add(message("t", &[3, 2])).unwrap();
        // The action at /3 is shown again, and the message there is gone.
        assert!(trees.memory() < once);
        assert!(trees.take("t").is_some());
        assert_eq!(trees.memory(), 0);
    }

    #[test]
    fn actions_without_messages_are_counted() {
        let mut trees = Trees::new();
        let level = [2; 1000];

        trees.add(message("t", &level)).unwrap();

        assert!(trees.memory() > 1000 * size_of::<Actions>());
    }

    proptest! {
        /// Adds records to tasks, and takes the oldest now and then (`None`).
        #[test]
        fn the_oldest_is_the_one_that_got_no_record_for_the_longest_time(
            steps in prop::collection::vec(prop::option::weighted(0.7, (0..8_u8, 1..4_u64)), 0..200)
        ) {
            let mut trees = Trees::new();
            let mut expected: Vec<String> = Vec::new();
            for step in steps {
                let Some((task, number)) = step else {
                    let taken = trees.take_oldest().map(|tree| tree.task().to_owned());
                    let oldest = (!expected.is_empty()).then(|| expected.remove(0));
                    prop_assert_eq!(taken, oldest);
                    continue;
                };
                let task = task.to_string();
                expected.retain(|known| *known != task);
                let end = r#""action_type":"a","action_status":"succeeded""#;
                let start = r#""action_type":"a","action_status":"started""#;
                let record = match number {
                    1 => record(&task, &[1], start),
                    2 => record(&task, &[2], end),
                    _ => message(&task, &[7]),
                };
                if trees.add(record).unwrap().is_none() {
                    expected.push(task);
                }
            }
            while let Some(tree) = trees.take_oldest() {
                prop_assert_eq!(tree.task(), expected.remove(0));
            }
            prop_assert!(expected.is_empty());
            prop_assert_eq!(trees.memory(), 0);
        }
    }
}
