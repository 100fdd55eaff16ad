//! A number that keeps its text.

use std::fmt;

/// Holds a JSON number as it was written, of any size and precision.
///
/// Two numbers are equal if they are written alike: `1`, `1.0` and `1e0` are three numbers.
///
/// ```
/// use tasktrail_record::json::{Number, Value};
///
/// let Value::Number(number) = Value::parse("1e400")? else { unreachable!() };
/// assert_eq!(number.to_string(), "1e400");
/// assert_eq!(number.as_f64(), f64::INFINITY);
/// assert_eq!(number.as_u64(), None);
/// assert!(!number.is_integer());
/// # Ok::<(), tasktrail_record::json::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

/// The common integers cost no allocation: levels of a thousand numbers are read often.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Repr {
    Unsigned(u64),
    Negative(i64),
    Text(Box<str>),
}

impl Number {
    /// Takes a text that the parser has found to be a number.
    pub(super) fn from_checked(text: &str, is_integer: bool) -> Self {
        if is_integer {
            if let Ok(number) = text.parse() {
                return Self(Repr::Unsigned(number));
            }
            // `-0` is no other number than `0`, but another text.
            if let Some(number) = text.parse().ok().filter(|number| *number < 0) {
                return Self(Repr::Negative(number));
            }
        }
        Self(Repr::Text(text.into()))
    }

    /// Gives how many bytes it keeps elsewhere.
    pub(crate) fn bytes_elsewhere(&self) -> usize {
        match &self.0 {
            Repr::Unsigned(_) | Repr::Negative(_) => 0,
            Repr::Text(text) => text.len(),
        }
    }

    /// Tells whether this was written without a fraction and an exponent, and is no `NaN` or
    /// `Infinity`.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Unsigned(_) | Repr::Negative(_) => true,
            Repr::Text(text) => text.bytes().all(|byte| matches!(byte, b'-' | b'0'..=b'9')),
        }
    }

    /// Gives the number, if it is an integer from 0 to [`u64::MAX`].
    pub fn as_u64(&self) -> Option<u64> {
        match self.0 {
            Repr::Unsigned(number) => Some(number),
            _ => None,
        }
    }

    /// Gives the float nearest to the number; an infinity if it is too large for any.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            // `as` rounds to the nearest, as reading the text would.
            Repr::Unsigned(number) => *number as f64,
            Repr::Negative(number) => *number as f64,
            Repr::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(Repr::Unsigned(number))
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(u64::try_from(number).map_or(Repr::Negative(number), Repr::Unsigned))
    }
}

/// Shows the text that was read.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Unsigned(number) => number.fmt(f),
            Repr::Negative(number) => number.fmt(f),
            Repr::Text(text) => text.fmt(f),
        }
    }
}
