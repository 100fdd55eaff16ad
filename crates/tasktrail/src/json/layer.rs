//! The layer that renders messages as lines of JSON, or as text.

use std::any::TypeId;
use std::fmt;
use std::io::{self, Stdout};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use tasktrail_record::{Schema, Timestamp};
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::context::{self, JsonSpan};
use super::details::Detail;
use super::hidden::HiddenSpans;
use super::layout::Layout;
use super::limits::ShortenedLines;
use super::output::{LostLines, Output, OutputHandle};
use super::redaction::{RedactedValues, Redaction};
use super::renderer::{Backtraces, Renderer, Said, SpanFields, Teller, What};
use super::scratch::{self, Scratch};
use super::site::{Site, Sites};
use super::text::When;
use super::timing::{TimeUnit, Timing};
use crate::task::{self, Action, EventPlace, Handle, TaskSpan};

/// Renders each message as one line of JSON, in a [schema](Schema), or as [text](JsonLayer::text)
/// for a person at a terminal.
///
/// Behind a [`TaskLayer`](crate::TaskLayer), lines carry the task and their place in it, and spans
/// show as the starts and ends of actions. Alone, the layer renders events.
///
/// ```
/// use tasktrail::{JsonLayer, TaskLayer};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(TaskLayer::new())
///     .with(JsonLayer::logstash().field("service", "orders").with_writer(std::io::stderr));
/// ```
///
/// # What always holds
///
/// A line of JSON is one object in UTF-8, written in one call, with one `\n` at its end and no name
/// twice. Of two fields with one name the closer one shows: an event's own, then the innermost
/// span's, then those around it, then the [fields of every line](JsonLayer::field). A field named
/// like a key of the schema gets an underscore at its end:
/// [`Schema::field_name`](tasktrail_record::Schema::field_name) has the rule.
///
/// An error given as `error = &error as &(dyn Error + 'static)` shows as its text. Beside it, in a
/// list called `error_sources`, stand the texts of its sources, the nearest first and at most 64; an
/// error without sources has no such list. Whatever takes the field's place takes the list's, too; a
/// field of the program's own that has the list's name stands in its place.
///
/// ```
/// use std::error::Error;
/// # #[derive(Debug)]
/// # struct NoPrice(std::num::ParseIntError);
/// # impl std::fmt::Display for NoPrice {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
/// #         f.write_str("no price")
/// #     }
/// # }
/// # impl Error for NoPrice {
/// #     fn source(&self) -> Option<&(dyn Error + 'static)> {
/// #         Some(&self.0)
/// #     }
/// # }
/// # let lines = tasktrail::example::lines(|| {
///
/// let error = NoPrice("ten".parse::<u32>().unwrap_err());
/// tracing::warn!(error = &error as &(dyn Error + 'static), "no sale");
/// # });
/// assert!(lines[0].starts_with(
///     r#"{"error":"no price","error_sources":["invalid digit found in string"],"#
/// ));
/// ```
///
/// With the feature `valuable` a value of that crate is nested JSON, where all is built with
/// `--cfg tracing_unstable`.
///
/// A record of the `log` crate that `tracing-log` hands on shows its own target, level, file, line and
/// module, and not those of the bridge.
///
/// Nothing here panics, prints, or hands an error to the program. A line that the writer refuses
/// is counted, and the next line that can be written tells how many were lost.
pub struct JsonLayer<W = fn() -> Stdout> {
    renderer: Renderer,
    output: Output<W>,
    actions: Actions,
    sites: Sites,
    /// The number of this layer among all of the program.
    id: u32,
    handle: OutputHandle,
    /// This layer's place in the order of the task layer's [`State`](task::State).
    order: u64,
    /// What the task layer and this one tell each other, if there is a task layer.
    tasks: OnceLock<Arc<task::State>>,
    hidden: HiddenSpans,
}

/// Which messages of an action show; what does not show is counted all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Actions {
    /// Each action shows with its start and its end. The default, but for [`Schema::Tracing`].
    #[default]
    StartsAndEnds,
    /// Each action shows with its end.
    Ends,
    /// Only events show. The default for [`Schema::Tracing`].
    Neither,
}

