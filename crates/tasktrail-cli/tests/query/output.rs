//! What is printed of records.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::LOG;
use crate::run::{Folder, assert_outcome, command, run_in, run_with, stderr, stdout};

#[test]
fn lines_are_printed_as_they_are_in_the_order_of_the_logs() {
    let folder = Folder::new("query-order");
    let mut expected = String::new();
    for name in ["a", "b"] {
        let mut log = String::new();
        for number in 0..30_000 {
            // White space and the order of keys are kept.
            let line = format!(
                "{{ \"x\":\"{}\",  \"task_level\":[1], \"task_uuid\":\"{name}{number}\"}} \r\n",
                "x".repeat(number % 97)
            );
            log += &line;
            if number % 10 == 3 {
                expected += &line;
            }
        }
        folder.file(name, log);
    }
    let last = "{\"task_uuid\":\"no break3\",\"task_level\":[1]}";
    folder.file("c", last);

    let wanted = "ends_with(task_uuid, '3')";
    let output = run_in(&folder.0, &["query", "--where", wanted, "a", "b", "c"]);

    assert!(stdout(&output) == expected + last + "\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn fields_are_printed_in_each_format() {
    let fields = "task_level,reason,took.ms,status,missing";
    for (format, expected) in [
        (
            "csv",
            "task_level,reason,took.ms,status,missing\n\
             /2,,40.5,,\n\
             /3/2,\"no, \"\"never\"\"\",,,\n",
        ),
        (
            "table",
            "task_level  reason       took.ms  status  missing\n\
             /2                       40.5\n\
             /3/2        no, \"never\"\n",
        ),
        (
            "lines",
            "{\"task_level\":\"/2\",\"took.ms\":40.5}\n\
             {\"task_level\":\"/3/2\",\"reason\":\"no, \\\"never\\\"\"}\n",
        ),
    ] {
        let arguments = [
            "query", "--level", "warn", "--fields", fields, "--format", format,
        ];
        assert_outcome(&run_with(LOG.as_bytes(), &arguments), 0, expected, "");
    }
}

#[test]
fn without_names_of_fields_the_usual_ones_are_printed() {
    let output = run_with(LOG.as_bytes(), &["query", "--failed", "--format", "csv"]);

    assert_outcome(
        &output,
        0,
        "timestamp,task_uuid,task_level,action_type,action_status,message_type\n\
         102.25,abc-1,/3/2,sql,failed,\n",
        "",
    );
}

#[test]
fn what_could_steer_a_terminal_is_shown_in_a_table() {
    let log = r#"{"task_uuid":"t","task_level":[1],"a":"\u001b[31m\nred"}"#;

    let output = run_with(log.as_bytes(), &["query", "--fields", "a"]);

    assert_outcome(&output, 0, "a\n␛[31m␊red\n", "");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let folder = Folder::new("query-broken-pipe");
    folder.file("log", LOG.repeat(20_000));
    for format in ["lines", "csv", "table"] {
        let mut child = command(&["query", "--format", format, "log"])
            .current_dir(&folder.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();

        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();

        assert_eq!(stderr(&output), "");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn in_another_schema_lines_are_those_of_convert() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/schemas");
    let mut schemas = 0;
    for entry in fs::read_dir(&golden).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        for to in ["eliot", "ecs", "gelf", "logstash", "opentelemetry"] {
            let converted = run_in(&golden, &["convert", "--to", to, &name]);
            // Its last line says how many there are.
            let told = stderr(&converted).trim_end().rsplit_once('\n');
            let told = told.map_or(String::new(), |(told, _)| told.to_owned() + "\n");

            let output = run_in(&golden, &["query", "--to", to, &name]);
            let status = i32::from(!told.is_empty());
            assert_outcome(&output, status, stdout(&converted), &told);
        }
        schemas += 1;
    }
    assert_eq!(schemas, 10);
}

#[test]
fn in_another_schema_only_what_is_chosen_is_printed_and_told() {
    // What waits for a path and is not chosen loses nothing either.
    let log = [
        r#"{"n":true,"task_uuid":"t","task_level":[2,2],"timestamp":1.5,"log_level":"INFO","message_type":"m"}"#,
        r#"{"n":true,"task_uuid":"u","task_level":[2,2],"timestamp":1.5,"log_level":"INFO","message_type":"m"}"#,
        r#"{"task_uuid":"t","task_level":[2,1],"timestamp":1.5,"action_type":"a","action_status":"started"}"#,
        r#"{"task_uuid":"u","task_level":[2,1],"timestamp":1.5,"action_type":"b","action_status":"started"}"#,
        r#"{"task_uuid":"t","task_level":[1],"timestamp":1.5,"action_type":"main","action_status":"started"}"#,
    ]
    .join("\n");
    let arguments = [
        "query", "--to", "gelf", "--action", "*/a", "--level", "info",
    ];

    let output = run_with(log.as_bytes(), &arguments);

    assert_outcome(
        &output,
        1,
        "{\"version\":\"1.1\",\"host\":\"unknown\",\"short_message\":\"m\",\
         \"timestamp\":1.500000,\"level\":6,\"_task_uuid\":\"t\",\"_task_level\":\"/2/2\",\
         \"_n\":\"true\"}\n",
        "1 line: a value that is no text and no number: kept as a text\n",
    );
}

#[test]
fn two_columns_of_one_name_have_two_titles() {
    let log = r#"{"task_uuid":"t","task_level":[1],"count":7}"#;
    for (arguments, expected) in [
        (&["--group-by", "count"][..], "{\"count\":7,\"count_\":1}\n"),
        (&["--fields", "count,count"], "{\"count\":7,\"count_\":7}\n"),
    ] {
        let arguments = [&["query", "--format", "lines"], arguments].concat();
        assert_outcome(&run_with(log.as_bytes(), &arguments), 0, expected, "");
    }
}

#[test]
fn a_very_long_cell_makes_no_column_wide() {
    let line = |text: &str| {
        format!("{{\"task_uuid\":\"t\",\"task_level\":[1],\"a\":\"{text}\",\"b\":1}}\n")
    };
    let long = "x".repeat(5000);
    let log = line("日本") + &line(&long);

    let output = run_with(log.as_bytes(), &["query", "--fields", "a,b"]);

    // Both characters are two columns wide.
    let (title, short) = (" ".repeat(99), " ".repeat(96));
    let expected = format!("a{title}  b\n日本{short}  1\n{long}  1\n");
    assert_outcome(&output, 0, &expected, "");
}
