//! `tasktrail audit`: proves that logs are complete, or names what they lack.

mod bad_lines;
mod findings;
mod report;
mod shares;
mod workers;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::input::{Input, bytes};
use crate::outcome::Outcome;
use crate::output::{Output, Paging};
use crate::progress::Progress;
use crate::spill::{Spill, SpillError};
use report::NotPrinted;
use shares::Room;
use workers::Workers;

/// Prove that logs are complete, or name what they lack
///
/// Reads lines of JSON as Eliot or the JSON layers of tasktrail write them in any schema, in
/// any mix and any order, and finds out of which tasks all messages are there: their numbers have
/// no gaps. Name the logs of all programs that took part.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The exit status is 0 if all is whole, 1 if something was found or a log has grown while it was \
read, 2 if a log could not be read, nothing was there to prove, or a temporary file was not written.",
    after_long_help = "\
Each finding is a line: its kind, its position, perhaps a note.
  missing        nothing is there with a number that was taken, or an action has no end
  doubled        a message is there again, the same bytes
  contradictory  two things are said of one position, or what stands there can't
  after-end      a message has a higher number than the end of its action
  open           an action has no end, nor has the action around it
  not-a-record   a line is none of a log; its place is its file and line

Example:
  $ tasktrail audit client.log server.log
  missing 192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/2

The numbers of all that was read, and of what was found, are told on the standard error.

Exit status:
  0  all is whole
  1  something was found, or a log has grown while it was read
  2  a log could not be read, no task was there nor anything found, a temporary file could not be
     written, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Logs to read, also compressed with gzip or Zstandard; a folder is all files in it; none or
    /// - is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Print an object of JSON for each finding, and one with the numbers of all at last
    #[arg(long)]
    json: bool,

    /// Remember what fits into so much memory; open tasks and findings beyond it go to a temporary
    /// file
    ///
    /// Half of it is for tasks that are open, and for findings: the file is in $TMPDIR, or /tmp, and
    /// the report is the same. The other half is for knowing again what belongs to complete tasks:
    /// beyond it, what is there twice may be told with less knowledge, or not at all.
    #[arg(long, value_name = "BYTES", default_value = "512M", value_parser = bytes)]
    memory: usize,

    /// Pass over lines that are longer
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    longest_line: usize,
}

pub(crate) fn run(arguments: &Arguments, paging: Paging) -> ExitCode {
    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let progress = Progress::new(&inputs);
    let spill = Spill::new(std::env::temp_dir());
    let room = Room::new(arguments.memory);
    let workers = Workers::new(room, arguments.longest_line, &spill);
    let read = workers.read(&inputs, &progress);
    progress.finish();
    let read = match read {
        Ok(read) => read,
        Err(error) => return give_up(&error),
    };
    let (found, findings) = report::Found::new(&inputs, read, &mut outcome);
    let findings = match findings.sorted() {
        Ok(findings) => findings,
        Err(error) => return give_up(&error),
    };

    let mut out = Output::paged(paging, &inputs);
    let printed = match arguments.json {
        true => found.print_json(findings, &mut out),
        false => found.print_text(findings, &mut out),
    };
    let mut broken = None;
    let printed = printed.or_else(|error| match error {
        NotPrinted::Out(error) => Err(error),
        // All that was printed is true.
        NotPrinted::Spill(error) => {
            broken = Some(error);
            Ok(())
        }
    });
    out.finish(printed, &mut outcome);
    if let Some(error) = broken {
        return give_up(&error);
    }
    if !arguments.json {
        found.tell_summary();
    }
    outcome.into()
}

/// Ends without an answer: what is not known of some messages would be told as if they were
/// missing.
fn give_up(error: &SpillError) -> ExitCode {
    error.tell("the audit was given up");
    Outcome::Failed.into()
}
