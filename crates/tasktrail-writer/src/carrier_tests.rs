//! Random schedules of callers and worker, against a plain model.

use std::collections::VecDeque;
use std::io;
use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::{collection, option, prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::builder::WhenFull;
use crate::level::{Level, Tally};
use crate::losses::Cause;
use crate::queue::Settings;

#[derive(Debug, Clone)]
enum Op {
    /// A caller writes a line of about so many bytes, and of a level.
    Line(usize, Option<Level>),
    /// The worker does the next thing.
    Step,
}

#[derive(Debug, Clone)]
enum Answer {
    Take(usize),
    Interrupted,
    Busy,
    Fail,
    Panic,
}

/// Answers by a script, and takes everything when the script is over.
#[derive(Default)]
struct Scripted {
    script: VecDeque<Answer>,
    output: Arc<Mutex<Vec<u8>>>,
}

impl Scripted {
    fn answer(&mut self, length: usize) -> io::Result<usize> {
        match self.script.pop_front() {
            None => Ok(length),
            Some(Answer::Take(count)) => Ok(count.min(length)),
            Some(Answer::Interrupted) => Err(io::ErrorKind::Interrupted.into()),
            Some(Answer::Busy) => Err(io::ErrorKind::WouldBlock.into()),
            Some(Answer::Fail) => Err(io::ErrorKind::StorageFull.into()),
            Some(Answer::Panic) => panic!("the script says so"),
        }
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.answer(bytes.len())?;
        self.output
            .lock()
            .unwrap()
            .extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.answer(0).map(drop)
    }
}

/// What should happen, without batches, threads and failures.
struct Model {
    memory: usize,
    reserve: Option<(Level, usize)>,
    drops_newest: bool,
    waiting: VecDeque<(Vec<u8>, Option<Level>)>,
    written: Vec<(Vec<u8>, Option<Level>)>,
    memory_full: Vec<Option<Level>>,
    too_large: Vec<Option<Level>>,
}

impl Model {
    fn line(&mut self, line: &[u8], level: Option<Level>) {
        let precious = |of: Option<Level>| self.reserve.is_some_and(|(least, _)| of >= Some(least));
        let cost = |(line, _): &(Vec<u8>, _)| line.len() + 4;
        let needed = line.len() + 4;
        let limit = match self.reserve {
            Some((_, reserve)) if !precious(level) => self.memory - reserve,
            _ => self.memory,
        };
        if needed > limit {
            self.too_large.push(level);
            return;
        }
        // What can't be dropped for this line.
        let spared = self
            .waiting
            .iter()
            .filter(|(_, other)| precious(*other) && !precious(level));
        if !self.drops_newest && spared.map(cost).sum::<usize>() + needed > limit {
            self.memory_full.push(level);
            return;
        }
        while self.waiting.iter().map(cost).sum::<usize>() + needed > limit {
            if self.drops_newest {
                self.memory_full.push(level);
                return;
            }
            let usual = self.waiting.iter().position(|(_, other)| !precious(*other));
            let (_, dropped) = self.waiting.remove(usual.unwrap_or(0)).unwrap();
            self.memory_full.push(dropped);
        }
        self.waiting.push_back((line.to_vec(), level));
    }

    fn lost(&self) -> usize {
        self.memory_full.len() + self.too_large.len()
    }

    /// The worker has written something: whole lines, the oldest first, or a notice.
    fn written(&mut self, mut new: &[u8]) -> Result<u64, String> {
        if let Some(notice) = new.strip_prefix(b"lost ") {
            let number = std::str::from_utf8(notice).map_err(|error| error.to_string())?;
            return number
                .trim_end()
                .parse()
                .map_err(|error| format!("{error}: {number}"));
        }
        while !new.is_empty() {
            let line = self.waiting.pop_front().ok_or("a line came from nowhere")?;
            new = new
                .strip_prefix(line.0.as_slice())
                .ok_or("a line is torn, doubled or out of order")?;
            self.written.push(line);
        }
        Ok(0)
    }
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![3 => (0..60_usize, levels()).prop_map(|(length, level)| Op::Line(length, level)), 1 => Just(Op::Step)];
    collection::vec(op, 0..80)
}

fn script() -> impl Strategy<Value = VecDeque<Answer>> {
    let answer = prop_oneof![
        4 => (1..50_usize).prop_map(Answer::Take),
        1 => Just(Answer::Take(0)),
        1 => Just(Answer::Interrupted),
        1 => Just(Answer::Busy),
        1 => Just(Answer::Fail),
        1 => Just(Answer::Panic),
    ];
    collection::vec_deque(answer, 0..60)
}

fn levels() -> impl Strategy<Value = Option<Level>> {
    select(Tally::KINDS.as_slice())
}

fn carrier(queue: &Arc<Queue>, route: Route<Scripted>) -> Carrier<Scripted> {
    let tell = |losses: &Losses, line: &mut Vec<u8>| {
        writeln!(line, "lost {}", losses.total()).unwrap();
    };
    let mut carrier = Carrier::new(Arc::clone(queue), route, Box::new(tell), SyncWhen::Asked);
    carrier.backoff = Backoff::always(Duration::ZERO);
    carrier
}

proptest! {
    #[test]
    fn what_went_in_comes_out_once_whole_and_in_order_or_is_counted(
        memory in 1..300_usize,
        reserve in option::of((select(Level::ALL.as_slice()), 0.0..1.0_f64)),
        drops_newest in any::<bool>(),
        ops in ops(),
        script in script(),
        gives_up in any::<bool>(),
    ) {
        let when_full = if drops_newest { WhenFull::DropNewest } else { WhenFull::DropOldest };
        let reserve = reserve.map(|(level, part)| (level, (memory as f64 * part) as usize));
        let queue = Arc::new(Queue::new(&Settings {
            memory,
            reserve,
            when_full,
            longest_delay: Duration::from_nanos(2),
        }));
        let output = Arc::new(Mutex::new(Vec::new()));
        let mut carrier = carrier(
            &queue,
            Route::new(Scripted { script, output: Arc::clone(&output) }, None),
        );
        let mut model = Model {
            memory,
            reserve,
            drops_newest,
            waiting: VecDeque::new(),
            written: Vec::new(),
            memory_full: Vec::new(),
            too_large: Vec::new(),
        };
        let (mut seen, mut told, mut notices) = (0, 0, 0);
        let mut step = |model: &mut Model| -> Result<bool, String> {
            queue.nudge();
            // With nothing to do it would wait for ever.
            if model.waiting.is_empty() && told == model.lost() as u64 {
                return Ok(false);
            }
            carrier.step();
            let output = output.lock().unwrap();
            let losses = model.written(&output[seen..])?;
            seen = output.len();
            told += losses;
            notices += u64::from(losses > 0);
            Ok(true)
        };

        for (number, op) in ops.iter().enumerate() {
            match op {
                Op::Line(length, level) => {
                    let line = format!("{number} {}\n", "x".repeat(*length)).into_bytes();
                    queue.push(&line, *level);
                    model.line(&line, *level);
                }
                Op::Step => {
                    let stepped = step(&mut model);
                    prop_assert!(stepped.is_ok(), "{stepped:?}");
                }
            }
        }
        let mut stepped = Ok(!gives_up);
        while stepped == Ok(true) {
            stepped = step(&mut model);
        }
        prop_assert!(stepped.is_ok(), "{stepped:?}");
        let left = model.waiting.len() as u64;
        prop_assert_eq!(queue.outcome().waiting(), left);
        let (outcome, _) = queue.finish(Duration::ZERO);

        let losses = outcome.losses();
        for level in Tally::KINDS {
            let of_level = |lines: &[Option<Level>]| lines.iter().filter(|other| **other == level).count() as u64;
            let levels = |lines: &mut dyn Iterator<Item = &(Vec<u8>, Option<Level>)>| {
                of_level(&lines.map(|(_, level)| *level).collect::<Vec<_>>())
            };
            prop_assert_eq!(outcome.written_at(level), levels(&mut model.written.iter()));
            prop_assert_eq!(losses.of_at(Cause::MemoryFull, level), of_level(&model.memory_full));
            prop_assert_eq!(losses.of_at(Cause::TooLarge, level), of_level(&model.too_large));
            prop_assert_eq!(losses.of_at(Cause::Deadline, level), levels(&mut model.waiting.iter()));
        }
        let bytes: usize = model.written.iter().map(|(line, _)| line.len()).sum();
        prop_assert_eq!(outcome.bytes(), bytes as u64);
        prop_assert_eq!(outcome.notices(), notices);
        prop_assert_eq!(outcome.waiting(), 0);
    }
}
