//! From a line to a record.

use std::fmt;

use super::{EndStatus, Kind, Record, find, recognise, shaped};
use crate::json::{ParseError, Value, parse_counting_repeats};
use crate::schema::logstash::ATTRIBUTES;
use crate::{Schema, TaskLevel};

pub(super) fn record(line: &[u8]) -> Result<Record, ParseRecordError> {
    let text = std::str::from_utf8(line).map_err(|error| {
        let before = error.valid_up_to();
        ParseRecordError::NotUtf8 {
            column: before + 1,
            byte: line.get(before).copied().unwrap_or_default(),
        }
    })?;
    let (value, repeated_keys) = parse_counting_repeats(text).map_err(ParseRecordError::NotJson)?;
    let entries = match value {
        Value::Object(entries) => entries,
        other => {
            return Err(ParseRecordError::NotAnObject {
                found: other.describe(),
            });
        }
    };
    let mut record = sort_keys(entries)?;
    record.repeated_keys += repeated_keys;
    Ok(record)
}

/// Finds out what each key of a line means.
fn sort_keys(entries: Vec<(String, Value)>) -> Result<Record, ParseRecordError> {
    let schema = recognise::schema(&entries);
    if let Some(shape) = schema.shape() {
        return shaped::read(schema, shape, entries);
    }
    let has = |key| find(&entries, key).is_some();
    // Only the lines of Python's own Logstash formatter know no tasks. There, whatever is named
    // like a key of ours is a field.
    let has_place = schema == Schema::Eliot || has("task_uuid") || has("task_level");
    let action_type = find(&entries, "action_type").unwrap_or(&Value::Null);
    let is_action = has_place && *action_type != Value::Null;

    let mut own = OwnKeys::default();
    let mut attributes = Vec::new();
    let mut fields = Vec::new();
    for (key, value) in entries {
        match (schema, key.as_str()) {
            (_, "task_uuid") if has_place => own.task_uuid = Some(value),
            (_, "task_level") if has_place => own.task_level = Some(value),
            (_, "action_type") if is_action => own.action_type = Some(value),
            (_, "action_status") if is_action => own.action_status = Some(value),
            (Schema::Eliot, "timestamp") => own.timestamp = Some(value),
            (Schema::Eliot, "message_type") if !is_action => own.message_type = Some(value),
            (Schema::LogstashV1, "message") if is_action => attributes.push((key, value)),
            (Schema::LogstashV1, "message") if value.as_str().is_some() => {
                own.message_type = Some(value);
            }
            (Schema::LogstashV1, name) if ATTRIBUTES.contains(&name) => {
                attributes.push((key, value));
            }
            _ => fields.push((key, value)),
        }
    }
    let place = match has_place {
        true => Some((
            text("task_uuid", own.task_uuid)?,
            level("task_level", own.task_level)?,
        )),
        false => None,
    };
    let kind = match is_action {
        true => action(
            text("action_type", own.action_type)?,
            "action_status",
            own.action_status,
            "task_level",
            place
                .as_ref()
                .and_then(|(_, level)| level.numbers().last().copied()),
        )?,
        false => Kind::Message {
            message_type: match own.message_type {
                Some(value) => Some(text("message_type", Some(value))?),
                None => None,
            },
        },
    };
    Ok(Record {
        schema,
        place,
        timestamp: own.timestamp,
        kind,
        attributes,
        fields,
        repeated_keys: 0,
    })
}

/// The values of the keys that a record has getters for.
#[derive(Default)]
struct OwnKeys {
    task_uuid: Option<Value>,
    task_level: Option<Value>,
    timestamp: Option<Value>,
    action_type: Option<Value>,
    action_status: Option<Value>,
    message_type: Option<Value>,
}

pub(super) fn level(
    key: &'static str,
    value: Option<Value>,
) -> Result<TaskLevel, ParseRecordError> {
    let error = |expected, found| ParseRecordError::Unexpected {
        key,
        expected,
        found,
    };
    let numbers = match value {
        Some(Value::Array(numbers)) if !numbers.is_empty() => numbers,
        Some(other) => return Err(error("be an array such as [2,1]", other.describe())),
        None => return Err(ParseRecordError::Missing { key }),
    };
    let numbers = numbers
        .iter()
        .map(|number| {
            number
                .as_u64()
                .filter(|number| *number > 0)
                .ok_or_else(|| error(NUMBERS, number.describe()))
        })
        .collect::<Result<Vec<u64>, _>>()?;
    TaskLevel::from_numbers(&numbers).map_err(|source| error(NUMBERS, source.to_string()))
}

const NUMBERS: &str = "hold numbers from 1 to 18446744073709551615";

/// Reads the kind of a message that is about an action, from the value of `key`; `number` is the
/// last of the level, which stands under `level_key`.
pub(super) fn action(
    action_type: String,
    key: &'static str,
    status: Option<Value>,
    level_key: &'static str,
    number: Option<u64>,
) -> Result<Kind, ParseRecordError> {
    let status = status.ok_or(ParseRecordError::Missing { key })?;
    let status = match status.as_str() {
        Some("started") if number == Some(1) => return Ok(Kind::Start { action_type }),
        Some("started") => {
            return Err(ParseRecordError::Unexpected {
                key: level_key,
                expected: "end with 1, as each start does",
                found: number.unwrap_or_default().to_string(),
            });
        }
        Some("succeeded") => EndStatus::Succeeded,
        Some("failed") => EndStatus::Failed,
        _ => {
            return Err(ParseRecordError::Unexpected {
                key,
                expected: "be \"started\", \"succeeded\" or \"failed\"",
                found: status.describe(),
            });
        }
    };
    Ok(Kind::End {
        action_type,
        status,
    })
}

pub(super) fn text(key: &'static str, value: Option<Value>) -> Result<String, ParseRecordError> {
    match value {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(ParseRecordError::Unexpected {
            key,
            expected: "be a text",
            found: other.describe(),
        }),
        None => Err(ParseRecordError::Missing { key }),
    }
}

/// Says why a line is not a record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseRecordError {
    /// The line is not UTF-8.
    NotUtf8 {
        /// The place of the first byte that is wrong, counted from 1.
        column: usize,
        /// The byte that stands there.
        byte: u8,
    },
    /// The line is not JSON.
    NotJson(ParseError),
    /// The line is another JSON value than an object.
    NotAnObject {
        /// What it is.
        found: String,
    },
    /// A key is missing that every line of this kind has.
    Missing {
        /// The key.
        key: &'static str,
    },
    /// A key has a value that its schema forbids.
    Unexpected {
        /// The key.
        key: &'static str,
        /// What the schema says about it, to be read after "expected ... to".
        expected: &'static str,
        /// What stands there.
        found: String,
    },
}

impl fmt::Display for ParseRecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { column, byte } => {
                write!(
                    f,
                    "expected UTF-8, found byte 0x{byte:02x} at column {column}"
                )
            }
            Self::NotJson(error) => error.fmt(f),
            Self::NotAnObject { found } => write!(f, "expected a JSON object, found {found}"),
            Self::Missing { key } => write!(f, "expected {key}, found a line that has no {key}"),
            Self::Unexpected {
                key,
                expected,
                found,
            } => write!(f, "expected {key} to {expected}, found {found}"),
        }
    }
}

impl std::error::Error for ParseRecordError {}
