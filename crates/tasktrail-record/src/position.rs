//! The identity of one message.

use std::fmt;
use std::str::FromStr;

use crate::task_id::excerpt;
use crate::{ParseTaskIdError, ParseTaskLevelError, TaskId, TaskLevel};

/// The identity of one message or action: its task and its place in it.
///
/// Its text, `<task_uuid>@/2/1`, is what Eliot calls a serialized task id: it goes to another
/// thread, process or host, which then continues the task with an action at exactly that level.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    task: TaskId,
    level: TaskLevel,
}

impl Position {
    /// The longest text that [`from_untrusted`](Self::from_untrusted) reads, in bytes.
    pub const MAX_UNTRUSTED_BYTES: usize = 512;

    /// The most numbers of a level that [`from_untrusted`](Self::from_untrusted) reads.
    pub const MAX_UNTRUSTED_NUMBERS: usize = 64;

    /// Puts a task and a level together.
    pub fn new(task: TaskId, level: TaskLevel) -> Self {
        Self { task, level }
    }

    /// Gives the task.
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// Gives the place in the task.
    pub fn level(&self) -> &TaskLevel {
        &self.level
    }

    /// Gives its text, as [`Display`](fmt::Display) does, in memory of just its length.
    ///
    /// ```
    /// use tasktrail_record::Position;
    ///
    /// let position: Position = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/1".parse().unwrap();
    /// assert_eq!(position.text(), position.to_string());
    /// ```
    pub fn text(&self) -> String {
        let numbers = self.level.numbers();
        let digits = numbers.iter().map(|number| 2 + number.ilog10() as usize);
        let level = digits.sum::<usize>().max(1);
        let mut uuid = [0; 36];
        let uuid = self.task.encode(&mut uuid);
        let mut text = String::with_capacity(uuid.len() + 1 + level);
        text.push_str(uuid);
        text.push('@');
        for number in numbers {
            text.push('/');
            text.push_str(itoa::Buffer::new().format(*number));
        }
        if numbers.is_empty() {
            text.push('/');
        }
        text
    }

    /// Reads a position that came from outside the program, such as a header of a request.
    ///
    /// The form is that of [`FromStr`], which has no bounds; here there are two, so that nobody
    /// can make each of our lines longer than it has to be.
    ///
    /// ```
    /// use tasktrail_record::Position;
    ///
    /// let deep = format!("192f76ea-915e-4131-95dc-da28c6bcdbb5@{}", "/1".repeat(65));
    /// assert!(deep.parse::<Position>().is_ok());
    /// assert!(Position::from_untrusted(&deep).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If the text is longer than 512 bytes, has more than 64 numbers, or is not a position.
    pub fn from_untrusted(text: &str) -> Result<Self, ParsePositionError> {
        let bytes = text.len();
        if bytes > Self::MAX_UNTRUSTED_BYTES {
            return Err(ParsePositionError::Bytes(bytes));
        }
        let position: Self = text.parse()?;
        let numbers = position.level.numbers().len();
        if numbers > Self::MAX_UNTRUSTED_NUMBERS {
            return Err(ParsePositionError::Numbers(numbers));
        }
        Ok(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.task, self.level)
    }
}

/// Reads `<task_uuid>@/2/1`, of any depth; Eliot's `<task_uuid>@` for the root is read too.
impl FromStr for Position {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, ParsePositionError> {
        let (task, level) = text
            .split_once('@')
            .ok_or_else(|| ParsePositionError::Form(excerpt(text)))?;
        let task = task.parse().map_err(ParsePositionError::Task)?;
        let level = match level {
            "" => TaskLevel::root(),
            level => level.parse().map_err(ParsePositionError::Level)?,
        };
        Ok(Self { task, level })
    }
}

/// Says why a text is not a position.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParsePositionError {
    /// There is no `@`; the text that was found, cut after 48 characters.
    Form(String),
    /// What stands before the `@` is not a task id.
    Task(ParseTaskIdError),
    /// What stands after the `@` is not a task level.
    Level(ParseTaskLevelError),
    /// An untrusted text has this many bytes.
    Bytes(usize),
    /// An untrusted text has a level of this many numbers.
    Numbers(usize),
}

impl fmt::Display for ParsePositionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(found) => write!(
                f,
                "expected a position such as 192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/1, found {found:?}"
            ),
            Self::Task(_) => f.write_str("in a position, the part before @ is not a task id"),
            Self::Level(_) => f.write_str("in a position, the part after @ is not a task level"),
            Self::Bytes(found) => write!(
                f,
                "expected a position of at most {} bytes, found {found} bytes",
                Position::MAX_UNTRUSTED_BYTES
            ),
            Self::Numbers(found) => write!(
                f,
                "expected a position with at most {} numbers, found {found}",
                Position::MAX_UNTRUSTED_NUMBERS
            ),
        }
    }
}

impl std::error::Error for ParsePositionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Task(error) => Some(error),
            Self::Level(error) => Some(error),
            Self::Form(_) | Self::Bytes(_) | Self::Numbers(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "192f76ea-915e-4131-95dc-da28c6bcdbb5";

    proptest! {
        #[test]
        fn a_position_reads_back_as_it_was_written(
            bits in 1_u128..,
            numbers in proptest::collection::vec(1_u64..=u64::MAX, 0..20),
        ) {
            let level = TaskLevel::from_numbers(&numbers).unwrap();
            let position = Position::new(TaskId::from_bits(bits).unwrap(), level);

            let text = position.text();
            prop_assert_eq!((text.len(), &text), (text.capacity(), &position.to_string()));
            prop_assert_eq!(text.parse(), Ok(position.clone()));
            prop_assert_eq!(Position::from_untrusted(&position.to_string()), Ok(position));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "[0-9a-f@/-]*|.*") {
            let _ = Position::from_untrusted(&text);
        }
    }

    #[test]
    fn eliots_spelling_of_the_root_is_read() {
        let root: Position = format!("{ID}@").parse().unwrap();

        assert_eq!(root.level(), &TaskLevel::root());
        assert_eq!(root.to_string(), format!("{ID}@/"));
    }

    #[test]
    fn what_is_not_a_position_is_refused() {
        let forms = ["", "@", "/2", ID, "x@/2"].map(str::to_owned);
        let tails =
            ["@2", "@/0", "@/2@/3", "@/2 ", "@/2\n", "@//"].map(|tail| format!("{ID}{tail}"));
        for text in forms.iter().chain(&tails) {
            assert!(text.parse::<Position>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn text_from_outside_is_bounded_and_a_file_is_not() {
        let deepest = format!("{ID}@{}", "/1".repeat(64));
        let too_deep = format!("{ID}@{}", "/1".repeat(65));
        let too_long = format!("{ID}@{}", "/18446744073709551615".repeat(23));

        assert!(Position::from_untrusted(&deepest).is_ok());
        assert_eq!(
            Position::from_untrusted(&too_deep),
            Err(ParsePositionError::Numbers(65))
        );
        assert_eq!(
            Position::from_untrusted(&too_long),
            Err(ParsePositionError::Bytes(520))
        );
        assert!(too_deep.parse::<Position>().is_ok());
        assert!(too_long.parse::<Position>().is_ok());
    }

    #[test]
    fn an_error_keeps_its_source() {
        let error = format!("{ID}@/0").parse::<Position>().unwrap_err();

        let source = std::error::Error::source(&error).unwrap();
        assert!(source.to_string().ends_with("found \"/0\""), "{source}");
    }
}
