//! Destinations as they are in the world: full, gone, slow, wrong.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::error::Error;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::panic;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tasktrail_writer::{Builder, Cause, FlushError, Worker};

const LONG: Duration = Duration::from_secs(60);

/// An end that waits for this deadline hangs instead of passing late.
const NEVER: Duration = Duration::from_secs(3600);

fn numbered_lines(worker: &Worker, count: usize) -> String {
    let writer = worker.writer();
    let lines = (0..count).map(|number| format!("line {number}\n"));
    lines
        .inspect(|line| writer.write_line(line.as_bytes()))
        .collect()
}

#[cfg(target_os = "linux")]
fn full_disk() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn lines_for_a_full_disk_are_all_counted() {
    let worker = Builder::new(full_disk()).start().unwrap();

    numbered_lines(&worker, 1000);
    let error = worker.flush(Duration::from_millis(20)).unwrap_err();
    let outcome = worker.finish_within(NEVER);

    assert!(matches!(error, FlushError::TimedOut { waiting: 1000, .. }));
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 1000);
    assert_eq!((outcome.lost(), outcome.written()), (1000, 0));
}

#[test]
#[cfg(target_os = "linux")]
fn lines_that_a_buffer_took_for_a_full_disk_are_all_counted() {
    let worker = Builder::new(BufWriter::new(full_disk())).start().unwrap();

    numbered_lines(&worker, 100);
    worker.flush(Duration::from_millis(20)).unwrap_err();
    let outcome = worker.finish_within(NEVER);

    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 100);
    assert_eq!((outcome.lost(), outcome.written()), (100, 0));
}

#[test]
fn lines_for_a_pipe_without_a_reader_are_all_counted() {
    let (mut reader, pipe) = io::pipe().unwrap();
    let worker = Builder::new(pipe).start().unwrap();
    worker.writer().write_line(b"read\n");
    let mut read = [0; 5];
    reader.read_exact(&mut read).unwrap();
    worker.flush(LONG).unwrap();
    drop(reader);

    numbered_lines(&worker, 300);
    let error = worker.flush(Duration::from_millis(20)).unwrap_err();
    let outcome = worker.finish_within(NEVER);

    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 300);
    assert_eq!((outcome.lost(), outcome.written()), (300, 1));
}

#[test]
#[cfg(unix)]
fn a_fifo_whose_reader_comes_back_is_taken_up_again() {
    let path = temporary_path("fifo");
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let first_reader = thread::spawn({
        let path = path.clone();
        move || {
            let mut read = [0; 4];
            File::open(path).unwrap().read_exact(&mut read).unwrap();
            read
        }
    });
    let fifo = OpenOptions::new().write(true).open(&path).unwrap();
    let worker = Builder::new(fifo).start().unwrap();

    worker.writer().write_line(b"one\n");
    assert_eq!(&first_reader.join().unwrap(), b"one\n");
    worker.flush(LONG).unwrap();
    worker.writer().write_line(b"two\n");
    worker.flush(Duration::from_millis(20)).unwrap_err();
    let mut second_reader = File::open(&path).unwrap();
    worker.flush(LONG).unwrap();
    let outcome = worker.finish();

    let mut read = String::new();
    second_reader.read_to_string(&mut read).unwrap();
    assert_eq!(read, "two\n");
    assert_eq!((outcome.written(), outcome.lost()), (2, 0));
    fs::remove_file(path).unwrap();
}

#[test]
fn a_file_gets_all_lines() {
    let path = temporary_path("log");
    let worker = Builder::new(File::create(&path).unwrap()).start().unwrap();

    let lines = numbered_lines(&worker, 50_000);
    let outcome = worker.finish();

    assert_eq!(fs::read_to_string(&path).unwrap(), lines);
    assert_eq!((outcome.written(), outcome.lost()), (50_000, 0));
    assert_eq!(outcome.bytes(), lines.len() as u64);
    fs::remove_file(path).unwrap();
}

/// Does in its n-th call what it is told, and keeps what it took.
struct Unreliable<F> {
    calls: usize,
    answer: F,
    output: Arc<Mutex<Vec<u8>>>,
}

