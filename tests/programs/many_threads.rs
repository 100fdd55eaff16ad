//! Logs tasks by 64 threads and more, and prints what each did: `many_threads LOG`.
#![expect(clippy::print_stdout, reason = "the test compares it")]

use std::env;
use std::error::Error;
use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};

use tasktrail_tests::Account;
use tracing::{info, info_span};

const THREADS: u32 = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let log = env::args_os().nth(1).ok_or("usage: many_threads LOG")?;
    let worker = tasktrail::eliot().file(log).start()?;

    print!("task complete\n{}", many());
    print!("task complete\n{}", deep(100));

    match worker.finish().lost() {
        0 => Ok(()),
        lost => Err(format!("{lost} lines lost").into()),
    }
}

/// A task that goes on in many threads at a time.
fn many() -> Account {
    let inner = info_span!("many", threads = THREADS).in_scope(threads);
    let mut told = Account::default();
    told.action(
        format!(r#"many {{"threads":{THREADS}}} => succeeded"#),
        inner,
    );
    told
}

fn threads() -> Account {
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        let mut told = Account::default();
        let mut threads = Vec::new();
        for number in 0..THREADS {
            let task = tasktrail::hand_over();
            let start = &start;
            threads.push(scope.spawn(move || {
                start.wait();
                task.run(|| thread(number))
            }));
        }
        for (number, thread) in (0..).zip(threads) {
            told.action("eliot:remote_task => succeeded", join(thread));
            // The hand-overs took their numbers first: these come behind all of them.
            info!(number, "joined");
        }
        for number in 0..THREADS {
            told.event(format!(r#"INFO joined {{"number":{number}}}"#));
        }
        told
    })
}

/// Does something else in each thread, half of the time in one more thread.
fn thread(number: u32) -> Account {
    let mut told = Account::default();
    info!(number, "runs");
    told.event(format!(r#"INFO runs {{"number":{number}}}"#));
    if number % 2 == 1 {
        let task = tasktrail::hand_over();
        let inner = thread::scope(|scope| join(scope.spawn(move || task.run(|| span(number, 4)))));
        told.action("eliot:remote_task => succeeded", inner);
    }
    for depth in 0..number % 5 {
        told.extend(span(number, depth));
    }
    told
}

/// Opens spans within a span, each a level less deep; some fail.
fn span(number: u32, depth: u32) -> Account {
    let mut inner = Account::default();
    let fails = (number + depth).is_multiple_of(3);
    info_span!("span", depth).in_scope(|| {
        for next in 0..depth {
            inner.extend(span(number, next));
            info!(next, "within");
            inner.event(format!(r#"INFO within {{"next":{next}}}"#));
        }
        if fails {
            tasktrail::fail(&std::fmt::Error);
        }
    });
    let end = match fails {
        true => format!("=> failed {FAILURE}"),
        false => "=> succeeded".to_owned(),
    };
    let mut told = Account::default();
    told.action(format!(r#"span {{"depth":{depth}}} {end}"#), inner);
    told
}

const FAILURE: &str =
    r#"{"exception":"core::fmt::Error","reason":"an error occurred when formatting an argument"}"#;

fn deep(levels: u32) -> Account {
    let mut told = Account::default();
    if levels > 0 {
        let inner = info_span!("deep").in_scope(|| deep(levels - 1));
        told.action("deep => succeeded", inner);
    }
    told
}

fn join(thread: ScopedJoinHandle<'_, Account>) -> Account {
    thread.join().unwrap_or_default()
}
