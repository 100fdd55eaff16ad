//! The buffers that a thread keeps, so that a line costs no allocation.

use std::cell::Cell;

use tasktrail_record::{LineBuffer, OpenSpans, Schema};

use super::members::Members;
use super::recorder::Recorder;
use super::redaction::Buffers;
use super::site::Site;

/// The buffers for one line.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Others that are not in use.
    next: Option<Box<Scratch>>,
    pub(super) fields: Members,
    pub(super) message: Vec<u8>,
    pub(super) context: Vec<u8>,
    pub(super) constants: Vec<u8>,
    pub(super) line: LineBuffer,
    pub(super) threads: Threads,
    /// The line, shortened.
    pub(super) shortened: Vec<u8>,
    /// The line, arranged anew, or as text.
    pub(super) arranged: Vec<u8>,
    /// The open spans, for the schema that shows them one by one.
    pub(super) spans: OpenSpans,
    /// The value that is being redacted.
    pub(super) redaction: Buffers,
}

/// A buffer that grew beyond this number of bytes gives its memory back after the line.
pub(super) const KEPT: usize = 64 * 1024;

thread_local! {
    /// The buffers that are not in use: formatting a value may log, so that there can be several. A
    /// box is lent for each line: to move the buffers would cost more.
    static FREE: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lends buffers to `use_them`.
pub(super) fn with<R>(use_them: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = lend();
    let result = use_them(&mut scratch);
    scratch.clear();
    let _ = FREE.try_with(|free| {
        scratch.next = free.take();
        free.set(Some(scratch));
    });
    result
}

fn lend() -> Box<Scratch> {
    let lent = FREE.try_with(|free| {
        let mut scratch = free.take()?;
        free.set(scratch.next.take());
        Some(scratch)
    });
    lent.ok().flatten().unwrap_or_default()
}

impl Scratch {
    fn clear(&mut self) {
        let few = [
            &self.context,
            &self.constants,
            &self.shortened,
            &self.arranged,
        ];
        let uses_few = few.iter().any(|buffer| !buffer.is_empty()) || !self.spans.all().is_empty();
        // Fields of a span make no line, and text is no line of JSON.
        let longest = self.fields.capacity().max(self.message.capacity());
        if uses_few || longest.max(self.line.line().len()) > KEPT {
            self.clear_all();
        }
        self.fields.clear();
        self.message.clear();
    }

    /// Clears all, and gives back the memory of what is long.
    #[cold]
    fn clear_all(&mut self) {
        let is_long = self.fields.capacity().max(self.arranged.len()) > KEPT;
        for buffer in [
            &mut self.message,
            &mut self.context,
            &mut self.constants,
            &mut self.shortened,
            &mut self.arranged,
        ] {
            buffer.clear();
            if buffer.capacity() > KEPT {
                buffer.shrink_to(KEPT);
            }
        }
        self.spans.clear();
        if self.fields.capacity() > KEPT {
            self.fields.shrink_to(KEPT);
        }
        if self.line.line().len() > KEPT || is_long {
            self.spans = OpenSpans::default();
            self.line.shrink_to(KEPT);
        }
    }

    /// Renders fields into [`fields`](Self::fields) and the text of an event into
    /// [`message`](Self::message); tells whether there was a text.
    pub(super) fn record(&mut self, site: &Site, visit: impl FnOnce(&mut Recorder<'_>)) -> bool {
        let mut recorder = Recorder {
            site,
            fields: &mut self.fields,
            message: &mut self.message,
            has_message: false,
            redaction: &mut self.redaction,
        };
        visit(&mut recorder);
        recorder.has_message
    }
}

/// What the lines of this thread share, for each schema.
#[derive(Debug, Default)]
pub(super) struct Threads(Vec<(Schema, Vec<u8>)>);

impl Threads {
    /// Gives it, encoded when it is asked for first.
    pub(super) fn encoded(&mut self, schema: Schema) -> &[u8] {
        let known = self.0.iter().position(|(known, _)| *known == schema);
        let at = known.unwrap_or_else(|| self.encode(schema));
        self.0.get(at).map_or(&[], |(_, encoded)| encoded)
    }

    #[cold]
    fn encode(&mut self, schema: Schema) -> usize {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default();
        let encoded = schema.thread(thread_id(), name);
        self.0.push((schema, encoded));
        self.0.len() - 1
    }
}

/// The number of the calling thread, from 1.
pub(super) fn thread_id() -> u64 {
    thread_local! {
        static ID: u64 = {
            // The standard library shows it in no other way.
            let text = format!("{:?}", std::thread::current().id());
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            digits.parse().unwrap_or_default()
        };
    }
    ID.try_with(|id| *id).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::key::key;

    #[test]
    fn the_memory_of_long_fields_is_given_back_though_no_line_was_made_of_them() {
        with(|scratch| {
            let key = key(Schema::Eliot, "page");
            scratch.fields.set(&key, |out| out.resize(2 * KEPT, b'1'));
        });

        with(|scratch| assert!(scratch.fields.capacity() <= KEPT));
    }
}
