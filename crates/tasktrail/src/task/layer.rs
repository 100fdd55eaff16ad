//! The layer that stamps every span and event with its task.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tasktrail_record::Failure;
use tracing_core::dispatcher::WeakDispatch;
use tracing_core::span::{Attributes, Id};
use tracing_core::{Dispatch, Event, Subscriber};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::event::Around;
use super::failure::{self, Cause};
use super::fmt_fields::FmtFields;
use super::lost_trail::Trails;
use super::opentelemetry::{Traced, Tracer};
use super::{Action, TaskSpan, event, hand_over, recent};
use crate::json::OutputHandle;

/// Stamps every span and event with the task it belongs to and its exact place in it.
///
/// It stands before the outputs, so that it sees everything first:
///
/// ```
/// use tasktrail::{JsonLayer, TaskLayer};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(TaskLayer::new())
///     .with(JsonLayer::logstash());
/// ```
///
/// A span is an action, a span without a parent starts a task, and each message takes the next
/// number of its action. A number is taken only for what some [`JsonLayer`](crate::JsonLayer)
/// accepts, once. Without such an output each span counts that this layer sees, and each event for
/// which somebody asks by [`event_position`](crate::event_position).
///
/// One for a subscriber: a second one put behind it by `with` does nothing. Behind a
/// `reload::Layer`, which hides what it holds, [`current`](crate::current),
/// [`hand_over`](crate::hand_over) and [`fail`](crate::fail()) don't find it: reload a filter instead.
///
/// From the first subscriber on that has this layer, a panic hook remembers each panic's message
/// and place for the end of the action that it breaks off, then runs the hook that was there before.
pub struct TaskLayer<S> {
    on_error_event: OnErrorEvent,
    fmt_fields: Vec<Box<dyn FmtFields>>,
    pub(super) handle: Handle,
    /// Another one stands before this one, and two would count everything twice.
    is_second: bool,
    /// The way to spans that a filter keeps from this layer.
    pub(super) dispatch: OnceLock<WeakDispatch>,
    subscriber: std::marker::PhantomData<fn(S)>,
}

/// What an event says of its action if it is an ERROR with a field `error`, as
/// `#[instrument(err)]` logs it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnErrorEvent {
    /// The action in which it happened fails, with the field's text as its reason. The default.
    #[default]
    FailTheAction,
    /// Nothing: it is a message like others.
    Ignore,
}

