//! How it is told whether an action succeeded.
#[cfg(test)]
mod support;

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};

use support::{Captured, assert_complete, assert_failed, assert_succeeded, eliot, end, logstash};
use tasktrail::{Actions, JsonLayer, OnErrorEvent, Schema, TaskLayer, fail};
use tracing::field::Empty;
use tracing::{Level, Metadata, Span, debug_span, error, info, info_span, instrument, warn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};

/// What went wrong in these tests.
#[derive(Debug)]
struct Refused {
    source: Option<Box<Refused>>,
    why: &'static str,
}

impl Refused {
    const fn new(why: &'static str) -> Self {
        Self { source: None, why }
    }

    fn because(self, source: Self) -> Self {
        let source = Some(Box::new(source));
        Self { source, ..self }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_deref()?)
    }
}

#[instrument(err)]
fn shown() -> Result<(), Refused> {
    Err(Refused::new("sold out"))
}

#[instrument(err(Debug))]
fn debugged() -> Result<(), Refused> {
    Err(Refused::new("sold out"))
}

#[instrument(err)]
fn fine() -> Result<(), Refused> {
    Ok(())
}

#[instrument(err(level = "warn"))]
fn warned() -> Result<(), Refused> {
    Err(Refused::new("sold out"))
}

#[test]
fn a_function_that_gives_an_error_fails() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        shown().unwrap_err();
        debugged().unwrap_err();
        fine().unwrap();
    });

    assert_failed(&messages, "shown", "sold out");
    let debug = format!("{:?}", Refused::new("sold out"));
    assert_failed(&messages, "debugged", &debug);
    assert_succeeded(&messages, "fine");
    assert_succeeded(&messages, "order");
}

#[test]
fn in_logstash_a_failure_is_an_exception_as_python_prints_it() {
    let messages = logstash(|| {
        shown().unwrap_err();
    });

    let ends: Vec<_> = messages
        .iter()
        .filter(|message| message.status() == Some("failed"))
        .collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0].get("reason"), "sold out");
    assert_eq!(ends[0].get("message"), "shown failed");
    assert_eq!(
        *ends[0].get("exception"),
        serde_json::json!(["Error: sold out\n"])
    );
}

#[test]
fn only_an_error_event_fails_its_action() {
    let messages = eliot(|| {
        warned().unwrap_err();
        let _order = info_span!("order").entered();
        warn!(error = "not that bad", "warned");
        info!(error = "not bad at all", "informed");
        error!("no field of that name");
        error!(err = "no field of that name", "another");
    });

    assert_succeeded(&messages, "warned");
    assert_succeeded(&messages, "order");
}

#[test]
fn an_error_event_can_be_switched_off() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new().on_error_event(OnErrorEvent::Ignore))
        .with(JsonLayer::eliot().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        shown().unwrap_err();
        debugged().unwrap_err();
        info_span!("order").in_scope(|| fail(&Refused::new("by hand")));
    });

    let messages = output.messages();
    assert_succeeded(&messages, "shown");
    assert_succeeded(&messages, "debugged");
    assert_failed(&messages, "order", "by hand");
}

#[test]
fn an_error_event_fails_the_action_in_which_it_happens_and_no_other() {
    let messages = eliot(|| {
        let order = info_span!("order").entered();
        let price = info_span!("price");
        info_span!("tax").in_scope(|| {
            error!(parent: &price, error = "unknown", "given to price");
        });
        error!(parent: None, error = "alone", "given to nobody");
        drop((price, order));
    });

    assert_failed(&messages, "price", "unknown");
    assert_succeeded(&messages, "tax");
    assert_succeeded(&messages, "order");
}

#[test]
fn an_error_event_outside_all_actions_is_a_message() {
    let messages = eliot(|| error!(error = "alone", "said"));

    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].get("error"), "alone");
    assert_complete(&messages);
}

#[test]
fn the_sources_of_an_error_event_are_told() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let error = Refused::new("no price").because(Refused::new("no market"));
        error!(error = &error as &(dyn Error + 'static), "failed");
    });

    let end = assert_failed(&messages, "order", "no price");
    assert_eq!(
        *end.get("exception_sources"),
        serde_json::json!(["no market"])
    );
}

#[test]
fn a_call_of_fail_tells_the_type_the_text_and_all_sources() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let market = Refused::new("no market").because(Refused::new("holiday"));
        fail(&Refused::new("no price").because(market));
        info!("goes on");
    });

    let end = assert_failed(&messages, "order", "no price");
    assert_eq!(end.get("exception"), "failure::Refused");
    assert_eq!(
        *end.get("exception_sources"),
        serde_json::json!(["no market", "holiday"])
    );
    assert_eq!(end.place(), "/3");
}

#[test]
fn a_call_of_fail_fails_the_innermost_action() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        info_span!("price").in_scope(|| fail(&Refused::new("unknown")));
    });

    assert_failed(&messages, "price", "unknown");
    assert_succeeded(&messages, "order");
}

// What `current` names is what `fail` fails.
#[test]
fn a_call_of_fail_in_a_span_that_is_turned_away_fails_the_action_around_it() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry().with(TaskLayer::new()).with(
        JsonLayer::eliot()
            .with_writer(output.clone())
            .with_filter(tracing::level_filters::LevelFilter::INFO),
    );

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        let _step = debug_span!("step").entered();
        assert_eq!(tasktrail::current().unwrap().name(), "order");
        fail(&Refused::new("unknown"));
    });

    assert_failed(&output.messages(), "order", "unknown");
}

