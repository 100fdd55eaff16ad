//! One worker, several destinations: each gets each line once, whatever the others do.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::panic;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use tasktrail_writer::{Builder, Cause, Destination, LineTooLarge, Tee};

const LONG: Duration = Duration::from_secs(60);

/// What a destination does in one call.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Take(usize),
    ClaimMore,
    Nothing,
    Interrupted,
    Busy,
    Fail,
    Panic,
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let answer = prop_oneof![
        4 => (1_usize..30).prop_map(Answer::Take),
        1 => Just(Answer::ClaimMore),
        1 => Just(Answer::Nothing),
        1 => Just(Answer::Interrupted),
        1 => Just(Answer::Busy),
        1 => Just(Answer::Fail),
        1 => Just(Answer::Panic),
    ];
    vec(answer, 0..20)
}

/// Answers as it is told, in turn and again from the first, and keeps what it took.
struct Scripted {
    answers: Vec<Answer>,
    calls: usize,
    /// A longer line, with its end, is refused.
    limit: usize,
    output: Arc<Mutex<Vec<u8>>>,
    flushed: Arc<Mutex<usize>>,
    sync: Option<io::ErrorKind>,
}

impl Scripted {
    fn new(answers: impl Into<Vec<Answer>>) -> Self {
        Self {
            answers: answers.into(),
            calls: 0,
            limit: usize::MAX,
            output: Arc::default(),
            flushed: Arc::default(),
            sync: Some(io::ErrorKind::Unsupported),
        }
    }

    fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    fn sync(mut self, result: Option<io::ErrorKind>) -> Self {
        self.sync = result;
        self
    }

    fn output(&self) -> Output {
        Output(Arc::clone(&self.output))
    }

    fn answer(&mut self) -> io::Result<usize> {
        let answer = self.answers.get(self.calls % self.answers.len().max(1));
        self.calls += 1;
        match answer.copied().unwrap_or(Answer::Take(usize::MAX)) {
            Answer::Take(count) => Ok(count),
            Answer::ClaimMore => Ok(usize::MAX),
            Answer::Nothing => Ok(0),
            Answer::Interrupted => Err(io::ErrorKind::Interrupted.into()),
            Answer::Busy => Err(io::ErrorKind::WouldBlock.into()),
            Answer::Fail => Err(io::ErrorKind::StorageFull.into()),
            // Without the words on the standard error.
            Answer::Panic => panic::resume_unwind(Box::new("scripted")),
        }
    }
}

struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Destination for Scripted {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let last = self.output.lock().unwrap().last().copied();
        let is_at_border = last.is_none_or(|byte| byte == b'\n');
        let end = lines.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        if is_at_border && end > self.limit {
            return Err(LineTooLarge.into());
        }
        let claimed = self.answer()?;
        let mut taken = claimed.min(lines.len());
        if self.limit < usize::MAX {
            // It looks at each line before it takes it.
            taken = taken.min(end);
        }
        let mut output = self.output.lock().unwrap();
        output.extend_from_slice(&lines[..taken]);
        Ok(if claimed == usize::MAX && taken == lines.len() {
            usize::MAX
        } else {
            taken
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        *self.flushed.lock().unwrap() += 1;
        self.answer().map(drop)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

/// What the worker does with a destination, without its pauses: each batch is written until it is out,
/// a line that is refused is dropped, and then it flushes. Returns how many lines were refused.
fn carry(tee: &mut Tee, batches: &[Vec<String>]) -> usize {
    let mut refused = 0;
    let mut in_vain = 0;
    for batch in batches {
        let text = batch.concat();
        let ends: Vec<_> = batch
            .iter()
            .scan(0, |end, line| {
                *end += line.len();
                Some(*end)
            })
            .collect();
        let mut start = 0;
        while start < text.len() {
            match tee.write(&text.as_bytes()[start..]) {
                Ok(count) => {
                    assert!((1..=text.len() - start).contains(&count));
                    start += count;
                }
                Err(error)
                    if error
                        .get_ref()
                        .is_some_and(|inner| inner.is::<LineTooLarge>()) =>
                {
                    refused += 1;
                    start = *ends.iter().find(|end| **end > start).unwrap();
                }
                Err(error) => {
                    in_vain += 1;
                    assert!(in_vain < 10_000, "nothing goes on: {error}");
                }
            }
        }
        while let Err(error) = tee.flush() {
            in_vain += 1;
            assert!(in_vain < 10_000, "nothing goes on: {error}");
        }
    }
    refused
}

/// Lines with a number, of up to 30 bytes.
fn batches() -> impl Strategy<Value = Vec<Vec<String>>> {
    vec(vec(0_usize..24, 1..8), 1..5).prop_map(|batches| {
        let mut number = 0;
        let mut line = |padding: usize| {
            number += 1;
            format!("{number}:{}\n", "x".repeat(padding))
        };
        let mut lines = |batch: Vec<usize>| batch.into_iter().map(&mut line).collect();
        batches.into_iter().map(&mut lines).collect()
    })
}

proptest! {
    #[test]
    fn each_destination_gets_each_line_that_it_takes_once_and_in_order(
        batches in batches(),
        scripts in vec((answers(), prop_oneof![Just(usize::MAX), 5_usize..30]), 1..5),
    ) {
        // One that never takes anything would have the worker try for ever.
        let scripts: Vec<_> = scripts
            .into_iter()
            .map(|(mut script, limit)| {
                script.push(Answer::Take(7));
                (script, limit)
            })
            .collect();
        let mut outputs = Vec::new();
        let mut destinations = scripts.iter().map(|(script, limit)| {
            let destination = Scripted::new(script.clone()).limit(*limit);
            outputs.push(destination.output());
            destination
        });
        let tee = Tee::of(destinations.next().unwrap());
        let mut tee = destinations.fold(tee, Tee::and);

        let refused = carry(&mut tee, &batches);

        let lines: Vec<_> = batches.concat();
        let lowest = scripts.iter().map(|(_, limit)| *limit).min().unwrap();
        assert_eq!(refused, lines.iter().filter(|line| line.len() > lowest).count());
        for ((_, limit), output) in scripts.iter().zip(&outputs) {
            let expected: String =
                lines.iter().filter(|line| line.len() <= *limit).cloned().collect();
            assert_eq!(output.text(), expected);
        }
    }

    #[test]
    fn lines_with_ends_inside_are_dropped_as_a_whole_and_tear_no_other(
        batches in vec(vec(vec(1_usize..12, 1..4), 1..6), 1..4),
        scripts in vec((answers(), prop_oneof![Just(usize::MAX), 2_usize..12]), 2..4),
        last in any::<bool>(),
    ) {
        let mut number = 0;
        let mut part = |length: &usize| {
            number += 1;
            format!("{number:02}{}\n", "x".repeat(*length))
        };
        let mut event = |parts: &Vec<usize>| parts.iter().map(&mut part).collect::<String>();
        let batches: Vec<Vec<String>> = batches
            .iter()
            .map(|batch| batch.iter().map(&mut event).collect())
            .collect();
        let mut outputs = Vec::new();
        let mut destinations = scripts.into_iter().map(|(mut script, limit)| {
            script.push(Answer::Take(if last { 3 } else { usize::MAX }));
            let destination = Scripted::new(script).limit(limit);
            outputs.push(destination.output());
            destination
        });
        let tee = Tee::of(destinations.next().unwrap());
        let mut tee = destinations.fold(tee, Tee::and);

        carry(&mut tee, &batches);

        let text = batches.concat().concat();
        let all: Vec<_> = text.lines().collect();
        for output in outputs {
            // Whole parts, each once and in order.
            let mut rest = all.iter();
            let output = output.text();
            for line in output.lines() {
                assert!(rest.any(|part| *part == line), "{line:?} in {output:?}");
            }
        }
    }
}

#[test]
fn a_file_and_a_destination_that_fails_every_third_call_get_each_line_once() {
    let path = std::env::temp_dir().join(format!("tasktrail-tee-file-{}", std::process::id()));
    let unreliable = Scripted::new([Answer::Take(9), Answer::Panic, Answer::Fail]);
    let output = unreliable.output();
    let tee = Tee::of(File::create(&path).unwrap()).and(unreliable);
    let worker = Builder::new(tee).longest_delay(LONG).start().unwrap();

    let lines: String = (0..30).map(|number| format!("line {number}\n")).collect();
    for line in lines.split_inclusive('\n') {
        worker.writer().write_line(line.as_bytes());
    }
    let outcome = worker.finish_within(LONG);

    assert_eq!(fs::read_to_string(&path).unwrap(), lines);
    assert_eq!(output.text(), lines);
    assert_eq!((outcome.written(), outcome.lost()), (30, 0));
    fs::remove_file(path).unwrap();
}

#[test]
fn a_line_that_one_refuses_goes_to_the_others_and_is_counted_and_told() {
    let narrow = Scripted::new([]).limit(45);
    let wide = Scripted::new([]);
    let (narrow_output, wide_output) = (narrow.output(), wide.output());
    let worker = Builder::new(Tee::of(narrow).and(wide))
        .longest_delay(LONG)
        .start()
        .unwrap();
    let large = format!("{}\n", "x".repeat(45));

    for line in ["one\n", &large, "two\n", &large] {
        worker.writer().write_line(line.as_bytes());
    }
    let outcome = worker.finish_within(LONG);

    let notice = "tasktrail-writer: 2 lines lost: 2 too large\n";
    assert_eq!(narrow_output.text(), format!("one\ntwo\n{notice}"));
    assert_eq!(
        wide_output.text(),
        format!("one\n{large}two\n{large}{notice}")
    );
    assert_eq!(outcome.losses().of(Cause::TooLarge), 2);
    assert_eq!((outcome.written(), outcome.lost()), (2, 2));
}

#[test]
fn while_one_fails_the_others_get_the_batch_in_hand() {
    let failing = Scripted::new([Answer::Fail]);
    let slow = Scripted::new([Answer::Take(1), Answer::Take(2)]);
    let output = slow.output();
    let mut tee = Tee::of(failing).and(slow);

    let error = tee.write(b"one\ntwo\n").unwrap_err();
    let again = tee.write(b"one\ntwo\n").unwrap_err();

    assert_eq!(output.text(), "one\ntwo\n");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(again.kind(), io::ErrorKind::StorageFull);
}

#[test]
fn a_failure_is_told_rather_than_that_another_is_busy() {
    for order in [[Answer::Busy, Answer::Fail], [Answer::Fail, Answer::Busy]] {
        let [first, second] = order.map(|answer| Scripted::new([answer]));

        let error = Tee::of(first).and(second).write(b"line\n").unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

#[test]
fn all_are_flushed_also_after_one_has_failed() {
    let failing = Scripted::new([Answer::Panic, Answer::Take(1)]);
    let other = Scripted::new([]);
    let flushed = Arc::clone(&other.flushed);
    let mut tee = Tee::of(failing).and(other);

    tee.flush().unwrap_err();
    assert_eq!(*flushed.lock().unwrap(), 1);
    tee.flush().unwrap();
    tee.flush().unwrap_err();
    assert_eq!(*flushed.lock().unwrap(), 2);
}

#[test]
fn a_flush_works_when_each_has_once() {
    let one = Scripted::new([Answer::Fail, Answer::Take(1)]);
    let other = Scripted::new([Answer::Take(1), Answer::Fail]);
    let mut tee = Tee::of(one).and(other);

    tee.flush().unwrap_err();
    tee.flush().unwrap();
}

#[test]
fn a_sync_works_if_all_work_that_can() {
    let none = Some(io::ErrorKind::Unsupported);
    let failed = Some(io::ErrorKind::StorageFull);
    let sync = |one, other| {
        let [one, other] = [one, other].map(|result| Scripted::new([]).sync(result));
        let synced = Tee::of(one).and(other).sync();
        synced.err().map(|error| error.kind())
    };

    assert_eq!(sync(None, None), None);
    assert_eq!(sync(None, none), None);
    assert_eq!(sync(none, None), None);
    assert_eq!(sync(none, none), none);
    assert_eq!(sync(None, failed), failed);
    assert_eq!(sync(none, failed), failed);
    assert_eq!(sync(failed, none), failed);
}

#[test]
fn a_file_behind_a_tee_is_made_durable() {
    let path = std::env::temp_dir().join(format!("tasktrail-tee-sync-{}", std::process::id()));
    let file = File::create(&path).unwrap();
    let worker = Builder::new(Tee::of(file).and(io::sink())).start().unwrap();
    let sinks = Builder::new(Tee::of(io::sink())).start().unwrap();

    worker.writer().write_line(b"line\n");
    worker.sync(LONG).unwrap();
    let error = sinks.sync(LONG).unwrap_err();

    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::Unsupported);
    fs::remove_file(path).unwrap();
}

#[test]
fn one_that_panics_when_it_is_dropped_does_not_keep_the_others_from_it() {
    struct Grenade;
    impl Destination for Grenade {
        fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
            Ok(lines.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic::resume_unwind(Box::new("again"));
        }
    }
    let other = Scripted::new([]);
    let held = Arc::clone(&other.output);

    drop(Tee::of(Grenade).and(other).and(Grenade));

    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn a_tee_in_a_tee_gives_each_line_once() {
    let narrow = Scripted::new([Answer::Take(3), Answer::Busy]).limit(8);
    let wide = Scripted::new([Answer::Take(5), Answer::Fail]);
    let outer = Scripted::new([Answer::Take(4), Answer::Panic]);
    let outputs = [narrow.output(), wide.output(), outer.output()];
    let mut tee = Tee::of(Tee::of(narrow).and(wide)).and(outer);
    let batches = vec![
        vec![
            "one\n".to_owned(),
            "longer than that\n".to_owned(),
            "two\n".to_owned(),
        ],
        vec!["three\n".to_owned(), "longer than that\n".to_owned()],
        vec!["four\n".to_owned()],
    ];

    let refused = carry(&mut tee, &batches);

    let all = batches.concat().concat();
    assert_eq!(refused, 2);
    assert_eq!(outputs[0].text(), "one\ntwo\nthree\nfour\n");
    assert_eq!(outputs[1].text(), all);
    assert_eq!(outputs[2].text(), all);
}

/// Writes as a worker does that has given to a fallback what a try did not take.
fn write_whole(tee: &mut Tee, mut lines: &[u8]) {
    while !lines.is_empty() {
        let count = Destination::write(tee, lines).unwrap();
        lines = &lines[count..];
    }
    Destination::flush(tee).unwrap();
}

#[test]
fn what_a_fallback_took_is_not_missing_from_the_lines_that_come_after() {
    for begun in 1..16 {
        let take_all = Answer::Take(usize::MAX);
        let failing = Scripted::new([Answer::Fail, take_all, take_all, take_all, take_all]);
        let begins = Scripted::new([Answer::Take(begun), Answer::Busy, take_all, take_all]);
        let outputs = [failing.output(), begins.output()];
        let mut tee = Tee::of(failing).and(begins);

        Destination::write(&mut tee, b"one\ntwo\nthree\nIV\n").unwrap_err();
        write_whole(&mut tee, b"five\nsix\n");

        assert_eq!(outputs[0].text(), "five\nsix\n");
        let old = match begun {
            1..=4 => "one\n",
            5..=8 => "one\ntwo\n",
            9..=14 => "one\ntwo\nthree\n",
            _ => "one\ntwo\nthree\nIV\n",
        };
        assert_eq!(outputs[1].text(), format!("{old}five\nsix\n"), "{begun}");
    }
}

#[test]
fn a_line_that_was_begun_together_is_ended_before_those_that_come_after_a_fallback() {
    let all = Answer::Take(usize::MAX);
    let failing = Scripted::new([Answer::Take(2), Answer::Fail, all, all, all, all, all]);
    let begins = Scripted::new([Answer::Take(9), Answer::Busy, all, all, all, all, all]);
    let outputs = [failing.output(), begins.output()];
    let mut tee = Tee::of(failing).and(begins);

    assert_eq!(
        Destination::write(&mut tee, b"one\ntwo\nthree\n").unwrap(),
        2
    );
    Destination::write(&mut tee, b"e\ntwo\nthree\n").unwrap_err();
    write_whole(&mut tee, b"e\n");
    write_whole(&mut tee, b"four\n");

    assert_eq!(outputs[0].text(), "one\nfour\n");
    assert_eq!(outputs[1].text(), "one\ntwo\nthree\nfour\n");
}

#[test]
fn a_refusal_is_not_taken_for_one_of_the_lines_that_come_after_a_fallback() {
    let failing = Scripted::new([Answer::Fail, Answer::Take(99), Answer::Take(99)]);
    let short = Scripted::new([]).limit(8);
    let outputs = [failing.output(), short.output()];
    let mut tee = Tee::of(failing).and(short);

    Destination::write(&mut tee, b"longer than that\n").unwrap_err();
    write_whole(&mut tee, b"short\n");

    assert_eq!(outputs.map(|output| output.text()), ["short\n", "short\n"]);
}
