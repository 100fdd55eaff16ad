//! `tasktrail stats`: tells how often actions happened, how they ended and how long they took.

mod print;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tasktrail_record::{EndStatus, Failure, Glance, GlanceKind, Kind, Record};

use crate::input::{Input, bytes};
use crate::outcome::Outcome;
use crate::output::{Output, Paging};
use crate::pairs::{Half, Pair, Pairs};
use crate::paths::{Choice, Found, Looking, Order, Pattern, Patterns};
use crate::percentiles::{KEPT, Percentiles};
use crate::reading::{self, Source, processors};
use crate::tell::tell;
use crate::text::visible;

/// Tell how often actions happened, how they ended and how long they took
///
/// Reads lines of JSON as Eliot or the JSON layers of tasktrail write them in any schema, in any
/// mix and any order, and puts the starts and ends of actions together by their positions.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The exit status is 0 if all lines were read, 1 if some lines were bad (the first 10 of each log \
are told on the standard error, then how many more there are) or it can't be told of some actions \
whether --action holds, 2 if a log could not be read.",
    after_long_help = "\
Example:
  $ tasktrail stats app.log
  action  count  failed  cancelled  no end     p50     p90     p99     max   total
  order       1       0          0       0  1.00 s  1.00 s  1.00 s  1.00 s  1.00 s  ████████▎  41 %
  price       2       1          0       0  2.2 ms  560 ms  560 ms  560 ms  562 ms  ████▋      23 %
  query       1       1          0       0  500 ms  500 ms  500 ms  500 ms  500 ms  ████▏      21 %
  pack        1       0          0       0  250 ms  250 ms  250 ms  250 ms  250 ms  ██         10 %
  wrap        1       0          0       0  125 ms  125 ms  125 ms  125 ms  125 ms  █           5 %

The bar and the number behind it are the part of an action in the time of all. What is within an
action is part of its time too.

Exit status:
  0  all lines were read
  1  some lines were bad: the first 10 of each log are told on the standard error, then how many
     more there are; or it can't be told of some actions whether --action holds
  2  a log could not be read, or the command line is wrong"
)]
pub(crate) struct Arguments {
    /// Logs to read, also compressed with gzip or Zstandard; a folder is all files in it; none or
    /// - is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Take only actions of this type, in which * is any text; or with this path, such as
    /// request/**/sql; of several, any
    ///
    /// `/` leads from an action to one directly in it, `**` is any number of actions between, and `/`
    /// at the start is the root of the task. A `/` finds one in a name as well, and nothing else if
    /// white space is beside it or if it is written `\/`: 'GET /orders*' is a name.
    #[arg(long, value_name = "PATTERN")]
    action: Vec<Pattern>,

    /// Wait with so much memory for the names of actions around, if --action is a path
    #[arg(long, value_name = "BYTES", default_value = "1G", value_parser = bytes)]
    memory: usize,

    /// What the actions are sorted by, the greatest first
    #[arg(long, value_enum, value_name = "WHAT", default_value = "total")]
    by: By,

    /// Print an object of JSON for each type of action; times are in seconds
    #[arg(long)]
    json: bool,

    /// Draw bars with characters of ASCII only
    #[arg(long)]
    ascii: bool,

    /// Pass over lines that are longer
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    longest_line: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    /// The time that all took together
    Total,
    /// How many there are
    Count,
    /// The time that 1 % exceed
    P99,
    /// How many failed
    Failed,
}

/// What is to be known of a start or an end.
#[derive(Debug)]
struct Told {
    action_type: String,
    how: How,
}

/// What was made of several lines.
#[derive(Default)]
struct Part {
    halves: Vec<Half<Told>>,
    /// Those that are up to the names of the actions around them.
    found: Vec<Found<Half<Told>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Started,
    Succeeded,
    Failed,
    Cancelled,
}

/// What was found out about the actions of one type.
#[derive(Debug, Default)]
struct Actions {
    count: u64,
    failed: u64,
    cancelled: u64,
    without_end: u64,
    seconds: Percentiles,
}

/// The actions of one type, with p50, p90, p99 and the longest time, if any is known.
#[derive(Debug)]
struct Row {
    action_type: String,
    actions: Actions,
    times: Option<Vec<f64>>,
    /// The seconds of all together.
    total: f64,
}

