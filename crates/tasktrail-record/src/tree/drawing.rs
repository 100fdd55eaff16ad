//! How trees are drawn.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, BufRead};

use super::style::{self, Part, Style};
use super::{Tree, Trees, pen};
use crate::{LineError, Records, Schema};

/// The characters that a tree is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Charset {
    /// Lines of U+2500 and its like.
    #[default]
    Unicode,
    /// Lines of `|`, `+` and `-`. The texts of the messages stay as they are.
    Ascii,
}

/// Whether a tree is drawn in colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Color {
    /// In colours, for a terminal.
    Always,
    /// The texts in colours, the lines of the tree without.
    Texts,
    /// Without.
    #[default]
    Never,
}

/// Which background the colours of a tree are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// A dark one.
    #[default]
    Dark,
    /// A light one.
    Light,
}

/// How the times and durations of a tree are drawn.
#[derive(Debug, Clone, Copy, Default)]
pub enum Times {
    /// In UTC, such as `2023-11-14 22:13:20Z`; durations such as `0.250s`.
    #[default]
    Utc,
    /// As a clock shows them that is so many seconds ahead of UTC at a moment, which is given in
    /// seconds since 1970-01-01T00:00:00Z; without the `Z`.
    Local(fn(i64) -> i32),
    /// As the numbers that the lines have.
    Raw,
}

/// Draws trees, byte for byte as `eliot-tree` does.
///
/// Each task is its name, then its actions and messages with their places and times, fields
/// beneath in the order of their keys, and an empty line. Control characters are replaced by
/// pictures of them.
///
/// The lines of other schemas than [`Schema::Eliot`], which `eliot-tree` can't read, are drawn
/// alike, without their attributes. What such a line repeats of the fields of the actions around it is drawn only
/// where it was set first.
///
/// ```
/// use tasktrail_record::{Charset, Drawing};
///
/// let client = br#"{"x":6,"action_status":"started","timestamp":1700000000.0,"task_uuid":"t","action_type":"ask","task_level":[1]}
/// {"action_status":"succeeded","timestamp":1700000000.5,"task_uuid":"t","action_type":"ask","task_level":[3]}
/// "#;
/// let server = br#"{"text":"a long answer","timestamp":1700000000.2,"task_uuid":"t","task_level":[2],"message_type":"asked"}
/// "#;
///
/// let drawn = Drawing::new()
///     .charset(Charset::Ascii)
///     .field_limit(6)
///     .draw_logs([&client[..], &server[..]])?;
///
/// assert_eq!(drawn, "\
/// t
/// +-- ask/1 => started 2023-1… |Y| 0.500s
///     |-- x: 6
///     |-- asked/2 2023-1…
///     |   +-- text: a long…
///     +-- ask/3 => succeeded 2023-1…
///
/// ");
/// # Ok::<(), tasktrail_record::LineError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Drawing {
    pub(super) charset: Charset,
    pub(super) color: Color,
    theme: Theme,
    parts: Vec<(Part, [String; 2])>,
    pub(super) times: Times,
    pub(super) field_limit: usize,
    ignored_keys: Option<HashSet<String>>,
}

impl Default for Drawing {
    fn default() -> Self {
        Self::new()
    }
}

impl Drawing {
    /// Starts with the defaults of `eliot-tree`.
    pub fn new() -> Self {
        Self {
            charset: Charset::Unicode,
            color: Color::Never,
            theme: Theme::Dark,
            parts: Vec::new(),
            times: Times::Utc,
            field_limit: 100,
            ignored_keys: None,
        }
    }

    /// Sets the characters of the lines; [`Charset::Unicode`] by default.
    #[must_use]
    pub fn charset(mut self, charset: Charset) -> Self {
        self.charset = charset;
        self
    }

    /// Sets whether there are colours; [`Color::Never`] by default.
    #[must_use]
    pub fn color(mut self, color: Color) -> Self {
        self.color = color;
        self
    }

    /// Sets which background the colours are for; [`Theme::Dark`] by default.
    #[must_use]
    pub fn theme(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }

    /// Sets what is written before and after the texts of a part where there are colours, such as
    /// the escapes of a terminal; by default what the [`Theme`] says.
    ///
    /// Of several for one part the last counts. [`Part`] has an example.
    #[must_use]
    pub fn part(mut self, part: Part, before: impl Into<String>, after: impl Into<String>) -> Self {
        self.parts.retain(|(known, _)| *known != part);
        self.parts.push((part, [before.into(), after.into()]));
        self
    }

