//! The lines of Node's Bunyan: its core fields.
//!
//! <https://github.com/trentm/node-bunyan#core-fields>

use super::form::Form;
use super::line::{Line, LineBuffer, Process, Severity, Site, key, member, number};
use super::shape::{Clock, Holds, Shape, Words};
use crate::encode;

pub(super) const SHAPE: Shape = Shape {
    keys: &[
        ("name", Holds::Attribute),
        ("hostname", Holds::Attribute),
        ("pid", Holds::Attribute),
        ("level", Holds::Attribute),
        ("target", Holds::Attribute),
        ("src", Holds::Attribute),
        ("thread", Holds::Attribute),
        ("err", Holds::Attribute),
        ("", Holds::Own),
        ("", Holds::Fields),
        ("msg", Holds::Message),
        ("time", Holds::Time(Clock::Rfc3339)),
        ("v", Holds::Attribute),
    ],
    inner: &[],
    form: Form::Plain,
    words: Words::ELIOT_BESIDE_TRACE,
    // Lines that have one of them are read as those of other schemas.
    reserved: &["@timestamp", "timestamp", "severity"],
};

pub(super) fn site(site: &Site<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    number("level", level(site.severity), &mut out);
    member("target", site.logger, &mut out);
    // The line adds the function, and closes the object.
    out.extend_from_slice(b"\"src\":{");
    if let Some(file) = site.file {
        member("file", file, &mut out);
    }
    if let Some(line) = site.line {
        number("line", line, &mut out);
    }
    out
}

fn level(severity: Severity) -> u8 {
    match severity {
        Severity::Trace => 10,
        Severity::Debug => 20,
        Severity::Info => 30,
        Severity::Warn => 40,
        Severity::Error => 50,
    }
}

pub(super) fn thread(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    member("thread", name, &mut out);
    out
}

pub(super) fn process(process: &Process<'_>) -> (Vec<u8>, Vec<u8>) {
    let mut head = Vec::new();
    member("name", process.name, &mut head);
    member("hostname", process.host, &mut head);
    number("pid", process.id, &mut head);
    (head, Vec::new())
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let LineBuffer { bytes: out, second } = buffer;
    out.push(b'{');
    out.extend_from_slice(&line.process.head);
    out.extend_from_slice(line.site);
    out.extend_from_slice(b"\"func\":\"");
    out.extend_from_slice(line.function);
    out.extend_from_slice(b"\"},");
    out.extend_from_slice(line.thread);
    if let Some(failure) = line.failure() {
        // As Bunyan's serializer for errors has them.
        out.extend_from_slice(b"\"err\":{\"message\":");
        encode::string(&failure.reason, out);
        out.extend_from_slice(b",\"name\":");
        encode::string(&failure.exception, out);
        out.extend_from_slice(b",\"stack\":");
        failure.write_trace(out);
        out.extend_from_slice(b"},");
    }
    SHAPE.write_own(line, out);
    line.write_fields(out);
    key("msg", out);
    line.write_message(out);
    out.extend_from_slice(b",\"time\":\"");
    line.time.write_rfc3339_micros(second, out);
    out.extend_from_slice(b"\",\"v\":0}\n");
}
