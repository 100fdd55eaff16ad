//! What all subcommands that read lines in their order have in common.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod run;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use run::{Folder, command, run_in, stderr, stdout};

/// A task whose id is written in two ways.
const ID: &str = "192f76ea-915e-4131-95dc-da28c6bcdbb5";
const TRACE: &str = "192f76ea915e413195dcda28c6bcdbb5";

fn eliot(task: &str, name: &str) -> String {
    format!(r#"{{"task_uuid":"{task}","task_level":[1],"timestamp":1.5,"message_type":"{name}"}}"#)
        + "\n"
}

/// Gives that line in ECS, as `convert` writes it.
fn ecs(line: &str) -> String {
    let output = run::run_with(line.as_bytes(), &["convert", "--to", "ecs"]);
    let line = stdout(&output).to_owned();
    assert!(line.contains(TRACE), "{line}");
    line
}

#[test]
fn of_one_task_only_lines_with_its_name_are_read_in_any_spelling() {
    let folder = Folder::new("one-task");
    let torn = format!("{{\"task_uuid\":\"{ID}\",\"task_le");
    let log = [
        &eliot("b7f3a4c0-0000-4000-8000-000000000001", "other"),
        "no record\n",
        &eliot(ID, "one"),
        &eliot("192f76ea-915e-4131-95dc-da28c6bcdbb6", "neighbour"),
        &format!("{torn}\n"),
        "no record\n",
        &ecs(&eliot(ID, "two")),
        &torn,
    ]
    .concat();
    folder.file("log", log);

    // The lines that are no records and don't name the task are passed over; those that do are told.
    let bad = [5, 8].map(|line| format!("log:{line}: "));
    for (arguments, expected) in [
        (vec!["tree", "--raw", "--task-uuid", ID, "log"], [1, 1]),
        (
            vec!["query", "--task", ID, "--format", "csv", "log"],
            [1, 1],
        ),
    ] {
        let output = run_in(&folder.0, &arguments);

        let found = ["one", "two"].map(|name| stdout(&output).matches(name).count());
        assert_eq!(found, expected, "{}", stdout(&output));
        assert!(!stdout(&output).contains("neighbour"));
        let told: Vec<_> = stderr(&output).lines().collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told.iter()
                .zip(&bad)
                .all(|(told, bad)| told.starts_with(bad)),
            "{told:?}"
        );
        assert_eq!(output.status.code(), Some(1));
    }

    let count = run_in(&folder.0, &["query", "--task", ID, "--count", "log"]);
    assert_eq!(stdout(&count), "2\n");
    // Without a task, or with two, each line is looked at.
    for arguments in [
        &["query", "--count", "log"][..],
        &["query", "--count", "--task", ID, "--task", "x", "log"],
    ] {
        let told = stderr(&run_in(&folder.0, arguments)).lines().count();
        assert_eq!(told, 4);
    }
}

#[test]
fn what_comes_through_a_pipe_is_printed_while_more_is_awaited() {
    let line = eliot(ID, "one");
    for arguments in [
        &["query", "--task", ID][..],
        &["query"],
        &["dedup"],
        &["convert", "--to", "eliot"],
    ] {
        let mut child = command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let length = line.len();
        let (sender, receiver) = mpsc::channel();
        let reader = thread::spawn(move || {
            let mut printed = vec![0; length];
            output.read_exact(&mut printed).unwrap();
            sender.send(printed).unwrap();
        });

        input.write_all(line.as_bytes()).unwrap();
        let printed = receiver.recv_timeout(Duration::from_secs(60));

        drop(input);
        assert_eq!(printed.as_deref(), Ok(line.as_bytes()), "{arguments:?}");
        reader.join().unwrap();
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_folder_without_a_file_is_told() {
    let folder = Folder::new("no-file");
    fs::create_dir_all(folder.0.join("logs/inner")).unwrap();

    for arguments in [
        &["query", "logs"][..],
        &["tree", "logs"],
        &["dedup", "logs"],
    ] {
        let output = run_in(&folder.0, arguments);

        let told = stderr(&output);
        let expected = "logs: expected logs, found no file in it\n";
        assert!(told.starts_with(expected), "{told}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
#[cfg(unix)]
fn what_is_printed_to_is_not_read() {
    let folder = Folder::new("printed-to");
    let line = eliot(ID, "one");
    let append = |name: &str| {
        let mut file = OpenOptions::new();
        file.append(true).create(true);
        file.open(folder.0.join(name)).unwrap()
    };
    let run = |arguments: &[&str], input: Stdio, output: &str| {
        let mut command = command(arguments);
        command.current_dir(&folder.0).stdin(input);
        command.stdout(append(output)).output().unwrap()
    };
    folder.file("logs/a.log", &line);
    folder.file("own.log", &line);
    let content = |name: &str| fs::read_to_string(folder.0.join(name)).unwrap();

    // The shell has made it before the command lists the folder.
    let output = run(&["query", "logs"], Stdio::null(), "logs/found.log");
    assert_eq!(content("logs/found.log"), line);
    assert_eq!((stderr(&output), output.status.code()), ("", Some(0)));

    let own = File::open(folder.0.join("own.log")).unwrap();
    for (arguments, input, name) in [
        (&["query", "./own.log"][..], Stdio::null(), "./own.log"),
        (&["query"], own.into(), "<stdin>"),
        (&["follow", "--lines", "own.log"], Stdio::null(), "own.log"),
    ] {
        let output = run(arguments, input, "own.log");

        let expected = format!("{name}: is the output, so it is not read\n");
        assert_eq!(stderr(&output), expected);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(content("own.log"), line);
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_told_and_what_was_added_is_read() {
    let folder = Folder::new("grown");
    let line = eliot(ID, "one");
    // More than is read before somebody takes what is printed.
    let megabytes = 8 + thread::available_parallelism().map_or(1, usize::from);
    let lines = (megabytes << 20) / line.len();
    folder.file("app.log", line.repeat(lines));
    let bytes = |log: &Path| fs::metadata(log).unwrap().len();
    let log = folder.0.join("app.log");
    let before = bytes(&log);

    let mut query = command(&["query", "app.log"]);
    query.current_dir(&folder.0).stdout(Stdio::piped());
    let mut query = query.stderr(Stdio::piped()).spawn().unwrap();
    let mut printed = vec![0; 1];
    let mut stdout = query.stdout.take().unwrap();
    stdout.read_exact(&mut printed).unwrap();
    let mut added = OpenOptions::new().append(true).open(&log).unwrap();
    added.write_all(eliot(ID, "added").as_bytes()).unwrap();
    stdout.read_to_end(&mut printed).unwrap();

    let output = query.wait_with_output().unwrap();
    let expected = format!(
        "app.log:{}: has grown while it was read: it had {before} bytes, and {} were read\n",
        lines + 1,
        bytes(&log)
    );
    assert_eq!(stderr(&output), expected);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(printed.len() as u64, bytes(&log));
}
