//! Reads what OpenTelemetry calls a span, lets it know what we call it, and takes a trace along
//! where a task is handed over.

use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, ContextGuard, KeyValue};
use smallvec::SmallVec;
use tasktrail_record::TaskId;
use tracing::Span;
use tracing_core::field::ValueSet;
use tracing_core::span::{Attributes, Id};
use tracing_core::{Dispatch, Metadata, Subscriber, dispatcher};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::layer;
use tracing_subscriber::registry::{LookupSpan, Registry};

use super::carried::TracedIds;
use super::fmt_fields::Slashes;
use super::{Carried, Handle, RemoteSpan, TaskLayer, survive};

impl<S> TaskLayer<S>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    /// Gives a task the id of its trace, so that logs and traces have one, where a layer of
    /// `tracing-opentelemetry` 0.34 stands before this one; by default OpenTelemetry is not looked at.
    ///
    /// The 128 bits of the trace id are the task id if the task starts with the trace. A task that
    /// starts in a trace that was there before, such as a caller's, has an id of its own, for
    /// another task may start in the same trace: it [carries](Carried) `trace_id`, 32 hexadecimal
    /// digits, and `parent_span_id`, 16. A task that is continued keeps its id, and carries a
    /// `trace_id` that differs. A trace that is not sampled has ids like others.
    ///
    /// Each line of an action shows the id of its span, 16 hexadecimal digits, as `span_id`. Where the
    /// task has the id of the trace it is `span.id` in ECS, and the `spanId` of OpenTelemetry and Google
    /// Cloud. Text for a person does not show it. The span of OpenTelemetry's has the attributes `task_uuid` and `task_level` (`/2/1`), unless it is not
    /// sampled. A [hand-over](crate::hand_over) in the program takes along the span in which it
    /// was taken, as the parent.
    ///
    /// The ids are fixed when a span opens. So a parent that comes from outside is attached while the
    /// span opens: `Span::set_parent` afterwards gives the error `AlreadyStarted`, and `otel.name` and
    /// `otel.kind` count only if the span opens with them.
    ///
    /// ```
    /// use opentelemetry::trace::TracerProvider;
    /// use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
    /// use tasktrail::{JsonLayer, TaskLayer};
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let spans = InMemorySpanExporter::default();
    /// let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    /// let subscriber = tracing_subscriber::registry()
    ///     // First, so that a span has its ids when the task layer sees it.
    ///     .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("shop")))
    ///     .with(TaskLayer::new().with_opentelemetry())
    ///     .with(JsonLayer::logstash());
    /// tracing::subscriber::with_default(subscriber, || {
    ///     let order = tracing::info_span!("order").entered();
    ///     let task = tasktrail::current().unwrap().id();
    ///     drop(order);
    ///
    ///     let span = spans.get_finished_spans().unwrap().remove(0);
    ///     assert_eq!(span.span_context.trace_id().to_string(), task.trace_id().to_string());
    /// });
    /// ```
    ///
    /// Behind this layer, OpenTelemetry's is of no use: the first output says so once, at the first
    /// end of a span.
    #[must_use]
    pub fn with_opentelemetry(self) -> Self {
        self.handle.state.tracer.set(State::Asked);
        self
    }

    /// Asks what OpenTelemetry calls a span that opens.
    pub(super) fn traced(
        &self,
        attributes: &Attributes<'_>,
        id: &Id,
        context: &layer::Context<'_, S>,
    ) -> Option<Traced> {
        let tracer = &self.handle.state.tracer;
        if tracer.is(State::Off) {
            return None;
        }
        let dispatch = self.dispatch.get()?.upgrade()?;
        let span = context_of(id, &dispatch)?;
        if tracer.is(State::Asked) {
            tracer.set(State::Found);
        }
        let (trace_id, span_id) = ids(&span)?;
        // Whatever way the layer found a parent, the trace is its parent's; a trace that starts has
        // an id that nobody else has.
        let in_this_trace = |around: Context| {
            let (trace, span) = ids(&around)?;
            (trace == trace_id).then_some(span)
        };
        let named = |id: &Id| context_of(id, &dispatch).and_then(in_this_trace);
        let parent = attributes.parent().and_then(named);
        let parent = parent.or_else(|| in_this_trace(attached()));
        // Contexts are not activated if the program has told OpenTelemetry's layer so.
        let parent = parent.or_else(|| context.current_span().id().and_then(named));
        Some(Traced {
            span,
            trace_id,
            span_id,
            parent,
        })
    }

    /// Looks whether a span that closes is known to a layer of OpenTelemetry's that stands behind: one
    /// that stands before has forgotten it by now.
    pub(super) fn note_untraced(&self, id: &Id) {
        let tracer = &self.handle.state.tracer;
        if tracer.is(State::Asked)
            && let Some(dispatch) = self.dispatch.get()
            && let Some(dispatch) = dispatch.upgrade()
            && context_of(id, &dispatch).is_some()
        {
            tracer.set(State::Behind);
        }
    }
}

