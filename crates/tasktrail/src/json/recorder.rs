//! Renders the values of fields, at the moment of the call.

use std::error::Error;
use std::fmt::{self, Write};

use tasktrail_record::encode::{self, Escaping};
use tracing_core::field::{Field, Visit};

use super::members::Members;
use super::redaction::{Buffers, RedactedField};
use super::scratch::KEPT;
use super::site::{Site, SiteField};
use crate::task;

/// What stands for a value whose formatting panicked.
pub(crate) const PANICKED: &str = "<panicked while it was formatted>";

/// Writes each field that it visits.
pub(super) struct Recorder<'a> {
    pub(super) site: &'a Site,
    pub(super) fields: &'a mut Members,
    /// The text of an event, escaped.
    pub(super) message: &'a mut Vec<u8>,
    pub(super) has_message: bool,
    pub(super) redaction: &'a mut Buffers,
}

impl Recorder<'_> {
    fn value(&mut self, field: &Field, write: impl FnOnce(&mut Vec<u8>)) {
        match self.site.field(field.index()) {
            Some(SiteField::Named(key)) => self.fields.set(key, write),
            Some(SiteField::Formed(key)) => self.fields.set(key, |out| {
                let start = out.len();
                write(out);
                self.site.schema.end_field(start, out);
            }),
            Some(SiteField::Message) => {
                self.message.clear();
                write(self.message);
                self.has_message = true;
            }
            Some(SiteField::Redacted(field)) => {
                self.redaction.json.clear();
                if field.needs_value() {
                    write(&mut self.redaction.json);
                }
                self.redacted(field);
            }
            Some(SiteField::LeftOut) | None => {}
        }
    }

    /// Writes what is shown in place of the value that is in the buffer.
    fn redacted(&mut self, field: &RedactedField) {
        let is_shown = field.redact(self.redaction);
        let shown = &self.redaction.json;
        match &field.key {
            Some(key) if is_shown => self.fields.set(key, |out| {
                let start = out.len();
                out.extend_from_slice(shown);
                self.site.schema.end_field(start, out);
            }),
            Some(_) => {}
            None => {
                self.message.clear();
                if is_shown {
                    self.message.extend_from_slice(shown);
                }
                self.has_message = is_shown;
            }
        }
        self.redaction.shrink_to(KEPT);
    }

    /// Writes a text: within quotes in a field, without in the message.
    fn text(&mut self, field: &Field, write: impl FnOnce(&mut Vec<u8>)) {
        let is_message = self.site.is_message(field.index());
        self.value(field, |out| {
            if is_message {
                return write(out);
            }
            out.push(b'"');
            write(out);
            out.push(b'"');
        });
    }
}

impl Visit for Recorder<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, |out| encode::float(value, out));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, |out| encode::signed(value, out));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, |out| encode::unsigned(value, out));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.text_or(field, |out| encode::wide(value, out));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.text_or(field, |out| encode::wide_unsigned(value, out));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, |out| encode::boolean(value, out));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, |out| encode::escaped(value, out));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, |out| {
            let start = out.len();
            let result = task::survive(|| {
                // A formatter that gives up half-way has said what it could.
                let _ = write!(Escaping(out), "{value:?}");
            });
            if result.is_none() {
                out.truncate(start);
                encode::escaped(PANICKED, out);
            }
        });
    }

    #[cfg(all(tracing_unstable, feature = "valuable"))]
    fn record_value(&mut self, field: &Field, value: valuable::Value<'_>) {
        use valuable::Value;

        match value {
            Value::String(text) => return self.record_str(field, text),
            Value::Error(error) => return self.record_error(field, error),
            _ => {}
        }
        let mut json = Vec::new();
        if task::survive(|| super::nested::write(value, &mut json)).is_none() {
            return self.record_str(field, PANICKED);
        }
        if let Some(SiteField::Redacted(redacted)) = self.site.field(field.index()) {
            json = redacted.texts_within(json);
        }
        match self.site.is_message(field.index()) {
            true => self.record_str(field, &String::from_utf8_lossy(&json)),
            false => self.value(field, |out| out.extend_from_slice(&json)),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
        let Some(key) = self.site.sources(field.index()) else {
            return;
        };
        // What caused an error is not told of one that is dropped.
        let is_dropped = match self.site.field(field.index()) {
            Some(SiteField::Redacted(redacted)) => match &redacted.key {
                Some(key) => !self.fields.ends_with(key.id),
                None => !self.has_message,
            },
            _ => false,
        };
        if is_dropped {
            return;
        }
        let mut sources = task::sources_of(value);
        if let Some(redacted) = self.site.redacted_sources(field.index()) {
            sources = redacted.shown(&sources);
        }
        if sources.is_empty() {
            return;
        }
        let schema = self.site.schema;
        let write = |out: &mut Vec<u8>| {
            let start = out.len();
            encode::texts(&sources, out);
            schema.end_field(start, out);
        };
        match self.site.field(field.index()) {
            // The text of an event is no member that its sources could go with.
            _ if self.site.is_message(field.index()) => self.fields.set(key, write),
            _ => self.fields.set_more(key, write),
        }
    }
}

impl Recorder<'_> {
    /// Writes a number that may become a string with quotes, which the message must not have.
    fn text_or(&mut self, field: &Field, write: impl FnOnce(&mut Vec<u8>)) {
        let is_message = self.site.is_message(field.index());
        self.value(field, |out| {
            write(out);
            if is_message {
                out.retain(|&byte| byte != b'"');
            }
        });
    }
}
