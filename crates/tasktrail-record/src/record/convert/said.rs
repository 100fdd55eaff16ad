//! What a record says, apart from the schema of its line.

use std::borrow::Cow;

use super::failure::is_traceback;
use super::loss::Loss;
use super::moment::{Moment, is_time};
use super::parts::{Part, message_key, places, read_severity, severity_number, version_key};
use crate::json::{Number, Value};
use crate::record::{Kind, Record, find};
use crate::{Schema, Severity, TaskLevel, Timestamp};

pub(super) struct Said {
    /// The schema of the line.
    pub(super) schema: Schema,
    pub(super) place: Option<(String, TaskLevel)>,
    pub(super) time: Option<Timestamp>,
    pub(super) kind: Kind,
    /// The text of an event.
    pub(super) text: Option<String>,
    /// Its name beside the text.
    pub(super) name: Option<Value>,
    pub(super) severity: Option<Severity>,
    /// Whether the severity is only the nearest to what was said.
    is_near: bool,
    /// A text or a whole number each, with the key that it had.
    pub(super) parts: Vec<(Part, String, Value)>,
    /// What is called as Eliot calls it: why something failed.
    pub(super) failure: Vec<(String, Value)>,
    /// A stack trace that is not made of the failure.
    pub(super) trace: Option<Value>,
    /// The other fields, under the names that the program gave them.
    pub(super) fields: Vec<(String, Value)>,
    /// The attributes for which no other schema has a key.
    pub(super) others: Vec<(String, Value)>,
}

impl Said {
    pub(super) fn of(record: &Record, losses: &mut Vec<Loss>) -> Self {
        let mut said = Self {
            schema: record.schema,
            place: record.place.clone(),
            time: None,
            kind: record.kind.clone(),
            text: None,
            name: None,
            severity: None,
            is_near: false,
            parts: Vec::new(),
            failure: Vec::new(),
            trace: None,
            fields: Vec::new(),
            others: Vec::new(),
        };
        let moment = said.moment(record, losses);
        for (name, value) in record.fields() {
            said.field(record, name, value, losses);
        }
        said.attributes(record, moment.as_ref(), losses);
        said.message(record, losses);
        said.read_failure(losses);
        said
    }

    /// Takes the time, and gives all that the line has of it.
    fn moment(&mut self, record: &Record, losses: &mut Vec<Loss>) -> Option<Moment> {
        let moment = Moment::of(record);
        match &moment {
            Some(moment) => {
                if moment.is_finer {
                    losses.push(Loss::FineTime);
                }
                self.time = Some(moment.time);
            }
            None => {
                losses.push(Loss::NoTime);
                // That of another schema is an attribute.
                if let (Schema::Eliot, Some(value)) = (record.schema, record.timestamp()) {
                    self.fields.push(("timestamp".to_owned(), value.clone()));
                }
            }
        }
        moment
    }

    fn field(&mut self, record: &Record, name: &str, value: &Value, losses: &mut Vec<Loss>) {
        let schema = record.schema;
        let is_message = matches!(record.kind, Kind::Message { .. });
        if schema == Schema::Eliot && is_message && name == "message" {
            // A field of that name would have an underscore.
            self.text = value.as_str().map(str::to_owned);
            if self.text.is_some() {
                return;
            }
        }
        if schema == Schema::Eliot
            && let Some((_, _, part)) = places(schema).iter().find(|(key, ..)| *key == name)
            && self.part(schema, *part, name, value)
        {
            return;
        }
        match name {
            "message_type" => self.name = Some(value.clone()),
            "exception"
            | "reason"
            | "exception_sources"
            | "exception_location"
            | "exception_backtrace" => self.failure.push((name.to_owned(), value.clone())),
            "traceback" if schema == Schema::Eliot && is_traceback(value) => {
                self.trace = Some(value.clone());
            }
            _ => {
                let shown = schema.form().name(name);
                let given = schema.given_name(&shown).into_owned();
                if schema.field_name(&given) != shown {
                    losses.push(Loss::Name);
                }
                self.fields.push((given, value.clone()));
            }
        }
    }

