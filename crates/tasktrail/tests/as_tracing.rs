//! The schema `tracing` against the layer of `tracing-subscriber` whose lines it writes.
#[cfg(test)]
mod support;

use support::Captured;
use tasktrail::{JsonLayer, TaskLayer};
use tracing::field::Empty;
use tracing::{Span, debug, error, info, info_span, trace, warn};
use tracing_subscriber::layer::SubscriberExt;

/// Logs all kinds of values, in and outside spans.
#[cfg(test)]
fn program() {
    info!("outside");
    info!(count = 1);
    info!(name: "bill", "sent");
    let request = info_span!(
        "request",
        path = "/orders",
        method = "POST",
        status = Empty,
        b = 1
    );
    let _request = request.enter();
    warn!(target: "other::target", price = 12.5, whole = 7.0, negative = -3, "in one");
    info_span!("empty").in_scope(|| {
        request.record("status", 200);
        error!(debugged = ?Some("a\"b"), shown = %"c\nd", yes = true, "in two {}", "\u{1f600}\u{7f}");
        info_span!("price", sku = "pen", nan = f64::NAN, huge = u64::MAX, error = ?Some(1)).in_scope(|| {
            trace!(small = 1e-7, large = 1e16, none = f64::INFINITY, "in three");
            Span::current().record("sku", "pencil");
            debug!("again");
        });
    });
    debug!(parent: &request, "in its parent");
}

/// Takes the moment out of a line, which two layers see one after the other.
#[cfg(test)]
fn without_time(line: &str) -> String {
    let rest = line.strip_prefix("{\"timestamp\":\"").unwrap();
    let (time, rest) = rest.split_once('"').unwrap();
    assert_eq!(time.len(), "2026-11-22T14:10:03.911798Z".len(), "{time}");
    format!("{{\"timestamp\":\"\"{rest}")
}

#[test]
fn lines_without_a_task_layer_are_those_of_tracing_subscriber() {
    let (theirs, ours) = (Captured::new(), Captured::new());
    let subscriber = tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .json()
                .with_writer(theirs.clone()),
        )
        .with(JsonLayer::tracing().with_writer(ours.clone()));

    tracing::subscriber::with_default(subscriber, program);

    let (ours, theirs) = (ours.lines(), theirs.text());
    let theirs: Vec<_> = theirs.lines().collect();
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(without_time(ours), without_time(theirs));
    }
}

#[test]
fn a_task_adds_its_place_to_the_fields_alone() {
    let (alone, behind) = (Captured::new(), Captured::new());
    let subscriber =
        tracing_subscriber::registry().with(JsonLayer::tracing().with_writer(alone.clone()));
    tracing::subscriber::with_default(subscriber, program);
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::tracing().with_writer(behind.clone()));
    tracing::subscriber::with_default(subscriber, program);

    assert_eq!(alone.lines().len(), behind.lines().len());
    for (alone, behind) in alone.lines().iter().zip(behind.lines()) {
        let mut message: serde_json::Value = serde_json::from_str(&behind).unwrap();
        let fields = message["fields"].as_object_mut().unwrap();
        assert!(fields.remove("task_uuid").unwrap().is_string());
        assert!(fields.remove("task_level").unwrap().is_array());
        fields.remove("message_type");
        message["timestamp"] = "".into();
        let mut expected: serde_json::Value = serde_json::from_str(alone).unwrap();
        expected["timestamp"] = "".into();
        assert_eq!(message, expected);
    }
}

#[test]
fn a_field_of_a_span_called_name_stands_beside_the_spans_name() {
    let output = Captured::new();
    let subscriber =
        tracing_subscriber::registry().with(JsonLayer::tracing().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        info_span!("order", name = "ada").in_scope(|| info!(name = "bob", "sold"));
    });

    let message = &output.messages()[0];
    assert_eq!(message.get("fields")["name"], "bob");
    assert_eq!(
        *message.get("span"),
        serde_json::json!({"name_": "ada", "name": "order"})
    );
}
