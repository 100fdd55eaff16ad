//! `tasktrail query`: finds records, and counts or measures them.

mod chosen;
mod fields;
mod groups;
mod has;
mod made;
mod print;
mod severity;

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use tasktrail_record::Schema;

use crate::convert::schema;
use crate::input::{Input, bytes};
use crate::losses::Losses;
use crate::outcome::Outcome;
use crate::output::{Output, Paging};
use crate::paths::{Choice, Looking, Order};
use crate::question::NotAsked;
use crate::reading::{self, Source, processors};
use crate::tell::tell;
use chosen::Filters;
use groups::Groups;
use made::{Made, Part, Wanted};
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
are told on the standard error, then how many more there are), if it can't be told of some records \
whether --action holds, or if the schema of --to can't carry all, 2 if a log could not be read.",
    after_long_help = "\
Examples:
  $ tasktrail query --task 192f76ea app.log
  $ tasktrail query --level warn --since 2026-11-22T14:00 app.log
  $ tasktrail query --failed --fields timestamp,action_type,reason app.log
  $ tasktrail query --has 'status>=500' --count app.log
  $ tasktrail query --where 'status >= `500` || contains(path, `admin`)' --to ecs app.log
  $ tasktrail query --action 'request*/**/sql' --failed app.log
  $ tasktrail query --action 'http*' --group-by method,path --percentiles duration app.log

Exit status:
  0  all lines were read
  1  some lines were bad: the first 10 of each log are told on the standard error, then how many
     more there are; or it can't be told of some records whether --action holds; or the schema of
     --to can't carry all
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

    /// Print lines in this schema, as tasktrail convert does
    #[arg(
        long,
        value_name = "SCHEMA",
        value_parser = schema(),
        conflicts_with_all = ["format", "count", "fields", "group_by", "percentiles"],
        help_heading = "Output"
    )]
    to: Option<Schema>,

    /// Print how many records there are: --format count
    #[arg(
        long,
        conflicts_with_all = ["format", "fields", "group_by", "percentiles"],
        help_heading = "Output"
    )]
    count: bool,

    /// Print these fields only; a.b is what is at b in the field a
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "Output"
    )]
    fields: Vec<String>,

    /// Print how many records there are of each value, or of each combination of values
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        value_parser = NonEmptyStringValueParser::new(),
        conflicts_with = "fields",
        help_heading = "Output"
    )]
    group_by: Vec<String>,

    /// Print p50, p90, p99 and the largest of the numbers in this field, or of how long actions
    /// took: duration
    #[arg(
        long,
        value_name = "FIELD",
        value_parser = NonEmptyStringValueParser::new(),
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

pub(crate) fn run(arguments: &Arguments, paging: Paging) -> ExitCode {
    let usual = USUAL.map(str::to_owned);
    let (format, wanted) = match arguments.wanted(&usual) {
        Ok(wanted) => wanted,
        Err(why) => {
            tell(format_args!("{why}"));
            return Outcome::Failed.into();
        }
    };
    let paths = match arguments.filters.paths() {
        Ok(paths) => paths,
        Err(why) => {
            tell(format_args!("{why}"));
            return Outcome::Failed.into();
        }
    };
    let order = match wanted {
        Wanted::Lines | Wanted::As(_) | Wanted::Fields(_) => Order::Kept,
        Wanted::Count | Wanted::Groups(..) | Wanted::Durations(_) => Order::Any,
    };
    let filters = &arguments.filters;
    let looking = paths.as_ref().map(Looking::new);
    let choice = paths.as_ref();
    let mut choice = choice.map(|paths| Choice::new(paths, filters.memory, order));

    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let out = Output::paged(paging, &inputs);
    let mut results = Results::new(Printer::new(out, format, wanted.titles()));
    let source = Source {
        inputs: &inputs,
        longest_line: arguments.longest_line,
        with: filters.stands_in_line(),
        threads: processors(),
    };
    let read = reading::read(
        source,
        &mut outcome,
        |part: &mut Part, line| wanted.make(filters, looking.as_ref(), part, line.bytes),
        |part, about| {
            results.take(part.made)?;
            if let Some(choice) = &mut choice {
                let mut found = part.found.into_iter();
                found.try_for_each(|found| choice.add(found, &mut |made| results.take(made)))?;
            }
            match about.is_live {
                true => results.printer.flush(),
                false => results.printer.show(),
            }
        },
    );
    let decided = read.and_then(|_| match choice {
        Some(choice) => choice.finish(&mut |made| results.take(made)).map(Some),
        None => Ok(None),
    });
    let mut undecided = None;
    let printed = decided.and_then(|found| {
        undecided = found;
        results.print(wanted)
    });
    if results.finish(printed, filters, &mut outcome)
        && undecided.is_some_and(|undecided| undecided.tell())
    {
        outcome.worsen(Outcome::Found);
    }
    outcome.into()
}

