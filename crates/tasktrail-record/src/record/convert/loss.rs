//! What another schema can't carry.

use std::fmt;

/// Says what of a record another [`Schema`](crate::Schema) can't carry, and what became of it.
///
/// [`Record::write_as`](crate::Record::write_as) gives them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// The schema has no key for what stands under this one, so it is a field.
    Key(String),
    /// A field is named like a key of the schema that it comes from, which gives it another name, or
    /// like another field: it has an underscore, and a number if others have that, too.
    Name,
    /// The severity is none of the five, or none of those that the schema has: the nearest stands.
    Severity,
    /// The record has no severity: `INFO` stands.
    NoSeverity,
    /// The record has no time that can be read: 1970 stands where the schema asks for one.
    NoTime,
    /// The time is cut to nanoseconds.
    FineTime,
    /// The time goes beyond what lines of the schema hold: 1970 stands, and the time is a field.
    FarTime,
    /// The record belongs to no task, and lines of Eliot do.
    NoTask,
    /// The name of the task is an id that is written in another way than the schema's.
    TaskName,
    /// The name of the task is no trace id, of which the schema has a key: it stands there.
    NoTraceId,
    /// The message has no text, or none that the schema takes.
    NoText,
    /// The name and the text of the message are not told apart.
    NoName,
    /// The start or the end of an action has a text of its own, which is left out.
    ActionText,
    /// The stack trace is of another form and the schema has no key for one: it stands as it is where
    /// a backtrace does.
    Trace,
    /// A value is no text and no number: it is a text, its JSON, or what its texts are together if
    /// they are the lines of a traceback.
    Value,
    /// An integer goes beyond 64 bits with a sign, or another number beyond a float of 64 bits: it
    /// is a text.
    Integer,
    /// Objects and lists stand deeper in each other than what a reader takes: they are a text, their
    /// JSON.
    Depth,
    /// A number is `NaN` or infinite: it is null.
    NotANumber,
    /// A key stands twice in an object: the last value is kept.
    RepeatedKey,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(key) => return write!(f, "no key for {key}: kept as a field"),
            Self::Name => "a field named like a key or another field: with an underscore",
            Self::Severity => "no such severity: the nearest stands",
            Self::NoSeverity => "without a severity: INFO stands",
            Self::NoTime => "without a time that can be read",
            Self::FarTime => "a time that the schema can't hold: 1970 stands, kept as a field",
            Self::FineTime => "a time finer than a nanosecond: cut",
            Self::NoTask => "of no task: no records of eliot",
            Self::TaskName => "a task id written in another way",
            Self::NoTraceId => "a task id that is no trace id: stands as it is",
            Self::NoText => "without a text",
            Self::NoName => "name and text of the message are not told apart",
            Self::ActionText => "a text of a start or an end: left out",
            Self::Trace => "a stack trace of another form: kept as a backtrace",
            Self::Value => "a value that is no text and no number: kept as a text",
            Self::Integer => "a number beyond 64 bits: kept as a text",
            Self::Depth => "a value that is too deep: kept as a text",
            Self::NotANumber => "a number that is not finite: null stands",
            Self::RepeatedKey => "a key that stands twice: the last value stands",
        })
    }
}
