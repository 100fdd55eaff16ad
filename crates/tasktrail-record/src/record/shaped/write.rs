//! From a record to the members of its line, by the shape of its schema.

use crate::encode;
use crate::json::Value;
use crate::record::write::{level_array, member, status};
use crate::record::{Kind, Record, find};
use crate::schema::any_value::any_value;
use crate::schema::form::Form;
use crate::schema::shape::{Holds, LevelForm, Shape};

/// Writes the members of a record's line.
pub(in crate::record) fn write(record: &Record, shape: &'static Shape, out: &mut Vec<u8>) {
    let writer = Writer { record, shape };
    writer.object(shape.keys, Form::Plain, out);
    if shape.form != Form::KeyValue {
        for (name, value) in writer.attributes_without_place() {
            member(name, value, out);
        }
    }
}

struct Writer<'r> {
    record: &'r Record,
    shape: &'static Shape,
}

impl<'r> Writer<'r> {
    fn object(&self, keys: &[(&'static str, Holds)], form: Form, out: &mut Vec<u8>) {
        for (key, holds) in keys {
            match holds {
                Holds::Attribute | Holds::Time(_) => self.attribute(key, form, out),
                Holds::Message => self.message(key, out),
                Holds::EventName => {
                    if let Some(name) = self.record.field("message_type") {
                        member(key, name, out);
                    }
                }
                Holds::TraceId => self.trace_id(key, out),
                Holds::Own => self.own(out),
                Holds::Fields => self.fields(out),
                Holds::Inner => self.inner(key, out),
            }
        }
    }

    fn inner(&self, key: &str, out: &mut Vec<u8>) {
        let (open, end) = match self.shape.form {
            Form::KeyValue => (b'[', b']'),
            Form::Plain | Form::Additional => (b'{', b'}'),
        };
        encode::string(key, out);
        out.push(b':');
        out.push(open);
        self.object(self.shape.inner, self.shape.form, out);
        if out.ends_with(b",") {
            out.pop();
        }
        out.extend_from_slice(&[end, b',']);
    }

    fn attribute(&self, key: &str, form: Form, out: &mut Vec<u8>) {
        // Of two with one name the first stood around the second.
        let mut attributes = self.record.attributes.iter().rev();
        if let Some((_, value)) = attributes.find(|(name, _)| name == key) {
            form.member(key, |out| value.write(out), out);
        }
    }

    fn message(&self, key: &str, out: &mut Vec<u8>) {
        let said;
        let message = match &self.record.kind {
            Kind::Message {
                message_type: Some(text),
            } => {
                said = Value::String(text.clone());
                Some(&said)
            }
            _ => find(&self.record.attributes, key),
        };
        if let Some(message) = message {
            encode::string(key, out);
            out.push(b':');
            match self.shape.form {
                Form::KeyValue => any_value(message, out),
                Form::Plain | Form::Additional => message.write(out),
            }
            out.push(b',');
        }
    }

    fn trace_id(&self, key: &str, out: &mut Vec<u8>) {
        match (self.record.task_id(), self.record.task()) {
            (Some(id), _) => Form::Plain.text(key, &id.trace_id().to_string(), out),
            (None, Some(task)) => Form::Plain.text(key, task, out),
            (None, None) => self.attribute(key, Form::Plain, out),
        }
    }

    /// Writes what [`Words`] names, in the order of [`Shape::write_own`].
    fn own(&self, out: &mut Vec<u8>) {
        let (record, form, words) = (self.record, self.shape.form, &self.shape.words);
        let [message_type, of_failure @ ..] = words.fields();
        self.worded(message_type, out);
        if let (Some(key), Some(task)) = (words.task_uuid, record.task()) {
            form.text(key, task, out);
        }
        if let Some(level) = record.level() {
            let write = |out: &mut Vec<u8>| match words.level {
                LevelForm::Array => level_array(level, out),
                LevelForm::Text => encode::string(&level.to_string(), out),
            };
            form.member(words.task_level, write, out);
        }
        if let Kind::Start { action_type } | Kind::End { action_type, .. } = &record.kind {
            form.text(words.action_type, action_type, out);
            form.text(words.action_status, status(&record.kind), out);
        }
        for field in of_failure {
            self.worded(field, out);
        }
    }

    /// Writes a field for which the schema has a word of its own.
    fn worded(&self, (word, field): (Option<&str>, &str), out: &mut Vec<u8>) {
        let (Some(word), Some(value)) = (word, self.record.field(field)) else {
            return;
        };
        let form = match field {
            // Another program may say there what is no list.
            "exception_sources" if matches!(value, Value::Array(_)) => self.shape.form,
            _ => self.read_form(),
        };
        form.member(word, |out| value.write(out), out);
    }

    fn fields(&self, out: &mut Vec<u8>) {
        let form = self.shape.form;
        let has_word = |name: &str| {
            let mut words = self.shape.words.fields().into_iter();
            words.any(|(_, field)| field == name)
        };
        for (name, value) in self.record.fields.iter() {
            if !has_word(name) {
                let name = form.name(name);
                self.read_form().member(&name, |out| value.write(out), out);
            }
        }
        if form == Form::KeyValue {
            for (name, value) in self.attributes_without_place() {
                form.member(name, |out| value.write(out), out);
            }
        }
    }

    /// Gives the form of a value that was read: one that GELF forbids stays as it was.
    fn read_form(&self) -> Form {
        match self.shape.form {
            Form::Additional => Form::Plain,
            form => form,
        }
    }

    /// Gives the attributes that stand under none of the shape's keys.
    fn attributes_without_place(&self) -> impl Iterator<Item = &'r (String, Value)> {
        let attributes = &self.record.attributes;
        let all = [self.shape.keys, self.shape.inner];
        // What stands under the key of the fields, but is none of them, stands among them.
        let is_place = |holds| holds != Holds::Inner;
        let has_key = move |key: &str| {
            let mut holds = all.iter().filter_map(|of| Shape::holds(of, key));
            holds.any(is_place)
        };
        let all = attributes.iter().enumerate();
        all.filter_map(move |(at, attribute)| {
            let (key, _) = attribute;
            let is_around = || find(attributes.get(at + 1..).unwrap_or_default(), key).is_some();
            (!has_key(key) || is_around()).then_some(attribute)
        })
    }
}
