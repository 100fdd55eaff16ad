//! One line of a drawing: its parts, their colours, and how it is cut to fit.

use unicode_width::UnicodeWidthChar;

use crate::text::visible;

/// How a part of a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Bold,
    Dim,
    Good,
    Warned,
    Failed,
    Bar,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Warned => "\x1b[33m",
            Self::Failed => "\x1b[31m",
            Self::Bar => "\x1b[34m",
        }
    }
}

/// The parts of a line, as they come.
#[derive(Debug, Default)]
pub(crate) struct Line {
    left: Vec<(Style, String)>,
    right: Vec<(Style, String)>,
}

impl Line {
    /// Adds a text, whose control characters become visible.
    pub(crate) fn push(&mut self, style: Style, text: &str) {
        self.left.push((style, visible(text).into_owned()));
    }

    /// Tells whether there is nothing on the left.
    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Adds what another line has on the left.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.left.append(&mut other.left);
    }

    /// Adds a text at the right margin.
    pub(crate) fn push_right(&mut self, style: Style, text: &str) {
        self.right.push((style, text.to_owned()));
    }

    /// Writes the line, which takes at most `width` columns. What is too long on the left is cut,
    /// and ends with `ellipsis`.
    pub(crate) fn write(&self, width: usize, ellipsis: &str, is_colored: bool, out: &mut String) {
        let right = columns_of(&self.right);
        let gap = usize::from(right > 0);
        let room = width.saturating_sub(right + gap);
        let left = columns_of(&self.left);
        let mut ink = Ink { out, is_colored };
        let used = if left <= room {
            self.left
                .iter()
                .for_each(|(style, text)| ink.paint(*style, text));
            left
        } else {
            ink.cut(&self.left, room, ellipsis)
        };
        if right > 0 {
            ink.out.extend(std::iter::repeat_n(' ', room + gap - used));
        }
        for (style, text) in &self.right {
            ink.paint(*style, text);
        }
        // Spaces that only fill a column tell nothing at the end of a line.
        let length = ink.out.trim_end_matches(' ').len();
        ink.out.truncate(length);
        ink.out.push('\n');
    }
}

struct Ink<'a> {
    out: &'a mut String,
    is_colored: bool,
}

impl Ink<'_> {
    fn paint(&mut self, style: Style, text: &str) {
        let is_colored = self.is_colored && style != Style::Plain && !text.is_empty();
        if is_colored {
            self.out.push_str(style.code());
        }
        self.out.push_str(text);
        if is_colored {
            self.out.push_str("\x1b[0m");
        }
    }

    /// Paints what there is room for, and gives how many columns that took.
    fn cut(&mut self, parts: &[(Style, String)], room: usize, ellipsis: &str) -> usize {
        let mut left = room.saturating_sub(columns(ellipsis));
        for (style, text) in parts {
            let end = fitting(text, left);
            let (kept, rest) = text.split_at(end);
            self.paint(*style, kept);
            left -= columns(kept);
            if !rest.is_empty() {
                break;
            }
        }
        let used = room.saturating_sub(columns(ellipsis)) - left;
        if columns(ellipsis) > room {
            return used;
        }
        self.out.push_str(ellipsis);
        used + columns(ellipsis)
    }
}

/// Gives how many bytes of a text fit into so many columns.
fn fitting(text: &str, room: usize) -> usize {
    let mut used = 0;
    for (at, columns) in widths(text) {
        used += columns;
        if used > room {
            return at;
        }
    }
    text.len()
}

/// Counts columns by characters: a terminal that joins some of them shows fewer, never more.
fn columns(text: &str) -> usize {
    widths(text).map(|(_, columns)| columns).sum()
}

/// Gives the place of each character and how many columns it takes.
fn widths(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut before = 0;
    text.char_indices().map(move |(at, character)| {
        let columns = match character {
            // The sign before it becomes a picture, which takes two columns.
            '\u{fe0f}' if before == 1 => 1,
            character => character.width().unwrap_or(0),
        };
        before = columns;
        (at, columns)
    })
}

fn columns_of(parts: &[(Style, String)]) -> usize {
    parts.iter().map(|(_, text)| columns(text)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(parts: &[&str], right: &str, width: usize) -> String {
        let mut line = Line::default();
        for part in parts {
            line.push(Style::Plain, part);
        }
        line.push_right(Style::Plain, right);
        let mut out = String::new();
        line.write(width, "…", false, &mut out);
        out
    }

    #[test]
    fn what_fits_stays_whole() {
        assert_eq!(written(&["ab", "cd"], "", 4), "abcd\n");
        assert_eq!(written(&["ab", "cd"], "r", 6), "abcd r\n");
        assert_eq!(written(&["ab"], "r", 6), "ab   r\n");
    }

    #[test]
    fn what_is_too_long_is_cut_by_columns() {
        assert_eq!(written(&["ab", "cd"], "", 3), "ab…\n");
        assert_eq!(written(&["ab", "cde"], "r", 6), "abc… r\n");
        assert_eq!(written(&["日本語"], "", 5), "日本…\n");
        assert_eq!(written(&["日本語"], "", 4), "日…\n");
        assert_eq!(written(&["日本語"], "r", 6), "日…  r\n");
        assert_eq!(
            written(&["❤\u{fe0f}❤\u{fe0f}"], "", 4),
            "❤\u{fe0f}❤\u{fe0f}\n"
        );
        assert_eq!(written(&["❤\u{fe0f}❤\u{fe0f}"], "r", 5), "❤\u{fe0f}… r\n");
        assert_eq!(written(&["e\u{301}e\u{301}e"], "", 2), "e\u{301}…\n");
        assert_eq!(written(&["abc"], "", 1), "…\n");
        assert_eq!(written(&["abc"], "", 0), "\n");
    }

    #[test]
    fn colours_take_no_column() {
        let mut line = Line::default();
        line.push(Style::Failed, "abc");
        line.push(Style::Plain, "def");
        let mut out = String::new();

        line.write(6, "…", true, &mut out);
        line.write(3, "…", true, &mut out);

        assert_eq!(out, "\x1b[31mabc\x1b[0mdef\n\x1b[31mab\x1b[0m…\n");
    }
}
