//! Fields whose values are errors: the text of each, and what caused it.
#[cfg(test)]
mod support;

use std::error::Error;
use std::fmt;

use serde_json::json;
use support::{Captured, Message, assert_failed, eliot, logstash};
use tasktrail::{JsonLayer, Schema, TaskLayer, fail};
use tracing::field::Empty;
use tracing::{error, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt;

/// An error and what caused it, by their texts.
#[derive(Debug)]
struct Chain {
    text: &'static str,
    source: Option<Box<Chain>>,
}

/// Makes an error of its text and those of its sources, the nearest first.
#[cfg(test)]
fn chain(texts: &[&'static str]) -> Chain {
    let mut texts = texts.iter().rev();
    let root = Chain {
        text: texts.next().unwrap(),
        source: None,
    };
    texts.fold(root, |source, text| Chain {
        text,
        source: Some(Box::new(source)),
    })
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl Error for Chain {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_deref()?)
    }
}

type DynError = dyn Error + 'static;

#[test]
fn an_error_shows_its_text_and_beside_it_its_sources() {
    let messages = eliot(|| {
        let error = chain(&["no \"price\"", "no market", "holiday"]);
        warn!(cause = &error as &DynError, code = 7, "refused");
    });

    let message = &messages[0];
    assert_eq!(message.get("cause"), "no \"price\"");
    assert_eq!(
        *message.get("cause_sources"),
        json!(["no market", "holiday"])
    );
    assert_eq!(message.get("code"), 7);
}

#[test]
fn an_error_without_sources_shows_its_text_alone() {
    let messages = eliot(|| {
        let error = chain(&["no price"]);
        warn!(cause = &error as &DynError, "refused");
    });

    assert_eq!(messages[0].get("cause"), "no price");
    assert!(!messages[0].has("cause_sources"));
}

#[test]
fn an_error_event_tells_the_sources_and_so_does_the_end_of_its_action() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let error = chain(&["no price", "no market"]);
        error!(error = &error as &DynError, "failed");
    });

    assert_eq!(*messages[1].get("error_sources"), json!(["no market"]));
    let end = assert_failed(&messages, "order", "no price");
    assert_eq!(*end.get("exception_sources"), json!(["no market"]));
}

#[test]
fn the_sources_go_where_their_error_goes() {
    let messages = logstash(|| {
        let (deep, shallow) = (chain(&["deep", "market"]), chain(&["shallow"]));
        let order = info_span!("order", cause = &deep as &DynError, id = 1);
        order.in_scope(|| {
            info!("inherits");
            info!(cause = &shallow as &DynError, "an error of its own");
            info!(cause = "a text", "a text of its own");
        });
        order.record("cause", &shallow as &DynError);
        order.in_scope(|| info!("inherits again"));
    });

    let shown = |name: &str| {
        let message = messages.iter().find(|message| message.name() == name);
        let message = message.unwrap();
        (
            message.get("cause"),
            message.get("cause_sources"),
            message.get("id"),
        )
    };
    assert_eq!(
        shown("inherits"),
        (&json!("deep"), &json!(["market"]), &json!(1))
    );
    for (name, text) in [
        ("an error of its own", "shallow"),
        ("a text of its own", "a text"),
        ("inherits again", "shallow"),
    ] {
        assert_eq!(
            shown(name),
            (&json!(text), &json!(null), &json!(1)),
            "{name}"
        );
    }
}

// No name stands twice in a line: the reader of the tests refuses it.
#[test]
fn a_field_of_the_programs_own_stands_in_place_of_sources_of_the_same_name() {
    let error = chain(&["no price", "no market"]);
    let messages = logstash(|| {
        let value = &error as &DynError;
        info!(cause = value, cause_sources = "own", "behind");
        info!(cause_sources = "own", cause = value, "before");
        info_span!("order", cause = value).in_scope(|| info!(cause_sources = "own", "inside"));
        info_span!("order", cause_sources = "own").in_scope(|| info!(cause = value, "around"));
    });

    let sources = |name: &str| {
        let message = messages.iter().find(|message| message.name() == name);
        assert_eq!(message.unwrap().get("cause"), "no price", "{name}");
        message.unwrap().get("cause_sources")
    };
    for name in ["behind", "before", "inside"] {
        assert_eq!(*sources(name), "own", "{name}");
    }
    assert_eq!(*sources("around"), json!(["no market"]));
}