impl JsonLayer {
    /// Writes the lines of Python's `logstash_formatter`, version 1, to standard output.
    pub fn logstash() -> Self {
        Self::new(Schema::LogstashV1)
    }

    /// Writes the lines of Python's Eliot to standard output.
    pub fn eliot() -> Self {
        Self::new(Schema::Eliot)
    }

    /// Writes the lines of Python's `logstash_formatter`, version 0, to standard output.
    pub fn logstash_v0() -> Self {
        Self::new(Schema::LogstashV0)
    }

    /// Writes the lines of Java's logstash-logback-encoder to standard output.
    pub fn logback() -> Self {
        Self::new(Schema::Logback)
    }

    /// Writes lines in the Elastic Common Schema to standard output.
    pub fn ecs() -> Self {
        Self::new(Schema::Ecs)
    }

    /// Writes Graylog's GELF 1.1, a message a line, to standard output.
    pub fn gelf() -> Self {
        Self::new(Schema::Gelf)
    }

    /// Writes the lines of Node's Bunyan to standard output.
    pub fn bunyan() -> Self {
        Self::new(Schema::Bunyan)
    }

    /// Writes what Google Cloud Logging takes from standard output.
    pub fn google_cloud() -> Self {
        Self::new(Schema::GoogleCloud)
    }

    /// Writes OpenTelemetry's log records, a `LogRecord` in OTLP's JSON a line, to standard output.
    pub fn open_telemetry() -> Self {
        Self::new(Schema::OpenTelemetry)
    }

    /// Writes the lines of `tracing_subscriber::fmt().json()` to standard output: of events alone,
    /// unless [`actions`](Self::actions) says otherwise.
    pub fn tracing() -> Self {
        Self::new(Schema::Tracing)
    }

    /// Writes text for a person at a terminal, and not JSON, to standard output.
    ///
    /// A message shows its time of day in UTC, its level, the first four digits of its task id in a
    /// colour that the task keeps, then, the further to the right the deeper it is in its task, what
    /// happened, and its task level. The end of an action tells how long it took. Of a text with
    /// several lines, those after the first are indented. All that a terminal could take for a
    /// command is escaped, as in JSON. What reads lines does not read these.
    ///
    /// In fields, a text that is one word has no quotes. No name of a field is changed; a
    /// [`layout`](Self::layout) does nothing here. [`color`](Self::color) says whether there are
    /// colours.
    ///
    /// ```
    /// use tasktrail::{JsonLayer, TaskLayer};
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// # let file = tempfile();
    /// let subscriber = tracing_subscriber::registry()
    ///     .with(TaskLayer::new())
    ///     .with(JsonLayer::text().with_writer(file.clone()));
    /// tracing::subscriber::with_default(subscriber, || {
    ///     let _order = tracing::info_span!("order", id = 17).entered();
    ///     tracing::info!(shares = 100, "sold");
    /// });
    /// // 12:04:31.123Z INFO  8ad6 → order started id=17  /1
    /// // 12:04:31.123Z INFO  8ad6   shop::orders: sold shares=100  /2
    /// // 12:04:31.123Z INFO  8ad6 ← order succeeded 47 µs  /3
    /// # let text = file.text();
    /// # let lines: Vec<_> = text.lines().collect();
    /// # assert!(lines[0].ends_with(" → order started id=17  /1"), "{text}");
    /// # assert!(lines[1].ends_with(": sold shares=100  /2"), "{text}");
    /// # assert!(lines[2].contains(" ← order succeeded "), "{text}");
    /// # #[derive(Clone)]
    /// # struct File(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    /// # fn tempfile() -> File { File(Default::default()) }
    /// # impl File {
    /// #     fn text(&self) -> String { String::from_utf8(self.0.lock().unwrap().clone()).unwrap() }
    /// # }
    /// # impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for File {
    /// #     type Writer = tracing_subscriber::fmt::writer::MutexGuardWriter<'a, Vec<u8>>;
    /// #     fn make_writer(&'a self) -> Self::Writer { self.0.make_writer() }
    /// # }
    /// ```
    pub fn text() -> Self {
        Self::of(Renderer::text())
    }

