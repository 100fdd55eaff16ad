//! What a schema writes, a record reads back and writes again.

#![expect(clippy::unwrap_used, reason = "in a test, what fails should stop it")]

use std::time::Duration;

use proptest::prelude::*;
use tasktrail_record::{
    EndStatus, Failure, Kind, Line, LineBuffer, LineKind, Loss, OpenSpans, Place, Position,
    Process, Record, Schema, Severity, Site, TaskId, TaskLevel, Timestamp, encode, json,
};

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
        any::<String>(),
    );
    let failure = failure.prop_map(
        |(exception, reason, sources, location, backtrace)| Failure {
            exception,
            reason,
            sources,
            location,
            backtrace,
        },
    );
    prop_oneof![
        Just(Said::Start),
        proptest::option::of(failure).prop_map(Said::End),
        any::<(Option<String>, Option<String>)>()
            .prop_map(|(name, text)| Said::Event { name, text }),
    ]
}

/// Names of all kinds, those of the schemas' own keys and near ones among them.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), own_names(),]
}

/// Names that some schema uses, and near ones.
fn own_names() -> impl Strategy<Value = String> {
    const KEYS: &str = "timestamp|task_uuid|task_level|action_type|action_status|message_type\
        |message|log_level|logger|exception|reason|exception_sources|exception_location\
        |exception_backtrace|_exception_backtrace\
        |@timestamp|@version|@fields|@message|@source_host|name|levelname|lineno|created|level\
        |level_value|logger_name|stack_trace|thread_name|ecs|ecs.version|log|log.level|log.origin\
        |error|error.type|error.type.code|error.stack_trace|labels|labels.task_level|trace.id\
        |host|version|short_message|full_message|id|file|line|thread_id|_task_uuid|_id\
        |v|msg|time|hostname|pid|src|err|target|severity|logging.googleapis.com/trace\
        |logging.googleapis.com/labels|timeUnixNano|observedTimeUnixNano|severityNumber|body\
        |attributes|traceId|spanId|eventName|exception.type|code.file.path|thread.id\
        |fields|span|spans|filename|line_number";
    let keys: Vec<&str> = KEYS.split('|').map(str::trim).collect();
    (
        "_{0,1}",
        proptest::sample::select(keys),
        prop_oneof![5 => "_{0,2}", 1 => "[. ]x_?"],
    )
        .prop_map(|(before, key, after)| format!("{before}{key}{after}"))
}

/// The JSON of any value.
fn values() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => any::<String>().prop_map(serde_json::Value::from),
        1 => Just(serde_json::Value::Null),
        1 => any::<bool>().prop_map(serde_json::Value::from),
        1 => any::<i64>().prop_map(serde_json::Value::from),
        1 => any::<u64>().prop_map(serde_json::Value::from),
        1 => (-1e9_f64..1e9).prop_map(serde_json::Value::from),
    ];
    let any_value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            proptest::collection::btree_map(names(), inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    any_value.prop_map(|value| value.to_string())
}

#[derive(Debug, Clone)]
struct Made {
    /// Names and the JSON of their values.
    fields: Vec<(String, String)>,
    said: Said,
    action: String,
    position: Position,
    micros: u64,
}

fn made() -> impl Strategy<Value = Made> {
    let fields = proptest::collection::btree_map(names(), values(), 0..8);
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
    line_of(schema, made, true)
}

