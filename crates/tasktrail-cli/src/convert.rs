//! `tasktrail convert`: writes logs of any schemas in one.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tasktrail_record::{Record, Schema};

use crate::input::{Input, bytes};
use crate::losses::Losses;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::reading::{self, BadLines, Source, processors};
use crate::tell::tell;

/// Write logs of any schemas in one
///
/// Reads lines of all schemas in any mix, and prints each in the schema that is asked for, in the
/// order in which they were read. Lines that have it already are printed byte for byte.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The exit status is 0 if the schema carries all that was read, 1 if something is told or lines were \
bad, 2 if a log could not be read.",
    after_long_help = "\
Examples:
  $ tasktrail convert --to ecs client.log server.log > both.log
  8 lines written, 8 converted

  $ tasktrail convert --to gelf --bad-lines drop - < app.log | nc graylog 12201

What the schema can't carry is kept in the nearest form, and told on the standard error: each kind
once, with the number of lines.

Exit status:
  0  the schema carries all that was read
  1  something is told, or lines were bad
  2  a log could not be read, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Logs to read, also compressed with gzip or Zstandard; a folder is all files in it; none or
    /// - is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The schema to write
    #[arg(long, value_name = "SCHEMA", value_parser = schema())]
    to: Schema,

    /// What becomes of lines that are no records
    #[arg(long, value_enum, value_name = "WHAT", default_value = "keep")]
    bad_lines: BadLines,

    /// Leave out lines that are longer
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    longest_line: usize,
}

/// Takes the name of a schema; shells and help texts know all of them.
pub(crate) fn schema() -> impl TypedValueParser<Value = Schema> {
    PossibleValuesParser::new(Schema::ALL.map(Schema::name)).try_map(|name| name.parse::<Schema>())
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
    let mut numbers = Numbers::default();
    let read = reading::read(
        source,
        &mut outcome,
        |part: &mut Part, line| part.line(line.bytes, arguments),
        |part, about| {
            numbers.add(part.numbers);
            out.write_all(&part.lines)?;
            match about.is_live {
                true => out.flush(),
                false => Ok(()),
            }
        },
    );
    let mut bad = 0;
    let is_printed = out.finish(read.map(|found| bad = found), &mut outcome);
    if numbers.losses.tell() {
        outcome.worsen(Outcome::Found);
    }
    if is_printed {
        numbers.tell(bad);
    }
    outcome.into()
}

/// What was made of several lines.
#[derive(Default)]
struct Part {
    lines: Vec<u8>,
    numbers: Numbers,
}

impl Part {
    fn line(&mut self, line: &[u8], arguments: &Arguments) -> Result<(), String> {
        match Record::parse(line) {
            Ok(record) if record.schema() == arguments.to => self.as_it_is(line),
            Ok(record) => {
                let losses = record.write_as(arguments.to, &mut self.lines);
                self.numbers.losses.add(losses);
                self.numbers.written += 1;
                self.numbers.converted += 1;
            }
            Err(error) => {
                if arguments.bad_lines == BadLines::Keep {
                    self.as_it_is(line);
                }
                return Err(error.to_string());
            }
        }
        Ok(())
    }

    fn as_it_is(&mut self, line: &[u8]) {
        self.numbers.written += 1;
        self.lines.extend_from_slice(line);
        self.lines.push(b'\n');
    }
}

#[derive(Default)]
struct Numbers {
    written: u64,
    converted: u64,
    losses: Losses,
}

impl Numbers {
    fn add(&mut self, other: Self) {
        self.written += other.written;
        self.converted += other.converted;
        self.losses.join(other.losses);
    }

    fn tell(&self, bad: u64) {
        let Self {
            written, converted, ..
        } = self;
        let bad = match bad {
            0 => String::new(),
            bad => format!("; {bad} not-a-record"),
        };
        let lines = if *written == 1 { "line" } else { "lines" };
        tell(format_args!(
            "{written} {lines} written, {converted} converted{bad}"
        ));
    }
}
