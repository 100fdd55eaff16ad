//! The texts of values, as Python prints them.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::json::{Number, Value};

/// Gives the text of a value; empty for one that is drawn as a tree of its own.
pub(super) fn value(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed("None"),
        Value::Bool(true) => Cow::Borrowed("True"),
        Value::Bool(false) => Cow::Borrowed("False"),
        Value::Number(number) => Cow::Owned(self::number(number)),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(_) | Value::Object(_) => Cow::Borrowed(""),
    }
}

fn number(number: &Number) -> String {
    let text = number.to_string();
    match (number.is_integer(), text.as_str()) {
        (true, "-0") => "0".to_owned(),
        (true, _) => text,
        (false, _) => float(number.as_f64()),
    }
}

/// Writes a float as Python's `repr` does.
fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = shortest(value);
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let sign = if digits.starts_with('-') { "-" } else { "" };
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    match usize::try_from(exponent) {
        Ok(exponent) => {
            let whole = exponent + 1;
            let digits = format!("{digits:0<whole$}");
            let (whole, decimals) = digits.split_at_checked(whole).unwrap_or((&digits, ""));
            format!("{sign}{whole}.{decimals:0<1}")
        }
        Err(_) => {
            let places = usize::try_from(-exponent).unwrap_or_default() + digits.len() - 1;
            format!("{sign}0.{digits:0>places$}")
        }
    }
}

/// Writes the fewest digits that read back as the same float, with an exponent.
///
/// Of two texts that are equally near, Python takes the one with an even last digit, and `{:e}`
/// the greater one.
fn shortest(value: f64) -> String {
    let shortest = format!("{value:e}");
    let digits = shortest.split('e').next().unwrap_or_default();
    let decimals = digits
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let nearest = format!("{value:.decimals$e}");
    match nearest.parse() == Ok(value) {
        true => nearest,
        false => shortest,
    }
}

/// Writes a moment, rounded to microseconds and cut to seconds; `None` for what is no moment of the
/// years 1 to 9999.
///
/// It is in UTC, and ends with a `Z`, unless there is another clock: `offset` gives for the seconds
/// since 1970-01-01T00:00:00Z how many seconds that clock is ahead.
pub(super) fn time(value: &Value, offset: Option<fn(i64) -> i32>) -> Option<String> {
    let seconds = match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let micros = (seconds.fract() * 1e6).round_ties_even();
    let carried = match micros {
        1e6.. => 1.0,
        ..0.0 => -1.0,
        _ => 0.0,
    };
    let seconds = seconds.trunc() + carried;
    // So that the cast below neither cuts nor meets a NaN.
    if !(-1e12..1e12).contains(&seconds) {
        return None;
    }
    let seconds = seconds as i64;
    let ahead = offset.map_or(0, |offset| i64::from(offset(seconds)));
    let moment = OffsetDateTime::from_unix_timestamp(seconds.checked_add(ahead)?).ok()?;
    if !(1..=9999).contains(&moment.year()) {
        return None;
    }
    Some(format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}",
        moment.year(),
        u8::from(moment.month()),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second(),
        if offset.is_none() { "Z" } else { "" }
    ))
}

/// Writes the seconds from one moment to another; `None` if one of them is no number.
pub(super) fn duration(start: &Value, end: &Value) -> Option<String> {
    let seconds = seconds_between(start, end)?;
    Some(match seconds.is_nan() {
        true => "nans".to_owned(),
        false => format!("{seconds:.3}s"),
    })
}

/// Gives the seconds from one moment to another; `None` if one of them is no number.
fn seconds_between(start: &Value, end: &Value) -> Option<f64> {
    let number = |value: &Value| match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        other => other.as_f64(),
    };
    Some(number(end)? - number(start)?)
}

/// Writes the seconds from one moment to another as Python's `repr` does: those between two whole
/// numbers are a whole number.
pub(super) fn raw_duration(start: &Value, end: &Value) -> Option<String> {
    let integer = |value: &Value| match value {
        Value::Bool(value) => Some(i128::from(*value)),
        Value::Number(number) if number.is_integer() => number.to_string().parse().ok(),
        _ => None,
    };
    let difference = match (integer(start), integer(end)) {
        (Some(start), Some(end)) => i128::checked_sub(end, start),
        _ => None,
    };
    match difference {
        Some(seconds) => Some(seconds.to_string()),
        None => seconds_between(start, end).map(float),
    }
}

/// Cuts a text to its first line, and that to `limit` characters; 0 is no limit.
pub(super) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if limit == 0 {
        return Cow::Borrowed(text);
    }
    let line = text.split('\n').next().unwrap_or_default();
    let end = line.char_indices().nth(limit).map(|(end, _)| end);
    if end.is_none() && line.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let kept = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
    Cow::Owned(format!("{kept}…"))
}

/// What becomes of line breaks in a text that is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineBreaks {
    Keep,
    Show,
}

