//! Makes what a file says the defaults of options, so that help texts show it and nothing is in
//! conflict with it.

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command, value_parser};

use super::settings::{Setting, is_flag};

/// Sets the defaults of options.
pub(super) fn set<'s>(
    mut command: Command,
    settings: impl Iterator<Item = &'s Setting>,
) -> Command {
    for setting in settings {
        let Some(option) = setting.option(&command) else {
            continue;
        };
        let id = option.get_id().clone();
        command = match setting.table() {
            Some(table) => command.mut_subcommand(table, |of| {
                of.mut_arg(id, |option| with_default(option, &setting.values))
            }),
            None => command.mut_arg(id, |option| with_default(option, &setting.values)),
        };
    }
    command
}

fn with_default(option: Arg, values: &[&'static str]) -> Arg {
    let option = without_told_default(option);
    let option = match is_flag(&option) {
        // A flag alone could not be switched off.
        true => option
            .action(ArgAction::Set)
            .value_parser(value_parser!(bool))
            .value_name("true|false")
            .hide_possible_values(true)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        false => option.required(false),
    };
    option.default_values(values.to_vec())
}

/// Leaves out of the help text a default that stands there in words.
fn without_told_default(option: Arg) -> Arg {
    let without = |help: &StyledStr| {
        let help = help.to_string();
        let (help, _) = help.split_once(" [default:")?;
        Some(help.to_owned())
    };
    let (help, long) = (
        option.get_help().and_then(without),
        option.get_long_help().and_then(without),
    );
    let option = match help {
        Some(help) => option.help(help),
        None => option,
    };
    match long {
        Some(long) => option.long_help(long),
        None => option,
    }
}
