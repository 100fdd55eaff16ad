//! `tasktrail timeline`: drawings are compared with files in `timeline/`, which are read before they
//! are kept. `TASKTRAIL_GOLDEN=write` makes them.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use run::{assert_outcome, command, run_with, stderr, stdout};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// Runs beside the logs of the layout `trail`, in a window of so many columns.
fn timeline(columns: usize, arguments: &[&str]) -> Output {
    command(&["timeline"])
        .args(arguments)
        .current_dir(folder("trail"))
        .env("COLUMNS", columns.to_string())
        .output()
        .unwrap()
}

#[track_caller]
fn assert_golden(golden: &str, columns: usize, arguments: &[&str]) {
    let output = timeline(columns, arguments);

    let path = folder("timeline").join(golden);
    if env::var_os("TASKTRAIL_GOLDEN").is_some_and(|value| value == "write") {
        fs::write(&path, stdout(&output)).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert_outcome(&output, 0, &expected, "");
}

/// Draws in ASCII what comes on the standard input, and gives the lines after the heading.
#[track_caller]
fn drawn(log: &str) -> Vec<String> {
    drawn_with(log, &[])
}

#[track_caller]
fn drawn_with(log: &str, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["timeline", "t", "--ascii"], arguments].concat();
    let output = run_with(log.as_bytes(), &arguments);
    assert_eq!(stderr(&output), "");
    stdout(&output).lines().skip(2).map(str::to_owned).collect()
}

fn message(level: &str, rest: &str) -> String {
    format!("{{\"task_uuid\":\"t\",\"task_level\":[{level}],{rest}}}\n")
}

