//! What filters turn away takes no number.
#[cfg(test)]
mod support;

use support::{Captured, Message, assert_complete, drawing};
use tasktrail::{JsonLayer, TaskLayer};
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, debug, debug_span, info, info_span, warn};
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, registry};

/// Gives one output, with the filter INFO in each place where it can stand so that the output has
/// no gaps.
#[cfg(test)]
fn filtered_by_info(output: &Captured) -> Vec<(&'static str, Dispatch)> {
    let json = || JsonLayer::eliot().with_writer(output.clone());
    vec![
        (
            "before all layers",
            Dispatch::new(
                registry()
                    .with(LevelFilter::INFO)
                    .with(TaskLayer::new())
                    .with(json()),
            ),
        ),
        (
            "behind all layers",
            Dispatch::new(
                registry()
                    .with(TaskLayer::new())
                    .with(json())
                    .with(EnvFilter::new("info")),
            ),
        ),
        (
            "at the output",
            Dispatch::new(
                registry()
                    .with(TaskLayer::new())
                    .with(json().with_filter(LevelFilter::INFO)),
            ),
        ),
        (
            "at the output, by targets",
            Dispatch::new(
                registry()
                    .with(TaskLayer::new())
                    .with(json().with_filter(Targets::new().with_default(LevelFilter::INFO))),
            ),
        ),
        (
            "over the task layer and the output, beside another layer",
            Dispatch::new(
                registry()
                    .with(
                        TaskLayer::new()
                            .and_then(json())
                            .with_filter(LevelFilter::INFO),
                    )
                    .with(tracing_subscriber::fmt::layer().with_writer(std::io::sink)),
            ),
        ),
        (
            "at the task layer and at the output, each by itself",
            Dispatch::new(
                registry()
                    .with(TaskLayer::new().with_filter(LevelFilter::INFO))
                    .with(json().with_filter(LevelFilter::INFO)),
            ),
        ),
        (
            "at an output that there may be",
            Dispatch::new(
                registry()
                    .with(TaskLayer::new())
                    .with(Some(json().with_filter(LevelFilter::INFO))),
            ),
        ),
        (
            "at an output in a list",
            Dispatch::new(
                registry()
                    .with(TaskLayer::new())
                    .with(vec![json().with_filter(LevelFilter::INFO).boxed()]),
            ),
        ),
        (
            "at an output in a box",
            Dispatch::new(
                registry()
                    .with(TaskLayer::new().boxed())
                    .with(json().with_filter(LevelFilter::INFO).boxed()),
            ),
        ),
    ]
}

/// Runs a program behind each of these, and asserts what its output shows.
#[cfg(test)]
fn assert_shows(program: fn(), expected: &str, only_at_layers: bool) {
    let output = Captured::new();
    for (place, dispatch) in filtered_by_info(&output) {
        if only_at_layers && place.ends_with("all layers") {
            continue;
        }
        let before = output.writes().len();

        tracing::dispatcher::with_default(&dispatch, program);

        let messages = output.messages().split_off(before);
        assert_eq!(drawing(&messages), expected, "a filter {place}");
        assert_complete(&messages);
    }
}

#[test]
fn an_event_that_is_turned_away_takes_no_number() {
    let program = || {
        debug!("alone");
        let _order = info_span!("order").entered();
        debug!("parsed");
        info!("received");
        debug!("stored");
        debug!("sent");
        info!("sold");
        debug!("forgotten");
    };

    let expected = "\
order /1 started
  received /2
  sold /3
order /4 succeeded
";

    assert_shows(program, expected, false);
}

#[test]
fn what_happens_in_a_span_that_is_turned_away_happens_in_the_action_around_it() {
    let program = || {
        let _order = info_span!("order").entered();
        let _step = debug_span!("step").entered();
        info!("in a step");
        let _deeper = debug_span!("deeper").entered();
        info!("in a deeper step");
        {
            let _price = info_span!("price").entered();
            info!("looked up");
            debug_span!("tax").in_scope(|| info!("added"));
        }
        info!("sold");
    };

    let expected = "\
order /1 started
  in a step /2
  in a deeper step /3
  price /4/1 started
    looked up /4/2
    added /4/3
  price /4/4 succeeded
  sold /5
order /6 succeeded
";

    assert_shows(program, expected, false);
}

#[test]
fn what_happens_in_a_root_span_that_is_turned_away_starts_tasks_of_its_own() {
    let program = || {
        let _step = debug_span!("step").entered();
        info!("alone");
        info_span!("order").in_scope(|| info!("received"));
    };

    let expected = "\
alone /1

order /1 started
  received /2
order /3 succeeded
";

    assert_shows(program, expected, false);
}

