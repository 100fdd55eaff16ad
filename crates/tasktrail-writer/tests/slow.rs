//! Destinations that are slow, or take nothing at all: callers do not wait for them.
//!
//! A pipe and a socket are slow by themselves, when their reader is. A slow disk can't be had at
//! will: it is a real file that waits before each write and each sync until it is let go.

#![cfg(all(unix, not(loom)))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tasktrail_writer::{Builder, Cause, Destination, KIB, MIB, SyncWhen, WhenFull, Writer};

const LONG: Duration = Duration::from_secs(60);

/// More than a pipe and a socket hold, less than the memory does.
const LINES: u64 = 50_000;

/// Comes back only if no caller waits: nobody takes lines meanwhile.
fn log(writer: &Writer) -> String {
    let lines = (0..LINES).map(|number| format!("line {number} end\n"));
    lines
        .inspect(|line| writer.write_line(line.as_bytes()))
        .collect()
}

fn fifo(name: &str) -> PathBuf {
    let name = format!("tasktrail-slow-{}-{name}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = fs::remove_file(&path);
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    path
}

/// Reads in small and odd pieces, as one does who is slow, until all that is expected was there.
fn read_in_pieces(mut reader: impl Read, expected: &str) {
    let mut read = Vec::new();
    let mut piece = [0; 997];
    while read.len() < expected.len() {
        let longest = 1 + read.len() % piece.len();
        let count = reader.read(&mut piece[..longest]).unwrap();
        assert!(count > 0, "the end came after {} bytes", read.len());
        read.extend_from_slice(&piece[..count]);
        thread::yield_now();
    }
    assert!(read == expected.as_bytes(), "lines are torn or doubled");
}

#[test]
fn a_pipe_that_is_read_slowly_gets_all_lines_and_no_caller_waits_for_it() {
    let (reader, pipe) = io::pipe().unwrap();
    let worker = Builder::new(pipe).memory(8 * MIB).start().unwrap();

    let expected = log(&worker.writer());
    assert!(worker.outcome().waiting() > 0);
    read_in_pieces(reader, &expected);
    let outcome = worker.finish_within(LONG);

    assert_eq!((outcome.written(), outcome.lost()), (LINES, 0));
}

#[test]
fn a_full_socket_that_refuses_to_block_gets_all_lines_and_no_caller_waits_for_it() {
    let (reader, socket) = UnixStream::pair().unwrap();
    socket.set_nonblocking(true).unwrap();
    let worker = Builder::new(socket).memory(8 * MIB).start().unwrap();

    let expected = log(&worker.writer());
    assert!(worker.outcome().waiting() > 0);
    read_in_pieces(reader, &expected);
    let outcome = worker.finish_within(LONG);

    assert_eq!((outcome.written(), outcome.lost()), (LINES, 0));
}

#[test]
fn a_fifo_that_nobody_reads_makes_no_caller_wait_and_its_lines_are_counted() {
    let path = fifo("unread");
    // Open at both ends, so that it is there though nobody reads. It holds less than the memory.
    let mut ends = OpenOptions::new();
    let destination = ends.read(true).write(true).open(&path).unwrap();
    let builder = Builder::new(destination).memory(256 * KIB);
    let worker = builder.when_full(WhenFull::DropNewest).start().unwrap();

    log(&worker.writer());
    let outcome = worker.finish_within(Duration::from_millis(50));

    let losses = outcome.losses();
    assert!(losses.of(Cause::MemoryFull) > 0);
    assert!(losses.of(Cause::Deadline) > 0);
    assert_eq!(outcome.written() + outcome.lost(), LINES);
    assert_eq!(outcome.waiting(), 0);
    fs::remove_file(path).unwrap();
}

/// A real file that waits before each write or each sync until it is let go, once and for all.
struct Slow {
    file: File,
    slow_in: SlowIn,
    gate: Gate,
}

#[derive(Clone, Copy, PartialEq)]
enum SlowIn {
    Write,
    Sync,
}

#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    open: bool,
    waits: bool,
}

impl Gate {
    fn pass(&self) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().unwrap();
        state.waits = true;
        changed.notify_all();
        drop(changed.wait_while(state, |state| !state.open).unwrap());
    }

    /// Waits until the worker stands before it.
    fn wait(&self) {
        let (state, changed) = &*self.0;
        let state = state.lock().unwrap();
        drop(changed.wait_while(state, |state| !state.waits).unwrap());
    }

    fn close(&self) {
        *self.0.0.lock().unwrap() = State::default();
    }

    fn open(&self) {
        self.0.0.lock().unwrap().open = true;
        self.0.1.notify_all();
    }
}

impl Destination for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pass_in(SlowIn::Write);
        Write::write(&mut self.file, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.pass_in(SlowIn::Sync);
        self.file.sync_data()
    }
}

impl Slow {
    fn pass_in(&self, call: SlowIn) {
        if call == self.slow_in {
            self.gate.pass();
        }
    }
}

#[test]
fn no_caller_waits_for_a_disk_that_writes_or_syncs_slowly() {
    for slow_in in [SlowIn::Write, SlowIn::Sync] {
        let name = format!("tasktrail-slow-{}-disk", std::process::id());
        let path = std::env::temp_dir().join(name);
        let gate = Gate::default();
        let destination = Slow {
            file: File::create(&path).unwrap(),
            slow_in,
            gate: gate.clone(),
        };
        // The start syncs once.
        gate.open();
        let builder = Builder::new(destination).sync_when(SyncWhen::EachBatch);
        let worker = builder.start().unwrap();
        gate.close();

        worker.writer().write_line(b"the worker stands and waits\n");
        gate.wait();
        let expected = log(&worker.writer());
        assert_eq!(worker.outcome().waiting(), LINES + 1);
        gate.open();
        let outcome = worker.finish_within(LONG);

        assert_eq!((outcome.written(), outcome.lost()), (LINES + 1, 0));
        let written = fs::read_to_string(&path).unwrap();
        let written = written.strip_prefix("the worker stands and waits\n");
        assert!(written.unwrap() == expected, "lines are torn or doubled");
        fs::remove_file(path).unwrap();
    }
}
