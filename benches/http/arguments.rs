//! What is asked for on the command line.

use std::str::FromStr;

use crate::contenders::Contender;

pub(crate) enum Command {
    Compare(Comparison),
    /// One measurement, in a process of its own.
    Measure(Contender, u64),
    /// The requests alone, to be counted by callgrind.
    Repeat(Contender, u64),
}

pub(crate) struct Comparison {
    pub(crate) contenders: Vec<Contender>,
    pub(crate) rounds: usize,
    pub(crate) requests: u64,
    pub(crate) instructions: bool,
}

impl Command {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut comparison = Comparison {
            contenders: Contender::all(),
            rounds: 5,
            requests: 20_000,
            instructions: false,
        };
        let mut one: Option<fn(Contender, u64) -> Self> = None;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--contenders" => comparison.contenders = contenders(words.next())?,
                "--rounds" => comparison.rounds = number(words.next())?,
                "--requests" => comparison.requests = number(words.next())?,
                "--instructions" => comparison.instructions = true,
                "--measure" => one = Some(Self::Measure),
                "--repeat" => one = Some(Self::Repeat),
                // Cargo says it to every benchmark.
                "--bench" => {}
                _ => return Err(format!("expected an option such as --rounds, found {word}")),
            }
        }
        match (one, &*comparison.contenders) {
            (None, _) => Ok(Self::Compare(comparison)),
            (Some(one), [contender]) => Ok(one(*contender, comparison.requests)),
            _ => Err("expected one contender to measure".to_owned()),
        }
    }
}

fn contenders(words: Option<String>) -> Result<Vec<Contender>, String> {
    let words = words.ok_or("expected a list, found the end")?;
    let found = words.split(',').map(|word| {
        Contender::by_key(word)
            .ok_or_else(|| format!("expected one that the benchmark knows, found {word}"))
    });
    found.collect()
}

fn number<T: FromStr>(word: Option<String>) -> Result<T, String> {
    let word = word.ok_or("expected a number, found the end")?;
    let number = word.parse();
    number.map_err(|_| format!("expected a number, found {word}"))
}