pub(crate) fn run(arguments: &Arguments, paging: Paging) -> ExitCode {
    let paths = match Patterns::of_paths(&arguments.action) {
        Ok(paths) => paths,
        Err(why) => {
            tell(format_args!("{why}"));
            return Outcome::Failed.into();
        }
    };
    let looking = paths.as_ref().map(Looking::new);
    let choice = paths.as_ref();
    let mut choice = choice.map(|paths| Choice::new(paths, arguments.memory, Order::Any));

    let mut outcome = Outcome::Fine;
    let inputs = Input::all(&arguments.files, &mut outcome);
    let mut pairs = Pairs::default();
    let mut types: HashMap<String, Actions> = HashMap::new();
    let source = Source {
        inputs: &inputs,
        longest_line: arguments.longest_line,
        with: None,
        threads: processors(),
    };
    let mut take = |half| {
        if let Some(pair) = pairs.add(half) {
            add(pair, &mut types);
        }
        Ok(())
    };
    let read = reading::read(
        source,
        &mut outcome,
        |part: &mut Part, line| make(&arguments.action, looking.as_ref(), part, line.bytes),
        |part, _| {
            part.halves.into_iter().try_for_each(&mut take)?;
            let Some(choice) = &mut choice else {
                return Ok(());
            };
            let mut found = part.found.into_iter();
            found.try_for_each(|found| choice.add(found, &mut take))
        },
    );
    let read = read.and_then(|_| match choice {
        Some(choice) => choice.finish(&mut take).map(Some),
        None => Ok(None),
    });
    pairs.rest().for_each(|pair| add(pair, &mut types));
    let rows = rows(types, arguments.by);

    let mut out = Output::paged(paging, &inputs);
    let mut undecided = None;
    let printed = read.and_then(|found| {
        undecided = found;
        match arguments.json {
            true => print::json(&rows, &mut out),
            false => print::table(&rows, arguments.ascii, &mut out),
        }
    });
    if out.finish(printed, &mut outcome) && undecided.is_some_and(|undecided| undecided.tell()) {
        outcome.worsen(Outcome::Found);
    }
    let near = rows.iter().filter(|row| !row.actions.seconds.is_exact());
    for row in near {
        tell(format_args!(
            "{}: p50, p90 and p99 of more than {KEPT} are near: within 0.4 %",
            visible(&row.action_type)
        ));
    }
    outcome.into()
}

/// Takes in a start or an end of an action that is asked for, as far as that is known; what stands
/// between has no part in it.
fn make(
    actions: &[Pattern],
    looking: Option<&Looking<'_>>,
    part: &mut Part,
    line: &[u8],
) -> Result<(), String> {
    let glance = Glance::parse(line).map_err(|error| error.to_string())?;
    let (GlanceKind::Start { action_type } | GlanceKind::End { action_type }) = glance.kind()
    else {
        return Ok(());
    };
    if let Some(looking) = looking {
        let made = || Ok(half(line)?.map(|half| (half, line.len())));
        part.found.extend(looking.look(&glance, made)?);
        return Ok(());
    }
    if actions.is_empty() || actions.iter().any(|action| action.is_name(action_type)) {
        part.halves.extend(half(line)?);
    }
    Ok(())
}

fn half(line: &[u8]) -> Result<Option<Half<Told>>, String> {
    let record = Record::parse(line).map_err(|error| error.to_string())?;
    let (action_type, how) = match record.kind() {
        Kind::Start { action_type } => (action_type, How::Started),
        Kind::End {
            action_type,
            status,
        } => (action_type, how(*status, &record)),
        Kind::Message { .. } => return Ok(None),
    };
    let action_type = action_type.clone();
    Ok(Half::of(&record, Told { action_type, how }))
}

fn how(status: EndStatus, record: &Record) -> How {
    let exception = record.field("exception").and_then(|name| name.as_str());
    match status {
        EndStatus::Succeeded => How::Succeeded,
        EndStatus::Failed if exception == Some(Failure::CANCELLED) => How::Cancelled,
        EndStatus::Failed => How::Failed,
    }
}

fn add(pair: Pair<Told>, types: &mut HashMap<String, Actions>) {
    let how = pair.end.as_ref().map(|end| end.how);
    let Some(told) = pair.end.or(pair.start) else {
        return;
    };
    let actions = types.entry(told.action_type).or_default();
    actions.count += 1;
    match how {
        None => actions.without_end += 1,
        Some(How::Failed) => actions.failed += 1,
        Some(How::Cancelled) => actions.cancelled += 1,
        Some(How::Started | How::Succeeded) => {}
    }
    if let Some(seconds) = pair.seconds {
        actions.seconds.add(seconds);
    }
}

/// Gives the greatest first, and equal ones by their names.
fn rows(types: HashMap<String, Actions>, by: By) -> Vec<Row> {
    let rows = types.into_iter().map(|(action_type, mut actions)| Row {
        times: actions.seconds.of(&[50, 90, 99]),
        // A sum of floats has more digits than its microseconds have.
        total: (actions.seconds.total() * 1e6).round() / 1e6,
        action_type,
        actions,
    });
    let mut rows: Vec<_> = rows.collect();
    let key = |row: &Row| match by {
        By::Total => row.total,
        By::Count => row.actions.count as f64,
        By::P99 => {
            let p99 = row.times.as_ref().and_then(|times| times.get(2));
            p99.copied().unwrap_or(f64::NEG_INFINITY)
        }
        By::Failed => row.actions.failed as f64,
    };
    rows.sort_by(|one, other| {
        let names = one.action_type.cmp(&other.action_type);
        key(other).total_cmp(&key(one)).then(names)
    });
    rows
}
