//! How important a line is, and how many lines there are of each level.

use std::fmt;

/// How important a line is: the levels of `tracing`, the least important first.
///
/// ```
/// use tasktrail_writer::Level;
///
/// assert!(Level::Error > Level::Warn);
/// assert_eq!(Level::Debug.to_string(), "DEBUG");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// What is of use to find one's way in the code.
    Trace,
    /// What is of use to find a bug.
    Debug,
    /// What is of use to know.
    Info,
    /// What may become an error.
    Warn,
    /// What has gone wrong.
    Error,
}

impl Level {
    /// All levels, the most important first: the order in which they are told.
    pub const ALL: [Level; 5] = [
        Level::Error,
        Level::Warn,
        Level::Info,
        Level::Debug,
        Level::Trace,
    ];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Trace => "TRACE",
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        })
    }
}

/// A number of lines of each level, and of those without one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    without_level: u64,
    trace: u64,
    debug: u64,
    info: u64,
    warn: u64,
    error: u64,
}

impl Tally {
    /// What can be told apart: each level, and none.
    pub(crate) const KINDS: [Option<Level>; 6] = [
        Some(Level::Error),
        Some(Level::Warn),
        Some(Level::Info),
        Some(Level::Debug),
        Some(Level::Trace),
        None,
    ];

    pub(crate) const fn of(&self, level: Option<Level>) -> u64 {
        match level {
            None => self.without_level,
            Some(Level::Trace) => self.trace,
            Some(Level::Debug) => self.debug,
            Some(Level::Info) => self.info,
            Some(Level::Warn) => self.warn,
            Some(Level::Error) => self.error,
        }
    }

    pub(crate) const fn total(&self) -> u64 {
        self.without_level + self.trace + self.debug + self.info + self.warn + self.error
    }

    pub(crate) fn add(&mut self, level: Option<Level>, lines: u64) {
        *self.count_mut(level) += lines;
    }

    pub(crate) fn take_away(&mut self, level: Option<Level>, lines: u64) {
        *self.count_mut(level) -= lines;
    }

    pub(crate) fn add_all(&mut self, others: &Tally) {
        for level in Self::KINDS {
            self.add(level, others.of(level));
        }
    }

    /// What came since an earlier count.
    pub(crate) fn since(&self, earlier: &Tally) -> Tally {
        let mut since = *self;
        for level in Self::KINDS {
            let count = since.count_mut(level);
            *count = count.saturating_sub(earlier.of(level));
        }
        since
    }

    fn count_mut(&mut self, level: Option<Level>) -> &mut u64 {
        match level {
            None => &mut self.without_level,
            Some(Level::Trace) => &mut self.trace,
            Some(Level::Debug) => &mut self.debug,
            Some(Level::Info) => &mut self.info,
            Some(Level::Warn) => &mut self.warn,
            Some(Level::Error) => &mut self.error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_has_a_count_of_its_own() {
        for level in Tally::KINDS {
            let mut tally = Tally::default();
            tally.add(level, 2);
            tally.take_away(level, 1);

            for other in Tally::KINDS {
                assert_eq!(tally.of(other), u64::from(other == level));
            }
            assert_eq!(tally.total(), 1);
        }
    }

    #[test]
    fn what_came_since_is_counted_by_level() {
        let mut earlier = Tally::default();
        earlier.add(Some(Level::Warn), 3);
        let mut later = earlier;
        later.add(Some(Level::Warn), 1);
        later.add(None, 5);

        let since = later.since(&earlier);
        earlier.add_all(&since);

        assert_eq!((since.of(Some(Level::Warn)), since.of(None)), (1, 5));
        assert_eq!(earlier, later);
    }
}
