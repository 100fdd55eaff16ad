//! Writes a record back as a line.

use super::{Kind, Record, shaped};
use crate::json::Value;
use crate::{Schema, TaskLevel, encode};

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
        match self.schema.shape() {
            Some(shape) => shaped::write(self, shape, out),
            None if self.schema == Schema::LogstashV1 => self.write_logstash(out),
            None => self.write_eliot(out),
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
                text("action_status", status(&self.kind), out);
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
                text("action_status", status(&self.kind), out);
            }
        }
        members(last, out);
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
            out.extend_from_slice(b"\"task_level\":");
            level_array(level, out);
            out.push(b',');
        }
    }
}

/// Gives the word for what a message says of its action.
pub(super) fn status(kind: &Kind) -> &'static str {
    match kind {
        Kind::End { status, .. } => status.name(),
        Kind::Start { .. } | Kind::Message { .. } => "started",
    }
}

/// Writes `[2,1]`.
pub(super) fn level_array(level: &TaskLevel, out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, &number) in level.numbers().iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        encode::integer(number, out);
    }
    out.push(b']');
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

pub(super) fn member(name: &str, of: &Value, out: &mut Vec<u8>) {
    encode::string(name, out);
    out.push(b':');
    of.write(out);
    out.push(b',');
}
