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
        out.extend_from_slice(second.of(self.0.as_secs()).date());
        let [a, b, c] = three_digits(self.0.subsec_millis());
        out.extend_from_slice(&[b'.', a, b, c, b'Z']);
    }

    /// Writes what [`write_rfc3339`](Self::write_rfc3339) does, cut to microseconds.
    pub(crate) fn write_rfc3339_micros(self, second: &mut SecondText, out: &mut Vec<u8>) {
        out.extend_from_slice(second.of(self.0.as_secs()).date());
        let [_, _, a, b, c, d, e, f] = digits(self.0.subsec_micros());
        out.extend_from_slice(&[b'.', a, b, c, d, e, f, b'Z']);
    }

    /// Reads a moment as RFC 3339 has it, with any offset; `None` for any other text, and for a
    /// moment before 1970.
    pub(crate) fn from_rfc3339(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let mut parts = date.splitn(3, '-').map(whole_number);
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date = time::Date::from_calendar_date(
            i32::try_from(year).ok()?,
            month,
            u8::try_from(day).ok()?,
        )
        .ok()?;
        let rest = rest.strip_prefix(['T', 't', ' '])?;
        let zone = rest.find(['Z', 'z', '+', '-'])?;
        let (clock, zone) = rest.split_at(zone);
        let mut parts = clock.splitn(3, ':');
        let (hours, minutes) = (whole_number(parts.next()?)?, whole_number(parts.next()?)?);
        let seconds = parts.next()?;
        let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        let seconds = whole_number(seconds)?;
        // Leap seconds are not counted: the 60th falls onto the next.
        if hours > 23 || minutes > 59 || seconds > 60 {
            return None;
        }
        let midnight = time::OffsetDateTime::new_utc(date, time::Time::MIDNIGHT).unix_timestamp();
        let clock = i64::from((hours * 60 + minutes) * 60 + seconds);
        let since = midnight + clock - offset(zone)?;
        Some(Self(Duration::new(
            u64::try_from(since).ok()?,
            nanoseconds(fraction)?,
        )))
    }

    /// Writes the seconds since the epoch as a decimal number, cut to microseconds: an `f64` of
    /// today holds no more.
    pub(crate) fn write_seconds(self, second: &mut SecondText, out: &mut Vec<u8>) {
        second.of(self.0.as_secs()).write_number(out);
        let mut digits = digits(self.0.subsec_micros());
        let [_, micros @ ..] = &mut digits;
        let [point, ..] = micros;
        *point = b'.';
        out.extend_from_slice(micros);
    }

    /// Writes the milliseconds from `start` to this moment as a decimal number.
    pub(crate) fn write_millis_since(self, start: Self, out: &mut Vec<u8>) {
        let since = self.0.saturating_sub(start.0);
        let micros = since.subsec_micros();
        let millis = since.as_secs().saturating_mul(1000);
        encode::unsigned(millis.saturating_add((micros / 1000).into()), out);
        let [a, b, c] = three_digits(micros % 1000);
        out.extend_from_slice(&[b'.', a, b, c]);
    }
}

