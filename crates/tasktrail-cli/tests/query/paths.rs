//! `tasktrail query --action` and `tasktrail stats --action` with paths.

use std::collections::HashMap;
use std::fmt::Write;

use crate::run::{Folder, assert_outcome, run_in, run_with, stderr, stdout};

/// Gives the line of one record; a status is of an action of that name, none is a message.
pub(super) fn record(task: &str, level: &[u64], name: &str, status: &str) -> String {
    let kind = match status {
        "" => format!("\"message_type\":\"{name}\""),
        status => format!("\"action_type\":\"{name}\",\"action_status\":\"{status}\""),
    };
    format!("{{\"task_uuid\":\"{task}\",\"task_level\":{level:?},\"timestamp\":1,{kind}}}\n")
}

/// `main` holds `GET /orders`, which holds `sql`; and `sql`, which holds `retry/sql`. In each is a
/// message of the same name and `!`.
fn log() -> String {
    let main = |level: &[u64], name, status| record("t", level, name, status);
    [
        main(&[1], "main", "started"),
        main(&[2], "main!", ""),
        main(&[3, 1], "GET /orders", "started"),
        main(&[3, 2], "GET /orders!", ""),
        main(&[3, 3, 1], "sql", "started"),
        main(&[3, 3, 2], "sql!", ""),
        main(&[3, 3, 3], "sql", "succeeded"),
        main(&[3, 4], "GET /orders", "succeeded"),
        main(&[4, 1], "sql", "started"),
        main(&[4, 2, 1], "retry/sql", "started"),
        main(&[4, 2, 2], "retry/sql!", ""),
        main(&[4, 2, 3], "retry/sql", "succeeded"),
        main(&[4, 3], "sql", "succeeded"),
        main(&[5], "main", "succeeded"),
        record("lonely", &[1], "lonely!", ""),
    ]
    .concat()
}

/// Gives the numbers of the lines that are printed, from 1.
#[track_caller]
fn chosen(log: &str, arguments: &[&str]) -> Vec<usize> {
    let output = run_with(log.as_bytes(), &[&["query"], arguments].concat());
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
    let place = |line| 1 + log.lines().position(|other| other == line).unwrap();
    stdout(&output).lines().map(place).collect()
}

#[test]
fn a_path_chooses_all_records_in_the_action_and_a_name_its_start_and_its_end() {
    let cases: [(&[&str], &[usize]); 23] = [
        (&["main/sql"], &[9, 13]),
        (&["main/*"], &[3, 4, 8, 9, 13]),
        (&["/main"], &[1, 2, 14]),
        (&["/sql"], &[]),
        (&["/main/sql"], &[9, 13]),
        (&["*/*/sql"], &[5, 6, 7]),
        (&["main/**/sql"], &[5, 6, 7, 9, 13]),
        (&["**/sql"], &[5, 6, 7, 9, 13]),
        (&["/*/**/sql"], &[5, 6, 7, 9, 13]),
        (&["sql/**"], &[5, 6, 7, 9, 10, 11, 12, 13]),
        (&["/**"], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]),
        // Names with a slash.
        (&["GET /orders"], &[3, 8]),
        (&["GET /orders*"], &[3, 8]),
        (&["retry/sql"], &[10, 12]),
        (&["retry\\/sql"], &[10, 12]),
        (&["main/GET /orders"], &[3, 4, 8]),
        (&["main/GET */sql"], &[5, 6, 7]),
        (&["sql/retry/sql"], &[10, 11, 12]),
        (&["sql/retry\\/sql"], &[10, 11, 12]),
        // Several.
        (&["main/sql", "sql"], &[5, 7, 9, 13]),
        (&["GET /orders", "sql/retry*"], &[3, 8, 10, 11, 12]),
        (&["no/such", "path"], &[]),
        (&["no/such", "**"], &[1, 3, 5, 7, 8, 9, 10, 12, 13, 14]),
    ];
    for (patterns, expected) in cases {
        let flags = patterns.iter().flat_map(|pattern| ["--action", pattern]);
        let flags: Vec<&str> = flags.collect();
        assert_eq!(chosen(&log(), &flags), expected, "{patterns:?}");

        // Without the starts the ends say the names, and the output is in the order of the log.
        let starts = "\"started\"";
        let kept = log();
        let kept: String = kept
            .lines()
            .filter(|line| !line.contains(starts))
            .map(|line| line.to_owned() + "\n")
            .collect();
        let all = log();
        let all: Vec<&str> = all.lines().collect();
        let expected: Vec<usize> = expected
            .iter()
            .filter(|number| !all[**number - 1].contains(starts))
            .map(|number| {
                1 + kept
                    .lines()
                    .position(|line| line == all[number - 1])
                    .unwrap()
            })
            .collect();
        assert_eq!(
            chosen(&kept, &flags),
            expected,
            "{patterns:?} without starts"
        );
    }
}

