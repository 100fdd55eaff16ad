//! Fields as they stand in a line, none twice.

use smallvec::SmallVec;

use super::key::{Key, KeyId};

/// A sequence of `"name":value,`, in which no name is twice.
#[derive(Debug, Default)]
pub(super) struct Members {
    bytes: Vec<u8>,
    /// As many as most spans have need no memory of their own.
    parts: SmallVec<[Part; 4]>,
    /// The [bits](KeyId::bit) of the keys: two sequences without a common one have no common key.
    keys: u64,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    key: KeyId,
    /// It says more of the part before it, and goes where that one goes.
    belongs: bool,
    /// Where the part ends; it starts where the one before ends.
    end: usize,
}

impl Clone for Members {
    fn clone(&self) -> Self {
        self.clone_with_room(0)
    }
}

/// The bytes for which room is made where a field is expected: those of a short name and a number.
const EXPECTED: usize = 24;

impl Members {
    /// Adds a field, in place of one of the same name; `write` writes the value.
    // A function of its own for each kind of value costs a fifth more.
    #[inline(always)]
    pub(super) fn set(&mut self, key: &Key, write: impl FnOnce(&mut Vec<u8>)) {
        if self.keys & key.bit != 0 {
            self.remove(key.id);
        }
        key.write(&mut self.bytes);
        write(&mut self.bytes);
        self.bytes.push(b',');
        self.end(key, false);
    }

    /// Adds a field that says more of the one that was set last: whatever takes the place of that
    /// one takes this away, too. If there is a field of its name already, that one stays.
    pub(super) fn set_more(&mut self, key: &Key, write: impl FnOnce(&mut Vec<u8>)) {
        if self.has(key.id) {
            return;
        }
        key.write(&mut self.bytes);
        write(&mut self.bytes);
        self.bytes.push(b',');
        self.end(key, true);
    }

    /// Adds all of `others`, each in place of one of the same name.
    pub(super) fn set_all(&mut self, others: &Self) {
        if self.keys & others.keys != 0 {
            for part in &others.parts {
                self.remove(part.key);
            }
        }
        let from = self.bytes.len();
        self.bytes.extend_from_slice(&others.bytes);
        self.parts.extend(others.parts.iter().map(|part| Part {
            end: from + part.end,
            ..*part
        }));
        self.keys |= others.keys;
    }

    /// Writes those whose names none of `others` has.
    pub(super) fn write_without(&self, others: &[&Self], out: &mut Vec<u8>) {
        let mut start = 0;
        let mut is_written = true;
        for part in &self.parts {
            let member = self.bytes.get(start..part.end).unwrap_or_default();
            let is_hidden = others.iter().any(|other| other.has(part.key));
            if !part.belongs {
                is_written = !is_hidden;
            }
            if is_written && !is_hidden {
                out.extend_from_slice(member);
            }
            start = part.end;
        }
    }

    /// Writes all, in the order of their names.
    pub(super) fn write_sorted(&self, out: &mut Vec<u8>) {
        let mut start = 0;
        let mut members = SmallVec::<[_; 16]>::new();
        for part in &self.parts {
            members.push(self.bytes.get(start..part.end).unwrap_or_default());
            start = part.end;
        }
        // Each starts with its name.
        members.sort_unstable();
        members
            .into_iter()
            .for_each(|member| out.extend_from_slice(member));
    }

    /// Tells whether some name is in both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.keys & other.keys != 0 && self.shares_a_key(other)
    }

    /// Looks closer: in a large program many keys have a bit in common.
    #[cold]
    fn shares_a_key(&self, other: &Self) -> bool {
        other.parts.iter().any(|part| self.has(part.key))
    }

    /// Tells whether this is the name of the field that was set last.
    pub(super) fn ends_with(&self, key: KeyId) -> bool {
        self.parts.last().is_some_and(|part| part.key == key)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes room for all of `others`, and so many fields more.
    pub(super) fn reserve(&mut self, others: &[&Self], room: usize) {
        let bytes: usize = others.iter().map(|other| other.bytes.len()).sum();
        let parts: usize = others.iter().map(|other| other.parts.len()).sum();
        self.bytes.reserve(bytes + room * EXPECTED);
        self.parts.reserve(parts + room);
    }

    /// Makes a copy that has room for so many fields more.
    pub(super) fn clone_with_room(&self, room: usize) -> Self {
        let mut copy = Self {
            bytes: Vec::with_capacity(self.bytes.len() + room * EXPECTED),
            parts: SmallVec::with_capacity(self.parts.len() + room),
            keys: self.keys,
        };
        copy.bytes.extend_from_slice(&self.bytes);
        copy.parts.extend_from_slice(&self.parts);
        copy
    }

    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.parts.clear();
        self.keys = 0;
    }

    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Gives back memory beyond `bytes`.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        self.clear();
        self.bytes.shrink_to(bytes);
        if self.parts.capacity() > bytes / size_of::<Part>() {
            self.parts = SmallVec::new();
        }
    }

    fn end(&mut self, key: &Key, belongs: bool) {
        self.parts.push(Part {
            key: key.id,
            belongs,
            end: self.bytes.len(),
        });
        self.keys |= key.bit;
    }

    fn has(&self, key: KeyId) -> bool {
        self.keys & key.bit() != 0 && self.parts.iter().any(|part| part.key == key)
    }

    #[cold]
    fn remove(&mut self, key: KeyId) {
        let Some(at) = self.parts.iter().position(|part| part.key == key) else {
            return;
        };
        let start = match at.checked_sub(1).and_then(|before| self.parts.get(before)) {
            Some(before) => before.end,
            None => 0,
        };
        let mut removed = self.parts.remove(at);
        if !removed.belongs
            && let Some(more) = self.parts.get(at).filter(|part| part.belongs).copied()
        {
            self.parts.remove(at);
            removed = more;
        }
        self.bytes.drain(start..removed.end);
        for part in self.parts.iter_mut().skip(at) {
            part.end -= removed.end - start;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tasktrail_record::Schema;

    use super::*;
    use crate::json::key::key;

    proptest! {
        #[test]
        fn what_was_set_last_stands_once(
            first in proptest::collection::vec((0_u8..80, 0_u32..), 0..20),
            second in proptest::collection::vec((0_u8..80, 0_u32..), 0..20),
        ) {
            let members = |fields: &[(u8, u32)]| {
                let mut members = Members::default();
                for (name, value) in fields {
                    members.set(&key(Schema::Eliot, &name.to_string()), |out| {
                        out.extend_from_slice(value.to_string().as_bytes());
                    });
                }
                members
            };
            let (one, two) = (members(&first), members(&second));

            let mut both = one.clone();
            both.set_all(&two);
            let mut beside = Vec::new();
            one.write_without(&[&two, &Members::default()], &mut beside);
            beside.extend_from_slice(two.as_bytes());

            let expected: std::collections::BTreeMap<_, _> =
                first.iter().chain(&second).map(|(name, value)| (name.to_string(), *value)).collect();
            for bytes in [both.as_bytes(), &beside] {
                let text = std::str::from_utf8(bytes).unwrap();
                let parts: Vec<_> = text.split_terminator(',').collect();
                prop_assert_eq!(parts.len(), expected.len(), "{}", text);
                for part in parts {
                    let (name, value) = part.split_once(':').unwrap();
                    prop_assert_eq!(expected[name.trim_matches('"')].to_string(), value);
                }
            }
        }
    }
}
