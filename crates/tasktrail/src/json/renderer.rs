//! Puts the parts of a line together.

use std::borrow::Cow;
use std::sync::Arc;

use tasktrail_record::{
    EncodedProcess, Failure, Line, LineKind, Process, Schema, TaskId, Timestamp, encode,
};

use super::context::JsonSpan;
use super::details::Details;
use super::key::{Key, key};
use super::layout::Layout;
use super::limits::Limits;
use super::members::Members;
use super::names::Names;
use super::scratch::{self, Scratch};
use super::site::Site;
use super::text::Text;
use super::timing::{self, Durations, TimeUnit, Timing};
use crate::task::EventPlace;

/// Which of the open spans' fields a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanFields {
    /// Each line shows the fields of all open spans, a closer span's in place of a farther one's:
    /// a line can be understood alone. The default for all schemas but two, and not for text.
    OfAllSpans,
    /// A start shows the fields that its span was opened with, an end those that were recorded
    /// later, an event its own: nothing is said twice, the tree says the rest. The default for
    /// Eliot, which writes its messages so, for `tracing`, which lists the open spans besides, and
    /// for text.
    WhereTheyAreSet,
    /// Each line shows the fields of all open spans in an object under this key, a closer span's in
    /// place of a farther one's, and an event's own beside it.
    Nested(&'static str),
    /// Each line shows the open spans in a list under this key, the outermost first: of each its
    /// `name` and its fields. An event's own fields stand beside it.
    Listed(&'static str),
}

/// Whether backtraces are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Backtraces {
    /// They are left out, and not even captured where nobody shows them. The default.
    #[default]
    LeftOut,
    /// They are captured and shown, whatever `RUST_BACKTRACE` says.
    Shown,
}

/// What all lines of one layer share.
#[derive(Debug, Clone)]
pub(super) struct Renderer {
    pub(super) schema: Schema,
    pub(super) span_fields: SpanFields,
    pub(super) names: Names,
    pub(super) durations: Option<Durations>,
    pub(super) limits: Limits,
    pub(super) layout: Option<Layout>,
    pub(super) details: Details,
    /// The key under which spans stand, nested or listed.
    spans_key: Option<Key>,
    /// Set if a line is text, and not JSON.
    pub(super) text: Option<Text>,
    pub(super) backtraces: Backtraces,
    process: EncodedProcess,
    /// The fields of every line, as they were given.
    given: Vec<(String, serde_json::Value)>,
    pub(super) constants: Members,
}

/// What is to be rendered.
pub(super) struct Said<'a> {
    pub(super) what: What<'a>,
    pub(super) site: &'a Site,
    pub(super) place: Option<EventPlace>,
    pub(super) time: Timestamp,
    pub(super) constants: Constants,
}

