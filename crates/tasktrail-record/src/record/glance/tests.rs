use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::record::keys::Key;
use crate::{
    Failure, Line, LineBuffer, LineKind, OpenSpans, Place, Process, Severity, Site, Timestamp,
    encode,
};

const ID: &str = "192f76ea-915e-4131-95dc-da28c6bcdbb5";

/// Says what the full reader says.
fn full(line: &[u8]) -> Result<Glance<'_>, ParseRecordError> {
    Record::parse(line).map(Glance::of_record)
}

#[track_caller]
fn assert_same(line: &[u8]) {
    assert_eq!(
        Glance::parse(line),
        full(line),
        "{}",
        String::from_utf8_lossy(line)
    );
}

/// What a line may say, of which each schema makes its own.
#[derive(Debug, Clone)]
struct Said {
    action: Vec<u64>,
    number: u64,
    in_task: bool,
    span_id: Option<u64>,
    kind: u8,
    message: String,
    fields: Vec<(String, String)>,
}

fn said() -> impl Strategy<Value = Said> {
    let name = "[a-z@_.]{1,8}|timestamp|version|task_uuid|task_level|fields|severity|.{0,3}";
    let fields = proptest::collection::vec((name, ".{0,20}"), 0..5);
    let action = proptest::collection::vec(1_u64..12, 0..4);
    (
        action,
        1..=u64::MAX,
        any::<bool>(),
        proptest::option::of(1_u64..),
        0_u8..4,
        ".{0,20}",
        fields,
    )
        .prop_map(
            |(action, number, in_task, span_id, kind, message, fields)| Said {
                action,
                number: if kind == 0 { 1 } else { number },
                in_task,
                span_id,
                kind,
                message,
                fields,
            },
        )
}

fn line(schema: Schema, said: &Said) -> Vec<u8> {
    let mut fields = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for (name, value) in &said.fields {
        let name = schema.field_name(name);
        if names.insert(name.clone()) {
            schema.write_field(&name, |out| encode::string(value, out), &mut fields);
        }
    }
    let mut message = Vec::new();
    encode::escaped(&said.message, &mut message);
    let failure = Failure::default();
    let level = TaskLevel::from_numbers(&said.action).unwrap();
    let action = Place::action_text(&level);
    let mut spans = OpenSpans::default();
    spans.enter(b"order", b"");
    let site = Site {
        severity: Severity::Info,
        logger: "shop",
        file: Some("src/shop.rs"),
        line: Some(7),
        module: None,
    };
    let process = Process {
        host: "host",
        name: "shop",
        id: 1,
        started: Timestamp::from_epoch(Duration::ZERO),
    };
    let mut buffer = LineBuffer::default();
    schema.write(
        &Line {
            time: Timestamp::from_epoch(Duration::from_nanos(1_700_000_000_250_000_000)),
            place: said.in_task.then_some(Place {
                task_uuid: ID,
                action: &action,
                number: said.number,
                span_id: said.span_id,
            }),
            kind: match said.kind {
                0 => LineKind::Start { action: b"order" },
                1 => LineKind::End {
                    action: b"order",
                    failure: None,
                },
                2 => LineKind::End {
                    action: b"order",
                    failure: Some(&failure),
                },
                _ => LineKind::Event {
                    name: None,
                    message: Some(&message),
                    fallback: b"shop",
                },
            },
            site: &schema.site(&site),
            thread: &schema.thread(1, "main"),
            process: &schema.process(process),
            function: b"order",
            constants: b"",
            context: b"",
            fields: &fields,
            spans: Some(&spans),
        },
        &mut buffer,
    );
    buffer.line().to_vec()
}

