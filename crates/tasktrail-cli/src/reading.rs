//! Reads lines with all processors, and hands on what was made of them in the order of the logs.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::input::chunks::{Chunk, Chunks, Trouble};
use crate::input::{Input, Outcome, tell};
use crate::progress::Progress;

/// Makes something of each line, and gives what was made of several lines to `take`, in the order of
/// the logs.
///
/// Lines of which nothing can be made are told on the standard error, with their places, and so is
/// what happened to logs. Memory holds one chunk of lines for each processor, and what is made of
/// it. Nothing more is read when `take` fails; that is the error.
pub(crate) fn read<T: Default>(
    inputs: &[Input],
    longest_line: usize,
    outcome: &mut Outcome,
    make: impl Fn(&mut T, &[u8]) -> Result<(), String> + Sync,
    take: impl FnMut(T) -> io::Result<()> + Send,
) -> io::Result<()> {
    let progress = Progress::new(inputs);
    let reader = Reader {
        longest_line,
        make,
        chunks: Mutex::new((0, Chunks::new(inputs, longest_line))),
        turn: Mutex::new(Turn {
            next: 0,
            is_over: false,
            take,
            taken: Ok(()),
            told: Told::of(inputs),
        }),
        passed: Condvar::new(),
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| reader.work(&progress));
        }
    });
    progress.finish();
    let turn = reader
        .turn
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    *outcome = (*outcome).max(turn.told.finish());
    turn.taken
}

struct Reader<'a, M, F> {
    longest_line: usize,
    make: M,
    /// How many chunks were given, and the next ones.
    chunks: Mutex<(u64, Chunks)>,
    turn: Mutex<Turn<'a, F>>,
    passed: Condvar,
}

/// What only one thread may do at a time, each when the chunks before its own are done.
struct Turn<'a, F> {
    next: u64,
    is_over: bool,
    take: F,
    taken: io::Result<()>,
    told: Told<'a>,
}

/// What was found in one chunk besides what was made of it.
#[derive(Default)]
struct Lines {
    number: u64,
    /// The first bad ones, by their numbers in the chunk, from 1.
    bad: Vec<(u64, String)>,
    more_bad: u64,
}

impl<M, F> Reader<'_, M, F> {
    fn work<T: Default>(&self, progress: &Progress)
    where
        M: Fn(&mut T, &[u8]) -> Result<(), String>,
        F: FnMut(T) -> io::Result<()>,
    {
        let mut chunk = Chunk::default();
        let end = EndInPanic(self);
        loop {
            let number = {
                let mut chunks = lock(&self.chunks);
                if !chunks.1.next(&mut chunk) {
                    break;
                }
                chunks.0 += 1;
                chunks.0 - 1
            };
            let mut made = T::default();
            let lines = self.lines(&mut chunk, &mut made);
            let mut turn = lock(&self.turn);
            while turn.next != number && !turn.is_over {
                turn = self
                    .passed
                    .wait(turn)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if turn.is_over {
                break;
            }
            turn.told.chunk(&chunk, lines);
            turn.taken = (turn.take)(made);
            turn.is_over = turn.taken.is_err();
            turn.next += 1;
            self.passed.notify_all();
            drop(turn);
            progress.advance(chunk.bytes_taken);
        }
        drop(end);
    }

    fn lines<T>(&self, chunk: &mut Chunk, made: &mut T) -> Lines
    where
        M: Fn(&mut T, &[u8]) -> Result<(), String>,
    {
        let mut lines = Lines::default();
        for line in chunk.lines() {
            lines.number += 1;
            let (line, is_torn) = match line.strip_suffix(b"\n") {
                Some(line) => (line, false),
                None => (line, true),
            };
            if line.len() > self.longest_line {
                lines.bad(too_long(line.len() as u64, self.longest_line));
            } else if let Err(error) = (self.make)(made, line) {
                lines.bad(match is_torn {
                    true => format!("{error}; {TORN}"),
                    false => error,
                });
            }
        }
        if let Some(Trouble::TooLong(bytes)) = chunk.trouble {
            chunk.trouble = None;
            lines.number += 1;
            lines.bad(too_long(bytes, self.longest_line));
        }
        lines
    }
}

/// Says what may have happened to a last line.
const TORN: &str = "the last line has no line break: it is torn, or still being written";

fn too_long(bytes: u64, longest: usize) -> String {
    format!("expected a line of at most {longest} bytes, found {bytes}")
}

/// How many bad lines of each log are told: a file that is no log has a hundred thousand of them.
const TOLD: u64 = 10;

impl Lines {
    fn bad(&mut self, why: String) {
        match (self.bad.len() as u64) < TOLD {
            true => self.bad.push((self.number, why)),
            false => self.more_bad += 1,
        }
    }
}

/// Tells of bad lines and of what happened to logs.
struct Told<'a> {
    inputs: &'a [Input],
    /// The log of the last chunk, and how many lines and bad ones it had so far.
    current: usize,
    lines: u64,
    bad: u64,
    outcome: Outcome,
}

impl<'a> Told<'a> {
    fn of(inputs: &'a [Input]) -> Self {
        Self {
            inputs,
            current: 0,
            lines: 0,
            bad: 0,
            outcome: Outcome::Fine,
        }
    }

    fn chunk(&mut self, chunk: &Chunk, lines: Lines) {
        if self.current != chunk.input {
            self.tell_number_of_others();
            (self.current, self.lines, self.bad) = (chunk.input, 0, 0);
        }
        let Some(name) = self.inputs.get(chunk.input) else {
            return;
        };
        for (line, why) in lines.bad {
            self.bad += 1;
            if self.bad <= TOLD {
                tell(format_args!("{name}:{}: {why}", self.lines + line));
            }
        }
        self.bad += lines.more_bad;
        self.lines += lines.number;
        if self.bad > 0 {
            self.outcome = self.outcome.max(Outcome::Found);
        }
        if let Some(trouble) = &chunk.trouble {
            match self.lines {
                0 => tell(format_args!("{name}: {trouble}")),
                line => tell(format_args!("{name}:{line}: {trouble}")),
            }
            if !matches!(trouble, Trouble::Grown) {
                self.outcome = Outcome::Failed;
            }
        }
    }

    fn tell_number_of_others(&self) {
        let Some(name) = self.inputs.get(self.current) else {
            return;
        };
        match self.bad.saturating_sub(TOLD) {
            0 => {}
            1 => tell(format_args!("{name}: 1 more line is bad")),
            others => tell(format_args!("{name}: {others} more lines are bad")),
        }
    }

    fn finish(self) -> Outcome {
        self.tell_number_of_others();
        self.outcome
    }
}

/// Lets no thread wait for one that panicked; the panic itself goes on.
struct EndInPanic<'r, 'a, M, F>(&'r Reader<'a, M, F>);

impl<M, F> Drop for EndInPanic<'_, '_, M, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            lock(&self.0.turn).is_over = true;
            self.0.passed.notify_all();
        }
    }
}

/// A thread that panics takes the program down; until then what it held is as good as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
