//! Which schema a line has.

use super::find;
use crate::Schema;
use crate::json::Value;
use crate::schema::shape::Shape;

/// Tells the schema of a line by its keys; [`Record::parse`](super::Record::parse) has the rules.
///
/// They are such that no field can make a line of ours look like one of another schema. Each of
/// them asks for keys that stand on all lines of its schema; and on all lines of those that come
/// later there stands a key that denies it, which no field can be named like, or a key that it asks
/// for can't stand there: [`Schema::field_name`] sees to both.
pub(super) fn schema(entries: &[(String, Value)]) -> Schema {
    let line = Keys(entries);
    if line.has("@timestamp") {
        return with_timestamp(&line);
    }
    // All lines of Eliot's have both, and none that follow: this only saves looking further.
    if line.has("task_uuid") && line.has("timestamp") {
        return Schema::Eliot;
    }
    if line.is_gelf() {
        return Schema::Gelf;
    }
    if line.is_open_telemetry() {
        return Schema::OpenTelemetry;
    }
    if line.is_tracing() {
        return Schema::Tracing;
    }
    if line.is_bunyan() {
        return Schema::Bunyan;
    }
    if line.is_google_cloud() {
        return Schema::GoogleCloud;
    }
    Schema::Eliot
}

/// No field of the schemas that lack `@timestamp` is named so.
fn with_timestamp(line: &Keys<'_>) -> Schema {
    if line.has("@version") {
        let is_logback = !line.has("levelname") && line.number("level_value");
        return match is_logback {
            true => Schema::Logback,
            false => Schema::LogstashV1,
        };
    }
    if line.object("@fields") {
        return Schema::LogstashV0;
    }
    match line.text("ecs.version") {
        true => Schema::Ecs,
        false => Schema::Eliot,
    }
}

struct Keys<'a>(&'a [(String, Value)]);

impl Keys<'_> {
    /// GELF's own keys, and fields with an underscore: nothing else stands on its lines.
    fn is_gelf(&self) -> bool {
        self.text("version")
            && self.text("host")
            && self.text("short_message")
            && self.all(|key| key.starts_with('_') || is_key_of(Schema::Gelf, key))
    }

    /// Fields stand within `attributes`: the keys around are all known.
    fn is_open_telemetry(&self) -> bool {
        (self.has("timeUnixNano") || self.has("observedTimeUnixNano"))
            && (self.has("body") || self.has("attributes"))
            && self.all(|key| is_key_of(Schema::OpenTelemetry, key))
    }

    /// Fields stand within `fields`: the keys around are all known.
    fn is_tracing(&self) -> bool {
        self.text("level")
            && self.object("fields")
            && self.all(|key| is_key_of(Schema::Tracing, key))
    }

    /// `timestamp` denies it for Eliot, `severity` for Google Cloud.
    fn is_bunyan(&self) -> bool {
        self.number("v")
            && self.number("level")
            && self.text("name")
            && self.text("hostname")
            && self.number("pid")
            && self.text("time")
            && self.text("msg")
            && !self.has("timestamp")
            && !self.has("severity")
    }

    /// `timestamp`, which is a number there, or `task_uuid` denies it for Eliot.
    fn is_google_cloud(&self) -> bool {
        self.text("severity")
            && self.text("time")
            && !self.has("timestamp")
            && !self.has("task_uuid")
    }

    fn has(&self, key: &str) -> bool {
        find(self.0, key).is_some()
    }

    fn text(&self, key: &str) -> bool {
        matches!(find(self.0, key), Some(Value::String(_)))
    }

    fn number(&self, key: &str) -> bool {
        matches!(find(self.0, key), Some(Value::Number(_)))
    }

    fn object(&self, key: &str) -> bool {
        matches!(find(self.0, key), Some(Value::Object(_)))
    }

    fn all(&self, rule: impl Fn(&str) -> bool) -> bool {
        self.0.iter().all(|(key, _)| rule(key))
    }
}

fn is_key_of(schema: Schema, key: &str) -> bool {
    let shape = schema.shape();
    shape.is_some_and(|shape| Shape::holds(shape.keys, key).is_some())
}