const KEYS: &[&str] = &[
    "task_uuid",
    "task_level",
    "action_type",
    "action_status",
    "message_type",
    "timestamp",
    "@timestamp",
    "@version",
    "@fields",
    "fields",
    "level",
    "levelname",
    "level_value",
    "ecs.version",
    "version",
    "host",
    "pid",
    "short_message",
    "_task_uuid",
    "_task_level",
    "_action_type",
    "_action_status",
    "_x",
    "labels.task_level",
    "labels.action_type",
    "labels.action_status",
    "trace.id",
    "severity",
    "time",
    "v",
    "name",
    "hostname",
    "msg",
    "logging.googleapis.com/trace",
    "target",
    "body",
    "attributes",
    "timeUnixNano",
    "traceId",
    "x",
    r"task_\u0075uid",
];

const VALUES: &[&str] = &[
    "1",
    "[1]",
    "[2, 1]",
    "[0]",
    "[]",
    "[01]",
    "[1.0]",
    "[18446744073709551616]",
    "null",
    "true",
    "NaN",
    "-Infinity",
    "+1",
    "01",
    "1.",
    "-",
    "1e5",
    r#""started""#,
    r#""failed""#,
    r#""done""#,
    r#""/2/1""#,
    r#""/1""#,
    r#""/""#,
    r#""2""#,
    r#""""#,
    "{}",
    r#""192f76ea-915e-4131-95dc-da28c6bcdbb5""#,
    r#""192F76EA-915E-4131-95DC-DA28C6BCDBB5""#,
    r#""192f76ea915e413195dcda28c6bcdbb5""#,
    r#""t""#,
    r#""\n""#,
    r#""é""#,
    r#"[{"key":"task_level","value":{"stringValue":"/1"}}]"#,
    r#"[{"key":"task_level","value":{"stringValue":"/2"}},{"key":"action_type","value":{"stringValue":"\n"}}]"#,
    r#"[{"key":"task_level","value":{"stringValue":"/2"}},{"value":{"stringValue":"/3"},"key":"task_level"}]"#,
    r#"[{"key":"task_level","value":{"stringValue":"/1"},"more":1},{"key":"action_type","value":{"intValue":"7"}}]"#,
    r#"[{"key":"action_type","value":{"stringValue":"a"}},{"key":"action_status","value":{"stringValue":"started"}},{"key":"task_level","value":{"stringValue":"/1"}}]"#,
    r#"[{"key":"task_level","value":{"stringValue":"/1","intValue":"1"}}]"#,
    r#"[{"key":"task_level","value":{"intValue":"1","stringValue":"/1"}}, 1]"#,
    r#"[{"key":"x","value":{"arrayValue":{"values":[]}}}, {"key":"task_level","value":"/1"} ]"#,
    r#"{"task_level":[2],"task_uuid":"t"}"#,
    r#"{"task_level":[1],"task_uuid":"t","action_type":"a","action_status":"started"}"#,
];

/// Keys that make a line one of OpenTelemetry's.
const OPEN_TELEMETRY: &[&str] = &[
    "timeUnixNano",
    "traceId",
    "attributes",
    "attributes",
    "body",
];

