//! How long a span was open, and how long something ran in it.

use std::time::{Duration, Instant};

use tasktrail_record::{Schema, encode};

use super::key::{Key, key};
use super::members::Members;
use super::names::Names;

/// The unit in which durations are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeUnit {
    /// Seconds, with a fraction down to nanoseconds: `1.000002345`.
    Seconds,
    /// Milliseconds, with a fraction down to nanoseconds: `1000.002345`.
    Milliseconds,
    /// Microseconds, with a fraction down to nanoseconds: `1000002.345`.
    Microseconds,
    /// Whole nanoseconds: `1000002345`.
    Nanoseconds,
}

impl TimeUnit {
    fn write(self, time: Duration, out: &mut Vec<u8>) {
        let (per_second, digits) = match self {
            Self::Seconds => (1, 9),
            Self::Milliseconds => (1_000, 6),
            Self::Microseconds => (1_000_000, 3),
            Self::Nanoseconds => (1_000_000_000, 0),
        };
        let unit = 1_000_000_000 / per_second;
        let nanoseconds = time.as_nanos();
        encode::integer(u64::try_from(nanoseconds / unit).unwrap_or(u64::MAX), out);
        if digits > 0 {
            let fraction = format!("{:0digits$}", nanoseconds % unit);
            out.push(b'.');
            out.extend_from_slice(fraction.as_bytes());
        }
    }
}

/// The names of the durations, in the order in which they are shown.
pub(super) const NAMES: [&str; 3] = ["duration", "busy", "idle"];

/// How durations are shown.
#[derive(Debug, Clone)]
pub(super) struct Durations {
    unit: TimeUnit,
    schema: Schema,
    keys: [Key; 3],
}

impl Durations {
    pub(super) fn new(unit: TimeUnit, schema: Schema, names: &Names) -> Self {
        Self {
            unit,
            schema,
            keys: NAMES.map(|name| key(schema, &names.own(name))),
        }
    }

    /// Adds the durations of a span that ends.
    pub(super) fn show(&self, timing: &Timing, fields: &mut Members) {
        let (open, busy) = timing.until(Instant::now());
        let times = [open, busy, open.saturating_sub(busy)];
        for (key, time) in self.keys.iter().zip(times) {
            fields.set(key, |out| {
                let start = out.len();
                self.unit.write(time, out);
                self.schema.end_field(start, out);
            });
        }
    }
}

/// What is known of a span's times.
#[derive(Debug)]
pub(super) struct Timing {
    opened: Instant,
    /// The time during which it was entered, without the present one.
    busy: Duration,
    /// How many times it is entered at present: several threads may be in one span.
    entered: u32,
    entered_at: Instant,
}

impl Timing {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self {
            opened: now,
            busy: Duration::ZERO,
            entered: 0,
            entered_at: now,
        }
    }

    pub(super) fn enter(&mut self) {
        if self.entered == 0 {
            self.entered_at = Instant::now();
        }
        self.entered = self.entered.saturating_add(1);
    }

    pub(super) fn exit(&mut self) {
        self.entered = self.entered.saturating_sub(1);
        if self.entered == 0 {
            self.busy += self.entered_at.elapsed();
        }
    }

    /// How long it was open until now.
    pub(super) fn open(&self) -> Duration {
        self.opened.elapsed()
    }

    /// How long it was open and how long busy, until a moment.
    fn until(&self, now: Instant) -> (Duration, Duration) {
        let present = match self.entered {
            0 => Duration::ZERO,
            _ => now.saturating_duration_since(self.entered_at),
        };
        let open = now.saturating_duration_since(self.opened);
        (open, (self.busy + present).min(open))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_shows_all_nanoseconds() {
        let shown = |unit: TimeUnit, time| {
            let mut out = Vec::new();
            unit.write(time, &mut out);
            String::from_utf8(out).unwrap()
        };
        let time = Duration::new(61, 2_030_045);

        assert_eq!(shown(TimeUnit::Seconds, time), "61.002030045");
        assert_eq!(shown(TimeUnit::Milliseconds, time), "61002.030045");
        assert_eq!(shown(TimeUnit::Microseconds, time), "61002030.045");
        assert_eq!(shown(TimeUnit::Nanoseconds, time), "61002030045");
        assert_eq!(shown(TimeUnit::Milliseconds, Duration::ZERO), "0.000000");
    }

    #[test]
    fn a_span_is_busy_while_it_is_entered_once_or_more() {
        let mut timing = Timing::start();
        let begin = timing.opened;
        let after = |milliseconds| begin + Duration::from_millis(milliseconds);
        timing.entered = 2;
        timing.entered_at = after(10);

        let (open, busy) = timing.until(after(30));
        assert_eq!((open.as_millis(), busy.as_millis()), (30, 20));
        timing.entered = 0;
        timing.busy = Duration::from_millis(25);
        let (open, busy) = timing.until(after(40));
        assert_eq!((open.as_millis(), busy.as_millis()), (40, 25));
    }
}
