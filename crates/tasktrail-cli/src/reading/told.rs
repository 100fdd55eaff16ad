//! Tells of bad lines, and of what happened to logs.

use crate::input::Input;
use crate::input::chunks::Chunk;
use crate::outcome::Outcome;
use crate::tell::tell;

/// How many bad lines of each log are told: a file that is no log has a hundred thousand of them.
const TOLD: u64 = 10;

/// What is to be known of several lines besides what was made of them.
#[derive(Debug)]
pub(crate) struct About {
    /// Whether the next lines may be long in coming, so that somebody may wait for these.
    pub(crate) is_live: bool,
    /// How many lines there are.
    pub(super) lines: u64,
    /// The first bad ones, by their numbers.
    bad: Vec<(u64, String)>,
    more_bad: u64,
    /// What else is to be said of lines, by their numbers.
    said: Vec<(u64, String)>,
}

impl About {
    pub(super) fn new(is_live: bool) -> Self {
        Self {
            is_live,
            lines: 0,
            bad: Vec::new(),
            more_bad: 0,
            said: Vec::new(),
        }
    }

    /// Takes in why a line is bad; the number is that of [`Line`](crate::input::chunks::Line).
    pub(crate) fn bad(&mut self, number: u64, why: String) {
        match (self.bad.len() as u64) < TOLD {
            true => self.bad.push((number, why)),
            false => self.more_bad += 1,
        }
    }

    /// Takes in what is to be said of a line that is not bad.
    pub(crate) fn say(&mut self, number: u64, what: String) {
        self.said.push((number, what));
    }
}

/// Tells people, log by log.
#[derive(Debug)]
pub(super) struct Told<'a> {
    inputs: &'a [Input],
    /// The log of the last chunk, and how many lines and bad ones it had so far.
    current: usize,
    lines: u64,
    bad: u64,
    /// How many lines of the logs before were bad.
    bad_before: u64,
    outcome: Outcome,
}

impl<'a> Told<'a> {
    pub(super) fn of(inputs: &'a [Input]) -> Self {
        Self {
            inputs,
            current: 0,
            lines: 0,
            bad: 0,
            bad_before: 0,
            outcome: Outcome::Fine,
        }
    }

    pub(super) fn chunk(&mut self, chunk: &Chunk, mut about: About) {
        if self.current != chunk.input {
            self.end_log();
            (self.current, self.lines, self.bad) = (chunk.input, 0, 0);
        }
        let Some(name) = self.inputs.get(chunk.input) else {
            return;
        };
        about.bad.sort_by_key(|(number, _)| *number);
        for (number, why) in about.bad {
            self.bad += 1;
            if self.bad <= TOLD {
                tell(format_args!("{name}:{}: {why}", self.lines + number));
            }
        }
        for (number, what) in about.said {
            tell(format_args!("{name}:{}: {what}", self.lines + number));
        }
        self.bad += about.more_bad;
        self.lines += about.lines;
        if self.bad > 0 {
            self.outcome.worsen(Outcome::Found);
        }
        if let Some(trouble) = &chunk.trouble {
            match self.lines {
                0 => tell(format_args!("{name}: {trouble}")),
                line => tell(format_args!("{name}:{line}: {trouble}")),
            }
            self.outcome.worsen(trouble.outcome());
        }
    }

    /// Tells how many bad lines there are besides those that were told.
    fn end_log(&mut self) {
        self.bad_before += self.bad;
        let Some(name) = self.inputs.get(self.current) else {
            return;
        };
        match self.bad.saturating_sub(TOLD) {
            0 => {}
            1 => tell(format_args!("{name}: 1 more line is bad")),
            others => tell(format_args!("{name}: {others} more lines are bad")),
        }
    }

    /// Gives the number of all bad lines, and how it went.
    pub(super) fn finish(mut self) -> (u64, Outcome) {
        self.end_log();
        (self.bad_before, self.outcome)
    }
}