// A filter over all layers leaves no span behind that could be named as a parent.
#[test]
fn a_parent_that_is_turned_away_stands_for_the_action_around_it() {
    let program = || {
        let order = info_span!("order");
        let step = debug_span!(parent: &order, "step");
        info!(parent: &step, "given a step");
        let price = info_span!(parent: &step, "price");
        info!(parent: &price, "looked up");
    };

    let expected = "\
order /1 started
  given a step /2
  price /3/1 started
    looked up /3/2
  price /3/3 succeeded
order /4 succeeded
";

    assert_shows(program, expected, true);
}

#[test]
fn what_one_of_two_outputs_accepts_takes_one_number() {
    let (short, long) = (Captured::new(), Captured::new());
    let subscriber = registry()
        .with(TaskLayer::new())
        .with(
            JsonLayer::eliot()
                .with_writer(short.clone())
                .with_filter(LevelFilter::WARN),
        )
        .with(
            JsonLayer::eliot()
                .with_writer(long.clone())
                .with_filter(LevelFilter::INFO),
        );

    tracing::subscriber::with_default(subscriber, || {
        let _order = tracing::warn_span!("order").entered();
        debug!("nobody's");
        info!("for one");
        warn!("for both");
        info_span!("price").in_scope(|| {
            debug!("nobody's");
            warn!("for both, in a span for one");
            info!("for one");
        });
        debug_span!("step").in_scope(|| warn!("for both, in nobody's span"));
    });

    let (short, long) = (short.messages(), long.messages());
    assert_complete(&long);
    assert_eq!(
        drawing(&long),
        "\
order /1 started
  for one /2
  for both /3
  price /4/1 started
    for both, in a span for one /4/2
    for one /4/3
  price /4/4 succeeded
  for both, in nobody's span /5
order /6 succeeded
"
    );
    assert_eq!(
        drawing(&short),
        "\
order /1 started
  for both /3
    for both, in a span for one /4/2
  for both, in nobody's span /5
order /6 succeeded
"
    );
    assert_eq!(short[0].task(), long[0].task());
}

#[test]
fn outputs_that_share_no_message_share_the_numbers() {
    let (high, low) = (Captured::new(), Captured::new());
    let subscriber = registry()
        .with(TaskLayer::new())
        .with(
            JsonLayer::eliot()
                .with_writer(high.clone())
                .with_filter(filter_fn(|what| {
                    what.is_span() || *what.level() <= tracing::Level::WARN
                })),
        )
        .with(
            JsonLayer::eliot()
                .with_writer(low.clone())
                .with_filter(filter_fn(|what| {
                    what.is_event() && *what.level() > tracing::Level::WARN
                })),
        );

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        info!("low");
        warn!("high");
        info!("low again");
    });

    let mut both: Vec<Message> = high.messages();
    assert_eq!(both.len(), 3);
    both.extend(low.messages());
    assert_eq!(
        drawing(&both),
        "\
order /1 started
  low /2
  high /3
  low again /4
order /5 succeeded
"
    );
    assert_complete(&both);
}

/// Turns away events by what they contain, as a sampler does.
#[cfg(test)]
struct EverySecond(std::sync::atomic::AtomicU64);

impl<S: tracing::Subscriber> Layer<S> for EverySecond {
    fn event_enabled(
        &self,
        _: &tracing::Event<'_>,
        _: tracing_subscriber::layer::Context<'_, S>,
    ) -> bool {
        let before = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        before.is_multiple_of(2)
    }
}

#[test]
fn an_event_that_a_sampler_turns_away_takes_no_number() {
    let output = Captured::new();
    let subscriber = registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(output.clone()))
        .with(EverySecond(std::sync::atomic::AtomicU64::new(0)));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        for n in 0..6 {
            info!(n, "sampled");
        }
    });

    let messages = output.messages();
    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  sampled /2
  sampled /3
  sampled /4
order /5 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn a_filter_that_looks_at_fields_of_spans_leaves_no_gap() {
    let output = Captured::new();
    let filter = EnvFilter::new("warn,[order{kind=large}]=debug");
    let subscriber = registry().with(TaskLayer::new()).with(
        JsonLayer::eliot()
            .with_writer(output.clone())
            .with_filter(filter),
    );

    tracing::subscriber::with_default(subscriber, || {
        for kind in ["large", "small"] {
            let _order = tracing::warn_span!("order", kind).entered();
            debug!("parsed");
            debug_span!("step").in_scope(|| warn!("careful"));
            info!("sold");
        }
    });

    let messages = output.messages();
    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  parsed /2
  step /3/1 started
    careful /3/2
  step /3/3 succeeded
  sold /4
order /5 succeeded

order /1 started
  careful /2
order /3 succeeded
"
    );
    assert_complete(&messages);
}

