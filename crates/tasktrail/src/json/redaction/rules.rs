//! What the rules make of a value.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tasktrail_record::Failure;

use super::{MASK, Redact, Redaction, sensitive, write_json};
use crate::json::key::Key;
use crate::task;

/// The rules of one layer, and the count of what they redacted.
#[derive(Debug, Clone, Default)]
pub(in crate::json) struct Rules {
    redaction: Arc<Redaction>,
    redacted: RedactedValues,
}

/// The count of values that a [`JsonLayer`](crate::JsonLayer) did not show as they were, by its
/// [`Redaction`].
#[derive(Debug, Clone, Default)]
pub struct RedactedValues(Arc<AtomicU64>);

impl RedactedValues {
    /// Gives the number of values redacted so far.
    ///
    /// Counted are fields that were replaced or dropped, and each part of a text that was; a field
    /// of a span once, however many lines show it. Fields of every line are not counted.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, values: usize) {
        self.0.fetch_add(values as u64, Ordering::Relaxed);
    }
}

/// What is to be done with the values of one field.
#[derive(Debug, Clone)]
enum Treatment {
    /// Its name says it.
    Redact(Redact),
    /// Its values say it.
    Look,
}

/// What becomes of one value.
enum Shown {
    AsItIs,
    /// As the text in the buffer, in which this many values were redacted.
    Instead(usize),
    NotAtAll,
}

impl Rules {
    pub(in crate::json) fn add(&mut self, redaction: Redaction) {
        Arc::make_mut(&mut self.redaction).append(redaction);
    }

    pub(in crate::json) fn redacted(&self) -> RedactedValues {
        self.redacted.clone()
    }

    /// Decides for a field, once for its call site; gives the key back if its values are shown as
    /// they are. Without a key, it is the text of an event.
    pub(in crate::json) fn field(
        &self,
        name: &str,
        key: Option<Key>,
    ) -> Result<RedactedField, Option<Key>> {
        match self.treatment(&[name]) {
            Some(treatment) => Ok(RedactedField {
                name: name.into(),
                key,
                treatment,
                rules: self.clone(),
            }),
            None => Err(key),
        }
    }

    /// Decides for the sources of an error that is a field's value; `None` if they are shown as they
    /// are.
    pub(in crate::json) fn sources(&self, name: &str) -> Option<RedactedTexts> {
        let sources = format!("{name}_sources");
        let treatment = self.treatment(&[&sources, name])?;
        Some(RedactedTexts {
            names: [sources.into(), name.into()],
            treatment,
            rules: self.clone(),
        })
    }

    /// Decides for a value that has these names alike.
    fn treatment(&self, names: &[&str]) -> Option<Treatment> {
        let rules = &self.redaction;
        let named = rules
            .names
            .iter()
            .find(|(pattern, _)| names.iter().any(|name| pattern.matches(name)));
        match named.map(|(_, how)| how).or(rules.rest.as_ref()) {
            None | Some(Redact::Nothing) => {
                let looks = !rules.predicates.is_empty() || !rules.kinds.is_empty();
                looks.then_some(Treatment::Look)
            }
            Some(how) => Some(Treatment::Redact(how.clone())),
        }
    }

    /// Shows a text, or the text of a value that is none, perhaps by another one.
    fn show(
        &self,
        names: &[&str],
        treatment: &Treatment,
        text: &str,
        is_text: bool,
        instead: &mut String,
    ) -> Shown {
        let how = match treatment {
            Treatment::Redact(how) => Some(how),
            Treatment::Look => self.asked(names, text),
        };
        instead.clear();
        match how {
            Some(Redact::Drop) => Shown::NotAtAll,
            Some(Redact::Nothing) | None if is_text => self.look_through(text, instead),
            Some(Redact::Nothing) | None => Shown::AsItIs,
            Some(how) => {
                how.write(text, instead);
                Shown::Instead(1)
            }
        }
    }

    /// Tells whether a value that is no text shows as it is, whatever it is.
    fn shows_numbers(&self, treatment: &Treatment) -> bool {
        matches!(treatment, Treatment::Look) && self.redaction.predicates.is_empty()
    }

    /// Asks the predicates.
    fn asked(&self, names: &[&str], text: &str) -> Option<&Redact> {
        let mut predicates = self.redaction.predicates.iter();
        let asked = predicates.find(|(is_secret, _)| match Asking::start() {
            // What can't be answered might be a secret.
            Some(_asking) => {
                task::survive(|| names.iter().any(|name| is_secret(name, text))).unwrap_or(true)
            }
            None => true,
        });
        asked.map(|(_, how)| how)
    }

