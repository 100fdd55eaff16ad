//! What another schema can't carry is told, and nothing else is.

#![expect(clippy::unwrap_used, reason = "in a test, what fails should stop it")]

use tasktrail_record::json::{MAX_DEPTH, Value};
use tasktrail_record::{Loss, Record, Schema};

const PLACE: &str = r#""task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[2]"#;

fn written(line: &str, schema: Schema) -> (String, Vec<Loss>) {
    let mut out = Vec::new();
    let record = Record::parse(line.as_bytes()).unwrap();
    let losses = record.write_as(schema, &mut out);
    let mut text = String::from_utf8(out).unwrap();
    assert_eq!(text.pop(), Some('\n'));
    (text, losses)
}

/// Writes a line in a schema, and that one in the schema of the first.
fn there_and_back(line: &str, schema: Schema) -> (String, Vec<Loss>) {
    let first = Record::parse(line.as_bytes()).unwrap().schema();
    let (there, mut losses) = written(line, schema);
    let (back, others) = written(&there, first);
    losses.extend(others);
    (back, losses)
}

fn member(line: &str, key: &str) -> Option<Value> {
    let Value::Object(members) = Value::parse(line).unwrap() else {
        unreachable!("a line is an object")
    };
    let mut values = members.into_iter().filter(|(name, _)| name == key);
    let value = values.next().map(|(_, value)| value);
    assert!(values.next().is_none(), "{key} stands twice in {line}");
    value
}

