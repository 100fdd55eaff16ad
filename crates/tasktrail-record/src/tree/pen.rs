//! Draws one tree, line by line.

use std::borrow::Cow;
use std::collections::btree_map;
use std::fmt::{self, Write};
use std::mem;

use super::actions::{ActionId, Actions, Child};
use super::inherited::Inherited;
use super::style::{self, Part, Style};
use super::text::{self, LineBreaks};
use super::{Charset, Color, Drawing, Root, Times, Tree};
use crate::json::Value;
use crate::{EndStatus, Kind, Record, Schema};

// What eliot-tree draws in place of what it can't.
const BAD_NODE: &str = "<node formatting exception>";
const BAD_VALUE: &str = "<value formatting exception>";
const UNNAMED: &str = "<unnamed>";

/// Draws a task and the empty line after it.
pub(super) fn draw(drawing: &Drawing, tree: &Tree, out: &mut dyn Write) -> fmt::Result {
    let mut pen = Pen {
        drawing,
        out,
        prefix: String::new(),
        line: String::new(),
        node: String::new(),
        level: String::new(),
        depth: 0,
        inherited: Inherited::default(),
    };
    pen.task(&tree.task)?;
    match &tree.root {
        Root::Message(record) => pen.message(record, 1, Branch::LAST)?,
        Root::Actions(actions) => pen.actions(actions)?,
    }
    pen.out.write_str("\n")
}

struct Pen<'t, 'o> {
    drawing: &'o Drawing,
    out: &'o mut dyn Write,
    /// What stands before the branch of the next line.
    prefix: String,
    line: String,
    /// The text of the next node.
    node: String,
    /// The level of the open action as text, such as `/2/1`; empty for the root.
    level: String,
    /// How deep the node stands whose children are drawn now; the task is 0.
    depth: usize,
    inherited: Inherited<'t>,
}

/// How a node hangs on its parent.
#[derive(Debug, Clone, Copy)]
struct Branch {
    is_last: bool,
    /// Whether the parent is an action that failed.
    in_failed: bool,
}

impl Branch {
    const LAST: Self = Self {
        is_last: true,
        in_failed: false,
    };
}

/// An action whose children are being drawn.
struct Open<'t> {
    children: btree_map::Iter<'t, u64, Child>,
    end: Option<(u64, &'t Record)>,
    /// How many children and ends are left to be drawn.
    left: usize,
    in_failed: bool,
    /// What to go back to afterwards.
    prefix: usize,
    level: usize,
    inherited: usize,
}

impl Open<'_> {
    fn branch(&mut self) -> Branch {
        self.left -= 1;
        Branch {
            is_last: self.left == 0,
            in_failed: self.in_failed,
        }
    }
}

