//! Under the layers of `tracing-subscriber`.

#![cfg(all(not(loom), feature = "make-writer"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod gate;

use gate::Gate;
use tasktrail_writer::Builder;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::writer::MakeWriterExt;
use tracing_subscriber::layer::SubscriberExt;

#[test]
fn each_event_of_the_stock_layer_is_one_line() {
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(gate.destination()).start().unwrap();
    let layer = fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_target(false)
        .with_writer(worker.writer());

    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        tracing::info!(answer = 42, "hello");
        tracing::warn!("goodbye");
    });
    let outcome = worker.finish();

    assert_eq!(gate.output(), " INFO hello answer=42\n WARN goodbye\n");
    assert_eq!((outcome.written(), outcome.lost()), (2, 0));
}

#[test]
fn the_combinators_of_tracing_subscriber_apply() {
    let gate = Gate::default();
    gate.open();
    let worker = Builder::new(gate.destination()).start().unwrap();
    let writer = worker.writer().with_max_level(tracing::Level::WARN);
    let layer = fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_target(false)
        .with_writer(writer);

    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        tracing::info!("not this");
        tracing::error!("but this");
    });

    assert_eq!(worker.finish().written(), 1);
    assert_eq!(gate.output(), "ERROR but this\n");
}
