//! The values of a record, by the names that Eliot has for them.

use std::borrow::Cow;

use tasktrail_record::json::Value;
use tasktrail_record::{Kind, Record};

/// Gives the value of that name; after dots, what is in it.
pub(super) fn value<'r>(record: &'r Record, name: &str) -> Option<Cow<'r, Value>> {
    let text = |text: &str| Some(Cow::Owned(Value::String(text.to_owned())));
    match name {
        "task_uuid" => return text(record.task()?),
        "task_level" => return text(&record.level()?.to_string()),
        "timestamp" => return record.timestamp().map(Cow::Borrowed),
        _ => {}
    }
    match (name, record.kind()) {
        ("action_type", Kind::Start { action_type } | Kind::End { action_type, .. }) => {
            return text(action_type);
        }
        ("action_status", Kind::Start { .. }) => return text("started"),
        ("action_status", Kind::End { status, .. }) => return text(status.name()),
        (
            "message_type",
            Kind::Message {
                message_type: Some(name),
            },
        ) => return text(name),
        _ => {}
    }
    let entries = || record.fields().iter().chain(record.attributes());
    let found = entries().find_map(|(key, value)| (key == name).then_some(value));
    let found = found.or_else(|| {
        let mut entries = entries();
        entries.find_map(|(key, value)| within(value, rest(name, key)?))
    });
    found.map(Cow::Borrowed)
}

/// Gives what follows a key and a dot.
fn rest<'n>(name: &'n str, key: &str) -> Option<&'n str> {
    name.strip_prefix(key)?.strip_prefix('.')
}

fn within<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Object(entries) = value else {
        return None;
    };
    value.get(name).or_else(|| {
        entries
            .iter()
            .find_map(|(key, value)| within(value, rest(name, key)?))
    })
}
