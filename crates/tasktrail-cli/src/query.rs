//! `tasktrail query`: finds records, and counts or measures them.

mod chosen;
mod fields;
mod groups;
mod print;
mod severity;

use std::io::{self, BufWriter};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tasktrail_record::{Glance, GlanceKind, Record};

use crate::input::{Input, Outcome, bytes, tell};
use crate::json;
use crate::pairs::Half;
use crate::reading::{self, Source};
use chosen::{Chosen, Filters, NotAsked};
use groups::{Action, Groups, Key, Member};
use print::Printer;

/// Find records, and count or measure them
///
/// Reads lines of JSON as Eliot or the JSON layers of tasktrail write them in any schema, in any
/// mix, and prints the lines that are asked for, byte for byte, in the order of the logs; or some of
/// their fields; or how many they are; or percentiles of a field or of durations.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The exit status is 0 if all lines were read, 1 if some lines were bad (the first 10 of each log \
are told on the standard error, then how many more there are), 2 if a log could not be read.",
    after_long_help = "\
Examples:
  $ tasktrail query --task 192f76ea app.log
  $ tasktrail query --level warn --since 2026-11-22T14:00 app.log
  $ tasktrail query --failed --fields timestamp,action_type,reason app.log
  $ tasktrail query --where 'status >= `500`' --count app.log
  $ tasktrail query --action 'http*' --group-by method,path --percentiles duration app.log

Exit status:
  0  all lines were read
  1  some lines were bad: the first 10 of each log are told on the standard error, then how many
     more there are
  2  a log could not be read, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Logs to read, also compressed with gzip or Zstandard; a folder is all files in it; none or
    /// - is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    filters: Filters,

    /// How it is printed [default: lines; with --fields, --group-by or --percentiles table]
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    format: Option<Format>,

    /// Print how many records there are: --format count
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    count: bool,

    /// Print these fields only; a.b is what is at b in the field a
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    fields: Vec<String>,

    /// Print how many records there are of each value, or of each combination of values
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        conflicts_with = "fields",
        help_heading = "Output"
    )]
    group_by: Vec<String>,

    /// Print p50, p90, p99 and the largest of the numbers in this field, or of how long actions
    /// took: duration
    #[arg(
        long,
        value_name = "FIELD",
        conflicts_with = "fields",
        help_heading = "Output"
    )]
    percentiles: Option<String>,

    /// Pass over lines that are longer
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    longest_line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The lines as they are; of fields and groups, an object of JSON each
    Lines,
    /// Comma-separated values, RFC 4180, with a heading
    Csv,
    /// Columns for people
    Table,
    /// The number of the records
    Count,
}

/// Stands for how long actions took.
const DURATION: &str = "duration";

/// The fields that are printed if none are named.
const USUAL: [&str; 6] = [
    "timestamp",
    "task_uuid",
    "task_level",
    "action_type",
    "action_status",
    "message_type",
];

/// What is made of each line.
#[derive(Debug, Clone, Copy)]
enum Wanted<'a> {
    Count,
    /// The lines themselves.
    Lines,
    Fields(&'a [String]),
    /// Counts, and the percentiles of a field.
    Groups(&'a [String], Option<&'a str>),
    /// Counts of actions, and the percentiles of how long they took.
    Durations(&'a [String]),
}

/// What was made of several lines.
#[derive(Default)]
pub(super) struct Part {
    count: u64,
    lines: Vec<u8>,
    rows: Vec<Vec<String>>,
    members: Vec<Member>,
    halves: Vec<Half<Action>>,
    not_asked: NotAsked,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let usual = USUAL.map(str::to_owned);
    let (format, wanted) = match arguments.wanted(&usual) {
        Ok(wanted) => wanted,
        Err(why) => {
            tell(format_args!("{why}"));
            return Outcome::Failed.into();
        }
    };
    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let mut count = 0;
    let mut groups = Groups::default();
    let mut not_asked = NotAsked::default();
    let mut printer = Printer::new(
        BufWriter::with_capacity(128 * 1024, io::stdout()),
        format,
        wanted.titles(),
    );
    let source = Source {
        inputs: &inputs,
        longest_line: arguments.longest_line,
        with: arguments.filters.stands_in_line(),
    };
    let read = reading::read(
        source,
        &mut outcome,
        |part: &mut Part, line| wanted.make(&arguments.filters, part, line.bytes),
        |part, about| {
            count += part.count;
            not_asked.join(part.not_asked);
            part.members
                .into_iter()
                .for_each(|member| groups.add(member));
            part.halves
                .into_iter()
                .for_each(|half| groups.add_half(half));
            printer.lines(&part.lines)?;
            part.rows.into_iter().try_for_each(|row| printer.row(row))?;
            match about.is_live {
                true => printer.flush(),
                false => Ok(()),
            }
        },
    );
    let printed = read.and_then(|_| match wanted {
        Wanted::Count => printer.lines(format!("{count}\n").as_bytes()),
        Wanted::Lines | Wanted::Fields(_) => Ok(()),
        Wanted::Groups(names, _) | Wanted::Durations(names) => {
            groups.print(names, &wanted, &mut printer)
        }
    });
    match printed.and_then(|()| printer.finish()) {
        Ok(()) => {}
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            tell(format_args!("<stdout>: can't be written: {error}"));
            outcome = Outcome::Failed;
        }
    }
    printer.give_up();
    for (place, text) in arguments.filters.questions().enumerate() {
        if let Some((records, reason)) = not_asked.of(place) {
            let records = match records {
                1 => "1 record".to_owned(),
                records => format!("{records} records"),
            };
            tell(format_args!(
                "--where {text:?}: taken as false for {records}, first because: {reason}"
            ));
        }
    }
    outcome.into()
}

