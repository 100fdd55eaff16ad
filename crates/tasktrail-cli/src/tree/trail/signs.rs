//! What trees are drawn with.

use tasktrail_record::Charset;

/// The characters that are drawn with.
pub(super) struct Signs {
    pub(super) fork: &'static str,
    pub(super) last: &'static str,
    pub(super) vertical: &'static str,
    pub(super) succeeded: &'static str,
    pub(super) failed: &'static str,
    pub(super) unfinished: &'static str,
    pub(super) message: &'static str,
    pub(super) slowest: &'static str,
    pub(super) end: &'static str,
    pub(super) deep: &'static str,
    pub(super) ellipsis: &'static str,
    pub(super) micro: &'static str,
    /// What a bar is made of: a full column, and the parts of one, the least first.
    pub(super) full: char,
    pub(super) parts: &'static str,
}

pub(super) fn signs(charset: Charset) -> &'static Signs {
    match charset {
        Charset::Unicode => &Signs {
            fork: "├─ ",
            last: "└─ ",
            vertical: "│  ",
            succeeded: "✓",
            failed: "✗",
            unfinished: "?",
            message: "·",
            slowest: "▶ ",
            end: "⇒",
            deep: "⋯",
            ellipsis: "…",
            micro: "µ",
            full: '█',
            parts: "▏▎▍▌▋▊▉",
        },
        Charset::Ascii => &Signs {
            fork: "|- ",
            last: "+- ",
            vertical: "|  ",
            succeeded: "+",
            failed: "x",
            unfinished: "?",
            message: "-",
            slowest: "> ",
            end: "=>",
            deep: "~",
            ellipsis: "...",
            micro: "u",
            full: '#',
            parts: "",
        },
    }
}
