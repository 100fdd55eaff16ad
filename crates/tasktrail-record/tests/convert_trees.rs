//! A log that is written in another schema has the trees that it had.

#![expect(clippy::unwrap_used, reason = "in a test, what fails should stop it")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use tasktrail_record::json::Value;
use tasktrail_record::{Action, Kind, Node, Record, Schema, Tree, Trees};

/// Draws what is told of a task beside fields: places, names, how actions ended and when.
fn drawn(tree: &Tree) -> String {
    let mut drawing = format!("{} complete: {}\n", tree.task(), tree.is_complete());
    match tree.root() {
        Node::Action(action) => draw_action(&action, 1, &mut drawing),
        Node::Message(record) => draw_message(record, 1, &mut drawing),
    }
    drawing
}

fn draw_action(action: &Action<'_>, depth: usize, drawing: &mut String) {
    let space = "  ".repeat(depth);
    let (name, status, missing) = (action.name(), action.status(), action.missing());
    writeln!(drawing, "{space}{name:?} {status:?} missing: {missing}").unwrap();
    for record in [action.start(), action.end()].into_iter().flatten() {
        draw_message(record, depth + 1, drawing);
    }
    for (number, node) in action.children() {
        write!(drawing, "{number}").unwrap();
        match node {
            Node::Action(action) => draw_action(&action, depth + 1, drawing),
            Node::Message(record) => draw_message(record, depth + 1, drawing),
        }
    }
}

fn draw_message(record: &Record, depth: usize, drawing: &mut String) {
    let space = "  ".repeat(depth);
    let kind = match record.kind() {
        Kind::Message { message_type } => {
            // A name and a text are drawn as one or the other, the rest as a field.
            let beside = ["message_type", "message"].map(|name| record.field(name));
            let beside = beside.into_iter().flatten().filter_map(Value::as_str);
            let mut said: Vec<&str> = message_type.as_deref().into_iter().chain(beside).collect();
            // GELF and Bunyan have a text where there is none.
            said.retain(|text| !matches!(*text, "" | "-"));
            said.sort_unstable();
            format!("{said:?}")
        }
        other => format!("{other:?}"),
    };
    let time = micros(record);
    let reason = record.field("reason").and_then(|reason| reason.as_str());
    writeln!(drawing, "{space}{kind} {time} {reason:?}").unwrap();
}

/// Gives the seconds, cut to what every schema is read to.
fn micros(record: &Record) -> String {
    let Some(Value::Number(seconds)) = record.timestamp() else {
        return String::new();
    };
    let seconds = seconds.to_string();
    let (whole, fraction) = seconds.split_once('.').unwrap_or((&seconds, ""));
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    format!("{whole}.{fraction}")
}

fn drawings(log: &[String]) -> BTreeMap<String, String> {
    let mut trees = Trees::new();
    let mut all = Vec::new();
    for line in log {
        let record = Record::parse(line.as_bytes()).unwrap();
        all.extend(trees.add(record).unwrap());
    }
    all.extend(trees.finish());
    let mut drawings = BTreeMap::new();
    for tree in all {
        *drawings.entry(tree.task().to_owned()).or_default() += drawn(&tree).as_str();
    }
    drawings
}

fn in_schema(log: &[String], schema: Schema) -> Vec<String> {
    let converted = log.iter().map(|line| {
        let mut out = Vec::new();
        let record = Record::parse(line.as_bytes()).unwrap();
        record.write_as(schema, &mut out);
        String::from_utf8(out).unwrap()
    });
    converted.collect()
}

/// All logs that real Eliot wrote, and those of our layers in each schema.
fn logs() -> Vec<Vec<String>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let mut files: Vec<_> = fs::read_dir(tests.join("conformance/eliot"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "log"))
        .collect();
    files.extend(Schema::ALL.map(|schema| tests.join(format!("golden/schemas/{schema}.jsonl"))));
    files.sort();
    let lines = files.iter().map(|file| {
        let bytes = fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let records = text
            .lines()
            // The log of many threads says no more with all of them.
            .take(60)
            .filter(|line| Record::parse(line.as_bytes()).is_ok());
        records.map(str::to_owned).collect()
    });
    lines.collect()
}

#[test]
fn the_trees_of_a_log_are_the_same_in_each_schema_and_from_each_to_each() {
    let mut compared = 0;
    for log in logs() {
        let expected = drawings(&log);
        assert!(!expected.is_empty());
        for from in Schema::ALL {
            let first = in_schema(&log, from);
            assert_eq!(drawings(&first), expected, "{from}: {log:#?}");
            for to in Schema::ALL {
                let second = in_schema(&first, to);
                assert_eq!(drawings(&second), expected, "{from} to {to}: {log:#?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 2500, "{compared}");
}
