//! A record says in each schema what its line said.

#![expect(clippy::unwrap_used, reason = "in a test, what fails should stop it")]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tasktrail_record::json::Value;
use tasktrail_record::{Loss, Record, Schema};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests")
}

fn golden(schema: Schema) -> Vec<String> {
    let file = tests().join(format!("golden/schemas/{schema}.jsonl"));
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn written(line: &str, schema: Schema) -> (String, Vec<Loss>) {
    let mut out = Vec::new();
    let losses = Record::parse(line.as_bytes())
        .unwrap()
        .write_as(schema, &mut out);
    let mut text = String::from_utf8(out).unwrap();
    assert_eq!(text.pop(), Some('\n'));
    (text, losses)
}

#[test]
fn what_a_layer_writes_in_one_schema_becomes_what_it_writes_in_another() {
    let alike = [Schema::Ecs, Schema::Gelf, Schema::OpenTelemetry];
    for (from, to) in alike
        .into_iter()
        .flat_map(|from| alike.map(|to| (from, to)))
    {
        for (line, expected) in golden(from).iter().zip(golden(to)) {
            let (seen, losses) = written(line, to);

            // GELF has the sources of an error as a text by its own rules: nothing is lost.
            assert_eq!((seen, losses), (expected, vec![]), "{from} to {to}");
        }
    }
}

#[test]
fn what_has_no_key_is_a_field_and_told() {
    let [_, event, _] = &golden(Schema::Ecs)[..] else {
        unreachable!()
    };

    let (seen, losses) = written(event, Schema::Logback);

    assert_eq!(
        seen,
        "{\"@timestamp\":\"2026-11-22T14:10:03.911798Z\",\"@version\":\"1\",\"message\":\"packed\",\
         \"thread_name\":\"main\",\"logger_name\":\"shop::packing\",\"level\":\"INFO\",\"level_value\":20000,\
         \"task_uuid\":\"e2f19600-4c2a-456f-a6a6-597acd3b9637\",\"task_level\":[2],\
         \"service\":\"shop\",\"id\":17,\"boxes\":1,\
         \"log.origin.file.name\":\"src/packing.rs\",\"log.origin.file.line\":14,\
         \"log.origin.function\":\"order\",\"host.name\":\"till-3\",\"process.name\":\"shop\",\
         \"process.pid\":4711,\"process.thread.id\":1}"
    );
    let keys = [
        "host.name",
        "log.origin.file.line",
        "log.origin.file.name",
        "log.origin.function",
        "process.name",
        "process.pid",
        "process.thread.id",
    ];
    assert_eq!(losses, keys.map(|key| Loss::Key(key.to_owned())));
}

#[test]
fn each_thing_that_can_t_be_carried_is_told() {
    let place = r#""task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[2]"#;
    for (schema, fields, loss) in [
        (
            Schema::Gelf,
            r#""log_level":"INFO","timestamp":1.5,"message_type":"m","a":{"b":1}"#,
            Loss::Value,
        ),
        (
            Schema::Gelf,
            r#""log_level":"TRACE","timestamp":1.5,"message_type":"m""#,
            Loss::Severity,
        ),
        (
            Schema::Gelf,
            r#""log_level":"CRITICAL","timestamp":1.5,"message_type":"m""#,
            Loss::Severity,
        ),
        (
            Schema::Ecs,
            r#""timestamp":1.5,"message_type":"m""#,
            Loss::NoSeverity,
        ),
        (
            Schema::Ecs,
            r#""log_level":"INFO","message_type":"m""#,
            Loss::NoTime,
        ),
        (
            Schema::Ecs,
            r#""log_level":"INFO","timestamp":1.0000000005,"message_type":"m""#,
            Loss::FineTime,
        ),
        (
            Schema::Ecs,
            r#""log_level":"INFO","timestamp":1.5"#,
            Loss::NoText,
        ),
        (
            Schema::Ecs,
            r#""log_level":"INFO","timestamp":1.5,"message_type":"m","n":NaN"#,
            Loss::NotANumber,
        ),
        (
            Schema::Ecs,
            r#""log_level":"INFO","timestamp":1.5,"message_type":"m","n":1,"n":2"#,
            Loss::RepeatedKey,
        ),
        (
            Schema::OpenTelemetry,
            r#""log_level":"INFO","timestamp":1.5,"message_type":"m","n":[9223372036854775808]"#,
            Loss::Integer,
        ),
    ] {
        let (_, losses) = written(&format!("{{{fields},{place}}}"), schema);
        assert_eq!(losses, [loss], "{fields} in {schema}");
    }
    let no_task = r#"{"@timestamp":"1970-01-01T00:00:01.500Z","@version":1,"levelname":"INFO","message":"m"}"#;
    assert_eq!(written(no_task, Schema::Eliot).1, [Loss::NoTask]);
    let plain = r#"{"log_level":"INFO","timestamp":1.5,"task_uuid":"192f76ea915e413195dcda28c6bcdbb5","task_level":[2],"message_type":"m"}"#;
    assert_eq!(written(plain, Schema::Ecs).1, [Loss::TaskName]);
}

#[test]
fn an_underscore_that_one_schema_added_is_gone_in_another() {
    let line = r#"{"message_":"a","timestamp_":"b","order_":"c","log_level":"INFO","timestamp":1.5,"task_uuid":"t","task_level":[2],"message_type":"m"}"#;

    let (seen, losses) = written(line, Schema::Ecs);

    // `message` is a key there as well.
    assert!(
        seen.ends_with(r#""message_":"a","timestamp":"b","order_":"c"}"#),
        "{seen}"
    );
    assert_eq!(losses, []);
}

#[test]
fn the_severity_of_another_program_is_known_by_its_name_or_the_nearest_stands() {
    let ecs = |level: &str| {
        format!(
            r#"{{"@timestamp":"2026-11-22T14:10:03Z","ecs.version":"8.11.0","log.level":"{level}","message":"m"}}"#
        )
    };
    for (level, bunyan, losses) in [
        ("warning", 40, &[][..]),
        ("Info", 30, &[]),
        ("critical", 50, &[Loss::Severity]),
        ("notice", 30, &[Loss::Severity]),
    ] {
        let (seen, told) = written(&ecs(level), Schema::Bunyan);

        assert!(seen.contains(&format!(r#""level":{bunyan},"#)), "{seen}");
        assert_eq!(told, losses, "{level}");
    }
    let (seen, told) = written(&ecs("loud"), Schema::Bunyan);
    assert!(
        seen.contains(r#""level":30,"#) && seen.contains(r#""log.level":"loud""#),
        "{seen}"
    );
    assert_eq!(told, [Loss::Key("log.level".to_owned()), Loss::NoSeverity]);
}

/// All lines that the originals and our layers wrote.
fn all_lines() -> Vec<String> {
    let mut lines: Vec<String> = Schema::ALL.into_iter().flat_map(golden).collect();
    for folder in [
        "conformance/eliot",
        "conformance/eliot/render",
        "conformance/logstash",
    ] {
        for entry in fs::read_dir(tests().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|kind| kind == "log" || kind == "jsonl")
            {
                let text = fs::read(path).unwrap();
                let text = String::from_utf8_lossy(&text);
                let records = text
                    .lines()
                    .filter(|line| Record::parse(line.as_bytes()).is_ok());
                lines.extend(records.map(str::to_owned));
            }
        }
    }
    lines
}

/// Gives the moment in microseconds.
fn micros(record: &Record) -> Option<i64> {
    record
        .seconds()
        .map(|seconds| (seconds * 1e6).round() as i64)
}

fn check_way_back(line: &str, schema: Schema) {
    let original = Record::parse(line.as_bytes()).unwrap();
    if original.schema() == schema {
        return;
    }
    let (there, mut losses) = written(line, schema);
    if losses.contains(&Loss::NoTask) {
        return;
    }
    let read = Record::parse(there.as_bytes()).unwrap();
    assert_eq!(read.schema(), schema, "{there}");
    assert_eq!(read.repeated_keys(), 0, "{there}");
    let (back, others) = written(&there, original.schema());
    losses.extend(others);
    let lost = |what: &[Loss]| what.iter().any(|loss| losses.contains(loss));
    let back = Record::parse(back.as_bytes()).unwrap();

    assert_eq!(back.schema(), original.schema(), "{there}");
    assert_eq!(back.level(), original.level());
    if !lost(&[Loss::TaskName]) {
        assert_eq!(back.task(), original.task());
    }
    if !lost(&[Loss::NoText, Loss::NoName]) {
        assert_eq!(back.kind(), original.kind(), "{line}\n{there}");
    }
    if !lost(&[Loss::NoTime, Loss::FineTime]) && original.seconds().is_some() {
        assert_eq!(micros(&back), micros(&original), "{line}\n{there}");
    }
    let is_changed = [
        Loss::Name,
        Loss::Value,
        Loss::Integer,
        Loss::NotANumber,
        Loss::NoText,
        Loss::NoName,
        Loss::Trace,
    ];
    if !lost(&is_changed) {
        for (name, value) in original.fields() {
            assert_eq!(back.field(name), Some(value), "{name} of {line}\n{there}");
        }
    }
    if losses.is_empty() {
        let mut more = back.fields().iter().map(|(name, _)| name);
        // The text of an exception stands in the lines of Python's traceback, too.
        assert!(
            more.all(|name| original.field(name).is_some() || name == "reason"),
            "{line}\n{there}"
        );
    }
}

#[test]
fn each_line_of_the_originals_and_of_ours_comes_back() {
    let lines = all_lines();
    assert!(lines.len() > 100, "{}", lines.len());
    for line in lines {
        for schema in Schema::ALL {
            check_way_back(&line, schema);
        }
    }
}

proptest! {
    #[test]
    fn a_name_is_given_back(name in prop_oneof![
        any::<String>(),
        "(error|log|level|message|timestamp|type|id|task_uuid|_|\\.|_x0020_| ){1,5}",
    ]) {
        for schema in Schema::ALL {
            let shown = schema.field_name(&name).into_owned();
            prop_assert_eq!(schema.given_name(&shown), name.as_str(), "{} in {}", shown, schema);
        }
    }

    #[test]
    fn a_name_that_the_rule_gives_to_no_field_is_its_own(
        name in "(error|log|level|message|timestamp|order|_|\\.){1,5}",
    ) {
        for schema in Schema::ALL.into_iter().filter(|schema| *schema != Schema::Gelf) {
            let given = schema.given_name(&name).into_owned();
            prop_assert!(given == name || schema.field_name(&given) == name);
        }
    }

    #[test]
    fn fields_come_back_from_each_schema(
        text in any::<String>(),
        names in proptest::collection::btree_set("(message|timestamp|level|error|order|_|\\.|type){1,4}", 0..6),
    ) {
        let base = &golden(Schema::Eliot)[1];
        let fields: String = names
            .iter()
            .filter(|name| Schema::Eliot.field_name(name) == name.as_str())
            .map(|name| format!("{name:?}:{},", serde_json::to_string(&text).unwrap()))
            .collect();
        let line = base.replacen('{', &format!("{{{fields}"), 1);
        for schema in Schema::ALL {
            check_way_back(&line, schema);
        }
    }
}

#[test]
fn a_time_keeps_the_digits_that_it_has_beyond_microseconds() {
    let line = golden(Schema::Eliot)[1].replace("603.911798", "603.9117984");
    assert!(line.contains("1795356603.9117984"));
    for (schema, time) in [
        (
            Schema::Ecs,
            r#""@timestamp":"2026-11-22T14:10:03.9117984Z","#,
        ),
        (Schema::Gelf, r#""timestamp":1795356603.9117984,"#),
        (Schema::LogstashV1, r#""created":1795356603.9117984,"#),
        (
            Schema::OpenTelemetry,
            r#""timeUnixNano":"1795356603911798400","#,
        ),
    ] {
        let (there, losses) = written(&line, schema);
        let (back, _) = written(&there, Schema::Eliot);

        assert!(there.contains(time), "{there}");
        assert!(
            back.contains(r#""timestamp":1795356603.9117984,"#),
            "{back}"
        );
        assert_eq!(losses, []);
    }
}

#[test]
fn the_stack_trace_of_a_failure_is_made_anew() {
    let line = r#"{"exception":"E","reason":"r","exception_sources":["s"],"exception_backtrace":"0: main","action_status":"failed","timestamp":1.500000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","action_type":"a","task_level":[2]}"#;

    let (ecs, losses) = written(line, Schema::Ecs);

    let trace = Record::parse(ecs.as_bytes()).unwrap();
    let mut attributes = trace.attributes().iter();
    let (_, trace) = attributes
        .find(|(key, _)| key == "error.stack_trace")
        .unwrap();
    let expected = "E: r\nCaused by: s\nStack backtrace:\n0: main";
    assert_eq!(trace, &Value::String(expected.to_owned()));
    assert_eq!(losses, []);
    let (back, losses) = written(&ecs, Schema::Eliot);
    let mut members: Vec<&str> = line.trim_matches(['{', '}']).split(',').collect();
    let mut seen: Vec<&str> = back.trim_matches(['{', '}']).split(',').collect();
    members.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, members);
    assert_eq!(losses, []);
}
