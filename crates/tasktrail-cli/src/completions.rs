//! `tasktrail completions`: lets shells complete command lines.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::outcome::Outcome;
use crate::output::Output;

/// Print what lets a shell complete command lines
#[derive(Debug, Args)]
#[command(
    after_help = "The exit status is 0, or 2 if it can't be printed.",
    after_long_help = "\
Examples:
  $ tasktrail completions bash > tasktrail.bash
  $ tasktrail completions zsh > _tasktrail
  $ tasktrail completions fish > tasktrail.fish

Where shells look for it:
  bash        ~/.local/share/bash-completion/completions/tasktrail
  zsh         _tasktrail in a folder of $fpath
  fish        ~/.config/fish/completions/tasktrail.fish
  elvish      `eval (tasktrail completions elvish | slurp)` in ~/.config/elvish/rc.elv
  powershell  `tasktrail completions powershell | Out-String | Invoke-Expression` in $PROFILE

Exit status:
  0  it was printed
  2  it can't be printed, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, mut command: Command) -> ExitCode {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    let mut outcome = Outcome::Fine;
    let mut out = Output::plain();
    let printed = out.write_all(&script);
    out.finish(printed, &mut outcome);
    outcome.into()
}
