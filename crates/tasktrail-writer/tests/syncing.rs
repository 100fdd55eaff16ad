//! Lines that survive a loss of power: when the destination is asked for it, and what is told.

#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tasktrail_writer::{Builder, Destination, FlushError, SyncWhen};

const LONG: Duration = Duration::from_secs(60);

/// Notes what it is asked for.
#[derive(Clone, Default)]
struct Noted {
    calls: Arc<Mutex<Vec<&'static str>>>,
    failing_syncs: Arc<Mutex<u32>>,
}

impl Noted {
    fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }

    fn note(&self, call: &'static str) {
        self.calls.lock().unwrap().push(call);
    }
}

impl Destination for Noted {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.note("write");
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.note("flush");
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.note("sync");
        let mut failing = self.failing_syncs.lock().unwrap();
        if *failing == 0 {
            return Ok(());
        }
        *failing -= 1;
        Err(io::Error::other("no disk"))
    }
}

#[test]
fn a_sync_that_is_asked_for_comes_after_the_lines_before_it() {
    let noted = Noted::default();
    let worker = Builder::new(noted.clone()).start().unwrap();
    worker.writer().write_line(b"paid\n");

    worker.sync(LONG).unwrap();

    assert_eq!(noted.calls(), ["write", "flush", "sync"]);
    assert_eq!(worker.finish().written(), 1);
    assert_eq!(noted.calls(), ["write", "flush", "sync"]);
}

#[test]
fn each_batch_is_synced_before_its_lines_count_as_written() {
    let noted = Noted::default();
    let builder = Builder::new(noted.clone()).sync_when(SyncWhen::EachBatch);
    let worker = builder.start().unwrap();
    assert_eq!(noted.calls(), ["sync"], "it is tried at the start");
    *noted.failing_syncs.lock().unwrap() = 2;
    worker.writer().write_line(b"paid\n");

    worker.flush(LONG).unwrap();

    assert_eq!(
        noted.calls(),
        ["sync", "write", "flush", "sync", "sync", "sync"]
    );
    assert_eq!(worker.finish().written(), 1);
}

#[test]
fn a_sync_that_fails_is_told_to_whoever_asked_and_to_nobody_else() {
    let noted = Noted::default();
    let worker = Builder::new(noted.clone()).start().unwrap();
    *noted.failing_syncs.lock().unwrap() = 1;

    let error = worker.sync(LONG).unwrap_err();
    let next = worker.sync(LONG);

    assert!(matches!(error, FlushError::NotSynced { .. }));
    assert_eq!(error.source().unwrap().to_string(), "no disk");
    assert!(next.is_ok());
    assert_eq!(worker.finish().lost(), 0);
}

#[test]
fn a_sync_that_was_asked_for_is_done_before_the_end() {
    let noted = Noted::default();
    let worker = Builder::new(noted.clone()).start().unwrap();
    worker.writer().write_line(b"paid\n");

    // It may be done already: what counts is that it is not forgotten.
    let _ = worker.sync(Duration::ZERO);

    assert_eq!(worker.finish().written(), 1);
    assert_eq!(noted.calls().last(), Some(&"sync"));
}

#[test]
fn files_and_boxed_files_can_be_synced_and_pipes_say_that_they_cant() {
    let path = std::env::temp_dir().join(format!("tasktrail-syncing-{}", std::process::id()));
    let file = tasktrail_writer::LogFile::open(&path).unwrap();
    let boxed: Box<dyn Destination> = Box::new(file);
    let worker = Builder::new(boxed)
        .sync_when(SyncWhen::EachBatch)
        .start()
        .unwrap();
    worker.writer().write_line(b"paid\n");
    worker.sync(LONG).unwrap();
    assert_eq!(worker.finish().written(), 1);
    assert_eq!(std::fs::read(&path).unwrap(), b"paid\n");
    std::fs::remove_file(&path).unwrap();

    let (_reader, pipe) = io::pipe().unwrap();
    let error = Builder::new(pipe)
        .sync_when(SyncWhen::EachBatch)
        .start()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected a destination that can make lines durable"
    );
}
