//! How many lines were lost, and why.

use std::fmt;

use crate::level::{Level, Tally};

/// Why a line was lost.
///
/// ```
/// use tasktrail_writer::Cause;
///
/// assert_eq!(Cause::MemoryFull.to_string(), "memory full");
/// assert_eq!(Cause::MemoryFull.key(), "memory_full");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Cause {
    /// The memory was full, and [`WhenFull`](crate::WhenFull) said to drop a line.
    MemoryFull,
    /// The line alone was larger than the whole memory, or than the part that lines of its level may
    /// fill ([`reserve`](crate::Builder::reserve)), or the destination [never takes](crate::LineTooLarge)
    /// a line so long.
    TooLarge,
    /// The destination failed for good at the end, or its last try had failed when the deadline of
    /// the end passed.
    DestinationFailed,
    /// The destination had not taken the line when the deadline of the end passed.
    Deadline,
    /// The line was written after the worker had finished.
    WorkerGone,
}

impl Cause {
    /// All causes, in the order in which they are told.
    pub const ALL: [Cause; 5] = [
        Cause::MemoryFull,
        Cause::TooLarge,
        Cause::DestinationFailed,
        Cause::Deadline,
        Cause::WorkerGone,
    ];

    /// The cause as a key for structured output: small letters and underscores.
    pub const fn key(self) -> &'static str {
        match self {
            Cause::MemoryFull => "memory_full",
            Cause::TooLarge => "too_large",
            Cause::DestinationFailed => "destination_failed",
            Cause::Deadline => "deadline",
            Cause::WorkerGone => "worker_gone",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::MemoryFull => "memory full",
            Cause::TooLarge => "too large",
            Cause::DestinationFailed => "destination failed",
            Cause::Deadline => "deadline passed",
            Cause::WorkerGone => "worker gone",
        })
    }
}

/// Counts the lines that were lost, by cause and by level.
///
/// The numbers are lines, not incidents: a batch of 300 lines lost is 300. Displayed, it is the
/// total and what it is made of. Lines have a level if they were written by
/// [`Writer::write_line_at`](crate::Writer::write_line_at), or come from a layer that gives the
/// metadata of the event to its `MakeWriter`, as all layers of `tracing-subscriber` and ours do.
///
/// ```
/// use tasktrail_writer::{Builder, Cause, Level};
///
/// let worker = Builder::new(Vec::new()).memory(16).start()?;
/// worker.writer().write_line_at(Level::Error, b"longer than the whole memory\n");
/// let losses = worker.finish().losses();
///
/// assert_eq!(losses.total(), 1);
/// assert_eq!(losses.of(Cause::TooLarge), 1);
/// assert_eq!(losses.at(Level::Error), 1);
/// assert_eq!(losses.to_string(), "1 line lost: 1 too large (1 ERROR)");
/// # Ok::<(), tasktrail_writer::StartError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    memory_full: Tally,
    too_large: Tally,
    destination_failed: Tally,
    deadline: Tally,
    worker_gone: Tally,
}

impl Losses {
    /// How many lines were lost for one cause.
    pub const fn of(&self, cause: Cause) -> u64 {
        self.tally(cause).total()
    }

    /// How many lines of one level were lost; those without a level with `None`.
    pub fn at(&self, level: impl Into<Option<Level>>) -> u64 {
        let level = level.into();
        Cause::ALL
            .iter()
            .map(|cause| self.of_at(*cause, level))
            .sum()
    }

    /// How many lines of one level were lost for one cause; those without a level with `None`.
    pub fn of_at(&self, cause: Cause, level: impl Into<Option<Level>>) -> u64 {
        self.tally(cause).of(level.into())
    }

    /// How many lines were lost in all.
    pub fn total(&self) -> u64 {
        Cause::ALL.iter().map(|cause| self.of(*cause)).sum()
    }

