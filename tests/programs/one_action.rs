//! Logs within one action by 64 threads at once, and prints what each said: `one_action LOG`.
//!
//! - in the action `in_turn` one speaks after the other, and this is the order that is printed
//! - in the action `at_once` all speak at once; what is printed is sorted by thread
#![expect(clippy::print_stdout, reason = "the test compares it")]

use std::env;
use std::error::Error;
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;

use tasktrail_tests::Account;
use tracing::{info, info_span};

const THREADS: usize = 64;
const TURNS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let log = env::args_os().nth(1).ok_or("usage: one_action LOG")?;
    let worker = tasktrail::eliot().file(log).start()?;

    print!("task complete\n{}", in_turn());
    print!("task complete\n{}", at_once());

    match worker.finish().lost() {
        0 => Ok(()),
        lost => Err(format!("{lost} lines lost").into()),
    }
}

fn in_turn() -> Account {
    let span = info_span!("in_turn");
    let told = Mutex::new(Account::default());
    in_threads(|thread| {
        for turn in 0..TURNS {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            info!(parent: &span, thread, turn, "says");
            told.event(says(thread, turn));
        }
    });
    let inner = told.into_inner().unwrap_or_default();
    let mut told = Account::default();
    told.action("in_turn => succeeded", inner);
    told
}

fn at_once() -> Account {
    let span = info_span!("at_once");
    in_threads(|thread| {
        for turn in 0..TURNS {
            info!(parent: &span, thread, turn, "says");
        }
    });
    let mut inner = Account::default();
    for thread in 0..THREADS {
        for turn in 0..TURNS {
            inner.event(says(thread, turn));
        }
    }
    let mut told = Account::default();
    told.action("at_once => succeeded", inner);
    told
}

fn says(thread: usize, turn: usize) -> String {
    format!(r#"INFO says {{"thread":{thread},"turn":{turn}}}"#)
}

/// Runs a closure in all threads, which start together.
fn in_threads(f: impl Fn(usize) + Sync) {
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (f, start) = (&f, &start);
            scope.spawn(move || {
                start.wait();
                f(thread);
            });
        }
    });
}