#[test]
fn a_path_and_the_other_filters_must_all_hold() {
    for (filters, expected) in [
        (
            &["--action", "**/sql", "--has", "action_status=succeeded"][..],
            &[7, 13][..],
        ),
        (&["--action", "**/sql", "--task", "t"], &[5, 6, 7, 9, 13]),
        (&["--action", "**/sql", "--task", "x"], &[]),
        (&["--action", "**/sql", "--failed"], &[]),
        (&["--action", "**/sql", "--where", "message_type"], &[6]),
        (&["--action", "**/sql", "--level", "warn"], &[]),
    ] {
        assert_eq!(chosen(&log(), filters), expected, "{filters:?}");
    }
}

#[test]
fn what_is_chosen_by_a_path_is_counted_grouped_and_measured() {
    let log = log().replace(
        "\"timestamp\":1,\"action_type\":\"sql\",\"action_status\":\"succeeded\"",
        "\"timestamp\":3,\"action_type\":\"sql\",\"action_status\":\"succeeded\"",
    );
    // The same in the other direction: what is known last is first.
    let reversed: String = log
        .lines()
        .rev()
        .map(|line| line.to_owned() + "\n")
        .collect();
    for log in [log, reversed] {
        for (arguments, expected) in [
            (&["query", "--count"][..], "3\n"),
            (
                &["query", "--group-by", "action_status", "--format", "csv"],
                "action_status,count\n,1\nstarted,1\nsucceeded,1\n",
            ),
            (
                &["query", "--percentiles", "duration", "--format", "csv"],
                "count,p50,p90,p99,max\n1,2,2,2,2\n",
            ),
            (
                &["stats", "--json"],
                "{\"action_type\":\"sql\",\"count\":1,\"failed\":0,\"cancelled\":0,\"without_end\":0,\
                 \"measured\":1,\"p50\":2.0,\"p90\":2.0,\"p99\":2.0,\"max\":2.0,\"total\":2.0,\"share\":1.0}\n",
            ),
        ] {
            let arguments = [arguments, &["--action", "GET */sql"]].concat();
            assert_outcome(&run_with(log.as_bytes(), &arguments), 0, expected, "");
        }
        let arguments = ["stats", "--json", "--action", "GET /orders*"];
        let output = run_with(log.as_bytes(), &arguments);
        assert!(stdout(&output).starts_with("{\"action_type\":\"GET /orders\",\"count\":1,"));
        assert_eq!(stdout(&output).lines().count(), 1);
    }
}

#[test]
fn the_names_around_may_stand_in_another_log() {
    let folder = Folder::new("query-paths-logs");
    let (mut child, mut parent) = (String::new(), String::new());
    for line in log().lines() {
        // What GET /orders holds was done by another program.
        match line.contains("[3, ") {
            true => writeln!(child, "{line}").unwrap(),
            false => writeln!(parent, "{line}").unwrap(),
        }
    }
    folder.file("1-child", &child);
    folder.file("2-parent", &parent);

    let output = run_in(&folder.0, &["query", "--action", "/main/GET */*", "."]);

    let expected: Vec<&str> = child
        .lines()
        .filter(|line| line.contains("[3, 3"))
        .collect();
    assert_eq!(expected.len(), 3);
    assert_outcome(&output, 0, &(expected.join("\n") + "\n"), "");
}

const ONE_IS_UNDECIDED: &str = "1 record is left out, as it can't be told whether --action holds: \
     neither the start nor the end of an action around is in the logs\n";

