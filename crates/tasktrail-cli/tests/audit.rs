//! `tasktrail audit`, run as users run it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use run::{Folder, assert_outcome, command, goldens, run_in, run_with, stderr, stdout};

const GOOD: &str = "{\"task_uuid\":\"good\",\"task_level\":[1],\"message_type\":\"m\"}\n";
const ONE_TASK: &str = "1 task, 1 complete; 1 record in 1 log; nothing found\n";

/// Gives a line of task `t`; `/2/1 >` starts an action, `/2/2 <` ends one, `/3` is a message.
fn line(what: &str) -> String {
    let (level, kind) = what.split_once(' ').unwrap_or((what, ""));
    let level = level.trim_start_matches('/').replace('/', ",");
    let kind = match kind {
        ">" => r#","action_type":"a","action_status":"started""#,
        "<" => r#","action_type":"a","action_status":"succeeded""#,
        _ => "",
    };
    format!("{{\"task_uuid\":\"t\",\"task_level\":[{level}]{kind}}}\n")
}

fn lines(whats: &[&str]) -> String {
    whats.iter().map(|what| line(what)).collect()
}

#[test]
fn of_the_logs_of_real_eliot_those_are_complete_that_eliot_completes() {
    let mut incomplete = Vec::new();
    for entry in fs::read_dir(goldens()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".log") {
            continue;
        }
        let output = run_in(&goldens(), &["audit", &name]);

        let is_whole = stdout(&output).is_empty();
        assert_eq!(output.status.code(), Some(i32::from(!is_whole)), "{name}");
        if !is_whole {
            incomplete.push((name, stdout(&output).to_owned()));
        }
    }
    incomplete.sort();
    let expected = [
        (
            "cross_process_client.log",
            "missing ac4c6141-be2a-4a6a-a2df-884b46e4162c@/2/2\n",
        ),
        (
            "cross_process_failed_client.log",
            "missing b3fd3425-8a32-44df-aba7-6e428bc470a8@/2/2\n",
        ),
        (
            "cross_process_failed_server.log",
            "open b3fd3425-8a32-44df-aba7-6e428bc470a8@/\n\
             missing b3fd3425-8a32-44df-aba7-6e428bc470a8@/1\n\
             open b3fd3425-8a32-44df-aba7-6e428bc470a8@/2\n\
             missing b3fd3425-8a32-44df-aba7-6e428bc470a8@/2/1\n",
        ),
        (
            "cross_process_server.log",
            "open ac4c6141-be2a-4a6a-a2df-884b46e4162c@/\n\
             missing ac4c6141-be2a-4a6a-a2df-884b46e4162c@/1\n\
             open ac4c6141-be2a-4a6a-a2df-884b46e4162c@/2\n\
             missing ac4c6141-be2a-4a6a-a2df-884b46e4162c@/2/1\n",
        ),
        // An id that was taken and never continued.
        (
            "incomplete.log",
            "missing e8a54de6-4f62-479b-9ee0-94c2a28c77c8@/2\n",
        ),
        // Messages that Eliot could not write, and so lost.
        (
            "trouble_serializer.log",
            "missing 2a67a26a-be6b-4d74-839c-6a78ff04ca62@/4\n",
        ),
        (
            "trouble_unwritable.log",
            "missing 12aac7d6-9d55-46a5-8172-31e7b6d74b4d@/2\n\
             missing 12aac7d6-9d55-46a5-8172-31e7b6d74b4d@/4\n\
             missing 12aac7d6-9d55-46a5-8172-31e7b6d74b4d@/6\n",
        ),
    ];
    let incomplete: Vec<(&str, &str)> = incomplete
        .iter()
        .map(|(name, found)| (name.as_str(), found.as_str()))
        .collect();
    assert_eq!(incomplete, expected);
}

#[test]
fn each_finding_is_a_line_and_the_numbers_are_told() {
    let log = [GOOD, &lines(&["/1 >", "/3", "/3", "/6 <", "/8"]), "oops\n"].concat();

    let output = run_with(log.as_bytes(), &["audit"]);

    assert_outcome(
        &output,
        1,
        "not-a-record <stdin>:7: expected a value, found 'o' at column 1\n\
         missing t@/2\n\
         doubled t@/3\n\
         missing t@/4..5\n\
         after-end t@/8\n",
        "2 tasks, 1 complete; 6 records in 1 log; \
         2 missing, 1 doubled, 1 after-end, 1 not-a-record\n",
    );
}