impl Arguments {
    fn wanted<'a>(&'a self, usual: &'a [String]) -> Result<(Format, Wanted<'a>), &'static str> {
        let wanted = match self.percentiles.as_deref() {
            Some(DURATION) => Wanted::Durations(&self.group_by),
            field if field.is_some() || !self.group_by.is_empty() => {
                Wanted::Groups(&self.group_by, field)
            }
            _ if !self.fields.is_empty() => Wanted::Fields(&self.fields),
            _ => Wanted::Lines,
        };
        let format = match self.count {
            true => Some(Format::Count),
            false => self.format,
        };
        match (format, wanted) {
            (Some(Format::Count), Wanted::Lines) => Ok((Format::Count, Wanted::Count)),
            (Some(Format::Count), _) => Err(
                "--count is a number alone: --fields, --group-by and --percentiles don't go with it",
            ),
            (None | Some(Format::Lines), Wanted::Lines) => Ok((Format::Lines, wanted)),
            (Some(format), Wanted::Lines) => Ok((format, Wanted::Fields(usual))),
            (format, _) => Ok((format.unwrap_or(Format::Table), wanted)),
        }
    }
}

impl Wanted<'_> {
    /// Takes in a line, if it is chosen.
    fn make(self, filters: &Filters, part: &mut Part, line: &[u8]) -> Result<(), String> {
        if let Wanted::Durations(names) = self {
            return half(names, filters, part, line);
        }
        let needs_record = !matches!(self, Self::Count | Self::Lines);
        let record = match filters.choose(line, needs_record, &mut part.not_asked)? {
            Chosen::Yes(record) => record,
            Chosen::No => return Ok(()),
        };
        part.count += 1;
        if let Self::Lines = self {
            part.lines.extend_from_slice(line);
            part.lines.push(b'\n');
        }
        let Some(record) = record else {
            return Ok(());
        };
        match self {
            Self::Fields(names) => part.rows.push(key(&record, names)),
            Self::Groups(names, None) => part.members.push(Member {
                key: key(&record, names),
                number: None,
            }),
            Self::Groups(names, Some(field)) => {
                let number = fields::value(&record, field).and_then(|value| value.as_f64());
                if number.is_some() {
                    let key = key(&record, names);
                    part.members.push(Member { key, number });
                }
            }
            Self::Count | Self::Lines | Self::Durations(_) => {}
        }
        Ok(())
    }

    /// Gives the titles of the columns, and whether they hold numbers.
    fn titles(self) -> Vec<(String, bool)> {
        let texts = |names: &[String]| {
            let texts = names.iter().map(|name| (name.clone(), false));
            texts.collect::<Vec<_>>()
        };
        let numbers = |names: &[&str]| {
            let numbers = names.iter().map(|name| ((*name).to_owned(), true));
            numbers.collect::<Vec<_>>()
        };
        const MEASURED: [&str; 5] = ["count", "p50", "p90", "p99", "max"];
        match self {
            Self::Count | Self::Lines => Vec::new(),
            Self::Fields(names) => texts(names),
            Self::Groups(names, None) => [texts(names), numbers(&["count"])].concat(),
            Self::Groups(names, Some(_)) | Self::Durations(names) => {
                [texts(names), numbers(&MEASURED)].concat()
            }
        }
    }
}

/// Takes in a start or an end of an action; whether the action is chosen is up to its end.
fn half(names: &[String], filters: &Filters, part: &mut Part, line: &[u8]) -> Result<(), String> {
    let glance = Glance::parse(line).map_err(|error| error.to_string())?;
    let is_end = match glance.kind() {
        GlanceKind::Start { .. } => false,
        GlanceKind::End { .. } => true,
        GlanceKind::Message => return Ok(()),
    };
    if !filters.is_of_action(&glance) {
        return Ok(());
    }
    let record = Record::parse(line).map_err(|error| error.to_string())?;
    let action = Action {
        key: key(&record, names),
        is_chosen: is_end && filters.suits(&record, &mut part.not_asked),
    };
    part.halves.extend(Half::of(&record, action));
    Ok(())
}

/// Gives the values of some fields as JSON; nothing for those that there are not.
fn key(record: &Record, names: &[String]) -> Key {
    let names = names.iter();
    names
        .map(|name| {
            let mut out = Vec::new();
            if let Some(value) = fields::value(record, name) {
                json::push(&value, &mut out);
            }
            String::from_utf8(out).unwrap_or_default()
        })
        .collect()
}
