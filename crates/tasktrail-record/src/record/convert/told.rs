//! A record in another schema.

use std::time::Duration;

use super::apart;
use super::failure::{failure_of, is_traceback, lines_of, trace_of};
use super::loss::Loss;
use super::moment::{finer, holds, seconds};
use super::parts::{Part, message_key, places, severity_number, severity_value};
use super::said::{Said, action_text};
use super::values;
use crate::json::{Number, Value};
use crate::record::{EndStatus, Kind, Record, find};
use crate::schema::logstash::ATTRIBUTES;
use crate::schema::shape::write_hex;
use crate::timestamp::SecondText;
use crate::{Failure, Place, Schema, Severity, TaskId, Timestamp};

pub(super) fn record(mut said: Said, schema: Schema, losses: &mut Vec<Loss>) -> Record {
    let mut teller = Teller {
        schema,
        attributes: Vec::new(),
        fields: Vec::new(),
    };
    check_task(&said, schema, losses);
    if let Some(time) = said.time.take_if(|time| !holds(schema, *time)) {
        losses.push(Loss::FarTime);
        said.fields.push(("timestamp".to_owned(), seconds(time)));
    }
    let kind = teller.kind(&mut said, losses);
    let severity = severity(&said, losses);
    let failure = failure_of(&said.failure);
    teller.failure(&mut said);
    teller.time(said.time.unwrap_or(Timestamp::from_epoch(Duration::ZERO)));
    teller.fixed(&said);
    teller.parts(&mut said, severity, failure.as_ref(), losses);
    for (name, value) in std::mem::take(&mut said.fields) {
        teller.field(&name, value);
    }
    let timestamp = match schema {
        Schema::Eliot => said.time.map(seconds),
        _ => None,
    };
    let place = said.place.clone();
    teller.others(said, losses);
    apart::keep(&mut teller.fields, losses);
    values::keep(schema, &mut teller.attributes, &mut teller.fields, losses);
    if schema == Schema::LogstashV1 {
        teller.in_order();
    }
    Record {
        schema,
        place,
        timestamp,
        kind,
        attributes: teller.attributes,
        fields: teller.fields,
        repeated_keys: 0,
    }
}

fn check_task(said: &Said, schema: Schema, losses: &mut Vec<Loss>) {
    let is_trace_id = matches!(
        schema,
        Schema::Ecs | Schema::GoogleCloud | Schema::OpenTelemetry
    );
    match &said.place {
        None if schema == Schema::Eliot => losses.push(Loss::NoTask),
        Some((task, _)) if is_trace_id => {
            match task.parse::<TaskId>() {
                Ok(id) if id.to_string() == *task => {}
                Ok(_) => losses.push(Loss::TaskName),
                // Only there it has a form.
                Err(_) if schema == Schema::OpenTelemetry => losses.push(Loss::NoTraceId),
                Err(_) => {}
            }
        }
        _ => {}
    }
}

/// Gives the severity that a line has; of an end that failed it follows from how it failed.
fn severity(said: &Said, losses: &mut Vec<Loss>) -> Severity {
    if let Some(severity) = said.severity {
        return severity;
    }
    if matches!(said.kind, Kind::Message { .. }) {
        losses.push(Loss::NoSeverity);
    }
    usual_severity(&said.kind, failure_of(&said.failure).as_ref())
}

fn usual_severity(kind: &Kind, failure: Option<&Failure>) -> Severity {
    let has_failed = matches!(
        kind,
        Kind::End {
            status: EndStatus::Failed,
            ..
        }
    );
    match (has_failed, failure) {
        (false, _) => Severity::Info,
        (true, Some(failure)) => failure.severity(),
        (true, None) => Severity::Error,
    }
}

