//! What a file of TOML says about options.

use std::borrow::Cow;
use std::error::Error;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value that the file gives to an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// The command; `None` is all of them.
    table: Option<String>,
    /// The long name of the option.
    key: String,
    /// As on a command line; `true` or `false` of a flag.
    pub(super) values: Vec<&'static str>,
    /// As the file has it.
    literal: String,
    line: usize,
}

/// A key of the file, and its value.
struct Entry<'a> {
    text: &'a str,
    key: &'a Spanned<Cow<'a, str>>,
    value: &'a Spanned<DeValue<'a>>,
}

impl Setting {
    /// Reads a file, and checks all that it says.
    ///
    /// # Errors
    ///
    /// If it is no TOML, or there is no such command or option, or the option can't take the value.
    /// The text begins with the number of the line.
    pub(super) fn all(text: &str, command: &Command) -> Result<Vec<Self>, String> {
        let document = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            format!(
                "{}: {}",
                line(text, at),
                error.message().replace('\n', "; ")
            )
        })?;
        let mut settings = Vec::new();
        for (key, value) in document.get_ref() {
            let DeValue::Table(entries) = value.get_ref() else {
                settings.push(Self::new(None, command, Entry { text, key, value })?);
                continue;
            };
            let table = key.get_ref();
            let Some(of) = command.find_subcommand(table.as_ref()) else {
                let names = command.get_subcommands();
                let names = names.filter(|of| options(of).next().is_some());
                let names: Vec<_> = names.map(|of| format!("[{}]", of.get_name())).collect();
                let line = line(text, key.span().start);
                let expected = any_of(&names);
                return Err(format!(
                    "{line}: expected a table {expected}, found [{table}]"
                ));
            };
            for (key, value) in entries {
                settings.push(Self::new(Some(table), of, Entry { text, key, value })?);
            }
        }
        // What contradicts what stands before it is told.
        settings.sort_by_key(|setting| setting.line);
        settings
            .iter()
            .enumerate()
            .try_for_each(|(place, setting)| {
                setting.goes_with(settings.get(..place).unwrap_or_default(), command)
            })?;
        Ok(settings)
    }

    fn new(table: Option<&str>, of: &Command, entry: Entry<'_>) -> Result<Self, String> {
        let Entry { text, key, value } = entry;
        let name = key.get_ref().as_ref();
        let line = line(text, key.span().start);
        let Some(option) = options(of).find(|option| option.get_long() == Some(name)) else {
            let names: Vec<_> = options(of).filter_map(Arg::get_long).collect();
            let names = any_of(&names);
            return Err(match table {
                Some(table) => format!("{line}: [{table}] expected {names}, found {name}"),
                None => format!("{line}: expected {names}, or a table, found {name}"),
            });
        };
        let literal = text.get(value.span()).unwrap_or_default();
        let place = match table {
            Some(table) => format!("{line}: [{table}] {name}"),
            None => format!("{line}: {name}"),
        };
        let wrong = |expected: &str| format!("{place}: expected {expected}, found {literal}");
        let values = match (option.get_action(), value.get_ref()) {
            (ArgAction::SetTrue, DeValue::Boolean(is_set)) => vec![is_set.to_string()],
            (ArgAction::SetTrue, _) => return Err(wrong("true or false")),
            (ArgAction::Append, DeValue::Array(values)) => {
                let values = values.iter().map(|value| scalar(value.get_ref()));
                let values = values.collect::<Option<_>>();
                values.ok_or_else(|| wrong("a list of texts"))?
            }
            (ArgAction::Append, value) => {
                let value = scalar(value).ok_or_else(|| wrong("a list of texts"))?;
                vec![value]
            }
            (_, value) => vec![scalar(value).ok_or_else(|| wrong("a text or a number"))?],
        };
        if !is_flag(option) {
            values
                .iter()
                .try_for_each(|value| check(of, option, value))
                .map_err(|expected| wrong(&expected))?;
        }
        Ok(Self {
            table: table.map(str::to_owned),
            key: name.to_owned(),
            // clap takes only what lives as long as the command does.
            values: values.into_iter().map(|value| &*value.leak()).collect(),
            literal: literal.to_owned(),
            line,
        })
    }

    /// Fails if it contradicts one of the others.
    fn goes_with(&self, others: &[Self], command: &Command) -> Result<(), String> {
        let rivals = self.rivals(command);
        let is_rival = |other: &&Self| {
            let option = other.option(command).map(|option| option.get_id().as_str());
            let is_of_same = other.table == self.table && !other.is_off();
            is_of_same && rivals.iter().any(|rival| Some(rival.as_str()) == option)
        };
        match others.iter().find(is_rival) {
            Some(other) => Err(format!(
                "{}: [{}] {} doesn't go with {}",
                self.line,
                self.table.as_deref().unwrap_or_default(),
                self.key,
                other.key
            )),
            None => Ok(()),
        }
    }

    pub(super) fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    /// Tells whether this is the setting of an option of this table.
    pub(super) fn is_of(&self, table: Option<&str>, option: &Arg) -> bool {
        self.table.as_deref() == table && option.get_long() == Some(self.key.as_str())
    }

    /// Gives the option in the command, or in that of its commands that the table names.
    pub(super) fn option<'c>(&self, command: &'c Command) -> Option<&'c Arg> {
        options(self.of(command)?).find(|option| option.get_long() == Some(self.key.as_str()))
    }

    fn of<'c>(&self, command: &'c Command) -> Option<&'c Command> {
        match &self.table {
            Some(table) => command.find_subcommand(table),
            None => Some(command),
        }
    }

    /// Gives the ids of the options that don't go together with this one.
    pub(super) fn rivals(&self, command: &Command) -> Vec<String> {
        let (Some(of), Some(option)) = (self.of(command), self.option(command)) else {
            return Vec::new();
        };
        if self.is_off() {
            return Vec::new();
        }
        let is_rival = |other: &&Arg| {
            let are_rivals = |one, other: &Arg| {
                let rivals = of.get_arg_conflicts_with(one);
                rivals.iter().any(|rival| rival.get_id() == other.get_id())
            };
            are_rivals(option, other) || are_rivals(other, option)
        };
        let rivals = of.get_arguments().filter(is_rival);
        rivals.map(|rival| rival.get_id().to_string()).collect()
    }

    /// Tells whether it switches a flag off.
    fn is_off(&self) -> bool {
        self.literal == "false"
    }

    /// Writes it as the file does.
    pub(super) fn text(&self) -> String {
        format!("{} = {}", self.key, self.literal)
    }
}