/// Reads digits alone, up to nine of them.
fn whole_number(digits: &str) -> Option<u32> {
    let is_number = (1..=9).contains(&digits.len()) && digits.bytes().all(|d| d.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// Reads the digits after a decimal point, and leaves out what is less than a nanosecond.
fn nanoseconds(fraction: &str) -> Option<u32> {
    let kept = fraction.get(..9).unwrap_or(fraction);
    let is_number = fraction.bytes().all(|digit| digit.is_ascii_digit());
    let scale = 10_u32.checked_pow(u32::try_from(9 - kept.len()).ok()?)?;
    Some(whole_number(kept).filter(|_| is_number)? * scale)
}

/// Reads `Z`, `+01:00` or `+0100` as seconds.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let (hours, minutes) = rest.split_at_checked(2)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let seconds = i64::from((whole_number(hours)? * 60 + whole_number(minutes)?) * 60);
    Some(if sign == "-" { -seconds } else { seconds })
}

/// Gives the last eight digits of a number, with leading zeros.
#[inline]
fn digits(value: u32) -> [u8; 8] {
    (encode::eight_digits(value) | encode::ASCII_ZEROS).to_le_bytes()
}

/// Gives the digits of a number below 1000.
#[inline]
fn three_digits(value: u32) -> [u8; 3] {
    [value / 100, value / 10 % 10, value % 10].map(|digit| b'0' + digit as u8)
}

/// Keeps the text of the last second that was written: most lines fall into the same one.
#[derive(Debug, Default)]
pub(crate) struct SecondText {
    second: Option<u64>,
    date: [u8; DATE],
    number: [u8; NUMBER],
    /// How many of these are digits of the number.
    digits: usize,
}

/// The length of `2026-11-22T04:39:32`.
const DATE: usize = 19;

/// The most digits of a second.
const NUMBER: usize = 20;

impl SecondText {
    pub(crate) fn of(&mut self, second: u64) -> &Self {
        if self.second != Some(second) {
            self.write(second);
        }
        self
    }

    /// Gives `2026-11-22T04:39:32`.
    pub(crate) fn date(&self) -> &[u8; DATE] {
        &self.date
    }

    /// Writes `1795322372`.
    fn write_number(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.digits;
        // A copy of a fixed length is a few instructions, one of any length is a call.
        out.extend_from_slice(&self.number);
        out.truncate(end);
    }

    #[cold]
    fn write(&mut self, second: u64) {
        // The last second that a date of four digits can tell stands for all after it.
        const LAST: i64 = 253_402_300_799;
        let within = i64::try_from(second).unwrap_or(LAST).min(LAST);
        let date = time::OffsetDateTime::from_unix_timestamp(within)
            .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);

        let two = |value: u8| {
            let [.., a, b] = digits(value.into());
            (a, b)
        };
        let [.., y0, y1, y2, y3] = digits(date.year().unsigned_abs());
        let ((m0, m1), (d0, d1)) = (two(date.month().into()), two(date.day()));
        let ((h0, h1), (n0, n1)) = (two(date.hour()), two(date.minute()));
        let (s0, s1) = two(date.second());
        self.date = [
            y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1,
        ];
        let mut number = itoa::Buffer::new();
        let number = number.format(second).as_bytes();
        let digits = self.number.iter_mut().zip(number);
        digits.for_each(|(to, digit)| *to = *digit);
        self.digits = number.len();
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
        fn a_moment_with_an_offset_is_the_one_that_the_time_crate_reads(
            nanos in 100_000_000_000_000_i128..253_402_000_000_000_000_000,
            minutes in -1439_i32..1440,
        ) {
            let offset = time::UtcOffset::from_whole_seconds(minutes * 60).unwrap();
            let moment = time::OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap();
            let text = moment.to_offset(offset).format(&Rfc3339).unwrap();

            let read = Timestamp::from_rfc3339(&text).unwrap();

            prop_assert_eq!(read.since_epoch().as_nanos() as i128, nanos);
        }

        #[test]
        fn no_text_is_too_odd_to_be_read(text in "[-0-9TZ:+. é]{0,30}") {
            let ours = Timestamp::from_rfc3339(&text);

            prop_assert!(ours.is_none() || text.len() >= 19);
        }

        #[test]
        fn seconds_read_back_to_the_microsecond(seconds in 0_u64..4_000_000_000, micros in 0_u32..1_000_000) {
            let mut out = Vec::new();
            let time = Duration::new(seconds, micros * 1000 + 999);

            Timestamp::from_epoch(time).write_seconds(&mut SecondText::default(), &mut out);

            let read: f64 = std::str::from_utf8(&out).unwrap().parse().unwrap();
            prop_assert_eq!((read * 1e6).round() as u64, seconds * 1_000_000 + u64::from(micros));
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T14:10:03",
            "2026-11-22T24:10:03Z",
            "2026-11-22T14:60:03Z",
            "2026-11-22T14:10:61Z",
            "2026-02-30T14:10:03Z",
            "2026-13-01T14:10:03Z",
            "2026-11-22T14:10:+3Z",
            "2026-11-22T14:10:03.Z",
            "2026-11-22T14:10:03.1e3Z",
            "2026-11-22T14:10:03Zulu",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(Timestamp::from_rfc3339(text), None, "{text}");
        }
        let leap = Timestamp::from_rfc3339("2016-12-31T23:59:60Z");
        assert_eq!(leap, Timestamp::from_rfc3339("2017-01-01t00:00:00.0-00:00"));
        assert!(leap.is_some());
    }

    #[test]
    fn digits_are_those_of_the_number() {
        for value in (0..100_000_000).step_by(9_973).chain([9, 10, 99_999_999]) {
            assert_eq!(digits(value), *format!("{value:08}").as_bytes());
        }
        for value in 0..100_000 {
            assert_eq!(digits(value), *format!("{value:08}").as_bytes());
        }
        for value in 0..1_000 {
            assert_eq!(three_digits(value), *format!("{value:03}").as_bytes());
        }
    }

    #[test]
    fn one_text_after_the_other_shows_its_own_second() {
        let mut kept = SecondText::default();
        let mut shown = |seconds| {
            let mut out = Vec::new();
            let time = Timestamp::from_epoch(Duration::from_secs(seconds));
            time.write_rfc3339(&mut kept, &mut out);
            out.push(b' ');
            time.write_seconds(&mut kept, &mut out);
            String::from_utf8(out).unwrap()
        };

        assert_eq!(shown(0), "1970-01-01T00:00:00.000Z 0.000000");
        assert_eq!(
            shown(1_795_322_372),
            "2026-11-22T04:39:32.000Z 1795322372.000000"
        );
        assert_eq!(
            shown(1_795_322_373),
            "2026-11-22T04:39:33.000Z 1795322373.000000"
        );
        assert_eq!(shown(0), "1970-01-01T00:00:00.000Z 0.000000");
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