impl<S> TaskLayer<S>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    /// Makes the layer, with the defaults of each method here.
    pub fn new() -> Self {
        Self {
            on_error_event: OnErrorEvent::default(),
            fmt_fields: Vec::new(),
            handle: Handle {
                with_span: with_span::<S>,
                state: Arc::default(),
            },
            is_second: false,
            dispatch: OnceLock::new(),
            subscriber: std::marker::PhantomData,
        }
    }

    /// Says what an ERROR event with a field `error` does to its action; by default it
    /// [fails](OnErrorEvent::FailTheAction).
    #[must_use]
    pub fn on_error_event(mut self, what: OnErrorEvent) -> Self {
        self.on_error_event = what;
        self
    }

    /// Shows `task_uuid` and `task_level` among the fields of each span that a stock `fmt` layer
    /// prints; by default they are not shown there.
    ///
    /// `fields` is what the `fmt` layer formats fields with: `DefaultFields::new()` for text,
    /// `JsonFields::new()` for JSON. Every span that this layer sees then counts.
    ///
    /// ```
    /// use tasktrail::TaskLayer;
    /// use tracing_subscriber::fmt::format::DefaultFields;
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let subscriber = tracing_subscriber::registry()
    ///     .with(TaskLayer::new().with_fmt_fields(DefaultFields::new()))
    ///     .with(tracing_subscriber::fmt::layer());
    /// ```
    #[must_use]
    pub fn with_fmt_fields<N>(mut self, fields: N) -> Self
    where
        N: for<'writer> FormatFields<'writer> + Send + Sync + 'static,
    {
        self.fmt_fields.push(Box::new(fields));
        self
    }

    /// Says whether to warn where a thread or a future was probably started without its task; by
    /// default in builds with `debug_assertions`, such as those that `cargo run` and `cargo test`
    /// make.
    ///
    /// Nobody tells a layer who started a thread. The warning is a guess, once for each call site:
    /// what is logged first on a thread that is neither the main one nor tokio's, at the level INFO
    /// or above, in no action and with others open, was probably meant to be in one of them; so was
    /// any such event, but no span, in a tokio task, where the feature `tokio` is on. A call site
    /// that started a task before, with none open, is trusted from then on, and so is `parent: None`.
    /// Records of the `log` crate are left alone.
    ///
    /// Each [`JsonLayer`](crate::JsonLayer) that shows what was logged tells it in a line of its
    /// own: a WARN of the target `tasktrail`, whatever filters say.
    ///
    /// ```
    /// use tasktrail::TaskLayer;
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let subscriber = tracing_subscriber::registry()
    ///     .with(TaskLayer::new().warn_of_lost_trails(true));
    /// ```
    #[must_use]
    pub fn warn_of_lost_trails(self, warn: bool) -> Self {
        self.handle.state.trails.set(warn);
        self
    }

    /// Gives a new span, as this layer knows it, in the one around it.
    fn within(
        &self,
        attributes: &Attributes<'_>,
        context: &Context<'_, S>,
        traced: Option<Traced>,
    ) -> TaskSpan {
        let name = attributes.metadata().name();
        let span = if attributes.is_contextual() {
            let current = context.current_span();
            let recent = current.id().and_then(|id| self.recent_nearest(id));
            if let Some(around) = recent {
                return TaskSpan::new(name, around, traced);
            }
            let Some(current) = current.id() else {
                return TaskSpan::new(name, None, traced).outermost();
            };
            // A filter may keep the innermost one from the layer, and not those around it.
            context.span(current).or_else(|| context.lookup_current())
        } else {
            attributes.parent().and_then(|id| context.span(id))
        };
        let around = match span {
            Some(span) => {
                let extensions = span.extensions();
                extensions.get().and_then(TaskSpan::nearest).cloned()
            }
            None => attributes.parent().and_then(|id| self.behind_filter(id)),
        };
        TaskSpan::new(name, around, traced)
    }

    /// Looks whether a span that opens was probably to be in a task that is open.
    fn see_span(
        &self,
        span: &TaskSpan,
        is_handed_over: bool,
        id: &Id,
        attributes: &Attributes<'_>,
    ) {
        let trails = &self.handle.state.trails;
        let starts = span.nearest().is_none() && !is_handed_over;
        trails.open_span(id, attributes, starts);
        if !span.is_within_action() {
            trails.count_open();
            span.any().count();
        }
    }

    /// Gives the action in which something happens that happens in a span, if this thread has dealt
    /// with that one last.
    fn recent_nearest(&self, id: &Id) -> Option<Option<Arc<Action>>> {
        recent::with_open(&self.handle.state, id, |span| span.nearest().cloned())
    }

    /// Gives where an event happens, and says there that it tells a failure, if it does; `None` if
    /// it happens in no action, and in no span that this layer sees.
    fn around_event(
        &self,
        event: &Event<'_>,
        context: &Context<'_, S>,
        mut failure: Option<Failure>,
    ) -> Option<Around> {
        let mut around = |span: &TaskSpan, is_innermost: bool| {
            if let Some(failure) = failure.take() {
                span.any().fail(Cause::ErrorEvent, failure);
            }
            Around {
                action: span.nearest().cloned(),
                is_innermost: is_innermost && span.own().is_some(),
            }
        };
        let current;
        let innermost = match event.parent() {
            Some(parent) => Some(parent),
            None if event.is_contextual() => {
                current = context.current_span();
                current.id()
            }
            None => return None,
        };
        let state = &self.handle.state;
        let recent =
            innermost.and_then(|id| recent::with_open(state, id, |span| around(span, true)));
        if recent.is_some() {
            return recent;
        }
        let found = innermost.and_then(|id| Some((context.span(id)?, true)));
        // A filter may keep the innermost one from the layer, and not those around it.
        let found = found.or_else(|| Some((context.event_span(event)?, false)));
        let Some((span, is_innermost)) = found else {
            let action = self.behind_filter(event.parent()?)?;
            return Some(Around {
                action: Some(action),
                is_innermost: false,
            });
        };
        let Some(task) = span.extensions().get::<TaskSpan>().cloned() else {
            return Some(Around::default());
        };
        let around = around(&task, is_innermost);
        recent::remember(state, &span.id(), task);
        Some(around)
    }

    /// Gives the nearest action around a span that a filter keeps from this layer.
    fn behind_filter(&self, id: &Id) -> Option<Arc<Action>> {
        let dispatch = self.dispatch.get()?.upgrade()?;
        let mut action = None;
        self.handle
            .with_span(&dispatch, id, &mut |found| action = Some(Arc::clone(found)));
        action
    }

    /// Tells whether a span has its place at once, without an output that accepts it.
    fn counts_all(&self) -> bool {
        !self.fmt_fields.is_empty() || !self.handle.state.has_output.load(Ordering::Relaxed)
    }
}

