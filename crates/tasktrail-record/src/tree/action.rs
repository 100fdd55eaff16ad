//! What there is in a tree, for who draws or counts it otherwise.

use super::actions::{ActionId, Actions, Child};
use crate::{EndStatus, Kind, Record};

/// One of the things that happened in a task or an action.
#[derive(Debug, Clone, Copy)]
pub enum Node<'t> {
    /// Something was said.
    Message(&'t Record),
    /// Something was done.
    Action(Action<'t>),
}

/// One action of a tree, as far as its messages were found.
///
/// A task may be deeper than the stack of a thread, so go down with a list, not by recursion.
///
/// ```
/// use tasktrail_record::{EndStatus, Node, Record, Trees};
///
/// let line = |level, rest| format!(
///     r#"{{"task_uuid":"t","task_level":[{level}],{rest}}}"#
/// );
/// let mut trees = Trees::new();
/// for line in [
///     line("1", r#""timestamp":1.5,"action_type":"sell","action_status":"started""#),
///     line("2", r#""timestamp":1.75,"message_type":"paid""#),
///     line("4", r#""timestamp":2,"action_type":"sell","action_status":"failed""#),
/// ] {
///     assert!(trees.add(Record::parse(line.as_bytes())?)?.is_none());
/// }
/// let tree = trees.finish().next().expect("a task of which /3 is missing");
///
/// let Node::Action(sell) = tree.root() else { unreachable!() };
/// assert_eq!(sell.name(), Some("sell"));
/// assert_eq!(sell.status(), Some(EndStatus::Failed));
/// assert_eq!(sell.seconds(), Some(0.5));
/// assert_eq!(sell.children().map(|(number, _)| number).collect::<Vec<_>>(), [2]);
/// assert_eq!(sell.missing(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Action<'t> {
    actions: &'t Actions,
    id: ActionId,
}

impl<'t> Action<'t> {
    pub(super) fn root(actions: &'t Actions) -> Self {
        let id = Actions::ROOT;
        Self { actions, id }
    }

    /// Gives the message with which it started, if that was found.
    pub fn start(&self) -> Option<&'t Record> {
        self.actions.get(self.id)?.start()
    }

    /// Gives the message with which it ended, if that was found.
    pub fn end(&self) -> Option<&'t Record> {
        self.actions.get(self.id)?.end().map(|(_, end)| end)
    }

    /// Gives its name, as its start or else its end has it.
    pub fn name(&self) -> Option<&'t str> {
        self.actions.get(self.id)?.action_type()
    }

    /// Tells how it ended; `None` if the end was not found.
    pub fn status(&self) -> Option<EndStatus> {
        match self.end()?.kind() {
            Kind::End { status, .. } => Some(*status),
            Kind::Start { .. } | Kind::Message { .. } => None,
        }
    }

    /// Gives how long it took; `None` if its start or its end or the time of one was not found.
    ///
    /// It is negative if the clock went backwards.
    pub fn seconds(&self) -> Option<f64> {
        Some(self.end()?.seconds()? - self.start()?.seconds()?)
    }

    /// Gives what happened between start and end, in order, each with its number in the action.
    pub fn children(&self) -> impl Iterator<Item = (u64, Node<'t>)> + use<'t> {
        let actions = self.actions;
        let children = actions.get(self.id).map(|action| action.children());
        children
            .into_iter()
            .flatten()
            .map(move |(number, child)| match child {
                Child::Message(record) | Child::Replaced(record, _) => {
                    (*number, Node::Message(record))
                }
                Child::Action(id) => (*number, Node::Action(Self { actions, id: *id })),
            })
    }

    /// Counts the messages and actions between start and end that were not found; 0 if there is no
    /// end that tells how many there are.
    pub fn missing(&self) -> u64 {
        let Some(action) = self.actions.get(self.id) else {
            return 0;
        };
        let [between, _] = action.split_at_end();
        let found = u64::try_from(between.count()).unwrap_or(u64::MAX);
        let numbers = action
            .end()
            .map_or(0, |(number, _)| number.saturating_sub(2));
        numbers.saturating_sub(found)
    }

    /// Counts the messages and actions that have the number of the end or a higher one, where
    /// nothing can be.
    ///
    /// ```
    /// use tasktrail_record::{Node, Record, Trees};
    ///
    /// let line = |number, rest| format!(
    ///     r#"{{"task_uuid":"t","task_level":[{number}],"timestamp":1,{rest}}}"#
    /// );
    /// let mut trees = Trees::new();
    /// trees.add(Record::parse(
    ///     line(1, r#""action_type":"sell","action_status":"started""#).as_bytes(),
    /// )?)?;
    /// trees.add(Record::parse(line(4, r#""message_type":"paid""#).as_bytes())?)?;
    /// let tree = trees.add(Record::parse(
    ///     line(3, r#""action_type":"sell","action_status":"succeeded""#).as_bytes(),
    /// )?)?;
    ///
    /// // As many messages as there are to be, but not those.
    /// let tree = tree.expect("a task of three messages");
    /// assert!(!tree.is_complete());
    /// let Node::Action(sell) = tree.root() else { unreachable!() };
    /// assert_eq!((sell.missing(), sell.after_end()), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn after_end(&self) -> u64 {
        let Some(action) = self.actions.get(self.id) else {
            return 0;
        };
        let [_, after] = action.split_at_end();
        u64::try_from(after.count()).unwrap_or(u64::MAX)
    }
}
