//! The actions of one task.
//!
//! Actions lie in one list and name each other by their places in it, so a task may be any
//! number of actions deep: nothing here calls itself, not even on being dropped.

use std::collections::{BTreeMap, btree_map};
use std::ops::Bound;

use crate::{Kind, Record};

/// All actions of a task that are known, the root first.
#[derive(Debug)]
pub(super) struct Actions {
    actions: Vec<Action>,
    /// An estimate, in bytes.
    memory: usize,
}

/// What an action takes besides its messages: itself, in a list that grows by doubling, and the
/// first node of the map of its children.
const ACTION_BYTES: usize = 2 * size_of::<Action>() + 12 * size_of::<(u64, Child)>();

/// What a message takes besides itself: its place in the map, of which half is full.
const PLACE_BYTES: usize = 2 * size_of::<(u64, Child)>();

/// The place of an action in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ActionId(usize);

#[derive(Debug, Default)]
pub(super) struct Action {
    parent: Option<ActionId>,
    pub(super) start: Option<Box<Record>>,
    /// The end and its number in the action.
    pub(super) end: Option<(u64, Box<Record>)>,
    /// What happened between start and end, by its number in the action.
    pub(super) children: BTreeMap<u64, Child>,
    /// How many of the actions among the children are not complete.
    incomplete: usize,
    is_complete: bool,
}

#[derive(Debug)]
pub(super) enum Child {
    Message(Box<Record>),
    Action(ActionId),
    /// A message that took the number of an action: it is shown until the action says more.
    Replaced(Box<Record>, ActionId),
}

impl ActionId {
    pub(super) fn place(self) -> usize {
        self.0
    }
}

impl Child {
    pub(super) fn action(&self) -> Option<ActionId> {
        match self {
            Self::Message(_) => None,
            Self::Action(id) | Self::Replaced(_, id) => Some(*id),
        }
    }

    fn into_message(self) -> Option<Box<Record>> {
        match self {
            Self::Message(record) | Self::Replaced(record, _) => Some(record),
            Self::Action(_) => None,
        }
    }
}

impl Action {
    pub(super) fn start(&self) -> Option<&Record> {
        self.start.as_deref()
    }

    pub(super) fn end(&self) -> Option<(u64, &Record)> {
        self.end.as_ref().map(|(number, end)| (*number, &**end))
    }

    pub(super) fn children(&self) -> &BTreeMap<u64, Child> {
        &self.children
    }

    /// Gives the name of the action, as its start or else its end has it.
    pub(super) fn action_type(&self) -> Option<&str> {
        let message = self.start().or(self.end().map(|(_, end)| end))?;
        match message.kind() {
            Kind::Start { action_type } | Kind::End { action_type, .. } => Some(action_type),
            Kind::Message { .. } => None,
        }
    }

    /// Gives what lies between start and end, and then what has the number of the end or a higher
    /// one; all of it is the first if there is no end.
    pub(super) fn split_at_end(&self) -> [btree_map::Range<'_, u64, Child>; 2] {
        let end = self.end().map_or(u64::MAX, |(end, _)| end.max(2));
        let after = match self.end {
            Some(_) => Bound::Included(end),
            None => Bound::Excluded(u64::MAX),
        };
        [
            self.children.range(2..end),
            self.children.range((after, Bound::Unbounded)),
        ]
    }

    /// Tells whether the numbers between start and end are those of its children.
    fn has_each_number(&self) -> bool {
        let is_between = |number: Option<&u64>| {
            let end = self.end().map_or(u64::MAX, |(end, _)| end);
            number.is_none_or(|number| (2..end).contains(number))
        };
        is_between(self.children.keys().next()) && is_between(self.children.keys().next_back())
    }

    /// Tells whether all is there. Messages are counted, as Eliot does it; which numbers they have
    /// is not looked at.
    fn has_all(&self) -> bool {
        let Some((end, _)) = self.end() else {
            return false;
        };
        let children = u64::try_from(self.children.len()).ok();
        self.start.is_some() && self.incomplete == 0 && end.checked_sub(2) == children
    }
}

impl Actions {
    pub(super) const ROOT: ActionId = ActionId(0);

    pub(super) fn new() -> Self {
        Self {
            actions: vec![Action::default()],
            memory: ACTION_BYTES,
        }
    }

    /// Estimates the bytes that all of it takes.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Gives all actions, each after the one around it.
    pub(super) fn into_list(self) -> Vec<Action> {
        self.actions
    }

