//! What encoded names, texts and values look like, without anything that a terminal obeys.
//!
//! JSON has escaped the control characters below U+0020 already, and they stay so. It leaves DEL and
//! those from U+0080 to U+009F, of which a terminal takes some for the start of a command: they are
//! escaped here, in the same way.

pub(super) use crate::json::scan::members;

/// Writes the name of a field: as it is, or within quotes if it could be taken for something else.
pub(super) fn name(escaped: &[u8], out: &mut Vec<u8>) {
    match is_word(escaped) {
        true => out.extend_from_slice(escaped),
        false => quoted(escaped, out),
    }
}

/// Writes a value as JSON has it, but a text without quotes where nothing else looks so, and one
/// that is quoted already, as by `Debug`, with those quotes alone.
pub(super) fn value(json: &[u8], out: &mut Vec<u8>) {
    let Some(escaped) = string(json) else {
        return obeyed_by_none(json, out);
    };
    if is_word(escaped) && !is_other_json(escaped) {
        out.extend_from_slice(escaped);
    } else if is_literal(escaped) {
        text(escaped, out);
    } else {
        quoted(escaped, out);
    }
}

/// Tells whether a value is a text of several lines.
pub(super) fn has_breaks(json: &[u8]) -> bool {
    string(json).is_some_and(|escaped| !first_line(escaped).1.is_empty())
}

/// Gives a text without its quotes, and any other value as it is.
pub(super) fn content(json: &[u8]) -> &[u8] {
    string(json).unwrap_or(json)
}

/// Parts an escaped text after its first line. Line breaks at its end are left out.
pub(super) fn first_line(escaped: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for unit in units(escaped) {
        if unit == b"\\n" {
            let (line, rest) = escaped.split_at_checked(at).unwrap_or((escaped, b""));
            let line = line.strip_suffix(b"\\r").filter(|_| ends_in_return(line));
            let line = line.unwrap_or_else(|| escaped.get(..at).unwrap_or(escaped));
            let rest = rest.get(2..).unwrap_or_default();
            let has_more = units(rest).any(|unit| unit != b"\\n" && unit != b"\\r");
            return (line, if has_more { rest } else { b"" });
        }
        at += unit.len();
    }
    (escaped, b"")
}

fn ends_in_return(escaped: &[u8]) -> bool {
    units(escaped).last() == Some(b"\\r")
}

/// Writes an escaped text of one line: quotes and backslashes as they are, all else that is escaped
/// stays so.
pub(super) fn text(escaped: &[u8], out: &mut Vec<u8>) {
    for unit in units(escaped) {
        match unit {
            [b'\\', plain @ (b'"' | b'\\')] => out.push(*plain),
            other => obeyed_by_none(other, out),
        }
    }
}

fn quoted(escaped: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    obeyed_by_none(escaped, out);
    out.push(b'"');
}

