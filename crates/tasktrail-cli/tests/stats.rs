//! `tasktrail stats`, run as users run it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::path::Path;

use run::{Folder, assert_outcome, run_in, run_with, stderr, stdout};

/// Gives the start of an action that is a whole task, and its end.
fn action(task: &str, name: &str, start: f64, seconds: f64, status: &str) -> String {
    let line = |level: u64, timestamp: f64, status: &str| {
        format!(
            "{{\"task_uuid\":\"{task}\",\"task_level\":[{level}],\"timestamp\":{timestamp},\
             \"action_type\":\"{name}\",\"action_status\":{status}}}\n"
        )
    };
    line(1, start, "\"started\"") + &line(2, start + seconds, status)
}

const SUCCEEDED: &str = "\"succeeded\"";
const FAILED: &str = "\"failed\",\"exception\":\"E\"";
const CANCELLED: &str = "\"failed\",\"exception\":\"cancelled\"";

/// Six actions of three types, of which one has no end and one no start.
fn log() -> String {
    [
        action("1", "order", 100.0, 3.0, SUCCEEDED),
        action("2", "order", 200.0, 1.0, FAILED),
        action("3", "order", 300.0, 2.0, CANCELLED),
        action("4", "pack", 400.0, 2.0, SUCCEEDED),
        // Only the start of one, only the end of another.
        action("5", "order", 500.0, 1.0, SUCCEEDED)
            .lines()
            .next()
            .unwrap()
            .to_owned()
            + "\n",
        action("6", "wrap", 600.0, 1.0, FAILED)
            .lines()
            .nth(1)
            .unwrap()
            .to_owned()
            + "\n",
        "{\"task_uuid\":\"7\",\"task_level\":[1],\"message_type\":\"m\"}\n".to_owned(),
    ]
    .concat()
}

#[test]
fn each_type_of_action_is_a_row_with_its_part_of_the_time() {
    // 6 of 8 seconds are 15 of 20 columns, 2 are 5.
    assert_outcome(
        &run_with(log().as_bytes(), &["stats"]),
        0,
        "action  count  failed  cancelled  no end     p50     p90     p99     max   total\n\
         order       4       1          1       1  2.00 s  3.00 s  3.00 s  3.00 s  6.00 s  ███████████████  75 %\n\
         pack        1       0          0       0  2.00 s  2.00 s  2.00 s  2.00 s  2.00 s  █████            25 %\n\
         wrap        1       1          0       0\n",
        "",
    );
    let output = run_with(log().as_bytes(), &["stats", "--ascii"]);
    assert!(stdout(&output).contains("  ###############  75 %\n"));
}

#[test]
fn each_type_of_action_is_an_object_of_json() {
    assert_outcome(
        &run_with(log().as_bytes(), &["stats", "--json"]),
        0,
        "{\"action_type\":\"order\",\"count\":4,\"failed\":1,\"cancelled\":1,\"without_end\":1,\
          \"measured\":3,\"p50\":2.0,\"p90\":3.0,\"p99\":3.0,\"max\":3.0,\"total\":6.0,\"share\":0.75}\n\
         {\"action_type\":\"pack\",\"count\":1,\"failed\":0,\"cancelled\":0,\"without_end\":0,\
          \"measured\":1,\"p50\":2.0,\"p90\":2.0,\"p99\":2.0,\"max\":2.0,\"total\":2.0,\"share\":0.25}\n\
         {\"action_type\":\"wrap\",\"count\":1,\"failed\":1,\"cancelled\":0,\"without_end\":0,\
          \"measured\":0}\n",
        "",
    );
}

#[test]
fn rows_are_sorted_by_what_is_asked_for() {
    let log = [
        action("1", "a", 1.0, 1.0, SUCCEEDED),
        action("2", "a", 1.0, 4.0, SUCCEEDED),
        action("3", "b", 1.0, 2.0, SUCCEEDED),
        action("4", "b", 1.0, 2.0, SUCCEEDED),
        action("5", "b", 1.0, 2.0, FAILED),
        action("6", "c", 1.0, 4.5, SUCCEEDED),
        action("7", "d", 1.0, 0.5, FAILED),
        action("8", "d", 1.0, 0.25, FAILED),
    ]
    .concat();
    for (by, expected) in [
        ("total", "bacd"),
        ("count", "badc"),
        ("p99", "cabd"),
        ("failed", "dbac"),
    ] {
        let output = run_with(log.as_bytes(), &["stats", "--by", by]);

        let rows = stdout(&output).lines().skip(1);
        let names: String = rows.map(|row| row.split(' ').next().unwrap()).collect();
        assert_eq!(names, expected, "{by}");
    }
}

