//! How a field stands in a line: its name, its value, and what is around them.

use std::borrow::Cow;

use super::any_value::{any_value_in_place, wrap};
use crate::encode;

/// How a schema writes the fields of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `"name":value`
    Plain,
    /// `"_name":value`, where a value is a text or a number: GELF.
    Additional,
    /// `{"key":"name","value":{"stringValue":"text"}}`: OpenTelemetry.
    KeyValue,
}

impl Form {
    /// Gives the name of a field as the form can hold it; two that differ stay different.
    pub(crate) fn name(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::Plain | Self::KeyValue => Cow::Borrowed(name),
            Self::Additional => Cow::Owned(additional_name(name)),
        }
    }

    /// Gives the field's name back from what [`name`](Self::name) gave.
    ///
    /// # Errors
    ///
    /// With the name as it was, if no field of this form is named so.
    pub(crate) fn read_name(self, name: String) -> Result<String, String> {
        match self {
            Self::Plain | Self::KeyValue => Ok(name),
            Self::Additional => match name.strip_prefix('_') {
                Some(rest) => Ok(read_additional_name(rest)),
                None => Err(name),
            },
        }
    }

    /// Writes what stands before a value.
    pub(crate) fn start(self, name: &str, out: &mut Vec<u8>) {
        match self {
            Self::Plain | Self::Additional => {
                encode::string(name, out);
                out.push(b':');
            }
            Self::KeyValue => {
                out.extend_from_slice(b"{\"key\":");
                encode::string(name, out);
                out.extend_from_slice(b",\"value\":");
            }
        }
    }

    /// Makes of the JSON value that starts at `start` and ends `out` what the form holds.
    pub(crate) fn end(self, start: usize, out: &mut Vec<u8>) {
        match self {
            Self::Plain => {}
            Self::Additional => text_or_number(start, out),
            Self::KeyValue => {
                any_value_in_place(start, out);
                out.push(b'}');
            }
        }
    }

    /// Writes a field whole, with a comma at its end.
    pub(crate) fn member(self, name: &str, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        self.start(name, out);
        let start = out.len();
        write(out);
        self.end(start, out);
        out.push(b',');
    }

    /// Writes a key of the schema's own, whose name needs no escape, with its value and a comma.
    pub(super) fn own(
        self,
        name: &'static str,
        write: impl FnOnce(&mut Vec<u8>),
        out: &mut Vec<u8>,
    ) {
        let (before, after): (&[u8], &[u8]) = match self {
            Self::Plain | Self::Additional => (b"\"", b"\":"),
            Self::KeyValue => (b"{\"key\":\"", b"\",\"value\":"),
        };
        out.extend_from_slice(before);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(after);
        let start = out.len();
        write(out);
        self.end(start, out);
        out.push(b',');
    }

    /// Writes a field that is a text.
    pub(crate) fn text(self, name: &str, text: &str, out: &mut Vec<u8>) {
        self.member(name, |out| encode::string(text, out), out);
    }

    /// Writes a key of the schema's own, and a text that is [escaped](encode::escaped) already.
    pub(super) fn own_text(self, name: &'static str, escaped: &[u8], out: &mut Vec<u8>) {
        self.own(name, |out| quoted(escaped, out), out);
    }

    /// Writes a field that is a whole number.
    pub(crate) fn number(self, name: &str, value: impl itoa::Integer, out: &mut Vec<u8>) {
        self.member(name, |out| encode::integer(value, out), out);
    }
}

/// Writes an escaped text with its quotes.
pub(super) fn quoted(escaped: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(escaped);
    out.push(b'"');
}

/// Puts an underscore before a name, and replaces what GELF's names may not have.
///
/// A character other than `A-Z a-z 0-9 _ . -` becomes `_xHHHH_`, its number in four to six
/// hexadecimal digits; so does an underscore that would be read as the start of one. This is how
/// .NET's `XmlConvert.EncodeName` keeps names apart.
fn additional_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 1);
    out.push('_');
    for (at, character) in name.char_indices() {
        let is_allowed = match character {
            '_' => !name.get(at..).is_some_and(starts_like_escape),
            character => character.is_ascii_alphanumeric() || matches!(character, '.' | '-'),
        };
        match is_allowed {
            true => out.push(character),
            false => out.push_str(&format!("_x{:04X}_", u32::from(character))),
        }
    }
    out
}

fn starts_like_escape(text: &str) -> bool {
    let digits = text.strip_prefix("_x").map(str::as_bytes);
    digits
        .and_then(|digits| digits.get(..4))
        .is_some_and(|digits| digits.iter().all(is_upper_hex))
}

fn is_upper_hex(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}

fn read_additional_name(mut rest: &str) -> String {
    let mut out = String::with_capacity(rest.len());
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match escaped_character(from) {
            Some((character, after)) => {
                out.push(character);
                rest = after;
            }
            None => {
                out.push('_');
                rest = from.strip_prefix('_').unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Reads `_xHHHH_` from the start of a text, and gives what follows.
fn escaped_character(text: &str) -> Option<(char, &str)> {
    let (digits, after) = text.strip_prefix("_x")?.split_once('_')?;
    let is_number = (4..=6).contains(&digits.len()) && digits.bytes().all(|d| is_upper_hex(&d));
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_number)?;
    Some((char::from_u32(number)?, after))
}

/// Leaves texts and numbers, and makes a text of any other value: its JSON.
fn text_or_number(start: usize, out: &mut Vec<u8>) {
    match out.get(start) {
        Some(b'"' | b'-' | b'0'..=b'9') => {}
        Some(b'[' | b'{') => {
            let json = out.split_off(start);
            encode::string(&String::from_utf8_lossy(&json), out);
        }
        _ => wrap(start, b"\"", b"\"", out),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::{Number, Value};

    pub(in crate::schema) fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|number| Value::Number(Number::from(number))),
            any::<String>().prop_map(Value::String),
            Just(Value::parse("-12.50e3").unwrap()),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_additional_name_is_allowed_and_read_back(
            name in prop_oneof!["(_|x|0|D|d|_x0020_| |é|\u{1f600}|\\.){0,12}", any::<String>()]
        ) {
            let written = Form::Additional.name(&name).into_owned();

            prop_assert!(written.bytes().all(
                |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
            ), "{}", written);
            prop_assert_eq!(Form::Additional.read_name(written).unwrap(), name);
        }

        #[test]
        fn an_additional_value_is_a_text_or_a_number(value in json()) {
            let mut out = Vec::new();
            Form::Additional.member("_n", |out| value.write(out), &mut out);

            let text = String::from_utf8(out).unwrap();
            let read = Value::parse(text.trim_start_matches("\"_n\":").trim_end_matches(',')).unwrap();
            let is_kept = matches!(value, Value::String(_) | Value::Number(_));
            match read {
                read if is_kept => prop_assert_eq!(read, value),
                Value::String(json) => prop_assert_eq!(Value::parse(&json).unwrap(), value),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn names_that_need_no_change_get_an_underscore_alone() {
        for (name, written) in [
            ("user-id", "_user-id"),
            ("http.status_code", "_http.status_code"),
            ("pos_x", "_pos_x"),
            ("pos_x12", "_pos_x12"),
            ("a b", "_a_x0020_b"),
            ("_x0020_", "__x005F_x0020_"),
            ("🙂", "__x1F642_"),
            ("", "_"),
        ] {
            assert_eq!(Form::Additional.name(name), written);
        }
    }
}
