//! Lines for a person at a terminal: the same messages, not read back by anything.

mod pen;
mod shown;

use std::any::type_name;
use std::io::{IsTerminal, Stderr, Stdout, stderr, stdout};

use tasktrail_record::{Failure, Line, LineKind, Place, encode};
use tracing_subscriber::fmt::MakeWriter;

use super::renderer::{Said, What};
use pen::{Pen, style};

/// When something is done that suits a terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum When {
    /// If the output is a terminal; with colours only if the environment variable `NO_COLOR` is not
    /// set or empty. The default.
    #[default]
    Auto,
    /// Whatever the output is.
    Always,
    /// Not at all.
    Never,
}

/// How text for a terminal is written.
#[derive(Debug, Clone)]
pub(super) struct Text {
    color: When,
    /// The output is a terminal, and nobody asked for no colours.
    suits_color: bool,
}

impl Text {
    /// Starts from text for standard output.
    pub(super) fn new() -> Self {
        let mut text = Self {
            color: When::default(),
            suits_color: false,
        };
        text.writes_to::<fn() -> Stdout>();
        text
    }

    pub(super) fn color(&mut self, when: When) {
        self.color = when;
    }

    /// Looks whether a writer is a terminal.
    pub(super) fn writes_to<W>(&mut self)
    where
        W: for<'writer> MakeWriter<'writer>,
    {
        // A writer can't be asked, but the standard streams can be told by their types.
        let writer = type_name::<<W as MakeWriter<'static>>::Writer>();
        let is_terminal = if writer == type_name::<Stdout>() {
            stdout().is_terminal()
        } else if writer == type_name::<Stderr>() {
            stderr().is_terminal()
        } else {
            false
        };
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        self.suits_color = is_terminal && !no_color;
    }

    /// Decides now, whatever the writer will be.
    #[cfg(feature = "setup")]
    pub(super) fn fix_color(&mut self, is_standard_output: bool) {
        self.suits_color &= is_standard_output;
        self.color = match self.is_colored() {
            true => When::Always,
            false => When::Never,
        };
    }

    fn is_colored(&self) -> bool {
        match self.color {
            When::Auto => self.suits_color,
            When::Always => true,
            When::Never => false,
        }
    }

    /// Writes a message, in place of what was in `out`.
    pub(super) fn write(&self, line: &Line<'_>, said: &Said<'_>, out: &mut Vec<u8>) {
        out.clear();
        let mut pen = Pen::new(self.is_colored(), out);
        pen.time(line.time);
        pen.severity(match line.kind {
            LineKind::End {
                failure: Some(failure),
                ..
            } => failure.severity(),
            _ => said.site.severity,
        });
        if let Some(place) = &line.place {
            write_task(line, place, &mut pen);
        }
        let continued = match line.kind {
            LineKind::Start { action } => {
                write_action(("→ ", action, " started", style::PLAIN), &mut pen);
                Continued::default()
            }
            LineKind::End { action, failure } => {
                let (arrow, status, style) = match failure {
                    None => ("← ", " succeeded", style::SUCCEEDED),
                    Some(failure) if failure.is_cancelled() => {
                        ("✗ ", " cancelled", style::CANCELLED)
                    }
                    Some(_) => ("✗ ", " failed", style::FAILED),
                };
                write_action((arrow, action, status, style), &mut pen);
                if let What::End(_, _, Some(timing)) = said.what {
                    pen.plain(b" ");
                    pen.duration(timing.open());
                }
                failure.map_or_else(Continued::default, |failure| {
                    write_failure(failure, &mut pen)
                })
            }
            LineKind::Event { name, message, .. } => {
                pen.target(&said.site.target);
                write_event(name, message, &mut pen)
            }
        };
        // The closest first: what each line has is looked at last.
        let members = [line.fields, line.context, line.constants];
        for (name, value) in members.into_iter().flat_map(shown::members) {
            if !shown::has_breaks(value) {
                pen.plain(b" ");
                pen.field(name, value);
            }
        }
        if let Some(place) = line.place.filter(|_| !is_alone(line)) {
            pen.place(&place);
        }
        pen.rest(continued.text());
        for (name, value) in members.into_iter().flat_map(shown::members) {
            if shown::has_breaks(value) {
                pen.long_field(name, value);
            }
        }
        if let Some(failure) = continued.failure {
            write_origin(failure, &mut pen);
        }
        pen.plain(b"\n");
    }
}

