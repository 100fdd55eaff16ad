//! Two destinations that answer by scripts, against a plain rule for what each has got.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use proptest::prelude::{Just, Strategy};
use proptest::{collection, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::lines::{Lines, Precious};

/// Takes so many bytes, or fails.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Take(usize),
    Fail,
}

#[derive(Clone, Default)]
struct Scripted {
    script: VecDeque<Answer>,
    output: Arc<Mutex<String>>,
}

impl Scripted {
    fn answering(answers: &[Answer]) -> Self {
        Self {
            script: answers.iter().copied().collect(),
            output: Arc::default(),
        }
    }

    fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }
}

impl Destination for Scripted {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let count = match self.script.pop_front() {
            Some(Answer::Fail) => return Err(io::ErrorKind::StorageFull.into()),
            Some(Answer::Take(count)) => count.clamp(1, lines.len()),
            None => lines.len(),
        };
        let text = std::str::from_utf8(&lines[..count]).unwrap();
        self.output.lock().unwrap().push_str(text);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn route(first: &Scripted, fallback: &Scripted, after: Duration) -> Route<Scripted> {
    let fallback: Box<dyn Destination> = Box::new(fallback.clone());
    Route::new(first.clone(), Some((fallback, after)))
}

fn batch(text: &str) -> Batch {
    let mut lines = Lines::new(4096, Precious::default());
    for line in text.split_inclusive('\n') {
        assert!(lines.append(line.as_bytes(), None));
    }
    lines.take().unwrap()
}

/// Lets the time pass after which the first destination is tried again.
fn let_time_pass<D>(route: &mut Route<D>) {
    if let Some(fallback) = &mut route.fallback {
        fallback.instead_until = None;
    }
}

#[test]
fn lines_wait_for_the_first_destination_until_it_has_failed_long_enough() {
    let first = Scripted::answering(&[Answer::Fail, Answer::Fail]);
    let fallback = Scripted::default();
    let mut route = route(&first, &fallback, Duration::from_secs(3600));
    let mut lines = batch("one\n");

    assert!(matches!(route.write(&mut lines), Err(Failure::Failed(_))));
    assert!(matches!(route.write(&mut lines), Err(Failure::Failed(_))));
    assert!(!route.write(&mut lines).unwrap().by_fallback);

    assert_eq!(
        (first.output(), fallback.output()),
        ("one\n".to_owned(), String::new())
    );
}

#[test]
fn a_line_that_the_first_destination_had_begun_is_whole_in_both() {
    let first = Scripted::answering(&[Answer::Take(5), Answer::Fail, Answer::Fail]);
    let fallback = Scripted::default();
    let mut route = route(&first, &fallback, Duration::ZERO);
    let mut lines = batch("one\ntwo\nthree\n");

    assert!(!route.write(&mut lines).unwrap().by_fallback);
    assert!(route.write(&mut lines).unwrap().by_fallback);
    assert!(lines.unsent().is_empty());
    let mut lines = batch("four\n");
    let_time_pass(&mut route);
    assert!(
        route.write(&mut lines).unwrap().by_fallback,
        "it still fails"
    );
    let mut lines = batch("five\n");
    assert!(
        route.write(&mut lines).unwrap().by_fallback,
        "it is not tried yet"
    );
    let mut lines = batch("six\n");
    let_time_pass(&mut route);
    assert!(
        !route.write(&mut lines).unwrap().by_fallback,
        "it has healed"
    );

    assert_eq!(first.output(), "one\ntwo\nsix\n");
    assert_eq!(fallback.output(), "two\nthree\nfour\nfive\n");
}

#[test]
fn a_destination_that_is_left_for_good_is_not_tried_again() {
    let first = Scripted::answering(&[Answer::Take(1)]);
    let fallback = Scripted::default();
    let mut route = route(&first, &fallback, Duration::from_secs(3600));
    let mut lines = batch("one\ntwo\n");
    route.write(&mut lines).unwrap();

    assert!(route.leave(&mut lines));
    route.write(&mut lines).unwrap();
    assert!(!route.leave(&mut lines), "there is no third one");

    assert_eq!(
        (first.output(), fallback.output()),
        ("o".to_owned(), "one\ntwo\n".to_owned())
    );
}

#[test]
fn a_line_that_was_begun_is_ended_at_the_end_if_the_destination_has_healed() {
    let first = Scripted::answering(&[Answer::Take(5), Answer::Fail]);
    let fallback = Scripted::default();
    let mut route = route(&first, &fallback, Duration::ZERO);
    let mut lines = batch("one\ntwo\nthree\n");
    route.write(&mut lines).unwrap();
    route.write(&mut lines).unwrap();
    assert!(lines.unsent().is_empty());
    assert_eq!(first.output(), "one\nt");

    route.end_lines();

    assert_eq!(first.output(), "one\ntwo\n");
    assert_eq!(fallback.output(), "two\nthree\n");
}

fn script() -> impl Strategy<Value = Vec<Answer>> {
    let answer = prop_oneof![(1..9_usize).prop_map(Answer::Take), Just(Answer::Fail)];
    collection::vec(answer, 0..60)
}

proptest! {
    #[test]
    fn each_line_is_whole_and_in_order_in_the_output_that_is_said(
        first in script(),
        fallback in script(),
        time_passes in collection::vec(proptest::bool::ANY, 120),
    ) {
        let (first, fallback) = (Scripted::answering(&first), Scripted::answering(&fallback));
        let mut route = route(&first, &fallback, Duration::ZERO);
        let mut time_passes = time_passes.into_iter();
        let (mut by_first, mut by_fallback) = (0, 0);

        for number in 0..8 {
            let mut lines = batch(&format!("{number}a\n{number}b\n{number}c\n"));
            while !lines.unsent().is_empty() {
                if time_passes.next().unwrap_or(true) {
                    let_time_pass(&mut route);
                }
                if let Ok(delivered) = route.write(&mut lines) {
                    let lines = delivered.done.lines.total();
                    *if delivered.by_fallback { &mut by_fallback } else { &mut by_first } += lines;
                }
            }
        }

        prop_assert_eq!(by_first + by_fallback, 24, "each line is counted once");
        let (first, fallback) = (first.output(), fallback.output());
        // What one is owed, it gets as soon as it takes anything.
        let fallback_leg = &route.fallback.as_ref().unwrap().leg;
        let whole = |output: &str, owed: &[u8]| {
            let (whole, begun) = output.rsplit_once('\n').unwrap_or(("", output));
            let lines: Vec<_> = whole.lines().map(str::to_owned).collect();
            (lines, begun.is_empty() || !owed.is_empty())
        };
        let (first, first_is_whole) = whole(&first, &route.first.owed);
        let (fallback, fallback_is_whole) = whole(&fallback, &fallback_leg.owed);
        prop_assert!(first_is_whole && fallback_is_whole, "{first:?} {fallback:?}");
        prop_assert!(first.is_sorted_by(|a, b| a < b), "{first:?}");
        prop_assert!(fallback.is_sorted_by(|a, b| a < b), "{fallback:?}");
        prop_assert!(first.len() as u64 >= by_first && fallback.len() as u64 >= by_fallback);
        let in_any = |line: &String| {
            first.contains(line) || fallback.contains(line)
        };
        for number in 0..8 {
            for letter in ["a", "b", "c"] {
                let line = format!("{number}{letter}");
                prop_assert!(in_any(&line));
            }
        }
    }
}
