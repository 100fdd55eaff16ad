//! Programs that are built with `panic = "abort"` panic with lines in memory.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use tasktrail_tests::{Folder, run};

const LINES: usize = 10_000;

/// What the signal of an abort is called in numbers.
const ABORTED: i32 = 6;

/// Builds the program with a profile of its own, once.
fn program() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("panic_abort");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--package", "tasktrail-aborting"])
            .args(["--profile", "panic-abort", "--target-dir"])
            .arg(&target)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        run(&mut cargo);
        target.join("panic-abort/aborting")
    });
    built.clone()
}

/// Gives how many lines were written, and finds that none is torn, doubled or missing between.
fn lines_after(way: &str) -> usize {
    let text = text_after(way);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        assert_eq!(line, format!("line {number} end\n"));
    }
    text.lines().count()
}

/// Gives what is written when the program has panicked that way.
fn text_after(way: &str) -> String {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), &format!("aborting_{way}"));
    let log = folder.file("lines.log");

    let mut program = Command::new(program());
    let output = program.arg(way).arg(&log).output().unwrap();

    assert_eq!(output.status.signal(), Some(ABORTED), "{output:?}");
    fs::read_to_string(log).unwrap()
}

#[test]
fn a_panic_that_aborts_the_program_writes_what_is_in_memory() {
    assert_eq!(lines_after("in_main"), LINES);
    assert_eq!(lines_after("in_a_thread"), LINES);
    assert_eq!(lines_after("caught"), LINES);
}

#[test]
fn a_destination_that_panics_ends_a_program_that_aborts() {
    assert_eq!(lines_after("in_a_destination"), 0);
}

#[test]
fn a_panic_that_aborts_the_program_is_the_last_line_of_its_task() {
    let text = text_after("logged");

    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [start, panic] = &lines[..] else {
        panic!("expected two lines, found {text}");
    };
    assert_eq!(start["action_type"], "order");
    assert_eq!(panic["message_type"], "panic");
    assert_eq!(panic["message"], "no rate");
    assert_eq!(panic["log_level"], "ERROR");
    assert_eq!(panic["task_uuid"], start["task_uuid"]);
    assert_eq!(panic["task_level"], serde_json::json!([2]));
}
