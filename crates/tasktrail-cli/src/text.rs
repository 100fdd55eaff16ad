//! The texts of values, durations and numbers.

use std::borrow::Cow;
use std::fmt::Write;

use tasktrail_record::json::Value;

/// Writes a duration with its unit; `micro` is the sign for a millionth.
pub(crate) fn duration(seconds: f64, micro: &str) -> String {
    if !seconds.is_finite() {
        return "?".to_owned();
    }
    let micros = (seconds.abs() * 1e6).round();
    let sign = if seconds < 0.0 && micros > 0.0 {
        "-"
    } else {
        ""
    };
    // As many digits as are of interest; a number is rounded before its unit is chosen.
    let text = match micros {
        ..1e3 => format!("{micros:.0} {micro}s"),
        ..9_950.0 => format!("{:.1} ms", micros / 1e3),
        ..999_500.0 => format!("{:.0} ms", micros / 1e3),
        ..9_995_000.0 => format!("{:.2} s", micros / 1e6),
        ..59_950_000.0 => format!("{:.1} s", micros / 1e6),
        _ => long((micros / 1e6).round()),
    };
    format!("{sign}{text}")
}

/// Writes a duration of a minute and more by its two greatest units.
fn long(seconds: f64) -> String {
    // `as` takes what is too large for the largest number there is.
    let seconds = seconds as u64;
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let (days, hours) = (hours / 24, hours % 24);
    match (days, hours) {
        (0, 0) => format!("{minutes} m {seconds:02} s"),
        (0, _) => format!("{hours} h {minutes:02} m"),
        (1000.., _) => format!("{days} d"),
        _ => format!("{days} d {hours:02} h"),
    }
}

/// Writes a number with a comma before each three digits.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a value in at most about `limit` characters: a text without spaces as it is, all else as
/// JSON.
pub(crate) fn value(value: &Value, limit: usize) -> String {
    let is_plain = |text: &str| {
        let needs_quotes =
            |character: char| character.is_whitespace() || "\"=⇒".contains(character);
        !text.is_empty() && !text.contains(needs_quotes)
    };
    let mut text = String::new();
    match value {
        Value::String(plain) if is_plain(plain) => text.push_str(plain),
        value => push_json(value, limit, &mut text),
    }
    text
}

/// Adds JSON, until the text is too long already. It is no deeper than JSON was read.
fn push_json(value: &Value, limit: usize, out: &mut String) {
    match value {
        _ if out.len() / 4 > limit => {}
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Value::String(text) => push_quoted(text, out),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                push_json(item, limit, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (place, (key, value)) in entries.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                push_quoted(key, out);
                out.push(':');
                push_json(value, limit, out);
            }
            out.push('}');
        }
    }
}

fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Replaces what could steer a terminal or turn the direction of a line: the control characters of
/// ASCII by pictures of them, all others by their numbers.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for character in text.chars() {
        match character {
            '\0'..' ' => shown.extend(char::from_u32(0x2400 + u32::from(character))),
            '\u{7f}' => shown.push('\u{2421}'),
            hidden if is_hidden(hidden) => shown.extend(hidden.escape_unicode()),
            other => shown.push(other),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_or_three_digits_and_a_unit() {
        for (seconds, expected) in [
            (0.0, "0 µs"),
            (0.000_000_4, "0 µs"),
            (-0.000_000_4, "0 µs"),
            (-0.000_000_6, "-1 µs"),
            (0.000_019, "19 µs"),
            (0.000_999_4, "999 µs"),
            (0.000_999_6, "1.0 ms"),
            (0.009_1, "9.1 ms"),
            (0.009_96, "10 ms"),
            (0.25, "250 ms"),
            (0.999_6, "1.00 s"),
            (1.204, "1.20 s"),
            (9.996, "10.0 s"),
            (59.96, "1 m 00 s"),
            (125.0, "2 m 05 s"),
            (7_384.0, "2 h 03 m"),
            (100_000.0, "1 d 03 h"),
            (-1.5, "-1.50 s"),
            (1e300, "213503982334601 d"),
            (f64::NAN, "?"),
            (f64::INFINITY, "?"),
        ] {
            assert_eq!(duration(seconds, "µ"), expected, "{seconds}");
        }
    }

    #[test]
    fn numbers_have_commas() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (4_980, "4,980"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), expected);
        }
    }

    #[test]
    fn a_text_is_quoted_if_it_would_not_read_as_one() {
        for (json, expected) in [
            (r#""pen""#, "pen"),
            (r#""a pen""#, r#""a pen""#),
            (r#""""#, r#""""#),
            (r#""a=b""#, r#""a=b""#),
            (r#""\"""#, r#""\"""#),
            ("12.50", "12.50"),
            ("null", "null"),
            (r#"[1, {"a": true}]"#, r#"[1,{"a":true}]"#),
        ] {
            assert_eq!(value(&Value::parse(json).unwrap(), 40), expected);
        }
    }

    #[test]
    fn what_is_not_drawn_is_not_written() {
        let long = Value::parse(&format!("[{}1]", "1,".repeat(100_000))).unwrap();

        // The commas are cheap.
        assert!(value(&long, 40).matches('1').count() <= 161);
    }

    #[test]
    fn what_could_steer_a_terminal_is_shown() {
        assert_eq!(visible("a\u{1b}[31m\n\t\u{7f}"), "a␛[31m␊␉␡");
        assert_eq!(visible("\u{9b}31m\u{202e}x"), "\\u{9b}31m\\u{202e}x");
        assert_eq!(visible("\u{61c}\u{2067}"), "\\u{61c}\\u{2067}");
        assert_eq!(visible("żółć 😀"), "żółć 😀");
    }
}
