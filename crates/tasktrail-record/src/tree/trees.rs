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
/// Memory grows with the messages of tasks that are not complete.
#[derive(Debug, Default)]
pub struct Trees {
    open: HashMap<String, Open>,
    /// How many tasks were opened so far.
    opened: u64,
}

#[derive(Debug)]
struct Open {
    /// The place of the task in the order in which tasks were first seen.
    order: u64,
    actions: Actions,
}

impl Trees {
    /// Starts without any task.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one record, and gives its task if that is now complete.
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
                place.insert_entry(Open {
                    order: self.opened,
                    actions: Actions::new(),
                })
            }
        };
        let actions = &mut open.get_mut().actions;
        check_end(actions, &level, action, &record)?;
        actions.add(action, number, record);
        if !actions.is_complete() {
            return Ok(None);
        }
        let (task, Open { actions, .. }) = open.remove_entry();
        let root = Root::Actions(actions);
        Ok(Some(Tree { task, root }))
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
