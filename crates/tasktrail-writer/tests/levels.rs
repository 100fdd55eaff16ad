//! Lines with a level: what they may use of the memory, and how they are counted.

#![cfg(all(not(loom), feature = "make-writer"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod gate;

use std::time::Duration;

use gate::Gate;
use tasktrail_writer::{Builder, Cause, Level, StartError, WhenFull, Worker};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

const LONG: Duration = Duration::from_secs(60);

fn log_through(worker: &Worker, log: impl FnOnce()) {
    let layer = fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_target(false)
        .with_writer(worker.writer());
    let filter = tracing_subscriber::filter::LevelFilter::TRACE;
    let subscriber = tracing_subscriber::registry().with(filter).with(layer);
    tracing::subscriber::with_default(subscriber, log);
}

#[test]
fn the_stock_layer_tells_each_level() {
    let worker = Builder::new(Vec::new()).start().unwrap();

    log_through(&worker, || {
        tracing::error!("1");
        tracing::warn!("2");
        tracing::warn!("2");
        tracing::info!("3");
        tracing::debug!("4");
        tracing::trace!("5");
    });
    worker.writer().write_line(b"no level\n");
    let outcome = worker.finish();

    let counts = Level::ALL.map(|level| outcome.written_at(level));
    assert_eq!(counts, [1, 2, 1, 1, 1]);
    assert_eq!(outcome.written_at(None), 1);
    assert_eq!(outcome.written(), 7);
}

#[test]
fn errors_survive_a_flood_under_each_rule_that_drops() {
    for rule in [
        WhenFull::DropNewest,
        WhenFull::DropOldest,
        WhenFull::BlockFor(Duration::ZERO),
    ] {
        let gate = Gate::default();
        let builder = Builder::new(gate.destination())
            .memory(4096)
            .when_full(rule);
        let worker = builder.reserve(Level::Error, 1024).start().unwrap();
        worker.writer().write_line(b"in the worker's hand\n");
        gate.wait_for_writes(1);

        log_through(&worker, || {
            for number in 0..20 {
                for _ in 0..50 {
                    tracing::debug!("flood");
                }
                tracing::error!(number, "failed");
            }
        });
        gate.open();
        let outcome = worker.finish_within(LONG);

        let output = gate.output();
        let errors: Vec<_> = output
            .lines()
            .filter(|line| line.starts_with("ERROR"))
            .collect();
        let expected: Vec<_> = (0..20)
            .map(|number| format!("ERROR failed number={number}"))
            .collect();
        assert_eq!(errors, expected, "{rule:?}");
        let losses = outcome.losses();
        assert_eq!(
            (losses.at(Level::Error), outcome.written_at(Level::Error)),
            (0, 20)
        );
        assert!(losses.of_at(Cause::MemoryFull, Level::Debug) > 0);
        assert_eq!(
            losses.at(Level::Debug) + outcome.written_at(Level::Debug),
            1000
        );
        let notice = format!(
            "tasktrail-writer: {0} lines lost: {0} memory full ({0} DEBUG)",
            losses.total()
        );
        assert!(output.lines().any(|line| line == notice), "{output}");
    }
}

#[test]
fn lines_that_are_left_at_the_end_are_counted_by_level() {
    let gate = Gate::default();
    let worker = Builder::new(gate.destination()).start().unwrap();
    let writer = worker.writer();
    writer.write_line_at(Level::Info, b"in the worker's hand\n");
    gate.wait_for_writes(1);
    writer.write_line_at(Level::Warn, b"in memory\n");

    let losses = worker.finish_within(Duration::ZERO).losses();
    writer.write_line_at(Level::Error, b"after the end\n");
    gate.open();

    assert_eq!(losses.of_at(Cause::Deadline, Level::Info), 1);
    assert_eq!(losses.of_at(Cause::Deadline, Level::Warn), 1);
    assert_eq!(
        writer
            .outcome()
            .losses()
            .of_at(Cause::WorkerGone, Level::Error),
        1
    );
    assert_eq!(writer.outcome().lost(), 3);
}

#[test]
fn a_reserve_of_the_whole_memory_is_an_error() {
    for reserve in [4096, 4097, usize::MAX] {
        let builder = Builder::new(Vec::new())
            .memory(4096)
            .reserve(Level::Error, reserve);

        let error = builder.start().unwrap_err();

        assert!(matches!(error, StartError::Reserve { .. }));
    }
}
