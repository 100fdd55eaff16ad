//! Draws one tree, line by line.

use std::io::{self, Write};
use std::{iter, vec};

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use tasktrail_record::json::Value;
use tasktrail_record::{Action, EndStatus, Inherited, Node, Record, Times, Tree};

use super::Trail;
use super::line::{Line, Style};
use super::said::{Severity, host, severity};
use super::siblings::{Item, items, name, slowest, tells_of_error};
use super::signs::{Signs, signs};
use crate::nodes::{beginning, has_failed, nodes, seconds};
use crate::text;

/// The columns of the right margin that tell a duration.
const DURATION_COLUMNS: usize = 10;
/// In a narrower window no bars are drawn, and in one narrower still no durations.
const LEAST_COLUMNS_WITH_BARS: usize = 60;
const LEAST_COLUMNS_WITH_DURATIONS: usize = 30;

pub(super) const UNNAMED: &str = "<unnamed>";

/// Draws a task and the empty line after it.
pub(super) fn draw(trail: &Trail, tree: &Tree, out: &mut impl Write) -> io::Result<()> {
    let mut pen = Pen {
        trail,
        signs: signs(trail.charset),
        seconds: seconds(tree),
        out,
        buffer: String::new(),
        is_last: Vec::new(),
        inherited: Inherited::default(),
    };
    pen.heading(tree)?;
    pen.tree(tree)?;
    pen.out.write_all(b"\n")
}

pub(super) struct Pen<'a, 't, W> {
    pub(super) trail: &'a Trail,
    pub(super) signs: &'static Signs,
    /// How long the task took.
    seconds: Option<f64>,
    out: &'a mut W,
    buffer: String,
    /// For each node from the root to the current one, whether it is the last of its siblings.
    pub(super) is_last: Vec<bool>,
    inherited: Inherited<'t>,
}

/// An action whose children are being drawn.
struct Open<'t> {
    items: vec::IntoIter<Item<'t>>,
    /// Whether it lies on the slowest path.
    is_slowest: bool,
    host: Option<&'t str>,
    /// What to go back to afterwards.
    inherited: usize,
}

