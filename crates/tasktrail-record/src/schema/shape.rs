//! What a schema calls the parts that each message has, and in which order they stand.
//!
//! A schema that has a [`Shape`] is read, and written from a record, by it alone.

use super::form::{Form, quoted};
use super::line::{Failure, Line, LineKind, Place};
use crate::encode;

/// The keys of a line, and what each holds.
#[derive(Debug)]
pub(crate) struct Shape {
    /// The keys of the object that a line is, in their order.
    pub(crate) keys: &'static [(&'static str, Holds)],
    /// The keys of what stands in [`Holds::Inner`].
    pub(crate) inner: &'static [(&'static str, Holds)],
    pub(crate) form: Form,
    pub(crate) words: Words,
    /// Names that no field may have besides: by these keys another schema is recognised.
    pub(crate) reserved: &'static [&'static str],
}

/// What a key, or a place among the keys, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// What the schema says besides.
    Attribute,
    /// The moment of the message; an attribute too.
    Time(Clock),
    /// The text of the message.
    Message,
    /// The name that the program gave to an event that has a text, too.
    EventName,
    /// The task id, as 32 hexadecimal digits.
    TraceId,
    /// All that [`Words`] names; the key is empty.
    Own,
    /// The fields; the key is empty.
    Fields,
    /// An object, or a list of OpenTelemetry's attributes, in which own keys and fields stand.
    Inner,
}

/// How a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// A text, as RFC 3339 has it.
    Rfc3339,
    /// A number of seconds since 1970-01-01T00:00:00Z.
    Seconds,
    /// The nanoseconds since 1970-01-01T00:00:00Z, as a text or a number.
    Nanoseconds,
}

/// What a schema calls the place of a message in its task, its kind, and why an action failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// `None` where the task id is a trace id: [`Holds::TraceId`].
    pub(crate) task_uuid: Option<&'static str>,
    pub(crate) task_level: &'static str,
    pub(crate) level: LevelForm,
    pub(crate) action_type: &'static str,
    pub(crate) action_status: &'static str,
    /// `None` where the name of an event has a key elsewhere: [`Holds::EventName`].
    pub(crate) message_type: Option<&'static str>,
    pub(crate) exception: &'static str,
    pub(crate) exception_form: ExceptionForm,
    pub(crate) reason: &'static str,
    pub(crate) exception_sources: &'static str,
    pub(crate) exception_location: &'static str,
    /// `None` where the backtrace stands in a text with all that is known of the failure.
    pub(crate) exception_backtrace: Option<&'static str>,
}

/// How a task level is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LevelForm {
    /// `[2,1]`
    Array,
    /// `"/2/1"`
    Text,
}

/// How the type of an error is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExceptionForm {
    /// `"std::io::Error"`
    Type,
    /// `["std::io::Error: broken pipe\n"]`, as Python prints an exception.
    Lines,
}

impl Words {
    /// Eliot's words.
    pub(crate) const ELIOT: Self = Self {
        task_uuid: Some("task_uuid"),
        task_level: "task_level",
        level: LevelForm::Array,
        action_type: "action_type",
        action_status: "action_status",
        message_type: Some("message_type"),
        exception: "exception",
        exception_form: ExceptionForm::Type,
        reason: "reason",
        exception_sources: "exception_sources",
        exception_location: "exception_location",
        exception_backtrace: Some("exception_backtrace"),
    };

    /// Eliot's words, where another key holds the backtrace.
    pub(crate) const ELIOT_BESIDE_TRACE: Self = Self {
        exception_backtrace: None,
        ..Self::ELIOT
    };

    /// Gives what a record calls the field that a line calls `name`, if the schema has its own
    /// word for it.
    pub(crate) fn field_of(&self, name: &str) -> Option<&'static str> {
        self.fields()
            .into_iter()
            .find_map(|(word, field)| (word == Some(name)).then_some(field))
    }

    /// Gives the schema's words for what a record has as fields, in their order, and the names of
    /// those fields.
    pub(crate) fn fields(&self) -> [(Option<&'static str>, &'static str); 6] {
        [
            (self.message_type, "message_type"),
            (Some(self.reason), "reason"),
            (Some(self.exception_sources), "exception_sources"),
            (Some(self.exception_location), "exception_location"),
            (self.exception_backtrace, "exception_backtrace"),
            (Some(self.exception), "exception"),
        ]
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &'static str> {
        let place = [
            self.task_uuid,
            Some(self.task_level),
            Some(self.action_type),
            Some(self.action_status),
        ];
        let fields = self.fields().map(|(word, _)| word);
        place.into_iter().chain(fields).flatten()
    }
}

