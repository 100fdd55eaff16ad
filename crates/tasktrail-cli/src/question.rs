//! Questions about a message, in JMESPath.

mod compare;
mod not_asked;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jmespath::ast::Ast;
use jmespath::{Context, ErrorReason, Rcvar, RuntimeError, Variable};
use tasktrail_record::json::{Number, Value};
use tasktrail_record::{Kind, Record};

pub(crate) use not_asked::NotAsked;

/// A question that is answered with yes or no.
#[derive(Clone)]
pub(crate) struct Query {
    text: String,
    expression: Ast,
}

impl Query {
    /// Tells whether the answer is yes: anything but `null`, `false`, zero, and what is empty, as
    /// `eliot-tree` has it.
    ///
    /// # Errors
    ///
    /// If the question can't be asked of this message, for instance how long a number is.
    pub(crate) fn is_true_of(&self, message: &Message) -> Result<bool, String> {
        let answer = self.answer(&message.0);
        answer
            .map(|answer| is_true(&answer))
            .map_err(|reason| reason.to_string())
    }

    fn answer(&self, asked: &Rcvar) -> Result<Rcvar, ErrorReason> {
        let mut context = Context::new(&self.text, &compare::RUNTIME);
        let answer = jmespath::interpret(asked, &self.expression, &mut context);
        answer.map_err(|error| error.reason)
    }
}

fn is_true(answer: &Variable) -> bool {
    answer.is_truthy() && answer.as_number() != Some(0.0)
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Query").field(&self.text).finish()
    }
}

impl FromStr for Query {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expression = jmespath::parse(&with_quoted_literals(text))
            .map_err(|error| format!("{} at column {}", error.reason, error.column + 1))?;
        let query = Self {
            text: text.to_owned(),
            expression: compare::as_calls(expression),
        };
        // What no message can make good is known at once, unless another part hides it.
        let nothing = Rcvar::new(Variable::Object(BTreeMap::new()));
        match query.answer(&nothing) {
            Err(reason) if is_for_any_message(&reason) => Err(reason.to_string()),
            Ok(_) | Err(_) => Ok(query),
        }
    }
}

fn is_for_any_message(reason: &ErrorReason) -> bool {
    matches!(
        reason,
        ErrorReason::Runtime(
            RuntimeError::InvalidSlice
                | RuntimeError::UnknownFunction(_)
                | RuntimeError::TooManyArguments { .. }
                | RuntimeError::NotEnoughArguments { .. }
        )
    )
}

/// Puts quotes around texts such as `` `failed` ``, which Python's JMESPath takes without.
fn with_quoted_literals(expression: &str) -> Cow<'_, str> {
    if !expression.contains('`') {
        return Cow::Borrowed(expression);
    }
    let mut quoted = String::new();
    let mut rest = expression;
    while let Some(at) = rest.find(['`', '\'', '"']) {
        let (before, part) = rest.split_at(at);
        quoted.push_str(before);
        let Some(length) = delimited(part) else {
            rest = part;
            break;
        };
        let (part, after) = part.split_at(length);
        rest = after;
        match part
            .strip_prefix('`')
            .and_then(|part| part.strip_suffix('`'))
        {
            Some(literal) => push_literal(literal, &mut quoted),
            None => quoted.push_str(part),
        }
    }
    quoted.push_str(rest);
    Cow::Owned(quoted)
}

/// Gives the length of what a text begins with, from one delimiter to the next of its kind.
fn delimited(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    let (_, delimiter) = characters.next()?;
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == delimiter {
            return Some(at + character.len_utf8());
        }
    }
    None
}

fn push_literal(literal: &str, quoted: &mut String) {
    let json = literal.replace("\\`", "`");
    let text = format!("\"{}\"", json.trim_start());
    let is_bare = Value::parse(&json).is_err() && Value::parse(&text).is_ok();
    quoted.push('`');
    match is_bare {
        true => quoted.push_str(&text.replace('`', "\\`")),
        false => quoted.push_str(literal),
    }
    quoted.push('`');
}

/// A message as an expression sees it: with the keys that Eliot has for it, whatever its schema, and
/// beside them the attributes of its own schema.
pub(crate) struct Message(Rcvar);

impl Message {
    pub(crate) fn new(record: &Record) -> Self {
        let mut entries = BTreeMap::new();
        let mut add = |key: &str, value| entries.insert(key.to_owned(), Rcvar::new(value));
        for (key, value) in record.attributes().iter().chain(record.fields()) {
            add(key, variable(value));
        }
        if let Some(timestamp) = record.timestamp() {
            add("timestamp", variable(timestamp));
        }
        if let Some(task) = record.task() {
            add("task_uuid", text(task));
        }
        if let Some(level) = record.level() {
            let numbers = level.numbers().iter();
            let numbers = numbers.map(|part| Rcvar::new(number(&Number::from(*part))));
            add("task_level", Variable::Array(numbers.collect()));
        }
        match record.kind() {
            Kind::Start { action_type } => {
                add("action_type", text(action_type));
                add("action_status", text("started"));
            }
            Kind::End {
                action_type,
                status,
            } => {
                add("action_type", text(action_type));
                add("action_status", text(status.name()));
            }
            Kind::Message {
                message_type: Some(name),
            } => {
                add("message_type", text(name));
            }
            Kind::Message { message_type: None } => {}
        }
        Self(Rcvar::new(Variable::Object(entries)))
    }
}

fn text(text: &str) -> Variable {
    Variable::String(text.to_owned())
}