/// Gives what stands where nothing is known, if the lines of the schema are known by the key.
fn default(schema: Schema, part: Part, said: &Said) -> Option<Value> {
    let text = |text: &str| Some(Value::String(text.to_owned()));
    match (schema, part) {
        (Schema::Gelf, Part::Host) => text("unknown"),
        (Schema::Bunyan, Part::Program | Part::Host) => text(""),
        (Schema::Bunyan, Part::ProcessId) => Some(Value::Number(Number::from(0_u64))),
        (_, Part::Span) => span_id(said),
        _ => None,
    }
}

/// Gives the id that the layers give to the span of an action; a message outside has none.
fn span_id(said: &Said) -> Option<Value> {
    let (task, level) = said.place.as_ref()?;
    let (number, action) = level.numbers().split_last()?;
    if let (Kind::Message { .. }, [], 1) = (&said.kind, action, number) {
        return None;
    }
    let place = Place {
        task_uuid: task,
        action: &Place::action_text(&level.parent()?),
        number: *number,
        span_id: None,
    };
    let mut hex = Vec::new();
    write_hex(place.own_span_id(), &mut hex);
    Value::parse(&String::from_utf8_lossy(&hex)).ok()
}

struct Teller {
    schema: Schema,
    attributes: Vec<(String, Value)>,
    fields: Vec<(String, Value)>,
}

impl Teller {
    fn attribute(&mut self, key: &str, value: Value) {
        self.attributes.push((key.to_owned(), value));
    }

    /// Gives the kind with the text of the message, and keeps its name.
    fn kind(&mut self, said: &mut Said, losses: &mut Vec<Loss>) -> Kind {
        // There it has to be a text.
        if self.schema == Schema::OpenTelemetry
            && let Some(name) = said.name.take_if(|name| name.as_str().is_none())
        {
            self.field("message_type", name);
            losses.push(Loss::Name);
        }
        if !matches!(said.kind, Kind::Message { .. }) {
            if let Some(key) = message_key(self.schema) {
                let text = action_text(self.schema, &said.kind);
                self.attribute(key, Value::String(text));
            }
            if let Some(name) = said.name.take() {
                self.fields.push(("message_type".to_owned(), name));
            }
            return said.kind.clone();
        }
        let (text, name) = (said.text.take(), said.name.take());
        if text.is_none() {
            losses.push(Loss::NoText);
        }
        let message_type = match (self.schema, text, name) {
            (Schema::Eliot, Some(text), Some(Value::String(name))) => {
                self.fields
                    .push(("message".to_owned(), Value::String(text)));
                Some(name)
            }
            (Schema::Eliot, None, Some(Value::String(name))) => Some(name),
            (Schema::Eliot, text, Some(name)) => {
                self.field("message_type", name);
                losses.push(Loss::Name);
                text
            }
            (_, text, name) => {
                if let Some(name) = name {
                    self.fields.push(("message_type".to_owned(), name));
                }
                text
            }
        };
        let message_type = match (self.schema, message_type) {
            (Schema::Gelf, text) if text.as_deref().is_none_or(str::is_empty) => {
                losses.push(Loss::NoText);
                Some("-".to_owned())
            }
            (Schema::Bunyan, None) => Some(String::new()),
            (_, text) => text,
        };
        Kind::Message { message_type }
    }

    /// Writes why something failed in the words and the form of the schema.
    fn failure(&mut self, said: &mut Said) {
        let is_lines = matches!(self.schema, Schema::LogstashV1 | Schema::LogstashV0);
        let has_backtrace = is_lines || matches!(self.schema, Schema::Eliot | Schema::Tracing);
        let failure = failure_of(&said.failure);
        let lines = match &failure {
            Some(failure) if is_lines => Some(lines_of(failure, said)),
            _ => None,
        };
        for (name, value) in std::mem::take(&mut said.failure) {
            match (name.as_str(), &failure, &lines) {
                ("exception", _, Some(lines)) => {
                    let lines = lines.iter().map(|line| Value::String(line.clone()));
                    self.fields.push((name, Value::Array(lines.collect())));
                }
                // It is part of the trace that is made.
                ("exception_backtrace", Some(_), _)
                    if !has_backtrace && said.trace.is_none() && value.as_str().is_some() => {}
                ("exception_backtrace", None, _)
                    if !has_backtrace && said.trace.is_none() && value.as_str().is_some() =>
                {
                    said.trace = Some(value);
                }
                ("exception_backtrace", ..) if !has_backtrace => {
                    said.others.push((name, value));
                }
                _ => self.fields.push((name, value)),
            }
        }
        if self.schema == Schema::Eliot
            && let Some(traceback) = said.trace.take_if(|trace| is_traceback(trace))
        {
            self.field("traceback", traceback);
        }
    }

