//! The colours of a tree, those of eliot-tree.

use super::Theme;

/// How one part of a line looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    before: &'static str,
    after: &'static str,
}

const fn style(before: &'static str, after: &'static str) -> Style {
    Style { before, after }
}

// eliot-tree asks for bold and dim only after the text, so that they never show; with them a
// terminal would look different from what eliot-tree's users know.
pub(super) const NAME: Style = style("\x1b[38;5;5m", "\x1b[0m");
pub(super) const LEVEL: Style = style("", "\x1b[0m");
pub(super) const SUCCEEDED: Style = style("\x1b[38;5;2m", "\x1b[0m");
pub(super) const FAILED: Style = style("\x1b[38;5;1m", "\x1b[0m");
pub(super) const DURATION: Style = style("\x1b[38;5;4m", "\x1b[2m\x1b[0m");
pub(super) const KEY: Style = style("\x1b[38;5;4m", "\x1b[0m");
pub(super) const VALUE: Style = style("", "\x1b[0m");
pub(super) const PLAIN: Style = style("", "");

/// Gives the look of the name of a task.
pub(super) fn task(theme: Theme) -> Style {
    match theme {
        Theme::Dark => style("\x1b[38;5;15m", "\x1b[1m\x1b[0m"),
        Theme::Light => style("\x1b[38;5;8m", "\x1b[1m\x1b[0m"),
    }
}

/// Gives the look of a time.
pub(super) fn time(theme: Theme) -> Style {
    match theme {
        Theme::Dark => style("\x1b[38;5;15m", "\x1b[2m\x1b[0m"),
        Theme::Light => style("\x1b[38;5;8m", "\x1b[0m"),
    }
}

/// Gives the look of the lines from a node that stands `depth` below the task to what is in it.
pub(super) fn branch(theme: Theme, depth: usize, is_failed: bool) -> Style {
    match (is_failed, depth % 3, theme) {
        (true, _, _) => FAILED,
        (false, 0, Theme::Dark) => style("\x1b[38;5;15m", "\x1b[2m\x1b[0m"),
        (false, 0, Theme::Light) => style("\x1b[38;5;8m", "\x1b[2m\x1b[0m"),
        (false, 1, _) => style("\x1b[38;5;4m", "\x1b[2m\x1b[0m"),
        (false, _, _) => style("\x1b[38;5;5m", "\x1b[2m\x1b[0m"),
    }
}

impl Style {
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