/// Tells whether this is an event outside all actions: number 1 of an action is its start.
fn is_alone(line: &Line<'_>) -> bool {
    let is_event = matches!(line.kind, LineKind::Event { .. });
    let is_first = |place: &Place<'_>| place.action.is_empty() && place.number == 1;
    is_event && line.place.as_ref().is_some_and(is_first)
}

/// Writes the short id of the task, and goes as far to the right as the message is deep in it.
fn write_task(line: &Line<'_>, place: &Place<'_>, pen: &mut Pen<'_>) {
    if is_alone(line) {
        return pen.no_task();
    }
    pen.task(place.task_uuid);
    let depth = place.action.bytes().filter(|byte| *byte == b',').count();
    let is_event = matches!(line.kind, LineKind::Event { .. });
    pen.indent(depth + usize::from(is_event));
}

fn write_action(
    (arrow, action, status, style): (&str, &[u8], &str, pen::Style),
    pen: &mut Pen<'_>,
) {
    pen.paint(style, arrow.as_bytes());
    pen.name(action);
    pen.paint(style, status.as_bytes());
}

/// Writes the name and the first line of the text of an event.
fn write_event<'a>(
    name: Option<&[u8]>,
    message: Option<&'a [u8]>,
    pen: &mut Pen<'_>,
) -> Continued<'a> {
    if let Some(name) = name {
        pen.plain(b" ");
        pen.name(name);
    }
    let Some(message) = message.filter(|message| !message.is_empty()) else {
        return Continued::default();
    };
    pen.plain(b" ");
    Continued {
        message: pen.first(message),
        ..Continued::default()
    }
}

/// Writes the type of the error, and the first line of its text.
fn write_failure<'a>(failure: &'a Failure, pen: &mut Pen<'_>) -> Continued<'a> {
    let (mut exception, mut reason) = (Vec::new(), Vec::new());
    encode::escaped(&failure.exception, &mut exception);
    encode::escaped(&failure.reason, &mut reason);
    pen.plain(b": ");
    // The word for how the action ended says it.
    if !failure.is_cancelled() {
        pen.text(style::FAILED, &exception);
        pen.plain(b": ");
    }
    let rest = pen.first(&reason).to_vec();
    Continued {
        reason: rest,
        failure: Some(failure),
        ..Continued::default()
    }
}

/// Writes what caused the error, and where it happened.
fn write_origin(failure: &Failure, pen: &mut Pen<'_>) {
    let sources = failure.sources.iter().map(|source| ("caused by: ", source));
    let location = Some(("at ", &failure.location)).filter(|(_, text)| !text.is_empty());
    for (word, text) in sources.chain(location) {
        let mut escaped = Vec::new();
        encode::escaped(text, &mut escaped);
        pen.continue_line();
        pen.paint(style::DIM, word.as_bytes());
        let rest = pen.first(&escaped);
        pen.rest(rest);
    }
    if !failure.backtrace.is_empty() {
        let mut escaped = Vec::new();
        encode::escaped(&failure.backtrace, &mut escaped);
        pen.continue_line();
        pen.paint(style::DIM, b"stack backtrace:");
        pen.rest(&escaped);
    }
}

/// What of a message stands on the lines after its first.
#[derive(Default)]
struct Continued<'a> {
    message: &'a [u8],
    reason: Vec<u8>,
    failure: Option<&'a Failure>,
}

impl Continued<'_> {
    fn text(&self) -> &[u8] {
        match self.failure {
            Some(_) => &self.reason,
            None => self.message,
        }
    }
}
