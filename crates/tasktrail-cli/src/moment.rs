//! Moments on the command line and in messages.

use std::str::FromStr;

use jiff::civil::Date;

const MICROSECONDS: i64 = 1_000_000;

/// A moment, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Since 1970-01-01T00:00:00Z.
    microseconds: i64,
}

impl Moment {
    /// Takes the seconds since 1970-01-01T00:00:00Z, rounded to the microsecond; `None` for what is
    /// no number.
    pub(crate) fn from_seconds(seconds: f64) -> Option<Self> {
        let fraction = (seconds.fract() * 1e6).round_ties_even();
        // `as` takes what is too large for the largest number there is.
        let whole = (seconds.trunc() as i64).saturating_mul(MICROSECONDS);
        let microseconds = whole.saturating_add(fraction as i64);
        (!seconds.is_nan()).then_some(Self { microseconds })
    }
}

/// Reads what Python's `iso8601` reads: a date of ISO 8601, as short as a year, with or without
/// separators, then a time and an offset from UTC, which is 0 if there is none.
impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected a date such as 2023-11-14T22:13:20Z, found {text:?}");
        let parts = Parts::read(text).ok_or_else(expected)?;
        parts.moment().ok_or_else(expected)
    }
}

#[derive(Debug, Clone, Copy)]
struct Parts {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    microsecond: i64,
    /// In minutes ahead of UTC.
    offset: i64,
}

impl Parts {
    fn read(text: &str) -> Option<Self> {
        let (year, rest) = digits(text, 4)?;
        let mut parts = Self {
            year,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
            microsecond: 0,
            offset: 0,
        };
        if rest.is_empty() {
            return Some(parts);
        }
        // The first way of reading on that leads to the end counts.
        for (month, rest) in days_or_months(rest) {
            parts.month = month;
            if rest.is_empty() && text.contains('-') {
                return Some(parts);
            }
            for (day, rest) in days_or_months(rest) {
                parts.day = day;
                if rest.is_empty() {
                    return Some(parts);
                }
                if let Some(parts) = rest
                    .strip_prefix(['T', ' '])
                    .and_then(|rest| parts.time(rest))
                {
                    return Some(parts);
                }
            }
        }
        None
    }

    fn time(self, text: &str) -> Option<Self> {
        let (hour, rest) = digits(text, 2)?;
        let minutes = digits(skip(rest, ':'), 2);
        for (minute, rest) in minutes.into_iter().chain([(0, rest)]) {
            let seconds = digits(skip(rest, ':'), 2).or_else(|| digits(skip(rest, ':'), 1));
            let seconds = seconds.map(|(second, rest)| {
                let (microsecond, rest) = fraction(rest);
                (second, microsecond, rest)
            });
            for (second, microsecond, rest) in seconds.into_iter().chain([(0, 0, rest)]) {
                if let Some(offset) = offset(rest) {
                    return Some(Self {
                        hour,
                        minute,
                        second,
                        microsecond,
                        offset,
                        ..self
                    });
                }
            }
        }
        None
    }

    fn moment(self) -> Option<Moment> {
        let is_time = self.hour < 24 && self.minute < 60 && self.second < 60;
        let is_offset = self.offset.abs() < 24 * 60;
        if self.year == 0 || !is_time || !is_offset {
            return None;
        }
        let part = |number: i64| i8::try_from(number).ok();
        let year = i16::try_from(self.year).ok()?;
        let date = Date::new(year, part(self.month)?, part(self.day)?).ok()?;
        let days = date.since(Date::constant(1970, 1, 1)).ok()?.get_days();
        let minutes = (i64::from(days) * 24 + self.hour) * 60 + self.minute - self.offset;
        let microseconds = (minutes * 60 + self.second) * MICROSECONDS + self.microsecond;
        Some(Moment { microseconds })
    }
}

