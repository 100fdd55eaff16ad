//! The stack on which an action failed, where an output asks for it.
#[cfg(test)]
mod support;

use std::panic::catch_unwind;

use support::{Captured, Message, assert_failed};
use tasktrail::{Actions, Backtraces, JsonLayer, Schema, TaskLayer, fail};
use tracing::{error, info_span};
use tracing_subscriber::layer::SubscriberExt;

/// Fails, with its own name on the stack.
#[inline(never)]
fn sells_nothing() {
    fail(&std::fmt::Error);
}

/// Panics, with its own name on the stack.
#[cfg(test)]
#[inline(never)]
fn knows_no_rate() {
    panic!("no rate");
}

/// Runs `f` behind two outputs, of which the first shows backtraces, and gives what they show.
#[cfg(test)]
fn both(schema: Schema, f: impl FnOnce()) -> [Captured; 2] {
    let outputs = [Captured::new(), Captured::new()];
    let layer = || JsonLayer::new(schema).actions(Actions::StartsAndEnds);
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(
            layer()
                .backtraces(Backtraces::Shown)
                .with_writer(outputs[0].clone()),
        )
        .with(layer().with_writer(outputs[1].clone()));
    tracing::subscriber::with_default(subscriber, f);
    outputs
}

#[cfg(test)]
fn assert_shows(message: &Message, name: &str, function: &str) {
    let text = message.get(name).as_str().unwrap();
    assert!(text.contains(function), "{function} is not in {text}");
}

#[test]
fn a_call_of_fail_shows_its_stack_where_that_is_asked_for() {
    let [with, without] = both(Schema::Eliot, || {
        info_span!("order").in_scope(sells_nothing)
    });

    let reason = std::fmt::Error.to_string();
    let messages = with.messages();
    let end = assert_failed(&messages, "order", &reason);
    assert_shows(end, "exception_backtrace", "backtraces::sells_nothing");
    let messages = without.messages();
    assert!(!assert_failed(&messages, "order", &reason).has("exception_backtrace"));
}

#[test]
fn a_panic_shows_its_stack() {
    let [with, without] = both(Schema::Eliot, || {
        let caught = catch_unwind(|| info_span!("order").in_scope(knows_no_rate));
        caught.unwrap_err();
    });

    let messages = with.messages();
    let end = assert_failed(&messages, "order", "no rate");
    assert_shows(end, "exception_backtrace", "backtraces::knows_no_rate");
    let messages = without.messages();
    assert!(!assert_failed(&messages, "order", "no rate").has("exception_backtrace"));
}

#[test]
fn an_error_event_has_no_stack() {
    let [with, _] = both(Schema::Eliot, || {
        info_span!("order").in_scope(|| error!(error = "sold out", "failed"));
    });

    let messages = with.messages();
    assert!(!assert_failed(&messages, "order", "sold out").has("exception_backtrace"));
}

#[test]
fn a_field_of_that_name_is_kept_apart() {
    let [with, _] = both(Schema::Eliot, || {
        info_span!("order").in_scope(|| error!(exception_backtrace = "own", "said"));
    });

    assert_eq!(with.messages()[1].get("exception_backtrace_"), "own");
}

#[test]
fn each_schema_shows_a_stack_in_one_text() {
    for schema in Schema::ALL {
        let [with, without] = both(schema, || info_span!("order").in_scope(sells_nothing));

        let end = with.messages().pop().unwrap();
        let text = match schema {
            Schema::Eliot | Schema::LogstashV1 => end.get("exception_backtrace"),
            Schema::LogstashV0 => &end.get("@fields")["exception_backtrace"],
            Schema::Tracing => &end.get("fields")["exception_backtrace"],
            Schema::Logback | Schema::GoogleCloud => end.get("stack_trace"),
            Schema::Ecs => end.get("error.stack_trace"),
            Schema::Gelf => end.get("full_message"),
            Schema::Bunyan => &end.get("err")["stack"],
            Schema::OpenTelemetry => {
                let attributes = end.get("attributes").as_array().unwrap().iter();
                let mut traces = attributes.filter(|one| one["key"] == "exception.stacktrace");
                &traces.next().unwrap()["value"]["stringValue"]
            }
            other => panic!("nothing is known of {other}"),
        };
        let text = text.as_str().unwrap();
        assert!(
            text.contains("backtraces::sells_nothing"),
            "{schema}: {text}"
        );
        let lines = without.lines();
        assert!(
            !lines.concat().contains("sells_nothing"),
            "{schema}: {lines:?}"
        );
    }
}
