//! A line that goes to another schema and back is the same, or it is told why not.

#![expect(clippy::unwrap_used, reason = "in a test, what fails should stop it")]

use tasktrail_record::json::Value;
use tasktrail_record::{Loss, Record, Schema};

/// Lines with the keys of all schemas as fields, odd names, and failures of all sorts.
const LINES: &[&str] = &[
    r#"{"":1,"a.b":1,"a":{"b":[1,{"c":null}],"":{}},"n":9007199254740993,"z":-0,"zz":-0.0,"f":1e5,"g":0.1,"timestamp_":"u","level":5,"name":"nn","error":{"type":"q"},"host":"hh","_x0041_":1,"A":2,"logger":"lo","log_level":"INFO","message":"mm","timestamp":1700000000.1234567,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[2,1],"message_type":"paid"}"#,
    r#"{"span":1,"spans":[1],"fields":{"x":1},"attributes":[],"@fields":{"y":1},"traceId":"q","spanId":"w","labels.x":1,"labels":{"y":2},"severity":"s","time":"t","msg":"m","v":7,"pid":"p","short_message":"sm","full_message":"fm","_id":3,"id":4,"ecs.version":"e","error.type":"et","error.message":"em","error.stack_trace":"st","exception.type":"xt","stack_trace":"st2","err":{"message":"q"},"src":{"file":"f"},"target":"tt","thread":"th","threadName":"tn","levelname":"ln","levelno":3,"level_value":9,"created":1,"msecs":2,"args":[1],"body":"b","eventName":"en","process":5,"process.pid":6,"host.name":"hn","hostname":"ho","@version":"1","@timestamp_":"at","code.line.number":5,"log_level":"WARNING","timestamp":1700000000.500000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[2,2],"message_type":"evil"}"#,
    r#"{"log_level":"DEBUG","x":"y","action_status":"started","timestamp":1700000000.500000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","action_type":"act started","task_level":[3,1]}"#,
    r#"{"exception":"std::io::Error","reason":"r: s\nt","exception_sources":["a","b\nc"],"exception_location":"src/x.rs:1:2","exception_backtrace":"0: main\n","x":"y","action_status":"failed","timestamp":1700000000.750000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","action_type":"act","task_level":[3,4]}"#,
    r#"{"exception":"cancelled","reason":"gone","action_status":"failed","timestamp":1700000000.750000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","action_type":"","task_level":[3,5,4]}"#,
    r#"{"exception":"","reason":"","action_status":"failed","timestamp":1700000000.750000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","action_type":"e","task_level":[3,5,4]}"#,
    r#"{"exception":"E","reason":"r\nCaused by: x\nStack backtrace:\nq","exception_backtrace":"Stack backtrace:\n1","action_status":"failed","timestamp":1700000000.750000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","action_type":"e","task_level":[3,5,4]}"#,
    r#"{"exception_backtrace":"lonely","log_level":"ERROR","timestamp":1700000000.750000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[3,5,4],"message_type":""}"#,
    r#"{"exception":"E","log_level":"ERROR","timestamp":1700000000.750000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[3,5,4],"message_type":"-"}"#,
    r#"{"traceback":"Traceback (most recent call last):\n  File x\nE: r\n","exception":"E","reason":"r","log_level":"ERROR","timestamp":1700000000.750000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[3,5,4],"message_type":"tb"}"#,
    r#"{"traceback":"Traceback (most recent call last):\n","log_level":"ERROR","timestamp":1700000000.750000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[3,5,4],"message_type":"tb"}"#,
    r#"{"traceback":"Traceback (most recent call last):\nE: r\n","exception_backtrace":"Traceback (most recent call last):\nF: s\n","exception":"E","reason":"r","log_level":"ERROR","timestamp":1700000000.750000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[3,5,4],"message_type":"tb"}"#,
    r#"{"log_level":"INFO","timestamp":1700000000.000000,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[1],"message_type":"i"}"#,
];

fn written(line: &str, schema: Schema) -> (String, Vec<Loss>) {
    let mut out = Vec::new();
    let record = Record::parse(line.as_bytes()).unwrap();
    let losses = record.write_as(schema, &mut out);
    (String::from_utf8(out).unwrap(), losses)
}

/// Gives what a line says, whatever the order of its members.
fn said(line: &str) -> Value {
    fn sort(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.iter_mut().for_each(|(_, value)| sort(value));
                members.sort_by(|one, other| one.0.cmp(&other.0));
            }
            // OpenTelemetry's attributes have an order that says nothing.
            Value::Array(items) if items.iter().all(|item| item.get("key").is_some()) => {
                items.iter_mut().for_each(sort);
                items.sort_by_cached_key(|item| format!("{item:?}"));
            }
            Value::Array(items) => items.iter_mut().for_each(sort),
            _ => {}
        }
    }
    let mut value = Value::parse(line.trim_end()).unwrap();
    sort(&mut value);
    value
}

#[test]
fn what_changes_on_the_way_to_another_schema_and_back_is_told() {
    let mut unchanged = 0;
    for line in LINES {
        for first in Schema::ALL {
            let (line, _) = written(line, first);
            for second in Schema::ALL {
                let (there, mut losses) = written(&line, second);
                let (back, others) = written(&there, first);
                losses.extend(others);

                if losses.is_empty() {
                    assert_eq!(said(&back), said(&line), "{first} to {second}\n{there}");
                    unchanged += 1;
                }
            }
        }
    }
    // Else everything could be told, and nothing asked.
    assert!(unchanged > 600, "{unchanged} of {}", 100 * LINES.len());
}
