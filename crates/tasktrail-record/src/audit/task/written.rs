//! A task as bytes.

use std::collections::BTreeSet;

use super::slots::Slots;
use super::{Action, OTHER, Other, ROOT, Slot, Task, grown};
use crate::audit::bytes::{Bytes, ToBytes};
use crate::audit::seen::SeenKind;
use crate::audit::{ROOT_HASH, mix};

/// What is told of a slot, or of an action, before its numbers.
const HAS_MESSAGE: u8 = 4;
const HAS_ACTION: u8 = 8;
const HAS_END: u8 = 1;
const IS_WHOLE: u8 = 2;

impl Task {
    /// Appends all that is known of the actions; what follows from the rest is left out.
    pub(in crate::audit) fn write(&self, out: &mut Vec<u8>) {
        out.put_number(self.used as u64);
        for action in self.used() {
            out.put_number(action.parent as u64);
            out.put_number(action.number);
            let is_whole = if action.is_whole { IS_WHOLE } else { 0 };
            match action.end {
                Some(end) => {
                    out.push(HAS_END | is_whole);
                    out.put_number(end);
                }
                None => out.push(is_whole),
            }
            out.put_number(action.slots.len() as u64);
            action.slots.iter().for_each(|slot| slot.write(out));
        }
        out.put_number(self.others.len() as u64);
        for other in &self.others {
            out.put_number(other.action as u64);
            out.put_number(other.number);
            out.extend_from_slice(&other.content.to_le_bytes());
        }
    }

    /// Takes what was written; `None` if it is something else.
    pub(in crate::audit) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let used = bytes.count()?;
        let mut actions: Vec<Action> = Vec::with_capacity(used);
        let mut taken = grown::<Action>(0, used);
        for id in 0..used {
            let parent = usize::try_from(bytes.number()?).ok()?;
            let number = bytes.number()?;
            let hash = match id {
                ROOT => ROOT_HASH,
                // What is around comes before what is within.
                _ if parent < id => mix(actions.get(parent)?.hash, number),
                _ => return None,
            };
            let said = bytes.byte()?;
            let end = match said & HAS_END {
                0 => None,
                _ => Some(bytes.number()?),
            };
            let count = bytes.count()?;
            let mut slots = Vec::with_capacity(count);
            for _ in 0..count {
                slots.push(Slot::read(bytes).filter(|slot| slot.action < used)?);
            }
            let slots = Slots::List(slots);
            taken += slots.bytes();
            actions.push(Action {
                parent,
                number,
                hash,
                slots,
                end,
                waiting: 0,
                is_whole: said & IS_WHOLE != 0,
            });
        }
        for id in 1..used {
            let action = actions.get(id)?;
            if !action.is_whole {
                let parent = action.parent;
                actions.get_mut(parent)?.waiting += 1;
            }
        }
        let mut others = BTreeSet::new();
        for _ in 0..bytes.count()? {
            others.insert(Other {
                action: usize::try_from(bytes.number()?).ok()?,
                number: bytes.number()?,
                content: bytes.hash64()?,
            });
        }
        Some(Self {
            actions,
            used,
            bytes: taken + others.len() * OTHER,
            others,
        })
    }
}

impl Slot {
    fn write(&self, out: &mut Vec<u8>) {
        let (kind, name) = self.kind.parts();
        let has_message = if self.content == 0 { 0 } else { HAS_MESSAGE };
        let has_action = if self.action == 0 { 0 } else { HAS_ACTION };
        out.push(kind | has_message | has_action);
        out.put_number(self.number);
        if let Some(name) = name {
            out.extend_from_slice(&name.to_le_bytes());
        }
        if self.content != 0 {
            out.extend_from_slice(&self.content.to_le_bytes());
        }
        if self.action != 0 {
            out.put_number(self.action as u64);
        }
    }

    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let said = bytes.byte()?;
        Some(Self {
            number: bytes.number()?,
            kind: SeenKind::read(said & !(HAS_MESSAGE | HAS_ACTION), bytes)?,
            content: match said & HAS_MESSAGE {
                0 => 0,
                _ => bytes.hash64()?,
            },
            action: match said & HAS_ACTION {
                0 => 0,
                _ => usize::try_from(bytes.number()?).ok()?,
            },
        })
    }
}
