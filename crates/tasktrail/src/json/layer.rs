//! The layer that renders messages as lines of JSON, or as text.

mod lines;
mod options;

use std::any::TypeId;
use std::fmt;
use std::io::{self, Stdout};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use tasktrail_record::Schema;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::context;
use super::hidden::HiddenSpans;
use super::output::{Output, OutputHandle};
use super::renderer::{Backtraces, Renderer};
use super::scratch;
use super::site::Sites;
use super::timing::Timing;
use crate::task;

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
        self.open(attributes, id, &context);
        if self.warns() && task::is_span_lost(id) {
            self.tell_lost_trail(attributes.metadata());
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let site = self.sites.get(span.metadata(), &self.renderer.names);
        scratch::with(|scratch| {
            // Formatting may log in this very span, so the span is locked only afterwards.
            scratch.record(&site, |recorder| values.record(recorder));
            let merge = self.renderer.merges();
            context::with_mut(&span, self.id, |json| json.record(&scratch.fields, merge));
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
        self.close(&id, &context);
        self.tell_untraced();
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
