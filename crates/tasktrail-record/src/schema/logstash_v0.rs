//! The lines of Python's `logstash_formatter`, version 0, as version 0.5.17 writes them.
//!
//! All that version 1 has at the top stands in `@fields`; around it `@message`, `@timestamp` to
//! the microsecond, and `@source_host`.

use super::form::Form;
use super::line::{Line, LineBuffer, Process, key, member};
use super::logstash;
use super::shape::{Clock, ExceptionForm, Holds, Shape, Words, close};

pub(super) const SHAPE: Shape = Shape {
    keys: &[
        ("@message", Holds::Message),
        ("@timestamp", Holds::Attribute),
        ("@source_host", Holds::Attribute),
        ("@fields", Holds::Inner),
    ],
    inner: &[
        ("name", Holds::Attribute),
        ("args", Holds::Attribute),
        ("levelname", Holds::Attribute),
        ("levelno", Holds::Attribute),
        ("pathname", Holds::Attribute),
        ("filename", Holds::Attribute),
        ("module", Holds::Attribute),
        ("stack_info", Holds::Attribute),
        ("lineno", Holds::Attribute),
        ("funcName", Holds::Attribute),
        ("created", Holds::Time(Clock::Seconds)),
        ("msecs", Holds::Attribute),
        ("relativeCreated", Holds::Attribute),
        ("thread", Holds::Attribute),
        ("threadName", Holds::Attribute),
        ("processName", Holds::Attribute),
        ("process", Holds::Attribute),
        ("taskName", Holds::Attribute),
        ("", Holds::Fields),
        ("", Holds::Own),
    ],
    form: Form::Plain,
    words: Words {
        exception_form: ExceptionForm::Lines,
        ..Words::ELIOT
    },
    reserved: &[],
};

pub(super) fn process(process: &Process<'_>) -> (Vec<u8>, Vec<u8>) {
    let mut head = Vec::new();
    member("@source_host", process.host, &mut head);
    let (_, tail) = logstash::process(process);
    (head, tail)
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let LineBuffer { bytes: out, second } = buffer;
    out.push(b'{');
    key("@message", out);
    line.write_message(out);
    out.extend_from_slice(b",\"@timestamp\":\"");
    line.time.write_rfc3339_micros(second, out);
    out.extend_from_slice(b"\",");
    out.extend_from_slice(&line.process.head);
    out.extend_from_slice(b"\"@fields\":{");
    // First, as the original's defaults for `@fields`.
    out.extend_from_slice(line.constants);
    logstash::write_attributes(line, second, out);
    out.extend_from_slice(line.context);
    out.extend_from_slice(line.fields);
    SHAPE.write_own(line, out);
    close(b"}}\n", out);
}