impl Shape {
    /// Gives what a key of the line holds, or one of the inner object.
    pub(crate) fn holds(keys: &[(&'static str, Holds)], key: &str) -> Option<Holds> {
        // The places of own keys and fields have no name.
        keys.iter()
            .find_map(|(name, holds)| (*name == key && !name.is_empty()).then_some(*holds))
    }

    /// Gives the keys of the object in which the fields stand.
    pub(crate) fn around_fields(&self) -> &'static [(&'static str, Holds)] {
        match self.inner.is_empty() {
            true => self.keys,
            false => self.inner,
        }
    }

    /// Gives all names that a field must not have.
    pub(super) fn taken(&self) -> impl Iterator<Item = &'static str> {
        let keys = self.around_fields().iter().map(|(name, _)| *name);
        keys.filter(|name| !name.is_empty())
            .chain(self.words.all())
            .chain(self.reserved.iter().copied())
    }

    /// Writes all that [`Words`] names; an exception last, where Python has it.
    pub(super) fn write_own(&self, line: &Line<'_>, out: &mut Vec<u8>) {
        let (form, words) = (self.form, &self.words);
        if let (Some(key), Some(name)) = (words.message_type, line.event_name()) {
            form.own_text(key, name, out);
        }
        if let Some(place) = line.place {
            if let Some(key) = words.task_uuid {
                form.own_text(key, place.task_uuid.as_bytes(), out);
            }
            let level = |out: &mut Vec<u8>| match words.level {
                LevelForm::Array => place.write_numbers(out),
                LevelForm::Text => place.write_text(out),
            };
            form.own(words.task_level, level, out);
        }
        if let Some((action, status)) = line.action() {
            form.own_text(words.action_type, action, out);
            form.own_text(words.action_status, status.as_bytes(), out);
        }
        if let Some(failure) = line.failure() {
            words.write_failure(failure, form, out);
        }
    }
}

impl Words {
    fn write_failure(&self, failure: &Failure, form: Form, out: &mut Vec<u8>) {
        let Failure {
            exception,
            reason,
            sources,
            location,
            backtrace,
        } = failure;
        form.text(self.reason, reason, out);
        if !sources.is_empty() {
            form.member(
                self.exception_sources,
                |out| encode::texts(sources, out),
                out,
            );
        }
        if !location.is_empty() {
            form.text(self.exception_location, location, out);
        }
        if let (Some(key), false) = (self.exception_backtrace, backtrace.is_empty()) {
            form.text(key, backtrace, out);
        }
        let write = |out: &mut Vec<u8>| match self.exception_form {
            ExceptionForm::Type => encode::string(exception, out),
            ExceptionForm::Lines => failure.write_lines(out),
        };
        form.own(self.exception, write, out);
    }
}

impl Line<'_> {
    /// Writes the text of the message, with its quotes: that of an event, else its name, else its
    /// target; for an action `order started`.
    pub(super) fn write_message(&self, out: &mut Vec<u8>) {
        match self.kind {
            LineKind::Event {
                name,
                message,
                fallback,
            } => quoted(message.or(name).unwrap_or(fallback), out),
            LineKind::Start { .. } | LineKind::End { .. } => {
                let (action, status) = self.action().unwrap_or_default();
                out.push(b'"');
                out.extend_from_slice(action);
                out.push(b' ');
                out.extend_from_slice(status.as_bytes());
                out.push(b'"');
            }
        }
    }

    /// Writes the fields: those of every line, of the open actions, of the message itself.
    pub(super) fn write_fields(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.constants);
        out.extend_from_slice(self.context);
        out.extend_from_slice(self.fields);
    }

    /// Gives the name of an action and how it goes; `None` for an event.
    pub(super) fn action(&self) -> Option<(&[u8], &'static str)> {
        match self.kind {
            LineKind::Start { action } => Some((action, "started")),
            LineKind::End { action, failure } => {
                Some((action, failure.map_or("succeeded", |_| "failed")))
            }
            LineKind::Event { .. } => None,
        }
    }

    /// Gives the name of an event that has a text, too.
    pub(super) fn event_name(&self) -> Option<&[u8]> {
        match self.kind {
            LineKind::Event {
                name: Some(name),
                message: Some(_),
                ..
            } => Some(name),
            _ => None,
        }
    }

    pub(super) fn failure(&self) -> Option<&Failure> {
        match self.kind {
            LineKind::End { failure, .. } => failure,
            _ => None,
        }
    }

    /// Gives the id of the action in which this happened: the one that its span has in a trace, or
    /// else [`Place::own_span_id`]; `None` for an event outside any action.
    pub(super) fn span_id(&self) -> Option<u64> {
        let place = self.place?;
        // In an action number 1 is its start, so this is an event that is its own task.
        let is_alone = place.action.is_empty() && place.number == 1 && self.action().is_none();
        (!is_alone).then(|| place.span_id.unwrap_or_else(|| place.own_span_id()))
    }
}

