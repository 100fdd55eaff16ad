//! How long actions took, on their ends.
#[cfg(test)]
mod support;

use serde_json::Value;
use support::{Captured, assert_complete};
use tasktrail::{JsonLayer, SpanFields, TaskLayer, TimeUnit};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;

#[cfg(test)]
fn lines(layer: JsonLayer, f: impl FnOnce()) -> Vec<Value> {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, f);
    assert_complete(&output.messages());
    let lines = output.lines().into_iter();
    lines
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect()
}

/// Lets at least two milliseconds pass.
#[cfg(test)]
fn work() {
    let begin = std::time::Instant::now();
    while begin.elapsed() < std::time::Duration::from_millis(2) {
        std::hint::spin_loop();
    }
}

#[test]
fn an_end_shows_how_long_the_span_was_open_and_how_long_entered() {
    for which in [SpanFields::WhereTheyAreSet, SpanFields::OfAllSpans] {
        let layer = JsonLayer::eliot()
            .span_fields(which)
            .durations(TimeUnit::Nanoseconds);
        let lines = lines(layer, || {
            let order = info_span!("order", id = 17, state = tracing::field::Empty);
            work();
            order.in_scope(work);
            order.in_scope(|| info!("sold"));
            order.record("state", "sold");
        });

        let [start, event, end] = lines.as_slice() else {
            panic!("{lines:?}");
        };
        for line in [start, event] {
            assert!(line.get("duration").is_none(), "{line}");
        }
        let time = |name: &str| end[name].as_u64().unwrap();
        assert_eq!(time("duration"), time("busy") + time("idle"));
        assert!(
            time("busy") >= 2_000_000 && time("idle") >= 2_000_000,
            "{end}"
        );
        assert_eq!(end["state"], "sold");
        assert_eq!(end.get("id").is_some(), which == SpanFields::OfAllSpans);
    }
}

#[test]
fn fields_named_like_a_duration_get_an_underscore_in_whichever_order_it_is_said() {
    let builders: [fn(JsonLayer) -> JsonLayer; 2] = [
        |layer| layer.field("busy", true).durations(TimeUnit::Seconds),
        |layer| layer.durations(TimeUnit::Seconds).field("busy", true),
    ];
    for build in builders {
        let lines = lines(build(JsonLayer::logstash()), || {
            let _order = info_span!("order", duration = 17).entered();
        });

        assert_eq!(
            (&lines[0]["duration_"], &lines[0]["busy_"]),
            (&17.into(), &true.into())
        );
        assert_eq!(lines[1]["duration_"], 17);
        assert!(lines[1]["duration"].as_f64().unwrap() < 60.0);
        assert!(lines[1]["busy"].is_f64() && lines[1]["busy_"] == true);
    }
}

#[test]
fn without_them_no_name_is_taken() {
    let lines = lines(JsonLayer::logstash(), || {
        let _order = info_span!("order", duration = 17).entered();
    });

    assert_eq!(lines[1]["duration"], 17);
}

#[test]
fn fields_are_renamed_and_left_out_wherever_they_are_set() {
    let layer = JsonLayer::eliot()
        .field("service", "orders")
        .rename("service", "app")
        .rename("method", "http.method")
        .rename("when", "timestamp")
        .leave_out("password")
        .span_fields(SpanFields::OfAllSpans);
    let lines = lines(layer, || {
        let _request = info_span!("request", method = "POST", password = "x").entered();
        info!(password = "y", when = "now", method = "GET", "logged in");
    });

    for line in &lines {
        assert!(line.get("password").is_none() && line.get("method").is_none());
        assert_eq!(line["app"], "orders");
    }
    assert_eq!(lines[0]["http.method"], "POST");
    assert_eq!(
        (&lines[1]["http.method"], &lines[1]["timestamp_"]),
        (&"GET".into(), &"now".into())
    );
    assert_eq!(lines[2]["http.method"], "POST");
}
