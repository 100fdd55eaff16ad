//! Keys as the user wants them, in all schemas.
#[cfg(test)]
mod support;

use support::Captured;
use tasktrail::{JsonLayer, Layout, TaskLayer};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;

#[cfg(test)]
fn text(layer: JsonLayer, f: impl FnOnce()) -> String {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, f);
    assert!(output.writes().iter().all(|write| write.ends_with(b"}\n")));
    output.text()
}

#[test]
fn starts_events_and_ends_are_arranged() {
    let layout = Layout::new()
        .leave_out(["timestamp", "task_uuid", "logger"])
        .rename("log_level", "level")
        .first(["level", "action_status", "task_level"])
        .nest_dots();
    let text = text(JsonLayer::eliot().layout(layout), || {
        let _request = info_span!("request", http.method = "GET", http.path = "/").entered();
        info!(n = 1, "found");
    });

    assert_eq!(
        text,
        r#"{"action_status":"started","task_level":[1],"http":{"method":"GET","path":"/"},"action_type":"request"}
{"level":"INFO","task_level":[2],"n":1,"message_type":"found"}
{"action_status":"succeeded","task_level":[3],"action_type":"request"}
"#
    );
}

#[test]
fn a_line_for_a_person_is_one_write() {
    let layout = Layout::new().leave_out(["timestamp", "task_uuid"]).pretty();
    let text = text(JsonLayer::eliot().layout(layout), || info!(n = 1, "found"));

    assert_eq!(
        text,
        r#"{
  "n": 1,
  "log_level": "INFO",
  "logger": "layout",
  "task_level": [
    1
  ],
  "message_type": "found"
}
"#
    );
}

#[test]
fn what_the_writer_tells_is_arranged_too() {
    let layer = JsonLayer::eliot().layout(Layout::new().rename("message_type", "text"));
    let mut line = Vec::new();

    layer.teller().write("17 lines lost", &mut line);

    assert!(
        String::from_utf8(line)
            .unwrap()
            .ends_with(",\"text\":\"17 lines lost\"}\n")
    );
}

#[test]
fn each_schema_has_the_key_for_the_time_that_it_says() {
    for schema in tasktrail::record::Schema::ALL {
        let layout = Layout::new().time(tasktrail::record::TimeFormat::Nanoseconds);
        let text = text(JsonLayer::new(schema).layout(layout), || info!("found"));

        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        let nanos = line[schema.time_key()].as_u64();
        assert!(
            nanos.is_some_and(|nanos| nanos > 1_700_000_000_000_000_000),
            "{schema}: {text}"
        );
    }
}
