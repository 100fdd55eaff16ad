//! What an audit is told of a line.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::mix;
use crate::{Glance, GlanceKind, TaskLevel, TaskName};

/// Says where a message stands, of which kind it is, and by a hash what its line says.
///
/// ```
/// use tasktrail_record::{Glance, Seen};
///
/// let line = br#"{"task_uuid":"t","task_level":[1],"message_type":"paid"}"#;
/// assert!(Seen::new(&Glance::parse(line)?, line).is_some());
///
/// let line = br#"{"@timestamp":"2026-11-22T04:39:32.633Z","@version":1,"message":"no task"}"#;
/// assert!(Seen::new(&Glance::parse(line)?, line).is_none());
/// # Ok::<(), tasktrail_record::ParseRecordError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Seen {
    pub(super) task: TaskName<'static>,
    pub(super) level: TaskLevel,
    pub(super) kind: SeenKind,
    pub(super) content: u64,
}

/// The kind of a message; of an action's name there is a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SeenKind {
    Start { name: u32 },
    End { name: u32 },
    Message,
}

impl Seen {
    /// How many numbers the level of a message may have, so that one hostile line of a million
    /// numbers is not followed by a million findings as long: 1,024.
    pub const DEEPEST: usize = 1024;

    /// Takes what matters of a line; `None` if it belongs to no task, or its level has more than
    /// [`DEEPEST`](Self::DEEPEST) numbers.
    ///
    /// Two lines say the same if they are the same bytes, whatever white space stands at their ends.
    pub fn new(glance: &Glance<'_>, line: &[u8]) -> Option<Self> {
        let (task, level) = glance.place()?;
        if level.numbers().len() > Self::DEEPEST {
            return None;
        }
        let task = match task {
            TaskName::Id(id) => TaskName::Id(*id),
            TaskName::Text(text) => TaskName::Text(Cow::Owned(text.clone().into_owned())),
        };
        let kind = match glance.kind() {
            GlanceKind::Start { action_type } => SeenKind::Start {
                name: content(action_type.as_bytes()) as u32,
            },
            GlanceKind::End { action_type } => SeenKind::End {
                name: content(action_type.as_bytes()) as u32,
            },
            GlanceKind::Message => SeenKind::Message,
        };
        Some(Self {
            task,
            level: level.clone(),
            kind,
            content: content(line.trim_ascii()),
        })
    }

    /// Tells which of several audits the task belongs to, each of which has its share of all tasks;
    /// a number below `audits`.
    pub fn share(&self, audits: usize) -> usize {
        let hash = match &self.task {
            TaskName::Id(id) => mix(id.bits() as u64, (id.bits() >> 64) as u64),
            TaskName::Text(text) => {
                let mut hasher = DefaultHasher::new();
                text.hash(&mut hasher);
                hasher.finish()
            }
        };
        (hash >> 32) as usize % audits.max(1)
    }
}

/// Gives 64 bits that stand for some bytes; never 0.
fn content(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let (pairs, single) = words.as_chunks::<2>();
    let mut hash = bytes.len() as u64;
    for [one, other] in pairs {
        hash = mix(hash ^ u64::from_le_bytes(*one), u64::from_le_bytes(*other));
    }
    for word in single {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    for (to, byte) in last.iter_mut().zip(rest) {
        *to = *byte;
    }
    mix(hash, u64::from_le_bytes(last)).max(1)
}
