//! `tasktrail follow`: draws tasks while their logs are written.

mod tail;

use std::collections::HashMap;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::Args;
use signal_hook::consts::SIGINT;
use tasktrail_record::{LineProblem, Record, Trees};

use crate::input::{Outcome, bytes, tell};
use crate::tree::{Choices, Chooser, Look, Pen};
use tail::{Begin, Tail};

/// Draw tasks while their logs are written
///
/// Reads the lines that are written from now on, and draws each task as soon as all of it was read.
/// A file is followed by its name: when it is rotated, the old file is read to its end, and then
/// the new one; when it is truncated, it is read from its start; when it is not there, it is waited
/// for. Ctrl-C ends it.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The exit status after Ctrl-C is 0, or 2 if a file could not be read.",
    after_long_help = "\
Examples:
  $ tasktrail follow client.log server.log
  $ tasktrail follow --failed --slower 200ms app.log
  $ tasktrail follow --lines --from-start --select \"log_level == 'ERROR'\" app.log

Files are looked at ten times a second, which works on network disks, too.

Exit status:
  0  Ctrl-C, or whoever reads the output has seen enough
  2  a file could not be read, the output could not be written, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Logs to follow; they may not be there yet
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

    #[command(flatten)]
    choices: Choices,

    #[command(flatten)]
    look: Look,
}

/// How long a file is left alone after its end was met.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let stdout = io::stdout();
    let prepared = arguments.look.shown_config();
    let prepared =
        prepared.and_then(|shown| Ok((shown, arguments.look.pen(stdout.is_terminal())?)));
    let (shown, pen) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            tell(format_args!("{error}"));
            return Outcome::Failed.into();
        }
    };
    let is_over = Arc::new(AtomicBool::new(false));
    // The second Ctrl-C ends what the first could not, with the status of a shell for it.
    let registered =
        signal_hook::flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&is_over))
            .and_then(|_| signal_hook::flag::register(SIGINT, Arc::clone(&is_over)));
    if let Err(error) = registered {
        tell(format_args!("Ctrl-C can't be waited for: {error}"));
        return Outcome::Failed.into();
    }
    let mut shower = Shower {
        arguments,
        pen,
        out: BufWriter::new(stdout.lock()),
        chooser: Chooser::new(&arguments.choices),
        trees: Trees::new(),
        kept: HashMap::new(),
    };
    let mut outcome = Outcome::Fine;
    let written = match shown {
        Some(config) => shower.out.write_all(config.as_bytes()),
        None => follow(arguments, &mut shower, &is_over, &mut outcome),
    };
    match written.and_then(|()| shower.out.flush()) {
        Ok(()) => {}
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            tell(format_args!("<stdout>: can't be written: {error}"));
            outcome = Outcome::Failed;
        }
    }
    // What could not be written is not to be tried again.
    let _ = shower.out.into_parts();
    outcome.into()
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
    let open = |path: &PathBuf| Tail::new(path, begin, arguments.longest_line);
    let mut tails: Vec<(Tail, u64)> = arguments.files.iter().map(|path| (open(path), 0)).collect();
    tell(format_args!(
        "following {}; Ctrl-C ends it",
        match tails.len() {
            1 => "1 file".to_owned(),
            files => format!("{files} files"),
        }
    ));
    loop {
        // Asked first: what was written before Ctrl-C is shown.
        let is_last = is_over.load(Ordering::Relaxed);
        for (tail, bad) in &mut tails {
            let name = tail.name().to_string();
            let take = &mut |line: &[u8]| shower.line(line, &name, bad);
            tail.poll(take)?;
            if is_last {
                tail.finish(take)?;
            }
        }
        shower.out.flush()?;
        if is_last {
            break;
        }
        thread::park_timeout(PAUSE);
    }
    for (tail, bad) in &tails {
        match bad.saturating_sub(BAD_LINES_TOLD) {
            0 => {}
            1 => tell(format_args!("{}: 1 more line is bad", tail.name())),
            more => tell(format_args!("{}: {more} more lines are bad", tail.name())),
        }
        if tail.has_failed {
            *outcome = Outcome::Failed;
        }
    }
    shower.end()
}

/// A file that is no log has a hundred thousand of them; the first say so already.
const BAD_LINES_TOLD: u64 = 10;

struct Shower<'a> {
    arguments: &'a Arguments,
    pen: Pen,
    out: BufWriter<io::StdoutLock<'a>>,
    chooser: Chooser<'a>,
    trees: Trees,
    /// The lines of tasks that may be chosen yet, if lines are to be printed.
    kept: HashMap<String, Vec<u8>>,
}

impl Shower<'_> {
    /// Shows what a line brings; the error is one of the output.
    fn line(&mut self, line: &[u8], log: &str, bad: &mut u64) -> io::Result<()> {
        let shown = match Record::parse(line) {
            Ok(record) if !self.chooser.keeps(&record) => return Ok(()),
            Ok(record) if self.arguments.lines && !self.arguments.choices.are_of_tasks() => {
                drop(record);
                return self.print(line);
            }
            Ok(record) => self.add(record, line)?,
            Err(error) => Err(LineProblem::Parse(error)),
        };
        if let Err(problem) = shown {
            *bad += 1;
            if *bad <= BAD_LINES_TOLD {
                tell(format_args!("{log}: {problem}"));
            }
        }
        Ok(())
    }

    fn print(&mut self, line: &[u8]) -> io::Result<()> {
        self.out.write_all(line)?;
        self.out.write_all(b"\n")
    }

    /// Puts a record in its task, and shows that if it is whole now.
    fn add(&mut self, record: Record, line: &[u8]) -> io::Result<Result<(), LineProblem>> {
        let noted = self.chooser.note(&record);
        let task = record.task().map(str::to_owned);
        let tree = match self.trees.add(record) {
            Ok(tree) => tree,
            Err(error) => return Ok(Err(error.into())),
        };
        let is_chosen = self.chooser.added(noted, tree.as_ref());
        if !self.arguments.lines {
            if let Some(tree) = tree.filter(|_| is_chosen) {
                self.pen.draw(&tree, &mut self.out)?;
            }
            return Ok(Ok(()));
        }
        let task = task.unwrap_or_default();
        let lines = self.kept.entry(task.clone()).or_default();
        lines.extend_from_slice(line);
        lines.push(b'\n');
        if tree.is_some()
            && let Some(lines) = self.kept.remove(&task)
            && is_chosen
        {
            self.out.write_all(&lines)?;
        }
        Ok(Ok(()))
    }

    /// Shows the tasks that are not whole, if that was asked for.
    fn end(&mut self) -> io::Result<()> {
        if self.arguments.open {
            let trees = std::mem::take(&mut self.trees);
            for tree in trees.finish().filter(|tree| self.chooser.left(tree)) {
                match self.kept.remove(tree.task()) {
                    Some(lines) => self.out.write_all(&lines)?,
                    None => self.pen.draw(&tree, &mut self.out)?,
                }
            }
        }
        self.chooser.tell_what_failed();
        Ok(())
    }
}