/// Reads a month or a day: two digits, or one or two after a `-`.
fn days_or_months(text: &str) -> impl Iterator<Item = (i64, &str)> {
    let (two, one) = match text.strip_prefix('-') {
        Some(text) => (digits(text, 2), digits(text, 1)),
        None => (digits(text, 2), None),
    };
    two.into_iter().chain(one)
}

/// Reads so many digits.
fn digits(text: &str, length: usize) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(length)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((is_number.then(|| digits.parse().ok()).flatten()?, rest))
}

fn skip(text: &str, separator: char) -> &str {
    text.strip_prefix(separator).unwrap_or(text)
}

/// Reads the fraction of a second, cut to microseconds.
fn fraction(text: &str) -> (i64, &str) {
    let Some(fraction) = text.strip_prefix(['.', ',']) else {
        return (0, text);
    };
    let rest = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
    let digits = fraction.strip_suffix(rest).unwrap_or_default();
    if digits.is_empty() {
        return (0, text);
    }
    let microseconds: String = digits.chars().chain("000000".chars()).take(6).collect();
    (microseconds.parse().unwrap_or_default(), rest)
}

/// Reads how many minutes a clock is ahead of UTC, which must be all of the text.
fn offset(text: &str) -> Option<i64> {
    if text.is_empty() || text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, rest) = digits(text.strip_prefix(['+', '-'])?, 2)?;
    let minutes = match skip(rest, ':') {
        "" => 0,
        rest => match digits(rest, 2)? {
            (minutes, "") => minutes,
            _ => return None,
        },
    };
    Some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_python_reads_them() {
        for (text, seconds) in [
            ("1970", 0.0),
            ("1971", 31_536_000.0),
            ("1970-02", 2_678_400.0),
            ("1970-2", 2_678_400.0),
            ("1970-01-02", 86_400.0),
            ("1970-1-2", 86_400.0),
            ("19700102", 86_400.0),
            ("1970-111", 864_000.0),
            ("1970-01-01 01", 3_600.0),
            ("1970-01-01T01:02", 3_720.0),
            ("1970-01-01T0102", 3_720.0),
            ("1970-01-01T010203", 3_723.0),
            ("1970-01-01T01:02:3", 3_723.0),
            ("1970-01-01T01:02:03.5", 3_723.5),
            ("1970-01-01T01:02:03,25Z", 3_723.25),
            ("1970-01-01T01:02:03.0000019", 3_723.000_001),
            ("1970-01-01T01:34.5", 3_634.5),
            ("1970-01-01T00:00:00+01:30", -5_400.0),
            ("1970-01-01T00:00:00-0130", 5_400.0),
            ("1970-01-01T00-01", 3_600.0),
            ("1970-01-01T00+01:", -3_600.0),
            ("0001-01-01", -62_135_596_800.0),
            ("9999-12-31T23:59:59-23:59", 253_402_387_139.0),
        ] {
            assert_eq!(
                Ok(text.parse::<Moment>().unwrap()),
                Moment::from_seconds(seconds).ok_or(()),
                "{text}"
            );
        }
        for text in [
            "",
            "197",
            "197001",
            "noon",
            "0000-01-01",
            "1970-13",
            "1970-02-30",
            "1970-00-01",
            "1970-01-01T24",
            "1970-01-01T1",
            "1970-01-01T01:60",
            "1970-01-01Z",
            "1970-01-01T01+24:00",
            "1970-01-01T01:02:03.",
            "1970-01-01T01 +01",
            "+1970",
            "1970-01-01T01:02:03z",
            "١٩٧٠",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_are_rounded_to_microseconds() {
        let moment = |seconds| Moment::from_seconds(seconds);

        assert_eq!(moment(0.999_999_6), moment(1.0));
        assert!(moment(0.999_999_4) < moment(1.0));
        assert!(moment(-0.25) < moment(0.0));
        assert!(moment(f64::INFINITY) > moment(1e12));
        assert_eq!(moment(f64::NAN), None);
    }
}