    fn attributes(&mut self, record: &Record, moment: Option<&Moment>, losses: &mut Vec<Loss>) {
        let schema = record.schema;
        for (key, value) in record.attributes() {
            let mut within = places(schema).iter().filter(|(outer, ..)| outer == key);
            match (within.next(), value) {
                (Some((_, None, part)), value) => {
                    if !self.part(schema, *part, key, value) {
                        self.others.push((key.clone(), value.clone()));
                    }
                }
                (Some((_, Some(_), _)), Value::Object(entries)) => {
                    for (inner, value) in entries {
                        self.inner(schema, key, inner, value);
                    }
                }
                _ => self.others.push((key.clone(), value.clone())),
            }
        }
        let severity = self.severity;
        let is_action = !matches!(self.kind, Kind::Message { .. });
        let innermost = match find(&record.attributes, "spans") {
            Some(Value::Array(spans)) => spans.last(),
            _ => None,
        };
        let file = find(&record.attributes, "pathname").and_then(Value::as_str);
        let file_name = file.and_then(|file| file.rsplit(['/', '\\']).next());
        let mut has_severity_number = None;
        self.others.retain(|(key, value)| match key.as_str() {
            key if is_time(schema, key) => {
                !is_unknown_time(schema, value)
                    && !moment.is_some_and(|moment| moment.covers(schema, key, value))
            }
            key if Some(key) == version_key(schema) => false,
            "args" => *value != Value::Array(Vec::new()),
            "stack_info" | "taskName" => *value != Value::Null,
            "filename" => value.as_str().is_none_or(|name| Some(name) != file_name),
            "span" if schema == Schema::Tracing => innermost != Some(value),
            key if is_action && Some(key) == message_key(schema) => {
                if !is_usual(record, value) {
                    losses.push(Loss::ActionText);
                }
                false
            }
            key => match severity.and_then(|severity| severity_number(schema, severity)) {
                Some((number_key, number)) if number_key == key => value.as_u64() != Some(number),
                None if schema == Schema::OpenTelemetry && key == "severityNumber" => {
                    // 0 is the number of none.
                    let number = value.as_u64();
                    has_severity_number = number.filter(|number| *number > 0);
                    number.is_none()
                }
                _ => true,
            },
        });
        if let Some(number) = has_severity_number {
            let step = number.saturating_sub(1) / 4;
            self.severity = Some(match step {
                0 => Severity::Trace,
                1 => Severity::Debug,
                2 => Severity::Info,
                3 => Severity::Warn,
                _ => Severity::Error,
            });
            if step > 4 || number % 4 != 1 {
                losses.push(Loss::Severity);
            }
        }
        if self.is_near {
            losses.push(Loss::Severity);
        }
    }

    fn inner(&mut self, schema: Schema, key: &str, inner: &str, value: &Value) {
        let mut places = places(schema).iter();
        let place = places.find(|(outer, name, _)| *outer == key && *name == Some(inner));
        let name = format!("{key}.{inner}");
        if let Some((_, _, part)) = place
            && self.part(schema, *part, &name, value)
        {
            return;
        }
        // Bunyan's serializer has twice what the fields have.
        let twin = match (key, inner) {
            ("err", "message") => "reason",
            ("err", "name") => "exception",
            _ => return self.others.push((name, value.clone())),
        };
        match find(&self.failure, twin) {
            None => self.failure.push((twin.to_owned(), value.clone())),
            Some(field) if field == value => {}
            Some(_) => self.others.push((name, value.clone())),
        }
    }

    /// Takes a part; `false` if the value is none for it. What is empty says nothing.
    fn part(&mut self, schema: Schema, part: Part, key: &str, value: &Value) -> bool {
        if part == Part::Severity {
            // Another program may say it beside the fields and among them.
            let read = read_severity(schema, value).filter(|_| self.severity.is_none());
            let Some((severity, is_exact)) = read else {
                return false;
            };
            self.severity = Some(severity);
            self.is_near = !is_exact;
            return true;
        }
        let value = match (part, value) {
            (part, Value::String(text)) if part.is_number() => match text.parse::<u64>() {
                Ok(number) if schema == Schema::GoogleCloud => {
                    Cow::Owned(Value::Number(Number::from(number)))
                }
                _ => return false,
            },
            (part, value) if part.is_number() => match value.as_u64() {
                Some(0) => return true,
                Some(_) => Cow::Borrowed(value),
                None => return false,
            },
            (Part::Host, Value::String(host)) if schema == Schema::Gelf && host == "unknown" => {
                return true;
            }
            (_, Value::String(text)) if text.is_empty() => return true,
            // Another's may be anything, which not all schemas take.
            (Part::TraceId, Value::String(text)) if !is_id(text, 32) => return false,
            (Part::Span, Value::String(text)) if !is_id(text, 16) => return false,
            (_, Value::String(_)) => Cow::Borrowed(value),
            _ => return false,
        };
        if part == Part::Trace {
            self.trace = Some(value.into_owned());
        } else {
            self.parts.push((part, key.to_owned(), value.into_owned()));
        }
        true
    }

    fn message(&mut self, record: &Record, losses: &mut Vec<Loss>) {
        let Kind::Message { message_type } = record.kind() else {
            return;
        };
        if record.schema == Schema::Eliot && self.text.is_some() {
            self.name = message_type.clone().map(Value::String);
            if self.name.is_none() {
                losses.push(Loss::NoName);
            }
            return;
        }
        self.text = message_type.clone();
        if self.text.is_none() && self.name.is_some() {
            losses.push(Loss::NoName);
        }
    }
}

/// Tells whether a text is an id of so many hexadecimal digits.
fn is_id(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Tells whether a time of OpenTelemetry says that there is none.
fn is_unknown_time(schema: Schema, value: &Value) -> bool {
    schema == Schema::OpenTelemetry && (value.as_str() == Some("0") || value.as_u64() == Some(0))
}

/// Tells whether the text of a start or an end says only which it is.
fn is_usual(record: &Record, value: &Value) -> bool {
    value.as_str() == Some(action_text(record.schema, &record.kind).as_str())
}

/// Gives the text that a schema has for a start or an end.
pub(super) fn action_text(schema: Schema, kind: &Kind) -> String {
    match (schema, kind) {
        (Schema::Tracing, Kind::Start { .. }) => "new".to_owned(),
        (Schema::Tracing, _) => "close".to_owned(),
        (_, Kind::Start { action_type } | Kind::End { action_type, .. }) => {
            format!("{action_type} {}", crate::record::write::status(kind))
        }
        _ => String::new(),
    }
}
