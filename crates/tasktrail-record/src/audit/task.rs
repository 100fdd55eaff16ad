//! The messages of one task that were seen.
//!
//! Actions lie in one list and name each other by their places in it, those around before those
//! within. So a task may be any number of actions deep: nothing here calls itself.

mod slots;
mod written;

use std::collections::BTreeSet;

use super::finding::{Finding, FindingKind};
use super::finished::Mark;
use super::seen::SeenKind;
use super::{ROOT_HASH, mix};
use crate::{TaskLevel, TaskName};
use slots::Slots;

/// All actions of a task that are known, the root first.
#[derive(Debug, Default)]
pub(super) struct Task {
    actions: Vec<Action>,
    /// So many of the actions are used; the others only keep their memory.
    used: usize,
    /// What stands at a position besides its first line, and says something else.
    others: BTreeSet<Other>,
    /// How much memory the lists take.
    bytes: usize,
}

/// A line, by the place of its action, its number there and the hash of what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Other {
    action: usize,
    number: u64,
    content: u64,
}

/// What one of the others takes, in a node of which half may be free.
const OTHER: usize = 2 * size_of::<Other>();

#[derive(Debug, Default)]
struct Action {
    /// The place of the action around.
    parent: usize,
    /// The number that it took there.
    number: u64,
    /// Stands for its level.
    hash: u64,
    /// What took the numbers of this action.
    slots: Slots,
    /// The lowest number of an end.
    end: Option<u64>,
    /// How many actions within are not whole.
    waiting: usize,
    is_whole: bool,
}

/// What took one number of an action: a message, an action, or by mistake both.
#[derive(Debug, Clone, Copy)]
struct Slot {
    number: u64,
    /// What the first line says; 0 if no message has the number.
    content: u64,
    /// If lines say different things, which were read in any order, the first of a start, an end and
    /// a message that is among them.
    kind: SeenKind,
    /// The place of the action in the list; 0 if no action has the number.
    action: usize,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Put {
    New,
    /// It is new, and with it all numbers of the task are there.
    Last,
    /// The same line was there already.
    Again,
}

const ROOT: usize = 0;

const TWO_LINES: &str = "two lines say different things";
const MESSAGE_AND_ACTION: &str = "a message and an action have the same number";
const NO_START: &str = "an action begins without a start";
const TWO_NAMES: &str = "the end has another action_type than the start";
const NO_END: &str = "the action has no end";

/// All that is noted of findings.
pub(super) const NOTES: [&str; 6] = [
    "",
    TWO_LINES,
    MESSAGE_AND_ACTION,
    NO_START,
    TWO_NAMES,
    NO_END,
];

impl Task {
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.bytes -= self.others.len() * OTHER;
        self.others.clear();
    }

    /// Tells how much memory is taken, in bytes, with what is only kept for later.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives the number of the root's end; 0 if it has none.
    pub(super) fn end(&self) -> u64 {
        let root = self.used().next();
        root.and_then(|root| root.end(true)).unwrap_or(0)
    }

    /// Counts the numbers that were taken.
    pub(super) fn slots(&self) -> usize {
        self.used().map(|action| action.slots.len()).sum()
    }

    pub(super) fn marks(&self) -> impl Iterator<Item = Mark> {
        self.used().flat_map(|action| {
            action.slots.iter().map(|slot| Mark {
                level: mix(action.hash, slot.number),
                content: slot.content,
            })
        })
    }

    fn used(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().take(self.used)
    }

    /// Puts a message in its place.
    pub(super) fn put(&mut self, level: &TaskLevel, kind: SeenKind, content: u64) -> Put {
        let Some((number, around)) = level.numbers().split_last() else {
            return Put::New;
        };
        if self.used == 0 {
            self.open(ROOT, 0, ROOT_HASH);
        }
        let mut id = ROOT;
        for number in around {
            id = self.action_within(id, *number);
        }
        let slot = Slot {
            number: *number,
            content,
            kind,
            action: 0,
        };
        self.put_in(id, slot)
    }

