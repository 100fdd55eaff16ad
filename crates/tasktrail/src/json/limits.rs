//! How long values and lines may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::scan::{Members, string_length};

/// No limit is below this, so that ids, levels and times stay whole.
const LEAST: usize = 64;

/// What stands at the end of a text that was cut.
const MARK: &[u8] = "…".as_bytes();

/// The longest values and lines that one layer writes.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    value: usize,
    line: usize,
    shortened: ShortenedLines,
}

/// The count of lines in which a [`JsonLayer`](crate::JsonLayer) has cut something, because of
/// [`longest_value`](crate::JsonLayer::longest_value) or
/// [`longest_line`](crate::JsonLayer::longest_line).
#[derive(Debug, Clone, Default)]
pub struct ShortenedLines(Arc<AtomicU64>);

impl ShortenedLines {
    /// Gives the number of lines so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            value: usize::MAX,
            line: usize::MAX,
            shortened: ShortenedLines::default(),
        }
    }
}

impl Limits {
    pub(super) fn bound_values(&mut self, bytes: usize) {
        self.value = bytes.max(LEAST);
    }

    pub(super) fn bound_lines(&mut self, bytes: usize) {
        self.line = bytes.max(LEAST);
    }

    pub(super) fn shortened(&self) -> ShortenedLines {
        self.shortened.clone()
    }

    /// Tells whether a line may have to be shorter.
    pub(super) fn may_shorten(&self, line: &[u8]) -> bool {
        // No value is longer than its line.
        line.len() > self.value.min(self.line)
    }

    /// Writes a line anew, if it has to be shorter; otherwise nothing, and it may stay as it is:
    /// `false`.
    pub(super) fn shorten(&self, line: &[u8], out: &mut Vec<u8>) -> bool {
        out.clear();
        if !self.may_shorten(line) {
            return false;
        }
        let mut longest = self.value.min(line.len());
        let mut cut = cut_texts(line, longest, out);
        while out.len() > self.line && longest > LEAST {
            longest = (longest / 2).max(LEAST);
            out.clear();
            cut = cut_texts(line, longest, out);
        }
        if out.len() > self.line {
            let shorter = leave_out_longest(out, self.line);
            *out = shorter;
            cut = true;
        }
        if cut {
            self.shortened.0.fetch_add(1, Ordering::Relaxed);
        } else {
            out.clear();
        }
        cut
    }
}

/// Copies JSON that has no white space, with texts that are values cut to so many bytes; tells
/// whether any was.
fn cut_texts(json: &[u8], longest: usize, out: &mut Vec<u8>) -> bool {
    let mut cut = false;
    let mut rest = json;
    while let Some(byte) = rest.first() {
        let length = match byte {
            b'"' => string_length(rest),
            _ => 1,
        };
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
        let is_key = after.first() == Some(&b':');
        // A key, a number, a bracket, or a text that is short enough.
        if *byte != b'"' || is_key || part.len() - 2 <= longest {
            out.extend_from_slice(part);
        } else {
            let text = part.get(1..part.len() - 1).unwrap_or_default();
            let room = longest - MARK.len();
            out.push(b'"');
            out.extend_from_slice(text.get(..border(text, room)).unwrap_or_default());
            out.extend_from_slice(MARK);
            out.push(b'"');
            cut = true;
        }
        rest = after;
    }
    cut
}

/// The last place, up to so many bytes, between two characters of an escaped text.
fn border(text: &[u8], bytes: usize) -> usize {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let length = match byte {
            b'\\' => escape_length(text.get(at..).unwrap_or_default()),
            0xf0.. => 4,
            0xe0.. => 3,
            0xc0.. => 2,
            _ => 1,
        };
        if at + length > bytes {
            break;
        }
        at += length;
    }
    at
}

/// The length of an escape, or of the two that are one character together.
fn escape_length(text: &[u8]) -> usize {
    let is_high = |text: &[u8]| {
        matches!(
            text,
            [
                b'\\',
                b'u',
                b'd' | b'D',
                b'8' | b'9' | b'a' | b'b' | b'A' | b'B',
                ..
            ]
        )
    };
    match text.get(1) {
        Some(b'u') if is_high(text) && text.get(6..8) == Some(b"\\u") => 12,
        Some(b'u') => 6,
        _ => 2,
    }
}

