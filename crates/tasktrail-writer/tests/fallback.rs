//! Destinations that fail, and others that take their place.

#![cfg(all(not(loom), target_os = "linux"))]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tasktrail_writer::{Builder, Cause, Destination, SyncWhen, Worker};

const LONG: Duration = Duration::from_secs(60);

/// An end that waits for this deadline hangs instead of passing late.
const NEVER: Duration = Duration::from_secs(3600);

struct TestFile(PathBuf);

impl TestFile {
    fn new(name: &str) -> Self {
        let name = format!("tasktrail-fallback-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn create(&self) -> File {
        File::create(&self.0).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn full_disk() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

fn numbered_lines(worker: &Worker, count: usize) -> String {
    let writer = worker.writer();
    let lines = (0..count).map(|number| format!("line {number}\n"));
    lines
        .inspect(|line| writer.write_line(line.as_bytes()))
        .collect()
}

#[test]
fn lines_for_a_full_disk_go_to_the_fallback() {
    let file = TestFile::new("full");
    let builder = Builder::new(full_disk()).fallback(file.create(), Duration::ZERO);
    let worker = builder.start().unwrap();

    let lines = numbered_lines(&worker, 1000);
    worker.flush(LONG).unwrap();
    let outcome = worker.finish_within(NEVER);

    assert_eq!(file.text(), lines);
    assert_eq!(
        (outcome.written(), outcome.fallen_back(), outcome.lost()),
        (1000, 1000, 0)
    );
    assert_eq!(outcome.bytes(), lines.len() as u64);
}

#[test]
fn at_the_end_what_is_left_goes_to_the_fallback_however_patient_it_was() {
    let file = TestFile::new("end");
    let (mut reader, pipe) = io::pipe().unwrap();
    let worker = Builder::new(pipe)
        .fallback(file.create(), NEVER)
        .start()
        .unwrap();
    let before = numbered_lines(&worker, 10);
    worker.flush(LONG).unwrap();
    let mut taken = vec![0; before.len()];
    reader.read_exact(&mut taken).unwrap();
    drop(reader);

    let after = numbered_lines(&worker, 1000);
    let outcome = worker.finish_within(NEVER);

    assert_eq!(taken, before.as_bytes());
    assert_eq!(file.text(), after);
    assert_eq!(
        (outcome.written(), outcome.fallen_back(), outcome.lost()),
        (1010, 1000, 0)
    );
}

#[test]
fn lines_are_counted_as_lost_when_both_fail_for_good() {
    let builder = Builder::new(full_disk()).fallback(full_disk(), Duration::ZERO);
    let worker = builder.start().unwrap();

    numbered_lines(&worker, 1000);
    let outcome = worker.finish_within(NEVER);

    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 1000);
    assert_eq!((outcome.written(), outcome.fallen_back()), (0, 0));
}

/// A file that fails until it is healed.
struct Healing(File, Arc<AtomicBool>);

impl Destination for Healing {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        match self.1.load(Ordering::Relaxed) {
            true => Destination::write(&mut self.0, lines),
            false => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_destination_that_heals_is_taken_up_again() {
    let (file, other) = (TestFile::new("heals"), TestFile::new("meanwhile"));
    let healed = Arc::new(AtomicBool::new(false));
    let worker = Builder::new(Healing(file.create(), Arc::clone(&healed)))
        .fallback(other.create(), Duration::ZERO)
        .start()
        .unwrap();
    let writer = worker.writer();
    writer.write_line(b"while it fails\n");
    worker.flush(LONG).unwrap();

    healed.store(true, Ordering::Relaxed);
    let mut lines = 1;
    while file.text().is_empty() {
        writer.write_line(b"when it has healed\n");
        worker.flush(LONG).unwrap();
        lines += 1;
    }
    let outcome = worker.finish_within(NEVER);

    assert!(other.text().starts_with("while it fails\n"));
    assert_eq!(file.text(), "when it has healed\n");
    assert_eq!(
        (outcome.written(), outcome.fallen_back()),
        (lines, lines - 1)
    );
}

/// Works when it is set up, and never after.
struct Dying(bool);

impl Destination for Dying {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.0, true) {
            false => Ok(()),
            true => Err(io::Error::other("the disk is gone")),
        }
    }
}

#[test]
fn a_destination_that_can_not_be_synced_any_more_does_not_hold_up_the_fallback() {
    let file = TestFile::new("not-synced");
    let worker = Builder::new(Dying(false))
        .sync_when(SyncWhen::EachBatch)
        .fallback(file.create(), Duration::ZERO)
        .start()
        .unwrap();

    let lines = numbered_lines(&worker, 100);
    worker.flush(LONG).unwrap();
    let outcome = worker.finish_within(NEVER);

    assert_eq!(file.text(), lines);
    assert_eq!((outcome.fallen_back(), outcome.lost()), (100, 0));
}

#[test]
fn a_line_that_was_begun_before_the_destination_failed_is_whole_when_the_program_ends() {
    let (file, other) = (TestFile::new("begun"), TestFile::new("taken-over"));
    let healed = Arc::new(AtomicBool::new(true));
    let worker = Builder::new(Stopping(Healing(file.create(), Arc::clone(&healed))))
        .fallback(other.create(), Duration::ZERO)
        .start()
        .unwrap();
    worker.writer().write_line(b"one line\n");
    worker.flush(LONG).unwrap();
    assert_eq!(file.text(), "one");

    healed.store(true, Ordering::Relaxed);
    let outcome = worker.finish_within(NEVER);

    assert_eq!(file.text(), "one line\n");
    assert_eq!(other.text(), "one line\n");
    assert_eq!((outcome.written(), outcome.fallen_back()), (1, 1));
}

/// Writes three bytes, and fails until it is healed.
struct Stopping(Healing);

impl Destination for Stopping {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let begins = lines.starts_with(b"one");
        let count = self.0.write(if begins { &lines[..3] } else { lines })?;
        if begins {
            self.0.1.store(false, Ordering::Relaxed);
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn at_the_end_a_destination_that_has_healed_takes_the_lines_of_a_fallback_that_failed() {
    let file = TestFile::new("healed-at-the-end");
    let healed = Arc::new(AtomicBool::new(false));
    let (reader, pipe) = io::pipe().unwrap();
    drop(reader);
    let worker = Builder::new(Healing(file.create(), Arc::clone(&healed)))
        .fallback(pipe, Duration::ZERO)
        .start()
        .unwrap();
    let lines = numbered_lines(&worker, 1000);
    worker.flush(Duration::from_millis(20)).unwrap_err();

    healed.store(true, Ordering::Relaxed);
    let outcome = worker.finish_within(NEVER);

    assert_eq!(file.text(), lines);
    assert_eq!(
        (outcome.written(), outcome.fallen_back(), outcome.lost()),
        (1000, 0, 0)
    );
}
