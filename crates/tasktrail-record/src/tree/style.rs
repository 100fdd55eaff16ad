//! The colours of a tree, those of eliot-tree on a dark background.

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
pub(super) const TASK: Style = style("\x1b[38;5;15m", "\x1b[1m\x1b[0m");
pub(super) const NAME: Style = style("\x1b[38;5;5m", "\x1b[0m");
pub(super) const LEVEL: Style = style("", "\x1b[0m");
pub(super) const SUCCEEDED: Style = style("\x1b[38;5;2m", "\x1b[0m");
pub(super) const FAILED: Style = style("\x1b[38;5;1m", "\x1b[0m");
pub(super) const TIME: Style = style("\x1b[38;5;15m", "\x1b[2m\x1b[0m");
pub(super) const DURATION: Style = style("\x1b[38;5;4m", "\x1b[2m\x1b[0m");
pub(super) const KEY: Style = style("\x1b[38;5;4m", "\x1b[0m");
pub(super) const VALUE: Style = style("", "\x1b[0m");
pub(super) const PLAIN: Style = style("", "");

/// Gives the look of the lines from a node that stands `depth` below the task to what is in it.
pub(super) fn branch(depth: usize, is_failed: bool) -> Style {
    match (is_failed, depth % 3) {
        (true, _) => FAILED,
        (false, 0) => style("\x1b[38;5;15m", "\x1b[2m\x1b[0m"),
        (false, 1) => style("\x1b[38;5;4m", "\x1b[2m\x1b[0m"),
        (false, _) => style("\x1b[38;5;5m", "\x1b[2m\x1b[0m"),
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
