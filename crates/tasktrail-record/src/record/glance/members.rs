//! The members of a line that matter, and what they say together.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::scan::{Class, Scanner, Span};
use super::{Glance, GlanceKind, TaskName};
use crate::record::keys::Key;
use crate::record::recognise::{self, Keys};
use crate::schema::shape::{Holds, LevelForm, Shape, Words};
use crate::{Schema, TaskId, TaskLevel};

/// The members of one object, of which only those with a [`Key`] are known.
pub(super) struct Members<'l> {
    /// The keys that there are.
    seen: u64,
    /// Those whose values are texts, numbers and objects. Where a key stands twice the last counts.
    texts: u64,
    numbers: u64,
    objects: u64,
    /// Whether there are names that are no [`Key`]s, with and without an underscore before them.
    has_additional: bool,
    has_others: bool,
    /// The values of the first keys; what stands here for a key that was not seen means nothing.
    values: [Span<'l>; Key::WITH_VALUES],
}

impl<'l> Members<'l> {
    /// Walks through a line; `None` if it has an unusual form, or is none.
    #[inline]
    pub(super) fn of(line: &'l str) -> Option<Self> {
        let mut members = Self::none();
        let mut scanner = Scanner::new(line);
        scanner.object(|name, value| members.add(name, value))?;
        scanner.is_at_end().then_some(members)
    }

    #[inline]
    fn none() -> Self {
        Self {
            seen: 0,
            texts: 0,
            numbers: 0,
            objects: 0,
            has_additional: false,
            has_others: false,
            values: [Span::NONE; Key::WITH_VALUES],
        }
    }

    /// Walks through a list of OpenTelemetry's attributes; each key that is known must be there
    /// once, and have a text.
    fn of_attributes(list: Span<'l>) -> Option<Self> {
        let mut members = Self::none();
        let mut scanner = Scanner::new(list.text);
        scanner.items(|attribute| {
            let (mut name, mut held, mut others) = (None, None, false);
            Scanner::new(attribute.text).object(|key, value| match (key, value.class) {
                ("key", Class::Text) if name.is_none() => name = Some(value.text),
                ("value", Class::Object) if held.is_none() => held = Some(value.text),
                _ => others = true,
            })?;
            let (name, held) = name.zip(held).filter(|_| !others)?;
            let Some(key) = Key::find(name) else {
                return Some(());
            };
            let mut text = None;
            Scanner::new(held).object(|form, value| match (form, value.class) {
                ("stringValue", Class::Text | Class::EscapedText) if text.is_none() => {
                    text = Some(value);
                }
                _ => others = true,
            })?;
            let text = text.filter(|_| !others && !members.has(key))?;
            members.add(name, text);
            Some(())
        })?;
        Some(members)
    }

    #[inline]
    fn add(&mut self, name: &str, value: Span<'l>) {
        let Some(key) = Key::find(name) else {
            match name.starts_with('_') {
                true => self.has_additional = true,
                false => self.has_others = true,
            }
            return;
        };
        let bit = key.bit();
        let put = |set: &mut u64, is_in: bool| *set = (*set & !bit) | if is_in { bit } else { 0 };
        self.seen |= bit;
        let is_text = matches!(value.class, Class::Text | Class::EscapedText);
        put(&mut self.texts, is_text);
        put(&mut self.numbers, value.class == Class::Number);
        put(&mut self.objects, value.class == Class::Object);
        if let Some(place) = self.values.get_mut(key.place()) {
            *place = value;
        }
    }

