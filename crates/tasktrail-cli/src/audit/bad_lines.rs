//! Lines that are no records, and where they stand.

use std::collections::BTreeMap;

use crate::input::Outcome;
use crate::input::chunks::{Chunk, Trouble};

/// What was found out about the lines of one chunk.
#[derive(Debug, Default)]
pub(super) struct ChunkLines {
    /// How many lines there are.
    pub(super) lines: u64,
    /// The first bad ones, by their places among these lines, from 0.
    pub(super) bad: Vec<(u64, String)>,
    /// How many bad ones are not among them.
    pub(super) more: u64,
    pub(super) trouble: Option<Trouble>,
}

/// How many bad lines of each log are told: a file that is no log has a million of them.
const TOLD: usize = 1000;

impl ChunkLines {
    /// Takes in a bad line, the last one that was counted.
    pub(super) fn bad(&mut self, why: impl FnOnce() -> String) {
        match self.bad.len() < TOLD {
            true => self.bad.push((self.lines.saturating_sub(1), why())),
            false => self.more += 1,
        }
    }
}

/// The chunks of all logs, which may have been looked at in any order.
#[derive(Debug, Default)]
pub(super) struct AllLines(BTreeMap<(usize, usize), ChunkLines>);

/// A line that is no record, or what else happened to a log; its line from 1.
#[derive(Debug)]
pub(super) struct BadLine {
    pub(super) input: usize,
    pub(super) line: u64,
    pub(super) why: String,
}

/// Everything about lines that is to be told.
#[derive(Debug, Default)]
pub(super) struct ToldLines {
    pub(super) bad: Vec<BadLine>,
    /// The inputs that have more bad lines than are told, and how many.
    pub(super) more: Vec<(usize, u64)>,
    /// What happened to logs.
    pub(super) troubles: Vec<BadLine>,
    /// How many logs could not be read, or not to their ends.
    pub(super) not_read: u64,
}

impl AllLines {
    pub(super) fn add(&mut self, chunk: &Chunk, lines: ChunkLines) {
        self.0.insert((chunk.input, chunk.number), lines);
    }

    /// Counts the lines of each log from its start.
    pub(super) fn told(self, outcome: &mut Outcome) -> ToldLines {
        let mut told = ToldLines::default();
        let mut current = None;
        let (mut before, mut bad_here, mut more) = (0, 0, 0);
        for ((input, _), chunk) in self.0 {
            if current != Some(input) {
                told.end_log(current, more);
                (current, before, bad_here, more) = (Some(input), 0, 0, 0);
            }
            more += chunk.more;
            for (place, why) in chunk.bad {
                bad_here += 1;
                if bad_here > TOLD {
                    more += 1;
                    continue;
                }
                let line = before + place + 1;
                told.bad.push(BadLine { input, line, why });
            }
            before += chunk.lines;
            if let Some(trouble) = chunk.trouble {
                if !matches!(trouble, Trouble::Grown) {
                    told.not_read += 1;
                    *outcome = Outcome::Failed;
                }
                let why = trouble.to_string();
                told.troubles.push(BadLine {
                    input,
                    line: before,
                    why,
                });
            }
        }
        told.end_log(current, more);
        if !told.bad.is_empty() {
            *outcome = (*outcome).max(Outcome::Found);
        }
        told
    }
}

impl ToldLines {
    fn end_log(&mut self, input: Option<usize>, more: u64) {
        if let Some(input) = input.filter(|_| more > 0) {
            self.more.push((input, more));
        }
    }
}
