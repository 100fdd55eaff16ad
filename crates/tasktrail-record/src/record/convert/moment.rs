//! When a message happened, by what its line has of it.

use std::time::Duration;

use crate::json::{Number, Value};
use crate::record::{Record, find};
use crate::timestamp::SecondText;
use crate::{Schema, Timestamp};

/// The moment of a message.
pub(super) struct Moment {
    pub(super) time: Timestamp,
    /// Whether the line tells it finer than a nanosecond.
    pub(super) is_finer: bool,
}

/// Gives the keys that hold the moment, the one that is believed first.
fn keys(schema: Schema) -> &'static [&'static str] {
    match schema {
        Schema::LogstashV1 | Schema::LogstashV0 => &["created", "@timestamp"],
        // What has no time of its own has that at which it was seen: the data model says so.
        Schema::OpenTelemetry => &["timeUnixNano", "observedTimeUnixNano"],
        Schema::Logback | Schema::Ecs => &["@timestamp"],
        Schema::Gelf | Schema::Tracing | Schema::Eliot => &["timestamp"],
        Schema::Bunyan | Schema::GoogleCloud => &["time"],
    }
}

/// Tells whether a key holds the moment, or a part of it.
pub(super) fn is_time(schema: Schema, key: &str) -> bool {
    let has_millis = matches!(schema, Schema::LogstashV1 | Schema::LogstashV0);
    keys(schema).contains(&key) || (has_millis && key == "msecs")
}

impl Moment {
    /// Gives what the first of the keys says that can be read.
    pub(super) fn of(record: &Record) -> Option<Self> {
        if record.schema == Schema::Eliot {
            return Self::read(record.schema, record.timestamp()?);
        }
        let mut keys = keys(record.schema).iter();
        keys.find_map(|key| Self::read(record.schema, find(&record.attributes, key)?))
    }

    fn read(schema: Schema, value: &Value) -> Option<Self> {
        match (schema, value) {
            (Schema::OpenTelemetry, Value::String(digits)) => {
                Self::nanoseconds(digits.parse().ok()?)
            }
            (Schema::OpenTelemetry, number) => Self::nanoseconds(number.as_u64()?),
            // Graylog takes it, too.
            (Schema::Gelf, Value::String(text)) => match Value::parse(text) {
                Ok(Value::Number(number)) => Self::seconds(&number),
                _ => None,
            },
            (_, Value::String(text)) => Some(Self {
                time: Timestamp::from_rfc3339(text)?,
                is_finer: is_finer(text),
            }),
            (_, Value::Number(number)) => Self::seconds(number),
            _ => None,
        }
    }

    /// Reads nanoseconds; none of them is a time that is not known.
    fn nanoseconds(count: u64) -> Option<Self> {
        (count > 0).then(|| Self {
            time: Timestamp::from_epoch(Duration::from_nanos(count)),
            is_finer: false,
        })
    }

    /// Reads seconds by their digits.
    fn seconds(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        // One beyond is no time, or nothing of it is as much as a nanosecond.
        let exponent: isize = exponent.parse().ok()?;
        let all = format!("{whole}{fraction}");
        let is_zero = all.bytes().all(|digit| matches!(digit, b'-' | b'0'));
        let all = if is_zero { "0".to_owned() } else { all };
        if exponent.abs() > 400 || !all.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let point = whole.len().checked_add_signed(exponent);
        let (whole, fraction) = match point {
            Some(point) if point > 400 => return None,
            Some(point) if point >= all.len() => (format!("{all:0<point$}"), String::new()),
            Some(point) => {
                let (whole, fraction) = all.split_at(point);
                (format!("0{whole}"), fraction.to_owned())
            }
            None => {
                let zeros = exponent.unsigned_abs().saturating_sub(whole.len());
                ("0".to_owned(), "0".repeat(zeros) + &all)
            }
        };
        let fraction = fraction.trim_end_matches('0');
        let nanos = fraction.get(..9).unwrap_or(fraction);
        let nanos: u32 = format!("{nanos:0<9}").parse().ok()?;
        Some(Self {
            time: Timestamp::from_epoch(Duration::new(whole.parse().ok()?, nanos)),
            is_finer: fraction.len() > 9,
        })
    }