    /// Writes the severity and the origin of the message, and takes what is written.
    fn parts(
        &mut self,
        said: &mut Said,
        severity: Severity,
        failure: Option<&Failure>,
        losses: &mut Vec<Loss>,
    ) {
        let schema = self.schema;
        // What stands in the objects under some keys.
        let mut inner: Vec<(&str, Vec<(String, Value)>)> = Vec::new();
        for (key, within, part) in places(schema) {
            let value = match part {
                Part::Severity => self.severity(severity, &said.kind, failure, losses),
                Part::Trace => {
                    let made = || failure.map(|failure| Value::String(trace_of(failure)));
                    said.trace.take().or_else(made)
                }
                part => {
                    let at = said.parts.iter().position(|(of, ..)| of == part);
                    at.map(|at| said.parts.remove(at).2)
                }
            };
            let Some(value) = value.or_else(|| default(schema, *part, said)) else {
                continue;
            };
            let Some(name) = within else {
                self.attribute(key, value);
                continue;
            };
            let value = match value {
                Value::Number(number) if schema == Schema::GoogleCloud => {
                    Value::String(number.to_string())
                }
                value => value,
            };
            let entry = ((*name).to_owned(), value);
            match inner.iter_mut().find(|(outer, _)| outer == key) {
                Some((_, entries)) => entries.push(entry),
                None => inner.push((key, vec![entry])),
            }
        }
        for (key, mut entries) in inner {
            if let ("err", Some(failure)) = (key, failure) {
                let text = |text: &String| Value::String(text.clone());
                entries.insert(0, ("message".to_owned(), text(&failure.reason)));
                entries.insert(1, ("name".to_owned(), text(&failure.exception)));
            }
            self.attribute(key, Value::Object(entries));
        }
        if let Some((key, number)) = severity_number(schema, severity) {
            self.attribute(key, Value::Number(Number::from(number)));
        }
        if schema == Schema::Eliot {
            // The severity and the logger of Eliot's lines are read as fields.
            self.fields.append(&mut self.attributes);
        }
    }

    /// Writes as fields what the schema has no key for.
    fn others(&mut self, mut said: Said, losses: &mut Vec<Loss>) {
        if let Some(trace) = said.trace.take() {
            losses.push(Loss::Trace);
            match find(&self.fields, "exception_backtrace") {
                None => self.fields.push(("exception_backtrace".to_owned(), trace)),
                Some(_) => self.field("stack_trace", trace),
            }
        }
        // What the layers give to the span of an action follows from its place.
        let span = span_id(&said);
        said.parts
            .retain(|(part, _, value)| *part != Part::Span || Some(value) != span.as_ref());
        let parts = said.parts.into_iter().map(|(_, key, value)| (key, value));
        let is_logstash = |schema| matches!(schema, Schema::LogstashV1 | Schema::LogstashV0);
        let is_same_form = is_logstash(self.schema) && is_logstash(said.schema);
        for (key, value) in parts.chain(said.others) {
            if is_same_form && ATTRIBUTES.contains(&key.as_str()) {
                self.attributes.retain(|(name, _)| *name != key);
                self.attributes.push((key, value));
                continue;
            }
            let given = said.schema.form().read_name(key.clone());
            self.field(&given.unwrap_or_else(|name| name), value);
            losses.push(Loss::Key(key));
        }
    }

