//! What one line says, before a schema gives it its shape.

use super::EncodedProcess;
use crate::timestamp::SecondText;
use crate::{TaskLevel, Timestamp, encode};

/// All that one line says, borrowed from whoever keeps it encoded.
///
/// Parts named *members* are encoded already: any number of fields as
/// [`Schema::write_field`](super::Schema::write_field) writes them, each with its comma, without
/// white space or duplicates.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// Where it stands in its task; `None` without a task layer.
    pub place: Option<Place<'a>>,
    /// What happened.
    pub kind: LineKind<'a>,
    /// What [`Schema::site`](super::Schema::site) gave for its call site; for the end of an action
    /// that failed at [`Failure::severity`], so that an alarm on errors sees it.
    pub site: &'a [u8],
    /// What [`Schema::thread`](super::Schema::thread) gave for its thread.
    pub thread: &'a [u8],
    /// What [`Schema::process`](super::Schema::process) gave.
    pub process: &'a EncodedProcess,
    /// The name of the innermost open action, [escaped](encode::escaped); empty outside.
    pub function: &'a [u8],
    /// Members that stand on every line.
    pub constants: &'a [u8],
    /// Members of the open actions.
    pub context: &'a [u8],
    /// Members of the message itself.
    pub fields: &'a [u8],
    /// The open actions one by one, for [`Schema::Tracing`](super::Schema::Tracing); `None`
    /// outside, and for all other schemas.
    pub spans: Option<&'a OpenSpans>,
}

/// The open actions, each with its fields, encoded.
///
/// ```
/// use tasktrail_record::OpenSpans;
///
/// let mut spans = OpenSpans::default();
/// spans.enter(b"order", br#""id":17,"#);
/// spans.enter(b"price", b"");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenSpans {
    /// Objects, each with its comma, the outermost first.
    all: Vec<u8>,
    /// Where the last one starts.
    innermost: usize,
}

impl OpenSpans {
    /// Adds the innermost action: its name, [escaped](encode::escaped), and its fields as members,
    /// none of which is called `name`: [`Schema::span_field_name`](super::Schema::span_field_name).
    pub fn enter(&mut self, name: &[u8], fields: &[u8]) {
        self.innermost = self.all.len();
        self.all.push(b'{');
        self.all.extend_from_slice(fields);
        text("name", name, &mut self.all);
        self.all.pop();
        self.all.extend_from_slice(b"},");
    }

    /// Goes outside all actions, and keeps the memory.
    pub fn clear(&mut self) {
        self.all.clear();
        self.innermost = 0;
    }

    /// Gives all actions as JSON objects, each with a comma behind it, the outermost first.
    pub fn all(&self) -> &[u8] {
        &self.all
    }

    /// Gives the object of the innermost action, with its comma.
    pub(super) fn innermost(&self) -> &[u8] {
        self.all.get(self.innermost..).unwrap_or_default()
    }
}

/// The kind of a message. All texts are [escaped](encode::escaped).
#[derive(Debug, Clone, Copy)]
pub enum LineKind<'a> {
    /// An action starts.
    Start {
        /// The action's name.
        action: &'a [u8],
    },
    /// An action ends.
    End {
        /// The action's name.
        action: &'a [u8],
        /// Why it failed; `None` if it succeeded.
        failure: Option<&'a Failure>,
    },
    /// Something was said.
    Event {
        /// The name that the program gave to the event; `None` if it gave none.
        name: Option<&'a [u8]>,
        /// The text; `None` if the event has fields alone.
        message: Option<&'a [u8]>,
        /// What the event is called when it has neither name nor text.
        fallback: &'a [u8],
    },
}

/// The place of a message in its task, encoded as far as the action knows it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The task id, as text.
    pub task_uuid: &'a str,
    /// The numbers of the action, each with a comma: `2,1,`; empty for the root.
    pub action: &'a str,
    /// The number of the message in the action.
    pub number: u64,
    /// The id that the action's span has in a trace, for schemas that name a span; `None` if it has
    /// none: then bits name it that follow from its place.
    pub span_id: Option<u64>,
}

impl Place<'_> {
    /// Gives what [`action`](Self::action) is for the action at a level.
    ///
    /// ```
    /// use tasktrail_record::{Place, TaskLevel};
    ///
    /// assert_eq!(Place::action_text(&TaskLevel::root().child(2).child(1)), "2,1,");
    /// ```
    pub fn action_text(level: &TaskLevel) -> String {
        let mut text = String::with_capacity(level.numbers().len() * 3);
        for &number in level.numbers() {
            text.push_str(itoa::Buffer::new().format(number));
            text.push(',');
        }
        text
    }

    /// Writes the task id.
    #[inline]
    pub(super) fn write_uuid(&self, out: &mut Vec<u8>) {
        match <&[u8; 36]>::try_from(self.task_uuid.as_bytes()) {
            // Of a length that is known.
            Ok(uuid) => out.extend_from_slice(uuid),
            Err(_) => out.extend_from_slice(self.task_uuid.as_bytes()),
        }
    }

    /// Writes `2,1,3`.
    #[inline]
    pub(super) fn write_level(&self, out: &mut Vec<u8>) {
        members(self.action.as_bytes(), out);
        encode::unsigned(self.number, out);
    }
}

