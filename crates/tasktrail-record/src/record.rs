//! One message, as read from its line.

mod convert;
mod glance;
mod keys;
mod memory;
mod parse;
mod recognise;
mod shaped;
#[cfg(test)]
mod tests;
mod write;

pub use convert::Loss;
pub use glance::{Glance, GlanceKind, TaskName};
pub use parse::ParseRecordError;

use crate::json::Value;
use crate::{Position, Schema, TaskId, TaskLevel};

/// Holds one message as its line told it, whatever program wrote the line.
///
/// Nothing that the line said is lost: what has no getter of its own is among the
/// [`attributes`](Self::attributes) or the [`fields`](Self::fields), in the order of the line.
///
/// ```
/// use tasktrail_record::{Kind, Record, Schema};
///
/// let record = Record::parse(
///     br#"{"total":12.5,"timestamp":1700000000.25,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[2,1],"message_type":"paid"}"#,
/// )?;
///
/// assert_eq!(record.schema(), Schema::Eliot);
/// assert_eq!(record.kind(), &Kind::Message { message_type: Some("paid".to_owned()) });
/// assert_eq!(record.level().map(ToString::to_string).as_deref(), Some("/2/1"));
/// assert_eq!(record.seconds(), Some(1700000000.25));
/// assert_eq!(record.field("total").and_then(|total| total.as_f64()), Some(12.5));
/// # Ok::<(), tasktrail_record::ParseRecordError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    schema: Schema,
    place: Option<(String, TaskLevel)>,
    timestamp: Option<Value>,
    kind: Kind,
    attributes: Vec<(String, Value)>,
    fields: Vec<(String, Value)>,
    repeated_keys: usize,
}

/// What a message says about its action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The action starts; the last number of its level is 1.
    Start {
        /// The name of the action.
        action_type: String,
    },
    /// The action ends.
    End {
        /// The name of the action.
        action_type: String,
        /// How it ended.
        status: EndStatus,
    },
    /// Something was said in the action.
    Message {
        /// What was said; `None` if the line doesn't tell.
        message_type: Option<String>,
    },
}

/// How an action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndStatus {
    /// It did what it was to do.
    Succeeded,
    /// It gave up; the fields `exception` and `reason` say why.
    Failed,
}

impl EndStatus {
    /// Gives the word that a line has for it.
    ///
    /// ```
    /// assert_eq!(tasktrail_record::EndStatus::Failed.name(), "failed");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl Record {
    /// Reads a line of any [`Schema`], with or without its line break.
    ///
    /// The first of these that fits tells the schema:
    ///
    /// | the line has | schema |
    /// |---|---|
    /// | `@timestamp`, `@version`, a number `level_value`, no `levelname` | [`Schema::Logback`] |
    /// | `@timestamp`, `@version` | [`Schema::LogstashV1`] |
    /// | `@timestamp`, an object `@fields` | [`Schema::LogstashV0`] |
    /// | `@timestamp`, a text `ecs.version` | [`Schema::Ecs`] |
    /// | `@timestamp` | [`Schema::Eliot`] |
    /// | texts `version`, `host`, `short_message`; besides GELF's keys only such that begin with `_` | [`Schema::Gelf`] |
    /// | only the keys of a `LogRecord`, a time and a `body` or `attributes` among them | [`Schema::OpenTelemetry`] |
    /// | only the keys of `tracing-subscriber`, a text `level` and an object `fields` among them | [`Schema::Tracing`] |
    /// | Bunyan's core fields, no `timestamp`, no `severity` | [`Schema::Bunyan`] |
    /// | texts `severity` and `time`, no `timestamp`, no `task_uuid` | [`Schema::GoogleCloud`] |
    /// | anything else | [`Schema::Eliot`] |
    ///
    /// A line of Eliot's has a [`task`](Self::task) and a [`level`](Self::level). A line of another
    /// schema may come from a program that knows no tasks: such a record has neither.
    ///
    /// ```
    /// use tasktrail_record::Record;
    ///
    /// let line = br#"{"task_uuid":"a","task_level":[0],"timestamp":1.5}"#;
    /// assert_eq!(
    ///     Record::parse(line).unwrap_err().to_string(),
    ///     "expected task_level to hold numbers from 1 to 18446744073709551615, found 0"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// If the line is not UTF-8, not one JSON object, or not a message of its schema.
    pub fn parse(line: &[u8]) -> Result<Self, ParseRecordError> {
        parse::record(line)
    }

