//! Which records are chosen.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use tasktrail_record::{EndStatus, Glance, GlanceKind, Kind, Record};

use super::has::Has;
use super::severity::Level;
use crate::input::bytes;
use crate::moment::Moment;
use crate::paths::{Pattern, Patterns};
use crate::question::{Message, NotAsked, Query};
use crate::task_name::{begins, stands_in_line};

/// What the command line says about it.
#[derive(Debug, Args)]
pub(super) struct Filters {
    /// Take only records of this task, or of tasks whose names begin so; of several, any. If there
    /// is one, lines without it (of an id the first 8 digits) are passed over, whatever is in them
    #[arg(
        long,
        value_name = "UUID|PREFIX",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "Records"
    )]
    task: Vec<String>,

    /// Take only starts and ends of actions of this type, in which * is any text; or, with a path
    /// such as request/**/sql, all records in such an action; of several, any
    ///
    /// `/` leads from an action to one directly in it, `**` is any number of actions between, and `/`
    /// at the start is the root of the task. A `/` finds one in a name as well, and nothing else if
    /// white space is beside it or if it is written `\/`: 'GET /orders*' is a name.
    #[arg(long, value_name = "PATTERN", help_heading = "Records")]
    action: Vec<Pattern>,

    /// Wait with so much memory for the names of actions around, if --action is a path
    #[arg(
        long,
        value_name = "BYTES",
        default_value = "1G",
        value_parser = bytes,
        help_heading = "Records"
    )]
    pub(super) memory: usize,

    /// Take only records of this moment or later (ISO 8601; in UTC if it doesn't say)
    #[arg(long, value_name = "START", help_heading = "Records")]
    since: Option<Moment>,

    /// Take only records from before this moment
    #[arg(long, value_name = "END", help_heading = "Records")]
    until: Option<Moment>,

    /// Take only records of this level or above
    #[arg(long, value_enum, value_name = "LEVEL", help_heading = "Records")]
    level: Option<Level>,

    /// Take only ends of actions that failed
    #[arg(long, help_heading = "Records")]
    failed: bool,

    /// Take only records that have this field; with =, !=, <, <=, > or >= and a value behind it, only
    /// if it compares so; with ~ if its text is as a pattern says, in which * is any text; of
    /// several, all must hold
    #[arg(long, value_name = "FIELD[OP VALUE]", help_heading = "Records")]
    has: Vec<Has>,

    /// Take only records for which this JMESPath expression is true; of several, all must be
    #[arg(
        long = "where",
        value_name = "EXPR",
        value_parser = question,
        help_heading = "Records"
    )]
    r#where: Vec<Query>,
}

impl Filters {
    /// Gives bytes that stand in each line that is chosen.
    pub(super) fn stands_in_line(&self) -> Option<&[u8]> {
        match &self.task[..] {
            [task] => stands_in_line(task),
            _ => None,
        }
    }

    /// Gives the patterns, if a path is among them.
    ///
    /// # Errors
    ///
    /// If they are too long.
    pub(super) fn paths(&self) -> Result<Option<Patterns>, String> {
        Patterns::of_paths(&self.action)
    }

    /// Refuses what no record can be.
    pub(super) fn check(&self) -> Result<(), String> {
        match (self.since, self.until) {
            (Some(since), Some(until)) if since >= until => {
                Err("no moment is at or after --since and before --until".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Tells whether a look at a line can tell that it is not chosen.
    pub(super) fn needs_glance(&self) -> bool {
        !self.task.is_empty() || !self.action.is_empty() || self.failed
    }

    /// Tells whether all of a line must be read to know whether it is chosen.
    pub(super) fn needs_record(&self) -> bool {
        self.failed
            || self.since.is_some()
            || self.until.is_some()
            || self.level.is_some()
            || !self.has.is_empty()
            || !self.r#where.is_empty()
    }

    pub(super) fn is_of_task(&self, glance: &Glance<'_>) -> bool {
        let task = || glance.place().map(|(task, _)| task);
        self.task.is_empty()
            || task().is_some_and(|task| self.task.iter().any(|wanted| begins(task, wanted)))
    }

    /// Tells whether the action that starts or ends has a name that is asked for.
    pub(super) fn is_named(&self, glance: &Glance<'_>) -> bool {
        self.action.is_empty()
            || match glance.kind() {
                GlanceKind::Start { action_type } | GlanceKind::End { action_type } => self
                    .action
                    .iter()
                    .any(|pattern| pattern.is_name(action_type)),
                GlanceKind::Message => false,
            }
    }

    /// Tells whether it is no end, where only those are asked for.
    pub(super) fn may_suit(&self, glance: &Glance<'_>) -> bool {
        !self.failed || matches!(glance.kind(), GlanceKind::End { .. })
    }

    /// Tells whether a record is as it is to be, but for its task and its action.
    pub(super) fn suits(&self, record: &Record, not_asked: &mut NotAsked) -> bool {
        let moment = || record.seconds().and_then(Moment::from_seconds);
        let has_failed = || {
            matches!(
                record.kind(),
                Kind::End {
                    status: EndStatus::Failed,
                    ..
                }
            )
        };
        let is_since = |since| moment().is_some_and(|moment| moment >= since);
        let is_until = |until| moment().is_some_and(|moment| moment < until);
        let is_level = |level| Level::of(record).is_some_and(|said| said >= level);
        (!self.failed || has_failed())
            && self.since.is_none_or(is_since)
            && self.until.is_none_or(is_until)
            && self.level.is_none_or(is_level)
            && self.has.iter().all(|has| has.is_true_of(record))
            && (self.r#where.is_empty() || self.is_true_of(record, not_asked))
    }

    fn is_true_of(&self, record: &Record, not_asked: &mut NotAsked) -> bool {
        let message = Message::new(record);
        let mut answers = not_asked.answers(&self.r#where, &message);
        answers.all(|is_true| is_true)
    }

    /// Tells of the records that an expression could not be asked of.
    pub(super) fn tell_what_failed(&self, not_asked: &NotAsked) {
        not_asked.tell("--where", &self.r#where);
    }
}

fn question(text: &str) -> Result<Query, String> {
    text.parse().map_err(|error| {
        format!(
            "{error}; there, numbers stand in backquotes and texts in quotes: status >= `500`, \
             path == '/a'; --has takes status>=500"
        )
    })
}
