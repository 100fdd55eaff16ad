//! From the keys of a line to a record, by the shape of its schema.

use std::time::Duration;

use crate::json::{Value, last_of_each_key};
use crate::record::parse::{ParseRecordError, action, level, text};
use crate::record::{Kind, Record, find};
use crate::schema::SHARED_KEYS;
use crate::schema::any_value::{is_key_value, read_any_value, read_key_value};
use crate::schema::form::Form;
use crate::schema::shape::{Clock, Holds, LevelForm, Shape, Words};
use crate::timestamp::SecondText;
use crate::{Schema, TaskId, TaskLevel, Timestamp};

type Entries = Vec<(String, Value)>;

/// Finds out what each key of a line means.
pub(in crate::record) fn read(
    schema: Schema,
    shape: &'static Shape,
    entries: Entries,
) -> Result<Record, ParseRecordError> {
    let mut reader = Reader::new(shape);
    if shape.inner.is_empty() {
        reader.know(&entries);
        reader.fields(entries);
    } else {
        let (inner, around): (Entries, Entries) = entries
            .into_iter()
            .partition(|(key, _)| Shape::holds(shape.keys, key) == Some(Holds::Inner));
        let inner = reader.inner(inner);
        reader.know(&inner);
        for (key, value) in around {
            // A line of another program may have beside the fields what belongs among them.
            let holds = Shape::holds(shape.keys, &key).or_else(|| {
                Shape::holds(shape.inner, &key).filter(|_| find(&inner, &key).is_none())
            });
            reader.key(holds.unwrap_or(Holds::Attribute), key, value);
        }
        reader.fields(inner);
    }
    reader.finish(schema)
}

struct Reader {
    shape: &'static Shape,
    has_place: bool,
    is_action: bool,
    task: Option<Value>,
    level: Option<Value>,
    action_type: Option<Value>,
    action_status: Option<Value>,
    message: Option<String>,
    timestamp: Option<Value>,
    attributes: Entries,
    fields: Entries,
    repeated_keys: usize,
}

impl Reader {
    fn new(shape: &'static Shape) -> Self {
        Self {
            shape,
            has_place: false,
            is_action: false,
            task: None,
            level: None,
            action_type: None,
            action_status: None,
            message: None,
            timestamp: None,
            attributes: Vec::new(),
            fields: Vec::new(),
            repeated_keys: 0,
        }
    }

    /// Gives what stands in an object, or in a list of OpenTelemetry's attributes; what is neither
    /// stays an attribute of the line.
    fn inner(&mut self, held: Entries) -> Entries {
        let mut inner = Vec::new();
        for (key, value) in held {
            match value {
                Value::Object(entries) => inner.extend(entries),
                Value::Array(items) => {
                    let (entries, others): (Vec<_>, Vec<_>) =
                        items.into_iter().partition(is_key_value);
                    inner.extend(entries.into_iter().filter_map(read_key_value));
                    if !others.is_empty() {
                        self.attributes.push((key, Value::Array(others)));
                    }
                }
                other => self.attributes.push((key, other)),
            }
        }
        match self.shape.form {
            Form::KeyValue => self.without_repeats(inner),
            Form::Plain | Form::Additional => inner,
        }
    }

    /// Leaves the last value of each key, here and within: a list of attributes may repeat one.
    fn without_repeats(&mut self, entries: Entries) -> Entries {
        let (mut entries, repeats) = last_of_each_key(entries);
        self.repeated_keys += repeats;
        for (_, value) in &mut entries {
            self.no_repeats_within(value);
        }
        entries
    }

