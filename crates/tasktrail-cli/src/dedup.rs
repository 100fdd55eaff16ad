//! `tasktrail dedup`: prints each record once.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tasktrail_record::Glance;

use crate::input::chunks::Line;
use crate::input::{Input, bytes};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::reading::{self, About, BadLines, Source, processors};
use crate::tell::tell;

/// Print each record once
///
/// Of the lines that stand at one position of one task the first is printed, byte for byte, in the
/// order in which they were read. Records of no task and lines that are no records are printed as
/// they are.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The exit status is 0 if all lines were read and no two lines of one position say different things, \
1 if not, 2 if a log could not be read. The numbers of all are told on the standard error, and where \
the first ten lines stand that say something else.",
    after_long_help = "\
Examples:
  $ tasktrail dedup client.log client.log > once.log
  4 lines printed, 4 doubled
  $ tasktrail dedup --bad-lines drop logs/ | tasktrail tree

The numbers of all are told on the standard error, and where the first ten lines stand that say
something else than the first one of their position.

Exit status:
  0  all lines were read, and no two lines of one position say different things
  1  some lines were bad, or two lines of one position say different things: the first one is printed
  2  a log could not be read, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Logs to read, also compressed with gzip or Zstandard; a folder is all files in it; none or
    /// - is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// What becomes of lines that are no records
    #[arg(long, value_enum, value_name = "WHAT", default_value = "keep")]
    bad_lines: BadLines,

    /// Know again as many records as fit into so much memory; what is there twice further apart is
    /// printed twice, and told
    #[arg(long, value_name = "BYTES", default_value = "1G", value_parser = bytes)]
    memory: usize,

    /// Leave out lines that are longer
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    longest_line: usize,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let source = Source {
        inputs: &inputs,
        longest_line: arguments.longest_line,
        with: None,
        threads: processors(),
    };
    let mut out = Output::plain();
    let hashers = Hashers::default();
    let mut known = Known::new(arguments.memory);
    let mut numbers = Numbers::default();
    let read = reading::read(
        source,
        &mut outcome,
        |part: &mut Part, line| part.line(line, arguments.bad_lines, &hashers),
        |part, about| {
            part.print(&mut known, &mut numbers, &mut out, about)?;
            match about.is_live {
                true => out.flush(),
                false => Ok(()),
            }
        },
    );
    let mut bad = 0;
    if out.finish(read.map(|found| bad = found), &mut outcome) {
        numbers.tell(bad, &known);
    }
    if numbers.contradictory > 0 {
        outcome.worsen(Outcome::Found);
    }
    outcome.into()
}

/// Several lines, and what is known again of them.
#[derive(Default)]
struct Part {
    lines: Vec<u8>,
    /// For each line its number, where it ends, and its marks, if it has a position.
    ends: Vec<(u64, usize, Option<Marks>)>,
}

/// Stand for a position, and for what the line there says.
#[derive(Debug, Clone, Copy)]
struct Marks {
    position: u128,
    content: u64,
}

impl Part {
    fn line(&mut self, line: Line<'_>, bad: BadLines, hashers: &Hashers) -> Result<(), String> {
        let Line { number, bytes, .. } = line;
        let (marks, read) = match Glance::parse(bytes) {
            Ok(glance) => (
                glance.place().map(|place| hashers.marks(&place, bytes)),
                Ok(()),
            ),
            Err(error) if bad == BadLines::Keep => (None, Err(error.to_string())),
            Err(error) => return Err(error.to_string()),
        };
        self.lines.extend_from_slice(bytes);
        self.lines.push(b'\n');
        self.ends.push((number, self.lines.len(), marks));
        read
    }

    /// Prints the lines that are new.
    fn print(
        &self,
        known: &mut Known,
        numbers: &mut Numbers,
        out: &mut impl Write,
        about: &mut About,
    ) -> io::Result<()> {
        let mut start = 0;
        for (number, end, marks) in &self.ends {
            let line = self.lines.get(start..*end).unwrap_or_default();
            start = *end;
            match marks.map_or(What::New, |marks| known.add(marks)) {
                What::New => {
                    numbers.printed += 1;
                    out.write_all(line)?;
                }
                What::Doubled => numbers.doubled += 1,
                What::Contradictory => {
                    numbers.contradictory += 1;
                    if numbers.contradictory <= TOLD {
                        about.say(*number, LEFT_OUT.to_owned());
                    }
                }
            }
        }
        Ok(())
    }
}

/// How many lines that say something else are told one by one.
const TOLD: u64 = 10;

const LEFT_OUT: &str = "says something else than the first line of its position, and was left out";

enum What {
    New,
    Doubled,
    Contradictory,
}

#[derive(Default)]
struct Hashers([RandomState; 2]);

impl Hashers {
    fn marks(&self, position: &impl Hash, line: &[u8]) -> Marks {
        let Self([one, other]) = self;
        let halves = [one.hash_one(position), other.hash_one(position)];
        let [high, low] = halves.map(u128::from);
        Marks {
            position: (high << 64) | low,
            content: one.hash_one(line.trim_ascii()),
        }
    }
}

/// The positions that were printed, and what their lines said.
struct Known {
    /// Those before the newest; forgotten when there are as many newer ones.
    older: HashMap<u128, u64>,
    newer: HashMap<u128, u64>,
    /// How many are newer, at most.
    limit: usize,
    forgotten: u64,
}

impl Known {
    fn new(memory: usize) -> Self {
        // A table may be less than half full, and there are two.
        const POSITION: usize = 4 * (size_of::<(u128, u64)>() + 1);
        Self {
            older: HashMap::new(),
            newer: HashMap::new(),
            limit: (memory / POSITION).max(1),
            forgotten: 0,
        }
    }

    fn add(&mut self, Marks { position, content }: Marks) -> What {
        match self
            .newer
            .get(&position)
            .or_else(|| self.older.get(&position))
        {
            Some(known) if *known == content => return What::Doubled,
            Some(_) => return What::Contradictory,
            None => {}
        }
        if self.newer.len() == self.limit {
            self.forgotten += self.older.len() as u64;
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(position, content);
        What::New
    }
}

#[derive(Default)]
struct Numbers {
    printed: u64,
    doubled: u64,
    contradictory: u64,
}

impl Numbers {
    fn tell(&self, bad: u64, known: &Known) {
        let Self {
            printed,
            doubled,
            contradictory,
        } = self;
        let mut summary = format!("{printed} lines printed, {doubled} doubled");
        if *contradictory > 0 {
            summary += &format!(
                "; {contradictory} say something else than the first of their position, and were left out"
            );
        }
        if bad > 0 {
            summary += &format!("; {bad} not-a-record");
        }
        if known.forgotten > 0 {
            summary += &format!(
                "; {} records were forgotten to keep to the memory, what repeats them is printed",
                known.forgotten
            );
        }
        tell(format_args!("{summary}"));
    }
}