    fn put_in(&mut self, id: usize, new: Slot) -> Put {
        let Some(action) = self.actions.get_mut(id) else {
            return Put::New;
        };
        let before = action.slots.bytes();
        let known = action.slots.get_or_insert(new);
        let is_new = known.is_none();
        match known {
            None => self.bytes = self.bytes - before + action.slots.bytes(),
            Some(slot) if slot.content == 0 => {
                (slot.content, slot.kind) = (new.content, new.kind);
            }
            Some(slot) => {
                let other = Other {
                    action: id,
                    number: new.number,
                    content: new.content,
                };
                if slot.content == new.content || !self.others.insert(other) {
                    return Put::Again;
                }
                self.bytes += OTHER;
                slot.kind = slot.kind.or(new.kind);
            }
        }
        if let SeenKind::End { .. } = new.kind {
            let before = action.end.unwrap_or(u64::MAX);
            action.end = Some(before.min(new.number));
        }
        match is_new && self.complete(id) {
            true => Put::Last,
            false => Put::New,
        }
    }

    /// Gives the action that took a number, known or new.
    fn action_within(&mut self, parent: usize, number: u64) -> usize {
        let new = self.used;
        let Some(action) = self.actions.get_mut(parent) else {
            return ROOT;
        };
        let hash = mix(action.hash, number);
        let slot = Slot {
            number,
            content: 0,
            kind: SeenKind::Message,
            action: new,
        };
        let before = action.slots.bytes();
        match action.slots.get_or_insert(slot) {
            None => self.bytes = self.bytes - before + action.slots.bytes(),
            Some(slot) if slot.action == 0 => slot.action = new,
            Some(slot) => return slot.action,
        }
        action.waiting += 1;
        self.open(parent, number, hash);
        new
    }

    fn open(&mut self, parent: usize, number: u64, hash: u64) {
        if self.actions.len() == self.used {
            let before = self.actions.capacity();
            self.actions.push(Action::default());
            self.bytes += grown::<Action>(before, self.actions.capacity());
        }
        if let Some(action) = self.actions.get_mut(self.used) {
            let mut slots = std::mem::take(&mut action.slots);
            slots.clear();
            *action = Action {
                parent,
                number,
                hash,
                slots,
                ..Action::default()
            };
        }
        self.used += 1;
    }

    /// Finds out whether an action that has changed is now whole, and so perhaps are the actions
    /// around it; tells whether the task is. What was whole once stays so.
    fn complete(&mut self, changed: usize) -> bool {
        let mut id = changed;
        while let Some(action) = self.actions.get_mut(id) {
            if action.is_whole || !action.has_all(id == ROOT) {
                return false;
            }
            action.is_whole = true;
            if id == ROOT {
                return true;
            }
            id = action.parent;
            if let Some(parent) = self.actions.get_mut(id) {
                parent.waiting -= 1;
            }
        }
        false
    }

    /// Says what is wrong with the task if nothing more comes, but for what is doubled. That depends
    /// on the lines alone, not on their order.
    pub(super) fn findings(&self, task: &TaskName<'static>, findings: &mut Vec<Finding>) {
        // For each action what is known of those around it.
        let mut fates: Vec<Fate> = Vec::with_capacity(self.used);
        for (id, action) in self.used().enumerate() {
            let around = (id != ROOT).then(|| {
                let parent = self.actions.get(action.parent);
                let end = parent.and_then(|parent| parent.end(action.parent == ROOT));
                (end, fates.get(action.parent).copied().unwrap_or(Fate::Open))
            });
            let fate = match around {
                Some((_, Fate::AfterEnd)) => Fate::AfterEnd,
                Some((Some(end), _)) if action.number > end => Fate::AfterEnd,
                _ if action.end(id == ROOT).is_some() => Fate::Ended,
                None | Some((_, Fate::Open)) => Fate::Open,
                Some(_) => Fate::Broken,
            };
            fates.push(fate);
            let mut found = |kind, number, last, note| {
                let level = self.level(id, number);
                let finding = Finding::new(kind, task.clone(), level).note(note);
                findings.push(match last {
                    Some(last) => finding.to(last),
                    None => finding,
                });
            };
            let both = action.slots.iter().filter(|slot| slot.is_both());
            for slot in both {
                let number = Some(slot.number);
                found(FindingKind::Contradictory, number, None, MESSAGE_AND_ACTION);
            }
            match fate {
                Fate::AfterEnd => action.after_end(0, &mut found),
                _ => self.findings_in(id, action, fate, &mut found),
            }
        }
        for other in &self.others {
            let level = self.level(other.action, Some(other.number));
            let finding = Finding::new(FindingKind::Contradictory, task.clone(), level);
            findings.push(finding.note(TWO_LINES));
        }
    }

