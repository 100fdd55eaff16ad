//! The layout `trail`: drawings are compared with files in `trail/`, which are read before they are
//! kept. `TASKTRAIL_GOLDEN=write` makes them.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trail")
}

fn command(columns: usize) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasktrail"));
    command
        .args(["tree", "--layout", "trail"])
        .current_dir(folder())
        .env("TASKTRAIL_CONFIG", "")
        .env_remove("NO_COLOR")
        .env("TZ", "UTC")
        .env("COLUMNS", columns.to_string());
    command
}

/// Draws lines that come on the standard input.
fn drawn(log: &str, columns: usize, arguments: &[&str]) -> String {
    let mut child = command(columns)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let log = log.to_owned();
    let writer = std::thread::spawn(move || input.write_all(log.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    text(output)
}

fn text(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn assert_golden(golden: &str, columns: usize, arguments: &[&str]) {
    let drawn = text(command(columns).args(arguments).output().unwrap());

    let path = folder().join(golden);
    if env::var_os("TASKTRAIL_GOLDEN").is_some_and(|value| value == "write") {
        fs::write(&path, &drawn).unwrap();
    }
    assert_eq!(drawn, fs::read_to_string(&path).unwrap(), "{golden}");
}

fn line(task: &str, level: &[u64], rest: &str) -> String {
    format!("{{\"task_uuid\":\"{task}\",\"task_level\":{level:?},{rest}}}\n")
}

fn start(level: &[u64], name: &str, seconds: f64) -> String {
    let rest = format!(r#""action_type":"{name}","action_status":"started","timestamp":{seconds}"#);
    line("t", level, &rest)
}

fn end(level: &[u64], name: &str, status: &str, seconds: f64) -> String {
    let rest =
        format!(r#""action_type":"{name}","action_status":"{status}","timestamp":{seconds}"#);
    line("t", level, &rest)
}

#[test]
fn an_action_is_a_line_with_its_fields_its_duration_and_why_it_failed() {
    assert_golden("order.txt", 100, &["order.log"]);
    assert_golden("order.ascii.txt", 70, &["--ascii", "order.log"]);
}

#[test]
fn failures_doubts_and_the_slowest_path_have_colours() {
    assert_golden("order.color.txt", 100, &["--color", "always", "order.log"]);
}

#[test]
fn what_is_missing_is_told_and_a_clock_may_go_backwards() {
    assert_golden("incomplete.txt", 100, &["incomplete.log"]);
}

#[test]
fn a_host_is_named_where_it_changes_and_what_lines_repeat_is_drawn_once() {
    assert_golden("two_hosts.txt", 100, &["two_hosts.log"]);
}

#[test]
fn an_action_that_tells_no_host_is_on_the_one_around_it() {
    let told = |level: &str, host: &str| {
        line(
            "t",
            &[],
            &format!(
                r#""@timestamp":"1970-01-01T00:00:00.000Z","@version":1,"created":0,"source_host":"{host}","message":"m","levelname":"INFO""#
            ),
        )
        .replace("[]", level)
    };
    let log = start(&[2, 1], "outer", 0.0)
        + &start(&[2, 2, 1], "inner", 0.0)
        + &told("[2,2,2]", "h")
        + &told("[2,2,3]", "h")
        + &told("[1]", "alone");
    let first = drawn(&log, 100, &[]);
    assert_eq!(first.matches(" @h").count(), 2, "{first}");
    assert_eq!(first.matches(" @alone").count(), 1, "{first}");

    let outer = told("[2,1]", "h").replace(
        "message\":\"m\"",
        "action_type\":\"outer\",\"action_status\":\"started\"",
    );
    let log = outer + &start(&[2, 2, 1], "inner", 0.0) + &told("[2,2,2]", "h");
    let second = drawn(&log, 100, &[]);
    assert_eq!(second.matches(" @h").count(), 1, "{second}");
}

#[test]
fn the_pages_show_these_drawings() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tree.md");
    let page = fs::read_to_string(page).unwrap();
    let golden = fs::read_to_string(folder().join("order.txt")).unwrap();

    assert!(page.contains(&format!("```text\n{golden}```\n")));
}

#[test]
fn no_line_is_wider_than_the_window() {
    let wide = text(
        command(100)
            .args(["order.log", "incomplete.log"])
            .output()
            .unwrap(),
    );
    let lines = wide.lines().count();

    for columns in 1..120 {
        let output = command(columns)
            .args(["order.log", "incomplete.log"])
            .output();
        let drawn = text(output.unwrap());

        assert_eq!(drawn.lines().count(), lines);
        for line in drawn.lines() {
            // The two ideographs take two columns each.
            let columns_of = line.chars().count() + line.matches(['日', '本']).count();
            // Without any room for a text there is still the one of the duration.
            assert!(columns_of <= columns, "{columns}: {line}");
        }
    }
}

#[test]
fn flags_of_eliot_tree_have_their_meaning() {
    let log = line(
        "t",
        &[1],
        r#""timestamp":1700000000.25,"message_type":"m","long":"0123456789","short":1"#,
    );

    for (arguments, expected) in [
        (
            &[][..],
            "t  2023-11-14 22:13:20Z\n  · m  long=0123456789  short=1\n\n",
        ),
        (
            &["-l", "4"],
            "t  2023-11-14 22:13:20Z\n  · m  long=0123…  short=1\n\n",
        ),
        (
            &["-i", "long"],
            "t  2023-11-14 22:13:20Z\n  · m  short=1\n\n",
        ),
        (
            &["--raw"],
            "t  1700000000.25\n  · m  long=0123456789  short=1\n\n",
        ),
        (&["-u", "other"], ""),
    ] {
        assert_eq!(drawn(&log, 100, arguments), expected, "{arguments:?}");
    }
    let output = command(100)
        .args(["--local-timezone", "two_hosts.log"])
        .env("TZ", "EST5EDT,M3.2.0,M11.1.0")
        .output();
    let drawn = text(output.unwrap());
    assert!(drawn.starts_with("hosts  2023-11-14 17:13:20  "), "{drawn}");
}

/// An action with 5,000 children `item` and as many messages `said` between them. Item 3,000 took
/// 2 seconds, the others as many microseconds as their number; items 100, 101 and 4,999 failed.
fn wide() -> String {
    let mut log = start(&[1], "all", 0.0);
    for item in 1..=5_000_u32 {
        let number = u64::from(item) * 2;
        let seconds = match item {
            3_000 => 2.0,
            item => f64::from(item) / 1e6,
        };
        let status = match item {
            100 | 101 | 4_999 => "failed",
            _ => "succeeded",
        };
        log += &start(&[number, 1], "item", 0.0);
        log += &end(&[number, 2], "item", status, seconds);
        let said = format!(r#""message_type":"said","timestamp":0,"n":{item}"#);
        log += &line("t", &[number + 1], &said);
    }
    log + &end(&[10_002], "all", "succeeded", 4.0)
}

#[test]
fn of_many_siblings_of_a_name_the_first_and_last_failed_and_slowest_are_drawn() {
    let drawn = drawn(&wide(), 100, &["--siblings", "4"]);

    // Two items and two messages first and last, in the order in which they happened; a line for
    // those of a name between stands where the first of them would.
    let outline: Vec<&str> = drawn.lines().collect();
    assert_eq!(
        outline,
        [
            "t  1970-01-01 00:00:00Z  4.00 s  5,001 actions, 5,000 messages, 3 failed",
            "▶ ✓ all                                                                  ████████████████     4.00 s",
            "  ├─ ✓ item                                                              ▏                      1 µs",
            "  ├─ · said  n=1",
            "  ├─ ✓ item                                                              ▏                      2 µs",
            "  ├─ · said  n=2",
            // Items 3 to 99, of which the 49th is 51.
            "  ├─ ... 97 more item (p50 51 µs, max 99 µs)",
            "  ├─ ... 4,996 more said",
            "  ├─ ✗ item                                                              ▏                    100 µs",
            "  ├─ ✗ item                                                              ▏                    101 µs",
            // Items 102 to 2,999, of which the 1,449th is 1,550.
            "  ├─ ... 2,898 more item (p50 1.6 ms, max 3.0 ms)",
            "▶ ├─ ✓ item                                                              ████████             2.00 s",
            // Items 3,001 to 4,998, of which the 999th is 3,999.
            "  ├─ ... 1,998 more item (p50 4.0 ms, max 5.0 ms)",
            "  ├─ ✗ item                                                              ▏                    5.0 ms",
            "  ├─ · said  n=4999",
            "  ├─ ✓ item                                                              ▏                    5.0 ms",
            "  └─ · said  n=5000",
            "",
        ]
    );
}

#[test]
fn by_default_twenty_siblings_are_drawn_and_on_request_all() {
    let few: String = (2..=22)
        .map(|n| line("t", &[n], r#""message_type":"m""#))
        .collect();
    let log = start(&[1], "all", 0.0) + &few;

    // One that would only be counted takes no more space than its own line.
    let count = |drawn: &str| {
        (
            drawn.matches("· m").count(),
            drawn.matches(" more ").count(),
        )
    };
    assert_eq!(count(&drawn(&log, 100, &[])), (21, 0));
    let log = log + &line("t", &[23], r#""message_type":"m""#);
    assert_eq!(count(&drawn(&log, 100, &[])), (20, 1));
    let all = drawn(&wide(), 100, &["--all"]);
    assert_eq!(all.lines().count(), 10_003);
    assert_eq!(all.matches(" more ").count(), 0);
}

#[test]
fn of_many_failures_as_many_are_drawn_as_of_all_siblings_and_the_others_counted() {
    let mut log = start(&[1], "all", 0.0);
    for number in 2..102 {
        log += &start(&[number, 1], "item", 0.0);
        log += &end(&[number, 2], "item", "failed", 0.001);
    }
    let drawn = drawn(&log, 100, &["--siblings", "10"]);

    assert_eq!(drawn.matches("✗ item").count(), 20);
    assert!(
        drawn.contains("  ├─ ... 80 more item (80 failed, p50 1.0 ms, max 1.0 ms)\n"),
        "{drawn}"
    );
}

#[test]
fn of_many_messages_of_a_name_those_that_tell_of_errors_are_drawn() {
    let mut log = start(&[1], "all", 0.0);
    for number in 2..202 {
        let level = match number {
            50 | 150.. => r#","log_level":"ERROR""#,
            60 => r#","exception":"E","reason":"why""#,
            _ => "",
        };
        log += &line(
            "t",
            &[number],
            &format!(r#""message_type":"m","n":{number}{level}"#),
        );
    }
    log += &end(&[202], "all", "succeeded", 1.0);
    let drawn = drawn(&log, 60, &["--siblings", "4"]);

    let outline: Vec<&str> = drawn.lines().skip(2).collect();
    assert_eq!(
        outline,
        [
            "  ├─ · m  n=2",
            "  ├─ · m  n=3",
            "  ├─ ... 46 more m",
            "  ├─ · m  n=50  log_level=ERROR",
            "  ├─ ... 9 more m",
            "  ├─ · m  n=60",
            "  │     E: why",
            "  ├─ ... 89 more m",
            "  ├─ · m  n=150  log_level=ERROR",
            "  ├─ · m  n=151  log_level=ERROR",
            // Messages 152 to 199.
            "  ├─ ... 48 more m (48 errors)",
            "  ├─ · m  n=200  log_level=ERROR",
            "  └─ · m  n=201  log_level=ERROR",
            "",
        ]
    );
}

#[test]
fn what_is_said_of_a_failure_and_is_no_text_is_a_field() {
    let end = end(&[2], "a", "failed", 1.0).replace(
        "\"timestamp\"",
        r#""exception":["E"],"reason":{"code":5},"exception_sources":["s",7],"timestamp""#,
    );
    let log = start(&[1], "a", 0.0) + &end;

    let fields = r#"▶ ✗ a  ⇒ exception=["E"]  reason={"code":5}  exception_sources=["s",7] "#;
    let drawn = drawn(&log, 120, &[]);
    assert!(drawn.lines().nth(1).unwrap().starts_with(fields), "{drawn}");
}

#[test]
fn no_message_after_an_end_hides_that_another_is_missing() {
    let log = start(&[1], "a", 0.0)
        + &line("t", &[3], r#""message_type":"m""#)
        + &line("t", &[6], r#""message_type":"late""#)
        + &end(&[4], "a", "succeeded", 1.0);

    assert_eq!(
        drawn(&log, 59, &[]),
        "t  1970-01-01 00:00:00Z  1.00 s  1 action, 2 messages, inc…\n\
         ▶ ✓ a                                                1.00 s\n  \
           │  missing: 1 message or action\n  \
           │  after its end: 1 message or action\n  \
           ├─ · m\n  \
           └─ · late\n\n"
    );
    let log = start(&[1], "a", 0.0)
        + &line("t", &[3], r#""message_type":"late""#)
        + &end(&[2], "a", "succeeded", 1.0);
    let drawn = drawn(&log, 100, &[]);
    assert!(
        drawn.contains("1 action, 1 message, incomplete\n"),
        "{drawn}"
    );
    assert!(!drawn.contains("missing"), "{drawn}");
    assert!(
        drawn.contains("  │  after its end: 1 message or action\n"),
        "{drawn}"
    );
}

#[test]
fn an_action_of_which_nobody_knows_how_long_it_took_has_no_bar_and_is_not_the_slowest() {
    let endless = end(&[2, 2], "b", "succeeded", 1.0).replace("1}", "1e400}");
    let log = start(&[1], "a", 0.0)
        + &start(&[2, 1], "b", 1.0)
        + &endless
        + &start(&[3, 1], "c", 1.0)
        + &end(&[3, 2], "c", "succeeded", 3.0)
        + &end(&[4], "a", "succeeded", 1.0).replace("1}", "1e400}");

    assert_eq!(
        drawn(&log, 60, &[]),
        "t  1970-01-01 00:00:00Z  ?  3 actions\n\
         ▶ ✓ a                                                      ?\n  \
           ├─ ✓ b                                                   ?\n\
         ▶ └─ ✓ c                                              2.00 s\n\n"
    );
}

#[test]
fn a_task_may_be_a_hundred_thousand_actions_deep() {
    // Of the actions around this message nothing else is known.
    let level = "2,".repeat(100_000) + "1";
    let log = format!(
        "{{\"task_uuid\":\"t\",\"task_level\":[{level}],\"message_type\":\"deep\",\"timestamp\":1}}\n"
    );

    let drawn = drawn(&log, 60, &[]);

    let lines: Vec<&str> = drawn.lines().collect();
    // Each action takes a line, and one for what is missing of it.
    assert_eq!(lines.len(), 1 + 2 * 100_001 + 1 + 1);
    assert_eq!(lines[1], format!("{:<50}unfinished", "▶ ? <unnamed>"));
    assert!(lines.iter().all(|line| line.chars().count() <= 60));
    let last = lines[lines.len() - 2];
    assert_eq!(
        last.trim_start(),
        format!("⋯100001 {}└─ · deep", "   ".repeat(6))
    );
}

#[test]
fn a_million_bytes_in_a_field_are_cut() {
    let value = "[\"x\", 1],".repeat(100_000);
    let log = line("t", &[1], &format!("\"timestamp\":0,\"a\":[{value}0]"));

    assert_eq!(
        drawn(&log, 100, &[]),
        "t  1970-01-01 00:00:00Z\n  · <unnamed>  \
         a=[[\"x\",1],[\"x\",1],[\"x\",1],[\"x\",1],[\"x\",1]…\n\n"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn it_is_the_default_on_a_terminal() {
    // What gives a program a terminal.
    let script = Command::new("script")
        .args(["-qec"])
        .arg(format!(
            "{} tree two_hosts.log",
            env!("CARGO_BIN_EXE_tasktrail")
        ))
        .arg("/dev/null")
        .current_dir(folder())
        .env("TASKTRAIL_CONFIG", "")
        .env("PAGER", "")
        .env_remove("NO_COLOR")
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .output();
    let Ok(output) = script else {
        return;
    };

    let golden = fs::read_to_string(folder().join("two_hosts.txt")).unwrap();
    let drawn = text(output).replace("\r\n", "\n");
    assert!(drawn.contains("\x1b[31m·\x1b[0m"), "{drawn}");
    assert_eq!(without_colors(&drawn), golden);
}

#[cfg(target_os = "linux")]
fn without_colors(drawn: &str) -> String {
    let mut parts = drawn.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or("", |(_, rest)| rest)
    })
}