    fn look_through(&self, text: &str, instead: &mut String) -> Shown {
        let parts = sensitive::find(text, &self.redaction.kinds);
        let mut shown = 0;
        let mut redacted = 0;
        for (part, how) in &parts {
            instead.push_str(text.get(shown..part.start).unwrap_or_default());
            let secret = text.get(part.clone()).unwrap_or_default();
            how.write(secret, instead);
            redacted += usize::from(!matches!(how, Redact::Nothing));
            shown = part.end;
        }
        if redacted == 0 {
            return Shown::AsItIs;
        }
        instead.push_str(text.get(shown..).unwrap_or_default());
        Shown::Instead(redacted)
    }

    /// Gives what the end of an action says about its failure, if that is not all.
    #[cold]
    pub(in crate::json) fn failure(&self, failure: &Failure) -> Option<Failure> {
        let reason = self.treatment(REASON);
        let sources = self.treatment(SOURCES);
        let mut shown = failure.clone();
        if let Some(treatment) = &reason {
            let text = self.failure_text(REASON, treatment, &failure.reason);
            shown.reason = text.unwrap_or_default();
        }
        if let Some(treatment) = &sources {
            let texts = failure.sources.iter();
            let texts = texts.filter_map(|text| self.failure_text(SOURCES, treatment, text));
            shown.sources = texts.collect();
        }
        (reason.is_some() || sources.is_some()).then_some(shown)
    }

    fn failure_text(&self, names: &[&str], treatment: &Treatment, text: &str) -> Option<String> {
        let mut instead = String::new();
        match self.show(names, treatment, text, true, &mut instead) {
            Shown::AsItIs => Some(text.to_owned()),
            Shown::Instead(count) => {
                self.redacted.add(count);
                Some(instead)
            }
            Shown::NotAtAll => {
                self.redacted.add(1);
                None
            }
        }
    }

    /// Gives what a field of every line shows, which may be any JSON; `None` if it is dropped.
    pub(in crate::json) fn constant(&self, name: &str, value: &Value) -> Option<Value> {
        let Some(treatment) = self.treatment(&[name]) else {
            return Some(value.clone());
        };
        let mut instead = String::new();
        let json;
        let (text, is_text) = match value {
            Value::String(text) => (text, true),
            other => {
                json = other.to_string();
                (&json, false)
            }
        };
        match self.show(&[name], &treatment, text, is_text, &mut instead) {
            Shown::AsItIs => Some(self.look_into(value, &mut 0)),
            Shown::Instead(_) => Some(Value::String(instead)),
            Shown::NotAtAll => None,
        }
    }

    /// Looks through all texts in a value, names too: those of a map are values of the program's.
    fn look_into(&self, value: &Value, redacted: &mut usize) -> Value {
        match value {
            Value::String(text) => Value::String(self.look_at(text, redacted)),
            Value::Array(items) => {
                let items = items.iter();
                items.map(|item| self.look_into(item, redacted)).collect()
            }
            Value::Object(members) => {
                let mut shown = serde_json::Map::new();
                for (name, member) in members {
                    let mut name = self.look_at(name, redacted);
                    while shown.contains_key(&name) {
                        name.push('_');
                    }
                    shown.insert(name, self.look_into(member, redacted));
                }
                Value::Object(shown)
            }
            other => other.clone(),
        }
    }

    /// Gives a text that was looked through.
    fn look_at(&self, text: &str, redacted: &mut usize) -> String {
        let mut instead = String::new();
        match self.look_through(text, &mut instead) {
            Shown::Instead(count) => {
                *redacted += count;
                instead
            }
            Shown::AsItIs | Shown::NotAtAll => text.to_owned(),
        }
    }
}

/// The names of the texts of a failure: a program logs an error as `error`.
const REASON: &[&str] = &["reason", "error"];
const SOURCES: &[&str] = &["exception_sources", "error"];