/// Which fields of every line a line shows.
pub(super) enum Constants {
    /// Those of the span around it, which is the action in which it happened, or outside of all.
    OfSpan,
    /// Those of the action in which it happened, whose span the layer may not see: these, if its task
    /// carries ids.
    OfAction(Option<Arc<Members>>),
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
            names: Names::new(Some(schema)),
            durations: None,
            limits: Limits::default(),
            layout: None,
            details: Details::new(schema, host.to_string_lossy().into_owned()),
            spans_key: None,
            text: None,
            backtraces: Backtraces::default(),
            given: Vec::new(),
            constants: Members::default(),
        }
    }

    /// Renders text in place of JSON.
    pub(super) fn text() -> Self {
        Self {
            names: Names::new(None),
            text: Some(Text::new()),
            // Its fields are encoded as JSON has them, and nothing else of it shows.
            ..Self::new(Schema::Eliot)
        }
    }

    /// Adds a field that stands on every line.
    pub(super) fn constant(&mut self, name: &str, value: serde_json::Value) {
        self.given.push((name.to_owned(), value));
        self.encode_constants();
    }

    /// Takes a name for something that the layer adds itself.
    pub(super) fn own(&mut self, name: &'static str) {
        self.name(|names| names.add_own([name]));
    }

    /// Says which of the open spans' fields a line shows, and how.
    pub(super) fn show_span_fields(&mut self, which: SpanFields) {
        self.span_fields = which;
        self.spans_key = None;
        let (SpanFields::Nested(name) | SpanFields::Listed(name)) = which else {
            return;
        };
        if !self.schema.keeps_values() {
            self.span_fields = SpanFields::OfAllSpans;
            return;
        }
        let listed = matches!(which, SpanFields::Listed(_)).then_some("name");
        self.name(|names| names.add_own([name].into_iter().chain(listed)));
        self.spans_key = Some(key(self.schema, &self.names.own(name)));
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
        let mut constants = Members::default();
        for (name, value) in &self.given {
            self.set_constant(name, value, &mut constants);
        }
        self.constants = constants;
    }

    /// Adds a field of every line, as it shows.
    pub(super) fn set_constant(&self, given: &str, value: &serde_json::Value, out: &mut Members) {
        if let Some(name) = self.names.field(given)
            && let Some(value) = self.names.redaction.constant(given, value)
        {
            out.set(&key(self.schema, &name), |out| {
                let start = out.len();
                out.extend_from_slice(value.to_string().as_bytes());
                self.schema.end_field(start, out);
            });
        }
    }

    /// Tells whether a span's merged fields are used at all.
    pub(super) fn merges(&self) -> bool {
        matches!(
            self.span_fields,
            SpanFields::OfAllSpans | SpanFields::Nested(_)
        )
    }

    /// Tells whether lines show the open spans one by one.
    pub(super) fn lists_spans(&self) -> bool {
        self.schema == Schema::Tracing || matches!(self.span_fields, SpanFields::Listed(_))
    }

    /// Tells whether the ends of actions show how long they took.
    pub(super) fn shows_times(&self) -> bool {
        self.durations.is_some() || self.text.is_some()
    }

    /// Renders one line into the thread's buffer.
    pub(super) fn render(&self, said: &Said<'_>, around: Option<&JsonSpan>, scratch: &mut Scratch) {
        let adds = self.adds() && self.add(said, around, scratch);
        let own = match said.what {
            What::Start(own) | What::End(own, ..) => Some(own),
            What::Event { .. } => None,
        };
        let recorded = &scratch.fields;
        let (fields, context) = match (self.span_fields, own) {
            (SpanFields::WhereTheyAreSet, Some(own)) if !adds => (own, None),
            // The merged fields of a span hold its own.
            (SpanFields::OfAllSpans, _) => (recorded, around.map(JsonSpan::merged)),
            _ => (recorded, None),
        };
        let context_bytes = match context {
            Some(context) if fields.overlaps(context) => {
                context.write_without(&[fields], &mut scratch.context);
                scratch.context.as_slice()
            }
            Some(context) => context.as_bytes(),
            None => &[],
        };
        let constants = match &said.constants {
            Constants::OfSpan => around.and_then(|around| around.constants.as_deref()),
            Constants::OfAction(constants) => constants.as_deref(),
        };
        let constants = constants.unwrap_or(&self.constants);
        let constant_bytes = if constants.overlaps(fields)
            || context.is_some_and(|context| constants.overlaps(context))
        {
            let context = context.unwrap_or(fields);
            constants.write_without(&[fields, context], &mut scratch.constants);
            scratch.constants.as_slice()
        } else {
            constants.as_bytes()
        };
        let shown;
        let (kind, encoded_site) = match said.what {
            What::Start(_) => {
                let action = &said.site.name;
                (LineKind::Start { action }, &*said.site.encoded)
            }
            What::End(_, failure, _) => {
                shown = failure.map(|failure| self.shown(failure));
                let kind = LineKind::End {
                    action: &said.site.name,
                    failure: shown.as_deref(),
                };
                match failure {
                    Some(failure) => (kind, said.site.failed(failure)),
                    None => (kind, &*said.site.encoded),
                }
            }
            What::Event { has_message } => {
                let kind = LineKind::Event {
                    name: said.site.named.then_some(&*said.site.name),
                    message: has_message.then_some(scratch.message.as_slice()),
                    fallback: &said.site.target,
                };
                (kind, &*said.site.encoded)
            }
        };
        let mut uuid = [0; 36];
        let line = Line {
            time: said.time,
            place: said.place.as_ref().map(|place| place.encoded(&mut uuid)),
            kind,
            site: encoded_site,
            thread: scratch.threads.encoded(self.schema),
            process: &self.process,
            function: around.map(|span| &*span.site.name).unwrap_or_default(),
            constants: constant_bytes,
            context: context_bytes,
            fields: fields.as_bytes(),
            spans: (self.schema == Schema::Tracing && around.is_some()).then_some(&scratch.spans),
        };
        if let Some(text) = &self.text {
            return text.write(&line, said, &mut scratch.arranged);
        }
        self.schema.write(&line, &mut scratch.line);
        if self.layout.is_some() || self.limits.may_shorten(scratch.line.line()) {
            self.arrange(said.time, scratch);
        }
    }

    /// Tells whether a line may show more than its own fields and those of the spans around it.
    fn adds(&self) -> bool {
        self.durations.is_some() || self.spans_key.is_some() || !self.details.is_empty()
    }

    /// Adds details, durations and the spans that stand under a key to the fields of a line; tells
    /// whether the fields of its span are among these now.
    #[cold]
    fn add(&self, said: &Said<'_>, around: Option<&JsonSpan>, scratch: &mut Scratch) -> bool {
        let recorded = &mut scratch.fields;
        let timing = match (&said.what, &self.durations) {
            (What::End(_, _, Some(timing)), Some(durations)) => Some((*timing, durations)),
            _ => None,
        };
        let adds = timing.is_some() || !self.details.is_empty();
        if adds {
            if let (What::Start(own) | What::End(own, ..), SpanFields::WhereTheyAreSet) =
                (&said.what, self.span_fields)
            {
                recorded.set_all(own);
            }
            self.details.add(said, recorded);
            if let Some((timing, durations)) = timing {
                durations.show(timing, recorded);
            }
        }
        if let Some(key) = &self.spans_key {
            match self.span_fields {
                SpanFields::Nested(_) => {
                    let merged = around.map(|around| around.merged().as_bytes());
                    wrap(key, *b"{}", merged.unwrap_or_default(), recorded);
                }
                _ => wrap(key, *b"[]", scratch.spans.all(), recorded),
            }
        }
        adds
    }

    /// Arranges a line anew, or shortens it.
    #[cold]
    fn arrange(&self, time: Timestamp, scratch: &mut Scratch) {
        let Scratch {
            line: buffer,
            shortened,
            arranged,
            ..
        } = scratch;
        let time = (self.schema.time_key(), time);
        match &self.layout {
            None => {
                self.limits.shorten(buffer.line(), shortened);
            }
            // White space is no part of what a line may hold, and is put in last.
            Some(layout) if layout.is_pretty() => {
                let line = match self.limits.shorten(buffer.line(), shortened) {
                    true => shortened.as_slice(),
                    false => buffer.line(),
                };
                layout.arrange(line, time, arranged);
                shortened.clear();
            }
            Some(layout) => {
                layout.arrange(buffer.line(), time, arranged);
                self.limits.shorten(arranged, shortened);
            }
        }
    }

    /// Gives a failure as this layer shows it: another one may have asked for its backtrace, and
    /// what must not be seen is redacted.
    fn shown<'f>(&self, failure: &'f Failure) -> Cow<'f, Failure> {
        let hides = self.backtraces == Backtraces::LeftOut && !failure.backtrace.is_empty();
        let mut shown = Cow::Borrowed(failure);
        if hides {
            shown.to_mut().backtrace.clear();
        }
        match self.names.redaction.failure(&shown) {
            Some(redacted) => Cow::Owned(redacted),
            None => shown,
        }
    }

    /// Gives the line that was rendered last.
    pub(super) fn rendered<'a>(&self, scratch: &'a Scratch) -> &'a [u8] {
        match self.layout.is_some() || self.text.is_some() {
            _ if !scratch.shortened.is_empty() => &scratch.shortened,
            true => &scratch.arranged,
            false => scratch.line.line(),
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
                constants: Constants::OfSpan,
            };
            self.render(&said, None, scratch);
            out.extend_from_slice(self.rendered(scratch));
        });
    }
}

/// Sets a field to an object or a list of parts, each with a comma, unless there are none.
fn wrap(key: &Key, [open, close]: [u8; 2], parts: &[u8], fields: &mut Members) {
    if let Some(parts) = parts.strip_suffix(b",") {
        fields.set(key, |out| {
            out.push(open);
            out.extend_from_slice(parts);
            out.push(close);
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
