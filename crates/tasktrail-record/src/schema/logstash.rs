//! The lines of Python's `logstash_formatter`, version 1, as version 0.5.17 writes them.
//!
//! Order of the keys, from what the original prints: what stands on every line; `@timestamp`,
//! `@version`, `source_host`; the attributes of a log record; the fields; `message`; `exception`.
//! What has no meaning in Rust keeps its key with its empty value: `args`, `stack_info`.

use super::line::{
    Line, LineBuffer, LineKind, Place, Process, Site, key, member, members, number, text,
};
use crate::encode;
use crate::timestamp::SecondText;

/// What Python's `logging` and its Logstash formatter tell about a log call. `taskName` is new in
/// Python 3.12, and nothing here writes it.
pub(crate) const ATTRIBUTES: &[&str] = &[
    "@timestamp",
    "@version",
    "source_host",
    "name",
    "args",
    "levelname",
    "levelno",
    "pathname",
    "filename",
    "module",
    "stack_info",
    "lineno",
    "funcName",
    "created",
    "msecs",
    "relativeCreated",
    "thread",
    "threadName",
    "processName",
    "process",
    "taskName",
];

pub(super) fn is_key(name: &str) -> bool {
    ATTRIBUTES.contains(&name) || name == "message"
}

pub(super) fn site(site: &Site<'_>) -> Vec<u8> {
    let path = site.file.unwrap_or_default();
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut out = Vec::new();
    let all = &mut out;
    member("name", site.logger, all);
    all.extend_from_slice(b"\"args\":[],");
    member("levelname", site.severity.python_name(), all);
    number("levelno", site.severity.python_number(), all);
    member("pathname", path, all);
    member("filename", file, all);
    member("module", site.module.unwrap_or_default(), all);
    all.extend_from_slice(b"\"stack_info\":null,");
    number("lineno", site.line.unwrap_or_default(), all);
    out
}

pub(super) fn thread(id: u64, name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    number("thread", id, &mut out);
    member("threadName", name, &mut out);
    out
}

pub(super) fn process(process: &Process<'_>) -> (Vec<u8>, Vec<u8>) {
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    head.extend_from_slice(b"\"@version\":1,");
    member("source_host", process.host, &mut head);
    member("processName", process.name, &mut tail);
    number("process", process.id, &mut tail);
    (head, tail)
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let LineBuffer { bytes: out, second } = buffer;
    out.push(b'{');
    members(line.constants, out);
    out.extend_from_slice(b"\"@timestamp\":\"");
    line.time.write_rfc3339(second, out);
    out.extend_from_slice(b"\",");
    out.extend_from_slice(&line.process.head);
    write_attributes(line, second, out);
    members(line.context, out);
    members(line.fields, out);
    match line.kind {
        LineKind::Start { action } => {
            write_action(
                line,
                action,
                b"started\",\"message\":\"",
                b" started\",",
                out,
            );
        }
        LineKind::End {
            action,
            failure: None,
        } => write_action(
            line,
            action,
            b"succeeded\",\"message\":\"",
            b" succeeded\",",
            out,
        ),
        LineKind::End {
            action,
            failure: Some(failure),
        } => {
            member("reason", &failure.reason, out);
            failure.write_origin(out);
            write_action(line, action, b"failed\",\"message\":\"", b" failed\",", out);
            key("exception", out);
            failure.write_lines(out);
            out.push(b',');
        }
        LineKind::Event {
            name,
            message,
            fallback,
        } => {
            // The original knows no name for a message; Eliot's word for it, where there is one.
            if let (Some(name), Some(_)) = (name, message) {
                text("message_type", name, out);
            }
            match line.place {
                Some(place) => {
                    write_place(place, out);
                    out.extend_from_slice(b"],\"message\":\"");
                }
                None => out.extend_from_slice(b"\"message\":\""),
            }
            out.extend_from_slice(message.or(name).unwrap_or(fallback));
            out.extend_from_slice(b"\",");
        }
    }
    // Each member ends in a comma, and there is at least one.
    out.pop();
    out.extend_from_slice(b"}\n");
}

/// Writes the attributes of a log record, from `name` to `process`.
// In both versions of a hot path.
#[inline(always)]
pub(super) fn write_attributes(line: &Line<'_>, second: &mut SecondText, out: &mut Vec<u8>) {
    out.extend_from_slice(line.site);
    out.extend_from_slice(b"\"funcName\":\"");
    out.extend_from_slice(line.function);
    out.extend_from_slice(b"\",\"created\":");
    line.time.write_seconds(second, out);
    out.extend_from_slice(b",\"msecs\":");
    encode::unsigned(line.time.since_epoch().subsec_millis().into(), out);
    out.extend_from_slice(b".0,\"relativeCreated\":");
    line.time.write_millis_since(line.process.started, out);
    out.push(b',');
    out.extend_from_slice(line.thread);
    out.extend_from_slice(&line.process.tail);
}

/// Writes the task id and the level without its last bracket.
#[inline]
fn write_place(place: Place<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"task_uuid\":\"");
    place.write_uuid(out);
    out.extend_from_slice(b"\",\"task_level\":[");
    place.write_level(out);
}

/// Writes the place, name and status of an action, and its message: the name and what it does.
// The lengths of constant pieces are known where it is called.
#[inline(always)]
fn write_action(
    line: &Line<'_>,
    action: &[u8],
    status_and_key: &[u8],
    does: &[u8],
    out: &mut Vec<u8>,
) {
    match line.place {
        Some(place) => {
            write_place(place, out);
            out.extend_from_slice(b"],\"action_type\":\"");
        }
        None => out.extend_from_slice(b"\"action_type\":\""),
    }
    out.extend_from_slice(action);
    out.extend_from_slice(b"\",\"action_status\":\"");
    out.extend_from_slice(status_and_key);
    out.extend_from_slice(action);
    out.extend_from_slice(does);
}
