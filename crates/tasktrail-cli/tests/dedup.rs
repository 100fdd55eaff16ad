//! `tasktrail dedup`, run as users run it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use run::{Folder, assert_outcome, run_in, run_with, stderr, stdout};

fn line(task: &str, level: &str, said: &str) -> String {
    format!("{{\"task_uuid\":\"{task}\",\"task_level\":{level},\"message_type\":\"{said}\"}}\n")
}

#[test]
fn the_first_line_of_each_position_is_printed_byte_for_byte() {
    let (one, two, other) = (
        line("t", "[1]", "m"),
        line("t", "[ 2 ]", "m"),
        line("u", "[1]", "m"),
    );
    let logs = [&one, &two, &one, &other, &two, &other].map(String::as_str);

    let output = run_with(logs.concat().as_bytes(), &["dedup"]);

    let expected = [one, two, other].concat();
    assert_outcome(&output, 0, &expected, "3 lines printed, 3 doubled\n");
}

#[test]
fn logs_that_overlap_become_one() {
    let folder = Folder::new("dedup-overlap");
    let lines: Vec<String> = (1..20_000)
        .map(|n| line("t", &format!("[{n}]"), "m"))
        .collect();
    folder.file("a", lines.get(..15_000).unwrap().concat());
    // Its last line has no line break.
    folder.file("b", lines.get(5_000..).unwrap().concat().trim_end());
    folder.file("c", lines.get(7..8).unwrap().concat());

    let output = run_in(&folder.0, &["dedup", "."]);

    assert!(stdout(&output) == lines.concat());
    assert_eq!(stderr(&output), "19999 lines printed, 10001 doubled\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn two_lines_of_one_position_that_differ_are_told() {
    let (one, two) = (line("t", "[1]", "one"), line("t", "[1]", "two"));

    let output = run_with([one.as_str(), &two].concat().as_bytes(), &["dedup"]);

    assert_outcome(
        &output,
        1,
        &one,
        "<stdin>:2: says something else than the first line of its position, and was left out\n\
         1 lines printed, 0 doubled; 1 say something else than the first of their position, and \
         were left out\n",
    );
}

#[test]
fn the_first_ten_lines_that_say_something_else_are_told_with_their_places() {
    let folder = Folder::new("dedup-told");
    let lines = |said: &str| -> String {
        let lines = (1..=8).map(|number| line("t", &format!("[{number}]"), said));
        lines.collect()
    };
    folder.file("a", lines("one"));
    folder.file("b", [&lines("two"), "oops\n", &lines("one")].concat());
    folder.file("c", lines("three"));

    let output = run_in(&folder.0, &["dedup", "a", "b", "c"]);

    let what = "says something else than the first line of its position, and was left out";
    let told = stderr(&output).lines().filter(|told| told.ends_with(what));
    let of_b = (1..=8).map(|number| format!("b:{number}: {what}"));
    let of_c = (1..=2).map(|number| format!("c:{number}: {what}"));
    assert!(told.eq(of_b.chain(of_c)), "{}", stderr(&output));
    assert!(stderr(&output).contains("; 16 say something else than"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn lines_that_are_no_records_are_kept_unless_they_are_to_be_dropped() {
    let good = line("t", "[1]", "m");
    let log = [
        "oops\n",
        &good,
        "oops\n",
        "{\"@timestamp\":1,\"@version\":1}\n",
    ]
    .concat();

    const TOLD: &str = "\
<stdin>:1: expected a value, found 'o' at column 1
<stdin>:3: expected a value, found 'o' at column 1
";

    let kept = run_with(log.as_bytes(), &["dedup"]);
    assert_outcome(
        &kept,
        1,
        &log,
        &format!("{TOLD}4 lines printed, 0 doubled; 2 not-a-record\n"),
    );

    let dropped = run_with(log.as_bytes(), &["dedup", "--bad-lines", "drop"]);
    assert_outcome(
        &dropped,
        1,
        &log.replace("oops\n", ""),
        &format!("{TOLD}2 lines printed, 0 doubled; 2 not-a-record\n"),
    );
}

#[test]
fn memory_that_is_too_small_is_told_and_loses_no_line() {
    let lines: Vec<String> = (1..1000)
        .map(|n| line("t", &format!("[{n}]"), "m"))
        .collect();
    let twice = lines.concat().repeat(2);

    let output = run_with(twice.as_bytes(), &["dedup", "--memory", "10K"]);

    assert!(stdout(&output) == twice);
    assert!(stderr(&output).contains(" records were forgotten to keep to the memory"));
}
