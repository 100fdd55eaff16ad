//! What is known of a line besides its bytes.

use crate::level::{Level, Tally};

/// What is known of a line, next to the line itself: its length above three bits for its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(u32);

pub(super) const LABEL: usize = size_of::<Label>();

impl Label {
    const LEVEL_BITS: u32 = 3;
    pub(super) const LONGEST: usize = (u32::MAX >> Self::LEVEL_BITS) as usize;

    pub(super) fn of(line: &[u8], level: Option<Level>) -> Option<Self> {
        let length = u32::try_from(line.len()).ok()?;
        if line.len() > Self::LONGEST {
            return None;
        }
        let level = match level {
            None => 0,
            Some(Level::Trace) => 1,
            Some(Level::Debug) => 2,
            Some(Level::Info) => 3,
            Some(Level::Warn) => 4,
            Some(Level::Error) => 5,
        };
        Some(Self((length << Self::LEVEL_BITS) | level))
    }

    pub(super) fn length(self) -> usize {
        (self.0 >> Self::LEVEL_BITS) as usize
    }

    pub(super) fn cost(self) -> usize {
        self.length() + LABEL
    }

    pub(super) fn level(self) -> Option<Level> {
        match self.0 & ((1 << Self::LEVEL_BITS) - 1) {
            1 => Some(Level::Trace),
            2 => Some(Level::Debug),
            3 => Some(Level::Info),
            4 => Some(Level::Warn),
            5 => Some(Level::Error),
            _ => None,
        }
    }
}

/// The bytes of memory that a line takes, or `None` if no memory can hold it.
pub(crate) fn cost(line: &[u8]) -> Option<usize> {
    Label::of(line, None).map(Label::cost)
}

/// Says which lines are dropped last: those at or above a level, if one is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Precious(pub(crate) Option<Level>);

impl Precious {
    pub(crate) fn has(self, level: Option<Level>) -> bool {
        self.0.is_some_and(|least| level >= Some(least))
    }

    pub(super) fn count(self, tally: &Tally) -> u64 {
        let kinds = Tally::KINDS.into_iter();
        let precious = kinds.filter(|level| self.has(*level));
        precious.map(|level| tally.of(level)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_length_is_told_from_a_level() {
        assert_eq!(Label::LONGEST, (1 << 29) - 1);
        for level in 0..=5 {
            let label = Label(u32::MAX >> 3 << 3 | level);
            assert_eq!(label.length(), Label::LONGEST);
            assert_eq!(label.level().is_none(), level == 0);
        }
    }
}