    /// Writes the lines of a schema to standard output.
    pub fn new(schema: Schema) -> Self {
        Self::of(Renderer::new(schema))
    }

    fn of(renderer: Renderer) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let schema = renderer.schema;
        Self {
            renderer,
            output: Output::new(io::stdout),
            actions: match schema {
                // As the layer shows none whose lines these are.
                Schema::Tracing => Actions::Neither,
                _ => Actions::default(),
            },
            sites: Sites::new(id, schema),
            id,
            handle: OutputHandle::default(),
            order: 0,
            tasks: OnceLock::new(),
            hidden: HiddenSpans::default(),
        }
    }
}

impl<W> JsonLayer<W> {
    /// Writes to somewhere else than standard output, as the `fmt` layer's method of this name.
    #[must_use]
    pub fn with_writer<W2>(mut self, writer: W2) -> JsonLayer<W2>
    where
        W2: for<'writer> MakeWriter<'writer> + 'static,
    {
        if let Some(text) = &mut self.renderer.text {
            text.writes_to::<W2>();
        }
        JsonLayer {
            renderer: self.renderer,
            output: Output::new(writer),
            actions: self.actions,
            sites: self.sites,
            id: self.id,
            handle: self.handle,
            order: self.order,
            tasks: self.tasks,
            hidden: self.hidden,
        }
    }