impl Place<'_> {
    /// Writes the task id as 32 hexadecimal digits, with quotes.
    pub(super) fn write_trace_id(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend(self.task_uuid.bytes().filter(|byte| *byte != b'-'));
        out.push(b'"');
    }

    /// Writes `[2,1,3]`.
    pub(super) fn write_numbers(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        out.extend_from_slice(self.action.as_bytes());
        encode::integer(self.number, out);
        out.push(b']');
    }

    /// Writes `"/2/1/3"`.
    pub(super) fn write_text(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"/");
        let slash = |byte| if byte == b',' { b'/' } else { byte };
        out.extend(self.action.bytes().map(slash));
        encode::integer(self.number, out);
        out.push(b'"');
    }

    /// Gives 64 bits that name the action: the same for all its messages, on every host.
    ///
    /// They are the FNV-1a hash of the task id and the numbers of the action, with all bits mixed.
    pub(crate) fn own_span_id(&self) -> u64 {
        let bytes = self.task_uuid.bytes().chain(self.action.bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // All zeros are no span id (W3C Trace Context section 3.2.2.4).
        (mixed ^ (mixed >> 29)).max(1)
    }
}

impl Failure {
    /// Writes an array of strings, each a line of what Python prints for an exception.
    pub(super) fn write_lines(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"[\"");
        encode::escaped(&self.exception, out);
        out.extend_from_slice(b": ");
        encode::escaped(&self.reason, out);
        out.extend_from_slice(b"\\n\"]");
    }

    /// Writes one text with all that is known, with its quotes, in the form of a stack trace.
    pub(crate) fn write_trace(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        encode::escaped(&self.exception, out);
        out.extend_from_slice(b": ");
        encode::escaped(&self.reason, out);
        out.extend_from_slice(b"\\n");
        if !self.location.is_empty() {
            out.extend_from_slice(b"\\tat ");
            encode::escaped(&self.location, out);
            out.extend_from_slice(b"\\n");
        }
        for source in &self.sources {
            out.extend_from_slice(b"Caused by: ");
            encode::escaped(source, out);
            out.extend_from_slice(b"\\n");
        }
        if !self.backtrace.is_empty() {
            out.extend_from_slice(b"Stack backtrace:\\n");
            encode::escaped(&self.backtrace, out);
        }
        out.push(b'"');
    }
}

/// Writes 64 bits as 16 hexadecimal digits, with quotes.
pub(crate) fn write_hex(bits: u64, out: &mut Vec<u8>) {
    out.push(b'"');
    for digit in (0..16).rev() {
        let value = (bits >> (digit * 4)) as u32 & 0xf;
        out.push(char::from_digit(value, 16).unwrap_or('0') as u8);
    }
    out.push(b'"');
}

/// Ends an object or an array after its last member, whose comma goes.
pub(super) fn close(end: &[u8], out: &mut Vec<u8>) {
    if out.ends_with(b",") {
        out.pop();
    }
    out.extend_from_slice(end);
}

/// Parts what was encoded for a call site after its first members, none of which has a comma in
/// its value.
pub(super) fn split(encoded: &[u8], members: usize) -> (&[u8], &[u8]) {
    let commas = encoded
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b',');
    let last = commas.map(|(at, _)| at).nth(members.saturating_sub(1));
    encoded.split_at(last.map_or(encoded.len(), |at| at + 1))
}