/// What was made of all lines so far.
struct Results {
    count: u64,
    groups: Groups,
    not_asked: NotAsked,
    losses: Losses,
    printer: Printer,
}

impl Results {
    fn new(printer: Printer) -> Self {
        Self {
            count: 0,
            groups: Groups::default(),
            not_asked: NotAsked::default(),
            losses: Losses::default(),
            printer,
        }
    }

    fn take(&mut self, made: Made) -> io::Result<()> {
        self.count += made.count;
        self.not_asked.join(made.not_asked);
        self.losses.join(made.losses);
        let (members, halves) = (made.members.into_iter(), made.halves.into_iter());
        members.for_each(|member| self.groups.add(member));
        halves.for_each(|half| self.groups.add_half(half));
        self.printer.lines(&made.lines)?;
        let mut rows = made.rows.into_iter();
        rows.try_for_each(|row| self.printer.row(row))
    }

    /// Prints what is known only when all was read.
    fn print(&mut self, wanted: Wanted<'_>) -> io::Result<()> {
        match wanted {
            Wanted::Count => self.printer.lines(format!("{}\n", self.count).as_bytes()),
            Wanted::Lines | Wanted::As(_) | Wanted::Fields(_) => Ok(()),
            Wanted::Groups(names, _) | Wanted::Durations(names) => {
                let groups = std::mem::take(&mut self.groups);
                groups.print(names, &wanted, &mut self.printer)
            }
        }
    }

    /// Ends the output, and tells on the standard error what is to be known of it; tells whether all
    /// was printed.
    fn finish(self, printed: io::Result<()>, filters: &Filters, outcome: &mut Outcome) -> bool {
        let is_printed = self.printer.finish(printed, outcome);
        if self.losses.tell() {
            outcome.worsen(Outcome::Found);
        }
        filters.tell_what_failed(&self.not_asked);
        is_printed
    }
}

impl Arguments {
    fn wanted<'a>(&'a self, usual: &'a [String]) -> Result<(Format, Wanted<'a>), String> {
        self.filters.check()?;
        let wanted = match self.percentiles.as_deref() {
            Some(DURATION) => Wanted::Durations(&self.group_by),
            field if field.is_some() || !self.group_by.is_empty() => {
                Wanted::Groups(&self.group_by, field)
            }
            _ if !self.fields.is_empty() => Wanted::Fields(&self.fields),
            _ => self.to.map_or(Wanted::Lines, Wanted::As),
        };
        let format = match self.count {
            true => Some(Format::Count),
            false => self.format,
        };
        match (format, wanted) {
            (Some(Format::Count), Wanted::Lines) => Ok((Format::Count, Wanted::Count)),
            (Some(Format::Count), _) => Err(
                "--count is a number alone: --fields, --group-by and --percentiles don't go with it"
                    .to_owned(),
            ),
            (None | Some(Format::Lines), Wanted::Lines | Wanted::As(_)) => Ok((Format::Lines, wanted)),
            (Some(format), Wanted::Lines) => Ok((format, Wanted::Fields(usual))),
            (format, _) => Ok((format.unwrap_or(Format::Table), wanted)),
        }
    }
}

impl Wanted<'_> {
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
        let mut titles = match self {
            Self::Count | Self::Lines | Self::As(_) => Vec::new(),
            Self::Fields(names) => texts(names),
            Self::Groups(names, None) => [texts(names), numbers(&["count"])].concat(),
            Self::Groups(names, Some(_)) | Self::Durations(names) => {
                [texts(names), numbers(&MEASURED)].concat()
            }
        };
        // No two columns have one title, as no two entries of an object have one key.
        let mut taken = HashSet::new();
        for (title, _) in &mut titles {
            while !taken.insert(title.clone()) {
                title.push('_');
            }
        }
        titles
    }
}
