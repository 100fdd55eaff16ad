//! One id in logs and traces, with the real layer and the real kit of OpenTelemetry.
#[cfg(test)]
mod support;

use std::cell::RefCell;
use std::sync::{Arc, Barrier};

use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
};
use support::{Captured, Message, spawn};
use tasktrail::{HandOver, JsonLayer, TaskLayer};
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, Level, Subscriber, dispatcher, info, info_span, span};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt, SetParentError};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::{self, LookupSpan};

/// What one program logged and what it exported.
#[cfg(test)]
struct Seen {
    messages: Vec<Message>,
    spans: Vec<SpanData>,
}

#[cfg(test)]
impl Seen {
    fn span(&self, name: &str) -> &SpanData {
        let mut named = self.spans.iter().filter(|span| span.name == name);
        let span = named.next().expect("a span of this name");
        assert!(named.next().is_none(), "two spans are called {name}");
        span
    }

    /// Gives the messages of the action with this name: its start, its end, and what has its level.
    fn of_action(&self, name: &str) -> Vec<&Message> {
        let is_start = |message: &&Message| {
            message.status() == Some("started") && message.get("action_type") == name
        };
        let mut starts = self.messages.iter().filter(is_start);
        let start = starts.next().expect("an action of this name");
        assert!(starts.next().is_none(), "two actions are called {name}");
        let is_in = |message: &&Message| {
            message.task() == start.task()
                && message.level().split_last().unwrap().1 == start.level().split_last().unwrap().1
        };
        self.messages.iter().filter(is_in).collect()
    }

    /// Checks that each line of an action shows its span, and the task the trace.
    fn assert_one_id(&self, name: &str) {
        let span = self.span(name);
        for message in self.of_action(name) {
            assert_eq!(message.get("span_id"), &*span_id(span), "{message:?}");
            assert_eq!(message.task().replace('-', ""), trace_id(span));
            assert!(!message.has("trace_id"), "{message:?}");
        }
    }
}

#[cfg(test)]
fn span_id(span: &SpanData) -> String {
    span.span_context.span_id().to_string()
}

#[cfg(test)]
fn trace_id(span: &SpanData) -> String {
    span.span_context.trace_id().to_string()
}

#[cfg(test)]
fn attribute<'a>(span: &'a SpanData, name: &str) -> Option<&'a Value> {
    let mut named = span.attributes.iter().filter(|a| a.key.as_str() == name);
    let value = named.next().map(|attribute| &attribute.value);
    assert!(named.next().is_none(), "{name} twice");
    value
}

#[cfg(test)]
type OpenTelemetry<S> = OpenTelemetryLayer<S, SdkTracer>;

/// Runs a program behind OpenTelemetry's layer, the task layer and one output.
#[cfg(test)]
fn seen(program: impl FnOnce()) -> Seen {
    seen_by(
        Sampler::AlwaysOn,
        JsonLayer::eliot(),
        |layer| layer,
        program,
    )
}

#[cfg(test)]
fn seen_by<L>(
    sampler: Sampler,
    output: JsonLayer,
    change: impl FnOnce(OpenTelemetry<registry::Registry>) -> L,
    program: impl FnOnce(),
) -> Seen
where
    L: Layer<registry::Registry> + Send + Sync,
{
    let (exporter, lines) = (InMemorySpanExporter::default(), Captured::new());
    let subscriber = registry()
        .with(change(open_telemetry(&exporter, sampler)))
        .with(TaskLayer::new().with_opentelemetry())
        .with(output.with_writer(lines.clone()));
    let _exported = run(subscriber, program);
    Seen {
        messages: lines.messages(),
        spans: exporter.get_finished_spans().unwrap(),
    }
}

/// Runs a program; what it exported is there until the value that is given back is dropped.
#[cfg(test)]
#[must_use]
fn run(subscriber: impl Into<Dispatch>, program: impl FnOnce()) -> Dispatch {
    let dispatch = subscriber.into();
    dispatcher::with_default(&dispatch, program);
    dispatch
}

