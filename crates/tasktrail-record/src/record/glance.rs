//! What a line says of its place in a task, and nothing else.

mod members;
mod scan;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use members::Members;

use super::{Kind, ParseRecordError, Record};
use crate::{Schema, TaskId, TaskLevel};

/// Tells where a line stands in its task, at a small part of what a [`Record`] costs.
///
/// It says the same as a record does, and a line that is no record is refused with the same error:
/// all of the line is checked, but only the place and the kind of the message are kept. Nothing is
/// allocated for a line in one of the forms that are written here; any other is read as a record
/// first.
///
/// ```
/// use tasktrail_record::{Glance, GlanceKind};
///
/// let glance = Glance::parse(
///     br#"{"total":12.5,"timestamp":1700000000.25,"task_uuid":"192f76ea-915e-4131-95dc-da28c6bcdbb5","task_level":[2,1],"message_type":"paid"}"#,
/// )?;
///
/// let (task, level) = glance.place().expect("a line of Eliot's has a place");
/// assert_eq!(format!("{task}@{level}"), "192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/1");
/// assert_eq!(glance.kind(), &GlanceKind::Message);
/// # Ok::<(), tasktrail_record::ParseRecordError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance<'l> {
    schema: Schema,
    place: Option<(TaskName<'l>, TaskLevel)>,
    kind: GlanceKind<'l>,
}

/// The name of a task as its lines have it.
///
/// ```
/// use tasktrail_record::TaskName;
///
/// assert!(matches!(TaskName::from("192f76ea-915e-4131-95dc-da28c6bcdbb5"), TaskName::Id(_)));
/// assert_eq!(TaskName::from("t-1").to_string(), "t-1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TaskName<'l> {
    /// An id, written in the one way in which ids are written here.
    Id(TaskId),
    /// Any other text.
    Text(Cow<'l, str>),
}

/// What a message says about its action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GlanceKind<'l> {
    /// The action starts; the last number of its level is 1.
    Start {
        /// The name of the action.
        action_type: Cow<'l, str>,
    },
    /// The action ends, well or badly.
    End {
        /// The name of the action.
        action_type: Cow<'l, str>,
    },
    /// Something was said in the action.
    Message,
}

impl<'l> Glance<'l> {
    /// Looks at a line of any [`Schema`], with or without its line break.
    ///
    /// # Errors
    ///
    /// If [`Record::parse`] refuses the line; the error is the same.
    pub fn parse(line: &'l [u8]) -> Result<Self, ParseRecordError> {
        match Self::quick(line) {
            Some(glance) => Ok(glance),
            None => Record::parse(line).map(Self::of_record),
        }
    }

    /// Looks at a line that has a usual form; `None` says nothing about the line.
    fn quick(line: &'l [u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        Members::of(line)?.glance()
    }

    fn of_record(mut record: Record) -> Self {
        let place = record.take_place();
        Self {
            schema: record.schema,
            place: place.map(|(task, level)| (TaskName::from_text(Cow::Owned(task)), level)),
            kind: match record.kind {
                Kind::Start { action_type } => GlanceKind::Start {
                    action_type: Cow::Owned(action_type),
                },
                Kind::End { action_type, .. } => GlanceKind::End {
                    action_type: Cow::Owned(action_type),
                },
                Kind::Message { .. } => GlanceKind::Message,
            },
        }
    }

    /// Gives the schema that the line has.
    pub fn schema(&self) -> Schema {
        self.schema
    }

    /// Gives the name of the task and the place of the message in it; the level has one number or
    /// more. `None` if the line comes from a program that knows no tasks.
    pub fn place(&self) -> Option<(&TaskName<'l>, &TaskLevel)> {
        self.place.as_ref().map(|(task, level)| (task, level))
    }

    /// Gives what the message says about its action.
    pub fn kind(&self) -> &GlanceKind<'l> {
        &self.kind
    }
}

impl<'l> TaskName<'l> {
    fn from_text(text: Cow<'l, str>) -> Self {
        let has_one_spelling =
            text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match text.parse() {
            Ok(id) if has_one_spelling => Self::Id(id),
            _ => Self::Text(text),
        }
    }
}

impl<'l> From<&'l str> for TaskName<'l> {
    fn from(text: &'l str) -> Self {
        Self::from_text(Cow::Borrowed(text))
    }
}

impl fmt::Display for TaskName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}