fn start(level: &str, name: &str, seconds: f64) -> String {
    let rest = format!(r#""action_type":"{name}","action_status":"started","timestamp":{seconds}"#);
    message(level, &rest)
}

fn end(level: &str, name: &str, seconds: f64) -> String {
    let rest =
        format!(r#""action_type":"{name}","action_status":"succeeded","timestamp":{seconds}"#);
    message(level, &rest)
}

#[test]
fn each_action_has_a_bar_at_its_place_in_time() {
    assert_golden("order.txt", 100, &["order-17", "order.log"]);
}

#[test]
fn without_unicode_and_with_colours() {
    let arguments = ["order-17", "order.log", "--ascii", "--color", "always"];
    assert_golden("order.ascii.color.txt", 60, &arguments);
}

#[test]
fn of_several_beginnings_the_one_that_is_the_whole_name_is_drawn() {
    let task = |name: &str| {
        let log = start("1", name, 0.0) + &end("2", name, 1.0);
        log.replace("\"t\"", &format!("\"{name}\""))
    };
    for names in [
        ["t", "t1", "t2", "u"],
        ["t1", "t", "t2", "u"],
        ["t1", "t2", "t", "u"],
    ] {
        let log = names.map(task).concat();
        let alone = run_with(task("t").as_bytes(), &["timeline", "t"]);

        let output = run_with(log.as_bytes(), &["timeline", "t"]);

        assert_outcome(&output, 0, stdout(&alone), "");
    }
}

#[test]
fn an_action_that_begins_before_the_one_around_it_is_marked() {
    assert_golden(
        "two_hosts.txt",
        100,
        &["hosts", "--events", "two_hosts.log"],
    );
}

#[test]
fn what_has_no_end_is_open_to_the_right() {
    assert_golden(
        "incomplete.txt",
        80,
        &["never", "--events", "incomplete.log"],
    );
}

#[test]
fn the_columns_of_a_bar_are_those_of_its_time() {
    // 100 columns: 45 for bars, 36 seconds in 45 columns: a column is 0.8 seconds.
    let log = [
        start("1", "all", 0.0),
        start("2,1", "first", 0.0),
        end("2,2", "first", 8.0),
        start("3,1", "second", 8.0),
        end("3,2", "second", 36.0),
        start("4,1", "short", 16.0),
        end("4,2", "short", 16.1),
        end("5", "all", 36.0),
    ]
    .concat();

    let lines = drawn(&log);

    let bars: Vec<String> = lines
        .iter()
        .map(|line| line.chars().skip(44).take(45).collect())
        .collect();
    let bar = |before, sign: &str, columns: usize| {
        format!("{:<45}", " ".repeat(before) + &sign.repeat(columns))
    };
    assert_eq!(bars[0], bar(0, "#", 45));
    assert_eq!(bars[1], bar(0, "#", 10));
    assert_eq!(bars[2], bar(10, "#", 35));
    assert_eq!(bars[3], bar(20, "|", 1));
}

#[test]
fn of_many_actions_of_one_name_the_first_the_last_and_those_that_failed_are_drawn() {
    let mut log = start("1", "all", 0.0);
    for number in 0..90 {
        let seconds = f64::from(number);
        let (level, status) = (
            number + 2,
            ["succeeded", "failed"][usize::from(number == 50)],
        );
        log += &start(&format!("{level},1"), "inner", seconds);
        log += &message(
            &format!("{level},2"),
            &format!(r#""timestamp":{}"#, seconds + 0.25),
        );
        log += &end(&format!("{level},3"), "inner", seconds + 0.5).replace("succeeded", status);
    }
    log += &end("92", "all", 90.0);

    let lines = drawn_with(&log, &["--siblings", "2"]);

    let begin = |line: &String| line.get(..19).unwrap_or_default().trim_end().to_owned();
    assert_eq!(
        lines.iter().map(begin).collect::<Vec<_>>(),
        [
            "+ all",
            "  + inner",
            "  ... 49 more inner",
            "  x inner",
            "  ... 38 more inner",
            "  + inner",
            "",
        ]
    );
    // Columns of two seconds; those that are counted go from 1 s to 49.5 s.
    assert_eq!(lines[2].get(44..), Some("#".repeat(25).as_str()));
    let all = drawn_with(&log, &["--all"]);
    assert_eq!(
        all.iter().filter(|line| line.contains(" inner")).count(),
        90
    );
}

#[test]
fn the_beginning_is_told_by_the_clock_here_if_that_is_asked_for() {
    for (zone, expected) in [
        (
            "XYZ-5:30",
            "order-17  2023-11-15 03:43:20.000000+05:30  1.00 s",
        ),
        ("UTC0", "order-17  2023-11-14 22:13:20.000000+00:00  1.00 s"),
    ] {
        let output = command(&["timeline", "order-17", "order.log", "--local-timezone"])
            .current_dir(folder("trail"))
            .env("TZ", zone)
            .output()
            .unwrap();

        assert_eq!(stdout(&output).lines().next(), Some(expected));
    }
}

#[test]
fn a_place_is_named_where_it_changes() {
    let at = |host: &str, thread: &str, line: String| {
        let of_schema = format!(
            "{{\"@timestamp\":\"1970-01-01T00:00:00.000Z\",\"@version\":1,\"created\":0,\"levelname\":\"INFO\",\
             \"source_host\":\"{host}\",\"processName\":\"shop\",\"process\":7,\"threadName\":\"{thread}\","
        );
        line.replacen('{', &of_schema, 1)
    };
    let log = [
        at("a", "main", start("1", "all", 0.0)),
        at("a", "main", start("2,1", "same", 0.0)),
        at("a", "worker", start("3,1", "thread", 0.0)),
        at("b", "worker", start("3,2,1", "host", 0.0)),
    ]
    .concat();

    let lines = drawn(&log);

    // The empty line at the end has no name.
    let names = lines.iter().filter_map(|line| line.get(..42));
    assert_eq!(
        names.map(str::trim_end).collect::<Vec<_>>(),
        [
            "? all @a shop[7] main",
            "  ? same",
            "  ? thread @worker",
            "    ? host @b",
        ]
    );
}

#[test]
fn a_beginning_that_several_tasks_have_names_them_and_fails() {
    let output = timeline(100, &["n", "incomplete.log"]);

    let candidates = "2 tasks have names that begin with \"n\":\n  \
         \"never-ended\"  \"serve\"\n  \"no-times\"  \"outer\"\n";
    assert_outcome(&output, 2, "", candidates);
    let output = timeline(100, &["x", "incomplete.log"]);
    assert_outcome(
        &output,
        2,
        "",
        "no task has a name that begins with \"x\"\n",
    );
}

#[test]
fn a_whole_name_is_no_beginning_of_another() {
    let other = start("1", "other", 0.0).replace("\"t\"", "\"task\"");

    let lines = drawn(&(other + &start("1", "own", 0.0)));

    assert!(lines[0].starts_with("? own"), "{lines:?}");
}

#[test]
fn no_log_can_steer_the_terminal() {
    let lines = drawn(&start("1", "a\\u001b[31m", 0.0));

    assert!(lines[0].starts_with("? a\u{241b}[31m"), "{lines:?}");
}

#[test]
fn no_line_is_wider_than_the_window() {
    for columns in 1..120 {
        let output = timeline(columns, &["order-17", "--events", "order.log"]);

        assert_eq!(output.status.code(), Some(0));
        for line in stdout(&output).lines() {
            // Without any room for a text there are still a column of bars and the duration.
            assert!(line.chars().count() <= columns.max(2), "{columns}: {line}");
        }
    }
}

#[test]
fn a_task_may_be_fifty_thousand_actions_deep() {
    let level = "2,".repeat(50_000) + "1";

    let lines = drawn(&message(&level, r#""message_type":"deep","timestamp":1"#));

    // The actions around the message, and the empty line.
    assert_eq!(lines.len(), 50_001 + 1);
    assert!(
        lines[50_000].starts_with("~50000 ? <unnamed>"),
        "{}",
        lines[50_000]
    );
}

#[test]
fn the_page_shows_this_drawing() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.md");
    let page = fs::read_to_string(page).unwrap();
    let golden = fs::read_to_string(folder("timeline").join("two_hosts.txt")).unwrap();

    let example =
        format!("```console\n$ tasktrail timeline hosts --events two_hosts.log\n{golden}```\n");
    assert!(page.contains(&example), "{example}");
}
