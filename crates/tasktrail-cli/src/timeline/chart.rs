//! Draws the rows of a task beside their bars.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tasktrail_record::{Charset, EndStatus, Tree};

use super::rows::{Row, What, rows};
use crate::nodes::{beginning, seconds};
use crate::text;
use crate::tree::trail::line::{Line, Style};
use crate::tree::trail::signs::{Signs, signs};

/// How a task is drawn.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) charset: Charset,
    pub(super) is_colored: bool,
    /// Whether messages are drawn too.
    pub(super) has_events: bool,
    /// Whether the time is that of the clock here; else it is in UTC.
    pub(super) is_local: bool,
    /// How many siblings of one name are drawn before others are only counted.
    pub(super) siblings: usize,
    /// In columns.
    pub(super) width: usize,
}

/// The columns at the right margin that tell a duration.
const DURATION_COLUMNS: usize = 10;
/// In a narrower window no durations are drawn.
const LEAST_COLUMNS_WITH_DURATIONS: usize = 40;

impl Chart {
    /// Draws one task and the empty line after it.
    pub(super) fn draw(&self, tree: &Tree, out: &mut String) {
        let rows = rows(tree, self.siblings);
        let (first, last) = rows.first().and_then(|root| root.known).unwrap_or_default();
        let pen = Pen {
            chart: self,
            signs: signs(self.charset),
            scale: Scale {
                first,
                seconds: last - first,
                columns: self.columns(),
            },
        };
        pen.heading(tree, out);
        pen.axis(out);
        let mut has_early = false;
        for row in &rows {
            if self.has_events || !row.is_of_messages() {
                pen.row(row, out);
                has_early |= row.is_early;
            }
        }
        if has_early {
            let note =
                "! begins before what is around it: by another clock, or one that was set back";
            pen.write(Style::Warned, note, out);
        }
        out.push('\n');
    }

    fn has_durations(&self) -> bool {
        self.width >= LEAST_COLUMNS_WITH_DURATIONS
    }

    /// Gives the columns for bars: half of the window.
    fn columns(&self) -> usize {
        let beside = match self.has_durations() {
            true => DURATION_COLUMNS + 1,
            false => 0,
        };
        (self.width / 2).saturating_sub(beside / 2)
    }
}

/// Where a moment stands among the columns.
#[derive(Debug)]
struct Scale {
    first: f64,
    seconds: f64,
    columns: usize,
}

impl Scale {
    /// Gives the place of a moment, in columns from the left.
    fn place(&self, moment: f64) -> f64 {
        let part = match self.seconds > 0.0 {
            true => (moment - self.first) / self.seconds,
            false => 0.0,
        };
        part.clamp(0.0, 1.0) * self.columns as f64
    }

    /// Gives the first column of a bar, and the one after its last: a column at least.
    fn span(&self, from: f64, to: f64) -> (usize, usize) {
        let first = (self.place(from) as usize).min(self.columns.saturating_sub(1));
        let end = (self.place(to).round() as usize).clamp(first + 1, self.columns.max(first + 1));
        (first, end)
    }
}

struct Pen<'a> {
    chart: &'a Chart,
    signs: &'static Signs,
    scale: Scale,
}

