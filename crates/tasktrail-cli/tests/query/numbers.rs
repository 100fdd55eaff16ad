//! Counts and percentiles.

use crate::LOG;
use crate::run::{assert_outcome, run_with, stdout};

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
fn what_is_no_number_is_not_counted_and_what_is_huge_is_short() {
    let mut log = String::new();
    for (place, x) in ["NaN", "1e300", "12345678901234567", "-0.0000001", "2.5"]
        .iter()
        .enumerate()
    {
        log += &format!("{{\"task_uuid\":\"t{place}\",\"task_level\":[1],\"x\":{x}}}\n");
    }
    // Of four the second is half of them, the fourth 90 %.
    let arguments = ["query", "--percentiles", "x", "--format", "csv"];
    assert_outcome(
        &run_with(log.as_bytes(), &arguments),
        0,
        "count,p50,p90,p99,max\n4,2.5,1e300,1e300,1e300\n",
        "",
    );
    let arguments = [&arguments[..], &["--group-by", "x"]].concat();
    assert_outcome(
        &run_with(log.as_bytes(), &arguments),
        0,
        "x,count,p50,p90,p99,max\n\
         -0.0000001,1,-1e-7,-1e-7,-1e-7,-1e-7\n\
         12345678901234567,1,12345678901234568,12345678901234568,12345678901234568,12345678901234568\n\
         1e300,1,1e300,1e300,1e300,1e300\n\
         2.5,1,2.5,2.5,2.5,2.5\n",
        "",
    );
}

#[test]
fn a_time_without_end_measures_nothing() {
    let mut log = String::new();
    for (task, start, end) in [
        ("a", "Infinity", "Infinity"),
        ("b", "-1e308", "1e308"),
        ("c", "1", "2"),
    ] {
        for (level, time, status) in [(1, start, "started"), (2, end, "succeeded")] {
            log += &format!(
                "{{\"task_uuid\":\"{task}\",\"task_level\":[{level}],\"timestamp\":{time},\
                 \"action_type\":\"a\",\"action_status\":\"{status}\"}}\n"
            );
        }
    }
    let arguments = ["query", "--percentiles", "duration", "--format", "csv"];
    assert_outcome(
        &run_with(log.as_bytes(), &arguments),
        0,
        "count,p50,p90,p99,max\n1,1,1,1,1\n",
        "2 actions have no start or no time, and are not counted\n",
    );
    let output = run_with(log.as_bytes(), &["stats", "--json"]);
    let expected =
        "\"count\":3,\"failed\":0,\"cancelled\":0,\"without_end\":0,\"measured\":1,\"p50\":1.0,";
    assert!(stdout(&output).contains(expected), "{}", stdout(&output));
}