/// Replaces control characters, which could steer a terminal, by pictures of them.
pub(super) fn visible(text: &str, line_breaks: LineBreaks) -> Cow<'_, str> {
    let is_kept = |character| character == '\n' && line_breaks == LineBreaks::Keep;
    let is_control = |character: char| character.is_ascii_control() && !is_kept(character);
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let picture = |character: char| match character {
        '\u{7f}' => '\u{2421}',
        other => char::from_u32(0x2400 + u32::from(other)).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    Cow::Owned(
        text.chars()
            .map(|character| match is_control(character) {
                true => picture(character),
                false => character,
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        Value::parse(text).unwrap()
    }

    #[test]
    fn numbers_print_as_in_python() {
        for (written, printed) in [
            ("7", "7"),
            ("-0", "0"),
            ("7.0", "7.0"),
            ("-0.0", "-0.0"),
            ("1e2", "100.0"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("1.5e300", "1.5e+300"),
            ("123456789.125", "123456789.125"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1.25e-7", "1.25e-07"),
            ("0.1", "0.1"),
            ("2.5e22", "2.5e+22"),
            ("2010726251513680.25", "2010726251513680.2"),
            ("2010726251513680.75", "2010726251513680.8"),
            ("5e-324", "5e-324"),
            ("9007199254740992.0", "9007199254740992.0"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("9007199254740993.0", "9007199254740992.0"),
            ("1e400", "inf"),
            ("-Infinity", "-inf"),
            ("NaN", "nan"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
        ] {
            assert_eq!(value(&json(written)), printed, "{written}");
        }
    }

    #[test]
    fn times_are_rounded_to_microseconds_and_cut_to_seconds() {
        for (written, printed) in [
            ("0", "1970-01-01 00:00:00Z"),
            ("0.9999996", "1970-01-01 00:00:01Z"),
            ("0.9999994", "1970-01-01 00:00:00Z"),
            ("-0.0000001", "1970-01-01 00:00:00Z"),
            ("-0.25", "1969-12-31 23:59:59Z"),
            ("\" 1.5 \"", "1970-01-01 00:00:01Z"),
            ("true", "1970-01-01 00:00:01Z"),
            ("-62135596800", "0001-01-01 00:00:00Z"),
            ("253402300799", "9999-12-31 23:59:59Z"),
        ] {
            assert_eq!(
                time(&json(written), None).as_deref(),
                Some(printed),
                "{written}"
            );
        }
        for written in [
            "null",
            "[]",
            "\"noon\"",
            "1e400",
            "NaN",
            "-62135596801",
            "253402300800",
            "1e300",
        ] {
            assert_eq!(time(&json(written), None), None, "{written}");
        }
    }

    #[test]
    fn a_clock_that_is_ahead_shows_its_own_time_without_a_z() {
        let time = |written| {
            time(
                &json(written),
                Some(|seconds| if seconds < 100 { 3600 } else { -5 }),
            )
        };

        assert_eq!(time("0").as_deref(), Some("1970-01-01 01:00:00"));
        assert_eq!(time("100").as_deref(), Some("1970-01-01 00:01:35"));
        assert_eq!(time("253402300799").as_deref(), Some("9999-12-31 23:59:54"));
        assert_eq!(time("-62135596801").as_deref(), Some("0001-01-01 00:59:59"));
        assert_eq!(time("-62135600401"), None);
    }

    #[test]
    fn raw_durations_are_numbers_of_the_kind_of_the_times() {
        let duration = |start, end| raw_duration(&json(start), &json(end));

        assert_eq!(duration("1", "4").as_deref(), Some("3"));
        assert_eq!(duration("4", "1").as_deref(), Some("-3"));
        assert_eq!(duration("true", "4").as_deref(), Some("3"));
        assert_eq!(duration("1", "4.0").as_deref(), Some("3.0"));
        assert_eq!(duration("0.5", "0.75").as_deref(), Some("0.25"));
        assert_eq!(duration("1e400", "1e400").as_deref(), Some("nan"));
        assert_eq!(duration("\"1\"", "2"), None);
    }

    #[test]
    fn durations_have_three_digits() {
        let duration = |start, end| duration(&json(start), &json(end));

        assert_eq!(duration("1.5", "4").as_deref(), Some("2.500s"));
        assert_eq!(duration("1", "0.9999").as_deref(), Some("-0.000s"));
        assert_eq!(duration("0", "0.0625").as_deref(), Some("0.062s"));
        assert_eq!(duration("1", "1e400").as_deref(), Some("infs"));
        assert_eq!(duration("1e400", "1e400").as_deref(), Some("nans"));
        assert_eq!(duration("\"1\"", "2"), None);
        assert_eq!(duration("1", "null"), None);
    }

    #[test]
    fn a_long_text_is_cut_by_characters_and_at_its_first_line() {
        assert_eq!(cut("żółć", 4), "żółć");
        assert_eq!(cut("żółć😀", 4), "żółć…");
        assert_eq!(cut("a\nb", 4), "a…");
        assert_eq!(cut("a\n", 4), "a…");
        assert_eq!(cut("\n", 4), "…");
        assert_eq!(cut("a\nb", 0), "a\nb");
    }

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(
            visible("a\u{1b}[31m\0\u{7f}\tż", LineBreaks::Show),
            "a␛[31m␀␡␉ż"
        );
        assert_eq!(visible("a\nb", LineBreaks::Show), "a␊b");
        assert_eq!(visible("a\nb\r", LineBreaks::Keep), "a\nb␍");
    }
}