#[cfg(test)]
fn registry() -> registry::Registry {
    tracing_subscriber::registry()
}

#[cfg(test)]
fn open_telemetry<S>(exporter: &InMemorySpanExporter, sampler: Sampler) -> OpenTelemetry<S>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .with_sampler(sampler)
        .build();
    tracing_opentelemetry::layer().with_tracer(provider.tracer("test"))
}

const CALLER: &str = "00f067aa0ba902b7";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The context of a caller on another host, as a propagator takes it out of a `traceparent`.
#[cfg(test)]
fn caller() -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from_hex(TRACE).unwrap(),
        SpanId::from_hex(CALLER).unwrap(),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    ))
}

#[test]
fn a_task_that_starts_with_a_trace_has_its_id_and_each_line_shows_its_span() {
    let seen = seen(|| {
        let _order = info_span!("order", id = 17).entered();
        info!("before");
        info_span!("price").in_scope(|| info!("within"));
    });

    assert_eq!(seen.messages.len(), 6);
    assert_eq!(seen.of_action("order").len(), 3);
    assert_eq!(seen.of_action("price").len(), 3);
    seen.assert_one_id("order");
    seen.assert_one_id("price");
    let (order, price) = (seen.span("order"), seen.span("price"));
    assert_eq!(price.parent_span_id, order.span_context.span_id());
    assert_eq!(trace_id(price), trace_id(order));
}

#[test]
fn a_span_of_the_trace_leads_back_to_its_lines() {
    let seen = seen(|| {
        let _order = info_span!("order").entered();
        info!("before");
        let _price = info_span!("price").entered();
    });

    let task = seen.messages[0].task();
    for (name, level) in [("order", "/"), ("price", "/3")] {
        let span = seen.span(name);
        assert_eq!(attribute(span, "task_uuid"), Some(&task.to_owned().into()));
        assert_eq!(attribute(span, "task_level"), Some(&level.into()));
    }
}

#[test]
fn two_requests_of_one_caller_are_two_tasks_that_carry_the_callers_trace() {
    let seen = seen(|| {
        for name in ["first", "second"] {
            let _caller = caller().attach();
            let _request = span!(Level::INFO, "request", name).entered();
            info!("served");
        }
    });

    let tasks: Vec<_> = seen.messages.iter().map(Message::task).collect();
    assert_eq!(tasks[..3], [tasks[0]; 3]);
    assert_eq!(tasks[3..], [tasks[3]; 3]);
    assert_ne!(tasks[0], tasks[3]);
    for (messages, span) in seen.messages.chunks(3).zip(&seen.spans) {
        assert_eq!(trace_id(span), TRACE);
        assert!(span.parent_span_is_remote);
        for message in messages {
            assert_ne!(message.task().replace('-', ""), TRACE);
            assert_eq!(message.get("trace_id"), TRACE);
            assert_eq!(message.get("parent_span_id"), CALLER);
            assert_eq!(message.get("span_id"), &*span_id(span));
        }
    }
}

#[test]
fn of_two_tasks_in_one_local_trace_only_the_one_that_starts_it_has_its_id() {
    let seen = seen(|| {
        let order = info_span!("order").entered();
        let context = order.context();
        let thread = spawn(move || {
            let _of_order = context.attach();
            info_span!("audit").in_scope(|| info!("by another thread"));
        });
        thread.join().unwrap();
    });

    seen.assert_one_id("order");
    let (order, audit) = (seen.span("order"), seen.span("audit"));
    assert_eq!(trace_id(audit), trace_id(order));
    for message in seen.of_action("audit") {
        assert_ne!(message.task().replace('-', ""), trace_id(order));
        assert_eq!(message.get("trace_id"), &*trace_id(order));
        assert_eq!(message.get("parent_span_id"), &*span_id(order));
        assert_eq!(message.get("span_id"), &*span_id(audit));
    }
}

