//! Records of the `log` crate, as `tracing-log` hands them on. The logger is that of the whole program;
//! each test has a subscriber of its own.
#[cfg(test)]
mod support;

use std::sync::{Arc, Mutex, Once};

use support::{Captured, Message, assert_complete, drawing};
use tasktrail::{JsonLayer, Schema, TaskLayer};
use tracing::{Level, Metadata, info_span};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// Runs `f` behind a layer and gives what it shows.
#[cfg(test)]
fn logged(layer: JsonLayer, f: impl FnOnce()) -> Captured {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_log::LogTracer::init().unwrap());
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, f);
    output
}

#[test]
fn a_record_shows_its_own_target_level_and_place_and_not_those_of_the_bridge() {
    let output = logged(JsonLayer::logstash(), || {
        log::warn!(target: "a_library", "from afar");
        log::info!("{} here", "right");
    });

    let messages = output.messages();
    let expected = [
        ("from afar", "a_library", "WARNING", line!() - 6),
        ("right here", module_path!(), "INFO", line!() - 6),
    ];
    assert_eq!(messages.len(), expected.len());
    for (message, (text, target, level, line)) in messages.iter().zip(expected) {
        assert_eq!(message.get("message"), text);
        assert_eq!(message.get("name"), target);
        assert_eq!(message.get("levelname"), level);
        assert_eq!(message.get("pathname"), file!());
        assert_eq!(message.get("module"), module_path!());
        assert_eq!(*message.get("lineno"), line);
        // `log event` is the bridge's name, for all of them.
        assert!(!message.has("message_type"));
    }
}

#[test]
fn no_schema_shows_the_fields_of_the_bridge() {
    for schema in Schema::ALL {
        let output = logged(
            JsonLayer::new(schema),
            || log::error!(target: "lib", "gone"),
        );

        let line = output.text();
        assert!(
            line.contains("\"gone\"") && line.contains("\"lib\""),
            "{schema}: {line}"
        );
        for name in [
            "log.target",
            "log.module_path",
            "log.file\"",
            "log.line",
            "log event",
        ] {
            assert!(!line.contains(name), "{schema}: {name} in {line}");
        }
    }
}

#[test]
fn a_record_has_its_place_in_the_current_action() {
    let output = logged(JsonLayer::eliot(), || {
        info_span!("order").in_scope(|| {
            log::info!("one");
            log::info!("two");
        });
    });

    let messages: Vec<Message> = output.messages();
    assert_complete(&messages);
    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  one /2
  two /3
order /4 succeeded
"
    );
}

#[test]
fn a_record_without_a_place_shows_none() {
    let output = logged(JsonLayer::ecs(), || {
        let record = log::Record::builder()
            .level(log::Level::Info)
            .target("lib")
            .args(format_args!("from nowhere"))
            .build();
        log::logger().log(&record);
    });

    let message = &output.messages()[0];
    assert_eq!(message.get("message"), "from nowhere");
    assert_eq!(message.get("log.logger"), "lib");
    assert!(!message.has("log.origin.file.name") && !message.has("log.origin.file.line"));
}

// What only looks like the bridge's is the program's own.
#[test]
fn an_event_that_is_called_like_those_of_the_bridge_keeps_its_fields() {
    let output = logged(JsonLayer::logstash(), || {
        tracing::event!(
            name: "log event",
            target: "log",
            Level::INFO,
            { "log.target" = "mine", "log.line" = 7 },
            "said"
        );
    });

    let message = &output.messages()[0];
    assert_eq!(message.get("name"), "log");
    assert_eq!(message.get("log.target"), "mine");
    assert_eq!(*message.get("log.line"), 7);
    assert_eq!(message.get("message_type"), "log event");
}

/// A writer that keeps the targets and levels of what it is asked to write.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<(Level, String)>>>);

#[cfg(test)]
impl<'a> MakeWriter<'a> for Asked {
    type Writer = std::io::Sink;

    fn make_writer(&'a self) -> Self::Writer {
        std::io::sink()
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        let asked = (*metadata.level(), metadata.target().to_owned());
        self.0.lock().unwrap().push(asked);
        self.make_writer()
    }
}

#[test]
fn the_writer_is_told_the_records_own_target_and_level() {
    logged(JsonLayer::eliot(), || {});
    let asked = Asked::default();
    let subscriber =
        tracing_subscriber::registry().with(JsonLayer::eliot().with_writer(asked.clone()));

    tracing::subscriber::with_default(subscriber, || log::warn!(target: "lib", "said"));

    assert_eq!(*asked.0.lock().unwrap(), [(Level::WARN, "lib".to_owned())]);
}
