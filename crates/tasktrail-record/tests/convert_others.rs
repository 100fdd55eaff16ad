//! Lines of other programs that no schema has foreseen: nothing of them is lost in silence, and
//! none takes long.

#![expect(clippy::unwrap_used, reason = "in a test, what fails should stop it")]

use std::time::{Duration, Instant};

use tasktrail_record::json::{MAX_DEPTH, Value};
use tasktrail_record::{Loss, Record, Schema};

const PLACE: &str = r#""task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[2]"#;

fn written(line: &str, schema: Schema) -> (String, Vec<Loss>) {
    let mut out = Vec::new();
    let record = Record::parse(line.as_bytes()).unwrap();
    let losses = record.write_as(schema, &mut out);
    (String::from_utf8(out).unwrap(), losses)
}

fn field(line: &str, name: &str) -> Option<Value> {
    let record = Record::parse(line.as_bytes()).unwrap();
    assert_eq!(record.repeated_keys(), 0, "{line}");
    record.field(name).cloned()
}

fn json(json: &str) -> Option<Value> {
    Some(Value::parse(json).unwrap())
}

fn key(key: &str) -> Loss {
    Loss::Key(key.to_owned())
}

fn eliot(members: &str) -> String {
    format!(r#"{{"log_level":"INFO","timestamp":1.5,"message_type":"m",{members},{PLACE}}}"#)
}

fn ecs(members: &str) -> String {
    format!(
        r#"{{"@timestamp":"2026-11-22T14:10:03.5Z","log.level":"ERROR","message":"m","ecs.version":"8.11.0",{members}}}"#
    )
}

fn logstash_v0(beside: &str) -> String {
    format!(
        r#"{{"@timestamp":"2026-11-22T14:10:03.911Z","@message":"m","@fields":{{"levelname":"INFO"}},{beside}}}"#
    )
}

#[test]
fn what_is_named_like_a_key_of_another_schema_says_what_it_says() {
    for (name, value) in [
        ("version", r#""7""#),
        ("ecs.version", r#""x""#),
        ("severityNumber", "3"),
        ("time", r#""2026-11-22T14:10:03.911Z""#),
        ("timestamp", "1795356603.911"),
        ("observedTimeUnixNano", "0"),
    ] {
        let (seen, losses) = written(&logstash_v0(&format!("{name:?}:{value}")), Schema::Bunyan);

        let shown = Schema::Bunyan.field_name(name).into_owned();
        assert_eq!(field(&seen, &shown), json(value), "{seen}");
        assert_eq!(losses, [key(name)]);
    }
}

#[test]
fn underscores_that_are_no_rule_of_the_schema_stay() {
    let (seen, losses) = written(&logstash_v0(r#""__a":1,"a":2"#), Schema::Bunyan);

    assert_eq!(
        (field(&seen, "__a"), field(&seen, "a")),
        (json("1"), json("2"))
    );
    assert_eq!(losses, [key("__a"), key("a")]);
}

#[test]
fn a_second_severity_is_kept_and_told() {
    let line = logstash_v0(r#""levelname":"ERROR""#);

    let (seen, losses) = written(&line, Schema::Bunyan);

    assert!(seen.contains(r#""level":50,"#), "{seen}");
    assert_eq!(field(&seen, "levelname"), json(r#""INFO""#));
    assert_eq!(losses, [key("levelname")]);
}

#[test]
fn a_file_name_that_is_no_text_is_kept_and_told() {
    let tracing = r#"{"timestamp":"2026-11-22T14:10:03Z","level":"INFO","fields":{"message":"m"},"target":"t","filename":{"a":7}}"#;
    let logstash = r#"{"@timestamp":"2026-11-22T14:10:03.911Z","@version":1,"levelname":"INFO","message":"m","filename":{"a":7}}"#;
    for line in [tracing, logstash] {
        let (seen, losses) = written(line, Schema::Ecs);

        assert_eq!(field(&seen, "filename"), json(r#"{"a":7}"#));
        assert_eq!(losses, [key("filename")]);
    }
}

#[test]
fn what_both_schemas_of_logstash_have_is_no_deeper_than_what_can_be_read() {
    let args = |args: &str| {
        format!(
            r#"{{"@timestamp":"2026-11-22T14:10:03.911Z","@version":1,"levelname":"INFO","message":"m","args":{args}}}"#
        )
    };
    let deep = "[".repeat(MAX_DEPTH - 1) + &"]".repeat(MAX_DEPTH - 1);

    let (seen, losses) = written(&args(&deep), Schema::LogstashV0);

    assert_eq!(losses, [Loss::Depth]);
    let seen = Record::parse(seen.as_bytes()).unwrap();
    let kept = seen.attributes().iter().find(|(name, _)| name == "args");
    assert_eq!(kept.map(|(_, value)| value), Some(&Value::String(deep)));
    assert_eq!(
        written(&args("[NaN]"), Schema::LogstashV0).1,
        [Loss::NotANumber]
    );
}

#[test]
fn a_backtrace_that_is_no_text_is_no_stack_trace() {
    for schema in [Schema::Ecs, Schema::Bunyan, Schema::OpenTelemetry] {
        let (seen, losses) = written(&eliot(r#""exception_backtrace":{"a":1}"#), schema);

        let shown = schema.field_name("exception_backtrace").into_owned();
        assert_eq!(field(&seen, &shown), json(r#"{"a":1}"#), "{seen}");
        assert_eq!(losses, [key("exception_backtrace")]);
    }
}

#[test]
fn opentelemetry_has_names_that_are_texts_and_ids_that_are_ids() {
    let (seen, losses) = written(&ecs(r#""labels.message_type":5"#), Schema::OpenTelemetry);
    assert!(!seen.contains("eventName"), "{seen}");
    assert_eq!(field(&seen, "message_type_"), json("5"));
    assert_eq!(losses, [Loss::Name]);

    let id = r#""logging.googleapis.com/spanId""#;
    let line = format!(
        r#"{{"severity":"INFO","time":"2026-11-22T14:10:03.5Z","message":"m",{id}:"xyz"}}"#
    );
    let (seen, losses) = written(&line, Schema::OpenTelemetry);
    assert!(!seen.contains("\"spanId\":"), "{seen}");
    assert_eq!(losses, [key("logging.googleapis.com/spanId")]);
    let (seen, losses) = written(
        &line.replace("xyz", "280f4707ed801055"),
        Schema::OpenTelemetry,
    );
    assert!(seen.contains(r#""spanId":"280f4707ed801055""#), "{seen}");
    assert_eq!(losses, []);
}

#[test]
fn the_numbers_of_python_s_severities_are_those_that_it_has() {
    for (number, name) in [
        (5, "TRACE"),
        (10, "DEBUG"),
        (20, "INFO"),
        (30, "WARN"),
        (40, "ERROR"),
        (50, "ERROR"),
    ] {
        let line = eliot("\"n\":1").replace("\"INFO\"", &number.to_string());

        let (seen, _) = written(&line, Schema::Ecs);

        assert!(
            seen.contains(&format!(r#""log.level":"{name}""#)),
            "{number}: {seen}"
        );
    }
}

#[test]
fn many_fields_that_would_have_one_name_have_one_each() {
    // By GELF's rules for names all of these are `A`.
    let line = r#"{"version":"1.1","host":"h","short_message":"m","timestamp":1.5,"level":6,"_A":1,"__x0041_":2,"__x00041_":3,"__x000041_":4,"_A_":5}"#;

    let (seen, losses) = written(line, Schema::Ecs);

    let names = ["A", "A_", "A_2", "A_3", "A__"];
    let values = names.map(|name| field(&seen, name));
    assert_eq!(values, ["1", "2", "3", "4", "5"].map(json), "{seen}");
    assert_eq!(losses, [Loss::Name]);
}

#[test]
fn a_long_line_takes_no_longer_than_its_length() {
    let many = |member: &dyn Fn(usize) -> String| -> String { (0..50_000).map(member).collect() };
    let link =
        r"\nDuring handling of the above exception, another exception occurred:\n\n".repeat(20_000);
    let traceback = format!(
        r#""traceback":"Traceback (most recent call last):\n  File x\nE: r\n{link}E: r\n","exception":"E","reason":"r""#
    );
    let colliding = (0..700).map(|count| {
        let end = "_".repeat(count);
        format!("\"__x0041_{end}\":1,\"_A{end}\":1,")
    });
    let colliding: String = colliding.collect();
    for (what, line, schema) in [
        (
            "many fields",
            eliot(&(many(&|at| format!("\"f{at}\":{at},")) + "\"n\":1")),
            Schema::Ecs,
        ),
        (
            "many keys beside the fields",
            logstash_v0(&(many(&|at| format!("\"f{at}\":{at},")) + "\"n\":1")),
            Schema::LogstashV0,
        ),
        (
            "a name of many parts",
            ecs(&format!("\"{}\":1", "a_.".repeat(20_000))),
            Schema::Eliot,
        ),
        ("many exceptions", eliot(&traceback), Schema::LogstashV1),
        (
            "many names that differ by underscores",
            format!(
                r#"{{"version":"1.1","host":"h","short_message":"m","timestamp":1.5,"level":6,{colliding}"_n":1}}"#
            ),
            Schema::Ecs,
        ),
    ] {
        let start = Instant::now();

        written(&line, schema);

        // Were it the square of the length, it would take minutes.
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
    }
}
