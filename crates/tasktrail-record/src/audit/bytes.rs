//! Numbers, names and levels as bytes, for what is set aside to a temporary file.
//!
//! Numbers have seven bits in each byte, the lowest first, as in LEB128; hashes have all their bytes.

use std::borrow::Cow;

use crate::{TaskId, TaskLevel, TaskName};

/// Takes numbers, names and levels from bytes; each is `None` if the bytes are none of it.
#[derive(Debug)]
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

/// Writes what [`Bytes`] reads.
pub(super) trait ToBytes {
    fn put_number(&mut self, number: u64);
    fn put_task(&mut self, task: &TaskName<'_>);
    fn put_level(&mut self, level: &TaskLevel);
}

const ID: u8 = 0;
const TEXT: u8 = 1;

impl ToBytes for Vec<u8> {
    #[inline]
    fn put_number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.push(number as u8);
    }

    fn put_task(&mut self, task: &TaskName<'_>) {
        match task {
            TaskName::Id(id) => {
                self.push(ID);
                self.extend_from_slice(&id.bits().to_le_bytes());
            }
            TaskName::Text(text) => {
                self.push(TEXT);
                self.put_number(text.len() as u64);
                self.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn put_level(&mut self, level: &TaskLevel) {
        self.put_number(level.numbers().len() as u64);
        for number in level.numbers() {
            self.put_number(*number);
        }
    }
}

impl<'b> Bytes<'b> {
    fn take(&mut self, bytes: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn hash32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn hash64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte <= 0x7f {
                return Some(number);
            }
        }
        None
    }

    /// Takes how many things follow, of which each has at least one byte.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    pub(super) fn task(&mut self) -> Option<TaskName<'static>> {
        match self.byte()? {
            ID => TaskId::from_bits(self.array().map(u128::from_le_bytes)?).map(TaskName::Id),
            TEXT => {
                let length = self.count()?;
                let text = std::str::from_utf8(self.take(length)?).ok()?;
                Some(TaskName::Text(Cow::Owned(text.to_owned())))
            }
            _ => None,
        }
    }

    pub(super) fn level(&mut self) -> Option<TaskLevel> {
        let count = self.count()?;
        let mut level = TaskLevel::root();
        for _ in 0..count {
            level.push(self.number().filter(|number| *number > 0)?);
        }
        Some(level)
    }

    /// Gives what was made of all bytes; `None` if some are left.
    pub(super) fn all<T>(&self, made: T) -> Option<T> {
        self.0.is_empty().then_some(made)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_is_taken(number: u64, levels in proptest::collection::vec(1_u64.., 0..9), text in ".{0,40}") {
            let level = TaskLevel::from_numbers(&levels).unwrap();
            let mut out = Vec::new();
            out.put_number(number);
            out.put_task(&TaskName::Text(Cow::Borrowed(&text)));
            out.put_level(&level);

            let mut bytes = Bytes(&out);
            prop_assert_eq!(bytes.number(), Some(number));
            prop_assert_eq!(bytes.task(), Some(TaskName::Text(Cow::Owned(text))));
            prop_assert_eq!(bytes.level(), Some(level));
            prop_assert_eq!(bytes.all(()), Some(()));
        }

        #[test]
        fn no_bytes_make_taking_panic(bytes: Vec<u8>) {
            let _ = (Bytes(&bytes).number(), Bytes(&bytes).task(), Bytes(&bytes).level());
        }
    }
}
