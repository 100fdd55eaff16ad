//! Puts the parts of a line together.

use tasktrail_record::{
    EncodedProcess, Failure, Line, LineKind, Process, Schema, TaskId, Timestamp, encode,
};

use super::context::JsonSpan;
use super::key::key;
use super::layout::Layout;
use super::members::Members;
use super::names::Names;
use super::scratch::{self, Scratch};
use super::site::Site;
use super::timing::{self, Durations, TimeUnit, Timing};
use crate::task::EventPlace;

/// Which of the open spans' fields a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanFields {
    /// Each line shows the fields of all open spans, a closer span's in place of a farther one's:
    /// a line can be understood alone. The default for all schemas but two.
    OfAllSpans,
    /// A start shows the fields that its span was opened with, an end those that were recorded
    /// later, an event its own: nothing is said twice, the tree says the rest. The default for
    /// Eliot, which writes its messages so, and for `tracing`, which lists the open spans besides.
    WhereTheyAreSet,
}

/// What all lines of one layer share.
#[derive(Debug, Clone)]
pub(super) struct Renderer {
    pub(super) schema: Schema,
    pub(super) span_fields: SpanFields,
    pub(super) names: Names,
    pub(super) durations: Option<Durations>,
    pub(super) layout: Option<Layout>,
    process: EncodedProcess,
    /// The fields of every line, as they were given.
    given: Vec<(String, serde_json::Value)>,
    constants: Members,
}

/// What is to be rendered.
pub(super) struct Said<'a> {
    pub(super) what: What<'a>,
    pub(super) site: &'a Site,
    pub(super) place: Option<EventPlace>,
    pub(super) time: Timestamp,
}

