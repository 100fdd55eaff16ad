//! The standard output and error of programs that share them, fill them and exit.

#![cfg(all(not(loom), unix))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use tasktrail_writer::{Builder, stderr, stdout};

const LONG: Duration = Duration::from_secs(60);

const LINES: usize = 40_000;

fn line(number: usize) -> String {
    format!("line {number} with some more words to fill what the system takes\n")
}

/// Does what the tests below want of another program.
#[test]
fn child() {
    let Ok(role) = std::env::var("TASKTRAIL_STANDARD_STREAM") else {
        return;
    };
    match role.as_str() {
        "full" => fill_stderr(),
        "locked" => exit_with_locked_stdout(),
        "file" => sync_stdout(true),
        "pipe" => sync_stdout(false),
        role => panic!("no such role: {role}"),
    }
}

fn program(role: &str) -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args(["--exact", "child", "--nocapture"])
        .env("TASKTRAIL_STANDARD_STREAM", role);
    program
}

fn fill_stderr() {
    let worker = Builder::new(stderr().unwrap()).start().unwrap();
    let writer = worker.writer();
    for number in 0..LINES {
        writer.write_line(line(number).as_bytes());
    }
    // Nobody reads yet, and it is more than fits.
    worker.flush(Duration::from_millis(20)).unwrap_err();
    io::stdout().write_all(b"\nfull\n").unwrap();
    let outcome = worker.finish_within(LONG);
    assert_eq!((outcome.written(), outcome.lost()), (LINES as u64, 0));
}

#[test]
fn a_non_blocking_stderr_that_is_full_gets_each_line_once() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let mut program = program("full");
    program.stdout(Stdio::piped()).stderr(OwnedFd::from(theirs));
    let mut child = program.spawn().unwrap();
    // It still holds our copy of the child's end.
    drop(program);

    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(told.any(|line| line.unwrap() == "full"));
    let mut ours = ours;
    let mut received = String::new();
    ours.read_to_string(&mut received).unwrap();

    let expected: String = (0..LINES).map(line).collect();
    assert!(received == expected, "{} bytes", received.len());
    drop(told);
    child.wait().unwrap();
}

fn exit_with_locked_stdout() {
    let worker = Builder::new(stdout().unwrap())
        .longest_delay(LONG)
        .start()
        .unwrap();
    let _locked = io::stdout().lock();
    worker.writer().write_line(b"in time\n");
    std::process::exit(7);
}

#[test]
fn a_thread_that_exits_with_stdout_locked_loses_no_line() {
    let output = program("locked").output().unwrap();

    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().any(|line| line == "in time"), "{text}");
    assert_eq!(output.status.code(), Some(7));
}

fn sync_stdout(works: bool) {
    let worker = Builder::new(stdout().unwrap()).start().unwrap();
    worker.writer().write_line(b"line\n");
    match worker.sync(LONG) {
        Ok(()) => assert!(works),
        Err(error) => {
            let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
            assert_eq!(source.kind(), io::ErrorKind::Unsupported);
            assert!(!works);
        }
    }
}

#[test]
fn a_standard_output_is_durable_if_it_is_a_file() {
    let path = std::env::temp_dir().join(format!("tasktrail-stdout-{}.log", std::process::id()));
    let file = File::create(&path).unwrap();

    let to_file = program("file").stdout(file).status().unwrap();
    let to_pipe = program("pipe").output().unwrap();

    assert!(to_file.success());
    assert!(to_pipe.status.success(), "{to_pipe:?}");
    assert!(fs::read_to_string(&path).unwrap().contains("\nline\n"));
    fs::remove_file(path).unwrap();
}