/// Renders what was made, with its fields as those of every line, of spans and of the message,
/// one after the other, or all as those of the message; without a place if there is no task.
fn line_of(schema: Schema, made: &Made, has_task: bool) -> Vec<u8> {
    let (mut constants, mut context, mut fields) = (Vec::new(), Vec::new(), Vec::new());
    for (at, (name, value)) in made.fields.iter().enumerate() {
        let write = |out: &mut Vec<u8>| out.extend_from_slice(value.as_bytes());
        let members = match at % 3 {
            0 if !has_task => &mut constants,
            1 if !has_task => &mut context,
            _ => &mut fields,
        };
        schema.write_field(name, write, members);
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
    let mut spans = OpenSpans::default();
    spans.enter(b"outer", b"\"id\":7,");
    spans.enter(&action, b"");
    let mut buffer = LineBuffer::default();
    schema.write(
        &Line {
            time: Timestamp::from_epoch(Duration::from_micros(made.micros)),
            place: has_task.then_some(Place {
                task_uuid: &uuid,
                action: &Place::action_text(&parent),
                number: *made.position.level().numbers().last().unwrap(),
                span_id: made.micros.is_multiple_of(2).then_some(made.micros),
            }),
            kind,
            site: &site,
            thread: &schema.thread(3, "main"),
            process: &process,
            function: &action,
            constants: &constants,
            context: &context,
            fields: &fields,
            spans: Some(&spans),
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
            let (name, text) = (name.as_deref(), text.as_deref());
            let not_empty = |text: &&str| !text.is_empty();
            let message_type = match schema {
                Schema::Eliot => name.or(text).or(Some("a")),
                // Graylog refuses an empty text.
                Schema::Gelf => text
                    .filter(not_empty)
                    .or(name.filter(not_empty))
                    .or(Some("a")),
                Schema::Tracing => text,
                _ => text.or(name).or(Some("a")),
            };
            let message_type = message_type.map(str::to_owned);
            (Kind::Message { message_type }, level.clone())
        }
    };
    (kind, Position::new(made.position.task(), level))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_record_of_any_line_reads_back_as_the_same_record(line in foreign_lines()) {
        let Ok(record) = Record::parse(line.as_bytes()) else {
            return Ok(());
        };
        let mut again = Vec::new();
        record.write(&mut again);

        let text = String::from_utf8(again).unwrap();
        let read = Record::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(read.schema(), record.schema(), "{}", text);
        prop_assert_eq!((read.task(), read.level()), (record.task(), record.level()));
        prop_assert_eq!(read.kind(), record.kind(), "{}", text);
        prop_assert_eq!(read.timestamp(), record.timestamp());
        prop_assert_eq!(sorted(read.fields()), sorted(record.fields()), "{}", text);
        prop_assert_eq!(sorted(read.attributes()), sorted(record.attributes()), "{}", text);
        prop_assert_eq!(read.repeated_keys(), 0, "{}", text);
    }

    #[test]
    fn a_record_of_any_line_is_a_record_in_each_schema(line in foreign_lines()) {
        let Ok(record) = Record::parse(line.as_bytes()) else {
            return Ok(());
        };
        for schema in Schema::ALL {
            let mut out = Vec::new();
            let losses = record.write_as(schema, &mut out);

            let text = String::from_utf8(out).unwrap();
            if losses.contains(&Loss::NoTask) {
                continue;
            }
            let read = Record::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(read.schema(), schema, "{}\n{}", line, text);
            prop_assert_eq!(read.repeated_keys(), 0, "{}\n{}", line, text);
            prop_assert_eq!(read.level(), record.level(), "{}", text);
            if !losses.contains(&Loss::TaskName) {
                prop_assert_eq!(read.task(), record.task(), "{}", text);
            }
            let what = |kind: &Kind| match kind {
                Kind::Message { .. } => None,
                other => Some(other.clone()),
            };
            prop_assert_eq!(what(read.kind()), what(record.kind()), "{}", text);
        }
    }
}

proptest! {
    #[test]
    fn a_line_reads_back_as_what_was_said_and_is_written_again_to_the_byte(mut made in made()) {
        if let Said::Start = made.said {
            let first = made.position.level().parent().unwrap().child(1);
            made.position = Position::new(made.position.task(), first);
        }
        for schema in Schema::ALL {
            let line = line(schema, &made);

            let record = Record::parse(&line).unwrap();

            let (kind, position) = expected(schema, &made);
            let line = String::from_utf8(line).unwrap();
            prop_assert_eq!(record.schema(), schema, "{}", line);
            prop_assert_eq!(record.kind(), &kind);
            prop_assert_eq!(record.position(), Some(position));
            let micros = record.seconds().unwrap() * 1e6;
            prop_assert!((micros - made.micros as f64).abs() < 1.0);
            for (name, value) in &made.fields {
                check_field(schema, &record, name, value)?;
            }
            check_failure(schema, &record, &made)?;
            let mut again = Vec::new();
            record.write(&mut again);
            prop_assert_eq!(String::from_utf8(again).unwrap(), line.as_str());
        }
    }

    #[test]
    fn a_line_is_one_json_object_without_a_repeated_key_at_any_depth(mut made in made()) {
        if let Said::Start = made.said {
            let first = made.position.level().parent().unwrap().child(1);
            made.position = Position::new(made.position.task(), first);
        }
        for (schema, has_task) in Schema::ALL.into_iter().flat_map(|s| [(s, true), (s, false)]) {
            let line = String::from_utf8(line_of(schema, &made, has_task)).unwrap();

            let serde: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert!(serde.is_object());
            // The reader of records counts the repeats in objects of all depths. It takes no line
            // of Eliot's without a task.
            if has_task || schema != Schema::Eliot {
                let record = Record::parse(line.as_bytes()).unwrap();
                prop_assert_eq!(record.schema(), schema, "{}", line);
                prop_assert_eq!(record.repeated_keys(), 0, "{}", line);
                prop_assert_eq!(record.task().is_some(), has_task);
            }
            prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
            match schema {
                Schema::Gelf => check_gelf(&serde)?,
                Schema::Ecs => check_ecs(&serde, &made)?,
                Schema::OpenTelemetry => check_attributes(&serde)?,
                _ => {}
            }
        }
    }
}

/// Lines of any program: the keys of one schema, each with a fit value or any other, and more.
fn foreign_lines() -> impl Strategy<Value = String> {
    let entries = || proptest::collection::btree_map(own_names(), values(), 0..6);
    let line =
        any::<proptest::sample::Selector>().prop_map(|selector| selector.select(Schema::ALL));
    (line, entries(), entries(), any::<bool>(), any::<u64>()).prop_map(
        |(schema, around, within, has_task, left_out)| {
            let plain = Made {
                fields: within.into_iter().collect(),
                said: Said::End(Some(Failure::default())),
                action: "order".to_owned(),
                position: "192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/1".parse().unwrap(),
                micros: 1_700_000_000_000_000,
            };
            let line = line_of(schema, &plain, has_task);
            let serde: serde_json::Value = serde_json::from_slice(&line).unwrap();
            let mut entries = serde.as_object().unwrap().clone();
            let mut bit = 0;
            // Now and then a key is missing.
            entries.retain(|_, _| {
                bit += 1;
                left_out.rotate_right(bit) & 7 != 0
            });
            for (name, value) in around {
                entries.insert(name, serde_json::from_str(&value).unwrap());
            }
            serde_json::Value::Object(entries).to_string()
        },
    )
}

/// Gives the entries without their order.
fn sorted(entries: &[(String, json::Value)]) -> Vec<String> {
    let mut texts: Vec<_> = entries.iter().map(|entry| format!("{entry:?}")).collect();
    texts.sort_unstable();
    texts
}

/// Checks that a field is read back under its name, with its value as far as the schema holds it.
fn check_field(
    schema: Schema,
    record: &Record,
    name: &str,
    value: &str,
) -> Result<(), TestCaseError> {
    let read = match schema {
        // Its names are read back without what GELF asks for.
        Schema::Gelf => {
            let letters = |name: &str| schema.field_name(name).len();
            let is_changed = letters(name) == letters(&format!("{name}z"));
            record.field(&format!("{name}{}", if is_changed { "_" } else { "" }))
        }
        _ => record.field(&schema.field_name(name)),
    };
    let original = json::Value::parse(value).unwrap();
    let expected = match (schema, original) {
        (Schema::Gelf, text @ (json::Value::String(_) | json::Value::Number(_))) => text,
        (Schema::Gelf, _) => json::Value::String(value.to_owned()),
        (Schema::OpenTelemetry, original) => in_63_bits(original),
        (_, original) => original,
    };
    prop_assert_eq!(read, Some(&expected), "{} in {}", name, schema);
    Ok(())
}

/// Makes texts of the integers that OpenTelemetry has no type for.
fn in_63_bits(value: json::Value) -> json::Value {
    match value {
        json::Value::Number(number) if number.as_u64() > Some(i64::MAX as u64) => {
            json::Value::String(number.to_string())
        }
        json::Value::Array(items) => {
            json::Value::Array(items.into_iter().map(in_63_bits).collect())
        }
        json::Value::Object(entries) => json::Value::Object(
            entries
                .into_iter()
                .map(|(key, value)| (key, in_63_bits(value)))
                .collect(),
        ),
        other => other,
    }
}

/// Checks that a record has the same fields for a failure whatever its schema calls them.
fn check_failure(schema: Schema, record: &Record, made: &Made) -> Result<(), TestCaseError> {
    let Said::End(Some(failure)) = &made.said else {
        return Ok(());
    };
    let text = |text: &String| json::Value::String(text.clone());
    let lines = format!("{}: {}\n", failure.exception, failure.reason);
    let exception = match schema {
        Schema::LogstashV0 | Schema::LogstashV1 => json::Value::Array(vec![text(&lines)]),
        _ => text(&failure.exception),
    };
    let sources = json::Value::Array(failure.sources.iter().map(text).collect());
    prop_assert_eq!(record.field("exception"), Some(&exception));
    prop_assert_eq!(record.field("reason"), Some(&text(&failure.reason)));
    let expected = (!failure.sources.is_empty()).then_some(&sources);
    prop_assert_eq!(record.field("exception_sources"), expected);
    let location = text(&failure.location);
    let expected = (!failure.location.is_empty()).then_some(&location);
    prop_assert_eq!(record.field("exception_location"), expected);
    let backtrace = text(&failure.backtrace);
    let has_key = matches!(
        schema,
        Schema::Eliot | Schema::LogstashV0 | Schema::LogstashV1 | Schema::Tracing
    );
    let expected = (has_key && !failure.backtrace.is_empty()).then_some(&backtrace);
    prop_assert_eq!(record.field("exception_backtrace"), expected);
    Ok(())
}

/// Checks that a name has GELF's characters alone, and that a field is a text or a number.
fn check_gelf(line: &serde_json::Value) -> Result<(), TestCaseError> {
    for (name, value) in line.as_object().unwrap() {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        prop_assert!(name.bytes().all(is_allowed), "{}", name);
        prop_assert!(
            value.is_string() || value.is_number(),
            "{}: {}",
            name,
            value
        );
    }
    prop_assert!(line.get("_id").is_none());
    prop_assert_ne!(&line["short_message"], "");
    Ok(())
}

/// Checks that no key of the schema stands in a field, nor a field in a key.
fn check_ecs(line: &serde_json::Value, made: &Made) -> Result<(), TestCaseError> {
    let fields: Vec<_> = made
        .fields
        .iter()
        .map(|(name, _)| Schema::Ecs.field_name(name))
        .collect();
    let (of_user, own): (Vec<_>, Vec<_>) = line
        .as_object()
        .unwrap()
        .keys()
        .partition(|key| fields.iter().any(|field| field == *key));
    let stands_in = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    for field in of_user {
        for key in &own {
            prop_assert!(!stands_in(field, key), "{} in {}", field, key);
            prop_assert!(!stands_in(key, field), "{} in {}", key, field);
        }
    }
    Ok(())
}

/// Checks that no attribute stands twice in the list.
fn check_attributes(line: &serde_json::Value) -> Result<(), TestCaseError> {
    let attributes = line["attributes"].as_array().unwrap();
    let mut names = std::collections::HashSet::new();
    for attribute in attributes {
        let name = attribute["key"].as_str().unwrap();
        prop_assert!(names.insert(name), "{} stands twice", name);
        prop_assert!(attribute["value"].as_object().unwrap().len() <= 1);
    }
    Ok(())
}

#[test]
fn no_fields_make_a_line_look_like_one_of_another_schema() {
    let plain = Made {
        fields: Vec::new(),
        said: Said::Event {
            name: Some("bill".to_owned()),
            text: Some("sent".to_owned()),
        },
        action: "order".to_owned(),
        position: "192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/1".parse().unwrap(),
        micros: 1_700_000_000_000_000,
    };
    for mimicked in Schema::ALL {
        // All that stands on a line of the one, as fields of the other.
        let line = line(mimicked, &plain);
        let serde: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let fields = serde.as_object().unwrap().iter();
        let fields = fields.map(|(name, value)| (name.clone(), value.to_string()));
        let mimic = Made {
            fields: fields.collect(),
            ..plain.clone()
        };
        for (schema, has_task) in Schema::ALL
            .into_iter()
            .flat_map(|s| [(s, true), (s, false)])
        {
            // A line of Eliot's without a task is no record.
            if schema == Schema::Eliot && !has_task {
                continue;
            }
            let line = line_of(schema, &mimic, has_task);

            let record = Record::parse(&line).unwrap();

            let line = String::from_utf8(line).unwrap();
            assert_eq!(record.schema(), schema, "{mimicked} in {line}");
            assert_eq!(record.repeated_keys(), 0, "{mimicked} in {line}");
            assert_eq!(record.task().is_some(), has_task, "{mimicked} in {line}");
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
        "logstash/v0.jsonl",
        "logstash/v0_defaults.jsonl",
        "logstash/v0_overrides.jsonl",
        "logstash/v0_after_standard_formatter.jsonl",
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
