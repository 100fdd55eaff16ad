//! What one layer is told at once holds together.

#[cfg(test)]
mod support;

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use support::{Captured, object};
use tasktrail::{
    Backtraces, Detail, JsonLayer, Layout, Redact, Redaction, Schema, SpanFields, TaskLayer,
};
use tracing::{error, info, info_span};
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

#[derive(Debug)]
struct Unsold(Cause);

#[derive(Debug)]
struct Cause;

impl fmt::Display for Unsold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no price")
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hunter2")
    }
}

impl Error for Cause {}

impl Error for Unsold {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
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
fn a_rule_for_the_name_of_sources_redacts_them() {
    let error = Unsold(Cause);
    let error = &error as &(dyn Error + 'static);
    let rule = || Redaction::new().names(["*_sources"], Redact::Mask);
    let text = logged(JsonLayer::logstash().redact(rule()), || {
        error!(error, "sold nothing");
        let _order = info_span!("order", error).entered();
    })
    .text();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(
        text.contains(r#""error":"no price","error_sources":["***"]"#),
        "{text}"
    );
}

#[test]
fn an_error_that_is_dropped_takes_its_sources_with_it() {
    let error = Unsold(Cause);
    let error = &error as &(dyn Error + 'static);
    let rule = Redaction::new().when(|_, value| value == "no price", Redact::Drop);
    let text = logged(JsonLayer::eliot().redact(rule), || {
        info!(a = 1, error, "sold nothing");
    })
    .text();
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_line_that_is_arranged_is_no_longer_than_the_longest() {
    let layer = JsonLayer::eliot()
        .longest_line(300)
        .layout(Layout::new().rename("a", &"a".repeat(400)));
    let text = logged(layer, || info!(a = 1, "m")).text();
    object(text.trim_end());
    assert!(text.len() <= 300, "{} {text}", text.len());

    let layer = JsonLayer::eliot()
        .longest_line(300)
        .layout(Layout::new().leave_out(["page"]));
    let shortened = layer.shortened_lines();
    let text = logged(layer, || {
        info!(page = "x".repeat(1_000), title = "y".repeat(80), "m")
    })
    .text();
    assert!(text.contains(&"y".repeat(80)), "{text}");
    assert_eq!(shortened.count(), 0);
}

#[test]
fn text_shows_the_backtrace_of_a_failure_and_that_it_is_an_error() {
    let text = logged(JsonLayer::text().backtraces(Backtraces::Shown), || {
        let _order = info_span!("order").entered();
        tasktrail::fail(&Unsold(Cause));
    })
    .text();
    let end = text.lines().nth(1).unwrap();
    assert!(end.contains("Z ERROR "), "{text}");
    assert!(
        text.contains("text_shows_the_backtrace_of_a_failure"),
        "{text}"
    );
    assert!(
        text.lines().skip(2).all(|line| line.starts_with("    ")),
        "{text}"
    );
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
