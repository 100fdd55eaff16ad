//! The name of one task.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Names one task: 128 bits, written as a hyphenated UUID.
///
/// The same bits are a [W3C trace id](https://www.w3.org/TR/trace-context/#trace-id), so logs and
/// traces of one task meet under one name.
///
/// ```
/// use tasktrail_record::TaskId;
///
/// let id: TaskId = "192f76ea-915e-4131-95dc-da28c6bcdbb5".parse()?;
/// assert_eq!(id.to_string(), "192f76ea-915e-4131-95dc-da28c6bcdbb5");
/// assert_eq!(id.trace_id().to_string(), "192f76ea915e413195dcda28c6bcdbb5");
/// # Ok::<(), tasktrail_record::ParseTaskIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(Uuid);

impl TaskId {
    /// Makes a new id that nobody else has: a random UUID (version 4, RFC 9562 section 5.4).
    ///
    /// The generator is seeded by the operating system once per thread; a call makes no system
    /// call and allocates nothing.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Takes the bits of an id, in the order in which they are printed.
    ///
    /// `None` if all are zero: that is no id (RFC 9562 section 5.9, W3C Trace Context section 3.2.2.3).
    pub fn from_bits(bits: u128) -> Option<Self> {
        (bits != 0).then_some(Self(Uuid::from_u128(bits)))
    }

    /// Gives the bits of the id, in the order in which they are printed.
    pub fn bits(self) -> u128 {
        self.0.as_u128()
    }

    /// Shows the id as 32 lower-case hex digits, the form of a W3C trace id.
    pub fn trace_id(self) -> impl fmt::Display {
        self.0.simple()
    }

    /// Writes the 36 characters of the id into `buffer` and gives them back.
    ///
    /// ```
    /// use tasktrail_record::TaskId;
    ///
    /// let id = TaskId::random();
    /// assert_eq!(id.encode(&mut [0; 36]), id.to_string());
    /// ```
    pub fn encode(self, buffer: &mut [u8; 36]) -> &str {
        self.0.hyphenated().encode_lower(buffer)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.encode(&mut [0; 36]))
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({self})")
    }
}

/// Reads the two forms that are written: 36 characters with hyphens, or 32 hex digits.
impl FromStr for TaskId {
    type Err = ParseTaskIdError;

    fn from_str(text: &str) -> Result<Self, ParseTaskIdError> {
        let error = || ParseTaskIdError {
            found: excerpt(text),
        };
        // The uuid crate also reads braces and `urn:uuid:`, which nobody here writes.
        if !matches!(text.len(), 32 | 36) {
            return Err(error());
        }
        let uuid = Uuid::try_parse(text).map_err(|_| error())?;
        Self::from_bits(uuid.as_u128()).ok_or_else(error)
    }
}

/// Says that a text is not a task id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTaskIdError {
    found: String,
}

impl fmt::Display for ParseTaskIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected a task id such as 192f76ea-915e-4131-95dc-da28c6bcdbb5, \
             or its 32 hex digits, not all zero, found {:?}",
            self.found
        )
    }
}

impl std::error::Error for ParseTaskIdError {}

/// Cuts a text that was refused, so that an error message stays short whatever came in.
pub(crate) fn excerpt(text: &str) -> String {
    const SHOWN: usize = 48;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_forms_read_back_as_the_id_that_was_written(bits in 1_u128..) {
            let id = TaskId::from_bits(bits).unwrap();

            prop_assert_eq!(id.to_string().parse::<TaskId>(), Ok(id));
            prop_assert_eq!(id.trace_id().to_string().parse::<TaskId>(), Ok(id));
            prop_assert_eq!(id.trace_id().to_string(), format!("{bits:032x}"));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in ".*") {
            let _ = text.parse::<TaskId>();
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in [
            "",
            "192f76ea",
            "192f76ea-915e-4131-95dc-da28c6bcdbbg",
            "192f76ea-915e-4131-95dc-da28c6bcdbb5 ",
            "{192f76ea-915e-4131-95dc-da28c6bcdbb5}",
            "urn:uuid:192f76ea-915e-4131-95dc-da28c6bcdbb5",
            "192f76ea915e-4131-95dc-da28c6bcdbb5-",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert!(text.parse::<TaskId>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn an_error_says_what_was_expected_and_found() {
        let error = "nonsense".parse::<TaskId>().unwrap_err();

        assert_eq!(
            error.to_string(),
            "expected a task id such as 192f76ea-915e-4131-95dc-da28c6bcdbb5, \
             or its 32 hex digits, not all zero, found \"nonsense\""
        );
    }

    #[test]
    fn two_new_ids_differ_and_say_that_they_are_random() {
        let (one, two) = (TaskId::random(), TaskId::random());

        assert_ne!(one, two);
        assert_eq!(one.to_string().as_bytes()[14], b'4');
    }
}