/// Leaves members of the line out, the longest first, until it is short enough.
fn leave_out_longest(line: &[u8], longest: usize) -> Vec<u8> {
    let mut members: Vec<(&[u8], &[u8])> = Members::of(line).collect();
    let length = |members: &[(&[u8], &[u8])]| -> usize {
        let each = members
            .iter()
            .map(|(key, value)| key.len() + value.len() + 4);
        each.sum::<usize>() + 2
    };
    while length(&members) > longest
        && let Some(at) = (0..members.len())
            .rev()
            .max_by_key(|at| members.get(*at).map(|(key, value)| key.len() + value.len()))
    {
        members.remove(at);
    }
    let mut out = b"{".to_vec();
    for (at, (key, value)) in members.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(key);
        out.extend_from_slice(b"\":");
        out.extend_from_slice(value);
    }
    out.extend_from_slice(b"}\n");
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn shortened(value: usize, line: usize, json: &Value) -> (String, bool) {
        let mut limits = Limits::default();
        limits.bound_values(value);
        limits.bound_lines(line);
        let text = format!("{json}\n");
        let mut out = Vec::new();
        match limits.shorten(text.as_bytes(), &mut out) {
            true => (String::from_utf8(out).unwrap(), true),
            false => (text, false),
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters_and_marked_wherever_they_stand() {
        let long = "ä".repeat(60);
        let json = json!({"a": long, "b": [{"c": "x".repeat(65)}], "d": "x".repeat(64), (long.clone()): 1});

        let (text, cut) = shortened(64, usize::MAX, &json);

        let read: Value = serde_json::from_str(&text).unwrap();
        // 64 bytes with the mark, which has three.
        assert_eq!(read["a"], "ä".repeat(30) + "…");
        assert_eq!(read["b"], json!([{"c": "x".repeat(61) + "…"}]));
        assert_eq!((&read["d"], &read[&long]), (&json["d"], &json!(1)));
        assert!(cut);
    }

    #[test]
    fn no_escape_is_cut() {
        for before in 0..14 {
            let text = format!(
                "{}{}",
                "x".repeat(48 + before),
                "\u{1}\n\u{1f600}".repeat(20)
            );
            let json = format!(
                "{{\"a\":\"{}\"}}\n",
                text.replace('\u{1}', "\\u0001")
                    .replace('\n', "\\n")
                    .replace('\u{1f600}', "\\ud83d\\ude00")
            );
            let mut out = Vec::new();

            assert!(cut_texts(json.as_bytes(), 64, &mut out));

            let read: Value = serde_json::from_slice(&out).unwrap();
            let kept = read["a"].as_str().unwrap().strip_suffix('…').unwrap();
            assert!(text.starts_with(kept) && kept.len() >= 45, "{kept:?}");
        }
    }

    #[test]
    fn a_line_is_shortened_text_by_text_and_then_member_by_member() {
        let json = json!({"id": 7, "one": "1".repeat(300), "two": "2".repeat(100)});
        let (text, cut) = shortened(usize::MAX, 250, &json);
        let read: Value = serde_json::from_str(&text).unwrap();
        assert!(cut && text.len() <= 250);
        assert_eq!(read["id"], 7);
        assert_eq!(read["two"].as_str().unwrap().len(), 100);

        let numbers: serde_json::Map<_, _> = (0..100_u64)
            .map(|n| (format!("n{n}"), json!(u64::MAX - n)))
            .collect();
        let (text, cut) = shortened(usize::MAX, 500, &Value::Object(numbers));
        let read: Value = serde_json::from_str(&text).unwrap();
        assert!(cut && text.len() <= 500 && text.len() > 400, "{text}");
        assert!(read.as_object().unwrap().len() > 10);
    }

    proptest! {
        #[test]
        fn what_is_shortened_is_valid_and_within_the_limits(
            texts in proptest::collection::btree_map(".{0,9}", ".{0,200}", 0..6),
            value in 0..200_usize,
            line in 0..600_usize,
        ) {
            let json = serde_json::to_value(&texts).unwrap();
            let (text, cut) = shortened(value, line, &json);

            prop_assert!(text.len() <= line.max(LEAST), "{}", text);
            let read: std::collections::BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
            for (name, shown) in &read {
                let given = &texts[name];
                let kept = shown.strip_suffix('…').unwrap_or(shown);
                prop_assert!(shown == given || given.starts_with(kept));
                prop_assert!(serde_json::to_string(shown).unwrap().len() <= value.max(LEAST) + 2);
            }
            prop_assert_eq!(cut, read != texts);
        }
    }
}
