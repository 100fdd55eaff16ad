//! Lines that are no records, and where they stand.

use std::collections::BTreeMap;

use crate::input::chunks::{Chunk, Trouble};
use crate::outcome::Outcome;

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
pub(super) struct AllLines(BTreeMap<usize, LogLines>);

/// The chunks of one log: those from its start are counted together, so that they take no more
/// memory than what is told of them.
#[derive(Debug, Default)]
struct LogLines {
    /// The place of the chunk that comes next.
    next: usize,
    lines: u64,
    /// The first bad ones, by their places from 0.
    bad: Vec<(u64, String)>,
    more: u64,
    /// What happened to the log, and the line before.
    troubles: Vec<(u64, Trouble)>,
    /// Chunks behind one that is not there yet.
    waiting: BTreeMap<usize, ChunkLines>,
}

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
    /// How many logs have grown while they were read.
    pub(super) grown: u64,
}

impl AllLines {
    pub(super) fn add(&mut self, chunk: &Chunk, lines: ChunkLines) {
        let log = self.0.entry(chunk.input).or_default();
        log.waiting.insert(chunk.number, lines);
        while let Some(lines) = log.waiting.remove(&log.next) {
            log.append(lines);
            log.next += 1;
        }
    }

    /// Says what was found in each log, in the order in which they were named.
    pub(super) fn told(self, outcome: &mut Outcome) -> ToldLines {
        let mut told = ToldLines::default();
        for (input, log) in self.0 {
            let bad = log.bad.into_iter();
            told.bad.extend(bad.map(|(place, why)| BadLine {
                input,
                line: place + 1,
                why,
            }));
            if log.more > 0 {
                told.more.push((input, log.more));
            }
            for (line, trouble) in log.troubles {
                outcome.worsen(trouble.outcome());
                match trouble.outcome() {
                    Outcome::Failed => told.not_read += 1,
                    _ => told.grown += 1,
                }
                let why = trouble.to_string();
                told.troubles.push(BadLine { input, line, why });
            }
        }
        if !told.bad.is_empty() {
            outcome.worsen(Outcome::Found);
        }
        told
    }
}

impl LogLines {
    fn append(&mut self, chunk: ChunkLines) {
        self.more += chunk.more;
        for (place, why) in chunk.bad {
            match self.bad.len() < TOLD {
                true => self.bad.push((self.lines + place, why)),
                false => self.more += 1,
            }
        }
        self.lines += chunk.lines;
        let trouble = chunk.trouble.map(|trouble| (self.lines, trouble));
        self.troubles.extend(trouble);
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_log_that_was_not_read_whole_is_not_fine() {
        let trouble = |trouble| {
            let lines = ChunkLines {
                trouble: Some(trouble),
                ..ChunkLines::default()
            };
            let (mut all, mut outcome) = (AllLines::default(), Outcome::Fine);
            all.add(&Chunk::default(), lines);
            let told = all.told(&mut outcome);
            (outcome, told.not_read, told.grown)
        };

        assert_eq!(trouble(Trouble::Grown(1, 2)), (Outcome::Found, 0, 1));
        assert_eq!(trouble(Trouble::Truncated(2, 1)), (Outcome::Failed, 1, 0));
        let error = io::ErrorKind::NotFound.into();
        assert_eq!(trouble(Trouble::Open(error)), (Outcome::Failed, 1, 0));
    }
}
