//! One measurement: a row with a writer. Prints a name and a number on each line.

use std::fs;
use std::hint::spin_loop;
use std::path::PathBuf;
use std::process;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::arguments::Task;
use crate::cost::{memory, percentile, thread_time, time_of_workers};
use crate::lines::{Line, find};
use crate::row::Row;
use crate::writers::{Kind, Log, Order, Started, WhenFull};

/// How long the last byte is waited for, so that nothing hangs for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a writer gets to settle before its memory is looked at.
const REST: Duration = Duration::from_millis(100);

pub(crate) fn measure(task: &Task) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("peers-{}", process::id()));
    let order = Order {
        path,
        when_full: match task.row {
            Row::Lossy => WhenFull::Drop,
            _ => WhenFull::Block,
        },
        delay: match task.row {
            Row::Slow => Duration::from_millis(1),
            _ => Duration::ZERO,
        },
        capacity: task.capacity,
    };
    match task.row {
        Row::Burst(producers) => log_lines(task, &order, producers, Duration::ZERO),
        Row::Lossy => log_lines(task, &order, 8, Duration::ZERO),
        Row::Paced => log_lines(task, &order, 1, Duration::from_micros(100)),
        Row::Slow => log_lines(task, &order, 1, Duration::ZERO),
        Row::Memory => rest(task, &order),
    }
    // The writer that does nothing has made none.
    let _ = fs::remove_file(&order.path);
}

fn log_lines(task: &Task, order: &Order, producers: u32, pace: Duration) {
    let Started { log, finish, ended } = task.writer.start(order);
    let handles: Vec<_> = (0..producers).map(|_| log()).collect();
    drop(log);
    let barrier = Barrier::new(handles.len() + 1);
    let main = thread_time();
    let (begun, produced) = thread::scope(|scope| {
        let barrier = &barrier;
        let producers = (0..).zip(handles).map(|(producer, log)| {
            scope.spawn(move || produce(producer, log, task.lines, pace, barrier))
        });
        let producers: Vec<_> = producers.collect();
        barrier.wait();
        let begun = Instant::now();
        let produced = producers.into_iter().map(|thread| thread.join().unwrap());
        (begun, produced.collect::<Vec<_>>())
    });
    let logging = begun.elapsed();
    let counted = finish();
    let ending = begun.elapsed() - logging;
    // What a program would find that ends here.
    let there = (task.row == Row::Slow).then(|| find(&order.path, producers, task.lines));
    if let Some(ended) = ended.filter(|_| there.is_none()) {
        ended.recv_timeout(PATIENCE).unwrap();
    }
    let wall = begun.elapsed();
    let main = main.and_then(|before| Some(thread_time()? - before));

    let lines = f64::from(task.lines) * f64::from(producers);
    let times = produced.iter().map(|produced| produced.time);
    if let Some(time) = times.chain([main]).sum::<Option<u64>>() {
        say("cpu", (time + time_of_workers()) as f64 / lines);
    }
    let mut calls: Vec<u32> = produced.into_iter().flat_map(|it| it.calls).collect();
    say("p50", percentile(&mut calls, 0.5));
    say("p99", percentile(&mut calls, 0.99));
    say("p99.9", percentile(&mut calls, 0.999));
    say("wall", milliseconds(wall));
    say("logging", milliseconds(logging));
    say("ending", milliseconds(ending));
    say("counted", counted as f64);
    if task.writer == Kind::Nothing {
        return;
    }
    let found = there.unwrap_or_else(|| find(&order.path, producers, task.lines));
    say("there", found.lines as f64);
    say("unaccounted", lines - (found.lines + counted) as f64);
    say(
        "right",
        f64::from(u8::from(found.in_order && found.complete)),
    );
    assert!(found.in_order, "lines are torn or out of their order");
}

/// What a producer has measured.
struct Produced {
    /// Nanoseconds for each call.
    calls: Vec<u32>,
    /// Its time on the processor, in nanoseconds.
    time: Option<u64>,
}

fn produce(producer: u32, mut log: Log, lines: u32, pace: Duration, barrier: &Barrier) -> Produced {
    // Not of zeros, which the system would only promise.
    let mut calls = vec![u32::MAX; lines as usize];
    let mut line = Line::of(producer);
    let before = thread_time();
    barrier.wait();
    for call in &mut calls {
        let text = line.text();
        let begun = Instant::now();
        log(text);
        let time = begun.elapsed();
        *call = u32::try_from(time.as_nanos()).unwrap_or(u32::MAX);
        line.advance();
        while begun.elapsed() < pace {
            spin_loop();
        }
    }
    drop(log);
    let time = before.and_then(|before| Some(thread_time()? - before));
    Produced { calls, time }
}

fn rest(task: &Task, order: &Order) {
    let before = memory();
    let Started { log, finish, .. } = task.writer.start(order);
    let mut handle = log();
    handle(Line::of(0).text());
    thread::park_timeout(REST);
    if let Some(before) = before {
        say("memory", memory().unwrap() - before);
    }
    drop((log, handle));
    finish();
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn say(name: &str, number: f64) {
    println!("{name} {number}");
}
