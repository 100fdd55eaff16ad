//! The panic hook that tells why an action broke off is there wherever the task layer stands.
//!
//! The hook is set once for the whole program, so this program has one test.
#[cfg(test)]
mod support;

use support::Captured;
use tasktrail::{JsonLayer, TaskLayer};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt;

#[test]
fn a_task_layer_that_there_may_be_knows_why_an_action_broke_off() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(Some(TaskLayer::new()))
        .with(JsonLayer::eliot().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let caught = std::panic::catch_unwind(|| {
            let _order = info_span!("order").entered();
            panic!("no rate");
        });
        caught.unwrap_err();
    });

    assert_eq!(output.messages()[1].get("reason"), "no rate");
}