    /// Writes the moment in each form that the schema has.
    fn time(&mut self, time: Timestamp) {
        let mut text = Vec::new();
        let second = &mut SecondText::default();
        match self.schema {
            Schema::LogstashV1 => time.write_rfc3339(second, &mut text),
            _ => time.write_rfc3339_micros(second, &mut text),
        }
        let mut text = String::from_utf8_lossy(&text).into_owned();
        if self.schema != Schema::LogstashV1 && text.pop().is_some() {
            text += &finer(time);
            text.push('Z');
        }
        let text = Value::String(text);
        let millis = u64::from(time.since_epoch().subsec_millis());
        let key = self.schema.time_key();
        match self.schema {
            Schema::Eliot => {}
            Schema::LogstashV1 | Schema::LogstashV0 => {
                self.attribute(key, text);
                self.attribute("created", seconds(time));
                let millis = Value::parse(&format!("{millis}.0"));
                self.attribute("msecs", millis.unwrap_or(Value::Null));
            }
            Schema::Gelf => self.attribute(key, seconds(time)),
            Schema::OpenTelemetry => {
                let digits = Value::String(time.since_epoch().as_nanos().to_string());
                self.attribute(key, digits.clone());
                self.attribute("observedTimeUnixNano", digits);
            }
            _ => self.attribute(key, text),
        }
    }

    /// Writes what stands on all lines of the schema.
    fn fixed(&mut self, said: &Said) {
        let text = |text: &str| Value::String(text.to_owned());
        let number = |number: u64| Value::Number(Number::from(number));
        let is_logstash = matches!(self.schema, Schema::LogstashV1 | Schema::LogstashV0);
        if is_logstash {
            let file = said.parts.iter().find(|(part, ..)| *part == Part::File);
            let file = file.and_then(|(_, _, file)| file.as_str());
            if let Some(name) = file.and_then(|file| file.rsplit(['/', '\\']).next()) {
                self.attribute("filename", text(name));
            }
            self.attribute("args", Value::Array(Vec::new()));
            self.attribute("stack_info", Value::Null);
        }
        match self.schema {
            Schema::LogstashV1 => self.attribute("@version", number(1)),
            Schema::Logback => self.attribute("@version", text("1")),
            Schema::Ecs => self.attribute("ecs.version", text("8.11.0")),
            Schema::Gelf => self.attribute("version", text("1.1")),
            Schema::Bunyan => self.attribute("v", number(0)),
            _ => {}
        }
    }

    fn severity(
        &self,
        severity: Severity,
        kind: &Kind,
        failure: Option<&Failure>,
        losses: &mut Vec<Loss>,
    ) -> Option<Value> {
        let is_message = matches!(kind, Kind::Message { .. });
        if self.schema == Schema::Eliot && !is_message && usual_severity(kind, failure) == severity
        {
            // The lines of Eliot's actions have none.
            return None;
        }
        let is_less = matches!(self.schema, Schema::Gelf | Schema::GoogleCloud);
        if is_less && severity == Severity::Trace {
            losses.push(Loss::Severity);
        }
        Some(severity_value(self.schema, severity))
    }

    /// Writes a field that the program named so.
    fn field(&mut self, given: &str, value: Value) {
        let shown = self.schema.field_name(given).into_owned();
        let name = self.schema.form().read_name(shown);
        let name = name.unwrap_or_else(|name| name);
        self.fields.push((name, value));
    }

    /// Puts the attributes where the lines of the schema have them.
    fn in_order(&mut self) {
        let place = |name: &str| {
            let mut all = ATTRIBUTES.iter();
            all.position(|key| *key == name).unwrap_or(usize::MAX)
        };
        self.attributes.sort_by_key(|(name, _)| place(name));
    }
}