    /// Gives the schema that the line had.
    pub fn schema(&self) -> Schema {
        self.schema
    }

    /// Gives the name of the task, which in the logs of other programs may be any text.
    pub fn task(&self) -> Option<&str> {
        self.place.as_ref().map(|(task, _)| task.as_str())
    }

    /// Gives the name of the task as an id; `None` if it is not one.
    pub fn task_id(&self) -> Option<TaskId> {
        self.task()?.parse().ok()
    }

    /// Gives the place of the message in its task; it has one number or more.
    pub fn level(&self) -> Option<&TaskLevel> {
        self.place.as_ref().map(|(_, level)| level)
    }

    /// Gives the identity of the message; `None` if the name of the task is not an id.
    pub fn position(&self) -> Option<Position> {
        Some(Position::new(self.task_id()?, self.level()?.clone()))
    }

    /// Gives the moment of the message as the line has it.
    ///
    /// That is Eliot's and GELF's `timestamp` and Logstash's `created`. In a correct line it is a
    /// number of seconds since 1970-01-01T00:00:00Z; but a tree needs no time, so it may be
    /// missing, or be anything. The other schemas have a text or nanoseconds, which are given as
    /// seconds, to the microsecond; `None` if they can't be read.
    pub fn timestamp(&self) -> Option<&Value> {
        match self.schema {
            Schema::LogstashV1 => find(&self.attributes, "created"),
            _ => self.timestamp.as_ref(),
        }
    }

    /// Gives the moment of the message in seconds since 1970-01-01T00:00:00Z, if it is a number.
    pub fn seconds(&self) -> Option<f64> {
        self.timestamp()?.as_f64()
    }

    /// Gives what the message says about its action.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Gives what the schema says besides, about the log call and its moment: Logstash's
    /// `@timestamp`, `levelname`, `created` and so on, in the order of the line; empty for Eliot.
    ///
    /// The message of a start or an end, which only tells its [`kind`](Self::kind) in words, is
    /// here too.
    pub fn attributes(&self) -> &[(String, Value)] {
        &self.attributes
    }

    /// Gives all that the program itself added to the message, in the order of the line.
    ///
    /// What a schema has another word for is here under that of Eliot: an event's `message_type`
    /// and a failure's `exception`, `reason`, `exception_sources`, `exception_location` and
    /// `exception_backtrace`. GELF's names are here without their underscores.
    ///
    /// Eliot's `action_status` and an `action_type` that is null are here if the line is neither a
    /// start nor an end; so is a Logstash `message` that is not a text.
    pub fn fields(&self) -> &[(String, Value)] {
        &self.fields
    }

    /// Gives the field of that name.
    pub fn field(&self, name: &str) -> Option<&Value> {
        find(&self.fields, name)
    }

    /// Counts the values in the line that a later one of the same key replaced: 0 in each line
    /// that obeys RFC 8259 section 4, and repeats none of OpenTelemetry's attributes.
    pub fn repeated_keys(&self) -> usize {
        self.repeated_keys
    }

    /// Puts the place back.
    pub(crate) fn put_place(&mut self, task: String, level: TaskLevel) {
        self.place = Some((task, level));
    }

    /// Takes the place out: a tree keeps it once for all messages of an action.
    pub(crate) fn take_place(&mut self) -> Option<(String, TaskLevel)> {
        self.place.take()
    }
}

fn find<'a>(entries: &'a [(String, Value)], key: &str) -> Option<&'a Value> {
    entries
        .iter()
        .find_map(|(name, value)| (name == key).then_some(value))
}
