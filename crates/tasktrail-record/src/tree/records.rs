//! Takes a tree apart into its records.

use super::actions::{Action, Actions, Child};
use super::{Root, Tree};
use crate::{Record, TaskLevel};

impl Tree {
    /// Gives the records of the tree, whose places are in them again.
    ///
    /// [`Trees::add`](super::Trees::add) makes the same tree of them, in the order in which they
    /// come.
    ///
    /// ```
    /// use tasktrail_record::{Record, Trees};
    ///
    /// let mut trees = Trees::new();
    /// for line in [
    ///     r#"{"timestamp":1.5,"task_uuid":"t","task_level":[2],"message_type":"paid"}"#,
    ///     r#"{"action_status":"started","timestamp":1.0,"task_uuid":"t","action_type":"sell","task_level":[1]}"#,
    /// ] {
    ///     trees.add(Record::parse(line.as_bytes())?)?;
    /// }
    ///
    /// let levels: Vec<String> = trees
    ///     .finish()
    ///     .flat_map(|tree| tree.into_records())
    ///     .filter_map(|record| record.level().map(ToString::to_string))
    ///     .collect();
    /// assert_eq!(levels, ["/1", "/2"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_records(self) -> impl Iterator<Item = Record> {
        let Self { task, root } = self;
        let (alone, placed) = match root {
            Root::Message(record) => (Some((Vec::from([1]), *record)), None),
            Root::Actions(actions) => (None, Some(placed(actions))),
        };
        alone
            .into_iter()
            .chain(placed.into_iter().flatten())
            .filter_map(move |(level, mut record)| {
                let level = TaskLevel::from_numbers(&level).ok()?;
                record.put_place(task.clone(), level);
                Some(record)
            })
    }
}

/// Gives all messages with their levels: of an action the end before the start, which may have another
/// name, and what replaced an action after all that is in it.
fn placed(actions: Actions) -> impl Iterator<Item = (Vec<u64>, Record)> {
    let actions = actions.into_list();
    let around = around(&actions);
    let mut replacing = Vec::new();
    let mut left = actions.into_iter().enumerate();
    let mut ready: Vec<(usize, u64, Box<Record>)> = Vec::new();
    std::iter::from_fn(move || {
        loop {
            if let Some((action, number, record)) = ready.pop() {
                return Some((level(&around, action, number), *record));
            }
            let Some((id, action)) = left.next() else {
                ready = std::mem::take(&mut replacing);
                if ready.is_empty() {
                    return None;
                }
                continue;
            };
            let Action {
                start,
                end,
                children,
                ..
            } = action;
            for (number, child) in children.into_iter().rev() {
                match child {
                    Child::Message(record) => ready.push((id, number, record)),
                    Child::Replaced(record, _) => replacing.push((id, number, record)),
                    Child::Action(_) => {}
                }
            }
            ready.extend(start.map(|start| (id, 1, start)));
            ready.extend(end.map(|(number, end)| (id, number, end)));
        }
    })
}

/// Gives for each action the one around it and its number there.
fn around(actions: &[Action]) -> Vec<Option<(usize, u64)>> {
    let mut around = vec![None; actions.len()];
    for (id, action) in actions.iter().enumerate() {
        for (number, child) in action.children() {
            if let Some(place) = child
                .action()
                .and_then(|inner| around.get_mut(inner.place()))
            {
                *place = Some((id, *number));
            }
        }
    }
    around
}

fn level(around: &[Option<(usize, u64)>], action: usize, number: u64) -> Vec<u64> {
    let mut level = vec![number];
    let mut action = action;
    while let Some((parent, number)) = around.get(action).copied().flatten() {
        level.push(number);
        action = parent;
    }
    level.reverse();
    level
}