    /// Says what the full reader would say of the line; `None` if that is to be asked.
    pub(super) fn glance(&self) -> Option<Glance<'l>> {
        let schema = recognise::schema(self);
        let Some(shape) = schema.shape() else {
            let has_place =
                schema == Schema::Eliot || self.has(Key::TASK_UUID) || self.has(Key::TASK_LEVEL);
            let glance = self.placed(schema, has_place, &Words::ELIOT, self)?;
            let is_message = glance.kind == GlanceKind::Message;
            // A line of Eliot's whose message type is no text is an error.
            let is_odd = schema == Schema::Eliot
                && is_message
                && self.has(Key::MESSAGE_TYPE)
                && !self.text(Key::MESSAGE_TYPE);
            return (!is_odd).then_some(glance);
        };
        if shape.inner.is_empty() {
            return self.shaped(schema, shape, self);
        }
        let inner = match schema {
            Schema::Tracing => Key::FIELDS,
            Schema::LogstashV0 => Key::AT_FIELDS,
            _ => {
                let attributes = self.value(Key::ATTRIBUTES)?;
                return Self::of_attributes(attributes)?.shaped(schema, shape, self);
            }
        };
        let inner = self.value(inner)?;
        Self::of(inner.text)?.shaped(schema, shape, self)
    }

    /// Looks for the place among the members of the object in which the fields stand.
    fn shaped(&self, schema: Schema, shape: &'static Shape, around: &Self) -> Option<Glance<'l>> {
        let has_place = self.seen & key_of(shape.words.task_level)?.bit() != 0;
        self.placed(schema, has_place, &shape.words, around)
    }

    fn placed(
        &self,
        schema: Schema,
        has_place: bool,
        words: &Words,
        around: &Self,
    ) -> Option<Glance<'l>> {
        if !has_place {
            return Some(Glance {
                schema,
                place: None,
                kind: GlanceKind::Message,
            });
        }
        let task = match words.task_uuid {
            Some(key) => TaskName::from(self.plain_text(key_of(key)?)?),
            None => trace(around.plain_text(trace_key(schema)?)?),
        };
        let level = self.level(words)?;
        let kind = self.kind(words, level.numbers().last().copied())?;
        Some(Glance {
            schema,
            place: Some((task, level)),
            kind,
        })
    }

    fn level(&self, words: &Words) -> Option<TaskLevel> {
        let value = self.value(key_of(words.task_level)?)?;
        match (words.level, value.class) {
            (LevelForm::Array, Class::Array) => {
                let mut level = TaskLevel::root();
                Scanner::new(value.text).numbers(|number| level.push(number))?;
                Some(level)
            }
            (LevelForm::Text, Class::Text) => {
                let level: TaskLevel = value.text.parse().ok()?;
                (!level.numbers().is_empty()).then_some(level)
            }
            _ => None,
        }
    }

    fn kind(&self, words: &Words, number: Option<u64>) -> Option<GlanceKind<'l>> {
        let key = key_of(words.action_type)?;
        match self.value(key) {
            None => return Some(GlanceKind::Message),
            Some(value) if value.class == Class::Null => return Some(GlanceKind::Message),
            Some(_) => {}
        }
        let action_type = Cow::Borrowed(self.plain_text(key)?);
        match self.plain_text(key_of(words.action_status)?)? {
            "started" if number == Some(1) => Some(GlanceKind::Start { action_type }),
            "succeeded" | "failed" => Some(GlanceKind::End { action_type }),
            _ => None,
        }
    }

    fn plain_text(&self, key: Key) -> Option<&'l str> {
        let value = self.value(key)?;
        (value.class == Class::Text).then_some(value.text)
    }

    fn value(&self, key: Key) -> Option<Span<'l>> {
        if !self.has(key) {
            return None;
        }
        self.values.get(key.place()).copied()
    }
}

#[inline]
fn key_of(word: &str) -> Option<Key> {
    Key::find(word)
}

fn trace_key(schema: Schema) -> Option<Key> {
    let keys = schema.shape()?.keys;
    let (name, _) = keys.iter().find(|(_, holds)| *holds == Holds::TraceId)?;
    Key::find(name)
}

/// Gives the name of a task out of a trace id.
fn trace(text: &str) -> TaskName<'_> {
    match text.parse::<TaskId>() {
        Ok(id) => TaskName::Id(id),
        Err(_) => TaskName::from(text),
    }
}

/// The schemas that are told by having no other keys, and the set of theirs.
static ONLY: LazyLock<[(Schema, u64); 3]> = LazyLock::new(|| {
    [Schema::Gelf, Schema::OpenTelemetry, Schema::Tracing].map(|schema| {
        let keys = schema.shape().map_or(&[][..], |shape| shape.keys);
        let bits = keys.iter().filter_map(|(name, _)| Key::find(name));
        (schema, bits.fold(0, |set, key| set | key.bit()))
    })
});

impl Keys for Members<'_> {
    #[inline]
    fn has(&self, key: Key) -> bool {
        self.seen & key.bit() != 0
    }

    #[inline]
    fn text(&self, key: Key) -> bool {
        self.texts & key.bit() != 0
    }

    #[inline]
    fn number(&self, key: Key) -> bool {
        self.numbers & key.bit() != 0
    }

    #[inline]
    fn object(&self, key: Key) -> bool {
        self.objects & key.bit() != 0
    }

    fn only_keys_of(&self, schema: Schema, beside: Option<char>) -> bool {
        let Some((_, keys)) = ONLY.iter().find(|(known, _)| *known == schema) else {
            return false;
        };
        let allowed = match beside {
            Some(_) => *keys | UNDERSCORED,
            None => *keys,
        };
        self.seen & !allowed == 0 && !self.has_others && (!self.has_additional || beside.is_some())
    }
}

/// The keys that begin with an underscore.
const UNDERSCORED: u64 = Key::GELF_TASK_UUID.bit()
    | Key::GELF_TASK_LEVEL.bit()
    | Key::GELF_ACTION_TYPE.bit()
    | Key::GELF_ACTION_STATUS.bit();