    /// Tells whether the value of a key says no more than this: it is the moment, or it was cut or
    /// taken a little later.
    pub(super) fn covers(&self, schema: Schema, key: &str, value: &Value) -> bool {
        if key == "msecs" {
            let millis = f64::from(self.time.since_epoch().subsec_millis());
            return matches!(value, Value::Number(number) if (number.as_f64() - millis).abs() < 1.0);
        }
        let Some(other) = Self::read(schema, value) else {
            return false;
        };
        let (this, other) = (self.time.since_epoch(), other.time.since_epoch());
        match key {
            // Python's formatter asks the clock again.
            "@timestamp" => this.abs_diff(other) < Duration::from_secs(1),
            _ => this == other,
        }
    }
}

/// Tells whether a text of RFC 3339 has more than nine digits behind the point.
fn is_finer(text: &str) -> bool {
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit);
    digits.skip(9).any(|digit| digit != b'0')
}

/// Tells whether the lines of a schema can hold a time: RFC 3339 ends with the year 9999, and
/// nanoseconds of 64 bits with 2554.
pub(super) fn holds(schema: Schema, time: Timestamp) -> bool {
    const LAST: u64 = 253_402_300_799;
    let since = time.since_epoch();
    match schema {
        Schema::Eliot | Schema::Gelf => true,
        Schema::OpenTelemetry => u64::try_from(since.as_nanos()).is_ok(),
        _ => since.as_secs() <= LAST,
    }
}

/// Gives a time as a number of seconds, to the microsecond, or as far as its digits go beyond.
pub(super) fn seconds(time: Timestamp) -> Value {
    let mut digits = Vec::new();
    time.write_seconds(&mut SecondText::default(), &mut digits);
    digits.extend(finer(time).bytes());
    Value::parse(&String::from_utf8_lossy(&digits)).unwrap_or(Value::Null)
}

/// Gives the digits behind those of microseconds, up to three.
pub(super) fn finer(time: Timestamp) -> String {
    let nanos = time.since_epoch().subsec_nanos() % 1000;
    format!("{nanos:03}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(seconds: &str) -> Option<(u64, u32, bool)> {
        let value = Value::parse(seconds).unwrap();
        let moment = Moment::read(Schema::Eliot, &value)?;
        let since = moment.time.since_epoch();
        Some((since.as_secs(), since.subsec_nanos(), moment.is_finer))
    }

    #[test]
    fn seconds_are_read_by_their_digits_with_and_without_an_exponent() {
        for (text, seconds) in [
            ("1.5", Some((1, 500_000_000, false))),
            ("0", Some((0, 0, false))),
            ("-0.0", Some((0, 0, false))),
            ("1700000000", Some((1_700_000_000, 0, false))),
            (
                "1.7000000001234567e9",
                Some((1_700_000_000, 123_456_700, false)),
            ),
            ("17E8", Some((1_700_000_000, 0, false))),
            (
                "17000000001234567.89e-7",
                Some((1_700_000_000, 123_456_789, false)),
            ),
            ("15e-1", Some((1, 500_000_000, false))),
            ("5e-1", Some((0, 500_000_000, false))),
            ("5e-3", Some((0, 5_000_000, false))),
            ("0.5e-2", Some((0, 5_000_000, false))),
            ("0.05e1", Some((0, 500_000_000, false))),
            ("1.0000000005", Some((1, 0, true))),
            ("1.0000000000", Some((1, 0, false))),
            ("1.00000000050e0", Some((1, 0, true))),
            ("-1.5", None),
            ("-1e-3", None),
            ("1e400", None),
            ("1e99999999999999999999", None),
            ("NaN", None),
        ] {
            assert_eq!(read(text), seconds, "{text}");
        }
    }

    #[test]
    fn a_text_is_finer_than_a_nanosecond_if_its_digits_are() {
        for (text, is_it) in [
            ("2026-11-22T15:10:03.9118651234+01:00", true),
            ("2026-11-22T15:10:03.9118651230+01:00", false),
            ("2026-11-22T15:10:03.911865123Z", false),
            ("2026-11-22T15:10:03Z", false),
        ] {
            assert_eq!(is_finer(text), is_it, "{text}");
        }
    }
}
