//! The real `eliot-tree` prints what our programs log, and our drawing is the same to the byte.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::fs;
use std::path::Path;

use tasktrail_record::{Charset, Drawing};
use tasktrail_tests::{Folder, Peers, program};

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");

#[test]
fn one_program_is_drawn_as_eliot_tree_prints_it() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "one_program_tree");
    let log = folder.file("one.log");
    program(env!("CARGO_BIN_EXE_one_program"), &[&log]);

    let ascii = Drawing::new().charset(Charset::Ascii);
    for (flags, drawing) in [
        (&[][..], Drawing::new()),
        (&["--ascii"], ascii.clone()),
        (&["-l", "0"], Drawing::new().field_limit(0)),
        (&["--ascii", "-l", "0"], ascii.field_limit(0)),
        (&["-l", "7"], Drawing::new().field_limit(7)),
        (
            &["-i", "id", "-i", "debug"],
            Drawing::new().ignored_keys(["id", "debug"]),
        ),
    ] {
        assert_same(peers, &[&log], flags, &drawing);
    }
}

#[test]
fn many_threads_are_drawn_as_eliot_tree_prints_them() {
    assert_drawn_alike(env!("CARGO_BIN_EXE_many_threads"), "many_threads_tree");
}

#[test]
fn tasks_of_tokio_are_drawn_as_eliot_tree_prints_them() {
    assert_drawn_alike(env!("CARGO_BIN_EXE_tokio_tasks"), "tokio_tasks_tree");
}

fn assert_drawn_alike(path: &str, name: &str) {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, name);
    let log = folder.file("one.log");

    program(path, &[&log]);

    assert_same(peers, &[&log], &[], &Drawing::new());
}

#[test]
fn a_task_in_two_languages_is_drawn_as_eliot_tree_prints_it() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "two_languages_tree");
    let (rust, python) = (folder.file("rust.log"), folder.file("python.log"));

    let id = program(env!("CARGO_BIN_EXE_relay"), &[&rust, &"first"]).stdout;
    peers.python("relay.py", &[&python, &"last", &id.trim_end()]);

    assert_same(peers, &[&rust, &python], &[], &Drawing::new());
}

/// Compares what `eliot-tree` prints of some logs with a drawing of ours.
fn assert_same(peers: &Peers, logs: &[&Path], flags: &[&str], drawing: &Drawing) {
    let mut arguments: Vec<&dyn AsRef<_>> = Vec::new();
    arguments.extend(flags.iter().map(|flag| flag as &dyn AsRef<_>));
    arguments.extend(logs.iter().map(|log| log as &dyn AsRef<_>));

    let printed = peers.eliot_tree(&arguments);
    let bytes: Vec<_> = logs.iter().map(|log| fs::read(log).unwrap()).collect();
    let drawn = drawing.draw_logs(bytes.iter().map(Vec::as_slice)).unwrap();

    assert_eq!(printed.stderr, "", "{flags:?}");
    assert!(!printed.stdout.is_empty(), "{flags:?}");
    for (number, (ours, theirs)) in (1..).zip(drawn.lines().zip(printed.stdout.lines())) {
        assert_eq!(ours, theirs, "line {number}, with {flags:?}");
    }
    assert_eq!(drawn, printed.stdout, "with {flags:?}");
}
