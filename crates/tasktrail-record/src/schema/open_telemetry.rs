//! OpenTelemetry's log records, in the JSON of OTLP: one `LogRecord` a line.
//!
//! <https://opentelemetry.io/docs/specs/otel/logs/data-model/> says what a record holds,
//! <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto>
//! how its fields are called, <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>
//! how they are written: names in lowerCamelCase, 64-bit integers as texts, ids in hexadecimal.

use super::any_value::any_value_in_place;
use super::form::Form;
use super::line::{Line, LineBuffer, Process, Severity, Site, key, member, number, text};
use super::shape::{Clock, ExceptionForm, Holds, LevelForm, Shape, Words, close, split, write_hex};

pub(super) const SHAPE: Shape = Shape {
    keys: &[
        ("timeUnixNano", Holds::Time(Clock::Nanoseconds)),
        ("observedTimeUnixNano", Holds::Attribute),
        ("severityNumber", Holds::Attribute),
        ("severityText", Holds::Attribute),
        ("body", Holds::Message),
        ("attributes", Holds::Inner),
        ("droppedAttributesCount", Holds::Attribute),
        ("flags", Holds::Attribute),
        ("traceId", Holds::TraceId),
        ("spanId", Holds::Attribute),
        ("eventName", Holds::EventName),
    ],
    inner: &[
        ("logger.name", Holds::Attribute),
        ("code.file.path", Holds::Attribute),
        ("code.line.number", Holds::Attribute),
        ("code.function.name", Holds::Attribute),
        ("host.name", Holds::Attribute),
        ("process.executable.name", Holds::Attribute),
        ("process.pid", Holds::Attribute),
        ("thread.id", Holds::Attribute),
        ("thread.name", Holds::Attribute),
        ("exception.stacktrace", Holds::Attribute),
        ("", Holds::Own),
        ("", Holds::Fields),
    ],
    form: Form::KeyValue,
    words: Words {
        task_uuid: None,
        task_level: "task_level",
        level: LevelForm::Text,
        action_type: "action_type",
        action_status: "action_status",
        message_type: None,
        exception: "exception.type",
        exception_form: ExceptionForm::Type,
        reason: "exception.message",
        exception_sources: "exception_sources",
        exception_location: "exception_location",
        exception_backtrace: None,
    },
    reserved: &[],
};

/// Encodes two members of the record, and then attributes.
pub(super) fn site(site: &Site<'_>) -> Vec<u8> {
    let form = SHAPE.form;
    let mut out = Vec::new();
    number("severityNumber", severity_number(site.severity), &mut out);
    member("severityText", site.severity.name(), &mut out);
    form.text("logger.name", site.logger, &mut out);
    if let Some(file) = site.file {
        form.text("code.file.path", file, &mut out);
    }
    if let Some(line) = site.line {
        form.number("code.line.number", line, &mut out);
    }
    out
}

/// Gives the smallest number of the severity's range.
fn severity_number(severity: Severity) -> u8 {
    match severity {
        Severity::Trace => 1,
        Severity::Debug => 5,
        Severity::Info => 9,
        Severity::Warn => 13,
        Severity::Error => 17,
    }
}

pub(super) fn thread(id: u64, name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    SHAPE.form.number("thread.id", id, &mut out);
    SHAPE.form.text("thread.name", name, &mut out);
    out
}

pub(super) fn process(process: &Process<'_>) -> (Vec<u8>, Vec<u8>) {
    let form = SHAPE.form;
    let mut head = Vec::new();
    form.text("host.name", process.host, &mut head);
    form.text("process.executable.name", process.name, &mut head);
    form.number("process.pid", process.id, &mut head);
    (head, Vec::new())
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let out = &mut buffer.bytes;
    let (severity, site) = split(line.site, 2);
    let nanoseconds = line.time.since_epoch().as_nanos();
    let mut digits = itoa::Buffer::new();
    let nanoseconds = digits.format(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
    out.push(b'{');
    text("timeUnixNano", nanoseconds.as_bytes(), out);
    // The library sees the event at once.
    text("observedTimeUnixNano", nanoseconds.as_bytes(), out);
    out.extend_from_slice(severity);
    key("body", out);
    let body = out.len();
    line.write_message(out);
    any_value_in_place(body, out);
    out.extend_from_slice(b",\"attributes\":[");
    write_attributes(line, site, out);
    close(b"],", out);
    if let Some(place) = line.place {
        key("traceId", out);
        place.write_trace_id(out);
        out.push(b',');
    }
    if let Some(span) = line.span_id() {
        key("spanId", out);
        write_hex(span, out);
        out.push(b',');
    }
    if let Some(name) = line.event_name() {
        text("eventName", name, out);
    }
    close(b"}\n", out);
}

fn write_attributes(line: &Line<'_>, site: &[u8], out: &mut Vec<u8>) {
    let form = SHAPE.form;
    out.extend_from_slice(site);
    if !line.function.is_empty() {
        form.own_text("code.function.name", line.function, out);
    }
    out.extend_from_slice(&line.process.head);
    out.extend_from_slice(line.thread);
    if let Some(failure) = line.failure() {
        form.member("exception.stacktrace", |out| failure.write_trace(out), out);
    }
    SHAPE.write_own(line, out);
    line.write_fields(out);
}