#[test]
fn each_finding_is_an_object_of_json() {
    let log = lines(&["/1 >", "/2/1", "/4 <"]) + "oops\n";

    let output = run_with(log.as_bytes(), &["audit", "--json"]);

    assert_outcome(
        &output,
        1,
        "{\"kind\":\"not-a-record\",\"file\":\"<stdin>\",\"line\":4,\
          \"note\":\"expected a value, found 'o' at column 1\"}\n\
         {\"kind\":\"contradictory\",\"position\":\"t@/2/1\",\"task_uuid\":\"t\",\"task_level\":[2,1],\
          \"note\":\"an action begins without a start\"}\n\
         {\"kind\":\"missing\",\"position\":\"t@/2/2\",\"task_uuid\":\"t\",\"task_level\":[2,2],\
          \"note\":\"the action has no end\"}\n\
         {\"kind\":\"missing\",\"position\":\"t@/3\",\"task_uuid\":\"t\",\"task_level\":[3]}\n\
         {\"kind\":\"summary\",\"logs\":1,\"records\":3,\"records_of_no_task\":0,\"tasks\":1,\
          \"complete_tasks\":0,\"forgotten_tasks\":0,\"missing\":2,\"doubled\":0,\"contradictory\":1,\
          \"after-end\":0,\"open\":0,\"not-a-record\":1,\"logs_not_read\":0,\"logs_grown\":0}\n",
        "",
    );
}

#[test]
fn no_name_of_a_task_or_a_file_steers_a_terminal_or_looks_like_a_finding() {
    let folder = Folder::new("audit-names");
    let name = "a\u{1b}[31m\nmissing u@.log";
    folder.file(
        name,
        "{\"task_uuid\":\"t\\u001b[2J\\nmissing u@/1\",\"task_level\":[2]}\noops\n",
    );

    let output = run_in(&folder.0, &["audit", name, "none\u{202e}\r"]);

    assert_outcome(
        &output,
        2,
        "not-a-record a␛[31m␊missing u@.log:2: expected a value, found 'o' at column 1\n\
         open t␛[2J␊missing u@/1@/\n\
         missing t␛[2J␊missing u@/1@/1\n",
        "none\\u{202e}␍: can't be opened: No such file or directory (os error 2)\n\
         1 task, 0 complete; 1 record in 2 logs; 1 missing, 1 open, 1 not-a-record, 1 log not read\n",
    );
}

#[test]
#[cfg(unix)]
fn a_link_in_a_folder_that_leads_to_no_file_is_told() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("audit-links");
    folder.file("logs/good.log", GOOD);
    symlink("good.log", folder.0.join("logs/linked.log")).unwrap();
    symlink("gone.log", folder.0.join("logs/old.log")).unwrap();
    symlink("..", folder.0.join("logs/up")).unwrap();

    let output = run_in(&folder.0, &["audit", "logs"]);

    assert_outcome(
        &output,
        2,
        "doubled good@/1\n",
        "logs/old.log: can't be opened: No such file or directory (os error 2)\n\
         1 task, 1 complete; 2 records in 3 logs; 1 doubled, 1 log not read\n",
    );
}

