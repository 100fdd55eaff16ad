//! The parser of the real Eliot finds complete tasks in what our programs log, and finds in them
//! what the programs did.

use std::fs;

use tasktrail_tests::{Folder, Peers, program};

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");

#[test]
fn all_that_one_thread_logs_is_read_as_it_was_meant() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "one_program");
    let log = folder.file("one.log");

    program(env!("CARGO_BIN_EXE_one_program"), &[&log]);

    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/one_program.txt");
    assert_same(
        &peers.python("tasks.py", &[&log]).stdout,
        &fs::read_to_string(golden).unwrap(),
    );
}

#[test]
fn the_loss_of_any_line_is_noticed() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "lost_line");
    let log = folder.file("one.log");
    program(env!("CARGO_BIN_EXE_one_program"), &[&log]);
    let lines = fs::read_to_string(&log).unwrap().lines().count();

    let noticed = peers.python("tasks.py", &[&"--without-each", &log]).stdout;

    assert_same(&noticed, &format!("{lines} lines, each taken away once\n"));
}

#[test]
fn one_task_in_64_threads_is_complete_and_in_order() {
    assert_told(env!("CARGO_BIN_EXE_many_threads"), "many_threads");
}

#[test]
fn one_action_of_64_threads_is_complete_and_each_thread_is_in_order() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "one_action");
    let log = folder.file("one.log");

    let told = program(env!("CARGO_BIN_EXE_one_action"), &[&log]).stdout;

    let drawn = peers.python("tasks.py", &[&log]).stdout;
    let (in_turn, at_once) = drawn.split_once("task complete\nat_once").unwrap();
    // Between threads that speak at once there is no order; sorting keeps that of each.
    let mut at_once: Vec<&str> = at_once.lines().collect();
    at_once.sort_by_key(|line| thread(line));
    let sorted = format!("{in_turn}task complete\nat_once{}\n", at_once.join("\n"));
    assert_same(&sorted, &told);
}

/// Gives the number of the thread that a line names; what names none comes first.
fn thread(line: &str) -> Option<u32> {
    let (_, rest) = line.split_once(r#""thread":"#)?;
    rest.split(',').next()?.parse().ok()
}

#[test]
fn one_task_in_tasks_of_tokio_is_complete_and_in_order() {
    assert_told(env!("CARGO_BIN_EXE_tokio_tasks"), "tokio_tasks");
}

/// Compares what a program says that it did with what Eliot's parser finds in its log.
fn assert_told(path: &str, name: &str) {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, name);
    let log = folder.file("one.log");

    let told = program(path, &[&log]).stdout;

    assert_same(&peers.python("tasks.py", &[&log]).stdout, &told);
}

/// Compares drawings; names the first line that differs, for they are long.
#[track_caller]
fn assert_same(found: &str, expected: &str) {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (found_lines, expected_lines) = (lines(found), lines(expected));
    for (number, (found, expected)) in (1..).zip(found_lines.iter().zip(&expected_lines)) {
        assert_eq!(found, expected, "line {number} differs");
    }
    assert_eq!(
        found_lines.len(),
        expected_lines.len(),
        "the number of lines"
    );
    assert_eq!(found, expected);
}
