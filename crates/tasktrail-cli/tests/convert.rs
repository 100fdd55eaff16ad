//! `tasktrail convert`, run as users run it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::path::Path;

use run::{Folder, assert_outcome, goldens, run_in, run_with, stderr, stdout};

fn golden(schema: &str) -> String {
    let file = format!("../../tests/golden/schemas/{schema}.jsonl");
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

#[test]
fn lines_of_any_mix_come_out_in_one_schema() {
    let mixed = golden("gelf") + &golden("opentelemetry");

    let output = run_with(mixed.as_bytes(), &["convert", "--to", "ecs"]);

    let expected = golden("ecs") + &golden("ecs");
    assert_outcome(&output, 0, &expected, "6 lines written, 6 converted\n");
}

#[test]
fn lines_that_have_the_schema_already_are_the_same_to_the_byte() {
    let odd = "{ \"task_uuid\" : \"t\", \"task_level\": [ 1 ], \"n\": NaN, \"n\": 1 }\r\n";
    let log = odd.to_owned() + golden("eliot").trim_end();

    let output = run_with(log.as_bytes(), &["convert", "--to", "eliot"]);

    assert_outcome(&output, 0, &(log + "\n"), "4 lines written, 0 converted\n");
}

#[test]
fn each_kind_of_loss_is_told_once_with_its_lines() {
    let line = |level: u64| {
        format!(
            "{{\"box\":{{\"n\":1}},\"paid\":true,\"log_level\":\"INFO\",\"timestamp\":1.5,\"task_uuid\":\"t\",\"task_level\":[{level}],\"message_type\":\"m\"}}\n"
        )
    };
    let written = |level: u64| {
        format!(
            "{{\"version\":\"1.1\",\"host\":\"unknown\",\"short_message\":\"m\",\"timestamp\":1.500000,\"level\":6,\"_task_uuid\":\"t\",\"_task_level\":\"/{level}\",\"_box\":\"{{\\\"n\\\":1}}\",\"_paid\":\"true\"}}\n"
        )
    };

    let output = run_with(
        (line(2) + &line(3)).as_bytes(),
        &["convert", "--to", "gelf"],
    );

    assert_outcome(
        &output,
        1,
        &(written(2) + &written(3)),
        "2 lines: a value that is no text and no number: kept as a text\n\
         2 lines written, 2 converted\n",
    );
}

#[test]
fn bad_lines_are_kept_or_dropped_and_told() {
    let log = format!("oops\n{}", golden("gelf"));
    let told = "<stdin>:1: expected a value, found 'o' at column 1\n";

    let kept = run_with(log.as_bytes(), &["convert", "--to", "ecs"]);
    let dropped = run_with(
        log.as_bytes(),
        &["convert", "--to", "ecs", "--bad-lines", "drop"],
    );

    let expected = golden("ecs");
    let summary = "lines written, 3 converted; 1 not-a-record\n";
    assert_outcome(
        &kept,
        1,
        &format!("oops\n{expected}"),
        &format!("{told}4 {summary}"),
    );
    assert_outcome(&dropped, 1, &expected, &format!("{told}3 {summary}"));
}

#[test]
fn a_log_that_can_t_be_read_is_told_and_the_others_are_written() {
    let folder = Folder::new("convert-missing");
    folder.file("a.log", golden("gelf"));

    let output = run_in(
        &folder.0,
        &["convert", "--to", "ecs", "missing.log", "a.log"],
    );

    assert_eq!(stdout(&output), golden("ecs"));
    assert!(stderr(&output).starts_with("missing.log: can't be opened: "));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_schema_that_there_is_not_is_told_with_those_that_there_are() {
    let output = run_with(b"", &["convert", "--to", "json"]);

    assert!(stderr(&output).contains("[possible values: eliot, logstash,"));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn each_example_of_the_page_is_what_the_command_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/convert.md");
    let page = fs::read_to_string(page).unwrap();
    let folder = Folder::new("convert-page");
    let log = fs::read_to_string(goldens().join("cross_process_client.log")).unwrap();
    folder.file("main.log", log.lines().next().unwrap());
    folder.file(
        "paid.log",
        r#"{"items":["pen","ink"],"log_level":"INFO","timestamp":1700000000.25,"task_uuid":"ac4c6141-be2a-4a6a-a2df-884b46e4162c","task_level":[2],"message_type":"paid"}"#,
    );

    let mut shown = 0;
    for example in page.split("```console\n$ tasktrail ").skip(1) {
        let (example, _) = example.split_once("```").unwrap();
        let (arguments, expected) = example.split_once('\n').unwrap();
        let output = run_in(&folder.0, &arguments.split(' ').collect::<Vec<_>>());

        assert_eq!(stdout(&output).to_owned() + stderr(&output), expected);
        shown += 1;
    }
    assert_eq!(shown, 2);
}