    /// Shows a field on every line, such as the service's name and version; by default there is
    /// none. On a line that shows a field of that name from a span or an event, that one shows in
    /// its place.
    ///
    /// ```
    /// let layer = tasktrail::JsonLayer::eliot()
    ///     .field("service", "orders")
    ///     .field("replica", 3);
    /// ```
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.renderer.constant(name, value.into());
        self
    }

    /// Shows a field under another name; by default each has the name that the program gave it.
    ///
    /// This is about the fields of spans, of events and of every line, not about the keys of the
    /// schema. If the new name is such a key it gets an underscore, as any field does.
    ///
    /// ```
    /// let layer = tasktrail::JsonLayer::eliot()
    ///     .rename("method", "http.request.method")
    ///     .leave_out("password");
    /// ```
    #[must_use]
    pub fn rename(mut self, field: &str, name: &str) -> Self {
        self.renderer.name(|names| names.rename(field, name));
        self
    }

    /// Leaves a field out, by the name that the program gave it; by default all are shown.
    #[must_use]
    pub fn leave_out(mut self, field: &str) -> Self {
        self.renderer.name(|names| names.leave_out(field));
        self
    }

    /// Cuts each text that is longer than so many bytes, as it stands in the line, and puts `…` at
    /// its end; by default none is cut. Less than 64 counts as 64.
    ///
    /// A value is formatted whole before it is cut.
    #[must_use]
    pub fn longest_value(mut self, bytes: usize) -> Self {
        self.renderer.limits.bound_values(bytes);
        self
    }

    /// Shortens each line that is longer than so many bytes: first its texts are cut as by
    /// [`longest_value`](Self::longest_value), then its longest members are left out; by default
    /// lines have any length. Less than 64 counts as 64.
    #[must_use]
    pub fn longest_line(mut self, bytes: usize) -> Self {
        self.renderer.limits.bound_lines(bytes);
        self
    }

    /// Gives the count of lines in which something was cut, to be read at any time.
    ///
    /// ```
    /// use tasktrail::JsonLayer;
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let layer = JsonLayer::ecs().longest_value(100).with_writer(std::io::sink);
    /// let shortened = layer.shortened_lines();
    /// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
    ///     tracing::info!(page = "x".repeat(1_000_000), "fetched");
    /// });
    ///
    /// assert_eq!(shortened.count(), 1);
    /// ```
    pub fn shortened_lines(&self) -> ShortenedLines {
        self.renderer.limits.shortened()
    }

    /// Shows more of where each line comes from; by default it shows what the schema shows. The
    /// name of each [`Detail`] is said there; fields with these names get an underscore.
    ///
    /// ```
    /// use tasktrail::{Detail, JsonLayer};
    ///
    /// let layer = JsonLayer::eliot().show([Detail::Host, Detail::File, Detail::Line]);
    /// ```
    #[must_use]
    pub fn show(mut self, details: impl IntoIterator<Item = Detail>) -> Self {
        for detail in details {
            self.renderer.own(detail.name());
            let names = &self.renderer.names;
            self.renderer.details.show(detail, names);
        }
        self
    }

    /// Numbers the lines of this layer from 0, in a field of this name; by default they are not
    /// numbered. Fields with this name get an underscore.
    ///
    /// The number is taken when a line is rendered: lines that several threads write at once can
    /// come out in another order.
    #[must_use]
    pub fn sequence(mut self, name: &'static str) -> Self {
        self.renderer.own(name);
        let names = &self.renderer.names;
        self.renderer.details.number(name, names);
        self
    }

    /// Shows the task id in a field of this name, such as the `correlation_id` of web middlewares,
    /// and `outside` in its place on lines outside all actions, such as `internal`; by default it
    /// is not shown. Fields with this name get an underscore.
    ///
    /// ```
    /// let layer = tasktrail::JsonLayer::ecs().correlation_id("correlation_id", "internal");
    /// ```
    #[must_use]
    pub fn correlation_id(mut self, name: &'static str, outside: &str) -> Self {
        self.renderer.own(name);
        let names = &self.renderer.names;
        self.renderer.details.correlate(name, outside, names);
        self
    }

    /// Arranges the keys of each line; by default they stand as the schema has them.
    ///
    /// The command `tasktrail` reads lines whose keys for the task, the action and the time have
    /// the schema's names.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.renderer.layout = Some(layout);
        self
    }

    /// Shows on the end of each action how long it took, in a unit of choice; by default not.
    ///
    /// Text tells the first of these times even without.
    ///
    /// `duration` is the time for which the span was open, `busy` that for which it was entered,
    /// by one thread or more, and `idle` the rest. Fields with these names get an underscore.
    ///
    /// ```
    /// use tasktrail::{JsonLayer, TimeUnit};
    ///
    /// let layer = JsonLayer::eliot().durations(TimeUnit::Milliseconds);
    /// ```
    #[must_use]
    pub fn durations(mut self, unit: TimeUnit) -> Self {
        self.renderer.show_durations(unit);
        self
    }

    /// Says whether the end of an action that [`fail`](crate::fail()) or a panic made fail shows
    /// the stack on which that happened; by default [it does not](Backtraces::LeftOut).
    ///
    /// It is one text of at most 64 KiB: `exception_backtrace` in Eliot's, Logstash's and `tracing`'s
    /// lines; in those of other schemas the end of their `stack_trace`, by whatever name. To capture
    /// it costs milliseconds, and is done once the layer is part of a subscriber.
    ///
    /// ```
    /// use tasktrail::{Backtraces, JsonLayer};
    ///
    /// let layer = JsonLayer::ecs().backtraces(Backtraces::Shown);
    /// ```
    #[must_use]
    pub fn backtraces(mut self, which: Backtraces) -> Self {
        self.renderer.backtraces = which;
        self
    }

    /// Says which messages of an action show; by default its
    /// [start and its end](Actions::StartsAndEnds), for [`Schema::Tracing`]
    /// [neither](Actions::Neither).
    #[must_use]
    pub fn actions(mut self, which: Actions) -> Self {
        self.actions = which;
        self
    }

    /// Says whether [text](Self::text) has colours; by default [`When::Auto`]: if it goes to
    /// [`std::io::stdout`] or [`std::io::stderr`], that is a terminal, and the environment variable
    /// `NO_COLOR` is not set or empty. JSON has none.
    ///
    /// A writer of another type is not known to be a terminal, even if it writes to one.
    ///
    /// ```
    /// use tasktrail::{JsonLayer, When};
    ///
    /// let layer = JsonLayer::text().color(When::Always);
    /// ```
    #[must_use]
    pub fn color(mut self, when: When) -> Self {
        if let Some(text) = &mut self.renderer.text {
            text.color(when);
        }
        self
    }

    /// Decides about colours now, for lines that some other writer will take to standard output, or
    /// to somewhere else.
    #[cfg(feature = "setup")]
    pub(crate) fn fix_color(mut self, is_standard_output: bool) -> Self {
        if let Some(text) = &mut self.renderer.text {
            text.fix_color(is_standard_output);
        }
        self
    }

    /// Says which of the open spans' fields a line shows; by default what is usual for the schema.
    #[must_use]
    pub fn span_fields(mut self, which: SpanFields) -> Self {
        self.renderer.show_span_fields(which);
        self
    }

    /// Gives what renders a text as a line of this layer's schema, with the
    /// [fields of every line](Self::field) set so far: for a writer that has something to tell.
    pub fn teller(&self) -> Teller {
        Teller(self.renderer.clone())
    }

    /// Gives the count of lines that could not be written, to be read at any time.
    pub fn lost_lines(&self) -> LostLines {
        self.output.lost_lines()
    }

    /// Redacts values, by the names of their fields or by what they are; by default all are shown.
    ///
    /// Said twice, the rules of the second time follow those of the first.
    ///
    /// ```
    /// use tasktrail::{JsonLayer, Redact, Redaction};
    ///
    /// let layer = JsonLayer::eliot()
    ///     .redact(Redaction::new().names(["password", "*token*"], Redact::Mask));
    /// assert_eq!(layer.redacted().count(), 0);
    /// ```
    #[must_use]
    pub fn redact(mut self, redaction: Redaction) -> Self {
        self.renderer.name(|names| names.redaction.add(redaction));
        self
    }

    /// Gives the count of values that were [redacted](Self::redact), to be read at any time.
    pub fn redacted(&self) -> RedactedValues {
        self.renderer.names.redaction.redacted()
    }
}

