//! The configuration: a file that holds defaults of options, and `tasktrail config`, which prints
//! it.

mod defaults;
mod settings;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io};

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command};

use crate::outcome::Outcome;
use crate::output::Output;
use settings::Setting;

/// Print the configuration: what the file says, and in comments what else it could say
///
/// A table for each command holds defaults of its options, by their long names; what stands before
/// the first table holds for all commands. The command line counts more. A flag that the file
/// switches on is switched off by, say, `--failed=false`.
#[derive(Debug, Args)]
#[command(
    after_help = "The exit status is 0, or 2 if the configuration is wrong.",
    after_long_help = "\
Examples:
  $ tasktrail config
  $ tasktrail config > config.toml
  $ tasktrail --no-config config

Exit status:
  0  the configuration was printed
  2  the configuration is wrong, or the command line is

Environment:
  TASKTRAIL_CONFIG  the file; empty for none

Files:
  $XDG_CONFIG_HOME/tasktrail/config.toml, else ~/.config/tasktrail/config.toml"
)]
pub(crate) struct Arguments {}

pub(crate) fn run(config: &Config, command: &Command) -> ExitCode {
    let mut outcome = Outcome::Fine;
    let mut out = Output::plain();
    let printed = out.write_all(config.text(command).as_bytes());
    out.finish(printed, &mut outcome);
    outcome.into()
}

/// What the file says.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where it is, or would be; `None` if none is to be read.
    path: Option<PathBuf>,
    is_there: bool,
    settings: Vec<Setting>,
}

const VARIABLE: &str = "TASKTRAIL_CONFIG";
const FLAG: &str = "--no-config";

impl Config {
    /// Says nothing.
    pub(crate) fn none() -> Self {
        Self {
            path: None,
            is_there: false,
            settings: Vec::new(),
        }
    }

    /// Reads the file, unless the arguments say that there is none to be read.
    ///
    /// # Errors
    ///
    /// If it can't be read, is no TOML, or says something that the command can't take.
    pub(crate) fn load(command: &Command, arguments: &[OsString]) -> Result<Self, String> {
        // No option takes a value that begins with two hyphens, so it is the flag wherever it is.
        let mut arguments = arguments.iter().take_while(|argument| *argument != "--");
        if arguments.any(|argument| argument == FLAG) {
            return Ok(Self::none());
        }
        let named = env::var_os(VARIABLE);
        let path = match &named {
            Some(named) if named.is_empty() => None,
            Some(named) => Some(PathBuf::from(named)),
            None => usual_path(),
        };
        let Some(path) = path else {
            return Ok(Self::none());
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if named.is_none() && is_absent(&error) => None,
            Err(error) => return Err(format!("{}: can't be read: {error}", path.display())),
        };
        let settings = Setting::all(text.as_deref().unwrap_or_default(), command);
        Ok(Self {
            settings: settings.map_err(|error| format!("{}:{error}", path.display()))?,
            is_there: text.is_some(),
            path: Some(path),
        })
    }

    /// Parses a command line; what it does not say, the file says.
    ///
    /// # Errors
    ///
    /// If the command line is wrong, or asks for help.
    pub(crate) fn matches(
        &self,
        command: &Command,
        arguments: &[OsString],
    ) -> Result<ArgMatches, clap::Error> {
        let settings = self.settings.iter();
        let configured = defaults::set(command.clone(), settings.clone());
        let matches = configured.try_get_matches_from(arguments)?;
        let Some((name, matches_of)) = matches.subcommand() else {
            return Ok(matches);
        };
        // What the command line says doesn't go together with all that the file says.
        let is_said = |id: &str| {
            matches_of.ids().any(|known| known == id)
                && matches_of.value_source(id) == Some(ValueSource::CommandLine)
        };
        let is_beaten = |setting: &&Setting| {
            setting.table() == Some(name) && setting.rivals(command).iter().any(|id| is_said(id))
        };
        if !settings.clone().any(|setting| is_beaten(&setting)) {
            return Ok(matches);
        }
        let others = settings.filter(|setting| !is_beaten(setting));
        defaults::set(command.clone(), others).try_get_matches_from(arguments)
    }

    /// Writes what the file says as the file does, and what it could say as comments.
    fn text(&self, command: &Command) -> String {
        let mut text = match &self.path {
            None => "# No configuration is read.\n".to_owned(),
            Some(path) => match self.is_there {
                true => format!("# {}\n", path.display()),
                false => format!("# {} is not there: the defaults hold.\n", path.display()),
            },
        };
        for of in [command].into_iter().chain(command.get_subcommands()) {
            let table = (of.get_name() != command.get_name()).then(|| of.get_name());
            let options: Vec<_> = settings::options(of).collect();
            if options.is_empty() {
                continue;
            }
            text.push('\n');
            if let Some(table) = table {
                let _ = writeln!(text, "[{table}]");
            }
            for option in options {
                let said = self.settings.iter();
                let mut said = said.filter(|setting| setting.is_of(table, option));
                let _ = match said.next() {
                    Some(setting) => writeln!(text, "{}", setting.text()),
                    None => writeln!(text, "{}", settings::comment(option)),
                };
            }
        }
        text
    }
}

fn usual_path() -> Option<PathBuf> {
    // A relative one is to be ignored: https://specifications.freedesktop.org/basedir/latest/#variables
    let set = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = set.filter(|folder| folder.is_absolute());
    let folder = folder.or_else(|| Some(env::home_dir()?.join(".config")))?;
    Some(folder.join("tasktrail").join("config.toml"))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
