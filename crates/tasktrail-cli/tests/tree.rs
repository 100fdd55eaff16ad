//! `tasktrail tree`, run as users run it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const GOOD: &str =
    "{\"task_uuid\":\"good\",\"task_level\":[1],\"timestamp\":1.5,\"message_type\":\"m\"}\n";
const GOOD_TREE: &str = "good\n└── m/1 1970-01-01 00:00:01Z\n\n";

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/eliot")
}

fn golden(name: &str) -> String {
    fs::read_to_string(goldens().join(name)).unwrap()
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasktrail"));
    command
        .env("TASKTRAIL_CONFIG", "")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .arg("tree");
    command
}

/// Runs in the folder of the goldens, so that files have short names in messages.
fn tree(arguments: &[&str]) -> Output {
    command()
        .current_dir(goldens())
        .args(arguments)
        .output()
        .unwrap()
}

fn tree_of(input: &[u8], arguments: &[&str]) -> Output {
    let mut child = command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[track_caller]
fn assert_outcome(output: &Output, status: i32, expected_out: &str, expected_err: &str) {
    assert_eq!(stdout(output), expected_out);
    assert_eq!(stderr(output), expected_err);
    assert_eq!(output.status.code(), Some(status));
}

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tasktrail-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_eliot_log_is_drawn_as_eliot_tree_draws_it() {
    let mut compared = 0;
    for entry in fs::read_dir(goldens()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(stem) = name.strip_suffix(".tree.txt") else {
            continue;
        };
        let log = format!("{stem}.log");

        assert_outcome(&tree(&[&log]), 0, &golden(&name), "");
        assert_outcome(
            &tree(&["--ascii", &log]),
            0,
            &golden(&format!("{stem}.ascii.txt")),
            "",
        );
        compared += 1;
    }
    assert_eq!(compared, 19);
}

#[test]
fn each_flag_draws_what_eliot_tree_draws() {
    for (expected, arguments) in [
        ("edge.tree.txt", &[][..]),
        ("edge.ascii.txt", &["--ascii"]),
        ("edge.limit0.txt", &["-l", "0"]),
        ("edge.limit0.ascii.txt", &["-l", "0", "--ascii"]),
        ("edge.limit5.txt", &["--field-limit", "5"]),
        ("edge.ignore.txt", &["-i", "s", "--ignore-task-key", "l"]),
        ("edge.color.txt", &["--color", "always"]),
        ("edge.uuid.txt", &["-u", "edge-2"]),
    ] {
        let arguments = [arguments, &["render/edge.log"]].concat();

        assert_outcome(
            &tree(&arguments),
            0,
            &golden(&format!("render/{expected}")),
            "",
        );
    }
}

#[test]
fn odd_messages_are_drawn_as_eliot_tree_draws_them() {
    assert_outcome(
        &tree(&["render/duplicate.log"]),
        0,
        &golden("render/duplicate.tree.txt"),
        "",
    );
    for name in ["null_action_type", "timestamp_missing", "timestamp_text"] {
        let log = format!("render/odd_{name}.log");

        let expected = golden(&format!("render/odd_{name}.stdout.txt"));
        assert_outcome(&tree(&[&log]), 0, &expected, "");
    }
}

#[test]
fn a_bad_line_is_told_and_the_others_are_drawn() {
    for (name, message, others) in [
        (
            "blank_line",
            "2: expected a value, found the end of the line at column 1",
            "after-blank\n└── a/1 1970-01-01 00:00:01Z\n\n",
        ),
        (
            "json",
            "2: expected true, found 't' at column 1",
            "good-after\n└── a/1 1970-01-01 00:00:01Z\n\n",
        ),
        (
            "not_object",
            "2: expected a JSON object, found an array",
            "",
        ),
        (
            "no_uuid",
            "1: expected task_uuid, found a line that has no task_uuid",
            "",
        ),
        (
            "no_status",
            "1: expected action_status, found a line that has no action_status",
            "",
        ),
        (
            "start_level",
            "1: expected task_level to end with 1, as each start does, found 2",
            "",
        ),
        (
            "end_status",
            "2: expected action_status to be \"started\", \"succeeded\" or \"failed\", found \"done\"",
            "t\n└── a/1 ⇒ started 1970-01-01 00:00:01Z\n\n",
        ),
        (
            "end_type",
            "2: expected the end at /2 to have the action_type \"a\" of its action, found \"b\"",
            "t\n└── a/1 ⇒ started 1970-01-01 00:00:01Z\n\n",
        ),
    ] {
        let log = format!("render/bad_{name}.log");

        // Eliot-tree stops at the bad line; up to there both draw the same.
        let expected = golden(&format!("render/bad_{name}.stdout.txt")) + others;
        assert_outcome(&tree(&[&log]), 1, &expected, &format!("{log}:{message}\n"));
    }
}

#[test]
fn files_and_standard_input_are_joined_in_the_order_given() {
    let files = ["cross_process_client.log", "cross_process_server.log"];
    let joined = golden("cross_process.tree.txt");

    assert_outcome(&tree(&files), 0, &joined, "");

    let client = goldens().join(files[0]);
    let server = fs::read(goldens().join(files[1])).unwrap();
    assert_outcome(
        &tree_of(&server, &[client.to_str().unwrap(), "-"]),
        0,
        &joined,
        "",
    );
    assert_outcome(&tree_of(GOOD.as_bytes(), &[]), 0, GOOD_TREE, "");
    assert_outcome(&tree_of(b"", &[]), 0, "", "");
}

#[test]
fn each_kind_of_damage_is_told_with_its_line() {
    for (bad, message) in [
        (
            &b"\n"[..],
            "expected a value, found the end of the line at column 1",
        ),
        (b"\0\0\0\n", "expected a value, found '\\0' at column 1"),
        (
            b"{\"a\":\"\xff\"}\n",
            "expected UTF-8, found byte 0xff at column 7",
        ),
        (
            b"{\"task_uuid\":\"t\",\"task_lev\n",
            "expected '\"' at the end of a text, found the end of the line at column 27",
        ),
        (
            b"{\"@timestamp\":\"2026-11-22T04:39:32.633Z\",\"@version\":1,\"message\":\"m\"}\n",
            "expected task_uuid, found a line that has no task_uuid",
        ),
    ] {
        let input = [GOOD.as_bytes(), bad, GOOD.as_bytes()].concat();

        assert_outcome(
            &tree_of(&input, &[]),
            1,
            &GOOD_TREE.repeat(2),
            &format!("<stdin>:2: {message}\n"),
        );
    }
}

#[test]
fn of_the_bad_lines_of_each_log_ten_are_told_and_the_others_counted() {
    let folder = Folder::new("bad-lines");
    let ten = folder.file("ten", format!("{}{GOOD}", "oops\n".repeat(10)));
    let eleven = folder.file("eleven", format!("{}{GOOD}", "oops\n".repeat(11)));
    let binary = folder.file(
        "binary",
        [&b"\0\n".repeat(104_191), GOOD.as_bytes()].concat(),
    );

    let output = tree(&[&ten, &eleven, &binary]);

    let first_ten = |file: &str, found| {
        (1..=10)
            .map(|line| format!("{file}:{line}: expected a value, found {found} at column 1\n"))
            .collect::<String>()
    };
    let expected = [
        first_ten(&ten, "'o'"),
        first_ten(&eleven, "'o'"),
        format!("{eleven}: 1 more line is bad\n"),
        first_ten(&binary, "'\\0'"),
        format!("{binary}: 104181 more lines are bad\n"),
    ];
    assert_outcome(&output, 1, &GOOD_TREE.repeat(3), &expected.concat());
}

#[test]
fn a_byte_order_mark_costs_no_line() {
    let marked = format!("\u{feff}{GOOD}");

    assert_outcome(&tree_of(marked.as_bytes(), &[]), 0, GOOD_TREE, "");
    assert_outcome(&tree_of("\u{feff}".as_bytes(), &[]), 0, "", "");
}

#[test]
fn a_last_line_needs_no_line_break_and_joins_no_other_file() {
    let folder = Folder::new("last-line");
    let whole = folder.file("whole", GOOD.trim_end());
    let torn = folder.file("torn", &GOOD[..20]);
    let next = folder.file("next", GOOD);

    assert_outcome(
        &tree(&[&whole, &torn, &next]),
        1,
        &GOOD_TREE.repeat(2),
        &format!(
            "{torn}:1: expected a key in double quotes, found the end of the line at column 21; \
             the last line has no line break: it is torn, or still being written\n"
        ),
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_the_others_are_drawn() {
    let folder = Folder::new("unreadable");
    let good = folder.file("good", GOOD);
    let torn = folder.file("torn.gz", b"\x1f\x8b\x08");

    let output = tree(&["no-such-file.log", &torn, &good]);

    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stdout(&output), GOOD_TREE);
    let lines: Vec<&str> = stderr(&output).lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("no-such-file.log: can't be opened: "),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with(&format!("{torn}: can't be read on: ")),
        "{lines:?}"
    );
}

#[test]
fn all_files_of_a_folder_are_drawn_whatever_their_compression() {
    let folder = Folder::new("folder");
    folder.file("b", GOOD);
    let name = |name| GOOD.replace("good", name);
    folder.file(
        "a.zst",
        zstd::encode_all(name("first").as_bytes(), 0).unwrap(),
    );
    fs::create_dir(folder.0.join("c")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(name("last").as_bytes()).unwrap();
    folder.file("c/d.gz", gzip.finish().unwrap());

    let output = tree(&[folder.0.to_str().unwrap()]);

    let expected = ["first", "good", "last"].map(|name| GOOD_TREE.replace("good", name));
    assert_outcome(&output, 0, &expected.concat(), "");
}

#[test]
fn the_worst_outcome_counts() {
    let output = tree(&["no-such-file.log", "render/bad_json.log"]);

    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output).lines().count(), 2);
}