impl<W> JsonLayer<W>
where
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    /// Writes the line of an event.
    fn event<S>(&self, event: &Event<'_>, context: &Context<'_, S>)
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let metadata = event.metadata();
        let site = self.sites.get(metadata, &self.renderer.names);
        // A record of the `log` crate: each has a place of its own, and the bridge one call site.
        let record = site.is_log.then(|| event.normalized_metadata()).flatten();
        let record_site = record
            .as_ref()
            .map(|record| Site::of_record(self.renderer.schema, record));
        scratch::with(|scratch| {
            // The fields first: formatting them may log, and then those messages come first.
            let has_message = scratch.record(&site, |recorder| event.record(recorder));
            let (place, time, is_in_innermost) = self.ask(event, context);
            let said = Said {
                what: What::Event { has_message },
                site: record_site.as_ref().unwrap_or(&site),
                place,
                time,
            };
            // Mostly the task layer has found the span already.
            if !(is_in_innermost && self.render_in_action(&said, scratch)) {
                self.render_in_span(&said, event, context, scratch);
            }
            self.write(record.as_ref().unwrap_or(metadata), scratch);
        });
    }

    /// Renders an event by what is kept with its action; `false` if this layer does not know the
    /// action's span, has to merge its fields anew, or needs those around it one by one.
    fn render_in_action(&self, said: &Said<'_>, scratch: &mut Scratch) -> bool {
        if self.renderer.lists_spans() {
            return false;
        }
        let Some(EventPlace::In(action, _)) = &said.place else {
            return false;
        };
        match action.outputs().get(self.id) {
            Some(span) if !self.renderer.merges() || span.is_fresh() => {
                self.renderer.render(said, Some(span), scratch);
                true
            }
            _ => false,
        }
    }

    /// Renders an event by the innermost span that this layer sees.
    fn render_in_span<S>(
        &self,
        said: &Said<'_>,
        event: &Event<'_>,
        context: &Context<'_, S>,
        scratch: &mut Scratch,
    ) where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        match context.event_span(event) {
            Some(span) => {
                if self.renderer.lists_spans() {
                    context::list(&span, self.id, &mut scratch.spans);
                }
                let mut render = |is_fresh: bool| {
                    context::with(&span.extensions(), self.id, |around| match around {
                        Some(json) if !is_fresh && !json.is_fresh() => false,
                        around => {
                            self.renderer.render(said, around, scratch);
                            true
                        }
                    })
                };
                if !render(!self.renderer.merges()) {
                    context::refresh(&span, self.id);
                    render(true);
                }
            }
            // A filter may keep the span from this layer that the event names as its parent.
            None => match event.parent() {
                Some(parent) => self.hidden.around(parent, self.id, |around, open| {
                    scratch.spans = open;
                    self.renderer.render(said, around, scratch);
                }),
                None => self.renderer.render(said, None, scratch),
            },
        }
    }

    /// Says to the task layer, if it is found, that there is an output.
    fn know_tasks(&self, handle: Option<&Handle>) {
        if let Some(handle) = handle {
            handle.state.has_output.store(true, Ordering::Relaxed);
            let _ = self.tasks.set(Arc::clone(&handle.state));
        }
    }

    /// Asks the task layer for the place and the time of an event, and whether it happens in the
    /// action of the innermost span of all.
    fn ask<S>(
        &self,
        event: &Event<'_>,
        context: &Context<'_, S>,
    ) -> (Option<EventPlace>, Timestamp, bool)
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        match task::ask(event) {
            Ok(Some(asked)) => (Some(asked.place), asked.time, asked.is_in_innermost),
            Ok(None) => {
                // It is known that the task layer comes behind once it has seen an event too late.
                let misplaced = |tasks: &Arc<task::State>| tasks.misplaced.load(Ordering::Relaxed);
                if self.tasks.get().is_some_and(misplaced) {
                    self.tell_misplaced();
                }
                (None, Timestamp::now(), false)
            }
            // At the very end of a thread the task layer has nowhere to leave word.
            Err(_) => {
                let place = self.tasks.get().map(|_| {
                    let span = context.event_span(event);
                    let extensions = span.as_ref().map(SpanRef::extensions);
                    let task = extensions.as_ref().and_then(|all| all.get::<TaskSpan>());
                    EventPlace::take(task.and_then(TaskSpan::nearest))
                });
                (place, Timestamp::now(), false)
            }
        }
    }

    /// Writes the line of an action's start or end, if it is an action that shows them.
    fn action<S>(&self, span: &SpanRef<'_, S>, end: bool)
    where
        S: for<'lookup> LookupSpan<'lookup>,
    {
        let shows = match self.actions {
            Actions::StartsAndEnds => true,
            Actions::Ends => end,
            Actions::Neither => false,
        };
        if !shows {
            return;
        }
        if end && self.renderer.merges() {
            context::refresh(span, self.id);
        }
        scratch::with(|scratch| {
            if self.renderer.lists_spans() {
                context::list(span, self.id, &mut scratch.spans);
            }
            let extensions = span.extensions();
            let Some(task) = extensions.get::<TaskSpan>() else {
                return;
            };
            let rendered = context::with(&extensions, self.id, |json| {
                let (Some(action), Some(json)) = (task.own(), json) else {
                    return None;
                };
                let (what, number, time) = match end {
                    false => {
                        let what = What::Start(&json.opened);
                        (what, Action::START, task.started())
                    }
                    true => {
                        let timing = json.timing.as_ref();
                        let what = What::End(&json.recorded, task.failure(), timing);
                        (what, task.end(), task.ended())
                    }
                };
                let said = Said {
                    what,
                    site: &json.site,
                    place: Some(EventPlace::In(Arc::clone(action), number)),
                    time,
                };
                self.renderer.render(&said, Some(json), scratch);
                Some(matches!(said.what, What::End(_, Some(_), _)))
            });
            drop(extensions);
            match rendered {
                Some(true) => self.write(&at_error(span.metadata()), scratch),
                Some(false) => self.write(span.metadata(), scratch),
                None => {}
            }
        });
    }

    fn time<S>(&self, id: &Id, context: &Context<'_, S>, note: fn(&mut Timing))
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let Some(span) = context.span(id) else {
            return;
        };
        context::with_mut(&span, self.id, |json| {
            if let Some(timing) = &mut json.timing {
                note(timing);
            }
        });
    }

    /// Writes the line that was rendered, after a line that tells of lost ones if there are any.
    fn write(&self, metadata: &Metadata<'_>, scratch: &mut Scratch) {
        let lost = self.output.take_untold();
        if lost > 0 && !self.tell(&format!("{lost} lines could not be written")) {
            self.output.put_back_untold(lost);
        }
        if !self
            .output
            .write(Some(metadata), self.renderer.rendered(scratch))
        {
            self.output.lose();
        }
    }

    /// Writes a line of this layer's own; `false` if it could not be written.
    fn tell(&self, text: &str) -> bool {
        let mut line = Vec::new();
        self.renderer.tell(text, &mut line);
        self.output.write(None, &line)
    }

    /// Tells, once, that this output stands before the task layer.
    fn tell_misplaced(&self) {
        if self.output.tell_misplaced_now() && !self.tell(MISPLACED) {
            self.output.lose();
        }
    }
}