    pub(super) fn get(&self, id: ActionId) -> Option<&Action> {
        self.actions.get(id.0)
    }

    fn get_mut(&mut self, id: ActionId) -> Option<&mut Action> {
        self.actions.get_mut(id.0)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.is_complete_at(Self::ROOT)
    }

    /// Tells whether no message of a complete task stands in for another: an action that lacks one
    /// may have one too many.
    pub(super) fn has_each_number(&self) -> bool {
        let mut left = vec![Self::ROOT];
        while let Some(action) = left.pop().and_then(|id| self.get(id)) {
            if !action.has_each_number() {
                return false;
            }
            left.extend(action.children.values().filter_map(|child| match child {
                Child::Action(id) => Some(*id),
                Child::Message(_) | Child::Replaced(..) => None,
            }));
        }
        true
    }

    fn is_complete_at(&self, id: ActionId) -> bool {
        self.get(id).is_some_and(|action| action.is_complete)
    }

    /// Gives the name of the action at that level, if the action is known and has one.
    pub(super) fn action_type(&self, level: &[u64]) -> Option<&str> {
        let mut action = self.get(Self::ROOT)?;
        for number in level {
            let id = action.children.get(number)?.action()?;
            action = self.get(id)?;
        }
        action.action_type()
    }

    /// Puts a message in its place: number `number` in the action at that level.
    ///
    /// What was there before is replaced.
    pub(super) fn add(&mut self, level: &[u64], number: u64, record: Record) {
        let mut id = Self::ROOT;
        for number in level {
            id = self.child_action(id, *number);
        }
        self.memory += memory(&record);
        let kind = record.kind().clone();
        let record = Box::new(record);
        let replaced = match kind {
            Kind::Message { .. } => self.put_message(id, number, record),
            Kind::Start { .. } => self
                .get_mut(id)
                .and_then(|action| action.start.replace(record)),
            Kind::End { .. } => self
                .get_mut(id)
                .and_then(|action| action.end.replace((number, record)))
                .map(|(_, end)| end),
        };
        self.forget(replaced);
        self.complete(id);
    }

    fn forget(&mut self, replaced: Option<Box<Record>>) {
        self.memory -= replaced.map_or(0, |record| memory(&record));
    }

    /// Gives the action that took a number in its parent, known or new.
    fn child_action(&mut self, parent: ActionId, number: u64) -> ActionId {
        let known = self
            .get(parent)
            .and_then(|action| action.children.get(&number));
        if let Some(Child::Action(id)) = known {
            return *id;
        }
        let id = match known.and_then(Child::action) {
            Some(id) => id,
            None => {
                self.actions.push(Action {
                    parent: Some(parent),
                    ..Action::default()
                });
                self.memory += ACTION_BYTES;
                ActionId(self.actions.len() - 1)
            }
        };
        let is_complete = self.is_complete_at(id);
        let replaced = self.get_mut(parent).and_then(|action| {
            action.incomplete += usize::from(!is_complete);
            action.children.insert(number, Child::Action(id))
        });
        self.forget(replaced.and_then(Child::into_message));
        id
    }

    /// Puts a message among the children of an action, and gives the one that it replaces.
    fn put_message(
        &mut self,
        id: ActionId,
        number: u64,
        record: Box<Record>,
    ) -> Option<Box<Record>> {
        let known = self.get(id).and_then(|action| action.children.get(&number));
        let hidden = known.and_then(Child::action);
        let was_incomplete = match known {
            Some(Child::Action(id)) => !self.is_complete_at(*id),
            _ => false,
        };
        let child = match hidden {
            Some(id) => Child::Replaced(record, id),
            None => Child::Message(record),
        };
        let action = self.get_mut(id)?;
        action.incomplete -= usize::from(was_incomplete);
        let replaced = action.children.insert(number, child);
        replaced.and_then(Child::into_message)
    }

    /// Finds out whether an action that has changed is now complete, and so perhaps are the
    /// actions around it. What was complete once stays so.
    fn complete(&mut self, changed: ActionId) {
        let mut id = Some(changed);
        while let Some(action) = id.and_then(|id| self.get_mut(id)) {
            if action.is_complete || !action.has_all() {
                return;
            }
            action.is_complete = true;
            id = action.parent;
            if let Some(parent) = id.and_then(|id| self.get_mut(id)) {
                parent.incomplete -= 1;
            }
        }
    }
}

/// Estimates what a message takes in its place.
fn memory(record: &Record) -> usize {
    PLACE_BYTES + record.memory()
}