#[test]
fn a_span_that_no_output_shows_starts_the_trace_and_no_task() {
    for activation in [true, false] {
        let (exporter, lines) = (InMemorySpanExporter::default(), Captured::new());
        let layer = open_telemetry(&exporter, Sampler::AlwaysOn);
        let output = JsonLayer::eliot().with_writer(lines.clone());
        let subscriber = registry()
            .with(layer.with_context_activation(activation))
            .with(TaskLayer::new().with_opentelemetry())
            .with(output.with_filter(LevelFilter::INFO));

        let _exported = run(subscriber, || {
            let hidden = span!(Level::DEBUG, "hidden");
            hidden.in_scope(|| drop(info_span!("first")));
            drop(info_span!(parent: &hidden, "second"));
        });

        let seen = Seen {
            messages: lines.messages(),
            spans: exporter.get_finished_spans().unwrap(),
        };
        let hidden = seen.span("hidden");
        assert_eq!(seen.messages.len(), 4);
        assert_ne!(seen.messages[0].task(), seen.messages[2].task());
        for message in &seen.messages {
            assert_ne!(message.task().replace('-', ""), trace_id(hidden));
            assert_eq!(message.get("trace_id"), &*trace_id(hidden));
            assert_eq!(message.get("parent_span_id"), &*span_id(hidden));
        }
    }
}

#[test]
fn a_trace_that_is_not_sampled_has_ids_like_others() {
    let seen = seen_by(
        Sampler::AlwaysOff,
        JsonLayer::eliot(),
        |layer| layer,
        || {
            let order = info_span!("order").entered();
            let span = order.context().span().span_context().clone();
            assert!(!span.is_sampled());
            info!(
                expected_trace = %span.trace_id(),
                expected_span = %span.span_id(),
                "not sampled"
            );
        },
    );

    assert!(seen.spans.is_empty());
    let event = &seen.messages[1];
    assert_eq!(event.get("expected_trace"), &*event.task().replace('-', ""));
    for message in &seen.messages {
        assert_eq!(message.get("span_id"), event.get("expected_span"));
    }
}

#[test]
fn tasks_of_two_threads_at_once_have_the_ids_of_their_own_traces() {
    let seen = seen(|| {
        let both = Arc::new(Barrier::new(2));
        let threads = ["left", "right"].map(|name| {
            let both = Arc::clone(&both);
            spawn(move || {
                let span = match name {
                    "left" => info_span!("left").entered(),
                    _ => info_span!("right").entered(),
                };
                both.wait();
                info!("within");
                both.wait();
                drop(span);
            })
        });
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });

    seen.assert_one_id("left");
    seen.assert_one_id("right");
    assert_ne!(trace_id(seen.span("left")), trace_id(seen.span("right")));
}

#[test]
fn a_task_that_is_handed_to_another_thread_goes_on_in_its_trace() {
    let seen = seen(|| {
        let order = info_span!("order").entered();
        let _price = info_span!("price").entered();
        let task = tasktrail::hand_over();
        let thread = spawn(move || task.run(|| info_span!("packing").in_scope(|| info!("packed"))));
        thread.join().unwrap();
        drop(order);
    });

    for name in ["order", "price", "eliot:remote_task", "packing"] {
        seen.assert_one_id(name);
    }
    let (price, remote) = (seen.span("price"), seen.span("eliot:remote_task"));
    assert_eq!(remote.parent_span_id, price.span_context.span_id());
    assert_eq!(
        seen.span("packing").parent_span_id,
        remote.span_context.span_id()
    );
}

