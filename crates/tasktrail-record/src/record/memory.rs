//! How much memory a record takes.

use crate::json::Value;
use crate::{Kind, Record};

/// What an allocator adds to each piece of memory, rounding included, on average.
const PER_PIECE: usize = 16;

impl Record {
    /// Estimates the bytes that the record takes, itself and all that it keeps elsewhere.
    ///
    /// It stays the same as long as the record does.
    pub(crate) fn memory(&self) -> usize {
        let names = match &self.kind {
            Kind::Start { action_type } | Kind::End { action_type, .. } => text(action_type),
            Kind::Message { message_type } => message_type.as_ref().map_or(0, text),
        };
        let place = self.place.as_ref().map_or(0, |(task, _)| text(task));
        let entries = [&self.attributes, &self.fields];
        let timestamp = self.timestamp.as_ref().map_or(0, value);
        let entries: usize = entries.into_iter().map(object).sum();
        size_of::<Self>() + names + place + timestamp + entries
    }
}

/// Estimates what a value keeps elsewhere. It is no deeper than JSON was read.
fn value(of: &Value) -> usize {
    match of {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => piece(number.bytes_elsewhere()),
        Value::String(string) => text(string),
        Value::Array(items) => {
            let items_themselves = piece(items.capacity() * size_of::<Value>());
            items_themselves + items.iter().map(value).sum::<usize>()
        }
        Value::Object(entries) => object(entries),
    }
}

fn object(entries: &Vec<(String, Value)>) -> usize {
    let themselves = piece(entries.capacity() * size_of::<(String, Value)>());
    let kept = |(key, of): &(String, Value)| text(key) + value(of);
    themselves + entries.iter().map(kept).sum::<usize>()
}

fn text(text: &String) -> usize {
    piece(text.capacity())
}

fn piece(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        bytes => bytes + PER_PIECE,
    }
}
