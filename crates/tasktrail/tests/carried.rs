//! What a task carries besides its own id, and the span that continues a task.
#[cfg(test)]
mod support;

use support::{Captured, Message, assert_complete, drawing, eliot, logstash, spawn};
use tasktrail::{
    Carried, JsonLayer, Redact, Redaction, TaskLayer, carried, continue_task, current, hand_over,
    start_task,
};
use tracing::level_filters::LevelFilter;
use tracing::{debug_span, info, info_span};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};

const POSITION: &str = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/2";

fn line(message: &Message) -> String {
    serde_json::Value::from(message.fields.clone()).to_string()
}

/// Gives what was said in the task that came from outside.
fn continued(messages: &[Message]) -> Vec<Message> {
    let mut messages = messages.to_vec();
    messages.retain(|message| POSITION.starts_with(message.task()));
    messages
}

fn ids() -> Carried {
    Carried::new()
        .show("correlation_id", "c-17")
        .hide("tracestate", "a=1")
}

#[test]
fn each_line_of_the_task_shows_what_is_carried_and_no_other_line_does() {
    for schema in [eliot as fn(fn()) -> _, logstash] {
        let messages = schema(|| {
            info!("before");
            let request = start_task()
                .carrying(ids())
                .into_span_with(|| info_span!("request"));
            request.in_scope(|| {
                info!("in the request");
                info_span!("price").in_scope(|| info!("in a span below"));
            });
            drop(request);
            info!("after");
        });

        for message in &messages {
            let text = line(message);
            let is_outside = text.contains("before") || text.contains("after");
            assert_eq!(
                text.contains(r#""correlation_id":"c-17""#),
                !is_outside,
                "{text}"
            );
            assert!(!text.contains("tracestate"), "{text}");
        }
        assert_eq!(messages.len(), 8);
    }
}

#[test]
fn a_hand_over_in_the_program_takes_along_what_is_carried() {
    let messages = eliot(|| {
        start_task().carrying(ids()).run(|| {
            let task = hand_over();
            spawn(move || {
                task.run(|| {
                    assert_eq!(carried().unwrap().get("tracestate"), Some("a=1"));
                    info!("on the other thread");
                });
            })
            .join()
            .unwrap();
        });
        assert_eq!(carried(), None);
    });

    assert!(
        messages
            .iter()
            .all(|message| line(message).contains("c-17"))
    );
    assert_complete(&messages);
}

#[test]
fn what_a_field_of_every_line_says_is_replaced_by_what_is_carried() {
    let captured = Captured::new();
    let layer = JsonLayer::eliot()
        .field("correlation_id", "none")
        .field("service", "orders")
        .with_writer(captured.clone());
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer);
    tracing::subscriber::with_default(subscriber, || {
        info!("alone");
        start_task().carrying(ids()).run(|| {
            info!(correlation_id = "own", "of its own");
        });
    });

    let lines = captured.lines();
    assert!(lines[0].contains(r#""correlation_id":"none""#));
    assert!(lines[1].contains(r#""correlation_id":"c-17""#));
    assert!(lines[2].contains(r#""correlation_id":"own""#));
    assert!(
        lines
            .iter()
            .all(|line| line.contains(r#""service":"orders""#))
    );
    // Reading them finds names that stand twice.
    captured.messages();
}

#[test]
fn what_is_said_about_names_and_redaction_counts_for_what_is_carried() {
    let captured = Captured::new();
    let layer = JsonLayer::logstash()
        .rename("correlation_id", "request_id")
        .redact(Redaction::new().names(["levelname"], Redact::Mask))
        .with_writer(captured.clone());
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer);
    tracing::subscriber::with_default(subscriber, || {
        start_task()
            .carrying(ids().show("levelname", "a quote \" in it"))
            .run(|| info!("said"));
    });

    for line in captured.lines() {
        assert!(line.contains(r#""request_id":"c-17""#), "{line}");
        assert!(line.contains(r#""levelname_":""#), "{line}");
        assert!(!line.contains("quote"), "{line}");
    }
}

#[test]
fn what_is_carried_shows_where_a_filter_hides_a_span() {
    let is_seen = || filter_fn(|metadata| metadata.name() != "hidden");
    let (all, few) = (Captured::new(), Captured::new());
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(all.clone()))
        .with(
            JsonLayer::eliot()
                .with_writer(few.clone())
                .with_filter(is_seen()),
        );
    tracing::subscriber::with_default(subscriber, || {
        let request = start_task().carrying(ids());
        let request = request.into_span_with(|| info_span!("hidden"));
        request.in_scope(|| info!("in the request"));
        // What is around it, whose lines show nothing carried, is seen.
        let _outer = info_span!("outer").entered();
        info!(parent: &request, "named");
        info!("outside");
        info_span!("hidden").in_scope(|| info!("outside"));
    });
    let inner = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new().with_filter(is_seen()))
        .with(JsonLayer::eliot().with_writer(inner.clone()));
    tracing::subscriber::with_default(subscriber, || {
        start_task().carrying(ids()).run(|| {
            info_span!("hidden").in_scope(|| info!("in the request"));
        });
    });

    for (output, expected) in [(all, 10), (few, 6), (inner, 3)] {
        let messages = output.messages();
        assert_eq!(messages.len(), expected);
        let events = messages.iter().filter(|message| message.has("log_level"));
        for event in events {
            let shows = line(event).contains(r#""correlation_id":"c-17""#);
            assert_eq!(shows, event.name() != "outside", "{event:?}");
        }
    }
}

#[test]
fn the_first_span_that_is_opened_continues_the_task_at_its_position() {
    let messages = eliot(|| {
        let _server = info_span!("server").entered();
        let request = continue_task(POSITION).into_span_with(|| {
            let first = info_span!("request");
            drop(info_span!("another"));
            first
        });
        request.in_scope(|| {
            assert_eq!(current().unwrap().level().to_string(), "/3/2");
            assert_eq!(current().unwrap().name(), "request");
            info!("said");
        });
    });

    assert_eq!(
        drawing(&continued(&messages)),
        "    request /3/2/1 started
      said /3/2/2
    request /3/2/3 succeeded
"
    );
}

#[test]
fn where_a_filter_turns_the_span_away_another_action_stands_for_it() {
    let captured = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(TaskLayer::new().and_then(JsonLayer::eliot().with_writer(captured.clone())));
    tracing::subscriber::with_default(subscriber, || {
        let request = continue_task(POSITION).into_span_with(|| debug_span!("request"));
        request.in_scope(|| info!("said"));
        drop(request);
        info_span!("next").in_scope(|| {
            let level = current().unwrap().level().to_string();
            assert_eq!(level, "/", "nothing waits for the next span");
        });
    });

    assert_eq!(
        drawing(&continued(&captured.messages())),
        "    eliot:remote_task /3/2/1 started
      said /3/2/2
    eliot:remote_task /3/2/3 succeeded
"
    );
}

#[test]
fn a_make_that_panics_leaves_nothing_waiting() {
    let messages = eliot(|| {
        let result = std::panic::catch_unwind(|| {
            continue_task(POSITION).into_span_with(|| panic!("no span"))
        });
        assert!(result.is_err());
        info_span!("next").in_scope(|| {
            assert_eq!(current().unwrap().level().to_string(), "/");
        });
    });

    assert_eq!(messages.len(), 2);
}

#[test]
fn an_id_that_is_refused_is_told_in_a_task_of_its_own() {
    let messages = eliot(|| {
        let _server = info_span!("server").entered();
        let request = continue_task("\" or 1=1").into_span_with(|| info_span!("request"));
        assert_eq!(
            request.in_scope(|| current().unwrap().level().to_string()),
            "/"
        );
    });

    let told = messages
        .iter()
        .find(|message| line(message).contains("refused"));
    let told = line(told.unwrap());
    assert!(told.contains(r#""refused_id_bytes":8"#), "{told}");
    assert!(!told.contains("1=1"), "{told}");
}