    pub(super) fn style(&self, part: Part) -> Style<'_> {
        match self.parts.iter().find(|(known, _)| *known == part) {
            Some((_, [before, after])) => Style { before, after },
            None => style::of_theme(self.theme, part),
        }
    }

    /// Sets how times and durations are drawn; [`Times::Utc`] by default.
    ///
    /// ```
    /// use tasktrail_record::{Drawing, Times};
    ///
    /// let log = br#"{"task_uuid":"t","task_level":[1],"timestamp":1.5,"message_type":"hello"}"#;
    ///
    /// let east = Drawing::new().times(Times::Local(|_| 3600)).draw_logs([&log[..]])?;
    /// assert_eq!(east, "t\n└── hello/1 1970-01-01 01:00:01\n\n");
    ///
    /// let raw = Drawing::new().times(Times::Raw).draw_logs([&log[..]])?;
    /// assert_eq!(raw, "t\n└── hello/1 1.5\n\n");
    /// # Ok::<(), tasktrail_record::LineError>(())
    /// ```
    #[must_use]
    pub fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// Sets how many characters of a value are drawn, of its first line; 100 by default.
    ///
    /// A value that is longer ends with `…`. 0 draws all of it, with all its lines.
    #[must_use]
    pub fn field_limit(mut self, characters: usize) -> Self {
        self.field_limit = characters;
        self
    }

    /// Sets which keys of messages are not drawn.
    ///
    /// By default these are `action_type`, `action_status` and Eliot's `message_type`, which are
    /// in the name of each message already, and the text of a Logstash message. What is given
    /// here replaces that default. The task, the place and the time are never drawn as fields.
    ///
    /// ```
    /// use tasktrail_record::{Drawing, Record, Trees};
    ///
    /// let line = br#"{"secret":7,"task_uuid":"t","task_level":[1],"timestamp":0,"message_type":"login"}"#;
    /// let tree = Trees::new().add(Record::parse(line)?)?.expect("a whole task");
    ///
    /// let mut drawn = Vec::new();
    /// Drawing::new().ignored_keys(["secret"]).draw(&tree, &mut drawn)?;
    ///
    /// assert_eq!(
    ///     String::from_utf8(drawn)?,
    ///     "t\n└── login/1 1970-01-01 00:00:00Z\n    └── message_type: login\n\n"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn ignored_keys(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ignored_keys = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    /// Draws one task and the empty line after it.
    ///
    /// Lines are written one by one, so let the destination have a buffer.
    ///
    /// # Errors
    ///
    /// If the destination fails.
    pub fn draw(&self, tree: &Tree, destination: &mut impl io::Write) -> io::Result<()> {
        let mut out = Destination {
            inner: destination,
            result: Ok(()),
        };
        match pen::draw(self, tree, &mut out) {
            Ok(()) => Ok(()),
            Err(fmt::Error) => out.result,
        }
    }

    /// Reads some logs one after the other, and draws all their tasks as a text.
    ///
    /// First come the tasks in the order in which they were found to be complete, then the
    /// incomplete ones in the order in which they were first seen.
    ///
    /// ```
    /// use tasktrail_record::Drawing;
    ///
    /// let log = br#"{"task_uuid":"t","task_level":[1],"timestamp":0,"message_type":"hello"}
    /// {"task_uuid":"t","task_le"#;
    ///
    /// let error = Drawing::new().draw_logs([&log[..]]).unwrap_err();
    ///
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 2: expected '\"' at the end of a text, found the end of the line at column 26"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// At the first line that can't be read, is no [`Record`](crate::Record), or has no place in
    /// a tree. To go on after such a line, use [`Records`] and [`Trees`].
    pub fn draw_logs<R: BufRead>(
        &self,
        logs: impl IntoIterator<Item = R>,
    ) -> Result<String, LineError> {
        let mut drawn = String::new();
        let mut trees = Trees::new();
        for log in logs {
            let mut records = Records::new(log);
            while let Some(record) = records.next() {
                let added = trees.add(record?);
                let added = added.map_err(|error| LineError::new(records.line(), error.into()))?;
                self.push(added.as_ref(), &mut drawn);
            }
        }
        for tree in trees.finish() {
            self.push(Some(&tree), &mut drawn);
        }
        Ok(drawn)
    }

    fn push(&self, tree: Option<&Tree>, drawn: &mut String) {
        if let Some(tree) = tree {
            // Writing to a text never fails.
            let _ = pen::draw(self, tree, drawn);
        }
    }

    pub(super) fn ignores(&self, schema: Schema, key: &str) -> bool {
        match (&self.ignored_keys, key) {
            (Some(ignored), key) => ignored.contains(key),
            (None, "action_type" | "action_status") => true,
            (None, "message_type") => schema == Schema::Eliot,
            (None, _) => false,
        }
    }

    /// Tells whether what the name of a message says is drawn again as fields.
    pub(super) fn shows_own_keys(&self) -> bool {
        self.ignored_keys.is_some()
    }
}

/// Takes text for a destination of bytes, and keeps the error that [`fmt::Error`] can't hold.
struct Destination<'a, W> {
    inner: &'a mut W,
    result: io::Result<()>,
}

impl<W: io::Write> fmt::Write for Destination<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.inner.write_all(text.as_bytes()).map_err(|error| {
            self.result = Err(error);
            fmt::Error
        })
    }
}
