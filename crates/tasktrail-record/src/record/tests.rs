use super::*;

fn read(line: &str) -> Record {
    Record::parse(line.as_bytes()).unwrap()
}

fn error(line: &[u8]) -> String {
    Record::parse(line).unwrap_err().to_string()
}

fn names(entries: &[(String, Value)]) -> Vec<&str> {
    entries.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn the_three_kinds_of_an_eliot_line_are_told_apart() {
    let line = |keys: &str| {
        read(&format!(
            r#"{{"a":1,"timestamp":1.5,"task_uuid":"t","task_level":[2,1],{keys}}}"#
        ))
    };

    let start = line(r#""action_type":"x","action_status":"started""#);
    let failed = line(r#""action_type":"x","action_status":"failed""#);
    let succeeded = line(r#""action_type":"x","action_status":"succeeded""#);
    let message = line(r#""message_type":"x""#);

    let action_type = || "x".to_owned();
    assert_eq!(
        start.kind(),
        &Kind::Start {
            action_type: action_type()
        }
    );
    for (end, status) in [
        (failed, EndStatus::Failed),
        (succeeded, EndStatus::Succeeded),
    ] {
        assert_eq!(
            end.kind(),
            &Kind::End {
                action_type: action_type(),
                status
            }
        );
        assert_eq!(names(end.fields()), ["a"]);
    }
    assert_eq!(
        message.kind(),
        &Kind::Message {
            message_type: Some("x".to_owned())
        }
    );
    assert_eq!(message.task(), Some("t"));
    assert_eq!(message.level().unwrap().numbers(), [2, 1]);
    assert_eq!(message.task_id(), None);
    assert_eq!(message.seconds(), Some(1.5));
}

#[test]
fn a_position_is_known_when_the_task_has_a_real_id() {
    let record = read(
        r#"{"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[2,1],"timestamp":1}"#,
    );

    assert_eq!(
        record.position().unwrap().to_string(),
        "192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/1"
    );
}

#[test]
fn what_has_no_getter_is_a_field_in_the_order_of_the_line() {
    let record = read(
        r#"{"z":1,"action_type":null,"task_uuid":"t","a":{"b":[]},"action_status":"odd","task_level":[1],"name":"n"}"#,
    );

    assert_eq!(record.kind(), &Kind::Message { message_type: None });
    assert_eq!(
        names(record.fields()),
        ["z", "action_type", "a", "action_status", "name"]
    );
    assert_eq!(record.timestamp(), None);
}

#[test]
fn the_last_of_repeated_keys_wins_and_is_counted() {
    let record = read(r#"{"task_uuid":"t","a":1,"task_level":[1],"a":2,"task_uuid":"u"}"#);

    assert_eq!(record.task(), Some("u"));
    assert_eq!(record.field("a").and_then(Value::as_u64), Some(2));
    assert_eq!(record.repeated_keys(), 2);
}

const LOGSTASH: &str = r#""@timestamp":"2026-11-22T04:39:32.633Z","@version":1,"source_host":"h","name":"n","args":[],"levelname":"INFO","levelno":20,"pathname":"p","filename":"p","module":"m","stack_info":null,"lineno":3,"funcName":"f","created":1795322372.6337292,"msecs":633.0,"relativeCreated":45.1,"thread":1,"threadName":"t","processName":"MainProcess","process":7,"taskName":null"#;

#[test]
fn a_logstash_message_has_its_text_as_its_type() {
    let record = read(&format!(
        r#"{{{LOGSTASH},"order":7,"timestamp":"mine","message_type":"mine","task_uuid":"t","task_level":[2],"message":"paid"}}"#
    ));

    assert_eq!(record.schema(), Schema::LogstashV1);
    assert_eq!(
        record.kind(),
        &Kind::Message {
            message_type: Some("paid".to_owned())
        }
    );
    assert_eq!(
        names(record.fields()),
        ["order", "timestamp", "message_type"]
    );
    assert_eq!(record.attributes().len(), 21);
    assert_eq!(record.seconds(), Some(1795322372.6337292));
    assert_eq!(
        record.timestamp().map(Value::describe).unwrap(),
        "1795322372.6337292"
    );
}

#[test]
fn the_message_of_a_logstash_end_is_no_field() {
    let record = read(&format!(
        r#"{{{LOGSTASH},"task_uuid":"t","task_level":[2],"action_type":"pay","action_status":"failed","reason":"poor","message":"pay failed","exception":["E: poor\n"]}}"#
    ));

    let action_type = "pay".to_owned();
    assert_eq!(
        record.kind(),
        &Kind::End {
            action_type,
            status: EndStatus::Failed
        }
    );
    assert_eq!(names(record.fields()), ["reason", "exception"]);
    assert_eq!(record.attributes().last().unwrap().0, "message");
}

#[test]
fn a_logstash_line_of_python_has_no_place() {
    let record = read(&format!(
        r#"{{{LOGSTASH},"action_type":"a field","action_status":1,"message":"m"}}"#
    ));

    assert_eq!(
        (record.task(), record.level(), record.position()),
        (None, None, None)
    );
    assert_eq!(names(record.fields()), ["action_type", "action_status"]);
}

#[test]
fn all_lines_of_the_originals_are_read_and_nothing_is_lost() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance");
    let mut lines = 0;
    for (folder, ending) in [("eliot", ".log"), ("logstash", ".jsonl")] {
        for file in std::fs::read_dir(format!("{root}/{folder}")).unwrap() {
            let path = file.unwrap().path();
            let name = path.to_str().unwrap();
            if !name.ends_with(ending) {
                continue;
            }
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let Value::Object(mut entries) = Value::parse(line).unwrap() else {
                    panic!("{line} is no object");
                };
                if name.contains("/v0") {
                    assert_eq!(read(line).schema(), Schema::LogstashV0);
                    let Some(Value::Object(within)) = find(&entries, "@fields").cloned() else {
                        panic!("{line} has no @fields");
                    };
                    entries.retain(|(key, _)| key != "@fields");
                    entries.extend(within);
                }
                assert_eq!(told(&read(line)), entries.len(), "{line}");
                lines += 1;
            }
        }
    }
    assert!(lines > 3000, "found only {lines} lines");
}

/// Counts the keys that the getters of a record tell of.
fn told(record: &Record) -> usize {
    let place = if record.task().is_some() { 2 } else { 0 };
    let kind = match record.kind() {
        Kind::Start { .. } | Kind::End { .. } => 2,
        Kind::Message { message_type } => usize::from(message_type.is_some()),
    };
    let timestamp = usize::from(record.schema() == Schema::Eliot);
    place + kind + timestamp + record.attributes().len() + record.fields().len()
}

#[test]
fn lines_of_other_programs_have_no_place_and_lose_nothing() {
    for (line, schema, seconds, message, fields, attributes) in [
        (
            r#"{"@timestamp":"2019-11-03T10:15:30.123+02:00","@version":"1","message":"m","logger_name":"l","thread_name":"t","level":"INFO","level_value":20000,"task_uuid":7,"order":1}"#,
            Schema::Logback,
            Some(1_572_768_930.123),
            Some("m"),
            &["task_uuid", "order"][..],
            &[
                "@timestamp",
                "@version",
                "logger_name",
                "thread_name",
                "level",
                "level_value",
            ][..],
        ),
        (
            r#"{"@timestamp":"2019-08-06T12:09:12.375Z","log.level":"INFO","message":"m","ecs.version":"1.2.0","trace.id":"not a task","exception":"mine","service.name":"s"}"#,
            Schema::Ecs,
            Some(1_565_093_352.375),
            Some("m"),
            &["service.name"],
            &[
                "@timestamp",
                "log.level",
                "ecs.version",
                "trace.id",
                "exception",
            ],
        ),
        (
            r#"{"version":"1.1","host":"h","short_message":"m","full_message":"f","timestamp":1385053862.25,"level":1,"facility":"x","_user_id":9001}"#,
            Schema::Gelf,
            Some(1_385_053_862.25),
            Some("m"),
            &["user_id"],
            &[
                "version",
                "host",
                "full_message",
                "timestamp",
                "level",
                "facility",
            ],
        ),
        (
            r#"{"name":"myapp","hostname":"h","pid":34572,"level":30,"lang":"fr","msg":"au revoir","time":"2013-01-04T07:47:25.814Z","v":0}"#,
            Schema::Bunyan,
            Some(1_357_285_645.814),
            Some("au revoir"),
            &["lang"],
            &["name", "hostname", "pid", "level", "time", "v"],
        ),
        (
            r#"{"severity":"ERROR","message":"m","httpRequest":{"requestMethod":"GET"},"time":"2020-10-12T07:20:50.52Z","logging.googleapis.com/trace":"projects/p/traces/1","other":1}"#,
            Schema::GoogleCloud,
            Some(1_602_487_250.52),
            Some("m"),
            &["httpRequest", "other"],
            &["severity", "time", "logging.googleapis.com/trace"],
        ),
        (
            r#"{"timeUnixNano":"1544712660300000000","severityNumber":10,"severityText":"Information","traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","body":{"stringValue":"m"},"attributes":[{"key":"host.name","value":{"stringValue":"h"}},{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}]}"#,
            Schema::OpenTelemetry,
            Some(1_544_712_660.3),
            Some("m"),
            &["a"],
            &[
                "timeUnixNano",
                "severityNumber",
                "severityText",
                "traceId",
                "spanId",
                "host.name",
            ],
        ),
        (
            r#"{"timestamp":"2022-02-15T18:47:10.821315Z","level":"INFO","fields":{"message":"m","x":1},"target":"fmt_json","threadId":"ThreadId(1)"}"#,
            Schema::Tracing,
            Some(1_644_950_830.821_315),
            Some("m"),
            &["x"],
            &["timestamp", "level", "target", "threadId"],
        ),
    ] {
        let record = read(line);

        assert_eq!(record.schema(), schema);
        assert_eq!((record.task(), record.level()), (None, None));
        assert_eq!(record.seconds(), seconds, "{line}");
        let message_type = message.map(str::to_owned);
        assert_eq!(record.kind(), &Kind::Message { message_type });
        assert_eq!(names(record.fields()), fields, "{line}");
        assert_eq!(names(record.attributes()), attributes, "{line}");
        let mut again = Vec::new();
        record.write(&mut again);
        let again: serde_json::Value = serde_json::from_slice(&again).unwrap();
        assert_eq!(
            again,
            serde_json::from_str::<serde_json::Value>(line).unwrap()
        );
    }
}

#[test]
fn a_line_with_a_broken_place_names_the_schemas_own_key() {
    let ecs = |rest: &str| {
        let line = format!(r#"{{"@timestamp":"","ecs.version":"1","message":"m",{rest}}}"#);
        error(line.as_bytes())
    };

    assert_eq!(
        ecs(r#""labels.task_level":"/1""#),
        "expected trace.id, found a line that has no trace.id"
    );
    assert_eq!(
        ecs(r#""trace.id":"t","labels.task_level":[1]"#),
        "expected labels.task_level to be a text, found an array"
    );
    assert_eq!(
        ecs(r#""trace.id":"t","labels.task_level":"/""#),
        "expected labels.task_level to be a level such as /2/1, found \"/\""
    );
    assert_eq!(
        ecs(r#""trace.id":"t","labels.task_level":"/2","labels.action_type":"a""#),
        "expected labels.action_status, found a line that has no labels.action_status"
    );
    assert_eq!(
        ecs(
            r#""trace.id":"t","labels.task_level":"/2","labels.action_type":"a","labels.action_status":"started""#
        ),
        "expected labels.task_level to end with 1, as each start does, found 2"
    );
}

#[test]
fn a_line_that_is_no_record_says_what_was_expected_and_found() {
    for (line, message) in [
        (
            "",
            "expected a value, found the end of the line at column 1",
        ),
        ("[1,2]", "expected a JSON object, found an array"),
        ("\"a\"", "expected a JSON object, found \"a\""),
        (
            "{}",
            "expected task_uuid, found a line that has no task_uuid",
        ),
        (
            r#"{"task_uuid":7,"task_level":[1]}"#,
            "expected task_uuid to be a text, found 7",
        ),
        (
            r#"{"task_uuid":"t"}"#,
            "expected task_level, found a line that has no task_level",
        ),
        (
            r#"{"task_uuid":"t","task_level":"/1"}"#,
            "expected task_level to be an array such as [2,1], found \"/1\"",
        ),
        (
            r#"{"task_uuid":"t","task_level":[]}"#,
            "expected task_level to be an array such as [2,1], found an empty array",
        ),
        (
            r#"{"task_uuid":"t","task_level":[1,0]}"#,
            "expected task_level to hold numbers from 1 to 18446744073709551615, found 0",
        ),
        (
            r#"{"task_uuid":"t","task_level":[1.0]}"#,
            "expected task_level to hold numbers from 1 to 18446744073709551615, found 1.0",
        ),
        (
            r#"{"task_uuid":"t","task_level":[1],"message_type":null}"#,
            "expected message_type to be a text, found null",
        ),
        (
            r#"{"task_uuid":"t","task_level":[1],"action_type":7,"action_status":"started"}"#,
            "expected action_type to be a text, found 7",
        ),
        (
            r#"{"task_uuid":"t","task_level":[1],"action_type":"a"}"#,
            "expected action_status, found a line that has no action_status",
        ),
        (
            r#"{"task_uuid":"t","task_level":[2],"action_type":"a","action_status":"done"}"#,
            "expected action_status to be \"started\", \"succeeded\" or \"failed\", found \"done\"",
        ),
        (
            r#"{"task_uuid":"t","task_level":[2],"action_type":"a","action_status":"started"}"#,
            "expected task_level to end with 1, as each start does, found 2",
        ),
        (
            r#"{"@timestamp":"","@version":1,"task_uuid":"t","message":"m"}"#,
            "expected task_level, found a line that has no task_level",
        ),
    ] {
        assert_eq!(error(line.as_bytes()), message, "{line}");
    }
    assert_eq!(
        error(b"{\"a\":\"\xff\"}"),
        "expected UTF-8, found byte 0xff at column 7"
    );
    assert_eq!(error(b"\0\0"), "expected a value, found '\\0' at column 1");
}

#[test]
fn lines_of_other_programs_that_are_nearly_ours_are_written_as_they_were_read() {
    for line in [
        // What belongs among the fields stands beside them.
        r#"{"@fields":{},"@timestamp":"2023-11-14T22:13:20.000Z","created":1700000000.0,"message":"m","source_host":"h"}"#,
        // A field of ours under a name that the schema has no word for.
        r#"{"version":"1.1","host":"h","short_message":"m","timestamp":1.0,"level":4,"_exception_backtrace":""}"#,
    ] {
        let record = read(line);

        let mut again = Vec::new();
        record.write(&mut again);
        let again = read(std::str::from_utf8(&again).unwrap().trim_end());

        assert_eq!(again.timestamp(), record.timestamp(), "{line}");
        let sorted = |record: &Record| {
            let mut names: Vec<_> = names(record.attributes())
                .into_iter()
                .map(str::to_owned)
                .collect();
            names.sort();
            names
        };
        assert_eq!(sorted(&again), sorted(&record), "{line}");
        assert_eq!(again.fields(), record.fields(), "{line}");
    }
}
