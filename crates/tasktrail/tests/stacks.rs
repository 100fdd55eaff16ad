//! The layers work wherever `tracing-subscriber` lets a layer stand.
#[cfg(test)]
mod support;

use support::{Captured, assert_complete, drawing};
use tasktrail::{JsonLayer, TaskLayer, current, fail, hand_over};
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, info, info_span};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{registry, reload};

#[cfg(test)]
fn program() {
    let _order = info_span!("order").entered();
    info!("received");
    assert_eq!(current().unwrap().name(), "order");
    info_span!("price").in_scope(|| fail(&std::fmt::Error));
    hand_over().run(|| info!("handed over"));
}

const EXPECTED: &str = "\
order /1 started
  received /2
  price /3/1 started
  price /3/2 failed
  eliot:remote_task /4/1 started
    handed over /4/2
  eliot:remote_task /4/3 succeeded
order /5 succeeded
";

/// Runs the program and asserts that it shows.
#[cfg(test)]
fn assert_shows(build: impl FnOnce(Captured) -> Dispatch) {
    let output = Captured::new();
    let dispatch = build(output.clone());

    tracing::dispatcher::with_default(&dispatch, program);

    let messages = output.messages();
    assert!(
        messages.iter().all(|message| message.has("task_uuid")),
        "no task ids in {messages:?}"
    );
    assert_eq!(drawing(&messages), EXPECTED);
    assert_complete(&messages);
}

#[cfg(test)]
fn json(output: Captured) -> JsonLayer<Captured> {
    JsonLayer::eliot().with_writer(output)
}

#[test]
fn the_layers_work_one_behind_the_other() {
    assert_shows(|output| registry().with(TaskLayer::new()).with(json(output)).into());
}

#[test]
fn the_layers_work_joined() {
    assert_shows(|output| {
        registry()
            .with(TaskLayer::new().and_then(json(output)))
            .into()
    });
}

#[test]
fn the_layers_work_in_boxes() {
    assert_shows(|output| {
        registry()
            .with(TaskLayer::new().boxed())
            .with(json(output).boxed())
            .into()
    });
}

#[test]
fn the_layers_work_joined_in_a_box() {
    assert_shows(|output| {
        registry()
            .with(TaskLayer::new().and_then(json(output)).boxed())
            .into()
    });
}

#[test]
fn the_layers_work_an_output_that_there_may_be() {
    assert_shows(|output| {
        registry()
            .with(TaskLayer::new())
            .with(Some(json(output)))
            .with(None::<JsonLayer>)
            .into()
    });
}

#[test]
fn the_layers_work_a_task_layer_that_there_may_be() {
    assert_shows(|output| {
        registry()
            .with(Some(TaskLayer::new()))
            .with(json(output))
            .into()
    });
}

#[test]
fn the_layers_work_outputs_in_a_list() {
    assert_shows(|output| {
        registry()
            .with(TaskLayer::new())
            .with(vec![
                json(output).boxed(),
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::sink)
                    .boxed(),
            ])
            .into()
    });
}

#[test]
fn the_layers_work_all_layers_in_a_list() {
    assert_shows(|output| {
        registry()
            .with(vec![TaskLayer::new().boxed(), json(output).boxed()])
            .into()
    });
}

#[test]
fn the_layers_work_all_layers_that_there_may_be_joined() {
    assert_shows(|output| {
        registry()
            .with(Some(TaskLayer::new().and_then(json(output))))
            .into()
    });
}

#[test]
fn the_layers_work_an_output_that_can_be_exchanged() {
    assert_shows(|output| {
        let (layer, _) = reload::Layer::new(json(output));
        registry().with(TaskLayer::new()).with(layer).into()
    });
}

#[test]
fn the_layers_work_with_filters_between() {
    assert_shows(|output| {
        registry()
            .with(LevelFilter::TRACE)
            .with(TaskLayer::new())
            .with(LevelFilter::DEBUG)
            .with(json(output).with_filter(LevelFilter::INFO))
            .with(tracing_subscriber::EnvFilter::new("info"))
            .into()
    });
}

#[test]
fn the_layers_work_in_a_subscriber_in_a_box() {
    assert_shows(|output| {
        let subscriber = registry().with(TaskLayer::new()).with(json(output));
        let subscriber: Box<dyn tracing::Subscriber + Send + Sync> = Box::new(subscriber);
        Dispatch::new(subscriber)
    });
}

#[test]
fn the_layers_work_beside_another_task_layer_in_another_subscriber() {
    let (outer, inner) = (Captured::new(), Captured::new());
    let dispatch = |output: &Captured| -> Dispatch {
        registry()
            .with(TaskLayer::new())
            .with(json(output.clone()))
            .into()
    };

    tracing::dispatcher::with_default(&dispatch(&outer), || {
        let _outer = info_span!("outer").entered();
        tracing::dispatcher::with_default(&dispatch(&inner), program);
        info!("said");
    });

    assert_eq!(drawing(&inner.messages()), EXPECTED);
    assert_eq!(
        drawing(&outer.messages()),
        "outer /1 started\n  said /2\nouter /3 succeeded\n"
    );
}