#[test]
fn logs_without_a_task_prove_nothing() {
    let folder = Folder::new("audit-nothing");
    folder.file("empty.log", "");
    fs::create_dir(folder.0.join("folder")).unwrap();
    let told = "no task was found, so nothing is proved\n";

    for (log, before, summary) in [
        ("empty.log", "", "0 records in 1 log"),
        (
            "folder",
            "folder: expected logs, found no file in it\n",
            "0 records in 0 logs",
        ),
    ] {
        let output = run_in(&folder.0, &["audit", log]);
        let summary = format!("{before}{told}0 tasks, 0 complete; {summary}\n");
        assert_outcome(&output, 2, "", &summary);

        let output = run_in(&folder.0, &["audit", "--json", log]);
        assert_eq!(stderr(&output), format!("{before}{told}"));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn logs_are_joined_in_any_order_and_compression() {
    let folder = Folder::new("audit-joined");
    folder.file("b/one.json", lines(&["/1 >", "/4 <"]));
    folder.file("b/c/two.json.gz", gzip(&line("/2/2 <")));
    // Two members, as after an append.
    folder.file("b/c/three.gz", [gzip(&line("/2/1 >")), gzip(GOOD)].concat());
    folder.file("a.zst", zstandard(&line("/3")));

    let all = run_in(&folder.0, &["audit", "."]);
    assert_outcome(
        &all,
        0,
        "",
        "2 tasks, 2 complete; 6 records in 4 logs; nothing found\n",
    );

    let first = fs::read(folder.0.join("a.zst")).unwrap();
    let joined = command(&["audit", "-", "b"])
        .current_dir(&folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = {
        let mut joined = joined;
        joined.stdin.take().unwrap().write_all(&first).unwrap();
        joined.wait_with_output().unwrap()
    };
    assert_outcome(
        &output,
        0,
        "",
        "2 tasks, 2 complete; 6 records in 4 logs; nothing found\n",
    );
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn zstandard(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 0).unwrap()
}

#[test]
fn a_compressed_log_that_is_torn_is_told_and_what_was_there_is_read() {
    let folder = Folder::new("audit-torn-gz");
    let many: String = (0..50_000)
        .map(|task| GOOD.replace("good", &format!("task {task}")))
        .collect();
    for (name, whole) in [("a.gz", gzip(&many)), ("a.zst", zstandard(&many))] {
        folder.file(name, &whole[..whole.len() - 20]);

        let output = run_in(&folder.0, &["audit", name]);

        assert_eq!(output.status.code(), Some(2));
        let told = stderr(&output);
        let line = told.strip_prefix(&format!("{name}:")).unwrap();
        let (line, rest) = line.split_once(": can't be read on: ").unwrap();
        let line: usize = line.parse().unwrap();
        assert!((1..=50_000).contains(&line), "{told}");
        assert!(rest.contains(" complete; "), "{told}");
    }
}

#[test]
fn each_kind_of_damage_is_told_with_its_line_and_the_rest_is_read() {
    let torn = "the last line has no line break: it is torn, or still being written";
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
    ] {
        let log = [GOOD.as_bytes(), bad].concat();
        let output = run_with(&log, &["audit"]);
        assert_eq!(
            stdout(&output),
            format!("not-a-record <stdin>:2: {message}\n")
        );
        assert_eq!(output.status.code(), Some(1));
    }
    let output = run_with([GOOD, &GOOD[..30]].concat().as_bytes(), &["audit"]);
    assert_eq!(
        stdout(&output),
        format!(
            "not-a-record <stdin>:2: expected '\"' at the end of a text, found the end of the line \
             at column 31; {torn}\n"
        )
    );
    let output = run_with(GOOD.trim_end().as_bytes(), &["audit"]);
    assert_outcome(&output, 0, "", ONE_TASK);
}

#[test]
fn a_line_that_is_too_long_is_told_and_counts_as_one() {
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(3_000_000));
    let log = [GOOD, &long, "\n", &GOOD.replace("good", "other"), "oops\n"].concat();
    for (bound, limit) in [("1000", 1000), ("2M", 2_097_152)] {
        let output = run_with(log.as_bytes(), &["audit", "--longest-line", bound]);

        let found: Vec<&str> = stdout(&output).lines().collect();
        let expected = format!(
            "not-a-record <stdin>:2: expected a line of at most {limit} bytes, found {}",
            long.len()
        );
        assert_eq!(found[0], expected);
        assert!(
            found[1].starts_with("not-a-record <stdin>:4: "),
            "{found:?}"
        );
        assert_eq!(
            stderr(&output),
            "2 tasks, 2 complete; 2 records in 1 log; 2 not-a-record\n"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_of_a_thousand_million_bytes_costs_no_memory() {
    let mut child = std::process::Command::new("sh")
        .args([
            "-c",
            "ulimit -v 700000; exec \"$0\" audit --longest-line 16M",
        ])
        .arg(env!("CARGO_BIN_EXE_tasktrail"))
        // With many processors the allocator would reserve more than it uses.
        .env("MALLOC_ARENA_MAX", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let block = vec![b'x'; 1_000_000];
    for _ in 0..1000 {
        stdin.write_all(&block).unwrap();
    }
    stdin.write_all(format!("\n{GOOD}").as_bytes()).unwrap();
    drop(stdin);

    let output = child.wait_with_output().unwrap();

    assert_outcome(
        &output,
        1,
        "not-a-record <stdin>:1: expected a line of at most 16777216 bytes, found 1000000000\n",
        "1 task, 1 complete; 1 record in 1 log; 1 not-a-record\n",
    );
}

#[test]
fn lines_are_counted_over_all_chunks_of_each_log() {
    let folder = Folder::new("audit-chunks");
    let mut log = String::new();
    let mut expected = String::new();
    for line in 1..=30_000 {
        if line % 5_000 == 3 {
            log.push_str("oops\n");
            expected +=
                &format!("not-a-record log:{line}: expected a value, found 'o' at column 1\n");
        } else {
            log.push_str(&GOOD.replace("good", &format!("{line}{}", "x".repeat(line % 200))));
        }
    }
    folder.file("log", &log);

    let output = run_in(&folder.0, &["audit", "log"]);

    assert_eq!(stdout(&output), expected);
}

#[test]
fn of_the_bad_lines_of_each_log_a_thousand_are_told_and_the_others_counted() {
    let folder = Folder::new("audit-bad-lines");
    folder.file("bad", "oops\n".repeat(500_000));
    folder.file("good", GOOD);

    let output = run_in(&folder.0, &["audit", "bad", "good"]);

    let found: Vec<&str> = stdout(&output).lines().collect();
    assert_eq!(found.len(), 1001);
    assert!(
        found[999].starts_with("not-a-record bad:1000: "),
        "{}",
        found[999]
    );
    assert_eq!(found[1000], "not-a-record bad: 499000 more lines");
    assert_eq!(
        stderr(&output),
        "1 task, 1 complete; 1 record in 2 logs; 500000 not-a-record\n"
    );
}

#[test]
fn lines_of_programs_that_know_no_tasks_are_counted() {
    let log = b"{\"@timestamp\":\"2026-11-22T04:39:32.633Z\",\"@version\":1,\"message\":\"m\"}\n\
        {\"timestamp\":\"2026-11-22T04:39:32.633Z\",\"level\":\"INFO\",\"fields\":{\"message\":\"m\"},\"target\":\"t\"}\n";

    let output = run_with(log, &["audit"]);

    assert_outcome(
        &output,
        2,
        "",
        "no task was found, so nothing is proved\n\
         0 tasks, 0 complete; 2 records in 1 log, 2 of no task\n",
    );
}

#[test]
fn a_byte_order_mark_costs_no_line() {
    let marked = format!("\u{feff}{GOOD}oops\n");

    let output = run_with(marked.as_bytes(), &["audit"]);
    assert!(stdout(&output).starts_with("not-a-record <stdin>:2: "));

    let output = run_with("\u{feff}".as_bytes(), &["audit"]);
    assert_outcome(
        &output,
        2,
        "",
        "no task was found, so nothing is proved\n0 tasks, 0 complete; 0 records in 1 log\n",
    );
}

#[test]
fn a_log_that_cannot_be_read_is_told_and_the_others_are_read() {
    let folder = Folder::new("audit-unreadable");
    folder.file("good", GOOD);

    let output = run_in(&folder.0, &["audit", "no-such-log", "good"]);

    assert_eq!(output.status.code(), Some(2));
    let told: Vec<&str> = stderr(&output).lines().collect();
    assert!(
        told[0].starts_with("no-such-log: can't be opened: "),
        "{told:?}"
    );
    assert_eq!(
        told[1],
        "1 task, 1 complete; 1 record in 2 logs; 1 log not read"
    );
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let folder = Folder::new("audit-broken-pipe");
    let log: String = (0..50_000)
        .map(|task| line("/1 >").replace("\"t\"", &format!("\"{task}\"")))
        .collect();
    folder.file("log", log);
    let mut child = command(&["audit", "log"])
        .current_dir(&folder.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();

    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();

    assert_eq!(
        stderr(&output),
        "50000 tasks, 0 complete; 50000 records in 1 log; 50000 open\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn memory_that_is_too_small_is_told() {
    let log: String = (0..10_000)
        .map(|task| GOOD.replace("good", &format!("{task}")))
        .collect();

    let output = run_with(log.as_bytes(), &["audit", "--memory", "4K"]);

    assert_eq!(output.status.code(), Some(0));
    let told: Vec<&str> = stderr(&output).lines().collect();
    assert!(
        told[1].contains(" complete tasks were forgotten to keep to the memory: "),
        "{told:?}"
    );
}
