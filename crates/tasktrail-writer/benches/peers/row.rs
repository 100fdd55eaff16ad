//! The rows of the comparison: how lines come, and to what kind of destination.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// So many producers, each as fast as it can; nothing may be lost.
    Burst(u32),
    /// A line each 100 us.
    Paced,
    /// Each call of the destination takes 1 ms.
    Slow,
    /// Eight producers, and what does not fit is dropped.
    Lossy,
    /// What a writer takes when it has nothing to do.
    Memory,
}

impl Row {
    pub(crate) const ALL: [Row; 8] = [
        Row::Burst(1),
        Row::Burst(2),
        Row::Burst(4),
        Row::Burst(8),
        Row::Paced,
        Row::Slow,
        Row::Lossy,
        Row::Memory,
    ];

    pub(crate) fn by_key(key: &str) -> Option<Row> {
        Row::ALL.into_iter().find(|row| row.key() == key)
    }

    pub(crate) fn key(self) -> &'static str {
        match self {
            Row::Burst(1) => "1",
            Row::Burst(2) => "2",
            Row::Burst(4) => "4",
            Row::Burst(_) => "8",
            Row::Paced => "paced",
            Row::Slow => "slow",
            Row::Lossy => "lossy",
            Row::Memory => "memory",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Row::Burst(1) => "1 producer",
            Row::Burst(2) => "2 producers",
            Row::Burst(4) => "4 producers",
            Row::Burst(_) => "8 producers",
            Row::Paced => "A line each 100 us",
            Row::Slow => "A destination that takes 1 ms for each call",
            Row::Lossy => "8 producers, lossy",
            Row::Memory => "At rest",
        }
    }

    /// The measured values that its table shows, each with its heading.
    pub(crate) fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Row::Burst(_) => &[
                ("p50", "p50, ns"),
                ("p99", "p99, ns"),
                ("p99.9", "p99.9, ns"),
                ("cpu", "CPU a line, ns"),
                ("wall", "in all, ms"),
                ("right", "complete, in order"),
            ],
            Row::Paced => &[
                ("p50", "p50, ns"),
                ("p99", "p99, ns"),
                ("p99.9", "p99.9, ns"),
                ("right", "complete, in order"),
            ],
            Row::Slow => &[
                ("p50", "p50, ns"),
                ("p99", "p99, ns"),
                ("logging", "logging, ms"),
                ("ending", "ending, ms"),
                ("there", "lines there at the end"),
            ],
            Row::Lossy => &[
                ("p50", "p50, ns"),
                ("p99", "p99, ns"),
                ("p99.9", "p99.9, ns"),
                ("there", "lines written"),
                ("counted", "lines counted as lost"),
                ("unaccounted", "lines unaccounted for"),
            ],
            Row::Memory => &[("memory", "KiB")],
        }
    }
}
