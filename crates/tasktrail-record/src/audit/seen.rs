//! What an audit is told of a line.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::bytes::{Bytes, ToBytes};
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl SeenKind {
    /// Gives the first of a start, an end and a message that is among the two.
    pub(super) fn or(self, other: Self) -> Self {
        match self.parts().0.wrapping_sub(1) <= other.parts().0.wrapping_sub(1) {
            true => self,
            false => other,
        }
    }

    /// Gives a number below 4, and the hash of the name.
    pub(super) fn parts(self) -> (u8, Option<u32>) {
        match self {
            Self::Message => (0, None),
            Self::Start { name } => (1, Some(name)),
            Self::End { name } => (2, Some(name)),
        }
    }

    /// Takes the hash of the name, and what [`parts`](Self::parts) gave.
    pub(super) fn read(kind: u8, bytes: &mut Bytes<'_>) -> Option<Self> {
        match kind {
            0 => Some(Self::Message),
            1 => bytes.hash32().map(|name| Self::Start { name }),
            2 => bytes.hash32().map(|name| Self::End { name }),
            _ => None,
        }
    }
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

    /// Gives the name of the task.
    pub fn task(&self) -> &TaskName<'static> {
        &self.task
    }

    /// Appends what was seen as bytes, about 30.
    ///
    /// The form is that of this version alone: it is for temporary files.
    ///
    /// ```
    /// use tasktrail_record::{Glance, Seen};
    ///
    /// let line = br#"{"task_uuid":"t","task_level":[1],"message_type":"paid"}"#;
    /// let seen = Seen::new(&Glance::parse(line)?, line).expect("the line has a place");
    /// let mut bytes = Vec::new();
    /// seen.write(&mut bytes);
    /// assert_eq!(Seen::read(&bytes).as_ref(), Some(&seen));
    /// # Ok::<(), tasktrail_record::ParseRecordError>(())
    /// ```
    pub fn write(&self, out: &mut Vec<u8>) {
        out.put_task(&self.task);
        out.put_level(&self.level);
        let (kind, name) = self.kind.parts();
        out.push(kind);
        if let Some(name) = name {
            out.extend_from_slice(&name.to_le_bytes());
        }
        out.extend_from_slice(&self.content.to_le_bytes());
    }

    /// Takes what [`write`](Self::write) has written; `None` if the bytes are something else.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let (task, level, kind) = (bytes.task()?, bytes.level()?, bytes.byte()?);
        let seen = Self {
            task,
            level,
            kind: SeenKind::read(kind, &mut bytes)?,
            content: bytes.hash64()?,
        };
        bytes.all(seen)
    }
}

/// Gives 64 bits that stand for some bytes; never 0.
fn content(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<32>();
    let (pairs, rest) = rest.as_chunks::<16>();
    let mut last = [0; 16];
    for (to, byte) in last.iter_mut().zip(rest) {
        *to = *byte;
    }
    // Two at a time, neither of which waits for the other.
    let mut hashes = [mix(FIRST, bytes.len() as u64), FIRST];
    for block in blocks {
        let (one, other) = block.split_at(16);
        hashes = [fold(hashes[0], one), fold(hashes[1], other)];
    }
    for pair in pairs {
        hashes[0] = fold(hashes[0], pair);
    }
    mix(fold(hashes[0], &last), hashes[1]).max(1)
}

const FIRST: u64 = 0xd6e8_feb8_6659_fd93;
const SECOND: u64 = 0xa076_1d64_78bd_642f;

/// Folds 16 bytes into a hash: all bits of a product of which each factor holds half of them.
#[inline]
fn fold(hash: u64, bytes: &[u8]) -> u64 {
    let word = |from: usize| {
        let bytes = bytes.get(from..).and_then(|bytes| bytes.first_chunk());
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    let product = u128::from(word(0) ^ hash) * u128::from(word(8) ^ SECOND);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_at_the_ends_of_a_line_says_nothing() {
        let line = r#"{"task_uuid":"t","task_level":[1]}"#;
        let content = |line: &str| {
            let glance = Glance::parse(line.as_bytes()).unwrap();
            Seen::new(&glance, line.as_bytes()).unwrap().content
        };

        assert_eq!(content(&format!("  {line}\r\n")), content(line));
        assert_ne!(content(&line.replace(',', ", ")), content(line));
    }

    #[test]
    fn each_byte_and_its_place_count() {
        let bytes: Vec<u8> = (0..100).collect();
        let mut hashes = std::collections::HashSet::new();
        for length in 0..100 {
            assert!(hashes.insert(content(&bytes[..length])), "{length}");
            for at in 0..length {
                for bit in 0..8 {
                    let mut changed = bytes[..length].to_vec();
                    changed[at] ^= 1 << bit;
                    assert!(hashes.insert(content(&changed)), "{length} {at} {bit}");
                }
            }
        }
        assert!(hashes.insert(content(&[0; 200])));
        assert!(hashes.insert(content(&[0; 201])));
    }
}
