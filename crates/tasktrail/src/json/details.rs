//! What a user wants to see on each line besides what the schema shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tasktrail_record::{Schema, encode};

use super::key::{Key, key};
use super::members::Members;
use super::names::Names;
use super::renderer::Said;
use crate::task::EventPlace;

/// Something that a line can show of the place in the program where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Detail {
    /// `host`: the name of the host.
    Host,
    /// `process_id`: the number of the process.
    ProcessId,
    /// `thread_name`: the name of the thread, if it has one.
    ThreadName,
    /// `thread_id`: the number of the thread in the program.
    ThreadId,
    /// `file`: the path of the source file, if it is known.
    File,
    /// `line`: the line in the source file, from 1, if it is known.
    Line,
    /// `module`: the path of the module, if it is known.
    Module,
    /// `target`: the target of the event or span.
    Target,
}

impl Detail {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::ProcessId => "process_id",
            Self::ThreadName => "thread_name",
            Self::ThreadId => "thread_id",
            Self::File => "file",
            Self::Line => "line",
            Self::Module => "module",
            Self::Target => "target",
        }
    }
}

/// What is shown besides.
#[derive(Debug, Clone)]
pub(super) struct Details {
    schema: Schema,
    shown: Vec<(Detail, Key)>,
    host: String,
    sequence: Option<(Key, Arc<AtomicU64>)>,
    correlation: Option<Correlation>,
}

#[derive(Debug, Clone)]
struct Correlation {
    key: Key,
    /// What stands for the task id outside all actions, encoded.
    outside: Vec<u8>,
}

impl Details {
    pub(super) fn new(schema: Schema, host: String) -> Self {
        Self {
            schema,
            shown: Vec::new(),
            host,
            sequence: None,
            correlation: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty() && self.sequence.is_none() && self.correlation.is_none()
    }

    pub(super) fn show(&mut self, detail: Detail, names: &Names) {
        self.shown.retain(|(shown, _)| *shown != detail);
        self.shown.push((detail, self.key(detail.name(), names)));
    }

    pub(super) fn number(&mut self, name: &str, names: &Names) {
        self.sequence = Some((self.key(name, names), Arc::default()));
    }

    pub(super) fn correlate(&mut self, name: &str, outside: &str, names: &Names) {
        let mut text = Vec::new();
        encode::string(outside, &mut text);
        self.correlation = Some(Correlation {
            key: self.key(name, names),
            outside: text,
        });
    }

    fn key(&self, name: &str, names: &Names) -> Key {
        key(self.schema, &names.own(name))
    }

    /// Adds all of it to the fields of a line.
    pub(super) fn add(&self, said: &Said<'_>, fields: &mut Members) {
        for (detail, key) in &self.shown {
            self.add_detail(*detail, key, said, fields);
        }
        if let Some((key, next)) = &self.sequence {
            let number = next.fetch_add(1, Ordering::Relaxed);
            self.set(key, fields, |out| encode::integer(number, out));
        }
        if let Some(Correlation { key, outside }) = &self.correlation {
            self.set(key, fields, |out| match &said.place {
                Some(place @ EventPlace::In(..)) => {
                    out.push(b'"');
                    out.extend_from_slice(place.encoded(&mut [0; 36]).task_uuid.as_bytes());
                    out.push(b'"');
                }
                Some(EventPlace::Alone(_)) | None => out.extend_from_slice(outside),
            });
        }
    }

    fn add_detail(&self, detail: Detail, key: &Key, said: &Said<'_>, fields: &mut Members) {
        let text = |text: &str, fields: &mut Members| {
            self.set(key, fields, |out| encode::string(text, out));
        };
        let place = &said.site.source;
        match detail {
            Detail::Host => text(&self.host, fields),
            Detail::ProcessId => self.set(key, fields, |out| {
                encode::integer(std::process::id(), out);
            }),
            Detail::ThreadName => {
                if let Some(name) = std::thread::current().name() {
                    text(name, fields);
                }
            }
            Detail::ThreadId => self.set(key, fields, |out| {
                encode::integer(super::scratch::thread_id(), out);
            }),
            Detail::File => {
                if let Some(file) = &place.file {
                    text(file, fields);
                }
            }
            Detail::Line => {
                if let Some(line) = place.line {
                    self.set(key, fields, |out| encode::integer(line, out));
                }
            }
            Detail::Module => {
                if let Some(module) = &place.module {
                    text(module, fields);
                }
            }
            Detail::Target => text(&place.target, fields),
        }
    }

    fn set(&self, key: &Key, fields: &mut Members, write: impl FnOnce(&mut Vec<u8>)) {
        fields.set(key, |out| {
            let start = out.len();
            write(out);
            self.schema.end_field(start, out);
        });
    }
}
