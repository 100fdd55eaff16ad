//! A task goes from a program in Rust to one in Python and back, each with a log of its own.

use std::path::{Path, PathBuf};

use tasktrail_tests::{Folder, Peers, program};

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");

#[test]
fn python_goes_on_with_what_rust_began_and_rust_again() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "rust_python_rust");
    let logs = logs(&folder);

    let id = rust(&logs[0], "first", None);
    let id = python(peers, &logs[1], "between", Some(&id));
    rust(&logs[2], "last", Some(&id));

    assert_eq!(
        peers
            .python("tasks.py", &[&logs[0], &logs[1], &logs[2]])
            .stdout,
        r#"task complete
rust:relay {"place":"first"} => succeeded {"place":"first"}
  rust:work {"place":"first"} => succeeded {"done":true,"place":"first"}
    INFO rust:working {"at":1,"place":"first"}
  eliot:remote_task {"place":"between"} => succeeded
    python:work => succeeded {"done":true}
      python:working {"at":1}
    eliot:remote_task {"place":"last"} => succeeded {"place":"last"}
      rust:work {"place":"last"} => succeeded {"done":true,"place":"last"}
        INFO rust:working {"at":1,"place":"last"}
    python:handed-on
  INFO rust:handed-on {"place":"first"}
"#
    );
}

#[test]
fn rust_goes_on_with_what_python_began_and_python_again() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "python_rust_python");
    let logs = logs(&folder);

    let id = python(peers, &logs[0], "first", None);
    let id = rust(&logs[1], "between", Some(&id));
    python(peers, &logs[2], "last", Some(&id));

    // In whatever order the logs come.
    assert_eq!(
        peers
            .python("tasks.py", &[&logs[2], &logs[1], &logs[0]])
            .stdout,
        r#"task complete
python:relay {"place":"first"} => succeeded
  python:work => succeeded {"done":true}
    python:working {"at":1}
  eliot:remote_task {"place":"between"} => succeeded {"place":"between"}
    rust:work {"place":"between"} => succeeded {"done":true,"place":"between"}
      INFO rust:working {"at":1,"place":"between"}
    eliot:remote_task {"place":"last"} => succeeded
      python:work => succeeded {"done":true}
        python:working {"at":1}
    INFO rust:handed-on {"place":"between"}
  python:handed-on
"#
    );
}

#[test]
fn a_task_is_incomplete_without_one_of_its_processes() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "process_missing");
    let logs = logs(&folder);

    let id = rust(&logs[0], "first", None);
    python(peers, &logs[1], "last", Some(&id));

    for (logs, completeness) in [
        (&logs[..2], "task complete"),
        (&logs[..1], "task incomplete"),
        (&logs[1..2], "task incomplete"),
    ] {
        let logs: Vec<&dyn AsRef<_>> = logs.iter().map(|log| log as _).collect();
        let drawn = peers.python("tasks.py", &logs).stdout;
        assert_eq!(drawn.lines().next(), Some(completeness), "{drawn}");
    }
}

fn logs(folder: &Folder) -> [PathBuf; 3] {
    ["first.log", "between.log", "last.log"].map(|name| folder.file(name))
}

/// Runs our program and gives the id that it prints, if it hands the task on.
fn rust(log: &Path, place: &str, id: Option<&str>) -> String {
    let mut arguments: Vec<&dyn AsRef<_>> = vec![&log, &place];
    arguments.extend(id.iter().map(|id| id as &dyn AsRef<_>));
    let ran = program(env!("CARGO_BIN_EXE_relay"), &arguments);
    ran.stdout.trim_end().to_owned()
}

/// Runs the program in Python and gives the id that it prints, if it hands the task on.
fn python(peers: &Peers, log: &Path, place: &str, id: Option<&str>) -> String {
    let mut arguments: Vec<&dyn AsRef<_>> = vec![&log, &place];
    arguments.extend(id.iter().map(|id| id as &dyn AsRef<_>));
    peers
        .python("relay.py", &arguments)
        .stdout
        .trim_end()
        .to_owned()
}
