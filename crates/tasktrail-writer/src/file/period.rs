//! Periods and dates of the calendar, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 24 * 60 * 60;

/// 9999-12-31T23:59:59Z, the last second that has a name of the usual length.
const LAST_SECOND: u64 = 253_402_300_799;

/// How often a file rolls, at borders of the calendar, in UTC.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tasktrail_writer::Period;
///
/// let midnight = SystemTime::UNIX_EPOCH + Duration::from_secs(24 * 60 * 60);
/// let before = midnight - Duration::from_secs(1);
///
/// assert_ne!(Period::Day.index(before), Period::Day.index(midnight));
/// assert_eq!(Period::Week.index(before), Period::Week.index(midnight));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Period {
    /// At each full minute.
    Minute,
    /// At each full hour.
    Hour,
    /// At midnight.
    Day,
    /// At midnight before Monday (ISO 8601).
    Week,
    /// At midnight before the first of a month.
    Month,
}

impl Period {
    /// The number of the period that a time falls into, counted from 1970, or, for months, from the
    /// year 0.
    ///
    /// A time before 1970 counts as its first second.
    pub fn index(self, time: SystemTime) -> u64 {
        let seconds = seconds(time);
        match self {
            Period::Minute => seconds / 60,
            Period::Hour => seconds / (60 * 60),
            Period::Day => seconds / DAY,
            // 1970 began on a Thursday.
            Period::Week => (seconds / DAY + 3) / 7,
            Period::Month => {
                let (year, month, _) = date(seconds / DAY);
                year * 12 + month - 1
            }
        }
    }
}

/// Whole seconds since 1970, within the years that have four digits.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().min(LAST_SECOND)
}

/// Year, month and day of a second, and the seconds since its midnight.
pub(crate) fn calendar(seconds: u64) -> ((u64, u64, u64), u64) {
    (date(seconds / DAY), seconds % DAY)
}

/// The first second of a day; wrong for a date that does not exist.
pub(crate) fn midnight(year: u64, month: u64, day: u64) -> Option<u64> {
    let month_of_march_year = (month + 9) % 12;
    let march_year = if month <= 2 {
        year.checked_sub(1)?
    } else {
        year
    };
    let day_of_year = (153 * month_of_march_year + 2) / 5 + day.checked_sub(1)?;
    let days =
        march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400 + day_of_year;
    Some(days.checked_sub(719_468)? * DAY)
}

/// The date of a day since 1970, in years that begin in March, so that leap days come last
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_of_march_year = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_of_march_year + 2) / 5 + 1;
    let month = (month_of_march_year + 2) % 12 + 1;
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_day_of_the_named_years_is_read_back_and_follows_the_day_before() {
        let mut before = (1969, 12, 31);
        for day in 0..=LAST_SECOND / DAY {
            let (year, month, date) = date(day);

            assert_eq!(midnight(year, month, date), Some(day * DAY));
            assert!(before < (year, month, date));
            before = (year, month, date);
        }
        assert_eq!(before, (9999, 12, 31));
    }

    #[test]
    fn weeks_begin_on_monday() {
        let monday = UNIX_EPOCH + Duration::from_secs(1_763_942_400); // 2025-11-24
        let second = Duration::from_secs(1);

        assert_ne!(
            Period::Week.index(monday - second),
            Period::Week.index(monday)
        );
        let next = monday + Duration::from_secs(7 * DAY);
        assert_eq!(
            Period::Week.index(next - second),
            Period::Week.index(monday)
        );
    }

    #[test]
    fn a_month_is_one_period_and_the_next_another() {
        let at = |year, month, day| {
            UNIX_EPOCH + Duration::from_secs(midnight(year, month, day).unwrap())
        };

        assert_eq!(
            Period::Month.index(at(2024, 2, 1)),
            Period::Month.index(at(2024, 2, 29))
        );
        assert_eq!(
            Period::Month.index(at(2024, 12, 31)) + 1,
            Period::Month.index(at(2025, 1, 1))
        );
    }
}
