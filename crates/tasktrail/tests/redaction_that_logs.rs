//! A predicate that logs itself. Alone in its program, for its subscriber stands for all of it.
#[cfg(test)]
mod support;

use support::{Captured, Message};
use tasktrail::{JsonLayer, Redact, Redaction, TaskLayer};
use tracing::info;
use tracing_subscriber::layer::SubscriberExt;

#[test]
fn a_predicate_that_logs_is_not_asked_about_what_it_logs() {
    let output = Captured::new();
    let redaction = Redaction::new().when(
        |name, value| {
            info!(asked = value, "about {name}");
            name == "secret"
        },
        Redact::Mask,
    );
    let layer = JsonLayer::eliot().redact(redaction);
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(output.clone()));
    tracing::subscriber::set_global_default(subscriber).unwrap();

    info!(secret = "hidden", open = 1, "said");

    let messages = output.messages();
    let said: Vec<_> = messages.iter().map(Message::name).collect();
    assert_eq!(said, ["***", "***", "***", "said"]);
    assert_eq!(messages[0].get("asked"), "***");
    let last = &messages[3];
    assert_eq!(
        (last.get("secret"), last.get("open")),
        (&"***".into(), &1.into())
    );
}