/// Gives the options of a command that can have defaults.
pub(super) fn options(of: &Command) -> impl Iterator<Item = &Arg> {
    of.get_arguments().filter(|option| {
        option.get_long().is_some()
            && matches!(
                option.get_action(),
                ArgAction::Set | ArgAction::Append | ArgAction::SetTrue
            )
            // They say what is done once.
            && !matches!(
                option.get_long(),
                Some("no-config" | "no-pager" | "show-default-config" | "show-current-config")
            )
    })
}

pub(super) fn is_flag(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::SetTrue)
}

/// Writes what the file could say about an option, as a comment.
pub(super) fn comment(option: &Arg) -> String {
    let key = option.get_long().unwrap_or_default();
    if is_flag(option) {
        return format!("# {key} = false");
    }
    let default = option.get_default_values().first();
    let default = default.map(|default| format!("{:?}", default.to_string_lossy()));
    let choices = option.get_possible_values();
    let choices = choices
        .iter()
        .map(|choice| format!("{:?}", choice.get_name()));
    let choices = choices.collect::<Vec<_>>().join(", ");
    let name = value_name(option);
    match (default, choices.is_empty()) {
        (Some(default), true) => format!("# {key} = {default}"),
        (Some(default), false) => format!("# {key} = {default}  # of {choices}"),
        (None, true) => format!("# {key} = {name}"),
        (None, false) => format!("# {key} = {name}  # of {choices}"),
    }
}

fn value_name(option: &Arg) -> String {
    let name = option.get_value_names().and_then(<[_]>::first);
    name.map(ToString::to_string).unwrap_or_default()
}

/// Gives the number of the line.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Lists what may stand in one place.
fn any_of<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [name] => name.as_ref().to_owned(),
        [names @ .., last] => {
            let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", names.join(", "), last.as_ref())
        }
    }
}

/// Gives a value as it stands on a command line.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()?
            .to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}

/// Asks the option itself whether it takes a value; the error is what it expected.
fn check(of: &Command, option: &Arg, value: &str) -> Result<(), String> {
    let command = of.clone().no_binary_name(true).subcommand_required(false);
    let name = option.get_long().unwrap_or_default();
    let Err(error) = command.try_get_matches_from([format!("--{name}={value}")]) else {
        return Ok(());
    };
    match error.kind() {
        ErrorKind::InvalidValue => {
            let choices = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(choices)) => choices.as_slice(),
                _ => &[],
            };
            let choices: Vec<_> = choices.iter().map(|choice| format!("{choice:?}")).collect();
            Err(any_of(&choices))
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            let expected = why.strip_prefix("expected ");
            Err(
                match expected.and_then(|why| why.split(", found ").next()) {
                    Some(expected) => expected.to_owned(),
                    None => format!("{} ({why})", value_name(option)),
                },
            )
        }
        // Something else is missing on this command line, which isn't the user's.
        _ => Ok(()),
    }
}
