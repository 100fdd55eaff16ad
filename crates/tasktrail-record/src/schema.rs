//! The shapes of a line.

mod eliot;
mod line;
pub(crate) mod logstash;

use std::borrow::Cow;
use std::fmt;

pub use line::{Failure, Line, LineBuffer, LineKind, Place, Process, Severity, Site};

/// The shape of a rendered message: which keys, in which order, of which types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Schema {
    /// The lines of Python's [Eliot](https://eliot.readthedocs.io): `task_uuid`, `task_level`,
    /// `timestamp`, and `action_type` with `action_status`, or `message_type`.
    ///
    /// An event says more than Eliot's own messages do: `log_level` and `logger`, as Eliot names
    /// them for records of Python's `logging`.
    Eliot,
    /// The lines of Python's `logstash_formatter`, version 1: `@timestamp`, `@version`, the
    /// attributes of a log record, the fields, `message`.
    ///
    /// The task stands beside the fields, in Eliot's words: `task_uuid`, `task_level`,
    /// `action_type`, `action_status`.
    LogstashV1,
}

impl Schema {
    /// Writes one line, with its `\n`, in place of what the buffer held.
    ///
    /// The result is one JSON object if the parts of the line are what they are said to be; see
    /// [`Line`].
    pub fn write(self, line: &Line<'_>, buffer: &mut LineBuffer) {
        buffer.bytes.clear();
        match self {
            Self::Eliot => eliot::write(line, buffer),
            Self::LogstashV1 => logstash::write(line, buffer),
        }
    }

    /// Encodes what all lines of one call site share, to be kept for [`Line::site`].
    pub fn site(self, site: &Site<'_>) -> Vec<u8> {
        match self {
            Self::Eliot => eliot::site(site),
            Self::LogstashV1 => logstash::site(site),
        }
    }

    /// Encodes what all lines of one thread share, to be kept for [`Line::thread`].
    pub fn thread(self, id: u64, name: &str) -> Vec<u8> {
        match self {
            Self::Eliot => Vec::new(),
            Self::LogstashV1 => logstash::thread(id, name),
        }
    }

    /// Encodes what all lines of one process share, to be kept for [`Line::process`].
    pub fn process(self, process: Process<'_>) -> EncodedProcess {
        let (head, tail) = match self {
            Self::Eliot => (Vec::new(), Vec::new()),
            Self::LogstashV1 => logstash::process(&process),
        };
        EncodedProcess {
            head,
            tail,
            started: process.started,
        }
    }

    /// Gives the name under which a field appears, so that it never meets a key of the schema.
    ///
    /// A field named like one of the schema's keys gets an underscore at its end; so does one that
    /// differs from such a key only by underscores at its end. Two fields that differ therefore
    /// never meet. The same field gets the same name on each line.
    ///
    /// ```
    /// use tasktrail_record::Schema;
    ///
    /// assert_eq!(Schema::Eliot.field_name("order"), "order");
    /// assert_eq!(Schema::Eliot.field_name("timestamp"), "timestamp_");
    /// assert_eq!(Schema::Eliot.field_name("timestamp_"), "timestamp__");
    /// ```
    pub fn field_name(self, name: &str) -> Cow<'_, str> {
        let stem = name.trim_end_matches('_');
        let taken = SHARED_KEYS.contains(&stem)
            || match self {
                Self::Eliot => eliot::is_key(stem),
                Self::LogstashV1 => logstash::is_key(stem),
            };
        match taken {
            true => Cow::Owned(format!("{name}_")),
            false => Cow::Borrowed(name),
        }
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Eliot => "eliot",
            Self::LogstashV1 => "logstash",
        })
    }
}

/// What both schemas call the place of a message in its task, its kind, and why an action failed.
const SHARED_KEYS: &[&str] = &[
    "task_uuid",
    "task_level",
    "action_type",
    "action_status",
    "message_type",
    "exception",
    "reason",
    "exception_sources",
    "exception_location",
];

/// What the lines of one process share, encoded once.
#[derive(Debug, Clone)]
pub struct EncodedProcess {
    head: Vec<u8>,
    tail: Vec<u8>,
    started: crate::Timestamp,
}
