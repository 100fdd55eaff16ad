//! What trees are drawn with.

use tasktrail_record::Charset;

/// The characters that are drawn with.
pub(crate) struct Signs {
    pub(crate) fork: &'static str,
    pub(crate) last: &'static str,
    pub(crate) vertical: &'static str,
    pub(crate) succeeded: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) unfinished: &'static str,
    pub(crate) message: &'static str,
    pub(crate) slowest: &'static str,
    pub(crate) end: &'static str,
    pub(crate) deep: &'static str,
    pub(crate) ellipsis: &'static str,
    pub(crate) micro: &'static str,
    /// What a bar is made of: a full column, and the parts of one, the least first.
    pub(crate) full: char,
    pub(crate) parts: &'static str,
}

pub(crate) fn signs(charset: Charset) -> &'static Signs {
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