impl<S> Default for TaskLayer<S>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for TaskLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLayer")
            .field("on_error_event", &self.on_error_event)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for TaskLayer<S>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_layer(&mut self, subscriber: &mut S) {
        let inner: &dyn Subscriber = subscriber;
        if let Some(output) = inner.downcast_ref::<OutputHandle>() {
            output.misplace();
        }
        self.is_second = inner.is::<Handle>();
        self.handle
            .state
            .order
            .store(next_order(), Ordering::Relaxed);
        failure::watch_panics();
    }

    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if self.is_second {
            return;
        }
        let metadata = attributes.metadata();
        let continued = hand_over::continued(metadata);
        let is_handed_over = continued.is_some();
        let traced = self.traced(attributes, id, &context);
        let span = match continued {
            Some(continued) => TaskSpan::continued(continued, metadata.name(), traced),
            None => self.within(attributes, &context, traced),
        };
        if self.handle.state.trails.is_on() {
            self.see_span(&span, is_handed_over, id, attributes);
        }
        if self.counts_all() {
            span.accept();
        }
        let Some(reference) = context.span(id) else {
            return;
        };
        // Formatting runs code of the user's, so the span is locked only afterwards.
        let mut formatted = Vec::new();
        if let Some(action) = span.own() {
            let inserts = self.fmt_fields.iter();
            formatted.extend(inserts.filter_map(|fields| fields.format(attributes, action)));
        }
        let mut extensions = reference.extensions_mut();
        for insert in formatted {
            insert(&mut extensions);
        }
        extensions.replace(span.clone());
        drop(extensions);
        recent::remember(&self.handle.state, id, span);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if self.is_second {
            return;
        }
        let failure = match self.on_error_event {
            OnErrorEvent::FailTheAction => failure::of_event(event),
            OnErrorEvent::Ignore => None,
        };
        let around = self.around_event(event, &context, failure);
        if self.handle.state.trails.is_on() {
            self.handle.state.trails.see_event(event, around.is_none());
        }
        let around = around.unwrap_or_default();
        if !event::announce(event, around) {
            self.handle.state.misplaced.store(true, Ordering::Relaxed);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if self.is_second {
            return;
        }
        self.note_untraced(&id);
        let state = &self.handle.state;
        let close = |span: &TaskSpan| {
            span.any().close();
            if span.any().take_counted() {
                state.trails.count_closed();
            }
        };
        if recent::with_open(state, &id, close).is_some() {
            return;
        }
        if let Some(span) = context.span(&id)
            && let Some(task) = span.extensions().get::<TaskSpan>()
        {
            close(task);
            recent::remember(state, &id, task.clone());
        }
    }

    #[expect(
        unsafe_code,
        reason = "how layers offer a part of themselves to `downcast_ref`"
    )]
    unsafe fn downcast_raw(&self, id: std::any::TypeId) -> Option<*const ()> {
        if id == std::any::TypeId::of::<Self>() {
            Some(std::ptr::from_ref(self).cast())
        } else if id == std::any::TypeId::of::<Handle>() && !self.is_second {
            Some(std::ptr::from_ref(&self.handle).cast())
        } else {
            None
        }
    }
}

/// The part of the layer that can be found without knowing the type of its subscriber.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    with_span: WithSpan,
    pub(crate) state: Arc<State>,
}

/// Counts the layers of the program in the order in which they are told of what they are put upon.
///
/// Of two that were joined by `and_then`, the one that sees events first is told last.
pub(crate) fn next_order() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

type WithSpan = fn(&Dispatch, &Id, Which, &mut dyn FnMut(&Arc<Action>));

/// What the task layer and the outputs of one subscriber tell each other.
#[derive(Debug)]
pub(crate) struct State {
    /// No other task layer of the program has this number.
    pub(super) number: u64,
    /// The task layer's place in the order in which layers are told of what they are put upon.
    pub(crate) order: AtomicU64,
    /// There is an output that says which spans it accepts.
    pub(crate) has_output: AtomicBool,
    /// There is an output that sees events before the task layer does.
    pub(crate) misplaced: AtomicBool,
    pub(crate) trails: Trails,
    /// What is known of OpenTelemetry's layer.
    pub(crate) tracer: Tracer,
}

impl Default for State {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            order: AtomicU64::default(),
            has_output: AtomicBool::default(),
            misplaced: AtomicBool::default(),
            trails: Trails::default(),
            tracer: Default::default(),
        }
    }
}

impl Handle {
    /// Gives the action that a span is, or the nearest one around it.
    pub(crate) fn with_span(&self, dispatch: &Dispatch, id: &Id, f: &mut dyn FnMut(&Arc<Action>)) {
        (self.with_span)(dispatch, id, Which::Nearest, f);
    }

    /// Gives the action that a span itself is, if it is one.
    pub(super) fn with_own(&self, dispatch: &Dispatch, id: &Id, f: &mut dyn FnMut(&Arc<Action>)) {
        (self.with_span)(dispatch, id, Which::Own, f);
    }
}

/// Which action is meant by a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The one that it is.
    Own,
    /// The one that it is, or else the nearest around it.
    Nearest,
}

fn with_span<S>(dispatch: &Dispatch, id: &Id, which: Which, f: &mut dyn FnMut(&Arc<Action>))
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    let Some(span) = dispatch.downcast_ref::<S>().and_then(|all| all.span(id)) else {
        return;
    };
    for span in span.scope() {
        if let Some(task) = span.extensions().get::<TaskSpan>()
            && let Some(action) = task.own()
        {
            return f(action);
        }
        if which == Which::Own {
            return;
        }
    }
}
