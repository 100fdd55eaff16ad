//! An output that stands before the task layer is a mistake that is told once.
#[cfg(test)]
mod support;

use support::{Captured, Message};
use tasktrail::{JsonLayer, TaskLayer};
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, info, info_span};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

#[cfg(test)]
fn tells(messages: &[Message]) -> Vec<&Message> {
    let tell = |message: &&Message| message.name().contains("before the task layer");
    messages.iter().filter(tell).collect()
}

#[cfg(test)]
fn program() {
    let _order = info_span!("order").entered();
    for _ in 0..5 {
        info!("said");
    }
    info!("more");
}

#[test]
fn an_output_before_the_task_layer_is_told_once_at_set_up() {
    for layer in [JsonLayer::eliot, JsonLayer::logstash] {
        let output = Captured::new();

        let dispatch = Dispatch::new(
            registry()
                .with(layer().with_writer(output.clone()))
                .with(TaskLayer::new()),
        );

        let messages = output.messages();
        assert_eq!(messages.len(), 1);
        assert_eq!(tells(&messages).len(), 1);
        assert!(
            messages[0]
                .name()
                .contains("with(TaskLayer::new()).with(output)")
        );

        tracing::dispatcher::with_default(&dispatch, program);

        assert_eq!(tells(&output.messages()).len(), 1);
    }
}

#[test]
fn an_output_joined_before_the_task_layer_is_told_once_at_set_up() {
    let output = Captured::new();
    let json = JsonLayer::eliot().with_writer(output.clone());

    let dispatch = Dispatch::new(registry().with(json.and_then(TaskLayer::new())));

    assert_eq!(tells(&output.messages()).len(), 1);

    tracing::dispatcher::with_default(&dispatch, program);

    assert_eq!(tells(&output.messages()).len(), 1);
}

#[test]
fn an_output_joined_before_the_task_layer_is_told_once_at_the_latest_with_its_events() {
    let output = Captured::new();
    let json = JsonLayer::eliot().with_writer(output.clone());
    let dispatch = Dispatch::new(registry().with(json.and_then(TaskLayer::new())));

    tracing::dispatcher::with_default(&dispatch, || {
        program();
        program();
    });

    assert_eq!(tells(&output.messages()).len(), 1);
}

#[test]
fn each_of_several_outputs_before_the_task_layer_is_told() {
    let outputs = [Captured::new(), Captured::new(), Captured::new()];
    let [one, two, behind] = outputs
        .each_ref()
        .map(|output| JsonLayer::eliot().with_writer(output.clone()));
    let subscriber = registry()
        .with(one)
        .with(two)
        .with(TaskLayer::new())
        .with(behind);

    tracing::subscriber::with_default(subscriber, program);

    let told = outputs
        .each_ref()
        .map(|output| tells(&output.messages()).len());
    assert_eq!(told, [1, 1, 0]);
}

#[test]
fn a_misplaced_output_with_a_filter_is_told_too() {
    let output = Captured::new();
    let json = JsonLayer::eliot().with_writer(output.clone());

    let subscriber = registry()
        .with(json.with_filter(LevelFilter::INFO))
        .with(TaskLayer::new());
    tracing::subscriber::with_default(subscriber, program);

    assert_eq!(tells(&output.messages()).len(), 1);
}

#[test]
fn the_events_of_a_misplaced_output_show_without_a_task() {
    let output = Captured::new();
    let subscriber = registry()
        .with(JsonLayer::eliot().with_writer(output.clone()))
        .with(TaskLayer::new());

    tracing::subscriber::with_default(subscriber, || info!("said"));

    let messages = output.messages();
    let said = messages.iter().find(|message| message.name() == "said");
    assert!(!said.unwrap().has("task_uuid"));
}

#[test]
fn an_output_in_its_place_tells_nothing() {
    let output = Captured::new();
    let json = || JsonLayer::eliot().with_writer(output.clone());
    let task = TaskLayer::new;
    let well_placed: Vec<Dispatch> = vec![
        registry().with(task()).with(json()).into(),
        registry().with(task().and_then(json())).into(),
        registry()
            .with(LevelFilter::INFO)
            .with(TaskLayer::new())
            .with(json())
            .into(),
        registry()
            .with(task())
            .with(json())
            .with(LevelFilter::INFO)
            .into(),
        registry().with(task()).with(json()).with(json()).into(),
        registry().with(task().boxed()).with(json().boxed()).into(),
        registry()
            .with(task().and_then(json()).with_filter(LevelFilter::INFO))
            .into(),
        registry()
            .with(task())
            .with(json().with_filter(LevelFilter::INFO))
            .with(tracing_subscriber::fmt::layer().with_writer(std::io::sink))
            .into(),
        // No task layer: then no output is before it.
        registry().with(json()).into(),
    ];

    for dispatch in well_placed {
        tracing::dispatcher::with_default(&dispatch, program);
    }

    let messages = output.messages();
    assert!(messages.len() > 50);
    assert_eq!(tells(&messages), Vec::<&Message>::new());
}

// What the filter keeps from the task layer has no task, but the output stands in its place.
#[test]
fn an_output_behind_a_task_layer_whose_filter_opens_tells_nothing() {
    let output = Captured::new();
    let (filter, handle) = tracing_subscriber::reload::Layer::new(LevelFilter::OFF);
    let subscriber = registry()
        .with(TaskLayer::new().with_filter(filter))
        .with(JsonLayer::eliot().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        for round in 0..6 {
            let level = if round % 2 == 0 {
                LevelFilter::OFF
            } else {
                LevelFilter::INFO
            };
            handle.reload(level).unwrap();
            info!(round, "said");
        }
    });

    let messages = output.messages();
    assert_eq!(tells(&messages), Vec::<&Message>::new());
    for (round, message) in messages.iter().enumerate() {
        assert_eq!(message.has("task_uuid"), round % 2 == 1, "{message:?}");
    }
}
