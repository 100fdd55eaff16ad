//! Comparisons of a field with a value.

use std::cmp::Ordering;
use std::str::FromStr;

use tasktrail_record::Record;
use tasktrail_record::json::Value;

use super::fields;
use crate::json;
use crate::paths::matches;

/// A field that has to be there, and how it has to compare with a value.
#[derive(Debug, Clone)]
pub(super) struct Has {
    field: String,
    compared: Option<Compared>,
}

#[derive(Debug, Clone)]
enum Compared {
    /// The text that it is, or the number, or that it is neither.
    Equal(String, bool),
    /// What is known of its order to the number, and that it is such.
    Number(f64, fn(Ordering) -> bool),
    /// The pattern that its text is as, or that it is not as.
    Like(String, bool),
}

/// What stands between a field and a value.
const OPERATORS: [&str; 10] = ["==", "=~", "!=", "!~", "<=", ">=", "=", "<", ">", "~"];

impl Has {
    /// Tells whether a record has the field, and whether its value compares as it is to.
    pub(super) fn is_true_of(&self, record: &Record) -> bool {
        let Some(value) = fields::value(record, &self.field) else {
            return false;
        };
        match &self.compared {
            None => true,
            Some(Compared::Equal(wanted, is_equal)) => equals(&value, wanted) == *is_equal,
            Some(Compared::Number(wanted, is)) => {
                let order = value.as_f64().and_then(|found| found.partial_cmp(wanted));
                order.is_some_and(is)
            }
            Some(Compared::Like(glob, is_like)) => matches(glob, &text(&value)) == *is_like,
        }
    }
}

/// A number equals one that is written in another way: `1` equals `1.0`.
fn equals(value: &Value, wanted: &str) -> bool {
    let is_number = || match value {
        // Integers that differ may be one float.
        Value::Number(number) if number.is_integer() && is_integer(wanted) => false,
        Value::Number(number) => Some(number.as_f64()) == self::number(wanted),
        _ => false,
    };
    text(value) == wanted || is_number()
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Gives a text as it is, and all else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        value => json::plain(Some(value)),
    }
}

fn number(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(number)
}

impl FromStr for Has {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = OPERATORS.iter().filter_map(|operator| {
            let (field, value) = text.split_once(operator)?;
            Some((field, *operator, value))
        });
        // The first in the text; of those that begin there, the longest.
        let found = found.min_by_key(|(field, operator, _)| (field.len(), 2 - operator.len()));
        let (field, operator, value) = match found {
            Some((field, operator, value)) => (field.trim(), operator, value.trim()),
            None => (text.trim(), "", ""),
        };
        if field.is_empty() {
            return Err("expected a field, as in status>=500".to_owned());
        }
        let compared = match operator {
            "" => None,
            "=" | "==" => Some(Compared::Equal(value.to_owned(), true)),
            "!=" => Some(Compared::Equal(value.to_owned(), false)),
            "~" => Some(Compared::Like(value.to_owned(), true)),
            "!~" => Some(Compared::Like(value.to_owned(), false)),
            // Elsewhere a regular expression stands behind it.
            "=~" => {
                return Err("expected ~ and a pattern, in which * is any text, found =~".to_owned());
            }
            order => {
                let number = number(value)
                    .ok_or_else(|| format!("expected a number behind {order}, found {value:?}"))?;
                Some(Compared::Number(
                    number,
                    match order {
                        "<" => Ordering::is_lt,
                        "<=" => Ordering::is_le,
                        ">" => Ordering::is_gt,
                        _ => Ordering::is_ge,
                    },
                ))
            }
        };
        Ok(Self {
            field: field.to_owned(),
            compared,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_compared_as_a_text_or_as_a_number() {
        let line = r#"{"task_uuid":"t","task_level":[1],"message_type":"m","s":"a = b","n":500,"f":5e-1,"big":9007199254740993,"no":null,"yes":true,"list":[1,2],"text":"500","in":{"x":-1},"nan":NaN,"e":""}"#;
        let record = Record::parse(line.as_bytes()).unwrap();
        for (text, expected) in [
            ("n", true),
            ("no", true),
            ("e", true),
            ("missing", false),
            ("missing=", false),
            ("missing!=1", false),
            ("n=500", true),
            ("n = 500", true),
            ("n=500.0", true),
            ("n=5e2", true),
            ("n=501", false),
            ("n!=500", false),
            ("n!=500.0", false),
            ("n!=501", true),
            ("n>=500", true),
            ("n>500", false),
            ("n<=500", true),
            ("n<500", false),
            ("n<500.5", true),
            ("f=0.5", true),
            ("f<1", true),
            ("big=9007199254740993", true),
            ("big=9007199254740992", false),
            ("no=null", true),
            ("no<1", false),
            ("yes=true", true),
            ("list=[1,2]", true),
            ("text=500", true),
            ("text=500.0", false),
            ("text>=500", false),
            ("in.x=-1", true),
            ("in.x<0", true),
            ("nan>0", false),
            ("nan<=0", false),
            ("e=", true),
            ("s=a = b", true),
            ("s!=a", true),
            ("s~a*", true),
            ("s~*=*", true),
            ("s~b", false),
            ("s!~a*", false),
            ("s!~b*", true),
            ("missing!~b*", false),
            ("n==500", true),
            ("n == 501", false),
            ("n~5*", true),
            ("message_type=m", true),
        ] {
            let has: Has = text.parse().unwrap();
            assert_eq!(has.is_true_of(&record), expected, "{text}");
        }
    }

    #[test]
    fn a_comparison_that_makes_no_sense_is_refused() {
        for (text, expected) in [
            ("", "expected a field, as in status>=500"),
            (" =1", "expected a field, as in status>=500"),
            ("a>b", "expected a number behind >, found \"b\""),
            ("a>=", "expected a number behind >=, found \"\""),
            ("a<NaN", "expected a number behind <, found \"NaN\""),
            (
                "a=~b",
                "expected ~ and a pattern, in which * is any text, found =~",
            ),
        ] {
            assert_eq!(text.parse::<Has>().unwrap_err(), expected, "{text}");
        }
    }
}
