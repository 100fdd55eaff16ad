//! When a message happened: the same in all outputs.
#[cfg(test)]
mod support;

use support::Captured;
use tasktrail::{JsonLayer, TaskLayer};
use tracing::{info, info_span};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// Takes its time before it writes, so that a second look at the clock would show.
#[derive(Clone)]
struct Slow(Captured);

impl<'a> MakeWriter<'a> for Slow {
    type Writer = Captured;

    fn make_writer(&'a self) -> Captured {
        let begin = std::time::Instant::now();
        while begin.elapsed() < std::time::Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        self.0.clone()
    }
}

#[cfg(test)]
fn times(output: &Captured) -> Vec<String> {
    let lines = output.lines().into_iter();
    let values = lines.map(|line| serde_json::from_str::<serde_json::Value>(&line).unwrap());
    values.map(|line| line["timestamp"].to_string()).collect()
}

#[test]
fn all_outputs_show_the_same_time_of_an_event_a_start_and_an_end() {
    let outputs = [Captured::new(), Captured::new()];
    let [first, second] = outputs
        .clone()
        .map(|output| JsonLayer::eliot().with_writer(Slow(output)));
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(first)
        .with(second);

    tracing::subscriber::with_default(subscriber, || {
        info!("alone");
        let _order = info_span!("order").entered();
        info!("in a span");
    });

    let [first, second] = outputs.map(|output| times(&output));
    assert_eq!(first, second);
    assert_eq!(first.len(), 4);
    assert!(first.is_sorted() && first[0] != first[3], "{first:?}");
}