#[test]
fn sources_never_meet_a_key_of_the_schema() {
    let error = chain(&["no price", "no market"]);
    let messages = eliot(|| {
        let order = info_span!("order", exception = Empty);
        order.record("exception", &error as &DynError);
        order.in_scope(|| fail(&error));
    });

    let end = assert_failed(&messages, "order", "no price");
    assert_eq!(*end.get("exception_sources"), json!(["no market"]));
    assert_eq!(end.get("exception_"), "no price");
    assert_eq!(*end.get("exception_sources_"), json!(["no market"]));
}

#[test]
fn an_error_may_be_the_text_of_an_event() {
    let messages = logstash(|| {
        let error = chain(&["no price", "no market"]);
        info!(code = 7, message = &error as &DynError);
    });

    assert_eq!(messages[0].get("message"), "no price");
    assert_eq!(*messages[0].get("message_sources"), json!(["no market"]));
    assert_eq!(messages[0].get("code"), 7);
}

#[test]
fn each_schema_shows_sources_in_a_form_that_it_knows() {
    let shown = |schema, name: &str| {
        let output = Captured::new();
        let layer = JsonLayer::new(schema).rename("hidden", "cause");
        let subscriber = tracing_subscriber::registry()
            .with(TaskLayer::new())
            .with(layer.with_writer(output.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let error = chain(&["no price", "no \"market\""]);
            info!(hidden = &error as &DynError, "refused");
        });
        output.messages()[0].get(name).clone()
    };

    for schema in [
        Schema::Eliot,
        Schema::LogstashV1,
        Schema::Logback,
        Schema::Ecs,
        Schema::Bunyan,
    ] {
        assert_eq!(
            shown(schema, "cause_sources"),
            json!(["no \"market\""]),
            "{schema}"
        );
    }
    assert_eq!(
        shown(Schema::Gelf, "_cause_sources"),
        r#"["no \"market\""]"#
    );
    let fields = shown(Schema::Tracing, "fields");
    assert_eq!(fields["cause_sources"], json!(["no \"market\""]));
    let attributes = shown(Schema::OpenTelemetry, "attributes");
    let expected = json!({
        "key": "cause_sources",
        "value": {"arrayValue": {"values": [{"stringValue": "no \"market\""}]}},
    });
    assert!(
        attributes.as_array().unwrap().contains(&expected),
        "{attributes}"
    );
}

/// An error that is its own source.
#[derive(Debug)]
struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("again")
    }
}

impl Error for Endless {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&Self)
    }
}

#[test]
fn of_a_chain_without_end_64_sources_are_shown() {
    let messages = eliot(|| info!(cause = &Endless as &DynError, "refused"));

    assert_eq!(*messages[0].get("cause_sources"), json!(vec!["again"; 64]));
}

/// An error whose code panics: its text, or the way to its source.
#[derive(Debug)]
enum Bad {
    Text(Box<Bad>),
    Source,
}

#[cfg(test)]
impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => panic!("in Display"),
            Self::Source => f.write_str("no source"),
        }
    }
}

#[cfg(test)]
impl Error for Bad {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Text(source) => Some(source.as_ref()),
            Self::Source => panic!("in source"),
        }
    }
}

#[test]
fn an_error_whose_code_panics_is_survived() {
    let messages: Vec<Message> = eliot(|| {
        let text = Bad::Text(Box::new(Bad::Source));
        info!(cause = &text as &DynError, after = 1, "text");
        info!(cause = &Bad::Source as &DynError, after = 1, "source");
        info_span!("order").in_scope(|| fail(&Bad::Source));
    });

    assert_eq!(
        messages[0].get("cause"),
        "<panicked while it was formatted>"
    );
    assert_eq!(*messages[0].get("cause_sources"), json!(["no source"]));
    assert_eq!(messages[1].get("cause"), "no source");
    assert!(!messages[1].has("cause_sources"));
    assert_eq!([messages[0].get("after"), messages[1].get("after")], [1, 1]);
    assert_failed(&messages, "order", "no source");
}
