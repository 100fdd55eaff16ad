//! Panics with 10,000 lines in memory, or with a panic that is logged, in a program that is built to
//! abort then: `aborting WAY LOG`.
//!
//! `tests/panic_abort.rs` builds it anew, with `panic = "abort"`; otherwise it refuses to run.
#![expect(clippy::panic, reason = "that is what it is for")]

use std::env;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use tasktrail::{Backtraces, JsonLayer, TaskLayer};
use tasktrail_writer::{Builder, OnPanic, Worker};
use tracing_subscriber::layer::SubscriberExt;

const LINES: u32 = 10_000;

/// The worker writes when it is told to, and not before.
const NEVER: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(way), Some(log)) = (arguments.next(), arguments.next()) else {
        return Err("usage: aborting WAY LOG".into());
    };
    if !cfg!(panic = "abort") {
        return Err("expected to be built with panic = \"abort\"".into());
    }
    let file = OpenOptions::new().append(true).create(true).open(log)?;
    let builder = Builder::new(file)
        .longest_delay(NEVER)
        .on_panic(OnPanic::FlushWithin(NEVER));
    let worker = builder.start()?;
    if way == "logged" {
        return log_a_panic(&worker);
    }
    for number in 0..LINES {
        let line = format!("line {number} end\n");
        worker.writer().write_line(line.as_bytes());
    }
    match way.as_str() {
        "in_main" => panic!("in main"),
        "in_a_thread" => {
            let _ = thread::spawn(|| panic!("in a thread")).join();
        }
        "caught" => {
            let _ = std::panic::catch_unwind(|| panic!("caught by nobody"));
        }
        "in_a_destination" => {
            let panicking = Builder::new(Panicking).start()?;
            panicking.writer().write_line(b"never taken\n");
            let _ = panicking.flush(NEVER);
        }
        way => return Err(format!("expected a way to panic, found {way}").into()),
    }
    Err("expected to be aborted".into())
}

/// Sets up the layers, and panics in an action.
fn log_a_panic(worker: &Worker) -> Result<(), Box<dyn Error>> {
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(worker.writer()));
    tracing::subscriber::set_global_default(subscriber)?;
    tasktrail::log_panics(Backtraces::LeftOut);
    let _order = tracing::info_span!("order").entered();
    panic!("no rate");
}

struct Panicking;

impl Write for Panicking {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("in a destination");
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
