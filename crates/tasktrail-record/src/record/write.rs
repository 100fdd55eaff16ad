//! Writes a record back as a line.

use super::{Kind, Record};
use crate::json::{Number, Value};
use crate::{Schema, encode};

impl Record {
    /// Adds the line of the record to `out`, in the schema that it was read from, with its `\n`.
    ///
    /// The line says what the one said that was read; it is the same to the byte if that one was
    /// written by tasktrail without fields of every line, which are fields like others once they
    /// are read. `NaN` and the infinities of a Python line become null.
    ///
    /// ```
    /// use tasktrail_record::Record;
    ///
    /// let line = br#"{ "total": 12.50, "task_level": [2], "task_uuid": "t-1", "timestamp": 1.5, "message_type": "paid" }"#;
    /// let mut out = Vec::new();
    /// Record::parse(line)?.write(&mut out);
    /// assert_eq!(
    ///     String::from_utf8_lossy(&out),
    ///     "{\"total\":12.50,\"timestamp\":1.5,\"task_uuid\":\"t-1\",\"task_level\":[2],\"message_type\":\"paid\"}\n"
    /// );
    /// # Ok::<(), tasktrail_record::ParseRecordError>(())
    /// ```
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        match self.schema {
            Schema::Eliot => self.write_eliot(out),
            Schema::LogstashV1 => self.write_logstash(out),
        }
        // Each member ends in a comma; an object without members has none.
        if out.ends_with(b",") {
            out.pop();
        }
        out.extend_from_slice(b"}\n");
    }

    fn write_eliot(&self, out: &mut Vec<u8>) {
        members(&self.fields, out);
        match &self.kind {
            Kind::Message { message_type } => {
                self.write_timestamp(out);
                self.write_task(out);
                self.write_level(out);
                if let Some(message_type) = message_type {
                    text("message_type", message_type, out);
                }
            }
            Kind::Start { action_type } | Kind::End { action_type, .. } => {
                text("action_status", self.status(), out);
                self.write_timestamp(out);
                self.write_task(out);
                text("action_type", action_type, out);
                self.write_level(out);
            }
        }
    }

    fn write_logstash(&self, out: &mut Vec<u8>) {
        let is_last = |name: &str| matches!(name, "message" | "exception");
        let (last, first): (Vec<_>, Vec<_>) = self
            .attributes
            .iter()
            .chain(&self.fields)
            .partition(|(name, _)| is_last(name));
        members(first, out);
        self.write_task(out);
        self.write_level(out);
        match &self.kind {
            Kind::Message { message_type } => {
                if let Some(message) = message_type {
                    text("message", message, out);
                }
            }
            Kind::Start { action_type } | Kind::End { action_type, .. } => {
                text("action_type", action_type, out);
                text("action_status", self.status(), out);
            }
        }
        members(last, out);
    }

    fn status(&self) -> &'static str {
        match &self.kind {
            Kind::End { status, .. } => status.name(),
            Kind::Start { .. } | Kind::Message { .. } => "started",
        }
    }

    fn write_timestamp(&self, out: &mut Vec<u8>) {
        if let Some(timestamp) = &self.timestamp {
            member("timestamp", timestamp, out);
        }
    }

    fn write_task(&self, out: &mut Vec<u8>) {
        if let Some(task) = self.task() {
            text("task_uuid", task, out);
        }
    }

    fn write_level(&self, out: &mut Vec<u8>) {
        if let Some(level) = self.level() {
            out.extend_from_slice(b"\"task_level\":[");
            for (at, &number) in level.numbers().iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                encode::integer(number, out);
            }
            out.extend_from_slice(b"],");
        }
    }
}

fn members<'a>(entries: impl IntoIterator<Item = &'a (String, Value)>, out: &mut Vec<u8>) {
    for (name, of) in entries {
        member(name, of, out);
    }
}

fn text(name: &str, of: &str, out: &mut Vec<u8>) {
    encode::string(name, out);
    out.push(b':');
    encode::string(of, out);
    out.push(b',');
}

fn member(name: &str, of: &Value, out: &mut Vec<u8>) {
    encode::string(name, out);
    out.push(b':');
    value(of, out);
    out.push(b',');
}

/// Writes any JSON value. It is no deeper than what the reader takes, so recursion is safe.
fn value(of: &Value, out: &mut Vec<u8>) {
    match of {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => encode::boolean(*value, out),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => encode::string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                value(item, out);
            }
            out.push(b']');
        }
        Value::Object(entries) => {
            out.push(b'{');
            for (at, (name, of)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                encode::string(name, out);
                out.push(b':');
                value(of, out);
            }
            out.push(b'}');
        }
    }
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    let text = number.to_string();
    // Python's words for what JSON does not have.
    match text
        .trim_start_matches('-')
        .starts_with(|first: char| first.is_ascii_digit())
    {
        true => out.extend_from_slice(text.as_bytes()),
        false => out.extend_from_slice(b"null"),
    }
}
