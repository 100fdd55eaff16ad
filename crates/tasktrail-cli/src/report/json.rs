//! Writes JSON that may stand in a `script` element of a page.

use std::fmt::Write;

use tasktrail_record::encode;
use tasktrail_record::json::Value;

/// Adds a text. Nothing in it can end the element: of `<`, `>` and `&` there are only the numbers,
/// and so it is with the line breaks that JavaScript knows beyond those of JSON.
pub(super) fn push_text(text: &str, out: &mut String) {
    let mut json = Vec::with_capacity(text.len() + 2);
    encode::string(text, &mut json);
    for character in String::from_utf8_lossy(&json).chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
}

/// Adds a number; what JSON has no word for becomes null.
pub(super) fn push_number(number: f64, out: &mut String) {
    let _ = match number.is_finite() {
        true => write!(out, "{number}"),
        false => write!(out, "null"),
    };
}

/// Writes a value as the JSON that a person reads: numbers as the line has them, of any size.
/// It is no deeper than JSON was read.
pub(super) fn shown(value: &Value) -> String {
    let mut text = String::new();
    push_shown(value, &mut text);
    text
}

fn push_shown(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Value::String(text) => {
            let mut json = Vec::new();
            encode::string(text, &mut json);
            out.push_str(&String::from_utf8_lossy(&json));
        }
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                push_shown(item, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (place, (key, value)) in entries.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                let mut json = Vec::new();
                encode::string(key, &mut json);
                out.push_str(&String::from_utf8_lossy(&json));
                out.push_str(": ");
                push_shown(value, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_element_it_stands_in() {
        let mut out = String::new();

        push_text("</script><!--&\u{2028}\u{2029}\"\n", &mut out);

        assert_eq!(
            out,
            r#""\u003c/script\u003e\u003c!--\u0026\u2028\u2029\"\n""#
        );
    }

    #[test]
    fn numbers_are_shown_as_they_were_written() {
        for json in [
            r#"{"a": [1.50, 123456789012345678901234567890], "b": null}"#,
            "NaN",
        ] {
            assert_eq!(shown(&Value::parse(json).unwrap()), json);
        }
    }
}
