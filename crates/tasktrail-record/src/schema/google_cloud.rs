//! What the agents of Google Cloud Logging take from a line of JSON.
//!
//! <https://cloud.google.com/logging/docs/structured-logging>, *Special JSON fields*.

use super::form::Form;
use super::line::{Line, LineBuffer, Process, Severity, Site, key, member};
use super::shape::{Clock, Holds, Shape, Words, close, write_hex};
use crate::encode;

pub(super) const SHAPE: Shape = Shape {
    keys: &[
        ("time", Holds::Time(Clock::Rfc3339)),
        ("logging.googleapis.com/labels", Holds::Attribute),
        ("severity", Holds::Attribute),
        ("logging.googleapis.com/sourceLocation", Holds::Attribute),
        ("logging.googleapis.com/trace", Holds::TraceId),
        ("logging.googleapis.com/spanId", Holds::Attribute),
        ("message", Holds::Message),
        ("stack_trace", Holds::Attribute),
        ("", Holds::Own),
        ("", Holds::Fields),
    ],
    inner: &[],
    form: Form::Plain,
    words: Words {
        task_uuid: None,
        ..Words::ELIOT_BESIDE_TRACE
    },
    // The first is a key of another schema's lines, the others are taken away or changed by the
    // agents.
    reserved: &[
        "@timestamp",
        "timestamp",
        "timestampSeconds",
        "timestampNanos",
        "httpRequest",
        "logging.googleapis.com/insertId",
        "logging.googleapis.com/operation",
        "logging.googleapis.com/trace_sampled",
    ],
};

/// Encodes the end of the labels, the severity, and the source without its function.
pub(super) fn site(site: &Site<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    key("logger", &mut out);
    encode::string(site.logger, &mut out);
    out.extend_from_slice(b"},");
    member("severity", severity(site.severity), &mut out);
    out.extend_from_slice(b"\"logging.googleapis.com/sourceLocation\":{");
    if let Some(file) = site.file {
        member("file", file, &mut out);
    }
    if let Some(line) = site.line {
        // A 64-bit integer, which Google's JSON has as a text.
        member("line", itoa::Buffer::new().format(line), &mut out);
    }
    out
}

/// Gives the name of a `LogSeverity`.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Trace | Severity::Debug => "DEBUG",
        Severity::Info => "INFO",
        Severity::Warn => "WARNING",
        Severity::Error => "ERROR",
    }
}

pub(super) fn thread(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    member("thread", name, &mut out);
    out
}

pub(super) fn process(process: &Process<'_>) -> (Vec<u8>, Vec<u8>) {
    let mut head = Vec::new();
    member("host", process.host, &mut head);
    member("process", process.name, &mut head);
    member("pid", itoa::Buffer::new().format(process.id), &mut head);
    (head, Vec::new())
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let LineBuffer { bytes: out, second } = buffer;
    out.extend_from_slice(b"{\"time\":\"");
    line.time.write_rfc3339_micros(second, out);
    out.extend_from_slice(b"\",\"logging.googleapis.com/labels\":{");
    out.extend_from_slice(&line.process.head);
    out.extend_from_slice(line.thread);
    out.extend_from_slice(line.site);
    out.extend_from_slice(b"\"function\":\"");
    out.extend_from_slice(line.function);
    out.extend_from_slice(b"\"},");
    if let Some(place) = line.place {
        key("logging.googleapis.com/trace", out);
        place.write_trace_id(out);
        out.push(b',');
    }
    if let Some(span) = line.span_id() {
        key("logging.googleapis.com/spanId", out);
        write_hex(span, out);
        out.push(b',');
    }
    key("message", out);
    line.write_message(out);
    out.push(b',');
    if let Some(failure) = line.failure() {
        key("stack_trace", out);
        failure.write_trace(out);
        out.push(b',');
    }
    SHAPE.write_own(line, out);
    line.write_fields(out);
    close(b"}\n", out);
}
