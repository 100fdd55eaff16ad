//! `tasktrail man`: writes pages of the manual.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, ValueHint};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::outcome::Outcome;
use crate::output::Output;
use crate::tell::tell;

/// Print the page of the manual, or write a page for each command
#[derive(Debug, Args)]
#[command(
    after_help = "The exit status is 0, or 2 if a page can't be written.",
    after_long_help = "\
Examples:
  $ tasktrail man | man -l -
  $ tasktrail man --to ~/.local/share/man/man1

Exit status:
  0  all was written
  2  a page can't be written, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Write tasktrail.1 and a page for each command into this folder, which is made if it isn't
    /// there
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    to: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, command: Command) -> ExitCode {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut outcome = Outcome::Fine;
    match &arguments.to {
        Some(folder) => {
            if let Err(error) = write_all(&command, folder) {
                tell(format_args!("{error}"));
                outcome.worsen(Outcome::Failed);
            }
        }
        None => {
            let mut out = Output::plain();
            let printed = page(&command, &command).and_then(|page| out.write_all(&page));
            out.finish(printed, &mut outcome);
        }
    }
    outcome.into()
}

fn write_all(command: &Command, folder: &Path) -> Result<(), String> {
    let told = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(folder).map_err(|error| told(folder, error))?;
    for of in [command].into_iter().chain(command.get_subcommands()) {
        let path = folder.join(format!("{}.1", name(of)));
        page(command, of)
            .and_then(|page| fs::write(&path, page))
            .map_err(|error| told(&path, error))?;
    }
    Ok(())
}

fn name(of: &Command) -> &str {
    of.get_display_name().unwrap_or_else(|| of.get_name())
}

/// Writes the page of `of`, which is the command itself, or one of its commands.
fn page(command: &Command, of: &Command) -> io::Result<Vec<u8>> {
    let version = command.get_version().unwrap_or_default();
    let man = Man::new(of.clone())
        .title(name(of).to_uppercase())
        .source(format!("{} {version}", command.get_name()))
        .manual(command.get_name());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis(of).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if of.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let help = of.get_after_long_help().or_else(|| of.get_after_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    sections(&help).to_writer(&mut page)?;
    see_also(command, of).to_writer(&mut page)?;
    Ok(page)
}

fn synopsis(of: &Command) -> Roff {
    let usage = of.clone().render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([bold(usage.trim_start_matches("Usage: "))]);
    roff
}

/// Makes a section of each heading of a help text. What stands under none comes first.
fn sections(help: &str) -> Roff {
    let mut notes = Roff::new();
    let mut headed = Roff::new();
    for paragraph in help.split("\n\n") {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        let heading = first.strip_suffix(':').filter(|_| rest.starts_with(' '));
        match heading {
            Some(heading) => {
                headed.control("SH", [heading.to_uppercase().as_str()]);
                as_it_is(rest, &mut headed);
            }
            None if paragraph.starts_with(' ') => as_it_is(paragraph, &mut headed),
            None => {
                notes.control("PP", []);
                match rest.starts_with(' ') {
                    true => as_it_is(paragraph, &mut notes),
                    false => {
                        notes.text([roman(paragraph.replace('\n', " "))]);
                    }
                }
            }
        }
    }
    let mut all = Roff::new();
    if notes != Roff::new() {
        all.control("SH", ["NOTES"]);
        all.extend([notes]);
    }
    all.extend([headed]);
    all
}

/// Keeps lines as they are broken.
fn as_it_is(lines: &str, roff: &mut Roff) {
    roff.control("PP", []);
    roff.control("nf", []);
    let lines = lines.lines().map(|line| roman(format!("{line}\n")));
    roff.text(lines.collect::<Vec<_>>());
    roff.control("fi", []);
}

fn see_also(command: &Command, of: &Command) -> Roff {
    let others = [command].into_iter().chain(command.get_subcommands());
    let others = others.map(name).filter(|other| *other != name(of));
    let others: Vec<_> = others.map(|other| format!("{other}(1)")).collect();
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(others.join(", "))]);
    roff
}
