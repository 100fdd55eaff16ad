//! What is asked for on the command line.

use std::str::FromStr;

use crate::contenders::Contender;
use crate::row::Row;

pub(crate) enum Command {
    Compare(Comparison),
    /// One measurement, in a process of its own.
    Measure(Task),
    /// A row's work alone, to be counted by callgrind.
    Repeat(Task),
    Record,
    Check,
}

pub(crate) struct Comparison {
    pub(crate) rows: Vec<Row>,
    pub(crate) contenders: Vec<Contender>,
    pub(crate) rounds: usize,
    pub(crate) events: u64,
    pub(crate) instructions: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Task {
    pub(crate) row: Row,
    pub(crate) contender: Contender,
    pub(crate) events: u64,
}

impl Command {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut comparison = Comparison {
            rows: Row::all(),
            contenders: Contender::all(),
            rounds: 5,
            events: 20_000,
            instructions: false,
        };
        let mut one: Option<fn(Task) -> Self> = None;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--rows" => comparison.rows = list(words.next(), Row::by_key)?,
                "--contenders" => comparison.contenders = list(words.next(), Contender::by_key)?,
                "--rounds" => comparison.rounds = number(words.next())?,
                "--events" => comparison.events = number(words.next())?,
                "--instructions" => comparison.instructions = true,
                "--measure" => one = Some(Self::Measure),
                "--repeat" => one = Some(Self::Repeat),
                "--record" => return Ok(Self::Record),
                "--check" => return Ok(Self::Check),
                // Cargo says it to every benchmark.
                "--bench" => {}
                _ => return Err(format!("expected an option such as --rows, found {word}")),
            }
        }
        let Some(one) = one else {
            return Ok(Self::Compare(comparison));
        };
        match (&*comparison.rows, &*comparison.contenders) {
            ([row], [contender]) => Ok(one(Task {
                row: *row,
                contender: *contender,
                events: comparison.events,
            })),
            _ => Err("expected one row and one contender to measure".to_owned()),
        }
    }
}

impl Task {
    /// The words from which it is parsed again.
    pub(crate) fn words(&self, what: &str) -> Vec<String> {
        let (row, events) = (self.row.key(), self.events.to_string());
        let words = [
            ["--rows", &row],
            ["--contenders", self.contender.key],
            ["--events", &events],
        ];
        let words = words.iter().flatten().map(ToString::to_string);
        [what.to_owned()].into_iter().chain(words).collect()
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