#[test]
fn a_wrong_command_line_is_told() {
    for arguments in [&["--colour"][..], &["-l", "-1"], &["--color", "blue"]] {
        let output = tree(arguments);

        assert_eq!(output.status.code(), Some(2));
        assert_eq!(stdout(&output), "");
        assert!(stderr(&output).contains("error: "), "{}", stderr(&output));
    }
}

#[test]
fn a_line_of_ten_million_bytes_is_drawn() {
    let long = "x".repeat(10_000_000);
    let line =
        format!("{{\"task_uuid\":\"t\",\"task_level\":[1],\"timestamp\":0,\"x\":\"{long}\"}}\n");

    let expected = format!("t\n└── <unnamed>\n    └── x: {}…\n\n", "x".repeat(100));
    assert_outcome(&tree_of(line.as_bytes(), &[]), 0, &expected, "");
}

#[test]
fn a_tree_appears_while_more_lines_are_awaited() {
    let mut child = command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut drawn = vec![0; GOOD_TREE.len()];
        output.read_exact(&mut drawn).unwrap();
        sender.send(drawn).unwrap();
    });

    input.write_all(GOOD.as_bytes()).unwrap();
    let drawn = receiver.recv_timeout(Duration::from_secs(30));

    drop(input);
    assert_eq!(drawn.as_deref(), Ok(GOOD_TREE.as_bytes()));
    reader.join().unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let folder = Folder::new("broken-pipe");
    let log = folder.file("log", GOOD.repeat(50_000));
    let mut child = command()
        .arg(&log)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();

    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();

    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_an_error() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();

    let output = command()
        .arg(goldens().join("single_action.log"))
        .stdout(full)
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).starts_with("<stdout>: can't be written: "),
        "{}",
        stderr(&output)
    );
}

