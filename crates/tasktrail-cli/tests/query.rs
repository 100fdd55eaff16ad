//! `tasktrail query`, run as users run it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use run::{Folder, assert_outcome, command, goldens, run_in, run_with, stderr, stdout};

/// Two tasks of seven records, each with its number in `n`.
const LOG: &str = concat!(
    r#"{"n":1,"task_uuid":"abc-1","task_level":[1],"timestamp":100.0,"action_type":"request","action_status":"started","path":"/a"}"#,
    "\n",
    r#"{"n":2,"task_uuid":"abc-1","task_level":[2],"timestamp":101.5,"message_type":"slow","log_level":"WARN","took":{"ms":40.5}}"#,
    "\n",
    r#"{"n":3,"task_uuid":"abc-1","task_level":[3,1],"timestamp":102.0,"action_type":"sql","action_status":"started"}"#,
    "\n",
    r#"{"n":4,"task_uuid":"abc-1","task_level":[3,2],"timestamp":102.25,"action_type":"sql","action_status":"failed","reason":"no, \"never\""}"#,
    "\n",
    r#"{"n":5,"task_uuid":"abc-1","task_level":[4],"timestamp":103.0,"action_type":"request","action_status":"succeeded","status":500}"#,
    "\n",
    r#"{"n":6,"task_uuid":"abd-2","task_level":[1],"timestamp":104.0,"action_type":"request_body","action_status":"started","path":"/b"}"#,
    "\n",
    r#"{"n":7,"task_uuid":"abd-2","task_level":[2],"timestamp":104.5,"action_type":"request_body","action_status":"succeeded","status":200,"log_level":"INFO"}"#,
    "\n",
);

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
    let cases: [(&[&str], &[u64]); 26] = [
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
fn groups_are_counted_the_greatest_first() {
    let output = run_with(
        LOG.as_bytes(),
        &["query", "--group-by", "task_uuid,action_type"],
    );
    assert_outcome(
        &output,
        0,
        "task_uuid  action_type   count\n\
         abc-1      request           2\n\
         abc-1      sql               2\n\
         abd-2      request_body      2\n\
         abc-1                        1\n",
        "",
    );

    let arguments = ["query", "--group-by", "status", "--format", "lines"];
    let output = run_with(LOG.as_bytes(), &arguments);
    assert_outcome(
        &output,
        0,
        "{\"count\":5}\n{\"status\":200,\"count\":1}\n{\"status\":500,\"count\":1}\n",
        "",
    );
}

#[test]
fn percentiles_of_a_field_are_those_of_the_records_with_a_number_there() {
    // Of 1 to 200 half are at most 100, 90 % at most 180, 99 % at most 198.
    let mut log = String::new();
    for number in (1..=200).rev() {
        log += &format!(
            "{{\"task_uuid\":\"t{number}\",\"task_level\":[1],\"x\":{{\"y\":{number}}},\"even\":{}}}\n",
            number % 2 == 0
        );
    }
    log += "{\"task_uuid\":\"t\",\"task_level\":[1],\"x\":{\"y\":\"7\"},\"even\":true}\n";

    let arguments = ["query", "--percentiles", "x.y", "--format", "csv"];
    assert_outcome(
        &run_with(log.as_bytes(), &arguments),
        0,
        "count,p50,p90,p99,max\n200,100,180,198,200\n",
        "",
    );
    // Of the 100 even numbers the 50th is 100, of the odd ones 99.
    let arguments = [&arguments[..], &["--group-by", "even"]].concat();
    assert_outcome(
        &run_with(log.as_bytes(), &arguments),
        0,
        "even,count,p50,p90,p99,max\nfalse,100,99,179,197,199\ntrue,100,100,180,198,200\n",
        "",
    );
    let arguments = ["query", "--percentiles", "z", "--format", "csv"];
    assert_outcome(
        &run_with(log.as_bytes(), &arguments),
        0,
        "count,p50,p90,p99,max\n0,,,,\n",
        "",
    );
}

#[test]
fn durations_are_from_the_starts_to_the_ends_in_any_order() {
    let mut lines: Vec<&str> = LOG.lines().collect();
    let arguments = [
        "query",
        "--percentiles",
        "duration",
        "--group-by",
        "path,status",
        "--format",
        "csv",
    ];
    // The path is said at the start, the status at the end.
    let expected = "path,status,count,p50,p90,p99,max\n\
        ,,1,0.25,0.25,0.25,0.25\n\
        /a,500,1,3,3,3,3\n\
        /b,200,1,0.5,0.5,0.5,0.5\n";

    assert_outcome(&run_with(LOG.as_bytes(), &arguments), 0, expected, "");
    lines.reverse();
    let reversed = lines.join("\n") + "\n";
    assert_outcome(&run_with(reversed.as_bytes(), &arguments), 0, expected, "");
}

#[test]
fn an_action_is_chosen_by_its_end() {
    let measured = |filters: &[&str]| {
        let arguments = ["query", "--percentiles", "duration", "--format", "csv"];
        run_with(LOG.as_bytes(), &[&arguments, filters].concat())
    };
    for (filters, expected) in [
        (&["--failed"][..], "1,0.25,0.25,0.25,0.25\n"),
        (&["--action", "request*"], "2,0.5,3,3,3\n"),
        (&["--since", "1970-01-01T00:01:43"], "2,0.5,3,3,3\n"),
        (&["--where", "path"], "0,,,,\n"),
        (&["--where", "status == `500`"], "1,3,3,3,3\n"),
    ] {
        let expected = format!("count,p50,p90,p99,max\n{expected}");
        assert_outcome(&measured(filters), 0, &expected, "");
    }
}

#[test]
fn what_cannot_be_measured_is_told_and_doubled_halves_count_once() {
    let line = |level: &str, status: &str, timestamp: &str| {
        format!(
            "{{\"task_uuid\":\"t\",\"task_level\":[{level}],\"action_type\":\"a\",\
             \"action_status\":\"{status}\"{timestamp}}}\n"
        )
    };
    let log = [
        line("1", "started", ",\"timestamp\":1"),
        line("1", "started", ",\"timestamp\":0"),
        line("2,2", "succeeded", ",\"timestamp\":2"),
        line("3,1", "started", ""),
        line("3,2", "succeeded", ",\"timestamp\":3"),
        line("9", "succeeded", ",\"timestamp\":5"),
    ];

    let arguments = ["query", "--percentiles", "duration"];
    assert_outcome(
        &run_with(log.concat().as_bytes(), &arguments),
        0,
        "count     p50     p90     p99     max\n    1  4.00 s  4.00 s  4.00 s  4.00 s\n",
        "2 actions have no start or no time, and are not counted\n",
    );
}

#[test]
fn records_to_which_a_question_cannot_be_put_are_counted() {
    let output = run_with(
        LOG.as_bytes(),
        &["query", "--count", "--where", "starts_with(path, '/')"],
    );

    assert_eq!(stdout(&output), "2\n");
    assert_eq!(output.status.code(), Some(0));
    let told = "--where \"starts_with(path, '/')\": taken as false for 5 records, first because: ";
    assert!(stderr(&output).starts_with(told), "{}", stderr(&output));
}

#[test]
fn bad_lines_are_told_with_their_places_and_the_others_are_read() {
    let folder = Folder::new("query-bad");
    folder.file("good", LOG);
    folder.file("bad", [LOG, &"oops\n".repeat(12), LOG, "{\"a"].concat());

    let output = run_in(&folder.0, &["query", "--count", "good", "bad"]);

    assert_eq!(stdout(&output), "21\n");
    assert_eq!(output.status.code(), Some(1));
    let told: Vec<&str> = stderr(&output).lines().collect();
    assert_eq!(told.len(), 11);
    assert_eq!(told[0], "bad:8: expected a value, found 'o' at column 1");
    assert_eq!(told[9], "bad:17: expected a value, found 'o' at column 1");
    assert_eq!(told[10], "bad: 3 more lines are bad");

    folder.file("torn", [LOG, "{\"a"].concat());
    let output = run_in(&folder.0, &["query", "--count", "torn"]);
    assert_outcome(
        &output,
        1,
        "7\n",
        "torn:8: expected '\"' at the end of a text, found the end of the line at column 4; \
         the last line has no line break: it is torn, or still being written\n",
    );
    let long = format!("{LOG}{{\"x\":\"{}\"}}\n{LOG}", "x".repeat(3_000_000));
    let arguments = ["query", "--count", "--longest-line", "1000"];
    let output = run_with(long.as_bytes(), &arguments);
    assert_outcome(
        &output,
        1,
        "14\n",
        "<stdin>:8: expected a line of at most 1000 bytes, found 3000008\n",
    );
}

#[test]
fn a_bad_line_is_counted_from_the_start_of_its_log_over_all_chunks() {
    let folder = Folder::new("query-chunks");
    let log = LOG.repeat(3_000) + "oops\n";
    folder.file("a", &log);
    folder.file("b", LOG.repeat(3_000) + &log);

    let output = run_in(&folder.0, &["query", "--count", "a", "b"]);

    assert_outcome(
        &output,
        1,
        "63000\n",
        "a:21001: expected a value, found 'o' at column 1\n\
         b:42001: expected a value, found 'o' at column 1\n",
    );
}

#[test]
fn logs_are_read_through_their_compression_and_out_of_folders() {
    let folder = Folder::new("query-compressed");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(LOG.as_bytes()).unwrap();
    folder.file("logs/a.gz", gzip.finish().unwrap());
    folder.file("logs/b/c.zst", zstd::encode_all(LOG.as_bytes(), 0).unwrap());

    let output = run_in(&folder.0, &["query", "logs"]);

    assert_outcome(&output, 0, &LOG.repeat(2), "");
}

#[test]
fn a_log_that_cannot_be_read_is_told_and_the_others_are_read() {
    let folder = Folder::new("query-unreadable");
    folder.file("good", LOG);

    let output = run_in(&folder.0, &["query", "no-such-log", "good"]);

    assert_eq!(stdout(&output), LOG);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("no-such-log: can't be opened: "));
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
fn a_command_line_that_makes_no_sense_is_refused() {
    for arguments in [
        &["--count", "--fields", "n"][..],
        &["--format", "count", "--group-by", "n"],
        &["--count", "--format", "csv"],
        &["--fields", "n", "--group-by", "n"],
        &["--level", "loud"],
        &["--where", "a =="],
        &["--since", "yesterday"],
    ] {
        let output = run_with(LOG.as_bytes(), &[&["query"], arguments].concat());

        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(stdout(&output), "");
        assert!(!stderr(&output).is_empty());
    }
}
