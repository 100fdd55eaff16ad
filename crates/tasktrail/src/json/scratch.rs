//! The buffers that a thread keeps, so that a line costs no allocation.

use std::cell::RefCell;

use tasktrail_record::{LineBuffer, OpenSpans, Schema};

use super::members::Members;
use super::recorder::Recorder;
use super::redaction::Buffers;
use super::site::Site;

/// The buffers for one line.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) fields: Members,
    pub(super) message: Vec<u8>,
    pub(super) context: Vec<u8>,
    pub(super) constants: Vec<u8>,
    pub(super) line: LineBuffer,
    pub(super) threads: Vec<(Schema, Vec<u8>)>,
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

/// A box is lent for each line: to move the buffers would cost more.
type Free = Vec<Box<Scratch>>;

thread_local! {
    /// The buffers that are not in use: formatting a value may log, so that there can be several.
    static FREE: RefCell<Free> = const { RefCell::new(Vec::new()) };
}

/// Lends buffers to `use_them`.
pub(super) fn with<R>(use_them: impl FnOnce(&mut Scratch) -> R) -> R {
    let free = FREE.try_with(|free| free.try_borrow_mut().ok()?.pop());
    let mut scratch = free.ok().flatten().unwrap_or_default();
    let result = use_them(&mut scratch);
    scratch.clear();
    let _ = FREE.try_with(|free| {
        if let Ok(mut free) = free.try_borrow_mut() {
            free.push(scratch);
        }
    });
    result
}

impl Scratch {
    fn clear(&mut self) {
        let is_long = self.fields.capacity().max(self.arranged.len()) > KEPT;
        self.fields.clear();
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
        // Fields of a span make no line, and text is no line of JSON.
        if self.fields.capacity() > KEPT {
            self.fields.shrink_to(KEPT);
        }
        if self.line.line().len() > KEPT || is_long {
            self.spans = OpenSpans::default();
            self.line.shrink_to(KEPT);
        }
    }

    /// Encodes what the lines of this thread share, unless that was done before.
    pub(super) fn know_thread(&mut self, schema: Schema) {
        if self.threads.iter().any(|(known, _)| *known == schema) {
            return;
        }
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default();
        let encoded = schema.thread(thread_id(), name);
        self.threads.push((schema, encoded));
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

/// Gives what [`Scratch::know_thread`] encoded.
pub(super) fn thread(threads: &[(Schema, Vec<u8>)], schema: Schema) -> &[u8] {
    threads
        .iter()
        .find(|(known, _)| *known == schema)
        .map(|(_, encoded)| encoded.as_slice())
        .unwrap_or_default()
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
