//! `tasktrail report`: writes tasks as one page of HTML that needs nothing else.

mod data;
mod destination;
mod json;
mod origin;
mod page;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueHint};

use crate::input::Input;
use crate::outcome::Outcome;
use crate::tell::tell;
use crate::tree::{Choices, MEMORY, each_chosen};
use data::Data;
use destination::Destination;
use page::Page;

/// Write tasks as one page of HTML, to send to a colleague
///
/// The page needs no network and no other file. It has a list of the tasks, which can be sorted,
/// searched and filtered; and of the chosen one the tree with when each action ran, its fields, and
/// why it failed.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The exit status is 0 if all lines were read, 1 if some lines were bad, 2 if a log could not be read \
or the page not written.",
    after_long_help = "\
Examples:
  $ tasktrail report client.log server.log -o ask.html
  3 tasks in ask.html, 51 kB
  $ tasktrail report --failed --slower 200ms --where \"customer == 'ann'\" logs/ -o ann.html

  All that the chosen tasks' lines say is in the page, also what it does not show at once. Look at it
  before you send it.

Exit status:
  0  all lines were read
  1  some lines were bad: they are told on the standard error; the page has the good ones
  2  a log could not be read, or the page not written, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Logs to read, one after the other, also compressed with gzip or Zstandard; a folder is all
    /// files in it; none or - is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Write the page to this file, in the place of what is there, which stays if that fails; - is
    /// the standard output
    #[arg(
        short,
        long,
        value_name = "PAGE",
        default_value = "report.html",
        value_hint = ValueHint::FilePath
    )]
    output: PathBuf,

    /// Put so many tasks into the page, those that are complete first; the others are counted. A
    /// browser takes a second for 50,000
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    tasks: usize,

    #[command(flatten)]
    choices: Choices,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let destination = match Destination::new(&arguments.output, &arguments.files) {
        Ok(destination) => destination,
        Err(error) => {
            let name = arguments.output.display();
            tell(format_args!("{name}: can't be written: {error}"));
            return Outcome::Failed.into();
        }
    };
    let mut outcome = Outcome::Fine;
    let mut inputs = Input::all(&arguments.files, &mut outcome);
    destination.leave_out(&mut inputs);
    let mut data = Data::default();
    let mut left_out = 0_u64;
    let read = each_chosen(&arguments.choices, &inputs, MEMORY, &mut outcome, |tree| {
        match data.tasks() < arguments.tasks {
            true => data.add(&tree),
            false => left_out += 1,
        }
        Ok(())
    });
    match read.and_then(|()| destination.write(&Page::new(&inputs, &data))) {
        Ok(bytes) => {
            let tasks = match data.tasks() {
                1 => "1 task".to_owned(),
                tasks => format!("{tasks} tasks"),
            };
            tell(format_args!("{tasks} in {destination}, {}", size(bytes)));
            if left_out > 0 {
                tell(format_args!(
                    "{left_out} more are not in the page: choose among them, such as with --failed, \
                     or give a greater number of --tasks"
                ));
            }
        }
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            tell(format_args!("{destination}: can't be written: {error}"));
            outcome.worsen(Outcome::Failed);
        }
    }
    outcome.into()
}

/// Writes a number of bytes as a mail program or a file manager shows it.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
