//! The Elastic Common Schema, as Elastic's ecs-logging libraries write it: dotted keys, flat.
//!
//! <https://www.elastic.co/guide/en/ecs-logging/overview/current/intro.html> says which keys come
//! first, <https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html> what each holds.

use std::borrow::Cow;

use super::form::Form;
use super::line::{Line, LineBuffer, Process, Site, key, member, number, text};
use super::shape::{Clock, ExceptionForm, Holds, LevelForm, Shape, Words, close, split};

pub(super) const SHAPE: Shape = Shape {
    keys: &[
        ("@timestamp", Holds::Time(Clock::Rfc3339)),
        ("log.level", Holds::Attribute),
        ("message", Holds::Message),
        ("ecs.version", Holds::Attribute),
        ("log.logger", Holds::Attribute),
        ("log.origin.file.name", Holds::Attribute),
        ("log.origin.file.line", Holds::Attribute),
        ("log.origin.function", Holds::Attribute),
        ("host.name", Holds::Attribute),
        ("process.name", Holds::Attribute),
        ("process.pid", Holds::Attribute),
        ("process.thread.id", Holds::Attribute),
        ("process.thread.name", Holds::Attribute),
        ("trace.id", Holds::TraceId),
        ("error.stack_trace", Holds::Attribute),
        ("", Holds::Own),
        ("", Holds::Fields),
    ],
    inner: &[],
    form: Form::Plain,
    words: Words {
        task_uuid: None,
        task_level: "labels.task_level",
        level: LevelForm::Text,
        action_type: "labels.action_type",
        action_status: "labels.action_status",
        message_type: Some("labels.message_type"),
        exception: "error.type",
        exception_form: ExceptionForm::Type,
        reason: "error.message",
        exception_sources: "labels.exception_sources",
        exception_location: "labels.exception_location",
        exception_backtrace: None,
    },
    // Lines that have one of them are read as those of other schemas.
    reserved: &["@version", "@fields"],
};

/// Gives the name of a field, so that Elasticsearch, which takes `error.type` for `type` in an
/// object `error`, finds no object where a value stands, and the reverse.
pub(super) fn field_name<'n>(name: &'n str, taken: impl Fn(&str) -> bool) -> Cow<'n, str> {
    match taken_part(name, taken) {
        Some((part, rest)) => Cow::Owned(format!("{part}_{rest}")),
        None => Cow::Borrowed(name),
    }
}

/// Gives the name back from what [`field_name`] gave; `None` if it added nothing.
pub(super) fn given_name(shown: &str, taken: impl Fn(&str) -> bool) -> Option<String> {
    let (part, rest) = taken_part(shown, taken)?;
    Some(format!("{}{rest}", part.strip_suffix('_')?))
}

/// Parts a name where an underscore belongs, if it needs one.
///
/// Each part of the name from its start to one of its dots, or to its end, is looked at. The first
/// of them that is a key gets an underscore; so does the whole name if it is a key's start up to a
/// dot. As everywhere, underscores at the end of what is looked at do not count.
fn taken_part(name: &str, taken: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let dots = name.match_indices('.').map(|(at, _)| at);
    let mut parts = dots.chain([name.len()]).map(|at| name.split_at(at));
    parts.find(|(part, rest)| {
        let stem = part.trim_end_matches('_');
        (rest.is_empty() && is_start_of_key(stem)) || taken(stem)
    })
}

/// Tells whether a name is an object in which a key stands.
fn is_start_of_key(name: &str) -> bool {
    let after = |key: &'static str| key.strip_prefix(name);
    SHAPE
        .taken()
        .filter_map(after)
        .any(|rest| rest.starts_with('.'))
}

pub(super) fn site(site: &Site<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    member("log.level", site.severity.name(), &mut out);
    // The version whose keys these are.
    member("ecs.version", "8.11.0", &mut out);
    member("log.logger", site.logger, &mut out);
    if let Some(file) = site.file {
        member("log.origin.file.name", file, &mut out);
    }
    if let Some(line) = site.line {
        number("log.origin.file.line", line, &mut out);
    }
    out
}

pub(super) fn thread(id: u64, name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    number("process.thread.id", id, &mut out);
    member("process.thread.name", name, &mut out);
    out
}

pub(super) fn process(process: &Process<'_>) -> (Vec<u8>, Vec<u8>) {
    let mut head = Vec::new();
    member("host.name", process.host, &mut head);
    member("process.name", process.name, &mut head);
    number("process.pid", process.id, &mut head);
    (head, Vec::new())
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let LineBuffer { bytes: out, second } = buffer;
    let (level, site) = split(line.site, 1);
    out.extend_from_slice(b"{\"@timestamp\":\"");
    line.time.write_rfc3339_micros(second, out);
    out.extend_from_slice(b"\",");
    out.extend_from_slice(level);
    key("message", out);
    line.write_message(out);
    out.push(b',');
    out.extend_from_slice(site);
    if !line.function.is_empty() {
        text("log.origin.function", line.function, out);
    }
    out.extend_from_slice(&line.process.head);
    out.extend_from_slice(line.thread);
    if let Some(place) = line.place {
        key("trace.id", out);
        place.write_trace_id(out);
        out.push(b',');
    }
    if let Some(failure) = line.failure() {
        key("error.stack_trace", out);
        failure.write_trace(out);
        out.push(b',');
    }
    SHAPE.write_own(line, out);
    line.write_fields(out);
    close(b"}\n", out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::Schema;

    fn stands_in(inner: &str, outer: &str) -> bool {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    proptest! {
        #[test]
        fn names_stay_apart_from_each_other_and_from_all_keys(
            one in "(error|log|level|message|type|_|\\.){1,6}",
            two in "(error|log|level|message|type|_|\\.){1,6}",
        ) {
            let (shown, other) = (Schema::Ecs.field_name(&one), Schema::Ecs.field_name(&two));

            prop_assert_eq!(one == two, shown == other, "{} {}", one, two);
            for key in super::SHAPE.taken() {
                prop_assert!(!stands_in(&shown, key), "{} is {} in {}", one, shown, key);
                prop_assert!(!stands_in(key, &shown), "{} is {} around {}", one, shown, key);
            }
        }
    }

    #[test]
    fn an_underscore_stands_where_a_name_and_a_key_part() {
        for (name, shown) in [
            ("error", "error_"),
            ("error_", "error__"),
            ("error.type", "error.type_"),
            ("error.type.code", "error.type_.code"),
            ("error.code", "error.code"),
            ("log.origin", "log.origin_"),
            ("message.x", "message_.x"),
            ("message_.x", "message__.x"),
            ("http.request.method", "http.request.method"),
            ("reason", "reason_"),
        ] {
            assert_eq!(Schema::Ecs.field_name(name), shown);
        }
    }
}
