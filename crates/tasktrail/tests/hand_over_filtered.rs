//! A filter that turns away the action of the other side leaves no gap on this one.
#[cfg(test)]
mod support;

use std::sync::{Mutex, MutexGuard, PoisonError};

use support::{Captured, assert_complete, drawing, spawn};
use tasktrail::{JsonLayer, TaskLayer, hand_over, preserve_context};
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

/// Waits until no other test has a subscriber: as in a program, what one wants is asked for while
/// there is no other.
#[cfg(test)]
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asserts that the other side goes on in the action of this one.
#[cfg(test)]
fn assert_goes_on_here(build: impl FnOnce(JsonLayer<Captured>) -> Dispatch) {
    let _alone = alone();
    let output = Captured::new();
    let dispatch = build(JsonLayer::eliot().with_writer(output.clone()));

    tracing::dispatcher::with_default(&dispatch, program);
    drop(dispatch);

    let messages = output.messages();
    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  on the other side /2
  later /3
  last /4
order /5 succeeded
"
    );
    assert_complete(&messages);
}

#[cfg(test)]
fn only_here() -> Targets {
    Targets::new().with_target(module_path!(), LevelFilter::INFO)
}

#[test]
fn a_hand_over_turned_away_by_its_target_before_all_layers_leaves_no_gap() {
    assert_goes_on_here(|json| {
        registry()
            .with(only_here())
            .with(TaskLayer::new())
            .with(json)
            .into()
    });
}

#[test]
fn a_hand_over_turned_away_by_its_level_behind_all_layers_leaves_no_gap() {
    assert_goes_on_here(|json| {
        registry()
            .with(TaskLayer::new())
            .with(json)
            .with(LevelFilter::WARN)
            .into()
    });
}

#[test]
fn a_hand_over_turned_away_over_the_task_layer_and_the_output_leaves_no_gap() {
    assert_goes_on_here(|json| {
        registry()
            .with(TaskLayer::new().and_then(json).with_filter(only_here()))
            .into()
    });
}

#[test]
fn a_hand_over_turned_away_by_a_filter_that_looks_at_spans_leaves_no_gap() {
    assert_goes_on_here(|json| {
        registry()
            .with(TaskLayer::new())
            .with(json)
            .with(EnvFilter::new("warn,[debugged]=debug"))
            .into()
    });
}

#[test]
fn a_hand_over_turned_away_at_the_only_output_leaves_no_gap() {
    assert_goes_on_here(|json| {
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
    let _alone = alone();
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
