//! A filter that is changed while the program runs leaves no gap.
#[cfg(test)]
mod support;

use support::{Captured, Message, assert_complete, drawing, spawn};
use tasktrail::{JsonLayer, TaskLayer};
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, debug, debug_span, info, info_span};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, registry, reload};

type Change = Box<dyn Fn(&'static str) + Send + Sync>;

/// Gives an output whose filter can be changed, with the filter in each place where it can stand.
#[cfg(test)]
fn changeable(output: &Captured) -> Vec<(&'static str, Dispatch, Change)> {
    let json = || JsonLayer::eliot().with_writer(output.clone());
    let level = |level: &str| level.parse::<LevelFilter>().unwrap();
    let mut all: Vec<(_, _, Change)> = Vec::new();

    let (filter, handle) = reload::Layer::new(LevelFilter::INFO);
    let subscriber = registry().with(filter).with(TaskLayer::new()).with(json());
    all.push((
        "before all layers",
        subscriber.into(),
        Box::new(move |to| handle.reload(level(to)).unwrap()),
    ));

    let (filter, handle) = reload::Layer::new(EnvFilter::new("info"));
    let subscriber = registry().with(TaskLayer::new()).with(json()).with(filter);
    all.push((
        "behind all layers",
        subscriber.into(),
        Box::new(move |to| handle.reload(EnvFilter::new(to)).unwrap()),
    ));

    let (filter, handle) = reload::Layer::new(LevelFilter::INFO);
    let subscriber = registry()
        .with(TaskLayer::new())
        .with(json().with_filter(filter));
    all.push((
        "at the output",
        subscriber.into(),
        Box::new(move |to| handle.reload(level(to)).unwrap()),
    ));

    let (filter, handle) = reload::Layer::new(EnvFilter::new("info"));
    let subscriber = registry().with(TaskLayer::new().and_then(json()).with_filter(filter));
    all.push((
        "over the task layer and the output",
        subscriber.into(),
        Box::new(move |to| handle.reload(EnvFilter::new(to)).unwrap()),
    ));
    all
}

#[test]
fn a_filter_that_opens_and_closes_in_mid_task_leaves_no_gap() {
    let output = Captured::new();
    for (place, dispatch, change) in changeable(&output) {
        let before = output.writes().len();

        tracing::dispatcher::with_default(&dispatch, || {
            let _order = info_span!("order").entered();
            for to in ["info", "debug", "off", "debug", "info"] {
                change(to);
                debug!("detail");
                debug_span!("step").in_scope(|| info!("news"));
                info!("news");
            }
        });

        let messages = output.messages().split_off(before);
        let detailed = |step: u64| {
            format!(
                "  detail /{}
  step /{1}/1 started
    news /{1}/2
  step /{1}/3 succeeded
  news /{2}
",
                step,
                step + 1,
                step + 2
            )
        };
        assert_eq!(
            drawing(&messages),
            format!(
                "order /1 started
  news /2
  news /3
{}{}  news /10
  news /11
order /12 succeeded
",
                detailed(4),
                detailed(7)
            ),
            "a filter {place}"
        );
        assert_complete(&messages);
    }
}

#[test]
fn a_span_that_was_open_when_the_filter_changed_stays_what_it_was() {
    let output = Captured::new();
    for (place, dispatch, change) in changeable(&output) {
        let before = output.writes().len();

        tracing::dispatcher::with_default(&dispatch, || {
            let _order = info_span!("order").entered();
            change("debug");
            let shown = debug_span!("shown").entered();
            change("info");
            let hidden = debug_span!("hidden").entered();
            change("debug");
            debug!("in the hidden one");
            drop(hidden);
            debug!("in the shown one");
            change("off");
            drop(shown);
            change("info");
            info!("last");
            change("off");
        });
        change("info");

        let messages = output.messages().split_off(before);
        assert_eq!(
            drawing(&messages),
            "\
order /1 started
  shown /2/1 started
    in the hidden one /2/2
    in the shown one /2/3
  shown /2/4 succeeded
  last /3
order /4 succeeded
",
            "a filter {place}"
        );
        assert_complete(&messages);
    }
}

#[test]
fn a_filter_that_changes_while_threads_log_leaves_no_gap() {
    let output = Captured::new();
    for (place, dispatch, change) in changeable(&output) {
        let before = output.writes().len();

        tracing::dispatcher::with_default(&dispatch, || {
            let order = info_span!("order");
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let order = order.clone();
                    spawn(move || {
                        let _order = order.entered();
                        for _ in 0..100 {
                            info!("news");
                            let _step = debug_span!("step").entered();
                            debug!("detail");
                        }
                    })
                })
                .collect();
            for to in ["debug", "off", "info", "debug"]
                .into_iter()
                .cycle()
                .take(40)
            {
                change(to);
                std::thread::yield_now();
            }
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        });

        let messages: Vec<Message> = output.messages().split_off(before);
        assert!(!messages.is_empty(), "a filter {place}");
        assert_complete(&messages);
    }
}
