//! What lines show besides: where they come from, a number, a correlation id, the spans by themselves.
#[cfg(test)]
mod support;

use serde_json::{Value, json};
use support::Captured;
use tasktrail::record::Schema;
use tasktrail::{Detail, JsonLayer, SpanFields, TaskLayer};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;

#[cfg(test)]
fn lines(layer: JsonLayer, f: impl FnOnce()) -> Vec<Value> {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, f);
    let lines = output.lines().into_iter();
    lines
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect()
}

#[test]
fn each_detail_shows_on_starts_events_and_ends() {
    let all = [
        Detail::Host,
        Detail::ProcessId,
        Detail::ThreadName,
        Detail::ThreadId,
        Detail::File,
        Detail::Line,
        Detail::Module,
        Detail::Target,
    ];
    let lines = std::thread::Builder::new()
        .name("worker-7".to_owned())
        .spawn(move || {
            lines(JsonLayer::eliot().show(all), || {
                let _order = info_span!("order", id = 17, host = "mine").entered();
                info!(target: "shop", "sold");
            })
        })
        .unwrap()
        .join()
        .unwrap();

    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_eq!(line["process_id"], std::process::id());
        assert_eq!(line["thread_name"], "worker-7");
        assert!(line["thread_id"].as_u64().unwrap() > 0);
        assert!(!line["host"].as_str().unwrap().is_empty());
        assert!(line["file"].as_str().unwrap().ends_with("tests/details.rs"));
        assert!(line["line"].as_u64().unwrap() > 0);
        assert_eq!(line["module"], "details");
    }
    assert_eq!(
        (&lines[0]["id"], &lines[0]["host_"]),
        (&17.into(), &"mine".into())
    );
    assert_eq!(
        (&lines[1]["target"], &lines[2]["target"]),
        (&"shop".into(), &"details".into())
    );
}

#[test]
fn lines_are_numbered_from_zero() {
    let lines = lines(JsonLayer::logstash().sequence("seq"), || {
        let _order = info_span!("order", seq = "mine").entered();
        info!("sold");
    });

    let numbers: Vec<_> = lines.iter().map(|line| line["seq"].clone()).collect();
    assert_eq!(numbers, [0, 1, 2]);
    assert_eq!(lines[0]["seq_"], "mine");
}

#[test]
fn the_correlation_id_is_the_task_or_a_word_outside() {
    let layer = JsonLayer::eliot().correlation_id("correlation_id", "in\"ternal");
    let lines = lines(layer, || {
        info!("outside");
        let _order = info_span!("order").entered();
        info!("inside");
    });

    assert_eq!(lines[0]["correlation_id"], "in\"ternal");
    for line in &lines[1..] {
        assert_eq!(line["correlation_id"], line["task_uuid"]);
    }
}

#[cfg(test)]
fn in_two_spans() {
    let order = info_span!("order", id = 17, state = tracing::field::Empty, name = "x");
    let _order = order.enter();
    let _price = info_span!("price", id = 18).entered();
    order.record("state", "open");
    info!(id = 19, spans = "mine", "looked up");
}

#[test]
fn span_fields_are_nested_under_a_key() {
    let layer = JsonLayer::logstash().span_fields(SpanFields::Nested("spans"));
    let lines = lines(layer, in_two_spans);

    assert_eq!(lines[0]["spans"], json!({"id": 17, "name_": "x"}));
    assert_eq!(lines[1]["spans"], json!({"name_": "x", "id": 18}));
    assert_eq!(
        lines[2]["spans"],
        json!({"name_": "x", "state": "open", "id": 18})
    );
    assert_eq!(
        (&lines[2]["id"], &lines[2]["spans_"]),
        (&19.into(), &"mine".into())
    );
    assert_eq!(
        lines[4]["spans"],
        json!({"id": 17, "name_": "x", "state": "open"})
    );
    assert!(lines[0].get("id").is_none());
}

#[test]
fn spans_are_listed_under_a_key() {
    let layer = JsonLayer::eliot().span_fields(SpanFields::Listed("spans"));
    let lines = lines(layer, in_two_spans);

    let order = json!({"name": "order", "id": 17, "name_": "x"});
    let open = json!({"name": "order", "id": 17, "name_": "x", "state": "open"});
    let price = json!({"name": "price", "id": 18});
    assert_eq!(lines[0]["spans"], json!([order]));
    assert_eq!(lines[1]["spans"], json!([order, price]));
    assert_eq!(lines[2]["spans"], json!([open, price]));
    assert_eq!(lines[4]["spans"], json!([open]));
    assert!(lines[0].get("id").is_none());
    assert_eq!(lines[2]["id"], 19);
}

#[test]
fn in_every_schema_lines_with_all_of_it_are_read_back_as_one_tree() {
    for schema in Schema::ALL {
        for which in [SpanFields::Nested("around"), SpanFields::Listed("around")] {
            let output = Captured::new();
            let layer = JsonLayer::new(schema)
                .actions(tasktrail::Actions::StartsAndEnds)
                .span_fields(which)
                .show([Detail::Host, Detail::Line])
                .sequence("number")
                .correlation_id("correlation", "outside")
                .durations(tasktrail::TimeUnit::Microseconds)
                .with_writer(output.clone());
            let subscriber = tracing_subscriber::registry()
                .with(TaskLayer::new())
                .with(layer);

            tracing::subscriber::with_default(subscriber, in_two_spans);

            let lines = output.lines();
            assert_eq!(lines.len(), 5, "{schema}");
            for line in &lines {
                let record = tasktrail::record::Record::parse(line.as_bytes());
                assert!(record.is_ok(), "{schema}: {record:?}: {line}");
                assert!(line.contains("number"), "{schema}: {line}");
            }
        }
    }
}
