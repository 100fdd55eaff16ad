//! `tasktrail dedup`: prints each record once.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tasktrail_record::Glance;

use crate::input::chunks::{Chunk, Chunks, Trouble};
use crate::input::{Input, Outcome, bytes, tell};
use crate::progress::Progress;

/// Print each record once
///
/// Of the lines that stand at one position of one task the first is printed, byte for byte, in the
/// order in which they were read. Records of no task and lines that are no records are printed as
/// they are.
#[derive(Debug, Args)]
#[command(after_help = "\
The exit status is 0 if all lines were read and no two lines of one position say different things, \
1 if not, 2 if a log could not be read. The numbers of all are told on the standard error.")]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BadLines {
    /// They are printed where they stand
    Keep,
    /// They are left out
    Drop,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let progress = Progress::new(&inputs);
    let mut printer = Printer {
        arguments,
        out: BufWriter::with_capacity(128 * 1024, io::stdout().lock()),
        known: Known::new(arguments.memory),
        numbers: Numbers::default(),
    };
    let printed = printer.print(&inputs, &progress, &mut outcome);
    progress.finish();
    match printed.and_then(|()| printer.out.flush()) {
        Ok(()) => printer.numbers.tell(&printer.known),
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            tell(format_args!("<stdout>: can't be written: {error}"));
            outcome = Outcome::Failed;
        }
    }
    // What could not be written is not to be tried again.
    let _ = printer.out.into_parts();
    if printer.numbers.bad > 0 || printer.numbers.contradictory > 0 {
        outcome = outcome.max(Outcome::Found);
    }
    outcome.into()
}

struct Printer<'a> {
    arguments: &'a Arguments,
    out: BufWriter<io::StdoutLock<'a>>,
    known: Known,
    numbers: Numbers,
}

impl Printer<'_> {
    /// Prints all lines that are new; the error is one of the output.
    fn print(
        &mut self,
        inputs: &[Input],
        progress: &Progress,
        outcome: &mut Outcome,
    ) -> io::Result<()> {
        let mut chunks = Chunks::new(inputs, self.arguments.longest_line);
        let mut chunk = Chunk::default();
        let mut place = (0, 0);
        while chunks.next(&mut chunk) {
            if place.0 != chunk.input || chunk.number == 0 {
                place = (chunk.input, 0);
            }
            let name = || {
                inputs
                    .get(chunk.input)
                    .map(ToString::to_string)
                    .unwrap_or_default()
            };
            for line in chunk.lines() {
                place.1 += 1;
                if line.len() > self.arguments.longest_line {
                    self.numbers.bad += 1;
                    tell(format_args!(
                        "{}:{}: the line has {} bytes",
                        name(),
                        place.1,
                        line.len()
                    ));
                    continue;
                }
                self.print_line(line)?;
            }
            progress.advance(chunk.bytes_taken);
            let Some(trouble) = &chunk.trouble else {
                continue;
            };
            match trouble {
                Trouble::TooLong(_) => {
                    place.1 += 1;
                    self.numbers.bad += 1;
                }
                Trouble::Grown => {}
                _ => *outcome = Outcome::Failed,
            }
            match place.1 {
                0 => tell(format_args!("{}: {trouble}", name())),
                line => tell(format_args!("{}:{line}: {trouble}", name())),
            }
        }
        Ok(())
    }

    fn print_line(&mut self, line: &[u8]) -> io::Result<()> {
        let is_new = match Glance::parse(line) {
            Ok(glance) => match glance.place() {
                Some(position) => self.known.add(&position, line.trim_ascii()),
                None => What::New,
            },
            Err(_) => {
                self.numbers.bad += 1;
                match self.arguments.bad_lines {
                    BadLines::Keep => What::New,
                    BadLines::Drop => return Ok(()),
                }
            }
        };
        match is_new {
            What::New => {
                self.numbers.printed += 1;
                self.out.write_all(line)?;
                // A last line may have no line break; another log may follow.
                match line.last() {
                    Some(b'\n') => Ok(()),
                    _ => self.out.write_all(b"\n"),
                }
            }
            What::Doubled => {
                self.numbers.doubled += 1;
                Ok(())
            }
            What::Contradictory => {
                self.numbers.contradictory += 1;
                Ok(())
            }
        }
    }
}

enum What {
    New,
    Doubled,
    Contradictory,
}

/// The positions that were printed, and what their lines said, each by a hash.
struct Known {
    hashers: [RandomState; 2],
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
            hashers: [RandomState::new(), RandomState::new()],
            older: HashMap::new(),
            newer: HashMap::new(),
            limit: (memory / POSITION).max(1),
            forgotten: 0,
        }
    }

    fn add(&mut self, position: &impl std::hash::Hash, line: &[u8]) -> What {
        let [one, other] = &self.hashers;
        let hash =
            (u128::from(one.hash_one(position)) << 64) | u128::from(other.hash_one(position));
        let content = one.hash_one(line);
        match self.newer.get(&hash).or_else(|| self.older.get(&hash)) {
            Some(known) if *known == content => return What::Doubled,
            Some(_) => return What::Contradictory,
            None => {}
        }
        if self.newer.len() == self.limit {
            self.forgotten += self.older.len() as u64;
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(hash, content);
        What::New
    }
}

#[derive(Default)]
struct Numbers {
    printed: u64,
    doubled: u64,
    contradictory: u64,
    bad: u64,
}

impl Numbers {
    fn tell(&self, known: &Known) {
        let Self {
            printed,
            doubled,
            contradictory,
            bad,
        } = self;
        let mut summary = format!("{printed} lines printed, {doubled} doubled");
        if *contradictory > 0 {
            summary += &format!(
                "; {contradictory} say something else than the first of their position, and were left out"
            );
        }
        if *bad > 0 {
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
