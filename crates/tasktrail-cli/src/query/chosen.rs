//! Which records are chosen.

use clap::Args;
use tasktrail_record::{EndStatus, Glance, GlanceKind, Kind, Record, TaskName};

use super::severity::Level;
use crate::task_name::stands_in_line;
use crate::tree::moment::Moment;
use crate::tree::query::{Message, Query};

/// What the command line says about it.
#[derive(Debug, Args)]
pub(super) struct Filters {
    /// Take only records of this task, or of tasks whose names begin so; of several, any. If there
    /// is one, lines without it (of an id the first 8 digits) are passed over, whatever is in them
    #[arg(long, value_name = "UUID|PREFIX", help_heading = "Records")]
    task: Vec<String>,

    /// Take only starts and ends of actions of this type, in which * is any text; of several, any
    #[arg(long, value_name = "GLOB", help_heading = "Records")]
    action: Vec<String>,

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

    /// Take only records for which this JMESPath expression is true; of several, all must be
    #[arg(long = "where", value_name = "EXPR", help_heading = "Records")]
    r#where: Vec<Query>,
}

/// A record that was chosen, as far as it had to be read.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and a box would cost each record an allocation"
)]
pub(super) enum Chosen {
    No,
    /// The record, if it was asked for.
    Yes(Option<Record>),
}

/// To how many records each expression could not be put, and why the first.
#[derive(Debug, Default)]
pub(super) struct NotAsked(Vec<(u64, String)>);

impl Filters {
    /// Gives bytes that stand in each line that is chosen.
    pub(super) fn stands_in_line(&self) -> Option<&[u8]> {
        match &self.task[..] {
            [task] => stands_in_line(task),
            _ => None,
        }
    }

    /// Reads a line no further than it must be; all of it if `needs_record`.
    ///
    /// # Errors
    ///
    /// If the line is no record.
    pub(super) fn choose(
        &self,
        line: &[u8],
        needs_record: bool,
        not_asked: &mut NotAsked,
    ) -> Result<Chosen, String> {
        let has_light = !self.task.is_empty() || !self.action.is_empty() || self.failed;
        let has_heavy = self.since.is_some()
            || self.until.is_some()
            || self.level.is_some()
            || !self.r#where.is_empty();
        let needs_record = needs_record || has_heavy;
        if has_light || !needs_record {
            let glance = Glance::parse(line).map_err(|error| error.to_string())?;
            let may_fail = !self.failed || matches!(glance.kind(), GlanceKind::End { .. });
            if !self.is_of_action(&glance) || !may_fail {
                return Ok(Chosen::No);
            }
        }
        if !needs_record && !self.failed {
            return Ok(Chosen::Yes(None));
        }
        let record = Record::parse(line).map_err(|error| error.to_string())?;
        Ok(match self.suits(&record, not_asked) {
            true => Chosen::Yes(Some(record)),
            false => Chosen::No,
        })
    }

    /// Tells whether what is common to all records of an action is as it is to be.
    pub(super) fn is_of_action(&self, glance: &Glance<'_>) -> bool {
        let task = || glance.place().map(|(task, _)| task);
        let is_task = self.task.is_empty()
            || task().is_some_and(|task| self.task.iter().any(|wanted| begins(task, wanted)));
        let is_action = self.action.is_empty()
            || match glance.kind() {
                GlanceKind::Start { action_type } | GlanceKind::End { action_type } => {
                    self.action.iter().any(|glob| matches(glob, action_type))
                }
                GlanceKind::Message => false,
            };
        is_task && is_action
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
            && (self.r#where.is_empty() || self.is_true_of(record, not_asked))
    }

    fn is_true_of(&self, record: &Record, not_asked: &mut NotAsked) -> bool {
        let message = Message::new(record);
        let mut queries = self.r#where.iter().enumerate();
        queries.all(|(place, query)| {
            query.is_true_of(&message).unwrap_or_else(|reason| {
                not_asked.add(place, 1, reason);
                false
            })
        })
    }

    /// Gives what was asked with the flag `--where`.
    pub(super) fn questions(&self) -> impl Iterator<Item = &str> {
        self.r#where.iter().map(Query::text)
    }
}

impl NotAsked {
    fn add(&mut self, place: usize, records: u64, reason: String) {
        if self.0.len() <= place {
            self.0.resize_with(place + 1, Default::default);
        }
        if let Some(entry) = self.0.get_mut(place).filter(|_| records > 0) {
            if entry.0 == 0 {
                entry.1 = reason;
            }
            entry.0 += records;
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        for (place, (records, reason)) in other.0.into_iter().enumerate() {
            self.add(place, records, reason);
        }
    }

    pub(super) fn of(&self, place: usize) -> Option<&(u64, String)> {
        self.0.get(place).filter(|(records, _)| *records > 0)
    }
}

fn begins(task: &TaskName<'_>, wanted: &str) -> bool {
    match task {
        TaskName::Id(id) => id.encode(&mut [0; 36]).starts_with(wanted),
        TaskName::Text(text) => text.starts_with(wanted),
    }
}

/// Tells whether a text is as a pattern says, in which `*` is any text.
fn matches(glob: &str, text: &str) -> bool {
    let Some((start, rest)) = glob.split_once('*') else {
        return glob == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    // The first place for each part leaves the most for those that follow.
    for part in middle.split('*') {
        match text.split_once(part) {
            Some((_, rest)) => text = rest,
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (glob, text, expected) in [
            ("sql", "sql", true),
            ("sql", "sqlx", false),
            ("request*", "request", true),
            ("request*", "request:GET", true),
            ("request*", "a request", false),
            ("*sql", "a:sql", true),
            ("*sql", "sql:a", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("a*a", "a", false),
            ("ab*b", "ab", false),
            ("*", "", true),
            ("**", "x", true),
            ("a*b*b", "abb", true),
            ("a*b*b", "ab", false),
        ] {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
    }
}