    fn findings_in(&self, id: usize, action: &Action, fate: Fate, found: &mut Found<'_>) {
        let end = action.end(id == ROOT);
        let mut next = Some(1);
        for slot in action.slots.iter() {
            let number = slot.number;
            if end.is_some_and(|end| number > end) {
                break;
            }
            if next.is_some_and(|next| number > next) {
                found(FindingKind::Missing, next, Some(number - 1), "");
            }
            next = number.checked_add(1);
        }
        // What took number 1 is told if it can't stand there; nothing there was told already.
        if action.slots.first().is_some() && !action.has_start(id == ROOT) {
            found(FindingKind::Contradictory, Some(1), None, NO_START);
        }
        match (fate, end) {
            (Fate::Open, _) => found(FindingKind::Open, None, None, ""),
            // Behind the highest of all numbers there is none for an end.
            (_, None) => found(FindingKind::Missing, next, None, NO_END),
            (_, Some(end)) => {
                let names = self.name_at(id, 1).zip(self.name_at(id, end));
                if names.is_some_and(|(start, end)| start != end) {
                    found(FindingKind::Contradictory, Some(end), None, TWO_NAMES);
                }
                action.after_end(end, found);
            }
        }
    }

    /// Gives the name that a start or an end has; none if other things are said there too, which was
    /// told already.
    fn name_at(&self, id: usize, number: u64) -> Option<u32> {
        let action = self.actions.get(id)?;
        let slot = action.slots.get(number)?;
        let others = [0, u64::MAX].map(|content| Other {
            action: id,
            number,
            content,
        });
        let is_alone = self.others.range(others[0]..=others[1]).next().is_none();
        match slot.kind {
            SeenKind::Start { name } | SeenKind::End { name } if is_alone && !slot.is_both() => {
                Some(name)
            }
            _ => None,
        }
    }

    /// Gives the level of an action, or of a number in it.
    fn level(&self, id: usize, number: Option<u64>) -> TaskLevel {
        let mut numbers: Vec<u64> = number.into_iter().collect();
        let mut id = id;
        while id != ROOT {
            let Some(action) = self.actions.get(id) else {
                break;
            };
            numbers.push(action.number);
            id = action.parent;
        }
        numbers.reverse();
        TaskLevel::from_numbers(&numbers).unwrap_or_default()
    }
}

/// Tells how many bytes more a list takes whose capacity has grown.
#[inline]
fn grown<T>(before: usize, after: usize) -> usize {
    // What the allocator needs for itself.
    const ALLOCATION: usize = 16;
    let allocation = if before == 0 && after > 0 {
        ALLOCATION
    } else {
        0
    };
    (after - before) * size_of::<T>() + allocation
}

/// How an action stands when nothing more comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Ended,
    /// Neither it nor what is around it has ended.
    Open,
    /// It has not ended, but what is around it has.
    Broken,
    /// It comes after the end of what is around it.
    AfterEnd,
}

type Found<'f> = dyn FnMut(FindingKind, Option<u64>, Option<u64>, &'static str) + 'f;

impl Slot {
    fn is_both(&self) -> bool {
        self.content != 0 && self.action != 0
    }
}

impl Action {
    /// Gives the number of the end; a message that is a task of its own is its end too.
    fn end(&self, is_root: bool) -> Option<u64> {
        match self.slots.first().filter(|_| is_root) {
            Some(slot) if slot.kind == SeenKind::Message && slot.content != 0 => Some(1),
            _ => self.end,
        }
    }

    /// Tells whether all numbers up to the end are taken, and the actions among them are whole.
    fn has_all(&self, is_root: bool) -> bool {
        let Some(end) = self.end(is_root) else {
            return false;
        };
        if self.waiting > 0 {
            return false;
        }
        // All numbers are different, so as many as the highest one says are there only if none is left
        // out. If some are higher than the end, the task is not forgotten anyway.
        let has_numbers = self.slots.len() as u64 == end
            && self.slots.last().is_some_and(|slot| slot.number == end);
        has_numbers && self.has_start(is_root)
    }

    /// Tells whether number 1 is a start; or a message that is a task of its own.
    fn has_start(&self, is_root: bool) -> bool {
        self.slots.first().is_some_and(|slot| match slot.kind {
            SeenKind::Start { .. } => true,
            SeenKind::Message => is_root && slot.content != 0,
            SeenKind::End { .. } => false,
        })
    }

    /// Tells all messages with higher numbers than the end.
    fn after_end(&self, end: u64, found: &mut Found<'_>) {
        let after = self
            .slots
            .iter()
            .filter(|slot| slot.number > end && slot.content != 0);
        for slot in after {
            found(FindingKind::AfterEnd, Some(slot.number), None, "");
        }
    }
}
