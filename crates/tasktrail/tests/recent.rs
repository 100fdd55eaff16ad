//! Whatever a thread did last, a span is never taken for another one that had its id.
#[cfg(test)]
mod support;

use std::collections::HashSet;

use support::Captured;
use tasktrail::{JsonLayer, TaskLayer};
use tracing::{Dispatch, Span, dispatcher, error, info, info_span};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

/// The registry gives a place an id anew after 8,192 spans.
#[cfg(test)]
const ENOUGH: usize = 9_000;

/// A task layer that does not see what is called `hidden`, and an output that sees all.
#[cfg(test)]
fn with_hidden_spans(output: &Captured) -> Dispatch {
    let seen = filter_fn(|metadata| metadata.name() != "hidden");
    Dispatch::new(
        registry()
            .with(TaskLayer::new().with_filter(seen))
            .with(JsonLayer::eliot().with_writer(output.clone())),
    )
}

#[cfg(test)]
fn id(span: &Span) -> u64 {
    span.id().unwrap().into_u64()
}

#[test]
fn a_span_that_the_task_layer_does_not_see_is_not_the_one_that_had_its_id() {
    let output = Captured::new();

    let had_id = dispatcher::with_default(&with_hidden_spans(&output), || {
        let order = info_span!("order").entered();
        info!("sold");
        let first = id(&order);
        drop(order);
        let ids = (0..ENOUGH).map(|_| {
            let hidden = info_span!("hidden").entered();
            info!("in a hidden span");
            id(&hidden)
        });
        ids.filter(|id| *id == first).count()
    });

    let lines = output.lines();
    assert!(had_id > 0);
    // A start, an event and an end; then events alone, each of a task of its own.
    assert_eq!(lines.len(), 3 + ENOUGH);
    let tasks: HashSet<_> = lines
        .iter()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["task_uuid"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(tasks.len(), 1 + ENOUGH);
}

#[test]
fn an_output_that_did_not_see_a_span_does_not_know_the_next_one_with_its_id_by_it() {
    let (all, few) = (Captured::new(), Captured::new());
    let seen = filter_fn(|metadata| metadata.name() != "unseen");
    let subscriber = registry()
        .with(TaskLayer::new())
        .with(JsonLayer::logstash().with_writer(all.clone()))
        .with(
            JsonLayer::logstash()
                .with_writer(few.clone())
                .with_filter(seen),
        );

    tracing::subscriber::with_default(subscriber, || {
        for n in 0..ENOUGH / 2 {
            drop(info_span!("unseen", n));
            drop(info_span!("order", n));
        }
    });

    assert_eq!(all.lines().len(), ENOUGH * 2);
    let few = few.lines();
    assert_eq!(few.len(), ENOUGH);
    assert!(
        few.iter()
            .all(|line| line.contains(r#""action_type":"order""#))
    );
}

#[test]
fn a_span_of_another_subscriber_with_the_same_id_is_another_one() {
    let (outside, inside) = (Captured::new(), Captured::new());
    let dispatch = Dispatch::new(
        registry()
            .with(TaskLayer::new())
            .with(JsonLayer::eliot().with_writer(outside.clone())),
    );

    let ids = dispatcher::with_default(&dispatch, || {
        let order = info_span!("order").entered();
        info!("sold");
        let hidden = dispatcher::with_default(&with_hidden_spans(&inside), || {
            let hidden = info_span!("hidden").entered();
            info!("in a hidden span");
            id(&hidden)
        });
        info!("paid");
        (id(&order), hidden)
    });

    assert_eq!(ids.0, ids.1);
    let inside = inside.lines();
    assert_eq!(inside.len(), 1);
    assert!(inside[0].contains(r#""task_level":[1]"#), "{}", inside[0]);
    let levels = [1, 2, 3, 4].map(|level| format!(r#""task_level":[{level}]"#));
    let lines = outside.lines();
    assert_eq!(lines.len(), 4);
    for (line, level) in lines.iter().zip(levels) {
        assert!(line.contains(&level), "{line}");
    }
}

#[test]
fn spans_that_close_in_any_order_and_at_once_end_where_they_started() {
    let output = Captured::new();
    let subscriber = registry()
        .with(TaskLayer::new())
        .with(JsonLayer::logstash().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let first = info_span!("first", a = 1);
        let second = info_span!(parent: &first, "second", b = 2);
        let third = info_span!(parent: &second, "third", c = 3);
        // The third one keeps both open, and closes them with itself.
        drop(first);
        drop(second);
        third.in_scope(|| error!(error = "no price", "failed"));
        drop(third);
    });

    let lines = output.lines();
    let end = |name: &str, status: &str| {
        let action = format!(r#""action_type":"{name}","action_status":"{status}""#);
        lines
            .iter()
            .position(|line| line.contains(&action))
            .unwrap()
    };
    let ends = [
        end("third", "failed"),
        end("second", "succeeded"),
        end("first", "succeeded"),
    ];
    assert_eq!(ends, [4, 5, 6]);
    assert!(lines[4].contains(r#""a":1,"b":2,"c":3,"#), "{}", lines[4]);
    assert!(lines[6].contains(r#""a":1,"task_uuid""#), "{}", lines[6]);
    assert!(!lines[6].contains(r#""b":2"#), "{}", lines[6]);
}
