//! The moment at which a message happened.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::encode;

/// A moment: the time since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_record::Timestamp;
///
/// let time = Timestamp::from_epoch(Duration::new(1_795_322_372, 633_729_000));
/// assert_eq!(time.to_rfc3339(), "2026-11-22T04:39:32.633Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(Duration);

impl Timestamp {
    /// Asks the system's clock; a clock before 1970 counts as 1970.
    pub fn now() -> Self {
        Self(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        )
    }

    /// Takes the time since the epoch.
    pub fn from_epoch(since: Duration) -> Self {
        Self(since)
    }

    /// Gives the time since the epoch.
    pub fn since_epoch(self) -> Duration {
        self.0
    }

    /// Shows the moment as RFC 3339 does, in UTC, cut to milliseconds.
    pub fn to_rfc3339(self) -> String {
        let mut out = Vec::new();
        self.write_rfc3339(&mut SecondText::default(), &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    pub(crate) fn write_rfc3339(self, second: &mut SecondText, out: &mut Vec<u8>) {
        out.extend_from_slice(second.of(self.0.as_secs()));
        out.push(b'.');
        digits::<3>(self.0.subsec_millis(), out);
        out.push(b'Z');
    }

    /// Writes the seconds since the epoch as a decimal number, cut to microseconds: an `f64` of
    /// today holds no more.
    pub(crate) fn write_seconds(self, out: &mut Vec<u8>) {
        encode::integer(self.0.as_secs(), out);
        out.push(b'.');
        digits::<6>(self.0.subsec_micros(), out);
    }

    /// Writes the milliseconds from `start` to this moment as a decimal number.
    pub(crate) fn write_millis_since(self, start: Self, out: &mut Vec<u8>) {
        let since = self.0.saturating_sub(start.0);
        encode::integer(u64::try_from(since.as_millis()).unwrap_or(u64::MAX), out);
        out.push(b'.');
        digits::<3>(since.subsec_micros() % 1000, out);
    }
}

/// Writes the last `N` digits of a number, with leading zeros.
fn digits<const N: usize>(mut value: u32, out: &mut Vec<u8>) {
    let mut text = [b'0'; N];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend_from_slice(&text);
}

/// Keeps the text of the last second that was written: most lines fall into the same one.
#[derive(Debug, Default)]
pub(crate) struct SecondText {
    second: Option<u64>,
    text: Vec<u8>,
}

impl SecondText {
    /// Gives `2026-11-22T04:39:32`.
    fn of(&mut self, second: u64) -> &[u8] {
        if self.second != Some(second) {
            self.write(second);
        }
        &self.text
    }

    #[cold]
    fn write(&mut self, second: u64) {
        // The last second that a date of four digits can tell stands for all after it.
        const LAST: i64 = 253_402_300_799;
        let within = i64::try_from(second).unwrap_or(LAST).min(LAST);
        let date = time::OffsetDateTime::from_unix_timestamp(within)
            .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);

        self.text.clear();
        let out = &mut self.text;
        digits::<4>(date.year().unsigned_abs(), out);
        for (separator, value) in [
            (b'-', u8::from(date.month())),
            (b'-', date.day()),
            (b'T', date.hour()),
            (b':', date.minute()),
            (b':', date.second()),
        ] {
            out.push(separator);
            digits::<2>(value.into(), out);
        }
        self.second = Some(second);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::format_description::well_known::Rfc3339;

    use super::*;

    proptest! {
        #[test]
        fn the_text_is_that_of_the_time_crate(seconds in 0_i64..253_402_300_800, millis in 1_u32..1000) {
            let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(millis) * 1_000_000;
            let expected = time::OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap();

            let text = Timestamp::from_epoch(Duration::new(seconds as u64, millis * 1_000_000)).to_rfc3339();

            let read = time::OffsetDateTime::parse(&text, &Rfc3339).unwrap();
            prop_assert_eq!(read, expected);
            prop_assert_eq!(text.len(), 24);
        }

        #[test]
        fn seconds_read_back_to_the_microsecond(seconds in 0_u64..4_000_000_000, micros in 0_u32..1_000_000) {
            let mut out = Vec::new();
            let time = Duration::new(seconds, micros * 1000 + 999);

            Timestamp::from_epoch(time).write_seconds(&mut out);

            let read: f64 = std::str::from_utf8(&out).unwrap().parse().unwrap();
            prop_assert_eq!((read * 1e6).round() as u64, seconds * 1_000_000 + u64::from(micros));
        }
    }

    #[test]
    fn a_clock_out_of_its_mind_still_gives_a_date() {
        let time = Timestamp::from_epoch(Duration::MAX);

        assert_eq!(time.to_rfc3339(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn time_before_the_start_counts_as_zero() {
        let (early, late) = (Duration::from_millis(1), Duration::from_micros(2_500));
        let millis = |from, to| {
            let mut out = Vec::new();
            Timestamp::from_epoch(to).write_millis_since(Timestamp::from_epoch(from), &mut out);
            String::from_utf8(out).unwrap()
        };

        assert_eq!(millis(early, late), "1.500");
        assert_eq!(millis(late, early), "0.000");
    }
}