#[test]
fn records_whose_path_is_not_known_at_the_end_are_told() {
    let without = |left_out: &str| -> String {
        let log = log();
        let lines = log.lines().filter(|line| !line.contains(left_out));
        lines.map(|line| line.to_owned() + "\n").collect()
    };
    // The name of the root is not known, which matters only where it is asked for.
    let log = without("\"main\"");
    assert_eq!(chosen(&log, &["--action", "*/GET */sql"]).len(), 3);
    assert_eq!(chosen(&log, &["--action", "main/no"]).len(), 0);
    let two = ONE_IS_UNDECIDED.replace("1 record is", "2 records are");
    for (path, expected, told) in [
        ("/main", "0\n", ONE_IS_UNDECIDED),
        ("main/sql", "0\n", &two),
        ("GET */sql", "3\n", &two),
    ] {
        let output = run_with(log.as_bytes(), &["query", "--count", "--action", path]);
        assert_outcome(&output, 1, expected, told);
    }
    // What is wanted behind one that waits is printed all the same.
    let log = log + &record("u", &[1], "main", "started") + &record("u", &[2, 1], "sql", "started");
    let output = run_with(log.as_bytes(), &["query", "--action", "main/sql"]);
    assert_eq!(stdout(&output), record("u", &[2, 1], "sql", "started"));
    assert_eq!(output.status.code(), Some(1));
    // Names alone need no path.
    let log = without("started");
    assert_eq!(chosen(&log, &["--action", "GET /orders*"]).len(), 1);
}

