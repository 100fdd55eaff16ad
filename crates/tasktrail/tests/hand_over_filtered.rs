//! No filter turns away the action that continues a task: its number is taken already.
#[cfg(test)]
mod support;

use support::{Captured, assert_complete, drawing, spawn};
use tasktrail::{JsonLayer, TaskLayer, continue_task, hand_over, preserve_context};
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, warn, warn_span};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, registry};

#[cfg(test)]
fn program() {
    let order = warn_span!("order").entered();
    let task = hand_over();
    drop(hand_over());
    spawn(move || task.run(|| warn!("on the other side")))
        .join()
        .unwrap();
    preserve_context(|| warn!("later"))();
    warn!("last");
    drop(order);
}

/// Asserts that the other side shows, and all that happens in it.
#[cfg(test)]
fn assert_shows(build: impl FnOnce(JsonLayer<Captured>) -> Dispatch) {
    let output = Captured::new();
    let dispatch = build(JsonLayer::eliot().with_writer(output.clone()));

    tracing::dispatcher::with_default(&dispatch, program);
    drop(dispatch);

    let messages = output.messages();
    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
    on the other side /2/2
  eliot:remote_task /2/3 succeeded
  eliot:remote_task /3/1 started
  eliot:remote_task /3/2 succeeded
  eliot:remote_task /4/1 started
    later /4/2
  eliot:remote_task /4/3 succeeded
  last /5
order /6 succeeded
"
    );
    assert_complete(&messages);
}

#[cfg(test)]
fn only_here() -> Targets {
    Targets::new().with_target(module_path!(), LevelFilter::INFO)
}

#[test]
fn a_hand_over_shows_against_a_filter_by_its_target_before_all_layers() {
    assert_shows(|json| {
        registry()
            .with(only_here())
            .with(TaskLayer::new())
            .with(json)
            .into()
    });
}

#[test]
fn a_hand_over_shows_against_a_filter_by_its_level_behind_all_layers() {
    assert_shows(|json| {
        registry()
            .with(TaskLayer::new())
            .with(json)
            .with(LevelFilter::WARN)
            .into()
    });
}

#[test]
fn a_hand_over_shows_against_a_filter_over_the_task_layer_and_the_output() {
    assert_shows(|json| {
        registry()
            .with(TaskLayer::new().and_then(json).with_filter(only_here()))
            .into()
    });
}

#[test]
fn a_hand_over_shows_against_a_filter_by_a_filter_that_looks_at_spans() {
    assert_shows(|json| {
        registry()
            .with(TaskLayer::new())
            .with(json)
            .with(EnvFilter::new("warn,[debugged]=debug"))
            .into()
    });
}

#[test]
fn a_hand_over_shows_against_a_filter_at_the_only_output() {
    assert_shows(|json| {
        registry()
            .with(TaskLayer::new())
            .with(json.with_filter(only_here()))
            .into()
    });
}

// To ask whether an action would be turned away, and then not to open it, can make a filter turn
// away the next event instead.
#[test]
fn an_output_that_turns_the_other_side_away_shows_what_comes_next() {
    let (narrow, wide) = (Captured::new(), Captured::new());
    let json = |output: &Captured| JsonLayer::eliot().with_writer(output.clone());
    let subscriber = registry()
        .with(TaskLayer::new())
        .with(json(&narrow).with_filter(only_here()))
        .with(json(&wide));

    tracing::subscriber::with_default(subscriber, || {
        let _order = warn_span!("order").entered();
        for _ in 0..3 {
            // Goes to another process, so that no action opens in this one.
            hand_over().into_text().unwrap();
            warn!("next");
        }
    });

    assert_eq!(wide.messages().len(), 2 + 3);
    assert_eq!(
        drawing(&narrow.messages()),
        "\
order /1 started
  next /3
  next /5
  next /7
order /8 succeeded
"
    );
}

#[test]
fn a_task_from_another_process_goes_on_against_a_filter_by_target() {
    let output = Captured::new();
    let subscriber = registry()
        .with(only_here())
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        continue_task("192f76ea-915e-4131-95dc-da28c6bcdbb5@/3").run(|| warn!("here"));
    });

    assert_eq!(
        drawing(&output.messages()),
        "  \
  eliot:remote_task /3/1 started
    here /3/2
  eliot:remote_task /3/3 succeeded
"
    );
}
