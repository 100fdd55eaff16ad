//! `tasktrail timeline`: draws when each action of a task ran.

mod chart;
mod rows;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tasktrail_record::{Charset, Tree};

use crate::input::Input;
use crate::outcome::Outcome;
use crate::output::{Output, Paging, is_terminal};
use crate::tell::tell;
use crate::tree::look::{When, is_colored, width};
use crate::tree::{Choices, MEMORY, each_chosen};
use chart::Chart;

pub(crate) use rows::{UNNAMED, name_of};

/// Draw when each action of a task ran
///
/// Each action is a line, with a bar where it stands in the time of its task, over threads,
/// processes and hosts. Times are taken as the lines tell them, by whatever clock.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are flags of a command line"
)]
#[command(
    after_help = "\
The exit status is 0 if all lines were read, 1 if some lines were bad, 2 if a log could not be read, \
or if TASK names no task or several.",
    after_long_help = "\
Examples:
  $ tasktrail timeline hosts client.log server.log
  $ tasktrail timeline 192f76ea --events logs/

  █ is when an action ran, and ▏ one that was shorter than a column. ░ leads to where the log tells
  no end, or no start. ! marks an action that begins before the one around it: by another clock, or
  by one that was set back. A place is named where it is another than that of the action around.

Exit status:
  0  all lines were read
  1  some lines were bad: they are told on the standard error; the good ones are drawn
  2  a log could not be read, or TASK names no task, or several: they are told"
)]
pub(crate) struct Arguments {
    /// The name of the task, or how only its name begins
    #[arg(value_name = "TASK")]
    task: String,

    /// Logs to read, one after the other, also compressed with gzip or Zstandard; a folder is all
    /// files in it; none or - is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Draw messages too, as ticks
    #[arg(long)]
    events: bool,

    /// Draw all actions and messages, however many of one name there are
    #[arg(long)]
    all: bool,

    /// Draw so many actions or messages of one name in an action before others are only counted:
    /// the first and the last ones, those that failed, and the slowest
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    siblings: usize,

    /// Tell the time of the beginning as the clock here shows it
    #[arg(long)]
    local_timezone: bool,

    /// Draw without other characters than those of the log and of ASCII
    #[arg(long)]
    ascii: bool,

    /// Draw in colours; auto: if the output is a terminal and NO_COLOR is not set
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    color: When,
}

pub(crate) fn run(arguments: &Arguments, paging: Paging) -> ExitCode {
    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let wanted = arguments.task.as_str();
    let mut found = Found::default();
    let read = each_chosen(
        &Choices::of_beginning(wanted),
        &inputs,
        MEMORY,
        &mut outcome,
        |tree| {
            found.add(tree, wanted);
            Ok(())
        },
    );
    if found.trees.is_empty() {
        found.tell(wanted);
        return Outcome::Failed.into();
    }
    let chart = Chart {
        charset: match arguments.ascii {
            true => Charset::Ascii,
            false => Charset::Unicode,
        },
        is_colored: is_colored(arguments.color, is_terminal()),
        has_events: arguments.events,
        is_local: arguments.local_timezone,
        siblings: match arguments.all {
            true => usize::MAX,
            false => arguments.siblings,
        },
        width: width(),
    };
    let mut out = Output::paged(paging, &inputs);
    let drawn = read.and_then(|()| draw(&chart, &found.trees, &mut out));
    out.finish(drawn, &mut outcome);
    outcome.into()
}

fn draw(chart: &Chart, trees: &[Tree], out: &mut impl Write) -> io::Result<()> {
    let mut text = String::new();
    trees.iter().try_for_each(|tree| {
        text.clear();
        chart.draw(tree, &mut text);
        out.write_all(text.as_bytes())
    })
}

/// The tasks whose names begin as the one that is asked for.
#[derive(Default)]
struct Found {
    /// How the first node of each is called.
    names: BTreeMap<String, Option<String>>,
    /// Those of the one task that can be meant. What came late or twice starts a task again, so it
    /// may have several.
    trees: Vec<Tree>,
}

impl Found {
    fn add(&mut self, tree: Tree, wanted: &str) {
        if !self.names.contains_key(tree.task()) {
            let name = name_of(&tree.root()).map(str::to_owned);
            self.names.insert(tree.task().to_owned(), name);
            if self.names.len() == 2 {
                // Of several none is meant, unless it has the very name.
                self.trees.retain(|tree| tree.task() == wanted);
            }
        }
        let is_only = self.names.len() == 1;
        if tree.task() == wanted || is_only {
            self.trees.push(tree);
        }
    }

    /// Tells which tasks these are.
    fn tell(&self, wanted: &str) {
        const TOLD: usize = 20;
        if self.names.is_empty() {
            return tell(format_args!(
                "no task has a name that begins with {wanted:?}"
            ));
        }
        let tasks = self.names.len();
        tell(format_args!(
            "{tasks} tasks have names that begin with {wanted:?}:"
        ));
        for (task, name) in self.names.iter().take(TOLD) {
            let name = name.as_deref().unwrap_or(UNNAMED);
            tell(format_args!("  {task:?}  {name:?}"));
        }
        if tasks > TOLD {
            tell(format_args!("  ... {} more", tasks - TOLD));
        }
    }
}