#[test]
fn more_than_the_memory_holds_is_printed_out_of_order_and_told() {
    let mut log = String::new();
    let mut expected = HashMap::new();
    let late = record("late", &[2], "m", "");
    log += &late;
    for task in 0..200 {
        let lines = record(&format!("t{task}"), &[1], "main", "started");
        log += &lines;
        *expected.entry(lines).or_insert(0) += 1;
    }
    let name = record("late", &[3], "main", "succeeded");
    log += &name;
    let arguments = ["query", "--action", "/main", "--memory"];

    let enough = run_with(log.as_bytes(), &[&arguments[..], &["1M"]].concat());
    assert_outcome(&enough, 0, &log, "");

    let output = run_with(log.as_bytes(), &[&arguments[..], &["16K"]].concat());
    let mut seen: Vec<&str> = stdout(&output).lines().collect();
    let mut all: Vec<&str> = log.lines().collect();
    assert_ne!(seen, all);
    assert!(seen.contains(&late.trim_end()));
    seen.sort_unstable();
    all.sort_unstable();
    assert_eq!(seen, all);
    let told = " printed before earlier ones that had to wait, to keep to --memory\n";
    assert!(stderr(&output).ends_with(told), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_the_memory_cannot_hold_is_told_and_not_printed() {
    let message = |task: u64| record(&format!("t{task}"), &[2], "m", "");
    let mut log: String = (0..300).map(message).collect();
    for task in 0..300 {
        log += &record(&format!("t{task}"), &[1], "main", "started");
    }
    for memory in ["8K", "64K", "1M"] {
        let arguments = ["query", "--count", "--action", "/main", "--memory", memory];

        let output = run_with(log.as_bytes(), &arguments);

        let count: u64 = stdout(&output).trim_end().parse().unwrap();
        let told = stderr(&output);
        let left_out = told.lines().map(|line| -> u64 {
            let (number, rest) = line.split_once(' ').unwrap();
            assert!(rest.contains("left out, as "), "{rest}");
            number.parse().unwrap()
        });
        assert_eq!(count + left_out.sum::<u64>(), 600, "{told}");
        assert_eq!(output.status.code(), Some(i32::from(memory != "1M")));
    }
}

#[test]
fn long_names_of_actions_that_wait_count_for_the_memory() {
    let name = |task| format!("x{task}{}", "-".repeat(10_000));
    let wait = |task| record(&format!("t{task}"), &[2, 1], &name(task), "started");
    let mut log: String = (0..20).map(wait).collect();
    for task in 0..20 {
        log += &record(&format!("t{task}"), &[1], "main", "started");
    }
    for (memory, expected) in [("1M", 20..21), ("64K", 0..4)] {
        let arguments = [
            "query", "--count", "--action", "main/x*", "--memory", memory,
        ];

        let output = run_with(log.as_bytes(), &arguments);

        let count: u64 = stdout(&output).trim_end().parse().unwrap();
        assert!(expected.contains(&count), "{memory} {count}");
        assert_eq!(stderr(&output).contains("too many waited"), count < 20);
    }
}

#[test]
fn actions_of_which_no_record_waits_count_for_the_memory() {
    let message = |task| record(&format!("t{task}"), &[2, 2], "m", "");
    let mut log: String = (0..1000).map(message).collect();
    log += &record("u", &[2], "m", "");
    let arguments = [
        "query", "--count", "--action", "*/*", "--action", "/main", "--memory", "64K",
    ];

    let output = run_with(log.as_bytes(), &arguments);

    let told = ONE_IS_UNDECIDED.replace("logs\n", "logs, or were forgotten to keep to --memory\n");
    assert_outcome(&output, 1, "1000\n", &told);
}

#[test]
fn of_what_waits_the_newest_is_waited_for() {
    let message = |number: u64| record("t", &[number + 2], "m", "");
    let messages: String = (0..1000).map(message).collect();
    let log = messages + &record("t", &[1], "main", "started");
    let arguments = ["query", "--action", "/main", "--memory", "64K"];

    let output = run_with(log.as_bytes(), &arguments);

    // Half of the memory is for what waits.
    let printed = stdout(&output);
    let lines = printed.lines().count();
    assert!(
        log.ends_with(printed) && printed.len() < 32 << 10,
        "{printed}"
    );
    let told = stderr(&output).split_once(' ').unwrap();
    assert_eq!(told.0.parse(), Ok(1001 - lines));
    assert!(
        lines > 10 && told.1.contains("too many waited"),
        "{}",
        told.1
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_action_in_which_something_happens_is_not_forgotten() {
    let mut log = record("long", &[1], "main", "started");
    log += &record("long", &[2, 1], "work", "started");
    log += &record("quiet", &[1], "main", "started");
    for number in 0..2000 {
        log += &record("long", &[2, number + 2], "m", "");
        log += &record(&format!("t{number}"), &[1], "x", "started");
        log += &record(&format!("t{number}"), &[2], "x", "succeeded");
    }
    // In the root itself nothing happened for as long.
    log += &record("long", &[3, 1], "work", "started");
    let quiet = record("quiet", &[2, 1], "work", "started");
    let arguments = [
        "query",
        "--count",
        "--action",
        "main/work",
        "--memory",
        "64K",
    ];

    assert_outcome(&run_with(log.as_bytes(), &arguments), 0, "2002\n", "");
    let told = ONE_IS_UNDECIDED.replace("logs\n", "logs, or were forgotten to keep to --memory\n");
    log += &quiet;
    assert_outcome(&run_with(log.as_bytes(), &arguments), 1, "2002\n", &told);
}

#[test]
fn what_is_around_an_action_in_which_something_happens_is_not_forgotten() {
    let mut log = String::new();
    // What is forgotten is so at another moment of each task.
    for task in 0..400 {
        let name = format!("long{task}");
        log += &record(&name, &[1], "main", "started");
        log += &record(&name, &[2, 1], "work", "started");
        log += &record(&name, &[2, 2, 1], "inner", "started");
        for number in 0..250 + task % 7 {
            log += &record(&format!("t{task}-{number}"), &[1], "x", "started");
            if number % 20 == 0 {
                log += &record(&name, &[2, 2, number + 2], "m", "");
            }
        }
        log += &record(&name, &[3, 1], "late", "started");
    }
    let arguments = [
        "query",
        "--count",
        "--action",
        "main/late",
        "--memory",
        "64K",
    ];

    assert_outcome(&run_with(log.as_bytes(), &arguments), 0, "400\n", "");
}

#[test]
fn lines_that_stand_twice_are_chosen_twice() {
    let log = log().repeat(2);
    let output = run_with(
        log.as_bytes(),
        &["query", "--count", "--action", "main/sql"],
    );
    assert_outcome(&output, 0, "4\n", "");
}

#[test]
fn a_path_that_is_too_long_is_refused() {
    for path in ["a/".repeat(40), "/".repeat(100)] {
        for command in ["query", "stats"] {
            let output = run_with(b"", &[command, "--action", &path]);
            assert_eq!(output.status.code(), Some(2));
            assert!(stderr(&output).contains("expected at most 32 names"));
        }
    }
    let path = "a/".repeat(31);
    let paths = ["--action", &path].repeat(4);
    let output = run_with(b"", &[&["query"], &paths[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("at most"), "{}", stderr(&output));
}