fn text(text: &str) -> Option<Value> {
    Some(Value::String(text.to_owned()))
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

fn open_telemetry(members: &str) -> String {
    format!(r#"{{"timeUnixNano":"1500000000","body":{{"stringValue":"m"}},{members}}}"#)
}

#[test]
fn a_time_that_a_schema_can_t_hold_is_a_field_and_told() {
    // Milliseconds, where Eliot has seconds.
    let line = eliot(r#""n":1"#).replace("1.5", "1795356603911");
    for schema in Schema::ALL {
        let (seen, losses) = written(&line, schema);

        if matches!(schema, Schema::Eliot | Schema::Gelf) {
            assert_eq!(losses, [], "{schema}");
            continue;
        }
        assert_eq!(losses, [Loss::FarTime], "{schema}");
        let field = Record::parse(seen.as_bytes()).unwrap();
        let field = field.field(&schema.field_name("timestamp")).cloned();
        assert_eq!(field, json("1795356603911.000000"), "{seen}");
        assert!(!seen.contains("9999"), "{seen}");
    }
}

#[test]
fn digits_of_a_text_beyond_nanoseconds_are_told() {
    let line = |digits: &str| ecs(r#""n":1"#).replace("03.5Z", &format!("03.{digits}+01:00"));
    let (seen, losses) = written(&line("1234567891"), Schema::Bunyan);

    assert_eq!(
        member(&seen, "time"),
        text("2026-11-22T13:10:03.123456789Z")
    );
    assert_eq!(losses, [Loss::FineTime]);
    assert_eq!(written(&line("1234567890"), Schema::Bunyan).1, []);
}

#[test]
fn a_time_with_an_exponent_keeps_its_digits() {
    let line = eliot(r#""n":1"#).replace("1.5", "1.7000000001234567e9");

    let (seen, losses) = written(&line, Schema::Ecs);

    assert_eq!(
        member(&seen, "@timestamp"),
        text("2023-11-14T22:13:20.1234567Z")
    );
    assert_eq!(losses, []);
}

#[test]
fn a_second_time_that_says_another_moment_stays() {
    let line = |created: &str| {
        format!(
            r#"{{"@timestamp":"2026-11-22T14:10:03.911Z","@version":1,"levelname":"INFO","message":"m",{created}}}"#
        )
    };
    let moment = |created: &str| {
        let (seen, losses) = written(&line(created), Schema::Ecs);
        (member(&seen, "@timestamp"), losses)
    };
    let told = || text("2026-11-22T14:10:03.911000Z");
    let created = "\"created\":1795356603.910500";
    assert_eq!(
        moment(created),
        (text("2026-11-22T14:10:03.910500Z"), vec![])
    );
    assert_eq!(moment(r#""n":1"#), (told(), vec![]));
    assert_eq!(
        moment(r#""created":"2020""#),
        (told(), vec![key("created")])
    );
    assert_eq!(
        moment(r#""created":5"#),
        (text("1970-01-01T00:00:05.000000Z"), vec![key("@timestamp")])
    );
    assert_eq!(moment(&format!("{created},\"msecs\":910.49")).1, []);
    assert_eq!(moment(&format!("{created},\"msecs\":7")).1, [key("msecs")]);
}

#[test]
fn a_log_record_without_a_time_has_the_one_at_which_it_was_seen() {
    for time in ["", r#""timeUnixNano":"0","#] {
        let line = format!(
            r#"{{{time}"observedTimeUnixNano":"1795356603911000000","severityText":"INFO","body":{{"stringValue":"m"}}}}"#
        );

        let (seen, losses) = written(&line, Schema::Gelf);

        assert_eq!(member(&seen, "timestamp"), json("1795356603.911000"));
        assert_eq!(losses, []);
    }
}

#[test]
fn the_number_of_a_severity_is_enough() {
    for (number, level, losses) in [
        (1, "TRACE", vec![]),
        (9, "INFO", vec![]),
        (17, "ERROR", vec![]),
        (10, "INFO", vec![Loss::Severity]),
        (21, "ERROR", vec![Loss::Severity]),
        // It has not been said.
        (0, "INFO", vec![Loss::NoSeverity]),
    ] {
        let line = open_telemetry(&format!(r#""severityNumber":{number}"#));

        let (seen, told) = written(&line, Schema::Ecs);

        assert_eq!(member(&seen, "log.level"), text(level), "{number}");
        assert_eq!(told, losses, "{number}");
    }
    let python = eliot(r#""n":1"#).replace("\"INFO\"", "20");
    let (seen, told) = written(&python, Schema::Ecs);
    assert_eq!(
        (member(&seen, "log.level"), told),
        (text("INFO"), vec![Loss::Severity])
    );
}

#[test]
fn an_attribute_that_stands_twice_has_its_last_value_and_is_told() {
    let attribute = |value: u64| format!(r#"{{"key":"a","value":{{"intValue":"{value}"}}}}"#);
    let both = format!("{},{}", attribute(1), attribute(2));
    for (attributes, expected) in [
        (both.clone(), "2"),
        (
            format!(r#"{{"key":"a","value":{{"kvlistValue":{{"values":[{both}]}}}}}}"#),
            r#"{"a":2}"#,
        ),
    ] {
        let line = open_telemetry(&format!(
            r#""severityText":"INFO","attributes":[{attributes}]"#
        ));

        let (seen, losses) = written(&line, Schema::Ecs);

        assert_eq!(member(&seen, "a"), json(expected));
        assert_eq!(member(&seen, "a_"), None);
        assert_eq!(losses, [Loss::RepeatedKey]);
    }
}

#[test]
fn what_is_no_attribute_stays_where_the_attributes_are() {
    for (attributes, kept) in [
        (r#""oops""#, r#""oops""#),
        (
            r#"[7,{"key":1},{"key":"a","value":{"intValue":"1"}}]"#,
            r#"[7,{"key":1}]"#,
        ),
    ] {
        let line = open_telemetry(&format!(
            r#""severityText":"INFO","attributes":{attributes}"#
        ));

        let (seen, losses) = written(&line, Schema::Ecs);

        assert_eq!(member(&seen, "attributes"), json(kept));
        assert_eq!(losses, [key("attributes")]);
        let (again, _) = written(&line, Schema::OpenTelemetry);
        let (seen, _) = written(&again, Schema::Ecs);
        assert_eq!(member(&seen, "attributes"), json(kept), "{again}");
    }
    // The JSON of Protocol Buffers leaves out what is empty.
    let line = open_telemetry(r#""severityText":"INFO","attributes":[{"value":{"intValue":"1"}}]"#);
    let (seen, losses) = written(&line, Schema::Ecs);
    assert_eq!((member(&seen, ""), losses), (json("1"), vec![]));
}

#[test]
fn a_number_is_the_same_in_opentelemetry_or_a_text_and_told() {
    for (number, losses) in [
        ("-0", vec![]),
        ("-0.0", vec![]),
        ("9007199254740993", vec![]),
        ("-9223372036854775808", vec![]),
        ("1e308", vec![]),
        ("1e400", vec![Loss::Integer]),
        ("-1e400", vec![Loss::Integer]),
        ("9223372036854775808", vec![Loss::Integer]),
    ] {
        let (back, told) =
            there_and_back(&eliot(&format!("\"n\":{number}")), Schema::OpenTelemetry);

        assert_eq!(told, losses, "{number}");
        let expected = match losses.is_empty() {
            true => json(number),
            false => text(number),
        };
        assert_eq!(member(&back, "n"), expected);
    }
    let line = open_telemetry(
        r#""severityText":"INFO","attributes":[{"key":"n","value":{"doubleValue":"NaN"}}]"#,
    );
    let (seen, losses) = written(&line, Schema::Ecs);
    assert_eq!(
        (member(&seen, "n"), losses),
        (json("null"), vec![Loss::NotANumber])
    );
}

#[test]
fn a_value_that_would_be_too_deep_to_be_read_is_a_text() {
    for open in ["[", r#"{"a":"#] {
        let close = if open == "[" { "]" } else { "}" };
        for depth in [20, 31, 32, 41, 42, 43, MAX_DEPTH - 2, MAX_DEPTH - 1] {
            let value = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let line = eliot(&format!("\"n\":{value}"));
            for schema in Schema::ALL {
                let (there, losses) = written(&line, schema);

                let read = Record::parse(there.as_bytes());
                assert!(read.is_ok(), "{depth} in {schema}: {read:?}");
                match schema {
                    Schema::Gelf => assert_eq!(losses, [Loss::Value]),
                    _ if losses.is_empty() => {
                        let (back, _) = written(&there, Schema::Eliot);
                        assert_eq!(member(&back, "n"), json(&value));
                    }
                    _ => {
                        assert_eq!(losses, [Loss::Depth]);
                        let least = match schema {
                            Schema::OpenTelemetry => 32,
                            _ => MAX_DEPTH - 1,
                        };
                        assert!(depth >= least, "{depth} in {schema}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_trace_of_a_line_of_no_task_has_the_key_that_the_schema_has() {
    let id = "e2f196004c2a456fa6a6597acd3b9637";
    let line = open_telemetry(&format!(r#""severityText":"INFO","traceId":"{id}""#));
    for (schema, place) in [
        (Schema::Ecs, "trace.id"),
        (Schema::GoogleCloud, "logging.googleapis.com/trace"),
    ] {
        let (seen, losses) = written(&line, schema);

        assert_eq!((member(&seen, place), losses), (text(id), vec![]));
        let (back, losses) = written(&seen, Schema::OpenTelemetry);
        assert_eq!((member(&back, "traceId"), losses), (text(id), vec![]));
    }
    assert_eq!(written(&line, Schema::Gelf).1, [key("traceId")]);
    // OpenTelemetry would refuse such a line.
    let other = ecs(r#""trace.id":"projects/shop""#);
    let (seen, losses) = written(&other, Schema::OpenTelemetry);
    assert_eq!(
        (member(&seen, "traceId"), losses),
        (None, vec![key("trace.id")])
    );
}

#[test]
fn a_task_that_is_no_trace_id_is_told_where_that_has_a_form() {
    let line = eliot(r#""n":1"#).replace("192f76ea-915e-4131-95dc-da28c6bcdbb5", "t-1");

    assert_eq!(written(&line, Schema::OpenTelemetry).1, [Loss::NoTraceId]);
    assert_eq!(written(&line, Schema::Ecs).1, []);
    let (back, _) = there_and_back(&line, Schema::OpenTelemetry);
    assert_eq!(member(&back, "task_uuid"), text("t-1"));
}

#[test]
fn a_stack_trace_of_another_program_stays_or_is_told() {
    let java = "java.lang.X: boo\n\tat a.b(C.java:1)\n";
    let escaped = java.escape_default();
    for members in [
        format!(r#""error.stack_trace":"{escaped}""#),
        format!(
            r#""error.type":"java.lang.X","error.message":"boo","error.stack_trace":"{escaped}""#
        ),
    ] {
        let line = ecs(&members);
        for (schema, place) in [
            (Schema::Logback, "stack_trace"),
            (Schema::Gelf, "full_message"),
            (Schema::GoogleCloud, "stack_trace"),
        ] {
            let (seen, losses) = written(&line, schema);

            assert_eq!((member(&seen, place), losses), (text(java), vec![]));
            let (back, losses) = written(&seen, Schema::Ecs);
            assert_eq!(member(&back, "error.stack_trace"), text(java));
            assert_eq!(losses, []);
        }
        let (seen, losses) = written(&line, Schema::LogstashV1);
        assert_eq!(member(&seen, "exception_backtrace"), text(java));
        assert_eq!(losses, [Loss::Trace]);
    }
}

#[test]
fn numbers_of_gelf_may_be_texts() {
    let line = r#"{"version":"1.1","host":"h","short_message":"m","timestamp":"1795356603.9","level":"4"}"#;

    let (seen, losses) = written(line, Schema::Ecs);

    assert_eq!(
        member(&seen, "@timestamp"),
        text("2026-11-22T14:10:03.900000Z")
    );
    assert_eq!(member(&seen, "log.level"), text("WARN"));
    assert_eq!(losses, []);
}

#[test]
fn bytes_of_opentelemetry_come_back() {
    let attributes = r#"[{"key":"b","value":{"bytesValue":"AAE="}}]"#;
    let line = open_telemetry(&format!(
        r#""severityText":"INFO","attributes":{attributes}"#
    ));

    let (back, losses) = there_and_back(&line, Schema::Ecs);

    assert_eq!(
        (member(&back, "attributes"), losses),
        (json(attributes), vec![])
    );
    // That is no Base64, and an object as others.
    let object = r#"{"bytesValue":"no !"}"#;
    let line = eliot(&format!(r#""b":{object}"#));
    let (seen, _) = written(&line, Schema::OpenTelemetry);
    assert!(
        seen.contains(r#"{"key":"bytesValue","value":{"stringValue":"no !"}}"#),
        "{seen}"
    );
    let (back, losses) = there_and_back(&line, Schema::OpenTelemetry);
    assert_eq!((member(&back, "b"), losses), (json(object), vec![]));
}

#[test]
fn what_bunyan_says_twice_otherwise_is_kept_twice() {
    let line = r#"{"name":"a","hostname":"h","pid":7,"level":50,"reason":"A","err":{"message":"B","name":"E","stack":"E: B\n    at x.js:1"},"msg":"m","time":"2026-11-22T14:10:03.911Z","v":0}"#;

    let (seen, losses) = written(line, Schema::Ecs);

    assert_eq!(member(&seen, "error.message"), text("A"));
    assert_eq!(member(&seen, "err.message"), text("B"));
    assert_eq!(losses, [key("err.message")]);
}

#[test]
fn fields_that_would_have_one_name_are_told() {
    // By GELF's rules for names both are `A`.
    let line = r#"{"version":"1.1","host":"h","short_message":"m","timestamp":1.5,"level":6,"__x0041_":5,"_A":6}"#;

    let (seen, losses) = written(line, Schema::Ecs);

    assert_eq!(
        (member(&seen, "A"), member(&seen, "A_")),
        (json("5"), json("6"))
    );
    assert_eq!(losses, [Loss::Name]);
}

#[test]
fn the_key_of_one_schema_is_no_key_of_another_that_is_called_so() {
    // Of Logstash this would be the number of the thread.
    let line = r#"{"name":"a","hostname":"h","pid":7,"level":30,"thread":[5],"msg":"m","time":"2026-11-22T14:10:03.911Z","v":0}"#;

    let (seen, losses) = written(line, Schema::LogstashV1);

    assert_eq!(
        (member(&seen, "thread"), member(&seen, "thread_")),
        (None, json("[5]"))
    );
    assert_eq!(losses, [key("thread")]);
}

const TRACEBACK: [&str; 3] = [
    "Traceback (most recent call last):\n",
    "  File \"a.py\", line 1, in f\n    g()\n",
    "ValueError: bad: worse\nstill\n",
];

fn logstash(exception: &str) -> String {
    format!(
        r#"{{"@timestamp":"2026-11-22T14:10:03.911Z","@version":1,"levelname":"ERROR","message":"m","exception":{exception}}}"#
    )
}

#[test]
fn a_traceback_of_python_is_a_stack_trace_with_type_and_text() {
    let list = serde_json::to_string(&TRACEBACK).unwrap();
    let whole = TRACEBACK.concat();
    for (schema, [trace, exception, reason]) in [
        (
            Schema::Ecs,
            ["error.stack_trace", "error.type", "error.message"],
        ),
        (Schema::Logback, ["stack_trace", "exception", "reason"]),
        (Schema::Gelf, ["full_message", "_exception", "_reason"]),
        (Schema::GoogleCloud, ["stack_trace", "exception", "reason"]),
        (Schema::Eliot, ["traceback", "exception", "reason"]),
    ] {
        let (seen, losses) = written(&logstash(&list), schema);

        assert_eq!(member(&seen, trace), text(&whole), "{schema}");
        assert_eq!(member(&seen, exception), text("ValueError"), "{schema}");
        assert_eq!(member(&seen, reason), text("bad: worse\nstill"), "{schema}");
        match schema {
            Schema::Eliot => assert_eq!(losses, [Loss::NoTask]),
            _ => {
                assert_eq!(losses, []);
                let (back, _) = written(&seen, Schema::LogstashV1);
                assert_eq!(member(&back, "exception"), json(&list), "{schema}");
                assert_eq!(member(&back, "exception_backtrace"), None);
            }
        }
    }
}

#[test]
fn an_exception_without_a_text_comes_back() {
    for list in [
        r#"["KeyboardInterrupt\n"]"#,
        r#"["NoneType: None\n"]"#,
        r#"["E: \n"]"#,
    ] {
        let (back, losses) = there_and_back(&logstash(list), Schema::Ecs);

        assert_eq!((member(&back, "exception"), losses), (json(list), vec![]));
    }
}

#[test]
fn a_list_that_python_would_part_otherwise_is_told() {
    let list = r#"["Traceback (most recent call last):\n","  File ","\"a.py\"\n","E: r\n"]"#;

    let (seen, losses) = written(&logstash(list), Schema::Ecs);

    let whole = "Traceback (most recent call last):\n  File \"a.py\"\nE: r\n";
    assert_eq!(member(&seen, "error.stack_trace"), text(whole));
    assert_eq!(losses, [Loss::Value]);
    // What is no exception of Python stays a list.
    for list in [r#"["a","b"]"#, r#"["no type: r\n"]"#, "[1]", "[]"] {
        let (seen, losses) = written(&logstash(list), Schema::Ecs);
        assert_eq!((member(&seen, "error.type"), losses), (json(list), vec![]));
    }
}

#[test]
fn a_traceback_of_eliot_comes_back_from_each_schema() {
    let whole = serde_json::to_string(&TRACEBACK.concat()).unwrap();
    let line = eliot(&format!(
        r#""reason":"bad: worse\nstill","traceback":{whole},"exception":"builtins.ValueError""#
    ));
    for schema in Schema::ALL {
        let (back, losses) = there_and_back(&line, schema);

        for key in ["reason", "exception", "traceback"] {
            assert_eq!(member(&back, key), member(&line, key), "{schema}");
        }
        // Python doesn't print the module, so the list can't be made of the text.
        let is_kept = !matches!(
            schema,
            Schema::LogstashV1 | Schema::LogstashV0 | Schema::Tracing
        );
        let expected = if is_kept { vec![] } else { vec![Loss::Trace] };
        assert_eq!(losses, expected, "{schema}");
    }
    let (seen, _) = written(&line, Schema::Ecs);
    assert_eq!(
        member(&seen, "error.stack_trace"),
        member(&line, "traceback")
    );
}

#[test]
fn a_line_in_its_own_schema_tells_what_is_no_number() {
    assert_eq!(
        written(&eliot("\"n\":[NaN]"), Schema::Eliot).1,
        [Loss::NotANumber]
    );
    assert_eq!(written(&eliot("\"n\":[1]"), Schema::Eliot).1, []);
}