impl Pen<'_> {
    fn heading(&self, tree: &Tree, out: &mut String) {
        let mut line = Line::default();
        line.push(Style::Bold, tree.task());
        let moment = beginning(tree).map(|seconds| (seconds * 1e6).round() as i64);
        if let Some(moment) = moment.and_then(|micros| Timestamp::from_microsecond(micros).ok()) {
            line.push(Style::Plain, "  ");
            let moment = match self.chart.is_local {
                true => moment
                    .to_zoned(TimeZone::system())
                    .strftime("%Y-%m-%d %H:%M:%S%.6f%:z")
                    .to_string(),
                false => moment.strftime("%Y-%m-%d %H:%M:%S%.6fZ").to_string(),
            };
            line.push(Style::Dim, &moment);
        }
        if let Some(seconds) = seconds(tree) {
            line.push(Style::Plain, "  ");
            line.push(Style::Plain, &self.duration(seconds));
        }
        if !tree.is_complete() {
            line.push(Style::Plain, "  ");
            line.push(Style::Warned, "incomplete");
        }
        self.end(&line, out);
    }

    /// Draws the times at both ends of the bars and in their middle.
    fn axis(&self, out: &mut String) {
        let columns = self.scale.columns;
        let whole = self.duration(self.scale.seconds);
        let half = self.duration(self.scale.seconds / 2.0);
        let mut axis = "0".to_owned();
        for (text, end) in [(half, columns / 2), (whole, columns)] {
            let used = axis.chars().count();
            if used + 1 + text.chars().count() <= end {
                axis = format!("{axis}{text:>width$}", width = end - used);
            }
        }
        let mut line = Line::default();
        line.push_right(Style::Dim, &format!("{axis:<columns$}"));
        if self.chart.has_durations() {
            line.push_right(Style::Plain, &" ".repeat(DURATION_COLUMNS + 1));
        }
        self.end(&line, out);
    }

    fn row(&self, row: &Row<'_>, out: &mut String) {
        let mut line = Line::default();
        // Where there is no room for the depth, it is told as a number.
        let room = self.chart.width / 8;
        match row.depth > room {
            true => line.push(Style::Dim, &format!("{}{} ", self.signs.deep, row.depth)),
            false => line.push(Style::Plain, &"  ".repeat(row.depth)),
        }
        match &row.more {
            Some(more) => more.write(self.signs.micro, &mut line),
            None => self.name(row, &mut line),
        }
        if row.is_early {
            line.push(Style::Warned, " !");
        }
        let place = row.place.to_string();
        if !place.is_empty() {
            line.push(Style::Dim, &format!(" @{place}"));
        }
        self.bar(row, &mut line);
        if self.chart.has_durations() {
            let (text, style) = self.duration_of(row);
            line.push_right(style, &format!(" {text:>DURATION_COLUMNS$}"));
        }
        self.end(&line, out);
    }

    fn name(&self, row: &Row<'_>, line: &mut Line) {
        let (sign, style) = match row.what {
            What::Action(Some(EndStatus::Succeeded)) => (self.signs.succeeded, Style::Good),
            What::Action(Some(EndStatus::Failed)) => (self.signs.failed, Style::Failed),
            What::Action(None) => (self.signs.unfinished, Style::Warned),
            _ => (self.signs.message, Style::Plain),
        };
        line.push(style, sign);
        line.push(Style::Plain, " ");
        line.push(
            match row.what {
                What::Action(Some(EndStatus::Failed)) => Style::Failed,
                What::Action(_) => Style::Bold,
                _ => Style::Plain,
            },
            row.name,
        );
    }

    fn bar(&self, row: &Row<'_>, line: &mut Line) {
        let columns = self.scale.columns;
        let (full, short, open) = match self.chart.charset {
            Charset::Unicode => ("█", "▏", "░"),
            Charset::Ascii => ("#", "|", "."),
        };
        let Some((first, last)) = row.known else {
            return line.push_right(Style::Plain, &" ".repeat(columns));
        };
        // A clock that went backwards: the bar stands where the action is told to have begun.
        let (from, to) = match (row.start, row.end) {
            (Some(start), Some(end)) => (start, end.max(start)),
            (Some(start), None) => (start, last),
            (None, Some(end)) => (first, end.max(first)),
            (None, None) => (first, last),
        };
        let (begin, end) = self.scale.span(from, to);
        let is_action = matches!(row.what, What::Action(_));
        let left = match row.start {
            None if is_action => open,
            _ => " ",
        };
        let right = match row.end {
            None if is_action => open,
            _ => " ",
        };
        let width = self.scale.place(to) - self.scale.place(from);
        let solid = match width < 0.5 && end == begin + 1 {
            true => short.to_owned(),
            false => full.repeat(end - begin),
        };
        let style = match row.what {
            What::Action(Some(EndStatus::Failed)) => Style::Failed,
            What::Action(Some(EndStatus::Succeeded)) => Style::Bar,
            What::Action(None) => Style::Warned,
            What::Message => Style::Plain,
            What::MoreActions | What::MoreMessages => Style::Dim,
        };
        line.push_right(Style::Dim, &left.repeat(begin));
        line.push_right(style, &solid);
        line.push_right(Style::Dim, &right.repeat(columns.saturating_sub(end)));
    }

    fn duration_of(&self, row: &Row<'_>) -> (String, Style) {
        match (row.what, row.start, row.end) {
            (What::Message | What::MoreActions | What::MoreMessages, ..) => {
                (String::new(), Style::Plain)
            }
            (_, Some(start), Some(end)) if end < start => {
                (self.duration(end - start), Style::Warned)
            }
            (_, Some(start), Some(end)) => (self.duration(end - start), Style::Plain),
            (What::Action(None), ..) => ("unfinished".to_owned(), Style::Warned),
            (What::Action(Some(_)), ..) => ("?".to_owned(), Style::Dim),
        }
    }

    fn duration(&self, seconds: f64) -> String {
        text::duration(seconds, self.signs.micro)
    }

    fn write(&self, style: Style, text: &str, out: &mut String) {
        let mut line = Line::default();
        line.push(style, text);
        self.end(&line, out);
    }

    fn end(&self, line: &Line, out: &mut String) {
        let chart = self.chart;
        line.write(chart.width, self.signs.ellipsis, chart.is_colored, out);
    }
}
