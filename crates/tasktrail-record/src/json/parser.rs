//! From text to a value, in one pass.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::{Number, Value};

/// How deep objects and arrays may stand in each other: enough for any log, too little to
/// exhaust a stack.
pub const MAX_DEPTH: usize = 128;

/// Reads one JSON value, and counts the values that a later one of the same key replaced.
pub(crate) fn parse_counting_repeats(text: &str) -> Result<(Value, usize), ParseError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        repeats: 0,
    };
    parser.skip_space();
    let value = parser.value()?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.error("the end of the line"));
    }
    Ok((value, parser.repeats))
}

struct Parser<'a> {
    text: &'a str,
    /// The place of the next byte; always between two characters when an error can be made.
    at: usize,
    depth: usize,
    repeats: usize,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<Value, ParseError> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'N') => self.word("NaN", number("NaN")),
            Some(b'I') => self.word("Infinity", number("Infinity")),
            _ => Err(self.error("a value")),
        }
    }

    /// Reads what stands in braces or brackets; the opening one is next.
    fn nested(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<Value, ParseError>,
    ) -> Result<Value, ParseError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("at most 128 objects and arrays in each other"));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        let value = inner(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, ParseError> {
        let mut entries = Vec::new();
        if self.take(b'}') {
            return Ok(Value::Object(entries));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.error("a key in double quotes"));
            }
            let key = self.string()?;
            self.skip_space();
            if !self.take(b':') {
                return Err(self.error("':' after a key"));
            }
            self.skip_space();
            entries.push((key, self.value()?));
            self.skip_space();
            if self.take(b'}') {
                let (entries, repeats) = last_of_each_key(entries);
                self.repeats += repeats;
                return Ok(Value::Object(entries));
            }
            if !self.take(b',') {
                return Err(self.error("',' or '}' after a value"));
            }
            self.skip_space();
        }
    }

    fn array(&mut self) -> Result<Value, ParseError> {
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            if self.take(b']') {
                return Ok(Value::Array(items));
            }
            if !self.take(b',') {
                return Err(self.error("',' or ']' after a value"));
            }
            self.skip_space();
        }
    }

    /// Reads a text; its opening quote is next.
    fn string(&mut self) -> Result<String, ParseError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest
                .bytes()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
                .unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.error("control characters to be escaped")),
                None => return Err(self.error("'\"' at the end of a text")),
            }
        }
    }

    /// Reads an escape, or both of a surrogate pair; the backslash is next.
    fn escape(&mut self) -> Result<char, ParseError> {
        self.at += 1;
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.error("one of \"\\/bfnrtu after a backslash")),
        };
        self.at += 1;
        Ok(character)
    }

    /// Reads the digits after `\u`, and a second escape if both make one character.
    fn unicode_escape(&mut self) -> Result<char, ParseError> {
        let first = self.four_digits()?;
        if let 0xd800..=0xdbff = first {
            let after_first = self.at;
            if self.take(b'\\') && self.take(b'u') {
                let second = self.four_digits()?;
                if let 0xdc00..=0xdfff = second {
                    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
            self.at = after_first;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, ParseError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.error("four hex digits after \\u"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn number(&mut self) -> Result<Value, ParseError> {
        let start = self.at;
        if self.take(b'-') && self.peek() == Some(b'I') {
            return self.word("Infinity", number("-Infinity"));
        }
        // A leading zero stands alone: RFC 8259 section 6.
        if !self.take(b'0') {
            self.digits()?;
        }
        let mut is_integer = true;
        if self.take(b'.') {
            is_integer = false;
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            is_integer = false;
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        Ok(Value::Number(Number::from_checked(text, is_integer)))
    }

    /// Skips one digit or more.
    fn digits(&mut self) -> Result<(), ParseError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.error("a digit"));
        }
        Ok(())
    }

    fn word(&mut self, word: &'static str, value: Value) -> Result<Value, ParseError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.error(word));
        }
        self.at += word.len();
        Ok(value)
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, expected: &'static str) -> ParseError {
        let rest = self.text.get(self.at..).unwrap_or_default();
        ParseError {
            column: self.at + 1,
            expected,
            found: rest.chars().next(),
        }
    }
}

fn number(text: &str) -> Value {
    Value::Number(Number::from_checked(text, false))
}

/// Keeps the first place and the last value of each key, and counts the values that were replaced.
pub(crate) fn last_of_each_key(entries: Vec<(String, Value)>) -> (Vec<(String, Value)>, usize) {
    if !has_repeats(&entries) {
        return (entries, 0);
    }
    let before = entries.len();
    let mut places = HashMap::new();
    let mut kept: Vec<(String, Value)> = Vec::with_capacity(before);
    for (key, value) in entries {
        let place = *places.entry(key.clone()).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(earlier) => earlier.1 = value,
            None => kept.push((key, value)),
        }
    }
    let repeats = before - kept.len();
    (kept, repeats)
}

/// Tells whether a key stands twice.
pub(crate) fn has_repeats(entries: &[(String, Value)]) -> bool {
    // Comparing the few keys of a usual line with each other is faster than hashing them.
    const FEW: usize = 32;
    if entries.len() > FEW {
        let mut seen = HashSet::with_capacity(entries.len());
        return entries.iter().any(|(key, _)| !seen.insert(key.as_str()));
    }
    let mut rest = entries;
    while let Some(((key, _), after)) = rest.split_first() {
        if after.iter().any(|(other, _)| other == key) {
            return true;
        }
        rest = after;
    }
    false
}

/// Says where a text is not JSON, what was expected there and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    column: usize,
    expected: &'static str,
    found: Option<char>,
}

impl ParseError {
    /// Gives the place of what was found, in bytes, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found ", self.expected)?;
        match self.found {
            Some(character) => write!(f, "{character:?}")?,
            None => f.write_str("the end of the line")?,
        }
        write!(f, " at column {}", self.column)
    }
}

impl std::error::Error for ParseError {}