/// Gives the context that a span is, if OpenTelemetry's layer knows it; starts it if need be.
fn context_of(id: &Id, dispatch: &Dispatch) -> Option<Context> {
    survive(|| get_otel_context(id, dispatch)).flatten()
}

/// Gives the context that this thread is in.
fn attached() -> Context {
    // At the very end of a thread there is none, and to ask for it panics.
    survive(Context::current).unwrap_or_default()
}

/// Gives the ids of the span in which a context is; `None` if it is in none.
fn ids(context: &Context) -> Option<(TraceId, SpanId)> {
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid().then(|| (ids.trace_id(), ids.span_id()))
}

/// A span as OpenTelemetry knows it.
#[derive(Debug)]
pub(crate) struct Traced {
    span: Context,
    trace_id: TraceId,
    span_id: SpanId,
    /// The span around it in its trace.
    parent: Option<SpanId>,
}

impl Traced {
    /// Gives the id of a task that starts with this span: that of the trace, if it starts here, too.
    pub(super) fn task(&self) -> Option<TaskId> {
        match self.parent {
            None => TaskId::from_bits(u128::from_be_bytes(self.trace_id.to_bytes())),
            Some(_) => None,
        }
    }

    /// Gives what a task that starts with this span carries.
    pub(super) fn carried_by_root(&self, carried: Option<Arc<Carried>>) -> Option<Arc<Carried>> {
        let Some(parent) = self.parent else {
            return carried;
        };
        let carried = Arc::unwrap_or_clone(carried.unwrap_or_default());
        Some(Arc::new(carried.show("parent_span_id", parent.to_string())))
    }

    /// Gives what an action carries that is this span, and lets OpenTelemetry know the action.
    pub(super) fn carried(
        self,
        task_uuid: &str,
        level: &str,
        carried: Option<Arc<Carried>>,
    ) -> Arc<Carried> {
        let span = self.span.span();
        if span.is_recording() {
            span.set_attribute(KeyValue::new("task_uuid", task_uuid.to_owned()));
            span.set_attribute(KeyValue::new("task_level", Slashes(level).to_string()));
        }
        let trace_id = self.trace_id.to_string();
        let task = task_uuid.bytes().filter(|byte| *byte != b'-');
        let ids = TracedIds {
            trace_id: (!task.eq(trace_id.bytes())).then_some(trace_id),
            span_id: u64::from_be_bytes(self.span_id.to_bytes()),
            span_text: self.span_id.to_string(),
            is_sampled: span.span_context().is_sampled(),
        };
        let carried = Arc::unwrap_or_clone(carried.unwrap_or_default());
        Arc::new(carried.traced_as(ids))
    }
}

/// What OpenTelemetry says of a span, until it is an action.
#[derive(Debug)]
pub(super) struct KeptTraced(Option<Box<Mutex<Option<Traced>>>>);

impl KeptTraced {
    pub(super) fn new(traced: Option<Traced>) -> Self {
        Self(traced.map(|traced| Box::new(Mutex::new(Some(traced)))))
    }