thread_local! {
    /// A predicate runs on this thread: what it logs itself must not make it be asked again.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Says that a predicate runs, until it is dropped.
struct Asking;

impl Asking {
    fn start() -> Option<Self> {
        let is_asking = ASKING.try_with(|asking| asking.replace(true));
        // Made only here: the drop of one says that no predicate runs any more.
        matches!(is_asking, Ok(false)).then(|| Self)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let _ = ASKING.try_with(|asking| asking.set(false));
    }
}

/// A field of a call site whose values are redacted, or looked at.
#[derive(Debug)]
pub(in crate::json) struct RedactedField {
    /// The name that the program gave it.
    name: Box<str>,
    /// `None` for the text of an event.
    pub(in crate::json) key: Option<Key>,
    treatment: Treatment,
    rules: Rules,
}

/// The texts of what caused an error that is a field's value, which are redacted or looked at.
#[derive(Debug)]
pub(in crate::json) struct RedactedTexts {
    /// The name of the field, and that with `_sources` at its end: what is said of either counts.
    names: [Box<str>; 2],
    treatment: Treatment,
    rules: Rules,
}

impl RedactedTexts {
    /// Gives the texts as they are shown.
    pub(in crate::json) fn shown(&self, texts: &[String]) -> Vec<String> {
        let names = self.names.each_ref().map(|name| &**name);
        let shown = |text: &String| self.rules.failure_text(&names, &self.treatment, text);
        texts.iter().filter_map(shown).collect()
    }
}

/// The buffers for one value.
#[derive(Debug, Default)]
pub(in crate::json) struct Buffers {
    /// The value as JSON; without quotes if it is the text of an event.
    pub(in crate::json) json: Vec<u8>,
    text: Vec<u8>,
    instead: String,
}

impl Buffers {
    /// Gives back memory beyond `bytes`: a line may be short though a value in it was long.
    pub(in crate::json) fn shrink_to(&mut self, bytes: usize) {
        for buffer in [&mut self.json, &mut self.text] {
            if buffer.capacity() > bytes {
                buffer.clear();
                buffer.shrink_to(bytes);
            }
        }
        if self.instead.capacity() > bytes {
            self.instead.clear();
            self.instead.shrink_to(bytes);
        }
    }
}

impl RedactedField {
    /// Gives a value that is JSON with what its texts hide of it, if kinds of values are looked for;
    /// what its name or a predicate says comes on top of that.
    #[cfg(all(feature = "valuable", tracing_unstable))]
    pub(in crate::json) fn texts_within(&self, json: Vec<u8>) -> Vec<u8> {
        if self.rules.redaction.kinds.is_empty() {
            return json;
        }
        match serde_json::from_slice(&json) {
            Ok(value) => {
                let mut redacted = 0;
                let shown = self.rules.look_into(&value, &mut redacted);
                self.rules.redacted.add(redacted);
                shown.to_string().into_bytes()
            }
            // Too deep to be read: what can't be looked through might hold a secret.
            Err(_) => {
                self.rules.redacted.add(1);
                format!("\"{MASK}\"").into_bytes()
            }
        }
    }

    /// Tells whether the value must be in the buffers to redact it.
    pub(in crate::json) fn needs_value(&self) -> bool {
        match &self.treatment {
            Treatment::Redact(how) => how.needs_value(),
            Treatment::Look => true,
        }
    }

    /// Puts what is shown in place of the value in the buffers; `false` if that is no field at all.
    pub(in crate::json) fn redact(&self, buffers: &mut Buffers) -> bool {
        let Buffers {
            json,
            text,
            instead,
        } = buffers;
        let is_message = self.key.is_none();
        let within_quotes = json
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_suffix(b"\""))
            .filter(|_| !is_message);
        let is_text = is_message || within_quotes.is_some();
        if !is_text && self.rules.shows_numbers(&self.treatment) {
            return true;
        }
        let escaped = within_quotes.unwrap_or(json);
        let plain = if escaped.contains(&b'\\') {
            unescape(escaped, text);
            text
        } else {
            escaped
        };
        let shown = match std::str::from_utf8(plain) {
            Ok(plain) => self
                .rules
                .show(&[&self.name], &self.treatment, plain, is_text, instead),
            // It is, as all that is written here.
            Err(_) => {
                instead.clear();
                instead.push_str(MASK);
                Shown::Instead(1)
            }
        };
        match shown {
            Shown::AsItIs => true,
            Shown::Instead(count) => {
                json.clear();
                write_json(instead, !is_message, json);
                self.rules.redacted.add(count);
                true
            }
            Shown::NotAtAll => {
                self.rules.redacted.add(1);
                false
            }
        }
    }
}

/// Writes a text without the escapes of [`encode::escaped`](tasktrail_record::encode::escaped), in
/// place of what was in `out`.
fn unescape(escaped: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = escaped;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        let (byte, length) = match rest.get(at + 1..).unwrap_or_default() {
            [b'u', b'0', b'0', high, low, ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
                (digit(*high) << 4 | digit(*low), 6)
            }
            [b'n', ..] => (b'\n', 2),
            [b't', ..] => (b'\t', 2),
            [b'r', ..] => (b'\r', 2),
            [b'b', ..] => (0x08, 2),
            [b'f', ..] => (0x0c, 2),
            [same, ..] => (*same, 2),
            [] => (b'\\', 1),
        };
        out.push(byte);
        rest = rest.get(at + length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tasktrail_record::encode;

    use super::*;

    proptest! {
        #[test]
        fn what_was_escaped_is_found_again(text in any::<String>(), controls in "[\\x00-\\x1f\"\\\\]{0,9}") {
            let text = text + &controls;
            let (mut escaped, mut plain) = (Vec::new(), Vec::new());
            encode::escaped(&text, &mut escaped);
            unescape(&escaped, &mut plain);

            prop_assert_eq!(plain, text.into_bytes());
        }
    }
}
