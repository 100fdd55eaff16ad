//! Which records are chosen.

use std::fs;
use std::path::Path;

use crate::LOG;
use crate::run::{assert_outcome, goldens, run_in, run_with, stderr, stdout};

/// Gives the numbers of the records of `LOG` that are chosen.
fn chosen(filters: &[&str]) -> Vec<u64> {
    let arguments = [&["query", "--fields", "n", "--format", "csv"], filters].concat();
    let output = run_with(LOG.as_bytes(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mut lines = stdout(&output).lines();
    assert_eq!(lines.next(), Some("n"));
    lines.map(|line| line.parse().unwrap()).collect()
}

#[test]
fn each_filter_chooses_what_it_says_and_of_several_all_must_hold() {
    let cases: [(&[&str], &[u64]); 34] = [
        (&[], &[1, 2, 3, 4, 5, 6, 7]),
        (&["--task", "abc-1"], &[1, 2, 3, 4, 5]),
        (&["--task", "abd"], &[6, 7]),
        (&["--task", "ab"], &[1, 2, 3, 4, 5, 6, 7]),
        (&["--task", "bc"], &[]),
        (&["--task", "abd", "--task", "x"], &[6, 7]),
        (&["--action", "request"], &[1, 5]),
        (&["--action", "request*"], &[1, 5, 6, 7]),
        (&["--action", "*q*"], &[1, 3, 4, 5, 6, 7]),
        (&["--action", "sql", "--action", "*body"], &[3, 4, 6, 7]),
        (&["--failed"], &[4]),
        (&["--failed", "--action", "request"], &[]),
        (&["--level", "warn"], &[2, 4]),
        (&["--level", "info"], &[2, 4, 7]),
        (&["--level", "error"], &[4]),
        (&["--since", "1970-01-01T00:01:42.25"], &[4, 5, 6, 7]),
        (&["--until", "1970-01-01T00:01:42.25"], &[1, 2, 3]),
        (
            &[
                "--since",
                "1970-01-01T00:01:42",
                "--until",
                "1970-01-01T00:01:44",
            ],
            &[3, 4, 5],
        ),
        (&["--where", "status >= `500`"], &[5]),
        (&["--where", "status"], &[5, 7]),
        (&["--where", "path == '/a'"], &[1]),
        (&["--where", "took.ms > `40`"], &[2]),
        (&["--where", "status", "--where", "n < `6`"], &[5]),
        (&["--where", "status", "--task", "abd"], &[7]),
        (&["--level", "info", "--since", "1970-01-01T00:01:44"], &[7]),
        (&["--failed", "--until", "1970-01-01T00:01:42"], &[]),
        (&["--has", "status"], &[5, 7]),
        (&["--has", "status>=500"], &[5]),
        (&["--has", "status!=500"], &[7]),
        (&["--has", "took.ms > 40"], &[2]),
        (&["--has", "path~/*", "--has", "path!=/a"], &[6]),
        (&["--has", "action_type=sql", "--failed"], &[4]),
        (&["--has", "action_type=sql", "--where", "n < `4`"], &[3]),
        (&["--has", "n<3", "--level", "warn"], &[2]),
    ];
    for (filters, expected) in cases {
        assert_eq!(chosen(filters), expected, "{filters:?}");

        // What needs no fields is read in another way.
        let count = run_with(LOG.as_bytes(), &[&["query", "--count"], filters].concat());
        assert_outcome(&count, 0, &format!("{}\n", expected.len()), "");
        let lines = run_with(LOG.as_bytes(), &[&["query"], filters].concat());
        let whole: Vec<&str> = LOG.lines().collect();
        let expected = expected
            .iter()
            .map(|n| whole[*n as usize - 1].to_owned() + "\n");
        assert_outcome(&lines, 0, &expected.collect::<String>(), "");
    }
}

#[test]
fn the_names_of_tasks_that_are_ids_are_found_by_how_they_begin() {
    let log = LOG.replace("abc-1", "192f76ea-915e-4131-95dc-da28c6bcdbb5");
    for (task, expected) in [
        ("192f76ea-915e-4131-95dc-da28c6bcdbb5", "5\n"),
        ("192f76ea-9", "5\n"),
        ("192f76ea-8", "0\n"),
        ("192f76ea-915e-4131-95dc-da28c6bcdbb55", "0\n"),
        // As a trace id, and as other programs write ids.
        ("192f76ea915e413195dcda28c6bcdbb5", "5\n"),
        ("192F76EA-915E-4131-95DC-DA28C6BCDBB5", "5\n"),
        ("192f76ea915e413195dcda28c6bcdbb55", "0\n"),
        ("ABD-2", "0\n"),
    ] {
        let output = run_with(log.as_bytes(), &["query", "--count", "--task", task]);
        assert_outcome(&output, 0, expected, "");
    }
}

#[test]
fn of_the_logs_of_real_eliot_as_many_are_counted_as_their_texts_hold() {
    let mut failed_of_all = 0;
    for entry in fs::read_dir(goldens()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".log") {
            continue;
        }
        let text = fs::read_to_string(goldens().join(&name)).unwrap();
        let failed = text.matches(r#""action_status": "failed""#).count();
        let failed = failed + text.matches(r#""action_status":"failed""#).count();
        failed_of_all += failed;

        let count = run_in(&goldens(), &["query", "--count", &name]);
        assert_outcome(&count, 0, &format!("{}\n", text.lines().count()), "");
        let count = run_in(&goldens(), &["query", "--count", "--failed", &name]);
        assert_outcome(&count, 0, &format!("{failed}\n"), "");
        let lines = run_in(&goldens(), &["query", &name]);
        assert_outcome(&lines, 0, &text, "");
    }
    assert!(failed_of_all > 3);
}

#[test]
fn levels_are_known_in_all_schemas() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/schemas");
    let mut schemas = 0;
    for entry in fs::read_dir(&golden).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // Eliot's start of an action says no level.
        let infos = if name == "eliot.jsonl" { "2\n" } else { "3\n" };
        for (level, expected) in [
            ("error", "1\n"),
            ("warn", "1\n"),
            ("info", infos),
            ("debug", infos),
        ] {
            let output = run_in(&golden, &["query", "--count", "--level", level, &name]);
            assert_outcome(&output, 0, expected, "");
        }
        schemas += 1;
    }
    assert_eq!(schemas, 10);
}

#[test]
fn levels_are_known_by_the_names_that_other_programs_have_for_them() {
    for (name, expected) in [
        ("err", "1\n"),
        ("CRIT", "1\n"),
        ("emerg", "1\n"),
        ("Fatal", "1\n"),
        ("warning", "0\n"),
        ("high", "0\n"),
    ] {
        let line = format!("{{\"task_uuid\":\"t\",\"task_level\":[1],\"level\":\"{name}\"}}");
        let output = run_with(line.as_bytes(), &["query", "--count", "--level", "error"]);
        assert_outcome(&output, 0, expected, "");
    }
}

#[test]
fn numbers_of_levels_are_those_of_their_schemas() {
    let gelf = r#"{"version":"1.1","host":"h","short_message":"m","timestamp":1.5,"level":4}"#;
    let bunyan = r#"{"name":"n","hostname":"h","pid":1,"level":40,"msg":"m","time":"2026-11-22T14:10:03.911485Z","v":0}"#;
    for (line, level, above) in [
        (gelf.to_owned(), "warn", "error"),
        (gelf.replace(":4}", ":7}"), "debug", "info"),
        (gelf.replace(":4}", ":6}"), "info", "warn"),
        (bunyan.to_owned(), "warn", "error"),
        (bunyan.replace(":40", ":10"), "trace", "debug"),
        (bunyan.replace(":40", ":30"), "info", "warn"),
    ] {
        for (level, expected) in [(level, "1\n"), (above, "0\n")] {
            let output = run_with(line.as_bytes(), &["query", "--count", "--level", level]);
            assert_outcome(&output, 0, expected, "");
        }
    }
}

#[test]
fn records_to_which_a_question_cannot_be_put_are_counted() {
    let output = run_with(
        LOG.as_bytes(),
        &["query", "--count", "--where", "starts_with(path, '/')"],
    );

    assert_eq!(stdout(&output), "2\n");
    assert_eq!(output.status.code(), Some(0));
    let told = "--where \"starts_with(path, '/')\": taken as false for 5 messages, first because: ";
    assert!(stderr(&output).starts_with(told), "{}", stderr(&output));
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    for arguments in [
        &["--count", "--fields", "n"][..],
        &["--format", "count", "--group-by", "n"],
        &["--count", "--format", "csv"],
        &["--fields", "n", "--group-by", "n"],
        &["--level", "loud"],
        &["--where", "a =="],
        &["--since", "yesterday"],
        &["--since", "2026-11-23", "--until", "2026-11-22"],
        &["--since", "2026-11-22", "--until", "2026-11-22"],
        &["--has", "status>=high"],
        &["--has", "=500"],
        &["--task", ""],
        &["--fields", "n,"],
        &["--group-by", ""],
        &["--percentiles", ""],
        &["--to", "json"],
        &["--to", "ecs", "--count"],
        &["--to", "ecs", "--fields", "n"],
        &["--to", "ecs", "--format", "lines"],
        &["--to", "ecs", "--group-by", "n"],
        &["--to", "ecs", "--percentiles", "n"],
    ] {
        let output = run_with(LOG.as_bytes(), &[&["query"], arguments].concat());

        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(stdout(&output), "");
        assert!(!stderr(&output).is_empty());
    }
}

#[test]
fn a_comparison_that_is_no_jmespath_leads_to_the_flag_that_takes_it() {
    let output = run_with(LOG.as_bytes(), &["query", "--where", "status >= 500"]);

    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("--has takes status>=500"),
        "{}",
        stderr(&output)
    );
}
