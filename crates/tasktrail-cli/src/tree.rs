//! `tasktrail tree`: draws the tasks of logs as trees.

mod choice;
mod config;
mod forest;
pub(crate) mod look;
mod reading;
pub(crate) mod trail;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::input::{Input, bytes};
use crate::outcome::Outcome;
use crate::output::{Output, Paging, is_terminal};
use crate::tell::tell;
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

pub(crate) fn run(arguments: &Arguments, paging: Paging) -> ExitCode {
    let prepared = arguments.look.shown_config();
    let prepared = prepared.and_then(|shown| Ok((shown, arguments.look.pen(is_terminal())?)));
    let (shown, pen) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            tell(format_args!("{error}"));
            return Outcome::Failed.into();
        }
    };
    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let mut out = Output::paged(paging, &inputs);
    let memory = arguments.memory;
    let printed = match shown {
        Some(config) => out.write_all(config.as_bytes()),
        None => each_chosen(&arguments.choices, &inputs, memory, &mut outcome, |tree| {
            pen.draw(&tree, &mut out)?;
            out.show()
        }),
    };
    out.finish(printed, &mut outcome);
    outcome.into()
}
