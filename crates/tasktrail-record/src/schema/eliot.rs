//! The lines of Python's Eliot, as version 1.18.0 writes them.
//!
//! Order of the keys, from what the original prints: the fields; for a failure `exception` and
//! `reason`; `action_status`, `timestamp`, `task_uuid`, `action_type`, `task_level` for an action,
//! `timestamp`, `task_uuid`, `task_level`, `message_type` for a message; what stands on every line.

use super::line::{Line, LineBuffer, LineKind, Site, member, members, text};
use crate::encode;
use crate::timestamp::SecondText;

pub(super) fn is_key(name: &str) -> bool {
    // The last one is Logstash's: a line that has it is read as one of that schema.
    matches!(
        name,
        "timestamp" | "log_level" | "logger" | "message" | "@timestamp"
    )
}

pub(super) fn site(site: &Site<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    member("log_level", site.severity.python_name(), &mut out);
    out.extend_from_slice(b"\"logger\":");
    encode::string(site.logger, &mut out);
    out.push(b',');
    out
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let LineBuffer { bytes: out, second } = buffer;
    out.push(b'{');
    members(line.context, out);
    members(line.fields, out);
    match line.kind {
        LineKind::Start { action } => {
            out.extend_from_slice(b"\"action_status\":\"started\",\"timestamp\":");
            write_action(line, action, second, out);
        }
        LineKind::End {
            action,
            failure: None,
        } => {
            out.extend_from_slice(b"\"action_status\":\"succeeded\",\"timestamp\":");
            write_action(line, action, second, out);
        }
        LineKind::End {
            action,
            failure: Some(failure),
        } => {
            member("exception", &failure.exception, out);
            member("reason", &failure.reason, out);
            failure.write_origin(out);
            out.extend_from_slice(b"\"action_status\":\"failed\",\"timestamp\":");
            write_action(line, action, second, out);
        }
        LineKind::Event {
            name,
            message,
            fallback,
        } => {
            // The text is what a message is called, unless the program called it otherwise.
            if let (Some(_), Some(message)) = (name, message) {
                text("message", message, out);
            }
            members(line.site, out);
            out.extend_from_slice(b"\"timestamp\":");
            line.time.write_seconds(second, out);
            // Constant pieces that stand together are written together.
            match line.place {
                Some(place) => {
                    out.extend_from_slice(b",\"task_uuid\":\"");
                    place.write_uuid(out);
                    out.extend_from_slice(b"\",\"task_level\":[");
                    place.write_level(out);
                    out.extend_from_slice(b"],\"message_type\":\"");
                }
                None => out.extend_from_slice(b",\"message_type\":\""),
            }
            out.extend_from_slice(name.or(message).unwrap_or(fallback));
            out.extend_from_slice(b"\",");
        }
    }
    members(line.constants, out);
    // Each member ends in a comma, and there is at least one.
    out.pop();
    out.extend_from_slice(b"}\n");
}

/// Writes what stands behind the key of the time of an action's start or end.
fn write_action(line: &Line<'_>, action: &[u8], second: &mut SecondText, out: &mut Vec<u8>) {
    line.time.write_seconds(second, out);
    match line.place {
        Some(place) => {
            out.extend_from_slice(b",\"task_uuid\":\"");
            place.write_uuid(out);
            out.extend_from_slice(b"\",\"action_type\":\"");
            out.extend_from_slice(action);
            out.extend_from_slice(b"\",\"task_level\":[");
            place.write_level(out);
            out.extend_from_slice(b"],");
        }
        None => {
            out.push(b',');
            text("action_type", action, out);
        }
    }
}