    /// Gives it, once.
    pub(super) fn take(&self) -> Option<Traced> {
        let kept = self.0.as_ref()?;
        kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What is known of OpenTelemetry's layer.
#[derive(Debug, Default)]
pub(crate) struct Tracer(AtomicU8);

#[derive(Clone, Copy)]
#[repr(u8)]
enum State {
    /// It is not asked for.
    Off,
    /// It was not seen yet.
    Asked,
    /// It knew a span when that opened.
    Found,
    /// It knew one only afterwards.
    Behind,
    /// That was said.
    Told,
}

impl Tracer {
    /// Tells, once, that OpenTelemetry's layer stands behind the task layer.
    pub(crate) fn take_misplaced(&self) -> bool {
        let (behind, told) = (State::Behind as u8, State::Told as u8);
        self.is(State::Behind)
            && self
                .0
                .compare_exchange(behind, told, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    fn is(&self, state: State) -> bool {
        self.0.load(Ordering::Relaxed) == state as u8
    }

    fn set(&self, state: State) {
        self.0.store(state as u8, Ordering::Relaxed);
    }
}

/// The span of OpenTelemetry's in which the action opens that continues a task, if there is one.
#[derive(Debug)]
pub(super) struct Parent(Option<Context>);

impl Parent {
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Gives that in which the caller runs.
    pub(super) fn current() -> Self {
        let is_asked = |handle: &Handle| !handle.state.tracer.is(State::Off);
        dispatcher::get_default(|dispatch| {
            if !dispatch.downcast_ref().is_some_and(is_asked) {
                return Self::none();
            }
            let attached = attached();
            let is_of_here = |ids: &SpanContext| ids.is_valid() && !ids.is_remote();
            if is_of_here(attached.span().span_context()) {
                return Self(Some(attached));
            }
            let current = dispatch.current_span();
            let current = current.id().and_then(|id| context_of(id, dispatch));
            Self(current.or(Some(attached)))
        })
    }

    /// Takes one of another program.
    pub(super) fn remote(span: RemoteSpan<'_>) -> Self {
        let flags = match span.is_sampled {
            true => TraceFlags::SAMPLED,
            false => TraceFlags::default(),
        };
        let ids = SpanContext::new(
            TraceId::from_bytes(span.trace_id.to_be_bytes()),
            SpanId::from_bytes(span.span_id.to_be_bytes()),
            flags,
            true,
            TraceState::from_str(span.tracestate).unwrap_or_default(),
        );
        Self(
            ids.is_valid()
                .then(|| attached().with_remote_span_context(ids)),
        )
    }

    /// Lets spans open in it until the guard is dropped.
    pub(super) fn attach(&self) -> Option<ContextGuard> {
        let context = self.0.clone()?;
        survive(|| context.attach())
    }

    /// Opens a span in it that has no parent in `tracing`.
    pub(super) fn open_root(
        &self,
        metadata: &'static Metadata<'static>,
        values: &ValueSet<'_>,
    ) -> Span {
        let dispatch = dispatcher::get_default(Clone::clone);
        match self.attach().zip(Hidden::all(&dispatch)) {
            Some(_in_it) => Span::new(metadata, values),
            None => Span::new_root(metadata, values),
        }
    }
}

/// The spans that this thread is in, which the registry forgets until this is dropped.
///
/// OpenTelemetry's layer takes the attached context for a parent only if a span is not said to be a
/// root; and such a span is a root if the registry knows none that is open. No layer is told of it.
struct Hidden<'d> {
    dispatch: &'d Dispatch,
    registry: &'d Registry,
    spans: SmallVec<[Id; 8]>,
}

impl<'d> Hidden<'d> {
    /// Hides all; `None` if the subscriber does not stand upon a `Registry`.
    fn all(dispatch: &'d Dispatch) -> Option<Self> {
        let mut hidden = Self {
            dispatch,
            registry: dispatch.downcast_ref()?,
            spans: SmallVec::new(),
        };
        while let Some(id) = hidden.registry.current_span().id() {
            // Held, for a registry may count that the thread is in it.
            hidden.spans.push(dispatch.clone_span(id));
            hidden.registry.exit(id);
        }
        Some(hidden)
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        for id in self.spans.drain(..).rev() {
            self.registry.enter(&id);
            self.dispatch.try_close(id);
        }
    }
}
