//! Lines about actions: why one failed, what of it is missing, how many more there are.

use std::io::{self, Write};

use tasktrail_record::json::Value;
use tasktrail_record::{Action, Record};

use super::line::{Line, Style};
use super::pen::{Pen, UNNAMED};
use super::siblings::More;
use crate::nodes::{messages, missing};
use crate::text;

impl<W: Write> Pen<'_, '_, W> {
    /// Draws the line for siblings that are only counted.
    pub(super) fn more(&mut self, more: &More<'_>) -> io::Result<()> {
        let mut line = self.begin(false);
        more.write(self.signs.micro, &mut line);
        self.write(&line)
    }

    /// Draws the lines that say why an action failed.
    pub(super) fn cause(&mut self, record: &Record, has_items: bool) -> io::Result<()> {
        let text_of = |key| record.field(key).and_then(Value::as_str);
        let mut cause = String::new();
        for part in [text_of("exception"), text_of("reason")]
            .into_iter()
            .flatten()
        {
            if !cause.is_empty() {
                cause.push_str(": ");
            }
            cause.push_str(part);
        }
        if let Some(location) = text_of("exception_location") {
            cause.push_str(&format!(" (at {location})"));
        }
        if !cause.is_empty() {
            self.beneath(Style::Failed, &cause, has_items)?;
        }
        let sources = match record.field("exception_sources") {
            Some(Value::Array(sources)) => sources.as_slice(),
            Some(source) => std::slice::from_ref(source),
            None => &[],
        };
        for source in sources.iter().filter_map(Value::as_str) {
            self.beneath(Style::Failed, &format!("caused by: {source}"), has_items)?;
        }
        Ok(())
    }

    /// Draws the line that says what of an action was not found.
    pub(super) fn missing(&mut self, action: &Action<'_>, has_items: bool) -> io::Result<()> {
        if let Some(missing) = missing(action) {
            self.beneath(Style::Warned, &format!("missing: {missing}"), has_items)?;
        }
        if action.after_end() == 0 {
            return Ok(());
        }
        let after = format!("after its end: {}", messages(action.after_end()));
        self.beneath(Style::Warned, &after, has_items)
    }

    /// Draws a line about the action above it.
    fn beneath(&mut self, style: Style, text: &str, has_items: bool) -> io::Result<()> {
        let mut line = Line::default();
        line.push(Style::Plain, "  ");
        let depth = self.is_last.len() - 1;
        self.push_branches(depth, None, &mut line);
        let below = if has_items {
            self.signs.vertical
        } else {
            "   "
        };
        line.push(self.line_style(), below);
        line.push(style, text);
        self.write(&line)
    }
}

impl More<'_> {
    /// Writes how many there are, how they went and how long they took; `micro` is the sign for a
    /// millionth.
    pub(crate) fn write(&self, micro: &str, line: &mut Line) {
        let name = self.name.unwrap_or(UNNAMED);
        let count = text::count(self.nodes.len());
        line.push(Style::Dim, &format!("... {count} more {name}"));
        let mut told = Vec::new();
        if self.failed > 0 {
            let failed = text::count(self.failed);
            let failed = match (self.is_action, self.failed) {
                (true, _) => format!("{failed} failed"),
                (false, 1) => format!("{failed} error"),
                (false, _) => format!("{failed} errors"),
            };
            told.push((Style::Failed, failed));
        }
        if self.unfinished > 0 {
            let unfinished = text::count(self.unfinished);
            told.push((Style::Warned, format!("{unfinished} unfinished")));
        }
        // Of an even number, the lower one of the two in the middle.
        let median = self.seconds.get(self.seconds.len().saturating_sub(1) / 2);
        if let (Some(median), Some(longest)) = (median, self.seconds.last()) {
            let duration = |seconds| text::duration(seconds, micro);
            told.push((Style::Dim, format!("p50 {}", duration(*median))));
            told.push((Style::Dim, format!("max {}", duration(*longest))));
        }
        let mut before = " (";
        for (style, text) in &told {
            line.push(Style::Dim, before);
            line.push(*style, text);
            before = ", ";
        }
        if !told.is_empty() {
            line.push(Style::Dim, ")");
        }
    }
}
