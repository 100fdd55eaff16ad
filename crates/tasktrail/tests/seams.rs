//! What one layer is told at once holds together.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};

use support::{Captured, object};
use tasktrail::{Detail, JsonLayer, Schema, SpanFields, TaskLayer};
use tracing::{info, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;

fn logged(layer: JsonLayer, f: impl FnOnce()) -> Captured {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, f);
    output
}

#[test]
fn a_field_that_is_named_like_a_detail_is_kept_in_every_schema() {
    for schema in Schema::ALL {
        let layer = JsonLayer::new(schema).show([
            Detail::Host,
            Detail::ProcessId,
            Detail::ThreadName,
            Detail::ThreadId,
            Detail::File,
            Detail::Line,
            Detail::Module,
            Detail::Target,
        ]);
        let text = logged(layer, || {
            info!(
                host = "kept-1",
                process_id = "kept-2",
                thread_name = "kept-3",
                thread_id = "kept-4",
                file = "kept-5",
                line = "kept-6",
                module = "kept-7",
                target = "kept-8",
            );
        })
        .text();
        object(text.trim_end());
        for number in 1..=8 {
            assert!(
                text.contains(&format!("kept-{number}")),
                "{schema:?} {number}: {text}"
            );
        }
        if schema == Schema::Gelf {
            assert!(!text.contains(r#""host_""#), "{text}");
        }
    }
}

#[test]
fn an_event_whose_parent_is_hidden_waits_for_no_span_that_is_recorded_meanwhile() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry().with(TaskLayer::new()).with(
        JsonLayer::eliot()
            .span_fields(SpanFields::Listed("spans"))
            .with_writer(output)
            .with_filter(filter_fn(|metadata| metadata.name() != "hidden")),
    );
    let dispatch = tracing::Dispatch::new(subscriber);
    let is_done = AtomicBool::new(false);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let span = tracing::dispatcher::with_default(&dispatch, || info_span!("shown", a = 0));
        let hidden =
            tracing::dispatcher::with_default(&dispatch, || info_span!(parent: &span, "hidden"));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                tracing::dispatcher::with_default(&dispatch, || {
                    while !is_done.load(Ordering::Relaxed) {
                        span.record("a", 1);
                    }
                });
            });
            tracing::dispatcher::with_default(&dispatch, || {
                for _ in 0..100_000 {
                    info!(parent: &hidden, "event");
                }
            });
            is_done.store(true, Ordering::Relaxed);
        });
        sender.send(()).unwrap();
    });
    receiver
        .recv_timeout(std::time::Duration::from_secs(60))
        .unwrap();
}