impl<'t, W: Write> Pen<'_, 't, W> {
    fn heading(&mut self, tree: &'t Tree) -> io::Result<()> {
        let mut line = Line::default();
        line.push(Style::Bold, tree.task());
        if let Some(time) = beginning(tree).and_then(|moment| self.time(moment)) {
            line.push(Style::Plain, "  ");
            line.push(Style::Dim, &time);
        }
        if let (Some(seconds), Node::Action(_)) = (self.seconds, tree.root()) {
            line.push(Style::Plain, "  ");
            line.push(Style::Plain, &self.duration(seconds));
        }
        let (mut actions, mut messages, mut failed) = (0, 0, 0);
        for node in nodes(tree) {
            match node {
                Node::Message(_) => messages += 1,
                Node::Action(action) => {
                    actions += 1;
                    failed += usize::from(has_failed(&action));
                }
            }
        }
        if actions > 0 {
            line.push(Style::Plain, "  ");
            line.push(Style::Dim, &plural(actions, "action"));
        }
        if actions > 0 && messages > 0 {
            line.push(Style::Dim, ", ");
            line.push(Style::Dim, &plural(messages, "message"));
        }
        if failed > 0 {
            line.push(Style::Dim, ", ");
            line.push(Style::Failed, &format!("{} failed", text::count(failed)));
        }
        if !tree.is_complete() {
            line.push(Style::Dim, ", ");
            line.push(Style::Warned, "incomplete");
        }
        self.write(&line)
    }

    /// Draws all nodes. What is open is kept in a list, as a task may be deeper than a stack.
    fn tree(&mut self, tree: &'t Tree) -> io::Result<()> {
        self.is_last.push(true);
        let mut open = Vec::new();
        match tree.root() {
            Node::Message(record) => self.message(record, None)?,
            Node::Action(action) => open.push(self.action(action, true, None)?),
        }
        while let Some(action) = open.last_mut() {
            let Some(item) = action.items.next() else {
                self.inherited.close(action.inherited);
                self.is_last.pop();
                open.pop();
                continue;
            };
            self.is_last.push(action.items.len() == 0);
            let host = action.host;
            match item {
                Item::Node {
                    node: Node::Action(child),
                    is_slowest,
                } => {
                    let is_slowest = is_slowest && action.is_slowest;
                    open.push(self.action(child, is_slowest, host)?);
                    continue;
                }
                Item::Node {
                    node: Node::Message(record),
                    ..
                } => self.message(record, host)?,
                Item::More(more) => self.more(&more)?,
            }
            self.is_last.pop();
        }
        Ok(())
    }

    /// Draws an action, and why it failed or what is missing of it.
    fn action(
        &mut self,
        action: Action<'t>,
        is_slowest: bool,
        host_around: Option<&'t str>,
    ) -> io::Result<Open<'t>> {
        let host = action.start().or(action.end()).and_then(host);
        let children: Vec<_> = action.children().map(|(_, child)| child).collect();
        let slowest = slowest(&children);
        let items = items(children, self.trail.siblings, slowest);

        let mut line = self.begin(is_slowest);
        let (sign, style) = match action.status() {
            Some(EndStatus::Succeeded) => (self.signs.succeeded, Style::Good),
            Some(EndStatus::Failed) => (self.signs.failed, Style::Failed),
            None => (self.signs.unfinished, Style::Warned),
        };
        line.push(style, sign);
        line.push(Style::Plain, " ");
        let name_style = match action.status() {
            Some(EndStatus::Failed) => Style::Failed,
            _ => Style::Bold,
        };
        line.push(name_style, action.name().unwrap_or(UNNAMED));
        self.push_host(host, host_around, &mut line);
        if let Some(start) = action.start() {
            self.push_fields(start, &[], false, &mut line);
        }
        let inherited = self.inherited.open(action.start());
        if let Some(end) = action.end() {
            let known = action.start().map_or(&[][..], Record::fields);
            let mut fields = Line::default();
            if self.push_fields(end, known, has_failed(&action), &mut fields) {
                line.push(Style::Dim, &format!("  {} ", self.signs.end));
            }
            line.append(fields);
        }
        self.push_duration(&action, is_slowest, &mut line);
        self.write(&line)?;

        let has_items = !items.is_empty();
        if let Some(end) = action.end().filter(|_| has_failed(&action)) {
            self.cause(end, has_items)?;
        }
        self.missing(&action, has_items)?;
        Ok(Open {
            items: items.into_iter(),
            is_slowest,
            host: host.or(host_around),
            inherited,
        })
    }

    fn message(&mut self, record: &'t Record, host_around: Option<&'t str>) -> io::Result<()> {
        let has_cause = record.field("exception").is_some();
        let style = match severity(record) {
            _ if tells_of_error(record) => Style::Failed,
            Severity::Doubtful => Style::Warned,
            Severity::Bad | Severity::Other => Style::Plain,
        };
        let mut line = self.begin(false);
        line.push(style, self.signs.message);
        line.push(Style::Plain, " ");
        let name = name(&Node::Message(record)).unwrap_or(UNNAMED);
        line.push(style, name);
        self.push_host(host(record), host_around, &mut line);
        self.push_fields(record, &[], has_cause, &mut line);
        self.write(&line)?;
        if has_cause {
            self.cause(record, false)?;
        }
        Ok(())
    }

    /// Begins the line of the current node with its branches.
    pub(super) fn begin(&self, is_slowest: bool) -> Line {
        let mut line = Line::default();
        match is_slowest {
            true => line.push(Style::Warned, self.signs.slowest),
            false => line.push(Style::Plain, "  "),
        }
        let depth = self.is_last.len() - 1;
        let branch = match self.is_last.last() {
            Some(true) => self.signs.last,
            _ => self.signs.fork,
        };
        self.push_branches(depth, Some(branch), &mut line);
        line
    }

    /// Adds the lines from the nodes around the current one, which stands `depth` below the root;
    /// where there is no room for all, those of the innermost and how deep it is.
    pub(super) fn push_branches(&self, depth: usize, branch: Option<&str>, line: &mut Line) {
        let Some(is_last) = self.is_last.get(1..) else {
            return;
        };
        let room = (self.trail.width / 2 / 3).max(4);
        let mut shown = is_last;
        if depth > room {
            line.push(Style::Dim, &format!("{}{depth} ", self.signs.deep));
            // The number takes the place of some of the lines.
            shown = is_last.get(depth + 3 - room..).unwrap_or_default();
        }
        let mut branches = String::new();
        for (place, is_last) in shown.iter().enumerate() {
            let is_own = place + 1 == shown.len();
            branches.push_str(match branch {
                Some(branch) if is_own => branch,
                _ if *is_last => "   ",
                _ => self.signs.vertical,
            });
        }
        line.push(self.line_style(), &branches);
    }

    pub(super) fn line_style(&self) -> Style {
        match self.trail.has_colored_lines {
            true => Style::Dim,
            false => Style::Plain,
        }
    }

    fn push_host(&self, host: Option<&str>, around: Option<&str>, line: &mut Line) {
        if let Some(host) = host.filter(|host| Some(*host) != around) {
            line.push(Style::Dim, &format!(" @{host}"));
        }
    }

    /// Adds the fields of a message, as far as they don't only repeat those around it or those that
    /// are known from its start, and tells whether there were any. What is drawn beneath as the
    /// cause is left out.
    fn push_fields(
        &self,
        record: &Record,
        known: &[(String, Value)],
        has_cause: bool,
        line: &mut Line,
    ) -> bool {
        let mut has_any = false;
        for field in record.fields() {
            let (key, value) = field;
            let is_cause = has_cause && is_in_cause(key, value);
            let is_told = known.contains(field) || self.inherited.repeats(record, key, value);
            if is_cause || is_told || self.ignores(key) {
                continue;
            }
            let gap = if line.is_empty() { "" } else { "  " };
            line.push(Style::Dim, &format!("{gap}{key}="));
            let text = text::value(value, self.trail.field_limit);
            line.push(Style::Plain, &self.cut(&text));
            has_any = true;
        }
        has_any
    }

    fn ignores(&self, key: &str) -> bool {
        match self.trail.ignored.is_empty() {
            true => matches!(key, "action_type" | "action_status" | "message_type"),
            false => self.trail.ignored.contains(key),
        }
    }

    fn cut(&self, text: &str) -> String {
        match text.char_indices().nth(self.trail.field_limit) {
            Some((end, _)) => {
                let kept = text.get(..end).unwrap_or_default();
                format!("{kept}{}", self.signs.ellipsis)
            }
            None => text.to_owned(),
        }
    }

    /// Adds how long an action took, as a bar beside those of the others and as a text.
    fn push_duration(&self, action: &Action<'_>, is_slowest: bool, line: &mut Line) {
        if self.trail.width < LEAST_COLUMNS_WITH_DURATIONS {
            return;
        }
        let (text, style) = match (action.seconds(), action.end()) {
            (Some(seconds), _) if seconds < 0.0 => (self.duration(seconds), Style::Warned),
            (Some(seconds), _) => (self.duration(seconds), Style::Plain),
            (None, None) => ("unfinished".to_owned(), Style::Warned),
            (None, Some(_)) => ("?".to_owned(), Style::Dim),
        };
        if self.trail.width >= LEAST_COLUMNS_WITH_BARS {
            let style = if is_slowest {
                Style::Warned
            } else {
                Style::Bar
            };
            line.push_right(style, &self.bar(action.seconds()));
            line.push_right(Style::Plain, " ");
        }
        line.push_right(style, &format!("{text:>DURATION_COLUMNS$}"));
    }

    /// Gives a bar whose length is the part of the task's time. It is full for what took longer
    /// than the task, as something may that was handed to others, or whose host has another clock.
    fn bar(&self, seconds: Option<f64>) -> String {
        let columns = if self.trail.width < 80 { 8 } else { 16 };
        let part = match (seconds, self.seconds) {
            (Some(seconds), Some(whole)) if seconds > 0.0 && whole > 0.0 && seconds.is_finite() => {
                seconds / whole
            }
            _ => 0.0,
        };
        let steps = self.signs.parts.chars().count() + 1;
        let length = (part.min(1.0) * (columns * steps) as f64).round() as usize;
        let length = length.max(usize::from(part > 0.0));
        let rest = (length % steps).checked_sub(1);
        let rest = rest.and_then(|rest| self.signs.parts.chars().nth(rest));
        let drawn = iter::repeat_n(self.signs.full, length / steps).chain(rest);
        drawn.chain(iter::repeat(' ')).take(columns).collect()
    }

    pub(super) fn duration(&self, seconds: f64) -> String {
        match self.trail.times {
            Times::Raw => format!("{seconds}"),
            Times::Utc | Times::Local(_) => text::duration(seconds, self.signs.micro),
        }
    }

    fn time(&self, seconds: f64) -> Option<String> {
        if let Times::Raw = self.trail.times {
            return Some(format!("{seconds}"));
        }
        let micros = (seconds * 1e6).round();
        let moment = Timestamp::from_microsecond(micros as i64).ok()?;
        Some(match self.trail.times {
            Times::Local(offset) => {
                let offset = Offset::from_seconds(offset(moment.as_second())).ok()?;
                let zoned = moment.to_zoned(TimeZone::fixed(offset));
                zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
            }
            Times::Utc | Times::Raw => moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        })
    }

    pub(super) fn write(&mut self, line: &Line) -> io::Result<()> {
        let trail = self.trail;
        self.buffer.clear();
        line.write(
            trail.width,
            self.signs.ellipsis,
            trail.is_colored,
            &mut self.buffer,
        );
        self.out.write_all(self.buffer.as_bytes())
    }
}

/// Tells whether a field is drawn beneath its action as the cause: texts are.
fn is_in_cause(key: &str, value: &Value) -> bool {
    let is_text = |value: &Value| value.as_str().is_some();
    match (key, value) {
        ("exception_sources", Value::Array(sources)) => sources.iter().all(is_text),
        ("exception" | "reason" | "exception_sources" | "exception_location", value) => {
            is_text(value)
        }
        _ => false,
    }
}

fn plural(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", text::count(number))
}
