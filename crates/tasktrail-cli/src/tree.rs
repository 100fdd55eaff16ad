//! `tasktrail tree`: draws the tasks of logs as trees.

mod choice;
mod config;
mod forest;
pub(crate) mod look;
pub(crate) mod moment;
pub(crate) mod nodes;
pub(crate) mod query;
mod reading;
pub(crate) mod trail;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tasktrail_record::Tree;

use crate::input::{Input, Outcome, bytes, tell};
pub(crate) use choice::{Choices, Chooser};
pub(crate) use look::{Look, Pen};
pub(crate) use reading::{MEMORY, each_chosen};

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
Examples:
  $ tasktrail tree client.log server.log
  192f76ea-915e-4131-95dc-da28c6bcdbb5  2023-11-14 22:13:20Z  500 ms  2 actions
  ▶ ✓ ask  question=\"6 / 3\"                            ████████████████     500 ms
  ▶ └─ ✓ answer  ⇒ result=2                            ████                 125 ms

  $ tasktrail tree --failed --slower 200ms --where \"customer == 'ann'\" app.log

  ▶ is the slowest path: from the outermost action always the inner one that took longest.

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

    #[command(flatten)]
    choices: Choices,

    /// Keep so many bytes of tasks that are not complete in memory; those that got no message for the
    /// longest time wait in a temporary file, and are drawn last
    #[arg(long, value_name = "BYTES", default_value = "1G", value_parser = bytes)]
    memory: usize,

    #[command(flatten)]
    look: Look,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    let prepared = arguments.look.shown_config();
    let prepared = prepared.and_then(|shown| Ok((shown, arguments.look.pen(is_terminal)?)));
    let (shown, pen) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            tell(format_args!("{error}"));
            return Outcome::Failed.into();
        }
    };
    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let is_live = is_terminal || inputs.iter().any(|input| matches!(input, Input::Stdin));
    let mut painter = Painter {
        pen,
        out: BufWriter::new(stdout),
        is_live,
    };
    let written = match shown {
        Some(config) => painter.print(&config),
        None => draw(arguments, &inputs, &mut painter, &mut outcome),
    };
    match written {
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

/// Draws all tasks; the error is one of the output.
fn draw(
    arguments: &Arguments,
    inputs: &[Input],
    painter: &mut Painter,
    outcome: &mut Outcome,
) -> io::Result<()> {
    let memory = arguments.memory;
    each_chosen(&arguments.choices, inputs, memory, outcome, |tree| {
        painter.draw(&tree)
    })?;
    painter.out.flush()
}

/// Draws trees on the standard output.
struct Painter {
    pen: Pen,
    out: BufWriter<io::Stdout>,
    /// Whether somebody may be waiting for each tree.
    is_live: bool,
}

impl Painter {
    fn draw(&mut self, tree: &Tree) -> io::Result<()> {
        self.pen.draw(tree, &mut self.out)?;
        match self.is_live {
            true => self.out.flush(),
            false => Ok(()),
        }
    }

    fn print(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Throws away what could not be written, which the buffer would otherwise try again.
    fn give_up(self) {
        let _ = self.out.into_parts();
    }
}
