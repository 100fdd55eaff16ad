//! The place of one message in its task.

use std::fmt;
use std::str::FromStr;

use smallvec::SmallVec;

use crate::task_id::excerpt;

/// The place of one message or action in the tree of its task, written `/2/1`.
///
/// Each number counts what happened at one depth, from 1. Sorted by level, the messages of an
/// action are in the order in which they happened. The root of a task is `/`.
///
/// ```
/// use tasktrail_record::TaskLevel;
///
/// let level: TaskLevel = "/2/1".parse()?;
/// assert_eq!(level.numbers(), [2, 1]);
/// assert_eq!(level.parent(), Some(TaskLevel::root().child(2)));
/// assert!(level < "/10".parse()?);
/// # Ok::<(), tasktrail_record::ParseTaskLevelError>(())
/// ```
///
/// Up to six numbers are kept without an allocation. A level is as deep as it was made; only
/// [`Position::from_untrusted`](crate::Position::from_untrusted) sets a bound.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TaskLevel(SmallVec<[u64; 6]>);

impl TaskLevel {
    /// Gives the level of a task's root action, which has no numbers.
    pub fn root() -> Self {
        Self::default()
    }

    /// Takes the numbers of a level, the root's first.
    ///
    /// # Errors
    ///
    /// If a number is zero: counting starts from 1.
    pub fn from_numbers(numbers: &[u64]) -> Result<Self, ParseTaskLevelError> {
        if numbers.contains(&0) {
            return Err(ParseTaskLevelError::new(&Self(numbers.into()).to_string()));
        }
        Ok(Self(numbers.into()))
    }

    /// Gives the numbers of the level, the root's first.
    pub fn numbers(&self) -> &[u64] {
        &self.0
    }

    /// Gives the level of what took number `number` here; zero counts as 1.
    #[must_use]
    pub fn child(&self, number: u64) -> Self {
        let mut numbers = self.0.clone();
        numbers.push(number.max(1));
        Self(numbers)
    }

    /// Goes on to what took number `number` here; zero counts as 1.
    pub(crate) fn push(&mut self, number: u64) {
        self.0.push(number.max(1));
    }

    /// Gives the level of the action in which this happened; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, parent) = self.0.split_last()?;
        Some(Self(parent.into()))
    }
}

impl fmt::Display for TaskLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("/");
        }
        self.0.iter().try_for_each(|number| write!(f, "/{number}"))
    }
}

impl fmt::Debug for TaskLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskLevel({self})")
    }
}

/// Reads `/` or numbers from 1, each after a slash: no sign, no leading zero, no space.
impl FromStr for TaskLevel {
    type Err = ParseTaskLevelError;

    fn from_str(text: &str) -> Result<Self, ParseTaskLevelError> {
        let error = || ParseTaskLevelError::new(text);
        let numbers = text.strip_prefix('/').ok_or_else(error)?;
        if numbers.is_empty() {
            return Ok(Self::root());
        }
        numbers
            .split('/')
            .map(|digits| number(digits).ok_or_else(error))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Reads one number from 1; `None` for every other spelling, so that each level has one text.
fn number(digits: &str) -> Option<u64> {
    if !digits.starts_with(|first| matches!(first, '1'..='9')) {
        return None;
    }
    digits.parse().ok()
}

/// Says that a text, or a list of numbers, is not a task level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTaskLevelError {
    found: String,
}

impl ParseTaskLevelError {
    fn new(found: &str) -> Self {
        Self {
            found: excerpt(found),
        }
    }
}

impl fmt::Display for ParseTaskLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected a task level such as /2/1, with numbers from 1 to {}, found {:?}",
            u64::MAX,
            self.found
        )
    }
}

impl std::error::Error for ParseTaskLevelError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn levels() -> impl Strategy<Value = TaskLevel> {
        proptest::collection::vec(1_u64.., 0..12)
            .prop_map(|numbers| TaskLevel::from_numbers(&numbers).unwrap())
    }

    proptest! {
        #[test]
        fn a_level_reads_back_as_it_was_written(level in levels()) {
            prop_assert_eq!(level.to_string().parse(), Ok(level));
        }

        #[test]
        fn what_parses_prints_as_the_same_text(text in "/?[0-9/+ -]{0,8}") {
            if let Ok(level) = text.parse::<TaskLevel>() {
                prop_assert_eq!(level.to_string(), text);
            }
        }

        #[test]
        fn the_parent_of_a_child_is_the_level_itself(level in levels(), number in 1_u64..) {
            let child = level.child(number);

            prop_assert!(child > level);
            prop_assert_eq!(child.parent(), Some(level));
        }
    }

    #[test]
    fn what_is_not_a_level_is_refused() {
        for text in [
            "",
            "2",
            "2/1",
            "//",
            "/2/",
            "/2//1",
            "/0",
            "/2/0",
            "/01",
            "/+1",
            "/-1",
            "/ 1",
            "/1 ",
            "/a",
            "/18446744073709551616",
            "/१",
        ] {
            assert!(text.parse::<TaskLevel>().is_err(), "{text:?} was taken");
        }
        assert!(TaskLevel::from_numbers(&[1, 0]).is_err());
    }

    #[test]
    fn an_error_says_what_was_expected_and_found() {
        assert_eq!(
            "/0".parse::<TaskLevel>().unwrap_err().to_string(),
            "expected a task level such as /2/1, \
             with numbers from 1 to 18446744073709551615, found \"/0\""
        );
    }

    #[test]
    fn ten_comes_after_nine() {
        let level = |text: &str| text.parse::<TaskLevel>().unwrap();

        assert!(level("/9") < level("/10"));
        assert!(level("/9/7") < level("/10"));
        assert!(level("/10") < level("/10/1"));
    }
}
