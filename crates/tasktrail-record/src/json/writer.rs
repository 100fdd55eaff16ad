//! From a value to text.

use super::{Number, Value};
use crate::encode;

impl Value {
    /// Writes the value in compact form; `NaN` and the infinities become null. It is no deeper
    /// than what the reader takes, so recursion is safe.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(value) => encode::boolean(*value, out),
            Self::Number(number) => write_number(number, out),
            Self::String(text) => encode::string(text, out),
            Self::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Object(entries) => {
                out.push(b'{');
                for (at, (name, of)) in entries.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    encode::string(name, out);
                    out.push(b':');
                    of.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    let text = number.to_string();
    // Python's words for what JSON does not have.
    match text
        .trim_start_matches('-')
        .starts_with(|first: char| first.is_ascii_digit())
    {
        true => out.extend_from_slice(text.as_bytes()),
        false => out.extend_from_slice(b"null"),
    }
}
