//! Graylog's GELF 1.1, without its compression and chunks: one message a line.
//!
//! <https://go2docs.graylog.org/current/getting_in_log_data/gelf.html>, *GELF Payload
//! Specification*.

use super::form::Form;
use super::line::{Line, LineBuffer, LineKind, Process, Severity, Site, key, member, number, text};
use super::shape::{Clock, ExceptionForm, Holds, LevelForm, Shape, Words, close};

pub(super) const SHAPE: Shape = Shape {
    keys: &[
        ("version", Holds::Attribute),
        ("host", Holds::Attribute),
        ("short_message", Holds::Message),
        ("full_message", Holds::Attribute),
        ("timestamp", Holds::Time(Clock::Seconds)),
        ("level", Holds::Attribute),
        ("facility", Holds::Attribute),
        ("line", Holds::Attribute),
        ("file", Holds::Attribute),
        ("_logger", Holds::Attribute),
        ("_file", Holds::Attribute),
        ("_line", Holds::Attribute),
        ("_function", Holds::Attribute),
        ("_process_name", Holds::Attribute),
        ("_process_id", Holds::Attribute),
        ("_thread_id", Holds::Attribute),
        ("_thread_name", Holds::Attribute),
        ("", Holds::Own),
        ("", Holds::Fields),
    ],
    inner: &[],
    form: Form::Additional,
    words: Words {
        task_uuid: Some("_task_uuid"),
        task_level: "_task_level",
        level: LevelForm::Text,
        action_type: "_action_type",
        action_status: "_action_status",
        message_type: Some("_message_type"),
        exception: "_exception",
        exception_form: ExceptionForm::Type,
        reason: "_reason",
        exception_sources: "_exception_sources",
        exception_location: "_exception_location",
        exception_backtrace: None,
    },
    // What the specification forbids, and what other schemas have a word for.
    reserved: &["_id", "_exception_backtrace"],
};

pub(super) fn site(site: &Site<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    number("level", level(site.severity), &mut out);
    member("_logger", site.logger, &mut out);
    if let Some(file) = site.file {
        member("_file", file, &mut out);
    }
    if let Some(line) = site.line {
        number("_line", line, &mut out);
    }
    out
}

/// Gives the number that syslog has for it (RFC 5424 section 6.2.1).
fn level(severity: Severity) -> u8 {
    match severity {
        Severity::Trace | Severity::Debug => 7,
        Severity::Info => 6,
        Severity::Warn => 4,
        Severity::Error => 3,
    }
}

pub(super) fn thread(id: u64, name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    number("_thread_id", id, &mut out);
    member("_thread_name", name, &mut out);
    out
}

pub(super) fn process(process: &Process<'_>) -> (Vec<u8>, Vec<u8>) {
    // Graylog refuses a message whose host is empty.
    let host = match process.host {
        "" => "unknown",
        host => host,
    };
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    member("version", "1.1", &mut head);
    member("host", host, &mut head);
    member("_process_name", process.name, &mut tail);
    number("_process_id", process.id, &mut tail);
    (head, tail)
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let LineBuffer { bytes: out, second } = buffer;
    out.push(b'{');
    out.extend_from_slice(&line.process.head);
    key("short_message", out);
    with_text(line).write_message(out);
    out.push(b',');
    if let Some(failure) = line.failure() {
        key("full_message", out);
        failure.write_trace(out);
        out.push(b',');
    }
    key("timestamp", out);
    line.time.write_seconds(second, out);
    out.push(b',');
    out.extend_from_slice(line.site);
    if !line.function.is_empty() {
        text("_function", line.function, out);
    }
    out.extend_from_slice(&line.process.tail);
    out.extend_from_slice(line.thread);
    SHAPE.write_own(line, out);
    line.write_fields(out);
    close(b"}\n", out);
}

/// Takes an empty text, or an empty name, for none: Graylog refuses a message without text.
fn with_text<'a>(line: &Line<'a>) -> Line<'a> {
    let not_empty = |text: &&[u8]| !text.is_empty();
    let kind = match line.kind {
        LineKind::Event {
            name,
            message,
            fallback,
        } => LineKind::Event {
            name: name.filter(not_empty),
            message: message.filter(not_empty),
            fallback: if fallback.is_empty() { b"-" } else { fallback },
        },
        action => action,
    };
    Line { kind, ..*line }
}