#[test]
fn a_task_that_goes_on_within_other_spans_is_in_its_own_trace_and_in_no_span_around() {
    let seen = seen(|| {
        let order = info_span!("order", id = 17).entered();
        let task = tasktrail::hand_over();
        let _other = info_span!(parent: None, "other", id = 18).entered();
        let again = info_span!("again").entered();
        let remote = task.into_span();
        assert_eq!(tasktrail::current().unwrap().name(), "again");
        drop(again);
        assert_eq!(tasktrail::current().unwrap().name(), "other");
        drop(remote);
        drop(order);
        assert_eq!(tasktrail::current().unwrap().name(), "other");
    });

    for name in ["order", "other", "again", "eliot:remote_task"] {
        seen.assert_one_id(name);
    }
    let (order, remote) = (seen.span("order"), seen.span("eliot:remote_task"));
    assert_eq!(remote.parent_span_id, order.span_context.span_id());
    assert_ne!(trace_id(seen.span("other")), trace_id(order));
}

#[test]
fn what_is_handed_over_is_no_field_of_the_spans_around_its_opening() {
    let seen = seen_by(
        Sampler::AlwaysOn,
        JsonLayer::logstash(),
        |layer| layer,
        || {
            let _order = info_span!("order", id = 17).entered();
            tasktrail::hand_over().run(|| info!("within"));
            info!("after");
        },
    );

    let named = |name: &str| {
        let mut all = seen.messages.iter();
        all.find(|message| message.get("message") == name).unwrap()
    };
    assert!(!named("within").has("id"));
    assert_eq!(named("after").get("id"), 17);
    assert_eq!(
        named("within").get("span_id"),
        &*span_id(seen.span("eliot:remote_task"))
    );
}

#[test]
fn a_span_of_the_programs_own_that_continues_a_task_goes_on_in_its_trace() {
    let seen = seen(|| {
        let order = info_span!("order").entered();
        let task = tasktrail::hand_over();
        spawn(move || drop(task.into_span_with(|| info_span!("packing"))))
            .join()
            .unwrap();
        drop(tasktrail::hand_over());
        drop(order);
    });

    for name in ["order", "packing", "eliot:remote_task"] {
        seen.assert_one_id(name);
    }
    let order = seen.span("order").span_context.span_id();
    assert_eq!(seen.span("packing").parent_span_id, order);
    assert_eq!(seen.span("eliot:remote_task").parent_span_id, order);
}

#[test]
fn a_task_of_another_process_keeps_its_id_and_carries_a_trace_of_another() {
    let seen = seen(|| {
        let text = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/2";
        drop(tasktrail::continue_task(text).into_span_with(|| info_span!("one")));
        let text = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736@/3/2";
        let _caller = caller().attach();
        drop(tasktrail::continue_task(text).into_span_with(|| info_span!("two")));
    });

    let one = seen.span("one");
    for message in seen.of_action("one") {
        assert_eq!(message.task(), "192f76ea-915e-4131-95dc-da28c6bcdbb5");
        assert_eq!(message.get("trace_id"), &*trace_id(one));
        assert_eq!(message.get("span_id"), &*span_id(one));
    }
    seen.assert_one_id("two");
}

#[test]
fn a_task_that_goes_on_in_another_program_goes_on_in_its_trace() {
    let caller = tasktrail::RemoteSpan {
        trace_id: u128::from_str_radix(TRACE, 16).unwrap(),
        span_id: 0x00f0_67aa_0ba9_02b7,
        is_sampled: true,
        tracestate: "vendor=1",
    };
    let seen = seen(|| {
        let text = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736@/3/2";
        let task = tasktrail::continue_task(text).in_trace(caller);
        drop(task.into_span_with(|| info_span!("continued")));
        drop(
            tasktrail::start_task()
                .in_trace(caller)
                .into_span_with(|| info_span!("started")),
        );
        let nobody = tasktrail::RemoteSpan {
            span_id: 0,
            ..caller
        };
        drop(
            tasktrail::start_task()
                .in_trace(nobody)
                .into_span_with(|| info_span!("alone")),
        );
    });

    for name in ["continued", "started"] {
        let span = seen.span(name);
        assert_eq!(trace_id(span), TRACE);
        assert_eq!(span.parent_span_id.to_string(), "00f067aa0ba902b7");
        assert!(span.parent_span_is_remote);
        assert_eq!(span.span_context.trace_state().get("vendor"), Some("1"));
    }
    seen.assert_one_id("continued");
    // Others may start in that trace, too.
    assert_ne!(seen.of_action("started")[0].task().replace('-', ""), TRACE);
    assert_eq!(seen.of_action("started")[0].get("trace_id"), TRACE);
    assert_ne!(trace_id(seen.span("alone")), TRACE);
}