/// Takes a value over; it is no deeper than JSON was read.
fn variable(value: &Value) -> Variable {
    match value {
        Value::Null => Variable::Null,
        Value::Bool(value) => Variable::Bool(*value),
        Value::Number(value) => number(value),
        Value::String(value) => text(value),
        Value::Array(items) => Variable::Array(
            items
                .iter()
                .map(|item| Rcvar::new(variable(item)))
                .collect(),
        ),
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| (key.clone(), Rcvar::new(variable(value))));
            Variable::Object(entries.collect())
        }
    }
}

/// Takes a number over. An expression knows no infinity, so that is the largest number there, and no
/// `NaN`, so that is null.
fn number(number: &Number) -> Variable {
    let float = || number.as_f64().clamp(f64::MIN, f64::MAX);
    let negative = || number.to_string().parse::<i64>().ok();
    let taken = match (number.as_u64(), negative()) {
        (Some(integer), _) => Variable::from_serializable(integer),
        (None, Some(integer)) => Variable::from_serializable(integer),
        (None, None) => Variable::from_serializable(float()),
    };
    taken.unwrap_or(Variable::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_true(query: &str, line: &str) -> Result<bool, String> {
        let query: Query = query.parse().unwrap();
        query.is_true_of(&Message::new(&Record::parse(line.as_bytes()).unwrap()))
    }

    const LINE: &str = r#"{"task_uuid":"t","task_level":[2,1],"timestamp":1.5,"action_type":"a","action_status":"started","zero":0,"empty":"","n":-3,"big":1e400,"nan":NaN,"tick":"`","deep":{"x":[1,2]}}"#;

    #[test]
    fn an_answer_is_yes_as_python_takes_it() {
        for (query, expected) in [
            ("action_type", true),
            ("zero", false),
            ("zero == `0`", true),
            ("empty", false),
            ("missing", false),
            ("nan", false),
            ("n < `-2.5`", true),
            ("big > `5`", true),
            ("deep.x[1] == `2`", true),
            ("task_level == `[2, 1]`", true),
            ("timestamp == `1.5`", true),
            ("action_status == 'started'", true),
            ("contains(keys(@), 'task_uuid')", true),
        ] {
            assert_eq!(is_true(query, LINE), Ok(expected), "{query}");
        }
    }

    #[test]
    fn texts_have_an_order_as_in_python() {
        for (query, expected) in [
            ("action_status >= 'started'", true),
            ("action_status < 'stb'", true),
            ("'Z' < action_type && `é` > action_type", true),
            ("tick <= tick", true),
            ("'10' > '9'", false),
            ("action_type > zero", false),
            ("zero <= action_type", false),
            ("deep.x < deep.x", false),
            ("deep.x[?@ > `1`] | length(@) == `1`", true),
            ("[{k: action_type > 'A'}][0].k", true),
        ] {
            assert_eq!(is_true(query, LINE), Ok(expected), "{query}");
        }
    }

    #[test]
    fn numbers_are_equal_to_their_last_digit() {
        let line = r#"{"task_uuid":"t","task_level":[1],"order":4503599627370497,"id":18446744073709551615,"low":-9007199254740993,"half":1099511627776.5,"in":{"ids":[4503599627370497]}}"#;

        for (query, expected) in [
            ("order == `4503599627370497`", true),
            ("order == `4503599627370497.0`", true),
            ("order == `4503599627370498`", false),
            ("order != `4503599627370496`", true),
            ("order > half && half > `1099511627776`", true),
            ("id == `18446744073709551615`", true),
            ("id > `18446744073709551614`", true),
            ("low == `-9007199254740993`", true),
            ("low == `-9007199254740992`", false),
            ("in == `{\"ids\": [4503599627370497]}`", true),
            ("in == `{\"ids\": [4503599627370498]}`", false),
            ("in.ids == `[]`", false),
            ("task_level == `[1.0]`", true),
        ] {
            assert_eq!(is_true(query, line), Ok(expected), "{query}");
        }
    }

    #[test]
    fn a_bare_literal_is_a_text() {
        for (query, expected) in [
            ("action_status == `started`", true),
            ("action_status == ` started`", true),
            ("action_status == `failed`", false),
            ("tick == `\\``", true),
            ("tick == '`'", true),
            ("\"action_status\" == `\"started\"`", true),
            ("'`' == `x` || action_type == `a`", true),
        ] {
            assert_eq!(is_true(query, LINE), Ok(expected), "{query}");
        }
    }

    #[test]
    fn a_wrong_query_says_where() {
        for (query, parts) in [
            ("a ==", ["Eof", "at column 5"]),
            ("a `b", ["Unclosed ` delimiter", "at column 3"]),
            ("lenght(@)", ["undefined function", "lenght"]),
            ("length()", ["Not enough arguments", "expected 1"]),
        ] {
            let error = query.parse::<Query>().unwrap_err();

            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }

    #[test]
    fn a_question_that_does_not_suit_a_message_is_an_error() {
        let error = is_true("starts_with(n, 'x')", LINE).unwrap_err();

        assert!(
            error.contains("expects type string, given number"),
            "{error}"
        );
    }

    #[test]
    fn messages_of_all_schemas_have_the_keys_of_eliot() {
        let line = r#"{"@timestamp":"2026-11-22T04:39:32.633Z","@version":1,"message":"paid","levelname":"INFO","created":1.5,"task_uuid":"t","task_level":[2],"order":7}"#;

        for query in [
            "message_type == 'paid'",
            "task_uuid == 't'",
            "timestamp == `1.5`",
            "order == `7`",
            "levelname == 'INFO'",
        ] {
            assert_eq!(is_true(query, line), Ok(true), "{query}");
        }
    }
}