pub(super) enum What<'a> {
    /// An action starts, with these fields.
    Start(&'a Members),
    /// An action ends, with the fields recorded since its start.
    End(&'a Members, Option<&'a Failure>, Option<&'a Timing>),
    /// An event, whose fields and text are in the buffers.
    Event { has_message: bool },
}

impl Renderer {
    pub(super) fn new(schema: Schema) -> Self {
        let host = gethostname::gethostname();
        let program = std::env::current_exe().ok();
        let program = program.as_deref().and_then(|path| path.file_name());
        Self {
            schema,
            span_fields: match schema.repeats_span_fields() {
                true => SpanFields::OfAllSpans,
                false => SpanFields::WhereTheyAreSet,
            },
            process: schema.process(Process {
                host: &host.to_string_lossy(),
                name: &program.unwrap_or_default().to_string_lossy(),
                id: std::process::id(),
                started: Timestamp::now(),
            }),
            names: Names::new(schema),
            durations: None,
            layout: None,
            given: Vec::new(),
            constants: Members::default(),
        }
    }

    /// Adds a field that stands on every line.
    pub(super) fn constant(&mut self, name: &str, value: serde_json::Value) {
        self.given.push((name.to_owned(), value));
        self.encode_constants();
    }

    /// Shows durations in a unit.
    pub(super) fn show_durations(&mut self, unit: TimeUnit) {
        self.name(|names| names.add_own(timing::NAMES));
        self.durations = Some(Durations::new(unit, self.schema, &self.names));
    }

    /// Changes what is said about names, in whichever order this and the fields are said.
    pub(super) fn name(&mut self, change: impl FnOnce(&mut Names)) {
        change(&mut self.names);
        self.encode_constants();
    }

    fn encode_constants(&mut self) {
        let schema = self.schema;
        self.constants.clear();
        for (name, value) in &self.given {
            if let Some(name) = self.names.field(name) {
                self.constants.set(&key(schema, &name), |out| {
                    let start = out.len();
                    out.extend_from_slice(value.to_string().as_bytes());
                    schema.end_field(start, out);
                });
            }
        }
    }

    /// Tells whether a span's merged fields are used at all.
    pub(super) fn merges(&self) -> bool {
        self.span_fields == SpanFields::OfAllSpans
    }

    /// Tells whether lines show the open spans one by one.
    pub(super) fn lists_spans(&self) -> bool {
        self.schema == Schema::Tracing
    }

    /// Renders one line into the thread's buffer.
    pub(super) fn render(&self, said: &Said<'_>, around: Option<&JsonSpan>, scratch: &mut Scratch) {
        scratch.know_thread(self.schema);
        let Scratch {
            fields: recorded,
            message,
            context: context_without,
            constants: constants_without,
            line: buffer,
            threads,
            arranged,
            spans,
        } = scratch;
        let nothing = Members::default();
        if let (What::End(own, _, Some(timing)), Some(durations)) = (&said.what, &self.durations) {
            if !self.merges() {
                recorded.set_all(own);
            }
            durations.show(timing, recorded);
        }
        let (fields, context) = match (self.span_fields, &said.what, around) {
            (SpanFields::WhereTheyAreSet, What::End(_, _, Some(_)), _) => (&*recorded, &nothing),
            (SpanFields::WhereTheyAreSet, What::Start(own) | What::End(own, _, _), _) => {
                (*own, &nothing)
            }
            (SpanFields::WhereTheyAreSet, What::Event { .. }, _) => (&*recorded, &nothing),
            (SpanFields::OfAllSpans, What::Event { .. }, Some(around)) => {
                (&*recorded, &around.merged)
            }
            (SpanFields::OfAllSpans, What::Event { .. }, None) => (&*recorded, &nothing),
            // The merged fields of a span hold its own; there are no others but its durations.
            (SpanFields::OfAllSpans, _, Some(around)) => (&*recorded, &around.merged),
            (SpanFields::OfAllSpans, _, None) => (&*recorded, &nothing),
        };
        let context_bytes = if context.may_overlap(fields) {
            context.write_without([fields, &nothing], context_without);
            context_without.as_slice()
        } else {
            context.as_bytes()
        };
        let constants = &self.constants;
        let constant_bytes = if constants.may_overlap(fields) || constants.may_overlap(context) {
            constants.write_without([fields, context], constants_without);
            constants_without.as_slice()
        } else {
            constants.as_bytes()
        };
        let site = said.site;
        let mut uuid = [0; 36];
        let line = Line {
            time: said.time,
            place: said.place.as_ref().map(|place| place.encoded(&mut uuid)),
            kind: match said.what {
                What::Start(_) => LineKind::Start { action: &site.name },
                What::End(_, failure, _) => LineKind::End {
                    action: &site.name,
                    failure,
                },
                What::Event { has_message } => LineKind::Event {
                    name: site.named.then_some(&*site.name),
                    message: has_message.then_some(message.as_slice()),
                    fallback: &site.target,
                },
            },
            site: &site.encoded,
            thread: scratch::thread(threads, self.schema),
            process: &self.process,
            function: around.map(|span| &*span.site.name).unwrap_or_default(),
            constants: constant_bytes,
            context: context_bytes,
            fields: fields.as_bytes(),
            spans: (self.lists_spans() && around.is_some()).then_some(&*spans),
        };
        self.schema.write(&line, buffer);
        if let Some(layout) = &self.layout {
            layout.arrange(buffer.line(), arranged);
        }
    }

    /// Gives the line that was rendered last.
    pub(super) fn rendered<'a>(&self, scratch: &'a Scratch) -> &'a [u8] {
        match &self.layout {
            Some(_) => &scratch.arranged,
            None => scratch.line.line(),
        }
    }

    /// Adds a line that says something on the layer's own behalf, as a task of its own.
    pub(super) fn tell(&self, text: &str, out: &mut Vec<u8>) {
        let site = Site::own(self.schema);
        scratch::with(|scratch| {
            encode::escaped(text, &mut scratch.message);
            let said = Said {
                what: What::Event { has_message: true },
                site: &site,
                place: Some(EventPlace::Alone(TaskId::random())),
                time: Timestamp::now(),
            };
            self.render(&said, None, scratch);
            out.extend_from_slice(self.rendered(scratch));
        });
    }
}

/// Renders texts as lines of a layer's schema, at the level WARN and the target `tasktrail`.
///
/// ```
/// let teller = tasktrail::JsonLayer::eliot().teller();
/// let mut line = Vec::new();
/// teller.write("17 lines lost", &mut line);
/// assert!(String::from_utf8(line).unwrap().ends_with("\"message_type\":\"17 lines lost\"}\n"));
/// ```
#[derive(Debug, Clone)]
pub struct Teller(pub(super) Renderer);

impl Teller {
    /// Adds a line that says `text`, a task of its own.
    pub fn write(&self, text: &str, out: &mut Vec<u8>) {
        self.0.tell(text, out);
    }
}
