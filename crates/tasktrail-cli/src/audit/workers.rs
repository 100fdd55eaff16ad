//! Reads logs with all processors.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use tasktrail_record::{Glance, Report, Seen};

use super::bad_lines::{AllLines, ChunkLines};
use super::findings::Findings;
use super::shares::{Room, Shares};
use crate::input::Input;
use crate::input::chunks::{Chunk, Chunks, Trouble};
use crate::progress::Progress;
use crate::reading::{TORN, too_long};
use crate::spill::{Spill, SpillError};

/// Threads that take chunks of lines in turn, and sort what these say by task.
pub(super) struct Workers<'s> {
    threads: usize,
    longest_line: usize,
    shares: Shares<'s>,
    /// One of the threads has failed, so the others are of no use.
    is_given_up: AtomicBool,
}

/// What all logs said.
pub(super) struct Read<'s> {
    pub(super) report: Report,
    pub(super) findings: Findings<'s>,
    pub(super) lines: AllLines,
    /// How many records belong to no task.
    pub(super) unplaced: u64,
}

impl<'s> Workers<'s> {
    pub(super) fn new(room: Room, longest_line: usize, spill: &'s Spill) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        // With one more than there are threads, there is always one that nobody uses.
        let shares = if threads == 1 { 1 } else { 2 * threads };
        Self {
            threads,
            longest_line,
            shares: Shares::new(shares, room, spill),
            is_given_up: AtomicBool::new(false),
        }
    }

    /// Reads all logs; fails if something did not fit into the memory, nor into the temporary file.
    pub(super) fn read(
        self,
        inputs: &[Input],
        progress: &Progress,
    ) -> Result<Read<'s>, SpillError> {
        let chunks = Mutex::new(Chunks::new(inputs, self.longest_line));
        let lines = Mutex::new(AllLines::default());
        let unplaced: u64 = thread::scope(|scope| {
            let work = |thread| {
                // Two threads never begin with the same one.
                let first = 2 * thread;
                let (chunks, lines, workers) = (&chunks, &lines, &self);
                scope.spawn(move || workers.work(first, chunks, lines, progress))
            };
            let threads: Vec<_> = (0..self.threads).map(work).collect();
            let unplaced = threads.into_iter().map(|thread| match thread.join() {
                Ok(unplaced) => unplaced,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            unplaced.sum::<Result<_, _>>()
        })?;
        let (report, findings) = self.shares.finish(self.threads)?;
        let lines = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Read {
            report,
            findings,
            lines,
            unplaced,
        })
    }

    /// Takes chunks until there are none; begins each time with the share `first`.
    fn work(
        &self,
        first: usize,
        chunks: &Mutex<Chunks>,
        lines: &Mutex<AllLines>,
        progress: &Progress,
    ) -> Result<u64, SpillError> {
        let number = self.shares.number();
        let mut chunk = Chunk::default();
        let mut sorter = Sorter {
            shares: (0..number).map(|_| Vec::new()).collect(),
            longest_line: self.longest_line,
            unplaced: 0,
        };
        while !self.is_given_up.load(Ordering::Relaxed) && lock(chunks).next(&mut chunk) {
            let found = sorter.sort(&mut chunk);
            lock(lines).add(&chunk, found);
            for turn in first..first + number {
                let place = turn % number;
                if let Some(messages) = sorter.shares.get_mut(place) {
                    self.shares.add(place, messages).inspect_err(|_| {
                        self.is_given_up.store(true, Ordering::Relaxed);
                    })?;
                }
            }
            progress.advance(chunk.bytes_taken);
        }
        Ok(sorter.unplaced)
    }
}

/// Finds out which task each line belongs to.
struct Sorter {
    shares: Vec<Vec<Seen>>,
    longest_line: usize,
    unplaced: u64,
}

impl Sorter {
    fn sort(&mut self, chunk: &mut Chunk) -> ChunkLines {
        let mut found = ChunkLines::default();
        for line in chunk.lines() {
            found.lines += 1;
            let (line, is_torn) = (line.bytes, line.is_torn);
            if line.len() > self.longest_line {
                found.bad(|| too_long(line.len() as u64, self.longest_line));
                continue;
            }
            match Glance::parse(line) {
                Ok(glance) => match Seen::new(&glance, line) {
                    Some(seen) => {
                        let share = seen.share(self.shares.len());
                        if let Some(share) = self.shares.get_mut(share) {
                            share.push(seen);
                        }
                    }
                    None if glance.place().is_some() => found.bad(too_deep),
                    None => self.unplaced += 1,
                },
                Err(error) if is_torn => found.bad(|| format!("{error}; {TORN}")),
                Err(error) => found.bad(|| error.to_string()),
            }
        }
        match chunk.trouble.take() {
            Some(Trouble::TooLong(bytes)) => {
                found.lines += 1;
                found.bad(|| too_long(bytes, self.longest_line));
            }
            trouble => found.trouble = trouble,
        }
        found
    }
}

fn too_deep() -> String {
    format!("expected a level of at most {} numbers", Seen::DEEPEST)
}

/// A thread that panics takes the program down; until then its audit is as good as before.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
