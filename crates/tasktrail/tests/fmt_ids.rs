//! The stock `fmt` layer shows the ids of each span.
#[cfg(test)]
mod support;

use serde_json::Value;
use support::{Captured, assert_complete};
use tasktrail::{JsonLayer, TaskLayer, current};
use tracing::field::Empty;
use tracing::level_filters::LevelFilter;
use tracing::{debug_span, info, info_span};
use tracing_subscriber::fmt::format::{DefaultFields, JsonFields};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

#[test]
fn a_line_of_text_shows_the_ids_of_each_open_span() {
    let output = Captured::new();
    let subscriber = registry()
        .with(TaskLayer::new().with_fmt_fields(DefaultFields::new()))
        .with(
            tracing_subscriber::fmt::layer()
                .without_time()
                .with_ansi(false)
                .with_writer(output.clone()),
        );

    let task = tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order", id = 7).entered();
        let _price = info_span!("price").entered();
        info!(shares = 100, "sold");
        current().unwrap().id()
    });

    assert_eq!(
        output.text(),
        format!(
            " INFO order{{id=7 task_uuid={task} task_level=/}}:\
             price{{task_uuid={task} task_level=/2}}: fmt_ids: sold shares=100\n"
        )
    );
}

#[test]
fn the_ids_stay_when_the_span_records() {
    let output = Captured::new();
    let subscriber = registry()
        .with(TaskLayer::new().with_fmt_fields(DefaultFields::new()))
        .with(
            tracing_subscriber::fmt::layer()
                .without_time()
                .with_ansi(false)
                .with_writer(output.clone()),
        );

    let task = tracing::subscriber::with_default(subscriber, || {
        let order = info_span!("order", id = 7, total = Empty, empty = Empty).entered();
        order.record("total", 12);
        info!("sold");
        current().unwrap().id()
    });

    assert_eq!(
        output.text(),
        format!(" INFO order{{id=7 task_uuid={task} task_level=/ total=12}}: fmt_ids: sold\n")
    );
}

#[test]
fn a_line_of_json_shows_the_ids_of_each_open_span_and_they_stay() {
    let output = Captured::new();
    let subscriber = registry()
        .with(TaskLayer::new().with_fmt_fields(JsonFields::new()))
        .with(
            tracing_subscriber::fmt::layer()
                .json()
                .with_writer(output.clone()),
        );

    let task = tracing::subscriber::with_default(subscriber, || {
        let order = info_span!("order", id = 7, total = Empty).entered();
        let _price = info_span!("price").entered();
        info!("before");
        order.record("total", 12);
        info!("after");
        current().unwrap().id().to_string()
    });

    let lines = output.lines();
    assert_eq!(lines.len(), 2);
    for (line, total) in lines.iter().zip([Value::Null, Value::from(12)]) {
        let line: Value = serde_json::from_str(line).unwrap();
        let (order, price) = (&line["spans"][0], &line["spans"][1]);
        for span in [order, price, &line["span"]] {
            assert_eq!(span["task_uuid"], task, "{line}");
        }
        assert_eq!(order["task_level"], "/");
        assert_eq!(order["id"], 7);
        assert_eq!(order["total"], total);
        assert_eq!(price["task_level"], "/2");
    }
}

#[test]
fn text_and_json_may_stand_side_by_side() {
    let (text, json) = (Captured::new(), Captured::new());
    let subscriber = registry()
        .with(
            TaskLayer::new()
                .with_fmt_fields(DefaultFields::new())
                .with_fmt_fields(JsonFields::new()),
        )
        .with(
            tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(text.clone()),
        )
        .with(
            tracing_subscriber::fmt::layer()
                .json()
                .with_writer(json.clone()),
        );

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order", id = 7).entered();
        info!("sold");
    });

    assert!(
        text.text().contains("order{id=7 task_uuid="),
        "{}",
        text.text()
    );
    let line: Value = serde_json::from_str(&json.text()).unwrap();
    assert_eq!(line["span"]["task_level"], "/");
    let task = line["span"]["task_uuid"].as_str().unwrap();
    assert!(text.text().contains(task));
}

#[test]
fn an_output_beside_it_shows_the_same_ids() {
    let (text, json) = (Captured::new(), Captured::new());
    let subscriber = registry()
        .with(TaskLayer::new().with_fmt_fields(DefaultFields::new()))
        .with(
            tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(text.clone()),
        )
        .with(JsonLayer::eliot().with_writer(json.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        info!("received");
        let _price = info_span!("price").entered();
        info!("looked up");
    });

    let messages = json.messages();
    assert_complete(&messages);
    let shown = format!("price{{task_uuid={} task_level=/3}}", messages[3].task());
    assert!(text.text().contains(&shown), "{}", text.text());
}

#[test]
fn what_is_continued_shows_the_ids_that_it_was_given() {
    let output = Captured::new();
    let subscriber = registry()
        .with(TaskLayer::new().with_fmt_fields(DefaultFields::new()))
        .with(
            tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(output.clone()),
        );

    let id = "192f76ea-915e-4131-95dc-da28c6bcdbb5";
    tracing::subscriber::with_default(subscriber, || {
        tasktrail::continue_task(&format!("{id}@/3/2")).run(|| info!("received"));
    });

    let shown = format!("eliot:remote_task{{task_uuid={id} task_level=/3/2}}");
    assert!(output.text().contains(&shown), "{}", output.text());
}

#[test]
fn without_being_asked_for_no_ids_are_shown() {
    let output = Captured::new();
    let subscriber = registry().with(TaskLayer::new()).with(
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(output.clone()),
    );

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order", id = 7).entered();
        info!("sold");
    });

    assert!(output.text().contains("order{id=7}"), "{}", output.text());
}

#[test]
fn a_filter_at_the_fmt_layer_and_an_output_agree_on_levels() {
    let (text, json) = (Captured::new(), Captured::new());
    let subscriber = registry().with(
        TaskLayer::new()
            .with_fmt_fields(DefaultFields::new())
            .and_then(
                tracing_subscriber::fmt::layer()
                    .with_ansi(false)
                    .with_writer(text.clone()),
            )
            .and_then(JsonLayer::eliot().with_writer(json.clone()))
            .with_filter(LevelFilter::INFO),
    );

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        let _step = debug_span!("step").entered();
        let _price = info_span!("price").entered();
        info!("looked up");
    });

    assert_complete(&json.messages());
    assert!(text.text().contains("task_level=/2}"), "{}", text.text());
    assert!(!text.text().contains("step"), "{}", text.text());
}

#[test]
fn a_value_that_panics_when_formatted_is_left_to_the_fmt_layer() {
    struct Panics;
    impl std::fmt::Debug for Panics {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("while it is formatted")
        }
    }
    let output = Captured::new();
    let subscriber = registry()
        .with(TaskLayer::new().with_fmt_fields(DefaultFields::new()))
        .with(JsonLayer::eliot().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order", value = ?Panics).entered();
        info!("goes on");
    });

    assert_complete(&output.messages());
    assert_eq!(output.messages().len(), 3);
}