#[test]
fn percentiles_are_those_of_all_actions_in_any_order_over_all_logs() {
    let folder = Folder::new("stats-percentiles");
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    // Of 10,000 actions the first takes a millisecond, the next two and so on.
    for number in 1..=10_000_u32 {
        let lines = action(
            &format!("{number}"),
            "a",
            0.0,
            f64::from(number) / 1e3,
            SUCCEEDED,
        );
        let (start, end) = lines.split_once('\n').unwrap();
        starts.push(start.to_owned());
        ends.push(end.trim_end().to_owned());
    }
    ends.reverse();
    folder.file("ends", ends.join("\n") + "\n");
    folder.file("starts", starts.join("\n") + "\n");

    // All together are 10,000 * 10,001 / 2 milliseconds.
    assert_outcome(
        &run_in(&folder.0, &["stats", "--json", "."]),
        0,
        "{\"action_type\":\"a\",\"count\":10000,\"failed\":0,\"cancelled\":0,\"without_end\":0,\
          \"measured\":10000,\"p50\":5.0,\"p90\":9.0,\"p99\":9.9,\"max\":10.0,\"total\":50005.0,\
          \"share\":1.0}\n",
        "",
    );
}

#[test]
fn times_of_all_schemas_are_known() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/schemas");
    let mut schemas = 0;
    for entry in fs::read_dir(&golden).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();

        let output = run_in(&golden, &["stats", "--json", &name]);

        // From 03.911485 to 03.911865.
        let expected =
            "\"failed\":1,\"cancelled\":0,\"without_end\":0,\"measured\":1,\"p50\":0.00038,";
        assert!(
            stdout(&output).contains(expected),
            "{name}: {}",
            stdout(&output)
        );
        assert_eq!(output.status.code(), Some(0));
        schemas += 1;
    }
    assert_eq!(schemas, 10);
}

#[test]
fn a_clock_that_went_back_has_no_part_of_the_time() {
    let log =
        action("1", "back", 100.0, -2.0, SUCCEEDED) + &action("2", "a", 100.0, 1.0, SUCCEEDED);

    let output = run_with(log.as_bytes(), &["stats", "--ascii"]);

    assert_eq!(
        stdout(&output).lines().skip(1).collect::<Vec<_>>(),
        [
            "a           1       0          0       0   1.00 s   1.00 s   1.00 s   1.00 s   1.00 s  ####################  100 %",
            "back        1       0          0       0  -2.00 s  -2.00 s  -2.00 s  -2.00 s  -2.00 s                          0 %",
        ]
    );
}

#[test]
fn what_took_any_time_has_a_bar() {
    let log =
        action("1", "long", 100.0, 100.0, SUCCEEDED) + &action("2", "a", 1.0, 0.001, SUCCEEDED);

    let output = run_with(log.as_bytes(), &["stats"]);

    let row = stdout(&output).lines().last().unwrap();
    assert!(row.starts_with("a "), "{row}");
    assert!(row.contains(" ▏ ") && row.ends_with(" 0 %"), "{row}");
}

#[test]
fn what_is_wrong_is_told_and_the_rest_is_read() {
    let folder = Folder::new("stats-bad");
    folder.file("log", "oops\n".to_owned() + &log());

    let output = run_in(&folder.0, &["stats", "log"]);
    assert_eq!(
        stderr(&output),
        "log:1: expected a value, found 'o' at column 1\n"
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output).lines().count(), 4);

    let output = run_in(&folder.0, &["stats", "log", "no-such-log"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stdout(&output).lines().count(), 4);
}

#[test]
fn the_time_of_no_actions_is_an_empty_table() {
    assert_outcome(
        &run_with(b"", &["stats"]),
        0,
        "action  count  failed  cancelled  no end  p50  p90  p99  max  total\n",
        "",
    );
    assert_outcome(&run_with(b"", &["stats", "--json"]), 0, "", "");
}