/// Gives what a writer is told of the end of an action that failed: the span at the level ERROR.
fn at_error<'m>(span: &Metadata<'m>) -> Metadata<'m> {
    Metadata::new(
        span.name(),
        span.target(),
        Level::ERROR,
        span.file(),
        span.line(),
        span.module_path(),
        FieldSet::new(&[], span.callsite()),
        Kind::SPAN,
    )
}

/// What an output says that stands before the task layer.
const MISPLACED: &str = "this output stands before the task layer, so that its lines have no task ids: \
     put it behind, as in registry().with(TaskLayer::new()).with(output)";

impl<S, W> Layer<S> for JsonLayer<W>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    // Layers that may be there, and lists of layers, are told nothing but this.
    fn on_layer(&mut self, subscriber: &mut S) {
        let inner: &dyn Subscriber = subscriber;
        self.know_tasks(inner.downcast_ref());
        self.order = task::next_order();
        self.hidden.know_spans::<S>();
        if self.renderer.backtraces == Backtraces::Shown {
            task::want_backtraces();
        }
    }

    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.hidden.know_dispatch(dispatch);
        let is_behind = self.tasks.get().is_some();
        self.know_tasks(dispatch.downcast_ref());
        let is_joined_before = |tasks: &Arc<task::State>| {
            // A task layer in a list of layers, which is asked for nothing, has no order.
            let order = tasks.order.load(Ordering::Relaxed);
            !is_behind && order != 0 && order < self.order
        };
        if self.handle.is_misplaced() || self.tasks.get().is_some_and(is_joined_before) {
            self.tell_misplaced();
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let site = self.sites.get(attributes.metadata(), &self.renderer.names);
        let opened = scratch::with(|scratch| {
            scratch.record(&site, |recorder| attributes.record(recorder));
            scratch.fields.clone()
        });
        if let Some(task) = span.extensions_mut().get_mut::<TaskSpan>() {
            task.accept();
        }
        let timing = self.renderer.shows_times().then(Timing::start);
        context::open(
            &span,
            self.id,
            JsonSpan::new(site, opened, timing, self.renderer.lists_spans()),
            self.renderer.merges(),
        );
        self.action(&span, false);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let site = self.sites.get(span.metadata(), &self.renderer.names);
        scratch::with(|scratch| {
            // Formatting may log in this very span, so the span is locked only afterwards.
            scratch.record(&site, |recorder| values.record(recorder));
            context::with_mut(&span, self.id, |json| json.record(&scratch.fields));
        });
    }

    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        task::begin(event);
        true
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        self.event(event, &context);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if self.renderer.durations.is_some() {
            self.time(id, &context, Timing::enter);
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        if self.renderer.durations.is_some() {
            self.time(id, &context, Timing::exit);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id) {
            self.action(&span, true);
        }
    }

    #[expect(
        unsafe_code,
        reason = "how layers offer a part of themselves to `downcast_ref`"
    )]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            Some(std::ptr::from_ref(self).cast())
        } else if id == TypeId::of::<OutputHandle>() {
            Some(std::ptr::from_ref(&self.handle).cast())
        } else {
            None
        }
    }
}

impl<W> fmt::Debug for JsonLayer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("JsonLayer");
        match &self.renderer.text {
            Some(text) => debug.field("text", text),
            None => debug.field("schema", &self.renderer.schema),
        };
        debug
            .field("actions", &self.actions)
            .field("span_fields", &self.renderer.span_fields)
            .finish_non_exhaustive()
    }
}