impl<'t> Pen<'t, '_> {
    fn task(&mut self, task: &str) -> fmt::Result {
        self.paint(
            self.drawing.style(Part::Task),
            &text::visible(task, LineBreaks::Show),
        );
        self.node.push('\n');
        let line = mem::take(&mut self.node);
        self.out.write_str(&line)
    }

    /// Draws all actions. What is open is kept in a list, as a task may be deeper than a stack.
    fn actions(&mut self, actions: &'t Actions) -> fmt::Result {
        let mut open = Vec::new();
        open.extend(self.open(actions, Actions::ROOT, None, Branch::LAST)?);
        while let Some(action) = open.last_mut() {
            match action.children.next() {
                Some((number, Child::Message(record) | Child::Replaced(record, _))) => {
                    let branch = action.branch();
                    self.message(record, *number, branch)?;
                }
                Some((number, Child::Action(id))) => {
                    let branch = action.branch();
                    open.extend(self.open(actions, *id, Some(*number), branch)?);
                }
                None => {
                    if let Some((number, end)) = action.end {
                        let branch = action.branch();
                        self.message(end, number, branch)?;
                    }
                    self.close(action);
                    open.pop();
                }
            }
        }
        Ok(())
    }

    /// Draws an action with the fields of its start.
    fn open(
        &mut self,
        actions: &'t Actions,
        id: ActionId,
        number: Option<u64>,
        branch: Branch,
    ) -> Result<Option<Open<'t>>, fmt::Error> {
        let Some(action) = actions.get(id) else {
            return Ok(None);
        };
        let (start, end) = (action.start(), action.end());
        let level = self.level.len();
        if let Some(number) = number {
            self.push_level(number);
        }
        match start {
            Some(start) => self.name(start, 1, end.map(|(_, end)| end)),
            None => self.node.push_str(UNNAMED),
        }
        let prefix = self.node(branch)?;
        let in_failed = end.is_some_and(|(_, end)| status(end.kind()) == "failed");
        let left = action.children().len() + usize::from(end.is_some());
        if let Some(start) = start {
            let fields = self.fields(start);
            self.draw_fields(fields, in_failed, left == 0)?;
        }
        Ok(Some(Open {
            children: action.children().iter(),
            end,
            left,
            in_failed,
            prefix,
            level,
            inherited: self.inherited.open(start),
        }))
    }

    fn close(&mut self, action: &Open<'t>) {
        self.leave(action.prefix);
        self.level.truncate(action.level);
        self.inherited.close(action.inherited);
    }

    fn message(&mut self, record: &Record, number: u64, branch: Branch) -> fmt::Result {
        self.name(record, number, None);
        let prefix = self.node(branch)?;
        let fields = self.fields(record);
        self.draw_fields(fields, false, true)?;
        self.leave(prefix);
        Ok(())
    }

    /// Writes the name of a message, number `number` in the open action.
    ///
    /// The start of an action tells with its end how long it took, and in which colour it ended.
    fn name(&mut self, record: &Record, number: u64, end: Option<&Record>) {
        let Some(timestamp) = record.timestamp() else {
            self.node.push_str(BAD_NODE);
            return;
        };
        let duration = match end.map(|end| (end, end.timestamp())) {
            None => None,
            Some((end, Some(ended))) => match self.duration(timestamp, ended) {
                Some(duration) => Some((end, duration)),
                None => return self.node.push_str(BAD_NODE),
            },
            Some((_, None)) => return self.node.push_str(BAD_NODE),
        };
        let name = match record.kind() {
            Kind::Start { action_type, .. } | Kind::End { action_type, .. } => action_type,
            // An `action_type` that is null: eliot-tree takes it for an action and gives up.
            Kind::Message { .. }
                if record.schema() == Schema::Eliot && record.field("action_type").is_some() =>
            {
                return self.node.push_str(BAD_NODE);
            }
            Kind::Message {
                message_type: Some(name),
            } => name,
            Kind::Message { message_type: None } => return self.node.push_str(UNNAMED),
        };
        self.paint(
            self.drawing.style(Part::Name),
            &text::visible(name, LineBreaks::Show),
        );
        let level = self.level.len();
        self.push_level(number);
        let place = mem::take(&mut self.level);
        self.paint(self.drawing.style(Part::Level), &place);
        self.level = place;
        self.level.truncate(level);

        let status = status(record.kind());
        if !status.is_empty() {
            let color = match duration
                .as_ref()
                .map_or(record.kind(), |(end, _)| end.kind())
            {
                Kind::End {
                    status: EndStatus::Succeeded,
                    ..
                } => self.drawing.style(Part::Succeeded),
                Kind::End {
                    status: EndStatus::Failed,
                    ..
                } => self.drawing.style(Part::Failed),
                _ => style::PLAIN,
            };
            self.node.push_str(match self.drawing.charset {
                Charset::Unicode => " ⇒ ",
                Charset::Ascii => " => ",
            });
            self.paint(color, status);
        }
        self.node.push(' ');
        let style = self.drawing.style(Part::Time);
        match self.time(timestamp) {
            Some(time) => self.paint_value(style, &time),
            None => self.paint(style, BAD_VALUE),
        }
        if let Some((_, duration)) = duration {
            self.node.push_str(match self.drawing.charset {
                Charset::Unicode => " ⧖ ",
                Charset::Ascii => " |Y| ",
            });
            self.paint_value(self.drawing.style(Part::Duration), &duration);
        }
    }

    fn time<'v>(&self, timestamp: &'v Value) -> Option<Cow<'v, str>> {
        match self.drawing.times {
            Times::Utc => text::time(timestamp, None).map(Cow::Owned),
            Times::Local(offset) => text::time(timestamp, Some(offset)).map(Cow::Owned),
            Times::Raw => Some(text::value(timestamp)),
        }
    }

    fn duration(&self, start: &Value, end: &Value) -> Option<String> {
        match self.drawing.times {
            Times::Utc | Times::Local(_) => text::duration(start, end),
            Times::Raw => text::raw_duration(start, end),
        }
    }

    /// Gives the fields of a message that are to be drawn, in the order of their keys.
    fn fields<'r>(&self, record: &'r Record) -> Vec<(&'r str, Cow<'r, Value>)> {
        let schema = record.schema();
        let mut fields: Vec<_> = record
            .fields()
            .iter()
            .filter(|(key, value)| {
                !self.drawing.ignores(schema, key) && !self.inherited.repeats(record, key, value)
            })
            .map(|(key, value)| (key.as_str(), Cow::Borrowed(value)))
            .collect();
        if self.drawing.shows_own_keys() {
            let own = own_keys(record).into_iter().flatten();
            fields.extend(
                own.filter(|(key, _)| !self.drawing.ignores(schema, key))
                    .map(|(key, text)| (key, Cow::Owned(Value::String(text.to_owned())))),
            );
        }
        fields.sort_unstable_by_key(|(key, _)| *key);
        fields
    }

    /// Draws fields; `is_end` tells whether nothing follows them in their message or action.
    fn draw_fields<'r>(
        &mut self,
        fields: impl IntoIterator<Item = (&'r str, Cow<'r, Value>), IntoIter: ExactSizeIterator>,
        in_failed: bool,
        is_end: bool,
    ) -> fmt::Result {
        let mut fields = fields.into_iter();
        while let Some((key, value)) = fields.next() {
            let is_last = is_end && fields.len() == 0;
            self.draw_field(key, &value, Branch { is_last, in_failed })?;
        }
        Ok(())
    }

    /// Draws a field and what is in its value, which is at most as deep as JSON was read.
    fn draw_field(&mut self, key: &str, value: &Value, branch: Branch) -> fmt::Result {
        self.paint(
            self.drawing.style(Part::Key),
            &text::visible(key, LineBreaks::Show),
        );
        self.node.push_str(": ");
        self.paint_value(self.drawing.style(Part::Value), &text::value(value));
        let prefix = self.node(branch)?;
        match value {
            Value::Object(entries) => {
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by_key(|(key, _)| key);
                let sorted: Vec<_> = sorted
                    .into_iter()
                    .map(|(key, value)| (key.as_str(), Cow::Borrowed(value)))
                    .collect();
                self.draw_fields(sorted, false, true)?;
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let is_last = index + 1 == items.len();
                    let in_failed = false;
                    self.draw_field(&index.to_string(), item, Branch { is_last, in_failed })?;
                }
            }
            _ => {}
        }
        self.leave(prefix);
        Ok(())
    }

    /// Adds a text that the limit applies to.
    fn paint_value(&mut self, style: Style<'_>, value: &str) {
        let kept = text::cut(value, self.drawing.field_limit);
        self.paint(style, &text::visible(&kept, LineBreaks::Keep));
    }

    fn paint(&mut self, style: Style<'_>, text: &str) {
        style.paint(self.drawing.color != Color::Never, text, &mut self.node);
    }

    fn push_level(&mut self, number: u64) {
        self.level.push('/');
        self.level.push_str(itoa::Buffer::new().format(number));
    }

    /// Writes the line of a node, and makes the prefix one for what is in it.
    ///
    /// Gives what [`leave`](Self::leave) needs.
    fn node(&mut self, branch: Branch) -> Result<usize, fmt::Error> {
        let before = self.prefix.len();
        let lines = style::lines(self.depth, branch.in_failed);
        let style = self.drawing.style(lines);
        let is_on = self.drawing.color == Color::Always;
        let (fork, last, vertical, line_break) = match self.drawing.charset {
            Charset::Unicode => ("├── ", "└── ", "│   ", "⏎\n"),
            Charset::Ascii => ("|-- ", "+-- ", "|   ", "\n\n"),
        };
        self.line.clear();
        self.line.push_str(&self.prefix);
        if branch.is_last {
            style.paint(is_on, last, &mut self.line);
            self.prefix.push_str("    ");
        } else {
            style.paint(is_on, fork, &mut self.line);
            style.paint(is_on, vertical, &mut self.prefix);
        }
        for (index, part) in self.node.split('\n').enumerate() {
            if index > 0 {
                self.line.push_str(line_break);
                self.line.push_str(&self.prefix);
            }
            self.line.push_str(part);
        }
        self.line.push('\n');
        self.node.clear();
        self.depth += 1;
        self.out.write_str(&self.line)?;
        Ok(before)
    }

    fn leave(&mut self, prefix: usize) {
        self.prefix.truncate(prefix);
        self.depth -= 1;
    }
}

/// Gives the keys whose values are in the name of a message already.
fn own_keys(record: &Record) -> [Option<(&'static str, &str)>; 2] {
    match record.kind() {
        Kind::Start { action_type } | Kind::End { action_type, .. } => [
            Some(("action_type", action_type)),
            Some(("action_status", status(record.kind()))),
        ],
        Kind::Message { message_type } => {
            let key = match record.schema() {
                Schema::Eliot => "message_type",
                _ => "message",
            };
            [message_type.as_deref().map(|name| (key, name)), None]
        }
    }
}

/// Gives the word for the state of an action; empty for a message that is not about one.
fn status(kind: &Kind) -> &'static str {
    match kind {
        Kind::Start { .. } => "started",
        Kind::End { status, .. } => status.name(),
        Kind::Message { .. } => "",
    }
}
