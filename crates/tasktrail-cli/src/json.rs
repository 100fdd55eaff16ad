//! Values as JSON, in one line.

use tasktrail_record::encode;
use tasktrail_record::json::Value;

/// Adds a value in compact form; what JSON has no number for is null. It is no deeper than JSON was
/// read.
pub(crate) fn push(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => encode::boolean(*value, out),
        Value::Number(number) => {
            let text = number.to_string();
            let digits = text.trim_start_matches('-');
            match digits.starts_with(|first: char| first.is_ascii_digit()) {
                true => out.extend_from_slice(text.as_bytes()),
                false => out.extend_from_slice(b"null"),
            }
        }
        Value::String(text) => encode::string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                push_comma(place, out);
                push(item, out);
            }
            out.push(b']');
        }
        Value::Object(entries) => {
            out.push(b'{');
            for (place, (key, value)) in entries.iter().enumerate() {
                push_comma(place, out);
                encode::string(key, out);
                out.push(b':');
                push(value, out);
            }
            out.push(b'}');
        }
    }
}

pub(crate) fn push_comma(place: usize, out: &mut Vec<u8>) {
    if place > 0 {
        out.push(b',');
    }
}

/// Gives a value as one text: a text as it is, nothing for null, all else as JSON.
pub(crate) fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => {
            let mut out = Vec::new();
            push(value, &mut out);
            String::from_utf8(out).unwrap_or_default()
        }
    }
}
