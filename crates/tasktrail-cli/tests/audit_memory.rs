//! `tasktrail audit --memory`: what does not fit goes to a temporary file.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use run::{Folder, command, run_in, run_with, stderr, stdout};

fn line(task: usize, level: u32, said: &str) -> String {
    format!(
        "{{\"task_uuid\":\"192f76ea-915e-4131-95dc-{task:012}\",\"task_level\":[{level}],{said}}}\n"
    )
}

/// The first lines of tasks.
fn starts(tasks: usize) -> String {
    let start = r#""action_type":"a","action_status":"started""#;
    (0..tasks).map(|task| line(task, 1, start)).collect()
}

/// Tasks that are never complete: three messages each, of which one is missing before the last.
fn open_tasks(tasks: usize) -> String {
    let paid = r#""message_type":"paid""#;
    let messages = (0..tasks).flat_map(|task| {
        let task = task * 7919 % tasks;
        [line(task, 2, paid), line(task, 4, paid)]
    });
    starts(tasks) + &messages.collect::<String>()
}

/// Runs with limits of a shell, a log and a place for temporary files.
fn limited(limits: &str, arguments: &str, folder: &Folder, temporary: &str) -> Output {
    Command::new("sh")
        .args(["-c", &format!("{limits}; exec \"$0\" {arguments}")])
        .arg(env!("CARGO_BIN_EXE_tasktrail"))
        // With many processors the allocator would reserve more than it uses.
        .env("MALLOC_ARENA_MAX", "1")
        .env("TMPDIR", temporary)
        .current_dir(&folder.0)
        .output()
        .unwrap()
}

#[test]
fn the_report_is_the_same_with_little_memory() {
    let folder = Folder::new("audit-spilled");
    let torn = "{\"task_uuid\":\"192f76ea";
    let log = [
        &open_tasks(20_000),
        "oops\n",
        &open_tasks(100)[..5_000],
        "\n",
        torn,
    ]
    .concat();
    folder.file("log", log);

    for form in [&["audit", "log"][..], &["audit", "--json", "log"]] {
        let plenty = run_in(&folder.0, &[form, &["--memory", "1G"]].concat());
        assert_eq!(plenty.status.code(), Some(1));
        assert!(stdout(&plenty).lines().count() > 40_000);
        for memory in ["0", "100K", "2M"] {
            let little = run_in(&folder.0, &[form, &["--memory", memory]].concat());

            assert!(stdout(&little) == stdout(&plenty), "{memory}");
            assert_eq!(stderr(&little), stderr(&plenty));
            assert_eq!(little.status.code(), Some(1));
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn open_tasks_beyond_the_memory_take_none() {
    let folder = Folder::new("audit-bounded");
    folder.file("log", starts(400_000));
    let temporary = folder.0.to_str().unwrap();
    let limits = "ulimit -v 250000";

    let bounded = limited(limits, "audit --memory 8M log", &folder, temporary);
    let unbounded = limited(limits, "audit --memory 4G log", &folder, temporary);

    assert_eq!(
        stderr(&bounded),
        "400000 tasks, 0 complete; 400000 records in 1 log; 400000 open\n"
    );
    assert_eq!(bounded.status.code(), Some(1));
    // If this could do without, the other would prove nothing.
    assert!(
        !matches!(unbounded.status.code(), Some(0..=2)),
        "{unbounded:?}"
    );
}

#[test]
fn a_folder_where_nothing_can_be_written_is_told_and_no_finding_is_invented() {
    let folder = Folder::new("audit-no-folder");
    folder.file("log", open_tasks(60_000));

    let missing = folder.0.join("missing");
    let missing = missing.to_str().unwrap();
    let output = limited("true", "audit --memory 100K log", &folder, missing);
    assert_eq!(stdout(&output), "");
    assert_eq!(
        stderr(&output),
        format!(
            "{missing}: a temporary file can't be made: No such file or directory (os error 2); \
             what --memory does not hold has no other place, so the audit was given up\n"
        )
    );
    assert_eq!(output.status.code(), Some(2));

    // A file may have 100 blocks of 512 bytes, as if the disk was full behind them.
    let full = folder.0.to_str().unwrap();
    let limits = "trap '' XFSZ; ulimit -f 100";
    let output = limited(limits, "audit --json --memory 100K log", &folder, full);
    assert_eq!(stdout(&output), "");
    let start = format!("{full}: a temporary file can't be written: File too large");
    assert!(stderr(&output).starts_with(&start), "{output:?}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn no_folder_is_needed_for_what_fits_into_memory() {
    let folder = Folder::new("audit-fits");
    folder.file("log", open_tasks(1_000));

    let output = limited("true", "audit log", &folder, "/no/such/folder");

    assert_eq!(
        stderr(&output),
        "1000 tasks, 0 complete; 3000 records in 1 log; 1000 missing, 1000 open\n"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_is_killed_leaves_no_temporary_file() {
    let folder = Folder::new("audit-killed");
    let mut child = command(&["audit", "--memory", "100K"])
        .env("TMPDIR", &folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let files = format!("/proc/{}/fd", child.id());
    let is_made = || {
        let files = fs::read_dir(&files).unwrap();
        let mut files = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok());
        files.any(|file| file.starts_with(&folder.0))
    };

    // Lines are sent until the file is there.
    let log = open_tasks(20_000);
    let mut rounds = 0;
    while !is_made() {
        let other = log.replace("-95dc-", &format!("-{rounds:04}-"));
        stdin.write_all(other.as_bytes()).unwrap();
        rounds += 1;
        assert!(rounds < 1000);
    }
    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
}

#[test]
fn a_whole_log_is_whole_with_any_memory() {
    let log: String = (0..3000)
        .map(|task| format!("{{\"task_uuid\":\"{task}\",\"task_level\":[1]}}\n"))
        .collect();

    let output = run_with(log.as_bytes(), &["audit", "--memory", "0"]);

    assert_eq!(stdout(&output), "");
    assert_eq!(output.status.code(), Some(0));
}
