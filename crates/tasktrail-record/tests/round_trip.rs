//! What a schema writes, a record reads back and writes again.

#![expect(clippy::unwrap_used, reason = "in a test, what fails should stop it")]

use std::time::Duration;

use proptest::prelude::*;
use tasktrail_record::{
    EndStatus, Failure, Kind, Line, LineBuffer, LineKind, Place, Position, Process, Record, Schema,
    Severity, Site, TaskId, TaskLevel, Timestamp, encode, json,
};

const SCHEMAS: [Schema; 2] = [Schema::Eliot, Schema::LogstashV1];

#[derive(Debug, Clone)]
enum Said {
    Start,
    End(Option<Failure>),
    Event {
        name: Option<String>,
        text: Option<String>,
    },
}

fn said() -> impl Strategy<Value = Said> {
    let failure = (
        any::<String>(),
        any::<String>(),
        any::<Vec<String>>(),
        any::<String>(),
    );
    let failure = failure.prop_map(|(exception, reason, sources, location)| Failure {
        exception,
        reason,
        sources,
        location,
    });
    prop_oneof![
        Just(Said::Start),
        proptest::option::of(failure).prop_map(Said::End),
        any::<(Option<String>, Option<String>)>()
            .prop_map(|(name, text)| Said::Event { name, text }),
    ]
}

/// Names of all kinds, those of the schemas' own keys and near ones among them.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(timestamp|task_uuid|task_level|action_type|action_status|message_type|message|log_level\
         |logger|exception|reason|exception_sources|@timestamp|@version|name|lineno|created)_{0,2}",
    ]
}

#[derive(Debug, Clone)]
struct Made {
    fields: Vec<(String, String)>,
    said: Said,
    action: String,
    position: Position,
    micros: u64,
}

fn made() -> impl Strategy<Value = Made> {
    let fields = proptest::collection::btree_map(names(), any::<String>(), 0..8);
    let level = proptest::collection::vec(1_u64.., 1..6);
    (
        fields,
        said(),
        any::<String>(),
        1_u128..,
        level,
        0_u64..4_000_000_000_000_000,
    )
        .prop_map(|(fields, said, action, bits, level, micros)| Made {
            fields: fields.into_iter().collect(),
            said,
            action,
            position: Position::new(
                TaskId::from_bits(bits).unwrap(),
                TaskLevel::from_numbers(&level).unwrap(),
            ),
            micros,
        })
}

fn escaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    encode::escaped(text, &mut out);
    out
}

/// Renders what was made, as the JSON layer does.
fn line(schema: Schema, made: &Made) -> Vec<u8> {
    let mut fields = Vec::new();
    for (name, value) in &made.fields {
        encode::string(&schema.field_name(name), &mut fields);
        fields.push(b':');
        encode::string(value, &mut fields);
        fields.push(b',');
    }
    let site = schema.site(&Site {
        severity: Severity::Warn,
        logger: "a\"logger",
        file: Some("src/a.rs"),
        line: Some(7),
        module: Some("a::b"),
    });
    let process = schema.process(Process {
        host: "host",
        name: "program",
        id: 1,
        started: Timestamp::from_epoch(Duration::ZERO),
    });
    let action = escaped(&made.action);
    let (name, text, failure);
    let kind = match &made.said {
        Said::Start => LineKind::Start { action: &action },
        Said::End(why) => {
            failure = why.clone();
            LineKind::End {
                action: &action,
                failure: failure.as_ref(),
            }
        }
        Said::Event {
            name: its_name,
            text: its_text,
        } => {
            name = its_name.as_deref().map(escaped);
            text = its_text.as_deref().map(escaped);
            LineKind::Event {
                name: name.as_deref(),
                message: text.as_deref(),
                fallback: b"a",
            }
        }
    };
    let uuid = made.position.task().to_string();
    let parent = made.position.level().parent().unwrap();
    let mut buffer = LineBuffer::default();
    schema.write(
        &Line {
            time: Timestamp::from_epoch(Duration::from_micros(made.micros)),
            place: Some(Place {
                task_uuid: &uuid,
                action: &Place::action_text(&parent),
                number: *made.position.level().numbers().last().unwrap(),
            }),
            kind,
            site: &site,
            thread: &schema.thread(3, "main"),
            process: &process,
            function: &action,
            constants: b"",
            context: b"",
            fields: &fields,
        },
        &mut buffer,
    );
    buffer.line().to_vec()
}

/// Gives the kind and level that must come out of what was made.
fn expected(schema: Schema, made: &Made) -> (Kind, Position) {
    let level = made.position.level();
    let (kind, level) = match &made.said {
        Said::Start => {
            // A start is always the first message of its action.
            let first = level.parent().unwrap().child(1);
            (
                Kind::Start {
                    action_type: made.action.clone(),
                },
                first,
            )
        }
        Said::End(failure) => {
            let status = match failure {
                Some(_) => EndStatus::Failed,
                None => EndStatus::Succeeded,
            };
            (
                Kind::End {
                    action_type: made.action.clone(),
                    status,
                },
                level.clone(),
            )
        }
        Said::Event { name, text } => {
            let known = match schema {
                Schema::Eliot => name.as_ref().or(text.as_ref()),
                _ => text.as_ref().or(name.as_ref()),
            };
            let message_type = Some(known.map_or("a", |text| text).to_owned());
            (Kind::Message { message_type }, level.clone())
        }
    };
    (kind, Position::new(made.position.task(), level))
}

proptest! {
    #[test]
    fn a_line_reads_back_as_what_was_said_and_is_written_again_to_the_byte(mut made in made()) {
        if let Said::Start = made.said {
            let first = made.position.level().parent().unwrap().child(1);
            made.position = Position::new(made.position.task(), first);
        }
        for schema in SCHEMAS {
            let line = line(schema, &made);

            let record = Record::parse(&line).unwrap();

            let (kind, position) = expected(schema, &made);
            prop_assert_eq!(record.schema(), schema);
            prop_assert_eq!(record.repeated_keys(), 0);
            prop_assert_eq!(record.kind(), &kind);
            prop_assert_eq!(record.position(), Some(position));
            let micros = record.seconds().unwrap() * 1e6;
            prop_assert!((micros - made.micros as f64).abs() < 1.0);
            for (name, value) in &made.fields {
                let name = schema.field_name(name);
                prop_assert_eq!(record.field(&name), Some(&json::Value::String(value.clone())));
            }
            let mut again = Vec::new();
            record.write(&mut again);
            prop_assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(line.clone()).unwrap());
            let serde: serde_json::Value = serde_json::from_slice(&line).unwrap();
            prop_assert!(serde.is_object());
        }
    }
}

#[test]
fn what_the_originals_wrote_is_written_again_with_the_same_values() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance");
    let logs = [
        "eliot/nested_actions.log",
        "eliot/failed_action.log",
        "eliot/encoding.log",
        "eliot/buffered.log",
        "logstash/v1.jsonl",
        "logstash/v1_defaults.jsonl",
    ];
    for log in logs {
        let lines = std::fs::read(format!("{folder}/{log}")).unwrap();
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            let mut again = Vec::new();
            Record::parse(line).unwrap().write(&mut again);

            // The reader of another library knows nothing of the order of keys.
            let read: serde_json::Value = serde_json::from_slice(&again).unwrap();
            let original: serde_json::Value = serde_json::from_slice(line).unwrap();
            assert_eq!(read, original, "{log}");
        }
    }
}
