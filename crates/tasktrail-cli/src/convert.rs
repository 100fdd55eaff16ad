//! `tasktrail convert`: writes logs of any schemas in one.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tasktrail_record::{Loss, Record, Schema};

use crate::input::chunks::{Chunk, Chunks, Trouble};
use crate::input::{Input, Outcome, bytes, tell};
use crate::progress::Progress;

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

Schemas: eliot, logstash, logstash-v0, logback, ecs, gelf, bunyan, google-cloud, opentelemetry,
tracing.

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
    #[arg(long, value_name = "SCHEMA")]
    to: Schema,

    /// What becomes of lines that are no records
    #[arg(long, value_enum, value_name = "WHAT", default_value = "keep")]
    bad_lines: BadLines,

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
    let mut converter = Converter {
        arguments,
        out: BufWriter::with_capacity(128 * 1024, io::stdout().lock()),
        line: Vec::new(),
        numbers: Numbers::default(),
    };
    let written = converter.all(&inputs, &progress, &mut outcome);
    progress.finish();
    match written.and_then(|()| converter.out.flush()) {
        Ok(()) => converter.numbers.tell(),
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            tell(format_args!("<stdout>: can't be written: {error}"));
            outcome = Outcome::Failed;
        }
    }
    // What could not be written is not to be tried again.
    let _ = converter.out.into_parts();
    if converter.numbers.bad > 0 || !converter.numbers.losses.is_empty() {
        outcome = outcome.max(Outcome::Found);
    }
    outcome.into()
}

struct Converter<'a> {
    arguments: &'a Arguments,
    out: BufWriter<io::StdoutLock<'a>>,
    /// The line that is written, whose memory is used again.
    line: Vec<u8>,
    numbers: Numbers,
}

impl Converter<'_> {
    /// Writes all lines; the error is one of the output.
    fn all(
        &mut self,
        inputs: &[Input],
        progress: &Progress,
        outcome: &mut Outcome,
    ) -> io::Result<()> {
        let mut chunks = Chunks::new(inputs, self.arguments.longest_line);
        let mut chunk = Chunk::default();
        // The log, and how many of its lines were read.
        let mut place = (0, 0_u64);
        while chunks.next(&mut chunk) {
            if place.0 != chunk.input || chunk.number == 0 {
                place = (chunk.input, 0);
            }
            let log = inputs.get(chunk.input);
            let name = || log.map(ToString::to_string).unwrap_or_default();
            for line in chunk.lines() {
                place.1 += 1;
                if line.len() > self.arguments.longest_line {
                    self.numbers.bad(|| {
                        format!("{}:{}: the line has {} bytes", name(), place.1, line.len())
                    });
                    continue;
                }
                match Record::parse(line) {
                    Ok(record) => self.record(&record, line)?,
                    Err(error) => {
                        self.numbers
                            .bad(|| format!("{}:{}: {error}", name(), place.1));
                        if self.arguments.bad_lines == BadLines::Keep {
                            self.as_it_is(line)?;
                        }
                    }
                }
            }
            progress.advance(chunk.bytes_taken);
            match &chunk.trouble {
                None | Some(Trouble::Grown) => {}
                Some(trouble @ Trouble::TooLong(_)) => {
                    place.1 += 1;
                    self.numbers
                        .bad(|| format!("{}:{}: {trouble}", name(), place.1));
                }
                Some(trouble) => {
                    tell(format_args!("{}: {trouble}", name()));
                    *outcome = Outcome::Failed;
                }
            }
        }
        Ok(())
    }

    fn record(&mut self, record: &Record, line: &[u8]) -> io::Result<()> {
        if record.schema() == self.arguments.to {
            return self.as_it_is(line);
        }
        self.line.clear();
        for loss in record.write_as(self.arguments.to, &mut self.line) {
            self.numbers.lost(loss);
        }
        self.numbers.written += 1;
        self.numbers.converted += 1;
        self.out.write_all(&self.line)
    }

    fn as_it_is(&mut self, line: &[u8]) -> io::Result<()> {
        self.numbers.written += 1;
        self.out.write_all(line)?;
        // A last line may have no line break; another log may follow.
        match line.last() {
            Some(b'\n') => Ok(()),
            _ => self.out.write_all(b"\n"),
        }
    }
}

#[derive(Default)]
struct Numbers {
    written: u64,
    converted: u64,
    bad: u64,
    losses: BTreeMap<Loss, u64>,
}

impl Numbers {
    /// A file that is no log has a hundred thousand bad lines; the first say so already.
    const TOLD: u64 = 10;

    /// Keys may have any name, and all of them are told at the end.
    const KINDS: usize = 1000;

    fn bad(&mut self, what: impl FnOnce() -> String) {
        self.bad += 1;
        if self.bad <= Self::TOLD {
            tell(format_args!("{}", what()));
        }
    }

    fn lost(&mut self, loss: Loss) {
        let loss = match loss {
            Loss::Key(_)
                if self.losses.len() >= Self::KINDS && !self.losses.contains_key(&loss) =>
            {
                Loss::Key("others".to_owned())
            }
            loss => loss,
        };
        *self.losses.entry(loss).or_default() += 1;
    }

    fn tell(&self) {
        for (loss, lines) in &self.losses {
            match lines {
                1 => tell(format_args!("1 line: {loss}")),
                lines => tell(format_args!("{lines} lines: {loss}")),
            }
        }
        let Self {
            written,
            converted,
            bad,
            ..
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