proptest! {
    #[test]
    fn a_glance_at_any_attributes_says_what_their_record_says(
        members in proptest::collection::vec(
            (prop::sample::select(OPEN_TELEMETRY), prop::sample::select(VALUES)),
            2..6,
        ),
    ) {
        let members: Vec<String> =
            members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();

        assert_same(format!("{{{}}}", members.join(",")).as_bytes());
    }

    #[test]
    fn a_glance_at_a_line_of_any_schema_says_what_its_record_says(said in said()) {
        for schema in Schema::ALL {
            let line = line(schema, &said);
            prop_assert_eq!(Glance::parse(&line), full(&line), "{}", schema);

            // A key with an escape could be any.
            let is_plain = |(name, _): &(String, String)| {
                !name.contains(|char| matches!(char, '"' | '\\') || char.is_control())
            };
            let is_read = (said.in_task || schema != Schema::Eliot)
                && said.fields.iter().all(is_plain)
                // Such a field of OpenTelemetry's may be one of the words.
                && (schema != Schema::OpenTelemetry
                    || said.fields.iter().all(|(name, _)| Key::find(name).is_none()));
            let quick = Glance::quick(&line).map(|glance| glance.schema);
            if is_read {
                prop_assert_eq!(quick, Some(schema), "{}", String::from_utf8_lossy(&line));
            }
        }
    }

    #[test]
    fn a_glance_at_a_damaged_line_says_what_its_record_says(
        said in said(),
        schema in 0_usize..10,
        places in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..3, any::<u8>()), 1..4),
        bytes in "[]{}\":,\\\\0-9eE+. \ttruefalsn/u]{1,4}",
    ) {
        let mut line = line(Schema::ALL[schema], &said);
        for (place, how, byte) in places {
            let at = place.index(line.len());
            match how {
                0 => line.truncate(at.max(1)),
                1 => line[at] = byte,
                _ => {
                    line.splice(at..at, bytes.bytes());
                }
            }
        }

        assert_same(&line);
    }

    #[test]
    fn a_glance_at_any_members_says_what_their_record_says(
        members in proptest::collection::vec(
            (prop::sample::select(KEYS), prop::sample::select(VALUES)),
            0..9,
        ),
        space in "[ \t\r\n]{0,2}",
    ) {
        let members: Vec<String> = members
            .into_iter()
            .map(|(key, value)| format!("{space}\"{key}\"{space}:{space}{value}"))
            .collect();

        assert_same(format!("{space}{{{}{space}}}{space}", members.join(",")).as_bytes());
    }

    #[test]
    fn a_glance_at_any_bytes_says_what_their_record_says(bytes in any::<Vec<u8>>()) {
        assert_same(&bytes);
    }
}

#[test]
fn a_glance_at_a_line_with_any_member_more_says_what_its_record_says() {
    for (schema, kind) in Schema::ALL
        .into_iter()
        .flat_map(|schema| [(schema, 0), (schema, 3)])
    {
        let said = Said {
            action: vec![],
            number: 1,
            in_task: true,
            span_id: None,
            kind,
            message: "paid".to_owned(),
            fields: vec![],
        };
        let line = String::from_utf8(line(schema, &said)).unwrap();
        let object = line.trim_end().strip_suffix('}').unwrap();
        let opening = match schema {
            Schema::Tracing => "\"fields\":{",
            Schema::LogstashV0 => "\"@fields\":{",
            Schema::OpenTelemetry => "\"attributes\":[",
            _ => "{",
        };
        let (before, after) = object.split_once(opening).unwrap();
        for (key, value) in KEYS
            .iter()
            .flat_map(|key| VALUES.iter().map(move |value| (key, value)))
        {
            let member = match schema {
                Schema::OpenTelemetry => {
                    format!(r#"{{"key":"{key}","value":{{"stringValue":{value}}}}}"#)
                }
                _ => format!(r#""{key}":{value}"#),
            };
            assert_same(format!("{before}{opening}{member},{after}}}").as_bytes());
            assert_same(format!("{object},\"{key}\":{value}}}").as_bytes());
        }
    }
}

#[test]
fn depths_that_only_the_full_reader_goes_to_are_read() {
    for depth in [1, 62, 63, 64, 65, 127, 128, 500] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        assert_same(
            format!(r#"{{"task_uuid":"t","task_level":[1],"x":{open}{close}}}"#).as_bytes(),
        );
    }
}

#[test]
fn an_id_in_another_spelling_is_another_task_where_the_full_reader_says_so() {
    let upper = ID.to_uppercase();
    for name in [ID, &upper, &ID.replace('-', ""), "", "t"] {
        assert_same(format!(r#"{{"task_uuid":"{name}","task_level":[1]}}"#).as_bytes());
        assert_same(
            format!(
                r#"{{"@timestamp":"","ecs.version":"","trace.id":"{name}","labels.task_level":"/1"}}"#
            )
            .as_bytes(),
        );
    }
}
