//! Names of fields, encoded once.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use tasktrail_record::Schema;

/// The name of a field, encoded once.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) id: KeyId,
    /// What [`KeyId::bit`] gives.
    pub(super) bit: u64,
    /// What stands before the value: `"name":`, or as the schema has it.
    text: Text,
}

impl Key {
    /// Writes what stands before the value.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.text.write(out);
    }
}

/// So many bytes are copied at once, without asking how many are needed.
const AT_ONCE: usize = 32;

/// A short text that is copied often.
#[derive(Debug, Clone)]
struct Text {
    start: [u8; AT_ONCE],
    length: usize,
    /// What comes after the start.
    rest: Box<[u8]>,
}

impl Text {
    fn new(text: &[u8]) -> Self {
        let mut start = [0; AT_ONCE];
        let length = text.len().min(AT_ONCE);
        let (kept, rest) = text.split_at_checked(length).unwrap_or_default();
        start
            .iter_mut()
            .zip(kept)
            .for_each(|(to, byte)| *to = *byte);
        Self {
            start,
            length,
            rest: rest.into(),
        }
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        // A copy of a fixed length is a few instructions, one of any length is a call.
        out.extend_from_slice(&self.start);
        out.truncate(end);
        if !self.rest.is_empty() {
            out.extend_from_slice(&self.rest);
        }
    }
}

/// Stands for the name of a field: equal names have equal ids, in the whole program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyId(pub(super) u32);

impl KeyId {
    /// Gives the bit that stands for the key, and for every 64th after it.
    pub(super) fn bit(self) -> u64 {
        1 << (self.0 % 64)
    }
}

/// Encodes a name that is a field's in a schema, and gives it its id.
pub(super) fn key(schema: Schema, name: &str) -> Key {
    static IDS: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);
    let mut ids = IDS.lock().unwrap_or_else(PoisonError::into_inner);
    let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let id = KeyId(*ids.entry(name.to_owned()).or_insert(next));
    drop(ids);
    let mut text = Vec::new();
    schema.start_field(name, &mut text);
    Key {
        id,
        bit: id.bit(),
        text: Text::new(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_any_length_is_written_whole() {
        for length in 0..100 {
            let name = "n".repeat(length);
            let mut out = b"{".to_vec();

            key(Schema::Eliot, &name).write(&mut out);

            assert_eq!(out, format!("{{\"{name}\":").as_bytes());
        }
    }
}
