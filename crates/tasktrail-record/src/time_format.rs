//! The forms in which a moment can be shown.

use crate::timestamp::SecondText;
use crate::{Timestamp, encode};

/// How a moment is shown as a JSON value. What is smaller than the last digit is cut.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_record::{TimeFormat, Timestamp};
///
/// let time = Timestamp::from_epoch(Duration::new(1_795_322_372, 633_729_001));
/// let mut out = Vec::new();
/// TimeFormat::Rfc3339Micros.write(time, &mut out);
/// assert_eq!(out, br#""2026-11-22T04:39:32.633729Z""#);
///
/// out.clear();
/// TimeFormat::Milliseconds.write(time, &mut out);
/// assert_eq!(out, b"1795322372633");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeFormat {
    /// A text in UTC with 3 digits for the fraction, by RFC 3339: `"2026-11-22T04:39:32.633Z"`.
    Rfc3339Millis,
    /// As before, with 6 digits.
    Rfc3339Micros,
    /// As before, with 9 digits.
    Rfc3339Nanos,
    /// The seconds since 1970-01-01T00:00:00Z, leap seconds not counted, with 9 digits for the
    /// fraction.
    Seconds,
    /// The whole milliseconds since then.
    Milliseconds,
    /// The whole microseconds since then.
    Microseconds,
    /// The nanoseconds since then. Programs that read numbers as `f64`, as JavaScript does, lose
    /// the last digits.
    Nanoseconds,
}

impl TimeFormat {
    /// Writes a moment.
    pub fn write(self, time: Timestamp, out: &mut Vec<u8>) {
        let since = time.since_epoch();
        let nanos = since.subsec_nanos();
        match self {
            Self::Rfc3339Millis => rfc3339(time, nanos / 1_000_000, 3, out),
            Self::Rfc3339Micros => rfc3339(time, nanos / 1_000, 6, out),
            Self::Rfc3339Nanos => rfc3339(time, nanos, 9, out),
            Self::Seconds => {
                encode::integer(since.as_secs(), out);
                fraction(nanos, 9, out);
            }
            Self::Milliseconds => whole(since.as_millis(), out),
            Self::Microseconds => whole(since.as_micros(), out),
            Self::Nanoseconds => whole(since.as_nanos(), out),
        }
    }
}

fn rfc3339(time: Timestamp, part: u32, digits: usize, out: &mut Vec<u8>) {
    let mut second = SecondText::default();
    out.push(b'"');
    out.extend_from_slice(second.of(time.since_epoch().as_secs()).date());
    fraction(part, digits, out);
    out.extend_from_slice(b"Z\"");
}

fn fraction(part: u32, digits: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(format!(".{part:0digits$}").as_bytes());
}

fn whole(number: u128, out: &mut Vec<u8>) {
    encode::integer(u64::try_from(number).unwrap_or(u64::MAX), out);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;

    use super::*;

    proptest! {
        #[test]
        fn a_text_with_all_digits_is_read_back_by_the_time_crate(
            seconds in 0_u64..253_402_300_800, nanos in 0_u32..1_000_000_000,
        ) {
            let time = Timestamp::from_epoch(Duration::new(seconds, nanos));
            for (format, unit) in [
                (TimeFormat::Rfc3339Nanos, 1),
                (TimeFormat::Rfc3339Micros, 1_000),
                (TimeFormat::Rfc3339Millis, 1_000_000),
            ] {
                let mut out = Vec::new();
                format.write(time, &mut out);
                let text: String = serde_json::from_slice(&out).unwrap();
                let read = OffsetDateTime::parse(&text, &Rfc3339).unwrap();
                prop_assert_eq!(read.unix_timestamp(), i64::try_from(seconds).unwrap());
                prop_assert_eq!(read.nanosecond(), nanos / unit * unit);
            }
        }
    }

    #[test]
    fn numbers_keep_leading_zeros_of_the_fraction() {
        let time = Timestamp::from_epoch(Duration::new(12, 3_000_456));
        let shown = |format: TimeFormat| {
            let mut out = Vec::new();
            format.write(time, &mut out);
            String::from_utf8(out).unwrap()
        };

        assert_eq!(shown(TimeFormat::Seconds), "12.003000456");
        assert_eq!(shown(TimeFormat::Milliseconds), "12003");
        assert_eq!(shown(TimeFormat::Microseconds), "12003000");
        assert_eq!(shown(TimeFormat::Nanoseconds), "12003000456");
    }
}