#[test]
fn an_endless_chain_of_sources_is_cut() {
    #[derive(Debug)]
    struct Endless;
    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("again")
        }
    }
    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Endless)
        }
    }

    let messages = eliot(|| info_span!("order").in_scope(|| fail(&Endless)));

    let end = assert_failed(&messages, "order", "again");
    assert_eq!(end.get("exception_sources").as_array().unwrap().len(), 64);
}

#[test]
fn an_error_whose_text_panics_fails_its_action_all_the_same() {
    #[derive(Debug)]
    struct Bad;
    impl fmt::Display for Bad {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("in Display");
        }
    }
    impl Error for Bad {}

    let messages = eliot(|| {
        info_span!("order").in_scope(|| fail(&Bad));
        info_span!("price").in_scope(|| error!(error = %Bad, "failed"));
    });

    assert_failed(&messages, "order", "<panicked while it was formatted>");
    assert_failed(&messages, "price", "<panicked while it was formatted>");
}

#[test]
fn the_later_failure_stands_and_a_call_is_stronger_than_an_event() {
    let messages = eliot(|| {
        info_span!("two events").in_scope(|| {
            error!(error = "first", "failed");
            error!(error = "second", "failed");
        });
        info_span!("two calls").in_scope(|| {
            fail(&Refused::new("first").because(Refused::new("source")));
            fail(&Refused::new("second"));
        });
        info_span!("call, then event").in_scope(|| {
            fail(&Refused::new("call"));
            error!(error = "event", "failed");
        });
        info_span!("event, then call").in_scope(|| {
            error!(error = "event", "failed");
            fail(&Refused::new("call"));
        });
    });

    assert_failed(&messages, "two events", "second");
    let end = assert_failed(&messages, "two calls", "second");
    assert!(!end.has("exception_sources"));
    assert_failed(&messages, "call, then event", "call");
    assert_failed(&messages, "event, then call", "call");
}

#[test]
fn fields_that_were_recorded_stand_in_the_end_whether_it_succeeded_or_not() {
    for (name, fails) in [("succeeded", false), ("failed", true)] {
        let messages = eliot(|| {
            let order = info_span!(
                "order",
                id = 5,
                shares = Empty,
                price = Empty,
                never = Empty
            );
            order.record("shares", 100);
            order.in_scope(|| {
                Span::current().record("price", 12.5);
                if fails {
                    fail(&Refused::new("sold out"));
                }
            });
        });

        let end = end(&messages, "order");
        assert_eq!(end.status(), Some(name));
        assert_eq!(end.get("shares"), 100);
        assert_eq!(end.get("price"), 12.5);
        assert!(!end.has("never"));
        // Eliot does not say again what the start said.
        assert!(!end.has("id"));
        assert_eq!(messages[0].get("id"), 5);
        assert!(!messages[0].has("shares"));
    }
}

#[test]
fn the_end_of_an_action_that_failed_is_an_error_in_each_schema_that_shows_a_level() {
    for schema in Schema::ALL {
        let levels = match schema {
            // It shows none on starts and ends.
            Schema::Eliot => continue,
            Schema::LogstashV1 | Schema::LogstashV0 => ["\"levelno\":20,", "\"levelno\":40,"],
            Schema::Logback => ["\"level\":\"INFO\",", "\"level\":\"ERROR\","],
            Schema::Ecs => ["\"log.level\":\"INFO\",", "\"log.level\":\"ERROR\","],
            Schema::Gelf => ["\"level\":6,", "\"level\":3,"],
            Schema::Bunyan => ["\"level\":30,", "\"level\":50,"],
            Schema::GoogleCloud => ["\"severity\":\"INFO\",", "\"severity\":\"ERROR\","],
            Schema::OpenTelemetry => ["\"severityNumber\":9,", "\"severityNumber\":17,"],
            Schema::Tracing => ["\"level\":\"INFO\",", "\"level\":\"ERROR\","],
            other => panic!("nothing is known of the levels of {other}"),
        };
        let output = Captured::new();
        let layer = JsonLayer::new(schema).actions(Actions::StartsAndEnds);
        let subscriber = tracing_subscriber::registry()
            .with(TaskLayer::new())
            .with(layer.with_writer(output.clone()));

        tracing::subscriber::with_default(subscriber, || {
            info_span!("order").in_scope(|| {});
            info_span!("price").in_scope(|| fail(&Refused::new("unknown")));
        });

        let lines = output.lines();
        assert_eq!(lines.len(), 4);
        for (at, level) in [0, 0, 0, 1].into_iter().enumerate() {
            assert!(lines[at].contains(levels[level]), "{}", lines[at]);
        }
    }
}

/// A writer that keeps the levels of what it is asked to write.
#[derive(Clone, Default)]
struct Levels(Arc<Mutex<Vec<(Level, String)>>>);

#[cfg(test)]
impl<'a> MakeWriter<'a> for Levels {
    type Writer = std::io::Sink;

    fn make_writer(&'a self) -> Self::Writer {
        std::io::sink()
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        let called = (*metadata.level(), metadata.name().to_owned());
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(called);
        self.make_writer()
    }
}

#[test]
fn the_writer_is_told_that_the_end_of_an_action_that_failed_is_an_error() {
    let levels = Levels::default();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(levels.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        debug_span!("price").in_scope(|| fail(&Refused::new("unknown")));
    });

    let called = levels.0.lock().unwrap();
    let called: Vec<_> = called
        .iter()
        .map(|(level, name)| (*level, name.as_str()))
        .collect();
    assert_eq!(
        called,
        [
            (Level::INFO, "order"),
            (Level::DEBUG, "price"),
            (Level::ERROR, "price"),
            (Level::INFO, "order"),
        ]
    );
}
