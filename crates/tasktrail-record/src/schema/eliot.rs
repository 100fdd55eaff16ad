//! The lines of Python's Eliot, as version 1.18.0 writes them.
//!
//! Order of the keys, from what the original prints: the fields; for a failure `exception` and
//! `reason`; `action_status`, `timestamp`, `task_uuid`, `action_type`, `task_level` for an action,
//! `timestamp`, `task_uuid`, `task_level`, `message_type` for a message; what stands on every line.

use super::line::{Line, LineBuffer, LineKind, Site, member, text};
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
    out.extend_from_slice(line.context);
    out.extend_from_slice(line.fields);
    match line.kind {
        LineKind::Start { action } => write_action(line, action, "started", second, out),
        LineKind::End { action, failure } => {
            if let Some(failure) = failure {
                member("exception", &failure.exception, out);
                member("reason", &failure.reason, out);
                failure.write_origin(out);
            }
            let status = failure.map_or("succeeded", |_| "failed");
            write_action(line, action, status, second, out);
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
            out.extend_from_slice(line.site);
            write_time(line, second, out);
            if let Some(place) = line.place {
                place.write_task(out);
                place.write_level(out);
            }
            text("message_type", name.or(message).unwrap_or(fallback), out);
        }
    }
    out.extend_from_slice(line.constants);
    // Each member ends in a comma, and there is at least one.
    out.pop();
    out.extend_from_slice(b"}\n");
}

fn write_action(
    line: &Line<'_>,
    action: &[u8],
    status: &str,
    second: &mut SecondText,
    out: &mut Vec<u8>,
) {
    text("action_status", status.as_bytes(), out);
    write_time(line, second, out);
    if let Some(place) = line.place {
        place.write_task(out);
    }
    text("action_type", action, out);
    if let Some(place) = line.place {
        place.write_level(out);
    }
}

fn write_time(line: &Line<'_>, second: &mut SecondText, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"timestamp\":");
    line.time.write_seconds(second, out);
    out.push(b',');
}
