//! The lines of Java's `logstash-logback-encoder`, as its standard fields are by default.
//!
//! <https://github.com/logfellow/logstash-logback-encoder#standard-fields>

use super::form::Form;
use super::line::{Line, LineBuffer, Severity, Site, key, member, number};
use super::shape::{Clock, Holds, Shape, Words, close};
use crate::encode;

pub(super) const SHAPE: Shape = Shape {
    keys: &[
        ("@timestamp", Holds::Time(Clock::Rfc3339)),
        ("@version", Holds::Attribute),
        ("message", Holds::Message),
        ("thread_name", Holds::Attribute),
        ("logger_name", Holds::Attribute),
        ("level", Holds::Attribute),
        ("level_value", Holds::Attribute),
        ("stack_trace", Holds::Attribute),
        ("", Holds::Own),
        ("", Holds::Fields),
    ],
    inner: &[],
    form: Form::Plain,
    words: Words::ELIOT_BESIDE_TRACE,
    // A line that has it is read as one of `logstash_formatter`.
    reserved: &["levelname"],
};

pub(super) fn site(site: &Site<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    member("logger_name", site.logger, &mut out);
    member("level", site.severity.name(), &mut out);
    number("level_value", level_value(site.severity), &mut out);
    out
}

/// Gives what Logback's `Level.toInt` gives.
fn level_value(severity: Severity) -> u16 {
    match severity {
        Severity::Trace => 5000,
        Severity::Debug => 10000,
        Severity::Info => 20000,
        Severity::Warn => 30000,
        Severity::Error => 40000,
    }
}

pub(super) fn thread(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    key("thread_name", &mut out);
    encode::string(name, &mut out);
    out.push(b',');
    out
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let LineBuffer { bytes: out, second } = buffer;
    out.extend_from_slice(b"{\"@timestamp\":\"");
    line.time.write_rfc3339_micros(second, out);
    out.extend_from_slice(b"\",\"@version\":\"1\",\"message\":");
    line.write_message(out);
    out.push(b',');
    out.extend_from_slice(line.thread);
    out.extend_from_slice(line.site);
    if let Some(failure) = line.failure() {
        key("stack_trace", out);
        failure.write_trace(out);
        out.push(b',');
    }
    SHAPE.write_own(line, out);
    line.write_fields(out);
    close(b"}\n", out);
}
