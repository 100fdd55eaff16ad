//! Random schedules of callers and worker, against a plain model.

use std::collections::VecDeque;
use std::io;
use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::builder::WhenFull;
use crate::losses::Cause;

#[derive(Debug, Clone)]
enum Op {
    /// A caller writes a line of about so many bytes.
    Line(usize),
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
    drops_newest: bool,
    waiting: VecDeque<Vec<u8>>,
    written: Vec<Vec<u8>>,
    memory_full: u64,
    too_large: u64,
}

impl Model {
    fn line(&mut self, line: &[u8]) {
        let cost = |line: &Vec<u8>| line.len() + 4;
        let needed = line.len() + 4;
        if needed > self.memory {
            self.too_large += 1;
            return;
        }
        while self.waiting.iter().map(cost).sum::<usize>() + needed > self.memory {
            self.memory_full += 1;
            if self.drops_newest {
                return;
            }
            self.waiting.pop_front();
        }
        self.waiting.push_back(line.to_vec());
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
                .strip_prefix(line.as_slice())
                .ok_or("a line is torn, doubled or out of order")?;
            self.written.push(line);
        }
        Ok(0)
    }
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![3 => (0..60_usize).prop_map(Op::Line), 1 => Just(Op::Step)];
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

fn carrier(queue: &Arc<Queue>, destination: Scripted) -> Carrier<Scripted> {
    let tell = |losses: &Losses, line: &mut Vec<u8>| {
        writeln!(line, "lost {}", losses.total()).unwrap();
    };
    let mut carrier = Carrier::new(
        Arc::clone(queue),
        destination,
        Box::new(tell),
        SyncWhen::Asked,
    );
    carrier.backoff = Backoff::always(Duration::ZERO);
    carrier
}

proptest! {
    #[test]
    fn what_went_in_comes_out_once_whole_and_in_order_or_is_counted(
        memory in 1..300_usize,
        drops_newest in any::<bool>(),
        ops in ops(),
        script in script(),
        gives_up in any::<bool>(),
    ) {
        let when_full = if drops_newest { WhenFull::DropNewest } else { WhenFull::DropOldest };
        let queue = Arc::new(Queue::new(memory, when_full, Duration::from_nanos(2)));
        let output = Arc::new(Mutex::new(Vec::new()));
        let mut carrier = carrier(&queue, Scripted { script, output: Arc::clone(&output) });
        let mut model = Model {
            memory,
            drops_newest,
            waiting: VecDeque::new(),
            written: Vec::new(),
            memory_full: 0,
            too_large: 0,
        };
        let (mut seen, mut told, mut notices) = (0, 0, 0);
        let mut step = |model: &mut Model| -> Result<bool, String> {
            queue.nudge();
            // With nothing to do it would wait for ever.
            if model.waiting.is_empty() && told == model.memory_full + model.too_large {
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
                Op::Line(length) => {
                    let line = format!("{number} {}\n", "x".repeat(*length)).into_bytes();
                    queue.push(&line);
                    model.line(&line);
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

        prop_assert_eq!(outcome.written(), model.written.len() as u64);
        let bytes: usize = model.written.iter().map(Vec::len).sum();
        prop_assert_eq!(outcome.bytes(), bytes as u64);
        prop_assert_eq!(outcome.losses().of(Cause::MemoryFull), model.memory_full);
        prop_assert_eq!(outcome.losses().of(Cause::TooLarge), model.too_large);
        prop_assert_eq!(outcome.losses().of(Cause::Deadline), left);
        prop_assert_eq!(outcome.notices(), notices);
        prop_assert_eq!(outcome.waiting(), 0);
    }
}
