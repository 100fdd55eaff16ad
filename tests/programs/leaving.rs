//! Logs 10,000 lines and leaves with all of them in memory: `leaving WAY LOG`.
//!
//! If it gets so far, the account of the writer is the last thing that it prints.
#![expect(clippy::print_stdout, reason = "the test reads the account")]
#![expect(clippy::panic, reason = "to panic is a way to leave")]

use std::env;
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::mem;
use std::panic::{self, PanicHookInfo};
use std::process;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use tasktrail::writer::{AtExit, Builder, OnPanic, Worker, Writer, flush_all};

const LINES: u32 = 10_000;

/// The worker writes when it is told to, and not before.
const NEVER: Duration = Duration::from_secs(3600);

const SHORT: Duration = Duration::from_millis(50);

static WORKER: Mutex<Option<Worker>> = Mutex::new(None);
static WRITER: OnceLock<Writer> = OnceLock::new();

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(way), Some(log)) = (arguments.next(), arguments.next()) else {
        return Err("usage: leaving WAY LOG".into());
    };
    // Given first, it is called last.
    shutdown_hooks::add_shutdown_hook(account);
    let file = OpenOptions::new().append(true).create(true).open(log)?;
    match way.as_str() {
        "exit" => {
            let _worker = log_lines(builder(file))?;
            process::exit(3);
        }
        "exit_in_a_thread" => {
            let _worker = log_lines(builder(file))?;
            let _ = thread::spawn(|| process::exit(3)).join();
        }
        "exit_while_others_log" => others_log(file)?,
        "exit_with_a_hanging_destination" => {
            let rule = AtExit::FinishWithin(SHORT);
            let _worker = log_lines(builder(Hanging).at_exit(rule))?;
            process::exit(3);
        }
        "exit_beside_a_hanging_destination" => {
            let rule = AtExit::FinishWithin(Duration::from_secs(2));
            let hanging = builder(Hanging).at_exit(rule).start()?;
            hanging.writer().write_line(b"never taken\n");
            let _worker = log_lines(builder(file).at_exit(rule))?;
            process::exit(3);
        }
        "exit_with_a_full_disk" => {
            let full = OpenOptions::new().write(true).open("/dev/full")?;
            let rule = AtExit::FinishWithin(NEVER);
            let _worker = log_lines(builder(full).at_exit(rule))?;
            process::exit(3);
        }
        "exit_and_lose" => {
            let _worker = log_lines(builder(file).at_exit(AtExit::LoseLines))?;
            process::exit(3);
        }
        "exit_in_the_destination" => {
            let _worker = log_lines(builder(Exiting))?;
            let _ = flush_all(NEVER);
        }
        "exit_after_the_end" => {
            let _ = log_lines(builder(file))?.finish();
            process::exit(3);
        }
        "static" => *keep() = Some(log_lines(builder(file))?),
        "leaked" => mem::forget(log_lines(builder(file))?),
        "panic_in_main" => {
            let _worker = log_lines(builder(file).on_panic(OnPanic::GoOn))?;
            panic!("in main");
        }
        "panic_in_main_and_leaked" => {
            mem::forget(log_lines(builder(file).on_panic(OnPanic::GoOn))?);
            panic!("in main");
        }
        "panic_in_a_thread_and_a_later_hook_aborts" => {
            let _worker = log_lines(builder(file).on_panic(OnPanic::FlushWithin(NEVER)))?;
            let previous = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                previous(info);
                process::abort();
            }));
            panic_in_a_thread();
        }
        "panic_in_a_thread_and_an_earlier_hook_aborts" => {
            panic::set_hook(Box::new(|_| process::abort()));
            let _worker = log_lines(builder(file).on_panic(OnPanic::FlushWithin(NEVER)))?;
            panic_in_a_thread();
        }
        "panic_that_an_earlier_hook_logs" => {
            panic::set_hook(Box::new(log_panic));
            let _worker = log_lines(builder(file).on_panic(OnPanic::FlushWithin(NEVER)))?;
            let previous = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                previous(info);
                process::abort();
            }));
            panic_in_a_thread();
        }
        "panic_while_panicking" => {
            let rule = OnPanic::FlushWithin(NEVER);
            let _worker = log_lines(builder(file).on_panic(rule))?;
            let _grenade = Grenade;
            panic!("the first");
        }
        "panic_with_a_hanging_destination" => {
            let rule = OnPanic::FlushWithin(SHORT);
            let _worker = log_lines(builder(Hanging).on_panic(rule))?;
            panic_in_a_thread();
            process::abort();
        }
        "panic_in_the_destination" => {
            let panicking = Panicking { file, calls: 0 };
            let rule = OnPanic::FlushWithin(NEVER);
            let _worker = log_lines(builder(panicking).on_panic(rule))?;
            process::exit(3);
        }
        "start_in_a_panic" => {
            panic::set_hook(Box::new(|_| {
                let started = Builder::new(io::sink()).start();
                mem::forget(started);
            }));
            panic_in_a_thread();
            let _worker = log_lines(builder(file))?;
            process::exit(3);
        }
        way => return Err(format!("expected a way to leave, found {way}").into()),
    }
    Ok(())
}

fn builder<D: Write + Send + 'static>(destination: D) -> Builder<D> {
    Builder::new(destination).longest_delay(NEVER)
}

fn log_lines<D: Write + Send + 'static>(builder: Builder<D>) -> Result<Worker, Box<dyn Error>> {
    let worker = builder.start()?;
    let writer = WRITER.get_or_init(|| worker.writer());
    for number in 0..LINES {
        writer.write_line(format!("thread 0 line {number} end\n").as_bytes());
    }
    Ok(worker)
}

/// Exits while four threads log as fast as they can.
fn others_log(file: File) -> Result<(), Box<dyn Error>> {
    let worker = Builder::new(file).start()?;
    let writer = WRITER.get_or_init(|| worker.writer());
    for name in 0..4 {
        thread::spawn(move || {
            for number in 0.. {
                writer.write_line(format!("thread {name} line {number} end\n").as_bytes());
            }
        });
    }
    while writer.outcome().written() < u64::from(LINES) {
        thread::yield_now();
    }
    process::exit(3);
}

extern "C" fn account() {
    if let Some(writer) = WRITER.get() {
        let outcome = writer.outcome();
        let (written, lost, waiting) = (outcome.written(), outcome.lost(), outcome.waiting());
        println!("{written} written, {lost} lost, {waiting} waiting");
    }
}

fn keep() -> std::sync::MutexGuard<'static, Option<Worker>> {
    WORKER
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn panic_in_a_thread() {
    let _ = thread::spawn(|| panic!("in a thread")).join();
}

fn log_panic(_: &PanicHookInfo<'_>) {
    if let Some(writer) = WRITER.get() {
        writer.write_line(format!("thread 0 line {LINES} end\n").as_bytes());
    }
}

struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("the second");
    }
}

/// Takes nothing, for ever.
struct Hanging;

impl Write for Hanging {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        loop {
            thread::park();
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Exiting;

impl Write for Exiting {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        process::exit(3);
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Panics in every second call, and writes no more than 64 KiB in the others.
struct Panicking {
    file: File,
    calls: u32,
}

impl Write for Panicking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls % 2 == 1 {
            panic!("in the destination");
        }
        self.file.write(bytes.get(..64 * 1024).unwrap_or(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
