//! Who shows and who is told the position of a message: no output, several, somebody else's layer.
#[cfg(test)]
mod support;

use support::{Captured, assert_complete};
use tasktrail::{JsonLayer, TaskLayer, current, event_position};
use tracing::{Event, Subscriber, info, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

#[test]
fn without_an_output_the_current_action_is_known_and_nothing_panics() {
    let subscriber = tracing_subscriber::registry().with(TaskLayer::new());

    tracing::subscriber::with_default(subscriber, || {
        info!("alone");
        let _order = info_span!("order", id = 1).entered();
        info!("not shown");
        let price = info_span!("price", total = tracing::field::Empty).entered();
        price.record("total", 5);
        tracing::error!(error = "none", "not shown either");
        tasktrail::fail(&std::fmt::Error);

        let current = current().unwrap();
        assert_eq!(current.name(), "price");
        // What nobody shows takes no number.
        assert_eq!(current.level().to_string(), "/2");
        tasktrail::hand_over().run(|| {
            assert_eq!(tasktrail::current().unwrap().level().to_string(), "/2/2");
        });
    });
}

#[test]
fn without_a_subscriber_nothing_happens() {
    let _order = info_span!("order").entered();
    info!("said to nobody");

    assert_eq!(current(), None);
    assert!(tasktrail::hand_over().position().is_none());
    assert_eq!(tasktrail::hand_over().run(|| 5), 5);
    assert_eq!(tasktrail::preserve_context(|| 7)(), 7);
    tasktrail::fail(&std::fmt::Error);
}

#[test]
fn several_outputs_show_one_position() {
    let (eliot, logstash) = (Captured::new(), Captured::new());
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(eliot.clone()))
        .with(JsonLayer::logstash().with_writer(logstash.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        info!("received");
        info_span!("price").in_scope(|| info!("looked up"));
        tasktrail::hand_over().run(|| info!("handed over"));
        info!(parent: None, "alone");
    });

    let places = |output: &Captured| -> Vec<_> {
        let messages = output.messages();
        assert_complete(&messages);
        let places = messages.iter();
        places
            .map(|message| (message.task().to_owned(), message.level()))
            .collect()
    };
    assert_eq!(places(&eliot), places(&logstash));
}

/// Keeps the positions of events, as a formatter of somebody else's would show them.
#[cfg(test)]
struct Positions(std::sync::mpsc::Sender<Option<String>>);

#[cfg(test)]
impl<S: Subscriber> Layer<S> for Positions {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // However often it asks, the event has one position.
        let position = event_position(event);
        assert_eq!(position, event_position(event));
        self.0
            .send(position.map(|position| position.to_string()))
            .unwrap();
    }
}

#[test]
fn a_layer_of_somebody_elses_is_told_the_position_that_the_output_shows() {
    let captured = Captured::new();
    let ((before, first), (behind, second)) =
        (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(Positions(before))
        .with(JsonLayer::eliot().with_writer(captured.clone()))
        .with(Positions(behind));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        info!("one");
        info_span!("price").in_scope(|| info!("two"));
        info!(parent: None, "three");
        info!("four");
    });

    let messages = captured.messages();
    let shown: Vec<_> = messages
        .iter()
        .filter(|message| message.status().is_none())
        .map(|message| Some(format!("{}@{}", message.task(), message.place())))
        .collect();
    assert_eq!(first.iter().collect::<Vec<_>>(), shown);
    assert_eq!(second.iter().collect::<Vec<_>>(), shown);
    assert_complete(&messages);
}

#[test]
fn without_a_task_layer_nobody_is_told_a_position() {
    let (sender, positions) = std::sync::mpsc::channel();
    let subscriber = tracing_subscriber::registry().with(Positions(sender));

    tracing::subscriber::with_default(subscriber, || info!("said"));

    assert_eq!(positions.iter().collect::<Vec<_>>(), [None]);
}