#[test]
fn a_trace_that_only_the_task_carries_is_not_told_with_a_span_that_is_not_in_it() {
    let seen = seen(|| {
        // Headers were read, and OpenTelemetry was told nothing of them.
        let ids = tasktrail::Carried::new().show("trace_id", TRACE);
        let task = tasktrail::start_task().carrying(ids);
        let _request = task.into_span_with(|| info_span!("request")).entered();
        let carried = tasktrail::carried().unwrap();
        assert_eq!(carried.get("trace_id"), Some(TRACE));
        assert_eq!(carried.get("span_id"), None);
    });

    let span = seen.span("request");
    assert_ne!(trace_id(span), TRACE);
    // Its own trace is the task.
    assert_eq!(seen.of_action("request")[0].get("span_id"), &*span_id(span));
}

#[test]
fn whoever_passes_a_span_on_is_told_whether_it_is_sampled() {
    for (sampler, sampled) in [(Sampler::AlwaysOn, "1"), (Sampler::AlwaysOff, "0")] {
        seen_by(
            sampler,
            JsonLayer::eliot(),
            |layer| layer,
            || {
                let _request = info_span!("request").entered();
                let carried = tasktrail::carried().unwrap();
                assert_eq!(carried.get("span_sampled"), Some(sampled));
            },
        );
    }
}

#[test]
fn a_trace_of_another_is_carried_by_what_is_in_it_alone() {
    let seen = seen(|| {
        let _order = info_span!("order").entered();
        let own = Context::current();
        let _caller = caller().attach();
        let _foreign = info_span!("foreign").entered();
        let _own = own.attach();
        let _back = info_span!("back").entered();
    });

    seen.assert_one_id("order");
    seen.assert_one_id("back");
    let foreign = seen.of_action("foreign");
    assert!(
        foreign
            .iter()
            .all(|message| message.get("trace_id") == TRACE)
    );
    assert_eq!(seen.of_action("order").len(), 2);
    assert_eq!(foreign[0].task(), seen.of_action("order")[0].task());
}

#[test]
fn without_the_activation_of_contexts_tasks_and_traces_are_the_same() {
    let change = |layer: OpenTelemetry<_>| layer.with_context_activation(false);
    let seen = seen_by(Sampler::AlwaysOn, JsonLayer::eliot(), change, || {
        let order = info_span!("order").entered();
        drop(info_span!("price"));
        let task = tasktrail::hand_over();
        spawn(move || task.run(|| info!("within"))).join().unwrap();
        let again = tasktrail::hand_over();
        again.into_span_with(|| info_span!("again"));
        drop(order);
    });

    for name in ["order", "price", "eliot:remote_task", "again"] {
        seen.assert_one_id(name);
    }
    let order = seen.span("order").span_context.span_id();
    for name in ["price", "eliot:remote_task", "again"] {
        assert_eq!(seen.span(name).parent_span_id, order, "{name}");
    }
}

#[test]
fn a_span_that_a_filter_keeps_from_opentelemetry_shows_the_one_around_it() {
    let change = |layer: OpenTelemetry<registry::Registry>| {
        layer.with_filter(filter_fn(|metadata| metadata.name() != "price"))
    };
    let seen = seen_by(Sampler::AlwaysOn, JsonLayer::eliot(), change, || {
        let _order = info_span!("order").entered();
        info_span!("price").in_scope(|| info!("within"));
    });

    seen.assert_one_id("order");
    assert_eq!(seen.spans.len(), 1);
    for message in seen.of_action("price") {
        assert_eq!(message.get("span_id"), &*span_id(&seen.spans[0]));
    }
}

