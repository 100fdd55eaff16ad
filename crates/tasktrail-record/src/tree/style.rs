//! The colours of a tree, those of eliot-tree.

use super::Theme;

/// A part of a drawn tree that has a look of its own.
///
/// ```
/// use tasktrail_record::{Color, Drawing, Part};
///
/// let log = br#"{"x":6,"task_uuid":"t","task_level":[1],"timestamp":0,"message_type":"m"}"#;
///
/// let drawing = Drawing::new().color(Color::Texts).part(Part::Key, "<", ">");
///
/// assert!(drawing.draw_logs([&log[..]])?.ends_with("<x>: 6\x1b[0m\n\n"));
/// # Ok::<(), tasktrail_record::LineError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The name of a task.
    Task,
    /// The name of an action or a message.
    Name,
    /// The place of a message in its task.
    Level,
    /// The state of an action that succeeded.
    Succeeded,
    /// The state of an action that failed.
    Failed,
    /// The time of a message.
    Time,
    /// How long an action took.
    Duration,
    /// The name of a field.
    Key,
    /// The value of a field.
    Value,
    /// The lines within an action that failed.
    FailedLines,
    /// The other lines of the first level, the fourth, and so on.
    FirstLines,
    /// Those of the second level, the fifth, and so on.
    SecondLines,
    /// Those of the third level, the sixth, and so on.
    ThirdLines,
}

/// How one part of a line looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style<'d> {
    pub(super) before: &'d str,
    pub(super) after: &'d str,
}

const fn style(before: &'static str, after: &'static str) -> Style<'static> {
    Style { before, after }
}

pub(super) const PLAIN: Style<'static> = style("", "");

/// Gives the look that a theme has for a part.
///
/// eliot-tree asks for bold and dim only after the text, so that they never show; with them a
/// terminal would look different from what eliot-tree's users know.
pub(super) fn of_theme(theme: Theme, part: Part) -> Style<'static> {
    match (part, theme) {
        (Part::Task, Theme::Dark) => style("\x1b[38;5;15m", "\x1b[1m\x1b[0m"),
        (Part::Task, Theme::Light) => style("\x1b[38;5;8m", "\x1b[1m\x1b[0m"),
        (Part::Name, _) => style("\x1b[38;5;5m", "\x1b[0m"),
        (Part::Level | Part::Value, _) => style("", "\x1b[0m"),
        (Part::Succeeded, _) => style("\x1b[38;5;2m", "\x1b[0m"),
        (Part::Failed | Part::FailedLines, _) => style("\x1b[38;5;1m", "\x1b[0m"),
        (Part::Time, Theme::Dark) => style("\x1b[38;5;15m", "\x1b[2m\x1b[0m"),
        (Part::Time, Theme::Light) => style("\x1b[38;5;8m", "\x1b[0m"),
        (Part::Duration | Part::SecondLines, _) => style("\x1b[38;5;4m", "\x1b[2m\x1b[0m"),
        (Part::Key, _) => style("\x1b[38;5;4m", "\x1b[0m"),
        (Part::FirstLines, Theme::Dark) => style("\x1b[38;5;15m", "\x1b[2m\x1b[0m"),
        (Part::FirstLines, Theme::Light) => style("\x1b[38;5;8m", "\x1b[2m\x1b[0m"),
        (Part::ThirdLines, _) => style("\x1b[38;5;5m", "\x1b[2m\x1b[0m"),
    }
}

/// Names the lines from a node that stands `depth` below the task to what is in it.
pub(super) fn lines(depth: usize, is_failed: bool) -> Part {
    match (is_failed, depth % 3) {
        (true, _) => Part::FailedLines,
        (false, 0) => Part::FirstLines,
        (false, 1) => Part::SecondLines,
        (false, _) => Part::ThirdLines,
    }
}

impl Style<'_> {
    /// Adds a text in this look.
    pub(super) fn paint(self, is_on: bool, text: &str, out: &mut String) {
        if !is_on {
            out.push_str(text);
            return;
        }
        out.push_str(self.before);
        out.push_str(text);
        out.push_str(self.after);
    }
}
