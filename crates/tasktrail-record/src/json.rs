//! JSON as Python reads it, with nothing lost that a log line may hold.
//!
//! Logs come from many programs, so this reader takes what Python's `json.loads` takes: `NaN`,
//! `Infinity` and `-Infinity`, integers of any size, `1e400`. Everything else is RFC 8259 to the
//! letter. Numbers keep their text, objects keep their order.
//!
//! - A key that stands twice in an object keeps its first place and its last value, as in Python.
//! - A lone surrogate (`"\ud800"`), which no text in Rust can hold, is read as U+FFFD.
//! - Objects and arrays may stand in each other [`MAX_DEPTH`] deep.

mod number;
mod parser;
#[cfg(test)]
mod tests;
mod writer;

pub use number::Number;
pub use parser::{MAX_DEPTH, ParseError};

pub(crate) use parser::{has_repeats, last_of_each_key, parse_counting_repeats};

/// Holds any JSON value.
///
/// ```
/// use tasktrail_record::json::Value;
///
/// let value = Value::parse(r#"{"order": 7, "paid": true, "total": 12.50}"#)?;
///
/// assert_eq!(value.get("paid"), Some(&Value::Bool(true)));
/// assert_eq!(value.get("order").and_then(Value::as_u64), Some(7));
/// let Some(Value::Number(total)) = value.get("total") else { unreachable!() };
/// assert_eq!(total.to_string(), "12.50");
/// # Ok::<(), tasktrail_record::json::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(Number),
    /// A text.
    String(String),
    /// A list of values.
    Array(Vec<Value>),
    /// Keys and their values, in the order in which they were written, each key once.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Reads one JSON value; white space may stand around it.
    ///
    /// ```
    /// use tasktrail_record::json::Value;
    ///
    /// assert!(Value::parse(" [1, NaN, 123456789012345678901234567890] ").is_ok());
    ///
    /// let error = Value::parse("[1,]").unwrap_err();
    /// assert_eq!(error.to_string(), "expected a value, found ']' at column 4");
    /// ```
    ///
    /// # Errors
    ///
    /// If the text is not exactly one JSON value, or is nested more than [`MAX_DEPTH`] deep.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse_counting_repeats(text).map(|(value, _)| value)
    }

    /// Gives the value of a key; `None` if there is no such key, or if this is no object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => entries
                .iter()
                .find_map(|(name, value)| (name == key).then_some(value)),
            _ => None,
        }
    }

    /// Gives the text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Gives the number, if this is an integer from 0 to [`u64::MAX`].
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// Gives the number that a float holds nearest to the one written, if this is a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// Says in a few words what this is, for "found" in an error message.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(number) => crate::task_id::excerpt(&number.to_string()),
            Self::String(text) => format!("{:?}", crate::task_id::excerpt(text)),
            Self::Array(items) if items.is_empty() => "an empty array".to_owned(),
            Self::Array(_) => "an array".to_owned(),
            Self::Object(_) => "an object".to_owned(),
        }
    }
}
