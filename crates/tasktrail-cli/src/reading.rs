//! Reads lines with all processors, and hands on what was made of them in the order of the logs.

mod told;

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use clap::ValueEnum;
use memchr::memmem::Finder;

use crate::input::Input;
use crate::input::chunks::{Chunk, Chunks, Line, Trouble};
use crate::outcome::Outcome;
use crate::progress::Progress;
pub(crate) use told::About;
use told::Told;

/// What is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) inputs: &'a [Input],
    /// In bytes; lines that are longer are bad.
    pub(crate) longest_line: usize,
    /// Lines in which these bytes don't stand are passed over, whatever else is in them.
    pub(crate) with: Option<&'a [u8]>,
    /// How many threads make something of lines; all [`processors`], unless what they make is so
    /// many small pieces of memory that it costs more to free them elsewhere than to make them.
    pub(crate) threads: usize,
}

/// What becomes of lines that are no records, where lines are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BadLines {
    /// They are printed where they stand
    Keep,
    /// They are left out
    Drop,
}

/// Counts what can work at the same time.
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Makes something of each line, and gives what was made of several lines to `take`, in the order of
/// the logs. Tells how many lines were bad.
///
/// Lines of which nothing can be made are told on the standard error, with their places, and so is
/// what happened to logs. Memory holds one chunk of lines for each processor, and what is made of
/// it.
///
/// # Errors
///
/// Those of `take`, which end the reading.
pub(crate) fn read<T: Default>(
    source: Source<'_>,
    outcome: &mut Outcome,
    make: impl Fn(&mut T, Line<'_>) -> Result<(), String> + Sync,
    take: impl FnMut(T, &mut About) -> io::Result<()> + Send,
) -> io::Result<u64> {
    let Source {
        inputs,
        longest_line,
        with,
        threads,
    } = source;
    let progress = Progress::new(inputs);
    let reader = Reader {
        longest_line,
        with: with.map(Finder::new),
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
    match threads {
        0 | 1 => reader.work(&progress),
        _ => thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| reader.work(&progress));
            }
        }),
    }
    progress.finish();
    let turn = reader
        .turn
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let (bad, told) = turn.told.finish();
    outcome.worsen(told);
    turn.taken.map(|()| bad)
}

struct Reader<'a, M, F> {
    longest_line: usize,
    with: Option<Finder<'a>>,
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

impl<M, F> Reader<'_, M, F> {
    fn work<T: Default>(&self, progress: &Progress)
    where
        M: Fn(&mut T, Line<'_>) -> Result<(), String>,
        F: FnMut(T, &mut About) -> io::Result<()>,
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
            let mut about = self.lines(&mut chunk, &mut made);
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
            turn.taken = (turn.take)(made, &mut about);
            turn.told.chunk(&chunk, about);
            turn.is_over = turn.taken.is_err();
            turn.next += 1;
            self.passed.notify_all();
            drop(turn);
            progress.advance(chunk.bytes_taken);
        }
        drop(end);
    }

    fn lines<T>(&self, chunk: &mut Chunk, made: &mut T) -> About
    where
        M: Fn(&mut T, Line<'_>) -> Result<(), String>,
    {
        let mut about = About::new(chunk.is_live);
        let mut make = |line: Line<'_>| {
            if line.bytes.len() > self.longest_line {
                let length = line.bytes.len() as u64;
                about.bad(line.number, too_long(length, self.longest_line));
            } else if let Err(error) = (self.make)(made, line) {
                let why = match line.is_torn {
                    true => format!("{error}; {TORN}"),
                    false => error,
                };
                about.bad(line.number, why);
            }
        };
        about.lines = match &self.with {
            Some(with) => chunk.lines_with(with, &mut make),
            None => chunk.lines().map(&mut make).count() as u64,
        };
        if let Some(Trouble::TooLong(bytes)) = chunk.trouble {
            chunk.trouble = None;
            about.lines += 1;
            about.bad(about.lines, too_long(bytes, self.longest_line));
        }
        about
    }
}

/// Says what may have happened to a last line.
pub(crate) const TORN: &str = "the last line has no line break: it is torn, or still being written";

pub(crate) fn too_long(bytes: u64, longest: usize) -> String {
    format!("expected a line of at most {longest} bytes, found {bytes}")
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