#[test]
fn colours_are_off_where_the_output_is_no_terminal() {
    let output = tree(&["--color", "auto", "render/edge.log"]);

    assert_eq!(stdout(&output), golden("render/edge.tree.txt"));
}

#[test]
fn the_example_in_the_help_is_what_is_drawn() {
    let folder = Folder::new("help");
    let line = |level, time, rest| {
        let task = "192f76ea-915e-4131-95dc-da28c6bcdbb5";
        format!("{{\"task_uuid\":\"{task}\",\"task_level\":{level},\"timestamp\":{time},{rest}}}\n")
    };
    let started = "\"action_status\":\"started\"";
    let succeeded = "\"action_status\":\"succeeded\"";
    let ask = "\"action_type\":\"ask\"";
    let answer = "\"action_type\":\"answer\"";
    let client = [
        line(
            "[1]",
            1700000000.25,
            format!("{ask},{started},\"question\":\"6 / 3\""),
        ),
        line("[3]", 1700000000.75, format!("{ask},{succeeded}")),
    ];
    let server = [
        line("[2,1]", 1700000000.5, format!("{answer},{started}")),
        line(
            "[2,2]",
            1700000000.625,
            format!("{answer},{succeeded},\"result\":2"),
        ),
    ];
    let client = folder.file("client.log", client.concat());
    let server = folder.file("server.log", server.concat());

    let drawn = command()
        .args(["--layout", "trail", &client, &server])
        .env("COLUMNS", "80")
        .output()
        .unwrap();
    let help = tree(&["--help"]);

    assert_eq!(help.status.code(), Some(0));
    let help: Vec<&str> = stdout(&help).lines().map(str::trim_end).collect();
    let example: Vec<String> = std::iter::once("$ tasktrail tree client.log server.log")
        .chain(stdout(&drawn).trim_end().lines())
        .map(|line| format!("  {line}"))
        .collect();
    assert!(
        help.windows(example.len()).any(|lines| lines == example),
        "{}",
        example.join("\n")
    );
}
