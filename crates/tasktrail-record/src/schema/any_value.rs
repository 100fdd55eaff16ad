//! Any JSON value as OTLP's JSON has it, an `AnyValue`, and back.

use super::form::Form;
use crate::json::{Number, Value};

/// Makes of a JSON value what OTLP's JSON calls an `AnyValue`.
pub(super) fn any_value_in_place(start: usize, out: &mut Vec<u8>) {
    let json = out.get(start..).unwrap_or_default();
    match json.first() {
        Some(b'"') => wrap(start, b"{\"stringValue\":", b"}", out),
        Some(b't' | b'f') => wrap(start, b"{\"boolValue\":", b"}", out),
        Some(b'-' | b'0'..=b'9') => {
            let (before, after) = around_number(json);
            wrap(start, before, after, out);
        }
        Some(b'[' | b'{') => {
            let json = out.split_off(start);
            let value = Value::parse(&String::from_utf8_lossy(&json));
            any_value(&value.unwrap_or(Value::Null), out);
        }
        _ => {
            out.truncate(start);
            out.extend_from_slice(b"{}");
        }
    }
}

/// Gives what stands around a number in an `AnyValue`.
///
/// A whole number is a text there, as all 64-bit integers in the JSON of Protocol Buffers. One
/// beyond 63 bits and a sign is a `stringValue`, as OpenTelemetry's rules for attributes say; so is
/// a number beyond all floats, which readers of a `doubleValue` refuse.
fn around_number(json: &[u8]) -> (&'static [u8], &'static [u8]) {
    let text = std::str::from_utf8(json).unwrap_or_default();
    let is_whole = !json.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    match (is_whole, json) {
        // No integer has a sign and is 0.
        (true, b"-0") => (b"{\"doubleValue\":", b"}"),
        (true, _) if text.parse::<i64>().is_ok() => (b"{\"intValue\":\"", b"\"}"),
        (false, _) if is_finite(text) => (b"{\"doubleValue\":", b"}"),
        _ => (b"{\"stringValue\":\"", b"\"}"),
    }
}

