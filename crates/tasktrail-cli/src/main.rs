//! The command `tasktrail`: turns log lines back into trees, and proves that they are complete.
#![forbid(unsafe_code)]

mod audit;
mod completions;
mod config;
mod convert;
mod dedup;
mod follow;
mod input;
mod json;
mod losses;
mod man;
mod moment;
mod nodes;
mod outcome;
mod output;
mod pairs;
mod paths;
mod percentiles;
mod place;
mod progress;
mod query;
mod question;
mod reading;
mod report;
mod spill;
mod stats;
mod table;
mod task_name;
mod tell;
mod text;
mod timeline;
mod tree;

use std::env;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use config::Config;
use outcome::Outcome;
use output::Paging;
use tell::tell;

/// The commands to begin with.
macro_rules! begin {
    () => {
        "\
Begin with:
  tasktrail tree app.log                 what happened, as trees
  tasktrail tree --failed logs/          only the tasks in which something failed
  tasktrail follow app.log               the same, while it happens
  tasktrail stats logs/                  how often, how long, how many failed
  tasktrail audit client.log server.log  whether lines are missing

`tasktrail COMMAND --help` has more examples."
    };
}

/// Turns log lines back into trees, and proves that they are complete
///
/// The lines are those that tasktrail's layers for tracing write, in any schema, and those of
/// Python's Eliot. Each belongs to a task, and says where it stands in it: over threads, programs
/// and hosts.
#[derive(Debug, Parser)]
#[command(
    name = "tasktrail",
    version,
    arg_required_else_help = true,
    after_help = begin!(),
    after_long_help = concat!(
        begin!(),
        "

Exit status:
  0  all is well
  1  something was found: bad lines, a log that has grown while it was read, or what the command
     looks for
  2  something could not be read or written, or the command line or the configuration is wrong

Environment:
  TASKTRAIL_CONFIG  the configuration; empty for none
  TASKTRAIL_PAGER   the command that shows long results, else PAGER, else less; empty or cat for
                    none. Unless LESS is set, it is FRX for the pager
  NO_COLOR          if not empty, no colours, unless an option or the configuration says otherwise
  CLICOLOR_FORCE    if neither empty nor 0, colours also if the output is no terminal
  COLUMNS           how wide lines may be, whatever the terminal says

Files:
  $XDG_CONFIG_HOME/tasktrail/config.toml, else ~/.config/tasktrail/config.toml
      Defaults of options, as `tasktrail config` prints them."
    )
)]
struct Arguments {
    #[command(flatten)]
    everywhere: Everywhere,

    #[command(subcommand)]
    command: Command,
}

/// What all commands can be told.
#[derive(Debug, Args)]
struct Everywhere {
    /// Show long results through a pager; auto: if the standard output is a terminal and no log
    /// comes from the standard input
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        help_heading = "All commands"
    )]
    pager: Paging,

    /// Show all at once: --pager never
    #[arg(long, global = true, help_heading = "All commands")]
    no_pager: bool,

    /// Read no configuration
    #[arg(long, global = true, help_heading = "All commands")]
    no_config: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Tree(tree::Arguments),
    Audit(audit::Arguments),
    Dedup(dedup::Arguments),
    Query(query::Arguments),
    Stats(stats::Arguments),
    Convert(convert::Arguments),
    Follow(follow::Arguments),
    Timeline(timeline::Arguments),
    Report(report::Arguments),
    Config(config::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

fn main() -> ExitCode {
    let plain = Arguments::command();
    let words: Vec<_> = env::args_os().collect();
    let (config, trouble) = match Config::load(&plain, &words) {
        Ok(config) => (config, None),
        Err(trouble) => (Config::none(), Some(trouble)),
    };
    let parsed = config
        .matches(&plain, &words)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match (parsed, &trouble) {
        (Ok(arguments), _) => arguments,
        // What is missing on the command line may stand in the configuration.
        (Err(error), Some(trouble)) if error.use_stderr() => return fail(trouble),
        (Err(error), _) => error.exit(),
    };
    let paging = match arguments.everywhere.no_pager {
        true => Paging::Never,
        false => arguments.everywhere.pager,
    };
    match (&arguments.command, &trouble) {
        // They are the same whatever the configuration says.
        (Command::Completions(arguments), _) => completions::run(arguments, plain),
        (Command::Man(arguments), _) => man::run(arguments, plain),
        (_, Some(trouble)) => fail(trouble),
        (Command::Config(_), None) => config::run(&config, &plain),
        (Command::Tree(arguments), None) => tree::run(arguments, paging),
        (Command::Audit(arguments), None) => audit::run(arguments, paging),
        (Command::Dedup(arguments), None) => dedup::run(arguments),
        (Command::Query(arguments), None) => query::run(arguments, paging),
        (Command::Stats(arguments), None) => stats::run(arguments, paging),
        (Command::Convert(arguments), None) => convert::run(arguments),
        (Command::Follow(arguments), None) => follow::run(arguments),
        (Command::Timeline(arguments), None) => timeline::run(arguments, paging),
        (Command::Report(arguments), None) => report::run(arguments),
    }
}

fn fail(why: &str) -> ExitCode {
    tell(format_args!("{why}"));
    Outcome::Failed.into()
}
