//! Which tasks are in a page, and where it is written.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use crate::run::{Folder, command, run_in, stderr};
use crate::sold;

#[test]
fn tasks_are_chosen_as_for_tree() {
    let folder = Folder::new("report-chosen");
    folder.file(
        "a.log",
        sold("ann", "succeeded", 1.0) + &sold("bob", "failed", 3.0),
    );

    for (arguments, expected) in [
        (&[][..], "2 tasks in"),
        (&["--failed"], "1 task in"),
        (&["--slower", "2s"], "1 task in"),
        (&["--where", "customer == 'of ann'"], "1 task in"),
        (&["--slower", "1h"], "0 tasks in"),
    ] {
        let output = run_in(
            &folder.0,
            &[&["report", "a.log", "-o", "page.html"][..], arguments].concat(),
        );

        assert_eq!(output.status.code(), Some(0));
        assert!(
            stderr(&output).starts_with(expected),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn of_more_tasks_than_are_asked_for_the_others_are_counted() {
    let folder = Folder::new("report-tasks");
    let names = ["ann", "bob", "cid"];
    folder.file(
        "a.log",
        names.map(|name| sold(name, "succeeded", 1.0)).concat(),
    );

    for (tasks, expected_in, expected_out) in [
        ("2", "2 tasks in", "1 more are not"),
        ("3", "3 tasks in", ""),
    ] {
        let output = run_in(
            &folder.0,
            &["report", "a.log", "-o", "page.html", "--tasks", tasks],
        );

        assert_eq!(output.status.code(), Some(0));
        let mut told = stderr(&output).lines();
        assert!(
            told.next()
                .is_some_and(|line| line.starts_with(expected_in))
        );
        assert!(told.next().unwrap_or_default().starts_with(expected_out));
        let page = fs::read_to_string(folder.0.join("page.html")).unwrap();
        assert_eq!(page.contains("of cid"), expected_out.is_empty());
    }
}

#[test]
fn a_page_that_can_not_be_written_is_told() {
    let folder = Folder::new("report-unwritten");
    folder.file("a.log", sold("ann", "succeeded", 1.0) + "no line\n");

    let output = run_in(&folder.0, &["report", "a.log", "-o", "no/page.html"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no/page.html: can't be written: "));
    let output = run_in(&folder.0, &["report", "a.log", "-o", "-"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.starts_with(b"<!DOCTYPE html>"));
}

#[test]
fn what_can_not_hold_a_page_is_told_before_anything_is_read() {
    let folder = Folder::new("report-refused");
    let log = folder.file("a.log", sold("ann", "succeeded", 1.0));
    fs::create_dir(folder.0.join("folder")).unwrap();
    symlink("a.log", folder.0.join("link")).unwrap();
    let before = fs::read(&log).unwrap();

    for (output, expected) in [
        (
            "folder",
            "folder: can't be written: expected a file, found a folder\n",
        ),
        ("a.log", "a.log: can't be written: it is one of the logs\n"),
        (
            "./a.log",
            "./a.log: can't be written: it is one of the logs\n",
        ),
        ("link", "link: can't be written: it is one of the logs\n"),
    ] {
        let output = run_in(&folder.0, &["report", "a.log", "-o", output]);

        assert_eq!(stderr(&output), expected);
        assert_eq!(output.status.code(), Some(2));
    }
    assert_eq!(fs::read(&log).unwrap(), before);
}

#[test]
fn a_page_in_the_folder_of_the_logs_is_replaced_and_not_read() {
    let folder = Folder::new("report-twice");
    folder.file("a.log", sold("ann", "succeeded", 1.0));

    for _ in 0..2 {
        let output = run_in(&folder.0, &["report", ".", "-o", "report.html"]);

        assert!(
            stderr(&output).starts_with("1 task in report.html, "),
            "{}",
            stderr(&output)
        );
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn on_a_full_disk_the_page_from_before_stays_and_nothing_is_left() {
    let folder = Folder::new("report-full");
    folder.file("a.log", sold("ann", "succeeded", 1.0));
    folder.file("page.html", "before");

    // The limit stands for the disk: what would be longer than 1024 bytes can't be written.
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 2; exec \"$0\" report a.log -o page.html",
        ])
        .arg(env!("CARGO_BIN_EXE_tasktrail"))
        .current_dir(&folder.0)
        .output()
        .unwrap();
    let device = run_in(&folder.0, &["report", "a.log", "-o", "/dev/full"]);

    assert!(
        stderr(&output).starts_with("page.html: can't be written: "),
        "{}",
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read(folder.0.join("page.html")).unwrap(), b"before");
    let mut left: Vec<_> = fs::read_dir(&folder.0)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["a.log", "page.html"]);
    assert!(stderr(&device).starts_with("/dev/full: can't be written: "));
    assert_eq!(device.status.code(), Some(2));
}

#[test]
fn a_page_takes_the_place_and_the_permissions_of_the_one_before() {
    let folder = Folder::new("report-replaced");
    folder.file("a.log", sold("ann", "succeeded", 1.0));
    let page = folder.file("kept/page.html", "before");
    fs::set_permissions(&page, fs::Permissions::from_mode(0o600)).unwrap();
    symlink("kept/page.html", folder.0.join("page.html")).unwrap();

    let output = run_in(&folder.0, &["report", "a.log", "-o", "page.html"]);

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(fs::read(&page).unwrap().starts_with(b"<!DOCTYPE html>"));
    assert_eq!(
        fs::metadata(&page).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(
        fs::symlink_metadata(folder.0.join("page.html"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn who_reads_only_the_beginning_of_a_page_is_not_told_of_an_error() {
    let folder = Folder::new("report-closed");
    let log: String = (0..1000)
        .map(|task| sold(&format!("task-{task}"), "succeeded", 1.0))
        .collect();
    let log = folder.file("a.log", log);

    let mut child = command(&["report", &log, "-o", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();

    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
}