/// Tells whether a number is one that a float holds; most are too short to be beyond.
fn is_finite(number: &str) -> bool {
    let is_short = number.len() < 300 && !number.contains(['e', 'E']);
    is_short || number.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Writes what stands around the value that starts at `start` and ends `out`.
pub(super) fn wrap(start: usize, before: &[u8], after: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(before);
    if let Some(value) = out.get_mut(start..) {
        value.rotate_right(before.len());
    }
    out.extend_from_slice(after);
}

/// Writes a value as an `AnyValue`. It is no deeper than what the reader takes, so recursion is
/// safe.
pub(crate) fn any_value(of: &Value, out: &mut Vec<u8>) {
    match of {
        Value::Array(items) => {
            out.extend_from_slice(b"{\"arrayValue\":{\"values\":[");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                any_value(item, out);
            }
            out.extend_from_slice(b"]}}");
        }
        // So they are read, for JSON has no bytes.
        Value::Object(entries) if is_bytes(entries) => of.write(out),
        Value::Object(entries) => {
            out.extend_from_slice(b"{\"kvlistValue\":{\"values\":[");
            for (at, (name, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                Form::KeyValue.start(name, out);
                any_value(value, out);
                out.push(b'}');
            }
            out.extend_from_slice(b"]}}");
        }
        scalar => {
            let start = out.len();
            scalar.write(out);
            any_value_in_place(start, out);
        }
    }
}

/// Tells whether an object is an `AnyValue` of bytes, in Base64.
fn is_bytes(entries: &[(String, Value)]) -> bool {
    let is_base64 = |byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/');
    match entries {
        [(kind, Value::String(text))] if kind == "bytesValue" && text.len() % 4 == 0 => {
            let padding = text.len() - text.trim_end_matches('=').len();
            padding <= 2 && text.trim_end_matches('=').bytes().all(is_base64)
        }
        _ => false,
    }
}

/// Gives the value that an `AnyValue` holds; one of a kind that is not known stays as it is.
pub(crate) fn read_any_value(any: Value) -> Value {
    let mut entries = match any {
        Value::Object(entries) if entries.is_empty() => return Value::Null,
        Value::Object(entries) if entries.len() == 1 => entries,
        other => return other,
    };
    match entries.pop() {
        None => Value::Null,
        Some((kind, value)) => match (kind.as_str(), value) {
            // So the JSON of Protocol Buffers has what JSON lacks.
            ("doubleValue", Value::String(text)) => match Value::parse(&text) {
                Ok(Value::Number(number)) => Value::Number(number),
                _ => Value::String(text),
            },
            ("stringValue" | "boolValue" | "doubleValue", value) => value,
            ("intValue", Value::String(digits)) => match digits.parse::<i64>() {
                Ok(number) => Value::Number(Number::from(number)),
                Err(_) => Value::String(digits),
            },
            ("intValue", value) => value,
            ("arrayValue", Value::Object(list)) => {
                Value::Array(values(list).into_iter().map(read_any_value).collect())
            }
            ("kvlistValue", Value::Object(list)) => Value::Object(
                values(list)
                    .into_iter()
                    .filter_map(read_key_value)
                    .collect(),
            ),
            (_, value) => Value::Object(vec![(kind, value)]),
        },
    }
}

/// Gives the name and the value of an OpenTelemetry attribute; `None` if it is none.
pub(crate) fn read_key_value(attribute: Value) -> Option<(String, Value)> {
    if !is_key_value(&attribute) {
        return None;
    }
    let Value::Object(entries) = attribute else {
        return None;
    };
    // The JSON of Protocol Buffers leaves out an empty text.
    let (mut name, mut value) = (String::new(), Value::Null);
    for (key, held) in entries {
        match (key.as_str(), held) {
            ("key", Value::String(text)) => name = text,
            ("value", held) => value = read_any_value(held),
            _ => {}
        }
    }
    Some((name, value))
}

/// Tells whether this can be an OpenTelemetry attribute: an object with a name, or without any.
pub(crate) fn is_key_value(attribute: &Value) -> bool {
    match attribute {
        Value::Object(entries) => entries
            .iter()
            .all(|(key, value)| key != "key" || value.as_str().is_some()),
        _ => false,
    }
}

/// Gives the `values` of an OpenTelemetry list.
fn values(list: Vec<(String, Value)>) -> Vec<Value> {
    let values = list.into_iter().find(|(key, _)| key == "values");
    match values {
        Some((_, Value::Array(values))) => values,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::form::tests::json;
    use super::*;

    proptest! {
        #[test]
        fn an_any_value_holds_any_value(value in json()) {
            let (mut plain, mut any) = (Vec::new(), Vec::new());
            value.write(&mut plain);
            any_value(&value, &mut any);
            let mut field = Vec::new();
            Form::KeyValue.member("n", |out| out.extend_from_slice(&plain), &mut field);

            let read = Value::parse(std::str::from_utf8(&any).unwrap()).unwrap();
            prop_assert_eq!(read_any_value(read), value);
            let around = [b"{\"key\":\"n\",\"value\":".as_slice(), &any, b"},"].concat();
            prop_assert_eq!(field, around);
        }
    }

    #[test]
    fn each_kind_of_value_has_its_own_word_in_opentelemetry() {
        for (json, any) in [
            ("null", "{}"),
            ("true", r#"{"boolValue":true}"#),
            ("7", r#"{"intValue":"7"}"#),
            ("7.0", r#"{"doubleValue":7.0}"#),
            ("1e3", r#"{"doubleValue":1e3}"#),
            ("-0", r#"{"doubleValue":-0}"#),
            ("-0.0", r#"{"doubleValue":-0.0}"#),
            ("1e400", r#"{"stringValue":"1e400"}"#),
            (r#""7""#, r#"{"stringValue":"7"}"#),
            (
                r#"{"a":[1]}"#,
                r#"{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}]}}"#,
            ),
        ] {
            let mut out = json.as_bytes().to_vec();
            any_value_in_place(0, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), any);
        }
    }

    #[test]
    fn an_integer_beyond_63_bits_is_a_text() {
        let mut out = Vec::new();
        Form::KeyValue.number("n", u64::MAX, &mut out);
        Form::KeyValue.number("n", i64::MIN, &mut out);

        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"key\":\"n\",\"value\":{\"stringValue\":\"18446744073709551615\"}},\
             {\"key\":\"n\",\"value\":{\"intValue\":\"-9223372036854775808\"}},"
        );
    }
}
