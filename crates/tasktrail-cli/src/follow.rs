//! `tasktrail follow`: draws tasks while their logs are written.

mod lines;
mod pipe;
mod shower;
mod tail;

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::input::{Input, bytes};
use crate::outcome::Outcome;
use crate::output::{Output, is_terminal};
use crate::tell::tell;
use crate::tree::{Choices, Look};
use shower::Shower;
use tail::{Begin, Left, Tail};

/// Draw tasks while their logs are written
///
/// Reads the lines that are written from now on, and draws each task as soon as all of it was read.
/// A file is followed by its name: when it is rotated, the old file is read to its end, and then
/// the new one; when it is truncated, it is read from its start; when it is not there, it is waited
/// for. - is the standard input. Ctrl-C or SIGTERM ends it.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The exit status after Ctrl-C is 0, 1 if some lines were bad (the first 10 of each log are told on \
the standard error, then how many more there are), or 2 if a file could not be read.",
    after_long_help = "\
Examples:
  $ tasktrail follow client.log server.log
  $ tasktrail follow --failed --slower 200ms app.log
  $ tasktrail follow --lines --from-start --select \"log_level == 'ERROR'\" app.log

  $ kubectl logs --follow deploy/shop | tasktrail follow -

Files are looked at ten times a second, which works on network disks, too.

Exit status:
  0  Ctrl-C, SIGTERM, the end of the standard input, or whoever reads the output has seen enough
  1  the same, and some lines were bad: they are told on the standard error
  2  a file could not be read, the output could not be written, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Logs to follow; they may not be there yet, and may be named pipes; - is the standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Begin at the start of the files; without it, what is there already is passed over
    #[arg(long)]
    from_start: bool,

    /// Print lines as they come, byte for byte, in place of trees; those of chosen tasks when
    /// their task is whole
    #[arg(long)]
    lines: bool,

    /// At the end, draw or print the tasks that are not whole
    #[arg(long)]
    open: bool,

    /// Leave out lines that are longer
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    longest_line: usize,

    /// Keep at most so much of the tasks that are not whole: beyond it those that got no line for
    /// the longest time are drawn as they are, and forgotten
    #[arg(long, value_name = "BYTES", default_value = "256M", value_parser = bytes)]
    memory: usize,

    #[command(flatten)]
    choices: Choices,

    #[command(flatten)]
    look: Look,
}

/// How long a file is left alone after its end was met.
const PAUSE: Duration = Duration::from_millis(100);

/// Enough to be read at once, and little enough to stay in a cache.
const BUFFER_BYTES: usize = 64 * 1024;

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let prepared = arguments.look.shown_config();
    let prepared = prepared.and_then(|shown| Ok((shown, arguments.look.pen(is_terminal())?)));
    let (shown, pen) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            tell(format_args!("{error}"));
            return Outcome::Failed.into();
        }
    };
    if arguments
        .files
        .iter()
        .any(|name| Input::named(name).is_none())
    {
        return Outcome::Failed.into();
    }
    let is_over = match over() {
        Ok(is_over) => is_over,
        Err(error) => {
            tell(format_args!("Ctrl-C can't be waited for: {error}"));
            return Outcome::Failed.into();
        }
    };
    let mut shower = Shower::new(arguments, pen, Output::plain());
    let mut outcome = Outcome::Fine;
    let written = match shown {
        Some(config) => shower.print(config.as_bytes()),
        None => follow(arguments, &mut shower, &is_over, &mut outcome),
    };
    shower.out.finish(written, &mut outcome);
    outcome.into()
}

/// Gives what Ctrl-C and SIGTERM set. The second one ends what the first could not, with the status
/// of a shell for it.
fn over() -> io::Result<Arc<AtomicBool>> {
    let is_over = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let status = 128 + signal;
        let flag = Arc::clone(&is_over);
        signal_hook::flag::register_conditional_shutdown(signal, status, flag)?;
        signal_hook::flag::register(signal, Arc::clone(&is_over))?;
    }
    Ok(is_over)
}

/// One log, and how many of its lines were bad.
struct Log {
    tail: Tail,
    bad: u64,
}

/// Shows what is written until Ctrl-C; the error is one of the output.
fn follow(
    arguments: &Arguments,
    shower: &mut Shower<'_>,
    is_over: &AtomicBool,
    outcome: &mut Outcome,
) -> io::Result<()> {
    let begin = match arguments.from_start {
        true => Begin::Start,
        false => Begin::End,
    };
    let open = |path: &PathBuf| Log {
        tail: Tail::new(path, begin, arguments.longest_line),
        bad: 0,
    };
    let mut logs: Vec<Log> = arguments.files.iter().map(open).collect();
    tell(format_args!(
        "following {}; Ctrl-C ends it",
        match logs.len() {
            1 => "1 file".to_owned(),
            files => format!("{files} files"),
        }
    ));
    let shown = show_all(&mut logs, shower, is_over);
    for Log { tail, bad } in &logs {
        match bad.saturating_sub(BAD_LINES_TOLD) {
            0 => {}
            1 => tell(format_args!("{}: 1 more line is bad", tail.name())),
            more => tell(format_args!("{}: {more} more lines are bad", tail.name())),
        }
        outcome.worsen(match (tail.has_failed(), bad) {
            (true, _) => Outcome::Failed,
            (false, 0) => Outcome::Fine,
            (false, _) => Outcome::Found,
        });
    }
    shown?;
    shower.end()
}

/// Shows what is written until Ctrl-C, and what was written before.
fn show_all(logs: &mut [Log], shower: &mut Shower<'_>, is_over: &AtomicBool) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let mut left = Left::Nothing;
        for log in &mut *logs {
            if is_over.load(Ordering::Relaxed) {
                return show_last(logs, shower, &mut buffer);
            }
            if log.show(shower, &mut buffer)? == Left::More {
                left = Left::More;
            }
        }
        if logs.iter().all(|log| log.tail.is_over()) {
            return Ok(());
        }
        if left == Left::Nothing && !is_over.load(Ordering::Relaxed) {
            thread::park_timeout(PAUSE);
        }
    }
}

/// How many turns each log gets after Ctrl-C: nobody waits for the rest of one that was read from its
/// start, or that grows faster than it is read.
const LAST_TURNS: usize = 16;

/// Shows what was written before Ctrl-C.
fn show_last(logs: &mut [Log], shower: &mut Shower<'_>, buffer: &mut [u8]) -> io::Result<()> {
    for log in logs {
        let mut turns = 0..LAST_TURNS;
        let is_read = turns.try_for_each(|_| match log.show(shower, buffer) {
            Ok(Left::Nothing) => ControlFlow::Break(Ok(())),
            Ok(Left::More) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(Err(error)),
        });
        match is_read {
            ControlFlow::Break(read) => read?,
            ControlFlow::Continue(()) => {
                tell(format_args!("{}: its end was not reached", log.tail.name()));
                continue;
            }
        }
        let Log { tail, bad } = log;
        let name = tail.name();
        tail.finish(&mut |line, place| shower.line(line, &name, place, bad))?;
    }
    shower.flush()
}

impl Log {
    /// Shows what was written since the last time, or a part of it.
    fn show(&mut self, shower: &mut Shower<'_>, buffer: &mut [u8]) -> io::Result<Left> {
        let Self { tail, bad } = self;
        let name = tail.name();
        let left = tail.poll(buffer, &mut |line, place| {
            shower.line(line, &name, place, bad)
        })?;
        shower.flush()?;
        Ok(left)
    }
}

/// A file that is no log has a hundred thousand of them; the first say so already.
const BAD_LINES_TOLD: u64 = 10;
