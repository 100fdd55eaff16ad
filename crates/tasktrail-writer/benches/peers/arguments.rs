//! What is asked for on the command line.

use std::str::FromStr;

use crate::row::Row;
use crate::writers::Kind;

pub(crate) enum Command {
    Compare(Comparison),
    /// One measurement, in a process of its own.
    Measure(Task),
}

pub(crate) struct Comparison {
    pub(crate) rows: Vec<Row>,
    pub(crate) writers: Vec<Kind>,
    pub(crate) rounds: usize,
    pub(crate) lines: u32,
    pub(crate) capacity: Option<usize>,
    pub(crate) spread: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Task {
    pub(crate) row: Row,
    pub(crate) writer: Kind,
    pub(crate) lines: u32,
    pub(crate) capacity: Option<usize>,
}

impl Command {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut comparison = Comparison {
            rows: Row::ALL.to_vec(),
            writers: Kind::ALL.to_vec(),
            rounds: 5,
            lines: 200_000,
            capacity: None,
            spread: false,
        };
        let mut measure = false;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--rows" => comparison.rows = list(words.next(), Row::by_key)?,
                "--writers" => comparison.writers = list(words.next(), Kind::by_key)?,
                "--rounds" => comparison.rounds = number(words.next())?,
                "--lines" => comparison.lines = number(words.next())?,
                "--capacity" => comparison.capacity = Some(number(words.next())?),
                "--spread" => comparison.spread = true,
                "--measure" => measure = true,
                // Cargo says it to every benchmark.
                "--bench" => {}
                _ => return Err(format!("expected an option such as --rows, found {word}")),
            }
        }
        if !measure {
            return Ok(Command::Compare(comparison));
        }
        let (Some(row), Some(writer)) = (comparison.rows.first(), comparison.writers.first())
        else {
            return Err("expected a row and a writer to measure".to_owned());
        };
        Ok(Command::Measure(Task {
            row: *row,
            writer: *writer,
            lines: comparison.lines,
            capacity: comparison.capacity,
        }))
    }
}

impl Task {
    /// The words from which it is parsed again.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = vec!["--measure".to_owned()];
        words.extend(["--rows".to_owned(), self.row.key().to_owned()]);
        words.extend(["--writers".to_owned(), self.writer.key().to_owned()]);
        words.extend(["--lines".to_owned(), self.lines.to_string()]);
        if let Some(capacity) = self.capacity {
            words.extend(["--capacity".to_owned(), capacity.to_string()]);
        }
        words
    }
}

fn list<T>(words: Option<String>, by_key: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let words = words.ok_or("expected a list, found the end")?;
    let found = words.split(',').map(|word| {
        by_key(word).ok_or_else(|| format!("expected one that the benchmark knows, found {word}"))
    });
    found.collect()
}

fn number<T: FromStr>(word: Option<String>) -> Result<T, String> {
    let word = word.ok_or("expected a number, found the end")?;
    let number = word.parse();
    number.map_err(|_| format!("expected a number, found {word}"))
}