/// Gives a line of an action in a schema, and the ids of its trace and span.
#[cfg(test)]
fn line(output: JsonLayer, caller: Context) -> (Message, String, String) {
    let program = || {
        let _caller = caller.attach();
        let _order = info_span!("order").entered();
        info!("within");
    };
    let seen = seen_by(Sampler::AlwaysOn, output, |layer| layer, program);
    let order = seen.span("order");
    (seen.messages[1].clone(), trace_id(order), span_id(order))
}

#[test]
fn schemas_with_a_place_for_a_span_show_it_there() {
    for (output, trace_key, span_key) in [
        (JsonLayer::ecs(), "trace.id", "span.id"),
        (JsonLayer::open_telemetry(), "traceId", "spanId"),
        (
            JsonLayer::google_cloud(),
            "logging.googleapis.com/trace",
            "logging.googleapis.com/spanId",
        ),
    ] {
        let (line, trace, span) = line(output, Context::new());
        assert_eq!(line.get(trace_key), &*trace);
        assert_eq!(line.get(span_key), &*span);
        assert!(!line.has("span_id"), "{line:?}");
    }
    let (gelf, _, span) = line(JsonLayer::gelf(), Context::new());
    assert_eq!(gelf.get("_span_id"), &*span);
}

#[test]
fn no_schema_puts_a_span_into_a_trace_that_it_is_not_in() {
    for (output, trace_key, span_key) in [
        (JsonLayer::ecs(), "trace.id", "span.id"),
        (
            JsonLayer::google_cloud(),
            "logging.googleapis.com/trace",
            "logging.googleapis.com/spanId",
        ),
    ] {
        let (line, trace, span) = line(output, caller());
        assert_eq!(trace, TRACE);
        assert_ne!(line.get(trace_key), TRACE);
        assert_ne!(line.get(span_key), &*span);
        assert_eq!(line.get("trace_id"), TRACE);
        assert_eq!(line.get("span_id"), &*span);
    }
    let (line, _, span) = line(JsonLayer::open_telemetry(), caller());
    assert_ne!(line.get("traceId"), TRACE);
    assert_ne!(line.get("spanId"), &*span);
    let attribute = |name: &str, value: &str| {
        let expected = serde_json::json!({"key": name, "value": {"stringValue": value}});
        let attributes = line.get("attributes").as_array().unwrap();
        assert!(attributes.contains(&expected), "{attributes:?}");
    };
    attribute("trace_id", TRACE);
    attribute("span_id", &span);
}

#[test]
fn text_for_a_person_shows_no_span() {
    let (exporter, lines) = (InMemorySpanExporter::default(), Captured::new());
    let subscriber = registry()
        .with(open_telemetry(&exporter, Sampler::AlwaysOn))
        .with(TaskLayer::new().with_opentelemetry())
        .with(JsonLayer::text().with_writer(lines.clone()));

    let _exported = run(subscriber, || drop(info_span!("order")));

    assert!(
        lines.text().contains("order started  /1"),
        "{}",
        lines.text()
    );
    assert!(!lines.text().contains("span_id"));
}

#[test]
fn a_layer_of_opentelemetrys_behind_the_task_layer_is_told_once() {
    let (exporter, lines) = (InMemorySpanExporter::default(), Captured::new());
    let subscriber = registry()
        .with(TaskLayer::new().with_opentelemetry())
        .with(open_telemetry(&exporter, Sampler::AlwaysOn))
        .with(JsonLayer::eliot().with_writer(lines.clone()));

    let _exported = run(subscriber, || {
        drop(info_span!("one"));
        drop(info_span!("two"));
    });

    let messages = lines.messages();
    let told = |message: &&Message| message.name().contains("behind the task layer");
    assert_eq!(messages.iter().filter(told).count(), 1);
    assert_eq!(messages.len(), 5);
    assert!(messages.iter().all(|message| !message.has("span_id")));
    assert_eq!(exporter.get_finished_spans().unwrap().len(), 2);
}

