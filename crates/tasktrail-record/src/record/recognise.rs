//! Which schema a line has.

use super::find;
use super::keys::Key;
use crate::Schema;
use crate::json::Value;
use crate::schema::shape::Shape;

/// Which keys a line has, and of which type their values are.
pub(super) trait Keys {
    fn has(&self, key: Key) -> bool;

    fn text(&self, key: Key) -> bool;

    fn number(&self, key: Key) -> bool;

    fn object(&self, key: Key) -> bool;

    /// Tells whether there is no key that the schema lacks, but for such that begin with
    /// `beside`, an underscore.
    fn only_keys_of(&self, schema: Schema, beside: Option<char>) -> bool;
}

/// Tells the schema of a line by its keys; [`Record::parse`](super::Record::parse) has the rules.
///
/// They are such that no field can make a line of ours look like one of another schema. Each of
/// them asks for keys that stand on all lines of its schema; and on all lines of those that come
/// later there stands a key that denies it, which no field can be named like, or a key that it asks
/// for can't stand there: [`Schema::field_name`] sees to both.
pub(super) fn schema(line: &impl Keys) -> Schema {
    if line.has(Key::AT_TIMESTAMP) {
        return with_timestamp(line);
    }
    // All lines of Eliot's have both, and none that follow: this only saves looking further.
    if line.has(Key::TASK_UUID) && line.has(Key::TIMESTAMP) {
        return Schema::Eliot;
    }
    if is_gelf(line) {
        return Schema::Gelf;
    }
    if is_open_telemetry(line) {
        return Schema::OpenTelemetry;
    }
    if is_tracing(line) {
        return Schema::Tracing;
    }
    if is_bunyan(line) {
        return Schema::Bunyan;
    }
    if is_google_cloud(line) {
        return Schema::GoogleCloud;
    }
    Schema::Eliot
}

/// No field of the schemas that lack `@timestamp` is named so.
fn with_timestamp(line: &impl Keys) -> Schema {
    if line.has(Key::AT_VERSION) {
        let is_logback = !line.has(Key::LEVELNAME) && line.number(Key::LEVEL_VALUE);
        return match is_logback {
            true => Schema::Logback,
            false => Schema::LogstashV1,
        };
    }
    if line.object(Key::AT_FIELDS) {
        return Schema::LogstashV0;
    }
    match line.text(Key::ECS_VERSION) {
        true => Schema::Ecs,
        false => Schema::Eliot,
    }
}

/// GELF's own keys, and fields with an underscore: nothing else stands on its lines.
fn is_gelf(line: &impl Keys) -> bool {
    line.text(Key::VERSION)
        && line.text(Key::HOST)
        && line.text(Key::SHORT_MESSAGE)
        && line.only_keys_of(Schema::Gelf, Some('_'))
}

/// Fields stand within `attributes`: the keys around are all known.
fn is_open_telemetry(line: &impl Keys) -> bool {
    (line.has(Key::TIME_UNIX_NANO) || line.has(Key::OBSERVED_TIME_UNIX_NANO))
        && (line.has(Key::BODY) || line.has(Key::ATTRIBUTES))
        && line.only_keys_of(Schema::OpenTelemetry, None)
}

/// Fields stand within `fields`: the keys around are all known.
fn is_tracing(line: &impl Keys) -> bool {
    line.text(Key::LEVEL) && line.object(Key::FIELDS) && line.only_keys_of(Schema::Tracing, None)
}

/// `timestamp` denies it for Eliot, `severity` for Google Cloud.
fn is_bunyan(line: &impl Keys) -> bool {
    line.number(Key::V)
        && line.number(Key::LEVEL)
        && line.text(Key::NAME)
        && line.text(Key::HOSTNAME)
        && line.number(Key::PID)
        && line.text(Key::TIME)
        && line.text(Key::MSG)
        && !line.has(Key::TIMESTAMP)
        && !line.has(Key::SEVERITY)
}

/// `timestamp`, which is a number there, or `task_uuid` denies it for Eliot.
fn is_google_cloud(line: &impl Keys) -> bool {
    line.text(Key::SEVERITY)
        && line.text(Key::TIME)
        && !line.has(Key::TIMESTAMP)
        && !line.has(Key::TASK_UUID)
}

/// Tells whether a schema has a key of that name.
fn is_key_of(schema: Schema, key: &str) -> bool {
    let shape = schema.shape();
    shape.is_some_and(|shape| Shape::holds(shape.keys, key).is_some())
}

impl Keys for Vec<(String, Value)> {
    fn has(&self, key: Key) -> bool {
        find(self, key.name()).is_some()
    }

    fn text(&self, key: Key) -> bool {
        matches!(find(self, key.name()), Some(Value::String(_)))
    }

    fn number(&self, key: Key) -> bool {
        matches!(find(self, key.name()), Some(Value::Number(_)))
    }

    fn object(&self, key: Key) -> bool {
        matches!(find(self, key.name()), Some(Value::Object(_)))
    }

    fn only_keys_of(&self, schema: Schema, beside: Option<char>) -> bool {
        self.iter().all(|(key, _)| {
            beside.is_some_and(|first| key.starts_with(first)) || is_key_of(schema, key)
        })
    }
}
