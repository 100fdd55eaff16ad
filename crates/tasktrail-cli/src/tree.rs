//! `tasktrail tree`: draws the tasks of logs as trees.

use std::env;
use std::io::{self, BufReader, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tasktrail_record::{Charset, Color, Drawing, LineProblem, Record, Records, Tree, Trees};

use crate::input::{Input, Outcome, tell};

/// Draw the tasks of logs as trees
///
/// Reads lines of JSON as Eliot or the JSON layers of tasktrail write them in any schema, in
/// any mix and any order, and draws each task as soon as all of it was read. Tasks of which
/// something is missing come last. Name the logs of all programs that took part, to see a task
/// whole.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The exit status is 0 if all lines were read, 1 if some lines were bad (the first 10 of each log \
are told on the standard error, then how many more there are; the good ones are drawn), 2 if a log \
could not be read.",
    after_long_help = "\
Example:
  $ tasktrail tree client.log server.log
  192f76ea-915e-4131-95dc-da28c6bcdbb5
  └── ask/1 ⇒ started 2023-11-14 22:13:20Z ⧖ 0.500s
      ├── question: 6 / 3
      ├── answer/2/1 ⇒ started 2023-11-14 22:13:20Z ⧖ 0.125s
      │   └── answer/2/2 ⇒ succeeded 2023-11-14 22:13:20Z
      │       └── result: 2
      └── ask/3 ⇒ succeeded 2023-11-14 22:13:20Z

Exit status:
  0  all lines were read
  1  some lines were bad: the first 10 of each log are told on the standard error, then how many
     more there are; the good ones are drawn
  2  a log could not be read, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Logs to read, one after the other, also compressed with gzip or Zstandard; a folder is all
    /// files in it; none or - is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Draw the lines with |, + and -
    #[arg(long)]
    ascii: bool,

    /// Draw in colours; auto: if the output is a terminal and NO_COLOR is not set
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    color: When,

    /// Draw so many characters of each value, of its first line; 0: all of it
    #[arg(short = 'l', long, value_name = "LENGTH", default_value_t = 100)]
    field_limit: usize,

    /// Leave out this key of messages, once or more; without it, what their names tell already
    /// is left out: action_type, action_status, message_type
    #[arg(short, long, value_name = "KEY")]
    ignore_task_key: Vec<String>,

    /// Draw this task only
    #[arg(short = 'u', long, value_name = "UUID")]
    task_uuid: Option<String>,
}

/// Large enough that the system is asked seldom, small enough to stay in a cache.
const BUFFER_BYTES: usize = 128 * 1024;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let stdout = io::stdout();
    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let is_live = stdout.is_terminal() || inputs.iter().any(|input| matches!(input, Input::Stdin));
    let mut painter = Painter {
        drawing: drawing(arguments, stdout.is_terminal()),
        out: BufWriter::new(stdout.lock()),
        is_live,
    };
    match draw(arguments, &inputs, &mut painter, &mut outcome) {
        Ok(()) => {}
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => painter.give_up(),
        Err(error) => {
            tell(format_args!("<stdout>: can't be written: {error}"));
            outcome = Outcome::Failed;
            painter.give_up();
        }
    }
    outcome.into()
}

fn drawing(arguments: &Arguments, is_terminal: bool) -> Drawing {
    let no_color = || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_colored = match arguments.color {
        When::Auto => is_terminal && !no_color(),
        When::Always => true,
        When::Never => false,
    };
    let drawing = Drawing::new()
        .charset(match arguments.ascii {
            true => Charset::Ascii,
            false => Charset::Unicode,
        })
        .color(match is_colored {
            true => Color::Always,
            false => Color::Never,
        })
        .field_limit(arguments.field_limit);
    match arguments.ignore_task_key.as_slice() {
        [] => drawing,
        keys => drawing.ignored_keys(keys),
    }
}

/// Draws all tasks; the error is one of the output.
fn draw(
    arguments: &Arguments,
    inputs: &[Input],
    painter: &mut Painter<'_>,
    outcome: &mut Outcome,
) -> io::Result<()> {
    let is_wanted = |record: &Record| match (&arguments.task_uuid, record.task()) {
        (Some(wanted), Some(task)) => wanted == task,
        (Some(_), None) | (None, _) => true,
    };
    let mut trees = Trees::new();
    for input in inputs {
        let log = match input.open() {
            Ok(log) => log,
            Err(error) => {
                tell(format_args!("{input}: can't be opened: {error}"));
                *outcome = Outcome::Failed;
                continue;
            }
        };
        let mut bad_lines = BadLines::of(input);
        let mut records = Records::new(BufReader::with_capacity(BUFFER_BYTES, log.lines));
        while let Some(record) = records.next() {
            let added = match record {
                Ok(record) if !is_wanted(&record) => continue,
                Ok(record) => trees.add(record).map_err(LineProblem::from),
                Err(error) => Err(error.into_problem()),
            };
            match added {
                Ok(None) => {}
                Ok(Some(tree)) => painter.draw(&tree)?,
                Err(LineProblem::Read(error)) => {
                    tell(format_args!("{input}: can't be read: {error}"));
                    *outcome = Outcome::Failed;
                }
                Err(problem) => {
                    bad_lines.tell(records.line(), &problem);
                    *outcome = (*outcome).max(Outcome::Found);
                }
            }
        }
        bad_lines.tell_number_of_others();
    }
    for tree in trees.finish() {
        painter.draw(&tree)?;
    }
    painter.out.flush()
}

/// Tells the first bad lines of a log one by one, and of the others how many they are.
struct BadLines<'a> {
    log: &'a Input,
    found: u64,
}

impl<'a> BadLines<'a> {
    /// A file that is no log has a hundred thousand of them; the first say so already.
    const TOLD: u64 = 10;

    fn of(log: &'a Input) -> Self {
        Self { log, found: 0 }
    }

    fn tell(&mut self, line: u64, problem: &LineProblem) {
        self.found += 1;
        if self.found <= Self::TOLD {
            tell(format_args!("{}:{line}: {problem}", self.log));
        }
    }

    fn tell_number_of_others(self) {
        match self.found.saturating_sub(Self::TOLD) {
            0 => {}
            1 => tell(format_args!("{}: 1 more line is bad", self.log)),
            others => tell(format_args!("{}: {others} more lines are bad", self.log)),
        }
    }
}

/// Draws trees on the standard output.
struct Painter<'a> {
    drawing: Drawing,
    out: BufWriter<io::StdoutLock<'a>>,
    /// Whether somebody may be waiting for each tree.
    is_live: bool,
}

impl Painter<'_> {
    fn draw(&mut self, tree: &Tree) -> io::Result<()> {
        self.drawing.draw(tree, &mut self.out)?;
        match self.is_live {
            true => self.out.flush(),
            false => Ok(()),
        }
    }

    /// Throws away what could not be written, which the buffer would otherwise try again.
    fn give_up(self) {
        let _ = self.out.into_parts();
    }
}