    fn no_repeats_within(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => items
                .iter_mut()
                .for_each(|item| self.no_repeats_within(item)),
            Value::Object(entries) => *entries = self.without_repeats(std::mem::take(entries)),
            _ => {}
        }
    }

    /// Looks at the object in which the fields stand: only lines of ours have a place.
    fn know(&mut self, entries: &Entries) {
        let words = &self.shape.words;
        self.has_place = find(entries, words.task_level).is_some();
        let action_type = find(entries, words.action_type).unwrap_or(&Value::Null);
        self.is_action = self.has_place && *action_type != Value::Null;
    }

    /// Takes the object in which the fields stand.
    fn fields(&mut self, entries: Entries) {
        let shape = self.shape;
        for (key, value) in entries {
            match Shape::holds(shape.around_fields(), &key) {
                Some(holds) => self.key(holds, key, value),
                None => self.own_or_field(key, value),
            }
        }
    }

    fn key(&mut self, holds: Holds, key: String, value: Value) {
        match holds {
            Holds::TraceId if self.has_place => self.task = Some(value),
            Holds::EventName => self.fields.push(("message_type".to_owned(), value)),
            Holds::Message => {
                let value = match self.shape.form {
                    Form::KeyValue => {
                        let mut value = read_any_value(value);
                        self.no_repeats_within(&mut value);
                        value
                    }
                    Form::Plain | Form::Additional => value,
                };
                match value {
                    Value::String(text) if !self.is_action => self.message = Some(text),
                    other => self.attributes.push((key, other)),
                }
            }
            Holds::Time(clock) => {
                self.timestamp = seconds(clock, &value);
                self.attributes.push((key, value));
            }
            _ => self.attributes.push((key, value)),
        }
    }

    fn own_or_field(&mut self, key: String, value: Value) {
        let words: &Words = &self.shape.words;
        let own = match key.as_str() {
            name if Some(name) == words.task_uuid && self.has_place => &mut self.task,
            name if name == words.task_level && self.has_place => &mut self.level,
            name if name == words.action_type && self.is_action => &mut self.action_type,
            name if name == words.action_status && self.is_action => &mut self.action_status,
            name => {
                if let Some(field) = words.field_of(name) {
                    let value = field_value(self.shape.form, field, value);
                    self.fields.push((field.to_owned(), value));
                    return;
                }
                let is_word = words.all().any(|word| word == name);
                match self.shape.form.read_name(key.clone()) {
                    // What another program calls like a field that has a word of its own here.
                    Ok(name) if SHARED_KEYS.contains(&name.as_str()) && !is_word => {
                        self.attributes.push((key, value));
                    }
                    Ok(name) => self.fields.push((name, value)),
                    Err(name) => self.attributes.push((name, value)),
                }
                return;
            }
        };
        *own = Some(value);
    }

    fn finish(self, schema: Schema) -> Result<Record, ParseRecordError> {
        let words = &self.shape.words;
        let place = match self.has_place {
            true => {
                let level = match words.level {
                    LevelForm::Array => level(words.task_level, self.level)?,
                    LevelForm::Text => level_text(words.task_level, self.level)?,
                };
                Some((task(self.shape, self.task)?, level))
            }
            false => None,
        };
        let kind = match self.is_action {
            true => action(
                text(words.action_type, self.action_type)?,
                words.action_status,
                self.action_status,
                words.task_level,
                place
                    .as_ref()
                    .and_then(|(_, level)| level.numbers().last().copied()),
            )?,
            false => Kind::Message {
                message_type: self.message,
            },
        };
        Ok(Record {
            schema,
            place,
            timestamp: self.timestamp,
            kind,
            attributes: self.attributes,
            fields: self.fields,
            repeated_keys: self.repeated_keys,
        })
    }
}

/// Gives the value of a field that is read back: GELF has a list as a text.
fn field_value(form: Form, field: &str, value: Value) -> Value {
    let list = match (form, field, value.as_str()) {
        (Form::Additional, "exception_sources", Some(json)) => Value::parse(json).ok(),
        _ => None,
    };
    list.filter(|list| matches!(list, Value::Array(_)))
        .unwrap_or(value)
}

/// Gives the name of the task; 32 hexadecimal digits are the id that other schemas write with
/// hyphens.
fn task(shape: &Shape, value: Option<Value>) -> Result<String, ParseRecordError> {
    if let Some(key) = shape.words.task_uuid {
        return text(key, value);
    }
    let trace_id = text(trace_key(shape), value)?;
    match trace_id.parse::<TaskId>() {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Ok(trace_id),
    }
}

fn trace_key(shape: &Shape) -> &'static str {
    let trace = shape
        .keys
        .iter()
        .find(|(_, holds)| *holds == Holds::TraceId);
    trace.map_or("task_uuid", |(key, _)| *key)
}

fn level_text(key: &'static str, value: Option<Value>) -> Result<TaskLevel, ParseRecordError> {
    let found = text(key, value)?;
    let level = found.parse::<TaskLevel>().ok();
    let level = level.filter(|level| !level.numbers().is_empty());
    level.ok_or_else(|| ParseRecordError::Unexpected {
        key,
        expected: "be a level such as /2/1",
        found: Value::String(found).describe(),
    })
}

/// Gives a moment as seconds since 1970-01-01T00:00:00Z, to the microsecond.
fn seconds(clock: Clock, value: &Value) -> Option<Value> {
    let time = match clock {
        Clock::Seconds => return Some(value.clone()),
        Clock::Rfc3339 => Timestamp::from_rfc3339(value.as_str()?)?,
        Clock::Nanoseconds => {
            let nanoseconds = match value {
                Value::String(digits) => digits.parse().ok()?,
                number => number.as_u64()?,
            };
            Timestamp::from_epoch(Duration::from_nanos(nanoseconds))
        }
    };
    let mut digits = Vec::new();
    time.write_seconds(&mut SecondText::default(), &mut digits);
    Value::parse(std::str::from_utf8(&digits).ok()?).ok()
}
