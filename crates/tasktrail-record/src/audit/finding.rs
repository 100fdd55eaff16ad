//! What an audit finds.

use std::cmp::Ordering;
use std::fmt;

use super::bytes::{Bytes, ToBytes};
use super::task::NOTES;
use crate::{TaskId, TaskLevel, TaskName};

/// Says what is wrong at one place of a task.
///
/// Its text is the kind, the position and perhaps a note: `missing <task_uuid>@/2/1`. Several
/// positions that follow each other are one finding: `missing <task_uuid>@/2/5..9`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    kind: FindingKind,
    task: TaskName<'static>,
    level: TaskLevel,
    last: Option<u64>,
    note: &'static str,
}

/// What can be wrong with the messages of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// A number was taken for a message, an action or a hand-over, and nothing with that number is
    /// there; or an action has no end although the action around it has ended.
    Missing,
    /// A message is there again, with the same line.
    Doubled,
    /// Two things are said of one position, or what stands there can't stand there; once for each
    /// thing that is not the first.
    Contradictory,
    /// A message has a higher number than the end of its action.
    AfterEnd,
    /// An action has no end, nor has the action around it.
    Open,
}

impl FindingKind {
    /// Gives the word that reports have for it.
    ///
    /// ```
    /// assert_eq!(tasktrail_record::FindingKind::AfterEnd.name(), "after-end");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Doubled => "doubled",
            Self::Contradictory => "contradictory",
            Self::AfterEnd => "after-end",
            Self::Open => "open",
        }
    }
}

impl Finding {
    pub(super) fn new(kind: FindingKind, task: TaskName<'static>, level: TaskLevel) -> Self {
        Self {
            kind,
            task,
            level,
            last: None,
            note: "",
        }
    }

    pub(super) fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// Goes on to number `last` of the same action.
    pub(super) fn to(mut self, last: u64) -> Self {
        self.last = Some(last).filter(|last| self.level.numbers().last() != Some(last));
        self
    }

    /// Gives what is wrong.
    pub fn kind(&self) -> FindingKind {
        self.kind
    }

    /// Gives the name of the task.
    pub fn task(&self) -> &TaskName<'static> {
        &self.task
    }

    /// Gives the place in the task; of several places the first.
    pub fn level(&self) -> &TaskLevel {
        &self.level
    }

    /// Gives the last number, if this is about several that follow each other in one action.
    pub fn last_number(&self) -> Option<u64> {
        self.last
    }

    /// Gives what else is to be said; often nothing.
    pub fn details(&self) -> Option<&'static str> {
        (!self.note.is_empty()).then_some(self.note)
    }

    /// Gives the task, the level and the last number as one text: `<task_uuid>@/2/5..9`.
    pub fn position(&self) -> String {
        let last = self.last.map(|last| format!("..{last}"));
        format!("{}@{}{}", self.task, self.level, last.unwrap_or_default())
    }

    /// Appends the finding as bytes, about 25.
    ///
    /// The form is that of this version alone: it is for temporary files.
    ///
    /// ```
    /// use tasktrail_record::{Audit, Finding, Glance, Seen};
    ///
    /// let line = br#"{"task_uuid":"t","task_level":[3],"message_type":"paid"}"#;
    /// let mut audit = Audit::new();
    /// audit.add(Seen::new(&Glance::parse(line)?, line).expect("the line has a place"));
    ///
    /// for finding in audit.finish().findings() {
    ///     let mut bytes = Vec::new();
    ///     finding.write(&mut bytes);
    ///     assert_eq!(Finding::read(&bytes).as_ref(), Some(finding));
    /// }
    /// # Ok::<(), tasktrail_record::ParseRecordError>(())
    /// ```
    pub fn write(&self, out: &mut Vec<u8>) {
        let kind = KINDS.iter().position(|kind| *kind == self.kind);
        let note = NOTES.iter().position(|note| *note == self.note);
        out.extend([kind, note].map(|place| place.unwrap_or_default() as u8));
        out.put_task(&self.task);
        out.put_level(&self.level);
        // 0 is no number.
        out.put_number(self.last.unwrap_or_default());
    }

    /// Takes what [`write`](Self::write) has written; `None` if the bytes are something else.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let finding = Self {
            kind: *KINDS.get(usize::from(bytes.byte()?))?,
            note: NOTES.get(usize::from(bytes.byte()?))?,
            task: bytes.task()?,
            level: bytes.level()?,
            last: bytes
                .number()
                .map(|last| Some(last).filter(|last| *last > 0))?,
        };
        bytes.all(finding)
    }

    fn place(
        &self,
    ) -> (
        Option<TaskId>,
        &str,
        &TaskLevel,
        FindingKind,
        &str,
        Option<u64>,
    ) {
        let (id, text) = match &self.task {
            TaskName::Id(id) => (Some(*id), ""),
            TaskName::Text(text) => (None, &**text),
        };
        (id, text, &self.level, self.kind, self.note, self.last)
    }
}

const KINDS: [FindingKind; 5] = [
    FindingKind::Missing,
    FindingKind::Doubled,
    FindingKind::Contradictory,
    FindingKind::AfterEnd,
    FindingKind::Open,
];

/// Sorts by task, first those whose names are no ids; in each by level, and there by kind.
impl Ord for Finding {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.position())?;
        match self.details() {
            Some(note) => write!(f, ": {note}"),
            None => Ok(()),
        }
    }
}
