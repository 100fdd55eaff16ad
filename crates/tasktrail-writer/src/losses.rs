//! How many lines were lost, and why.

use std::fmt;

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
    /// The line alone was larger than the whole memory.
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

/// Counts the lines that were lost, by cause.
///
/// The numbers are lines, not incidents: a batch of 300 lines lost is 300. Displayed, it is the
/// total and what it is made of.
///
/// ```
/// use tasktrail_writer::{Builder, Cause};
///
/// let worker = Builder::new(Vec::new()).memory(16).start()?;
/// worker.writer().write_line(b"longer than the whole memory\n");
/// let losses = worker.finish().losses();
///
/// assert_eq!(losses.total(), 1);
/// assert_eq!(losses.of(Cause::TooLarge), 1);
/// assert_eq!(losses.to_string(), "1 line lost: 1 too large");
/// # Ok::<(), tasktrail_writer::StartError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    memory_full: u64,
    too_large: u64,
    destination_failed: u64,
    deadline: u64,
    worker_gone: u64,
}

impl Losses {
    /// How many lines were lost for one cause.
    pub const fn of(&self, cause: Cause) -> u64 {
        match cause {
            Cause::MemoryFull => self.memory_full,
            Cause::TooLarge => self.too_large,
            Cause::DestinationFailed => self.destination_failed,
            Cause::Deadline => self.deadline,
            Cause::WorkerGone => self.worker_gone,
        }
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

    pub(crate) fn add(&mut self, cause: Cause, lines: u64) {
        *self.count_mut(cause) += lines;
    }

    pub(crate) fn add_all(&mut self, others: &Losses) {
        for (cause, lines) in others.by_cause() {
            self.add(cause, lines);
        }
    }

    /// How many of them a notice can tell of. Lines that come after the end can't be told: nothing
    /// is written any more.
    pub(crate) fn tellable(&self) -> u64 {
        self.total() - self.worker_gone
    }

    /// What was lost since an earlier count.
    pub(crate) fn since(&self, earlier: &Losses) -> Losses {
        let mut since = Losses::default();
        for cause in Cause::ALL {
            *since.count_mut(cause) = self.of(cause).saturating_sub(earlier.of(cause));
        }
        since
    }

    fn count_mut(&mut self, cause: Cause) -> &mut u64 {
        match cause {
            Cause::MemoryFull => &mut self.memory_full,
            Cause::TooLarge => &mut self.too_large,
            Cause::DestinationFailed => &mut self.destination_failed,
            Cause::Deadline => &mut self.deadline,
            Cause::WorkerGone => &mut self.worker_gone,
        }
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
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_displayed_as_a_total_and_what_it_is_made_of() {
        let mut losses = Losses::default();
        losses.add(Cause::Deadline, 2);
        losses.add(Cause::MemoryFull, 17);

        assert_eq!(
            losses.to_string(),
            "19 lines lost: 17 memory full, 2 deadline passed"
        );
        assert_eq!(Losses::default().to_string(), "0 lines lost");
    }

    #[test]
    fn what_was_lost_since_is_counted_by_cause() {
        let mut earlier = Losses::default();
        earlier.add(Cause::MemoryFull, 3);
        let mut later = earlier;
        later.add(Cause::MemoryFull, 1);
        later.add(Cause::TooLarge, 2);

        let since = later.since(&earlier);

        let by_cause: Vec<_> = since.by_cause().collect();
        assert_eq!(by_cause, [(Cause::MemoryFull, 1), (Cause::TooLarge, 2)]);
    }

    #[test]
    fn each_cause_has_a_count_a_key_and_words_of_its_own() {
        for (place, cause) in Cause::ALL.into_iter().enumerate() {
            let mut losses = Losses::default();
            losses.add(cause, 1);

            assert_eq!(losses.by_cause().collect::<Vec<_>>(), [(cause, 1)]);
            for other in &Cause::ALL[place + 1..] {
                assert_ne!(cause.key(), other.key());
                assert_ne!(cause.to_string(), other.to_string());
            }
        }
    }
}
