//! What a schema makes of a value that it can't hold.

use super::loss::Loss;
use crate::Schema;
use crate::json::{MAX_DEPTH, Value};
use crate::schema::form::Form;

/// Makes of each value what the schema holds.
pub(super) fn keep(
    schema: Schema,
    attributes: &mut [(String, Value)],
    fields: &mut [(String, Value)],
    losses: &mut Vec<Loss>,
) {
    let form = schema.form();
    // The objects and lists around a value, and those in place of one of the value.
    let (around, array, object) = match schema {
        Schema::OpenTelemetry => (3, 3, 4),
        Schema::LogstashV0 | Schema::Tracing => (2, 1, 1),
        _ => (1, 1, 1),
    };
    for (name, value) in attributes.iter_mut().chain(fields) {
        let keeps_list = name == "exception_sources" && matches!(value, Value::Array(_));
        if any(value, &is_not_finite) {
            losses.push(Loss::NotANumber);
        }
        match form {
            Form::Additional
                if !keeps_list && !matches!(value, Value::String(_) | Value::Number(_)) =>
            {
                losses.push(Loss::Value);
                *value = json(value);
            }
            Form::Additional if is_not_finite(value) => {
                *value = Value::String("null".to_owned());
            }
            Form::KeyValue if any(value, &is_wide) => losses.push(Loss::Integer),
            _ => {}
        }
        if form != Form::Additional && around + depth(value, array, object) > MAX_DEPTH {
            losses.push(Loss::Depth);
            *value = json(value);
        }
    }
}

/// Tells whether a value, or one in it, is such. It is no deeper than what the reader takes.
pub(super) fn any(value: &Value, is_such: &impl Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| any(item, is_such)),
        Value::Object(entries) => entries.iter().any(|(_, value)| any(value, is_such)),
        value => is_such(value),
    }
}

/// Gives how many objects and lists stand in each other, if an array and an object are so many.
fn depth(value: &Value, array: usize, object: usize) -> usize {
    let deepest = |of: &mut dyn Iterator<Item = &Value>| {
        of.map(|value| depth(value, array, object))
            .max()
            .unwrap_or(0)
    };
    match value {
        Value::Array(items) => array + deepest(&mut items.iter()),
        Value::Object(entries) => object + deepest(&mut entries.iter().map(|(_, value)| value)),
        _ => 0,
    }
}

/// Gives a text that is the JSON of a value.
fn json(value: &Value) -> Value {
    let mut json = Vec::new();
    value.write(&mut json);
    Value::String(String::from_utf8_lossy(&json).into_owned())
}

pub(super) fn is_not_finite(value: &Value) -> bool {
    let Value::Number(number) = value else {
        return false;
    };
    let text = number.to_string();
    let digits = text.trim_start_matches('-');
    !digits.starts_with(|first: char| first.is_ascii_digit())
}

fn is_wide(value: &Value) -> bool {
    let Value::Number(number) = value else {
        return false;
    };
    match number.is_integer() {
        true => number.to_string().parse::<i64>().is_err(),
        false => number.as_f64().is_infinite() && !is_not_finite(value),
    }
}