/// Why an action failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// The type of the error, such as `std::io::Error`; `panic` for a panic;
    /// [`CANCELLED`](Self::CANCELLED) if nothing went wrong but nobody waited for the end.
    pub exception: String,
    /// The error as text.
    pub reason: String,
    /// What caused the error, as texts, the nearest cause first.
    pub sources: Vec<String>,
    /// Where it happened, such as `src/main.rs:12:5`; empty if that is not known.
    pub location: String,
    /// The stack on which it happened, as text; empty if it was not kept.
    pub backtrace: String,
}

impl Failure {
    /// What stands as `exception` for an action that was broken off before it was done.
    pub const CANCELLED: &str = "cancelled";

    /// Makes that of an action that was broken off before it was done, and says why.
    ///
    /// ```
    /// use tasktrail_record::{Failure, Severity};
    ///
    /// let failure = Failure::cancelled("the client went away");
    /// assert_eq!(failure.exception, "cancelled");
    /// assert_eq!(failure.severity(), Severity::Warn);
    /// ```
    pub fn cancelled(reason: &str) -> Self {
        Self {
            exception: Self::CANCELLED.to_owned(),
            reason: reason.to_owned(),
            ..Self::default()
        }
    }

    /// Tells whether the action was broken off before it was done.
    pub fn is_cancelled(&self) -> bool {
        self.exception == Self::CANCELLED
    }

    /// Gives the level of the action's end: [`Severity::Warn`] if it was cancelled, for which there
    /// may be good reasons, and otherwise [`Severity::Error`].
    pub fn severity(&self) -> Severity {
        match self.is_cancelled() {
            true => Severity::Warn,
            false => Severity::Error,
        }
    }

    /// Writes `"exception_sources":[...],"exception_location":"...","exception_backtrace":"...",` as
    /// far as they are known.
    pub(super) fn write_origin(&self, out: &mut Vec<u8>) {
        if !self.sources.is_empty() {
            key("exception_sources", out);
            encode::texts(&self.sources, out);
            out.push(b',');
        }
        if !self.location.is_empty() {
            member("exception_location", &self.location, out);
        }
        if !self.backtrace.is_empty() {
            member("exception_backtrace", &self.backtrace, out);
        }
    }
}

/// Writes what is encoded, if there is anything.
#[inline(always)]
pub(super) fn members(members: &[u8], out: &mut Vec<u8>) {
    if !members.is_empty() {
        out.extend_from_slice(members);
    }
}

/// Writes `"name":"text",` for a name that needs no escape.
pub(super) fn member(name: &str, text: &str, out: &mut Vec<u8>) {
    key(name, out);
    encode::string(text, out);
    out.push(b',');
}

/// Writes `"name":"text",` for a text that is [escaped](encode::escaped) already.
// The lengths of names are known where it is called.
#[inline(always)]
pub(super) fn text(name: &str, escaped: &[u8], out: &mut Vec<u8>) {
    key(name, out);
    out.push(b'"');
    out.extend_from_slice(escaped);
    out.extend_from_slice(b"\",");
}

/// Writes `"name":number,` for a name that needs no escape.
pub(super) fn number(name: &str, value: impl itoa::Integer, out: &mut Vec<u8>) {
    key(name, out);
    encode::integer(value, out);
    out.push(b',');
}

/// Writes `"name":` for a name that needs no escape.
#[inline(always)]
pub(super) fn key(name: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Every step.
    Trace,
    /// For whoever works on the program.
    Debug,
    /// What a program does.
    Info,
    /// What may need a look.
    Warn,
    /// What went wrong.
    Error,
}

impl Severity {
    /// Gives the name that `tracing` and most other loggers have for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }

    /// Gives the name that Python's `logging` has for it, and `TRACE`, which it lacks.
    pub fn python_name(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARNING",
            Self::Error => "ERROR",
        }
    }

    /// Gives the number that Python's `logging` has for it, and 5 for [`Trace`](Self::Trace).
    pub fn python_number(self) -> u8 {
        match self {
            Self::Trace => 5,
            Self::Debug => 10,
            Self::Info => 20,
            Self::Warn => 30,
            Self::Error => 40,
        }
    }
}

/// Where in the program a line comes from.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// How much it matters.
    pub severity: Severity,
    /// The name of the logger: a `tracing` target.
    pub logger: &'a str,
    /// The source file.
    pub file: Option<&'a str>,
    /// The line in the source file, from 1.
    pub line: Option<u32>,
    /// The module's path.
    pub module: Option<&'a str>,
}

/// Which process a line comes from.
#[derive(Debug, Clone, Copy)]
pub struct Process<'a> {
    /// The host's name.
    pub host: &'a str,
    /// The program's name.
    pub name: &'a str,
    /// The process's id.
    pub id: u32,
    /// When the process, or its logging, started.
    pub started: Timestamp,
}

/// The buffer into which a thread writes its lines, one after the other.
#[derive(Debug, Default)]
pub struct LineBuffer {
    pub(super) bytes: Vec<u8>,
    pub(super) second: SecondText,
}

impl LineBuffer {
    /// Gives the line that was written last.
    pub fn line(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives back memory beyond `bytes`, so that one huge line does not cost it for ever.
    pub fn shrink_to(&mut self, bytes: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(bytes);
    }
}