    /// The causes for which lines were lost, each with their number, in the order of
    /// [`Cause::ALL`].
    pub fn by_cause(&self) -> impl Iterator<Item = (Cause, u64)> + '_ {
        let counts = Cause::ALL.iter().map(|cause| (*cause, self.of(*cause)));
        counts.filter(|(_, lines)| *lines > 0)
    }

    /// The levels of which lines were lost, each with their number, the most important first and
    /// `None` last.
    pub fn by_level(&self) -> impl Iterator<Item = (Option<Level>, u64)> + '_ {
        let counts = Tally::KINDS
            .into_iter()
            .map(|level| (level, self.at(level)));
        counts.filter(|(_, lines)| *lines > 0)
    }

    pub(crate) fn add(&mut self, cause: Cause, level: Option<Level>, lines: u64) {
        self.tally_mut(cause).add(level, lines);
    }

    pub(crate) fn add_tally(&mut self, cause: Cause, lines: &Tally) {
        self.tally_mut(cause).add_all(lines);
    }

    pub(crate) fn add_all(&mut self, others: &Losses) {
        for cause in Cause::ALL {
            self.add_tally(cause, others.tally(cause));
        }
    }

    /// How many of them a notice can tell of. Lines that come after the end can't be told: nothing
    /// is written any more.
    pub(crate) fn tellable(&self) -> u64 {
        self.total() - self.worker_gone.total()
    }

    /// What was lost since an earlier count.
    pub(crate) fn since(&self, earlier: &Losses) -> Losses {
        let mut since = Losses::default();
        for cause in Cause::ALL {
            *since.tally_mut(cause) = self.tally(cause).since(earlier.tally(cause));
        }
        since
    }

    const fn tally(&self, cause: Cause) -> &Tally {
        match cause {
            Cause::MemoryFull => &self.memory_full,
            Cause::TooLarge => &self.too_large,
            Cause::DestinationFailed => &self.destination_failed,
            Cause::Deadline => &self.deadline,
            Cause::WorkerGone => &self.worker_gone,
        }
    }

    fn tally_mut(&mut self, cause: Cause) -> &mut Tally {
        match cause {
            Cause::MemoryFull => &mut self.memory_full,
            Cause::TooLarge => &mut self.too_large,
            Cause::DestinationFailed => &mut self.destination_failed,
            Cause::Deadline => &mut self.deadline,
            Cause::WorkerGone => &mut self.worker_gone,
        }
    }
}

/// As displayed: what is not zero.
impl fmt::Debug for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let lines = if total == 1 { "line" } else { "lines" };
        write!(f, "{total} {lines} lost")?;
        for (place, (cause, lines)) in self.by_cause().enumerate() {
            let separator = if place == 0 { ": " } else { ", " };
            write!(f, "{separator}{lines} {cause}")?;
        }
        if self.at(None) == total {
            return Ok(());
        }
        for (place, (level, lines)) in self.by_level().enumerate() {
            let separator = if place == 0 { " (" } else { ", " };
            match level {
                Some(level) => write!(f, "{separator}{lines} {level}")?,
                None => write!(f, "{separator}{lines} without level")?,
            }
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_displayed_as_a_total_and_what_it_is_made_of() {
        let mut losses = Losses::default();
        losses.add(Cause::Deadline, None, 2);
        losses.add(Cause::MemoryFull, None, 17);

        assert_eq!(
            losses.to_string(),
            "19 lines lost: 17 memory full, 2 deadline passed"
        );
        losses.add(Cause::Deadline, Some(Level::Error), 1);
        losses.add(Cause::MemoryFull, Some(Level::Debug), 3);
        assert_eq!(
            losses.to_string(),
            "23 lines lost: 20 memory full, 3 deadline passed (1 ERROR, 3 DEBUG, 19 without level)"
        );
        assert_eq!(Losses::default().to_string(), "0 lines lost");
    }

    #[test]
    fn what_was_lost_since_is_counted_by_cause() {
        let mut earlier = Losses::default();
        earlier.add(Cause::MemoryFull, None, 3);
        let mut later = earlier;
        later.add(Cause::MemoryFull, None, 1);
        later.add(Cause::TooLarge, Some(Level::Warn), 2);

        let since = later.since(&earlier);

        let by_cause: Vec<_> = since.by_cause().collect();
        assert_eq!(by_cause, [(Cause::MemoryFull, 1), (Cause::TooLarge, 2)]);
        let by_level: Vec<_> = since.by_level().collect();
        assert_eq!(by_level, [(Some(Level::Warn), 2), (None, 1)]);
        assert_eq!(since.of_at(Cause::TooLarge, Level::Warn), 2);
        assert_eq!(since.of_at(Cause::TooLarge, None), 0);
    }

    #[test]
    fn each_cause_has_a_count_a_key_and_words_of_its_own() {
        for (place, cause) in Cause::ALL.into_iter().enumerate() {
            let mut losses = Losses::default();
            losses.add(cause, None, 1);

            assert_eq!(losses.by_cause().collect::<Vec<_>>(), [(cause, 1)]);
            for other in &Cause::ALL[place + 1..] {
                assert_ne!(cause.key(), other.key());
                assert_ne!(cause.to_string(), other.to_string());
            }
        }
    }
}
