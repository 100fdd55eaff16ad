//! What is made of lines that are chosen.

use std::mem;

use tasktrail_record::{Glance, GlanceKind, Record, Schema};

use super::chosen::Filters;
use super::fields;
use super::groups::{Action, Key, Member};
use crate::json;
use crate::losses::Losses;
use crate::pairs::Half;
use crate::paths::{Found, Looking};
use crate::question::NotAsked;

/// What is made of each line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    Count,
    /// The lines themselves.
    Lines,
    /// The lines in another schema.
    As(Schema),
    Fields(&'a [String]),
    /// Counts, and the percentiles of a field.
    Groups(&'a [String], Option<&'a str>),
    /// Counts of actions, and the percentiles of how long they took.
    Durations(&'a [String]),
}

/// What was made of several lines.
#[derive(Default)]
pub(super) struct Part {
    /// Of lines that are chosen.
    pub(super) made: Made,
    /// Of lines that are up to the names of the actions around them, in order.
    pub(super) found: Vec<Found<Made>>,
}

#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) count: u64,
    pub(super) lines: Vec<u8>,
    pub(super) losses: Losses,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) members: Vec<Member>,
    pub(super) halves: Vec<Half<Action>>,
    pub(super) not_asked: NotAsked,
}

impl Made {
    fn is_empty(&self) -> bool {
        self.count == 0 && self.halves.is_empty() && self.not_asked.is_empty()
    }
}

impl Wanted<'_> {
    /// Takes in a line, if it is chosen; `looking` is there if that is up to the names of the
    /// actions around it.
    ///
    /// # Errors
    ///
    /// If the line is no record.
    pub(super) fn make(
        self,
        filters: &Filters,
        looking: Option<&Looking<'_>>,
        part: &mut Part,
        line: &[u8],
    ) -> Result<(), String> {
        let glance = || Glance::parse(line).map_err(|error| error.to_string());
        if let Some(looking) = looking {
            let glance = glance()?;
            if filters.is_of_task(&glance) {
                let found = looking.look(&glance, || self.one(filters, &glance, line))?;
                part.found.extend(found);
            }
            return Ok(());
        }
        let is_read_anyhow = self.needs_record() || filters.needs_record();
        if filters.needs_glance() || !is_read_anyhow || self.is_of_actions() {
            let glance = glance()?;
            let is_chosen = filters.is_of_task(&glance) && filters.is_named(&glance);
            if !is_chosen || !self.may_suit(filters, &glance) {
                return Ok(());
            }
        }
        self.take(filters, &mut part.made, line)
    }

    /// Makes something of one line alone; gives how many bytes it has, roughly.
    fn one(
        self,
        filters: &Filters,
        glance: &Glance<'_>,
        line: &[u8],
    ) -> Result<Option<(Made, usize)>, String> {
        let mut made = Made::default();
        if self.may_suit(filters, glance) {
            self.take(filters, &mut made, line)?;
        }
        let has_fields = !made.rows.is_empty() || !made.members.is_empty();
        let has_more = has_fields || !made.halves.is_empty() || !made.not_asked.is_empty();
        // Of fields there are no more than the line has.
        let of_line = if has_more { 2 * line.len() } else { 0 };
        let bytes = 2 * mem::size_of::<Made>() + made.lines.capacity() + of_line;
        Ok((!made.is_empty()).then_some((made, bytes)))
    }

    fn needs_record(self) -> bool {
        !matches!(self, Self::Count | Self::Lines)
    }

    fn is_of_actions(self) -> bool {
        matches!(self, Self::Durations(_))
    }

    fn may_suit(self, filters: &Filters, glance: &Glance<'_>) -> bool {
        match self {
            // Whether an action is chosen is up to its end.
            Self::Durations(_) => !matches!(glance.kind(), GlanceKind::Message),
            _ => filters.may_suit(glance),
        }
    }

    /// Takes in a line of which all is known that a look at it can tell.
    fn take(self, filters: &Filters, made: &mut Made, line: &[u8]) -> Result<(), String> {
        let mut read = None;
        if self.needs_record() || filters.needs_record() {
            let record = Record::parse(line).map_err(|error| error.to_string())?;
            if let Self::Durations(names) = self {
                half(names, filters, made, &record);
                return Ok(());
            }
            if !filters.suits(&record, &mut made.not_asked) {
                return Ok(());
            }
            read = Some(record);
        }
        made.count += 1;
        match (self, read) {
            (Self::As(schema), Some(record)) if record.schema() != schema => {
                made.losses.add(record.write_as(schema, &mut made.lines));
            }
            (Self::Lines | Self::As(_), _) => {
                made.lines.extend_from_slice(line);
                made.lines.push(b'\n');
            }
            (Self::Fields(names), Some(record)) => made.rows.push(key(&record, names)),
            (Self::Groups(names, None), Some(record)) => made.members.push(Member {
                key: key(&record, names),
                number: None,
            }),
            (Self::Groups(names, Some(field)), Some(record)) => {
                let number = fields::value(&record, field).and_then(|value| value.as_f64());
                if let Some(number) = number.filter(|number| !number.is_nan()) {
                    made.members.push(Member {
                        key: key(&record, names),
                        number: Some(number),
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Takes in a start or an end of an action; whether the action is chosen is up to its end.
fn half(names: &[String], filters: &Filters, made: &mut Made, record: &Record) {
    let is_end = matches!(record.kind(), tasktrail_record::Kind::End { .. });
    let action = Action {
        key: key(record, names),
        is_chosen: is_end && filters.suits(record, &mut made.not_asked),
    };
    made.halves.extend(Half::of(record, action));
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
