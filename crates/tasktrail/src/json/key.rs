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
    pub(super) text: Box<[u8]>,
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
        text: text.into(),
    }
}
