//! Many callers at once.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, prop_assert, prop_assert_eq, proptest, test_runner::Config};
use tasktrail_writer::{Builder, Cause, KIB, WhenFull};

/// Takes as many bytes as the pattern says, in turn; none means that it is busy.
#[derive(Clone, Default)]
struct Slow {
    pattern: Arc<Vec<usize>>,
    calls: usize,
    output: Arc<Mutex<Vec<u8>>>,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        let count = match self.pattern.get(self.calls % (self.pattern.len() + 1)) {
            Some(0) => return Err(io::ErrorKind::WouldBlock.into()),
            Some(count) => bytes.len().min(*count),
            None => bytes.len(),
        };
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

/// Parses `<thread> <number> <filling>` and returns the numbers of each thread, in their order.
fn numbers_by_thread(output: &[u8]) -> HashMap<usize, Vec<usize>> {
    let mut numbers: HashMap<usize, Vec<usize>> = HashMap::new();
    for line in std::str::from_utf8(output).unwrap().lines() {
        let words: Vec<_> = line.split(' ').collect();
        let [thread, number, filling] = words[..] else {
            panic!("a torn line: {line:?}");
        };
        let number: usize = number.parse().unwrap();
        assert_eq!(filling, "x".repeat(number % 50), "a torn line: {line:?}");
        numbers
            .entry(thread.parse().unwrap())
            .or_default()
            .push(number);
    }
    numbers
}

fn line(thread: usize, number: usize) -> String {
    format!("{thread} {number} {}\n", "x".repeat(number % 50))
}

#[test]
fn all_lines_of_eight_threads_arrive_in_the_order_of_each_thread() {
    const LINES: usize = 10_000;
    for memory in [KIB, 64 * KIB, 8 * KIB * KIB] {
        let destination = Slow::default();
        let output = Arc::clone(&destination.output);
        let worker = Builder::new(destination).memory(memory).start().unwrap();

        thread::scope(|scope| {
            for thread in 0..8 {
                let writer = worker.writer();
                scope.spawn(move || {
                    for number in 0..LINES {
                        writer.write_line(line(thread, number).as_bytes());
                    }
                });
            }
        });
        let outcome = worker.finish();

        assert_eq!((outcome.written(), outcome.lost()), (8 * LINES as u64, 0));
        let numbers = numbers_by_thread(&output.lock().unwrap());
        assert_eq!(numbers.len(), 8);
        for (thread, numbers) in numbers {
            assert!(numbers.into_iter().eq(0..LINES), "thread {thread}");
        }
    }
}

#[test]
fn a_long_line_gets_its_turn_among_many_short_ones() {
    let worker = Builder::new(Slow::default()).memory(256).start().unwrap();
    let long = [b'x'; 252];
    let done = std::sync::atomic::AtomicBool::new(false);

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let writer = worker.writer();
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    writer.write_line(b"short\n");
                }
            });
        }
        for _ in 0..100 {
            worker.writer().write_line(&long);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });

    assert_eq!(worker.finish().lost(), 0);
}

fn rule() -> impl Strategy<Value = WhenFull> {
    prop_oneof![
        Just(WhenFull::Block),
        Just(WhenFull::BlockFor(Duration::from_micros(200))),
        Just(WhenFull::DropNewest),
        Just(WhenFull::DropOldest),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 48, ..Config::default() })]

    #[test]
    fn each_line_of_each_thread_comes_out_once_and_in_order_or_is_counted(
        memory in 40..2000_usize,
        rule in rule(),
        delay in 0..3000_u64,
        pattern in collection::vec(0..200_usize, 0..6),
        lines in collection::vec(0..400_usize, 1..4),
        flushes in any::<bool>(),
    ) {
        let destination = Slow { pattern: Arc::new(pattern), ..Slow::default() };
        let output = Arc::clone(&destination.output);
        let worker = Builder::new(destination)
            .memory(memory)
            .when_full(rule)
            .longest_delay(Duration::from_micros(delay))
            .tell_losses(|_, _| {})
            .start()
            .unwrap();

        thread::scope(|scope| {
            for (thread, lines) in lines.iter().enumerate() {
                let writer = worker.writer();
                scope.spawn(move || {
                    for number in 0..*lines {
                        writer.write_line(line(thread, number).as_bytes());
                    }
                });
            }
            if flushes {
                worker.flush(Duration::from_secs(60)).unwrap();
            }
        });
        let outcome = worker.finish_within(Duration::from_secs(60));

        let output = output.lock().unwrap();
        let mut arrived = 0;
        for (thread, numbers) in numbers_by_thread(&output) {
            prop_assert!(numbers.is_sorted_by(|a, b| a < b), "thread {} {:?}", thread, numbers);
            prop_assert!(numbers.last() < Some(&lines[thread]));
            arrived += numbers.len() as u64;
        }
        prop_assert_eq!(outcome.written(), arrived);
        prop_assert_eq!(outcome.bytes(), output.len() as u64);
        prop_assert_eq!(arrived + outcome.lost(), lines.iter().sum::<usize>() as u64);
        if rule == WhenFull::Block {
            prop_assert_eq!(outcome.lost(), outcome.losses().of(Cause::TooLarge));
        }
    }
}