/// Writes JSON as it is, without the control characters that it leaves.
fn obeyed_by_none(json: &[u8], out: &mut Vec<u8>) {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, 0x7f | 0xc2)) {
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (number, length) = match *from {
            [0x7f, ..] => (0x7f, 1),
            [0xc2, number @ 0x80..=0x9f, ..] => (number, 2),
            _ => {
                out.push(0xc2);
                rest = from.get(1..).unwrap_or_default();
                continue;
            }
        };
        let hex = |digit: u8| char::from_digit(u32::from(digit), 16).unwrap_or('0') as u8;
        out.extend_from_slice(b"\\u00");
        out.extend_from_slice(&[hex(number >> 4), hex(number & 0xf)]);
        rest = from.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Gives what stands between the quotes of a string; `None` for any other value.
fn string(json: &[u8]) -> Option<&[u8]> {
    json.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Tells whether a text is one word, which needs no quotes.
fn is_word(escaped: &[u8]) -> bool {
    let is_plain = |char: char| {
        !char.is_whitespace() && !char.is_control() && !matches!(char, '"' | '\\' | '=')
    };
    std::str::from_utf8(escaped).is_ok_and(|text| !text.is_empty() && text.chars().all(is_plain))
}

/// Tells whether a text without its quotes would be taken for a value of another type.
fn is_other_json(word: &[u8]) -> bool {
    let is_number = || std::str::from_utf8(word).is_ok_and(|text| text.parse::<f64>().is_ok());
    matches!(word, [b'[' | b'{', ..] | b"true" | b"false" | b"null") || is_number()
}

/// Tells whether a text begins with a quote that its last character closes.
fn is_literal(escaped: &[u8]) -> bool {
    let inner = escaped.strip_prefix(b"\\\"");
    let Some(inner) = inner.and_then(|inner| inner.strip_suffix(b"\\\"")) else {
        return false;
    };
    let mut is_escaped = false;
    for unit in units(inner) {
        if unit == b"\\\"" && !is_escaped {
            return false;
        }
        is_escaped = unit == b"\\\\" && !is_escaped;
    }
    !is_escaped
}

/// Gives the bytes of an escaped text, those of an escape together: its backslash and what follows.
fn units(escaped: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = escaped;
    std::iter::from_fn(move || {
        let length = match rest {
            [] => return None,
            [b'\\', _, ..] => 2,
            // The one character whose bytes must stay together to be found.
            [0xc2, _, ..] => 2,
            _ => 1,
        };
        let (unit, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(unit)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tasktrail_record::encode;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn value_of(text: &str) -> String {
        let json = written(|out| encode::string(text, out));
        written(|out| value(json.as_bytes(), out))
    }

    fn lines_of(text: &str) -> Vec<String> {
        let escaped = written(|out| encode::escaped(text, out));
        let mut rest = escaped.as_bytes();
        let mut lines = Vec::new();
        loop {
            let (line, after) = first_line(rest);
            lines.push(written(|out| super::text(line, out)));
            if after.is_empty() {
                return lines;
            }
            rest = after;
        }
    }

    #[test]
    fn a_text_has_quotes_where_it_could_be_taken_for_something_else() {
        for (text, shown) in [
            ("pen", "pen"),
            ("żółć", "żółć"),
            ("2026-11-22", "2026-11-22"),
            ("a:b,c", "a:b,c"),
            ("", r#""""#),
            ("a pen", r#""a pen""#),
            ("a\u{3000}pen", "\"a\u{3000}pen\""),
            ("a=b", r#""a=b""#),
            ("17", r#""17""#),
            ("-1.5e3", r#""-1.5e3""#),
            ("true", r#""true""#),
            ("null", r#""null""#),
            ("[1]", r#""[1]""#),
            ("{}", r#""{}""#),
            (r"C:\temp", r#""C:\\temp""#),
            ("a\tb", r#""a\tb""#),
            ("say \"hi\"", r#""say \"hi\"""#),
        ] {
            assert_eq!(value_of(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_is_quoted_already_keeps_those_quotes_alone() {
        for (text, shown) in [
            (r#""pen""#, r#""pen""#),
            (r#""""#, r#""""#),
            (r#""say \"hi\" \\ ""#, r#""say \"hi\" \\ ""#),
            // Not one literal: it could pass for several fields.
            (r#""a" level="b""#, r#""\"a\" level=\"b\"""#),
            (r#""a\""#, r#""\"a\\\"""#),
            (r#"""#, r#""\"""#),
        ] {
            assert_eq!(value_of(text), shown, "{text:?}");
        }
    }

    #[test]
    fn lines_are_parted_at_their_breaks_and_those_at_the_end_are_left_out() {
        assert_eq!(lines_of("a"), ["a"]);
        assert_eq!(lines_of("a\n b\n\nc"), ["a", " b", "", "c"]);
        assert_eq!(lines_of("a\r\nb\rc\r\n"), ["a", r"b\rc"]);
        assert_eq!(lines_of("a\n\n"), ["a"]);
        assert_eq!(lines_of(r"C:\new\r"), [r"C:\new\r"]);
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        let steering = "\u{1b}[2J\u{9b}31m\u{7f}\r\u{7}";

        assert_eq!(lines_of(steering), [r"\u001b[2J\u009b31m\u007f\r\u0007"]);
        assert_eq!(value_of(steering), r#""\u001b[2J\u009b31m\u007f\r\u0007""#);
        assert_eq!(
            written(|out| name("\u{7f}\u{85}".as_bytes(), out)),
            r#""\u007f\u0085""#
        );
        assert_eq!(
            written(|out| value("{\"a\":[\"\u{9c}\"]}".as_bytes(), out)),
            r#"{"a":["\u009c"]}"#
        );
    }

    proptest! {
        #[test]
        fn no_control_character_is_shown_raw(text in any::<String>(), controls in "[\u{0}-\u{9f}\"\\\\]{0,8}") {
            let text = text + &controls;
            let lines = lines_of(&text);

            prop_assert!(!lines.concat().contains(char::is_control), "{:?}", lines);
            prop_assert!(!value_of(&text).contains(char::is_control));
        }
    }
}