#[test]
fn a_parent_that_is_set_once_a_span_is_open_comes_too_late() {
    let seen = seen(|| {
        let request = info_span!("request");
        let set = request.set_parent(caller());
        assert!(matches!(set, Err(SetParentError::AlreadyStarted)));
    });

    seen.assert_one_id("request");
}

#[test]
fn a_task_layer_that_is_not_asked_to_look_leaves_opentelemetry_alone() {
    let (exporter, lines) = (InMemorySpanExporter::default(), Captured::new());
    let subscriber = registry()
        .with(open_telemetry(&exporter, Sampler::AlwaysOn))
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(lines.clone()));

    let _exported = run(subscriber, || {
        let request = info_span!("request");
        request.set_parent(caller()).unwrap();
        let _request = request.entered();
        drop(tasktrail::hand_over());
    });

    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 2);
    assert_eq!(
        trace_id(spans.iter().find(|span| span.name == "request").unwrap()),
        TRACE
    );
    for message in lines.messages() {
        assert!(!message.has("span_id") && !message.has("trace_id"));
        assert_ne!(message.task().replace('-', ""), TRACE);
    }
}

#[test]
fn a_program_asks_for_the_ids_of_the_trace_by_name() {
    let seen = seen(|| {
        let order = info_span!("order").entered();
        let span = order.context().span().span_context().span_id().to_string();
        let carried = tasktrail::carried().unwrap();
        assert_eq!(carried.get("span_id"), Some(&*span));
        assert_eq!(carried.get("trace_id"), None);
        drop(order);

        let _caller = caller().attach();
        let _request = info_span!("request").entered();
        let carried = tasktrail::carried().unwrap();
        assert_eq!(carried.get("trace_id"), Some(TRACE));
        assert_eq!(carried.get("parent_span_id"), Some(CALLER));
    });

    assert_eq!(seen.spans.len(), 2);
}

/// Continues a task when it is dropped.
#[cfg(test)]
struct AtTheEnd(Option<HandOver>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.into_span_with(tracing::Span::none);
        }
    }
}

#[test]
fn a_task_that_is_continued_at_the_end_of_its_thread_harms_nobody() {
    thread_local! {
        static KEPT: RefCell<AtTheEnd> = const { RefCell::new(AtTheEnd(None)) };
    }
    let seen = seen(|| {
        let thread = spawn(|| {
            // First, so that it is dropped last.
            KEPT.with(|_| {});
            let _order = info_span!("order").entered();
            KEPT.with(|kept| kept.borrow_mut().0 = Some(tasktrail::hand_over()));
        });
        thread.join().unwrap();
    });

    // A panic there would have ended the program.
    seen.assert_one_id("order");
}

/// An exporter that lives as long as its tracer does.
#[derive(Debug)]
struct Watched(#[expect(dead_code, reason = "it is counted")] Arc<()>);

impl SpanExporter for Watched {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

#[test]
fn a_span_that_no_output_shows_keeps_no_tracer_once_it_is_closed() {
    let watched = Arc::new(());
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(Watched(Arc::clone(&watched)))
        .build();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("tests")))
        .with(TaskLayer::new().with_opentelemetry())
        .with(
            JsonLayer::eliot()
                .with_writer(std::io::sink)
                .with_filter(LevelFilter::OFF),
        );
    tracing::subscriber::with_default(subscriber, || drop(info_span!("order").entered()));
    drop(provider);

    assert_eq!(Arc::strong_count(&watched), 1);
}
