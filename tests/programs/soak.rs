//! Logs from four threads into a file that rolls, for a time, and watches its own memory:
//! `soak SECONDS FOLDER`.
//!
//! It fails if memory grows, or if a line is not accounted for in the files that are there and those
//! that were removed. A long one:
//!
//! ```text
//! cargo run --release --package tasktrail-tests --bin soak 3600 target/tmp/soak
//! ```
#![expect(clippy::print_stdout, reason = "it tells what it measured")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use tasktrail_tests::resident_kib;
use tasktrail_writer::{Builder, Compress, KIB, LogFile, LogFileHandle, Outcome, Worker};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const THREADS: usize = 4;

/// Each thread writes so many lines at once, and then waits.
const LINES_AT_ONCE: u64 = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// All lines are of one length, so each rolled file has the same number of them.
const LINE: usize = 120;
const LINES_IN_FILE: u64 = 500;
const FILES: usize = 5;

/// By how much resident memory may grow after the first quarter of the time.
const GROWTH_KIB: u64 = 1024;

const LONG: Duration = Duration::from_secs(60);

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(seconds), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: soak SECONDS FOLDER".into());
    };
    let time = Duration::from_secs(seconds.parse()?);
    let folder = PathBuf::from(folder);
    let limit = LINES_IN_FILE * u64::try_from(LINE)?;
    let file = LogFile::builder(folder.join("app.log"))
        .roll_at(limit)
        .keep(FILES)
        .compress(Compress::Gzip)
        .open()?;
    let handle = file.handle();
    // So that a machine that is busy with other things is not taken for a leak.
    let worker = Builder::new(file).memory(256 * KIB).start()?;

    let (logged, growth) = log(&worker, time)?;
    let outcome = worker.finish_within(LONG);

    println!(
        "{} lines, {} rolls, {growth} KiB more",
        outcome.written(),
        handle.counts().rolled()
    );
    account(&logged, &outcome, &handle, &folder)?;
    expect(growth <= GROWTH_KIB, "memory that does not grow")
}

/// Logs for a time, and gives how many lines each thread has logged, and by how many KiB memory
/// has grown since the first quarter of it.
fn log(worker: &Worker, time: Duration) -> Result<(Vec<u64>, u64)> {
    let begin = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|name| {
                let writer = worker.writer();
                scope.spawn(move || {
                    let mut lines = 0;
                    while begin.elapsed() < time {
                        for _ in 0..LINES_AT_ONCE {
                            writer.write_line(line(name, lines).as_bytes());
                            lines += 1;
                        }
                        // Nobody unparks it: this is the program's own rate.
                        thread::park_timeout(PAUSE);
                    }
                    lines
                })
            })
            .collect();
        let mut warm = None;
        let mut growth = 0;
        while begin.elapsed() < time {
            thread::park_timeout(10 * PAUSE);
            if begin.elapsed() > time / 4 {
                let now = resident_kib()?;
                growth = growth.max(now.saturating_sub(*warm.get_or_insert(now)));
            }
        }
        let logged = threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "expected a thread that logs"));
        let logged: std::result::Result<_, _> = logged.collect();
        Ok((logged?, growth))
    })
}

/// A line of 120 bytes.
fn line(thread: usize, number: u64) -> String {
    let start = format!("thread {thread} line {number} ");
    format!("{start:.<width$}\n", width = LINE - 1)
}

/// Finds each line in a file that is there or in one that was removed.
fn account(logged: &[u64], outcome: &Outcome, handle: &LogFileHandle, folder: &Path) -> Result<()> {
    expect(handle.settle(LONG), "rolled files that are looked after")?;
    let counts = handle.counts();
    if let Some(failure) = handle.last_failure() {
        return Err(format!("expected no failure, found {failure}").into());
    }
    expect(outcome.lost() == 0, "no line lost")?;
    let total: u64 = logged.iter().sum();
    expect(outcome.written() == total, "all lines written")?;

    let mut rolled = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path != folder.join("app.log") {
            rolled.push(path);
        }
    }
    rolled.sort();
    let kept = u64::try_from(rolled.len())?;
    expect(rolled.len() <= FILES, "no more files than are to be kept")?;
    expect(
        kept + counts.removed() == counts.rolled(),
        "each roll kept or removed",
    )?;
    let mut text = String::new();
    for path in &rolled {
        std::io::Read::read_to_string(&mut GzDecoder::new(fs::File::open(path)?), &mut text)?;
    }
    let lines = u64::try_from(text.lines().count())?;
    expect(lines == kept * LINES_IN_FILE, "files that are full")?;
    text.push_str(&fs::read_to_string(folder.join("app.log"))?);
    let lines = u64::try_from(text.lines().count())?;
    let removed = counts.removed() * LINES_IN_FILE;
    expect(removed + lines == total, "each line kept or removed")?;
    expect_last_lines(logged, &text)
}

/// Finds that these are the last lines of each thread, without gaps.
fn expect_last_lines(logged: &[u64], text: &str) -> Result<()> {
    let mut left = logged.to_vec();
    for found in text.lines().rev() {
        let mut words = found.split(' ').skip(1);
        let thread: usize = words.next().ok_or("expected a thread")?.parse()?;
        let left = left.get_mut(thread).ok_or("expected a known thread")?;
        *left = left.checked_sub(1).ok_or("expected no line twice")?;
        expect(found == line(thread, *left).trim_end(), "the line before")?;
    }
    Ok(())
}

fn expect(found: bool, expected: &str) -> Result<()> {
    match found {
        true => Ok(()),
        false => Err(format!("expected {expected}").into()),
    }
}