impl<F: FnMut(usize, usize) -> io::Result<usize>> Write for Unreliable<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        let count = (self.answer)(self.calls, bytes.len())?.min(bytes.len());
        self.output
            .lock()
            .unwrap()
            .extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes lines through such a destination and compares what it kept, byte for byte.
fn check(lines: usize, answer: impl FnMut(usize, usize) -> io::Result<usize> + Send + 'static) {
    let output = Arc::new(Mutex::new(Vec::new()));
    let worker = Builder::new(Unreliable {
        calls: 0,
        answer,
        output: Arc::clone(&output),
    })
    .memory(512)
    .start()
    .unwrap();

    let expected = numbered_lines(&worker, lines);
    let outcome = worker.finish_within(LONG);

    let output = output.lock().unwrap();
    assert_eq!(String::from_utf8_lossy(&output), expected);
    assert_eq!((outcome.written(), outcome.lost()), (lines as u64, 0));
    assert_eq!(outcome.bytes(), expected.len() as u64);
}

#[test]
fn short_writes_tear_no_line() {
    for longest in 1..=20 {
        check(100, move |call, _| Ok(1 + call % longest));
    }
}

#[test]
fn a_destination_that_panics_every_third_call_gets_each_line_once() {
    check(40, |call, length| match call % 3 {
        0 => panic!("call {call}"),
        _ => Ok(length.div_ceil(2)),
    });
}

#[test]
fn a_destination_that_fails_within_lines_gets_each_line_once() {
    check(20, |call, _| match call % 8 {
        0 => Err(io::ErrorKind::StorageFull.into()),
        3 => Err(io::ErrorKind::Interrupted.into()),
        5 => Err(io::ErrorKind::WouldBlock.into()),
        6 => Ok(0),
        _ => Ok(5),
    });
}

#[test]
fn lines_that_went_out_before_the_destination_failed_for_good_count_as_written() {
    let output = Arc::new(Mutex::new(Vec::new()));
    let worker = Builder::new(Unreliable {
        calls: 0,
        answer: |call, _| match call {
            1 => Ok(16),
            _ => Err(io::ErrorKind::StorageFull.into()),
        },
        output: Arc::clone(&output),
    })
    .longest_delay(LONG)
    .start()
    .unwrap();

    // The worker looks only at the flush, so all lines are in one write, which is cut in the third.
    numbered_lines(&worker, 5);
    worker.flush(Duration::from_millis(20)).unwrap_err();
    let outcome = worker.finish_within(NEVER);

    assert_eq!(*output.lock().unwrap(), b"line 0\nline 1\nli");
    assert_eq!((outcome.written(), outcome.bytes()), (2, 14));
    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 3);
    assert_eq!(outcome.lost(), 3);
}

/// An error that panics on the worker's thread when it is dropped.
#[derive(Debug)]
struct Grenade;

impl fmt::Display for Grenade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("grenade")
    }
}

impl Error for Grenade {}

impl Drop for Grenade {
    fn drop(&mut self) {
        if thread::current().name() == Some("tasktrail") {
            // Without the words on the standard error.
            panic::resume_unwind(Box::new("grenade"));
        }
    }
}

#[test]
fn an_error_that_panics_when_it_is_dropped_makes_nobody_wait_and_all_lines_are_counted() {
    let destination = Unreliable {
        calls: 0,
        answer: |_, _| Err(io::Error::other(Grenade)),
        output: Arc::default(),
    };
    let worker = Builder::new(destination).memory(1024).start().unwrap();

    // More than there is room for: a caller waits until the worker is gone.
    numbered_lines(&worker, 1000);
    let flushed = worker.flush(LONG);
    let outcome = worker.finish_within(NEVER);

    assert!(matches!(flushed, Err(FlushError::WorkerGone)));
    let (failed, gone) = (Cause::DestinationFailed, Cause::WorkerGone);
    assert_eq!(
        outcome.losses().of(failed) + outcome.losses().of(gone),
        1000
    );
    assert!(outcome.losses().of(failed) > 0);
    assert_eq!((outcome.written(), outcome.waiting()), (0, 0));
}

fn temporary_path(name: &str) -> PathBuf {
    let name = format!("tasktrail-writer-{}-{name}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = fs::remove_file(&path);
    path
}