// A filter over the task layer and one output: the other output sees events that have no place,
// where events that have one were before.
#[test]
fn an_event_that_is_kept_from_the_task_layer_is_not_given_the_place_of_an_earlier_one() {
    // However many layers the program has made before.
    let made: Vec<_> = (0..100).map(|_| JsonLayer::eliot()).collect();
    let (narrow, wide) = (Captured::new(), Captured::new());
    let json = |output: &Captured| JsonLayer::eliot().with_writer(output.clone());
    let every_other = || {
        let count = std::sync::atomic::AtomicU32::new(0);
        tracing_subscriber::filter::dynamic_filter_fn(move |metadata, _| {
            metadata.is_span()
                || count
                    .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
                    .is_multiple_of(2)
        })
    };
    let subscriber = registry()
        .with(
            TaskLayer::new()
                .and_then(json(&narrow))
                .with_filter(every_other()),
        )
        .with(json(&wide));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        for n in 0..6 {
            info!(n, "said");
        }
    });

    drop(made);
    assert_complete(&narrow.messages());
    let levels: Vec<_> = wide
        .messages()
        .iter()
        .filter(|message| message.name() == "said")
        .map(|message| message.get("task_level").to_string())
        .collect();
    assert_eq!(levels, ["[2]", "null", "[3]", "null", "[4]", "null"]);
}

#[test]
fn an_event_whose_parent_a_filter_hides_has_the_fields_of_the_spans_around_it() {
    let output = Captured::new();
    let shown = filter_fn(|metadata| !metadata.name().starts_with("hidden"));
    let json = JsonLayer::logstash().with_writer(output.clone());
    let subscriber = registry()
        .with(TaskLayer::new())
        .with(json.with_filter(shown));

    tracing::subscriber::with_default(subscriber, || {
        let order = info_span!("order", id = 17, step = tracing::field::Empty);
        let hidden = info_span!(parent: &order, "hidden", secret = 1);
        order.record("step", "pay");
        info!(parent: &hidden, "inside");
        let price = info_span!(parent: &hidden, "price");
        let hidden_too = info_span!(parent: &price, "hidden too");
        order.record("step", "paid");
        info!(parent: &hidden_too, "looked up");
    });

    let lines: Vec<serde_json::Value> = output
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let said = |text: &str| lines.iter().find(|line| line["message"] == text).unwrap();
    for (text, function, step) in [("inside", "order", "pay"), ("looked up", "price", "paid")] {
        let line = said(text);
        assert_eq!(
            (&line["id"], &line["step"]),
            (&17.into(), &step.into()),
            "{text}"
        );
        assert_eq!(line["funcName"], function);
        assert!(line.get("secret").is_none());
    }
    assert_complete(&output.messages());
}

#[test]
fn an_event_whose_parent_a_filter_hides_lists_the_spans_around_it() {
    let output = Captured::new();
    let shown = filter_fn(|metadata| metadata.name() != "hidden");
    let json = JsonLayer::tracing().with_writer(output.clone());
    let subscriber = registry()
        .with(TaskLayer::new())
        .with(json.with_filter(shown));

    tracing::subscriber::with_default(subscriber, || {
        let order = info_span!("order", id = 17);
        let hidden = info_span!(parent: &order, "hidden", secret = 1);
        info!(parent: &hidden, "inside");
    });

    let line: serde_json::Value = serde_json::from_str(&output.lines()[0]).unwrap();
    let order = serde_json::json!({"id": 17, "name": "order"});
    assert_eq!(line["spans"], serde_json::json!([order]));
    assert_eq!(line["span"], order);
}

// One of two outputs sees a span that another does not, and the task layer or none of it.
#[test]
fn each_output_shows_the_fields_of_the_spans_that_it_sees() {
    let (wide, narrow) = (Captured::new(), Captured::new());
    let json = |output: &Captured| JsonLayer::logstash().with_writer(output.clone());
    let subscriber = |tasks: LevelFilter| {
        registry()
            .with(TaskLayer::new().with_filter(tasks))
            .with(json(&wide))
            .with(json(&narrow).with_filter(LevelFilter::INFO))
    };
    let program = || {
        let _order = info_span!("order", id = 17).entered();
        let _detail = debug_span!("detail", id = 18, row = 3).entered();
        info!("found");
    };
    let fields = |output: &Captured| {
        let line = output
            .lines()
            .into_iter()
            .rfind(|line| line.contains("found"));
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        ["id", "row", "funcName", "task_level"].map(|name| line[name].to_string())
    };

    tracing::subscriber::with_default(subscriber(LevelFilter::TRACE), program);
    assert_eq!(fields(&wide), ["18", "3", "\"detail\"", "[2,2]"]);
    assert_eq!(fields(&narrow), ["17", "null", "\"order\"", "[2,2]"]);

    tracing::subscriber::with_default(subscriber(LevelFilter::INFO), program);
    assert_eq!(fields(&wide), ["18", "3", "\"detail\"", "[2]"]);
    assert_eq!(fields(&narrow), ["17", "null", "\"order\"", "[2]"]);
}
