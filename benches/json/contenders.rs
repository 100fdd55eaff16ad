//! Who writes the lines.

#[cfg(feature = "peers")]
mod peers;
#[cfg(feature = "peers")]
mod slog;

use tasktrail::record::Schema;
use tasktrail::{Actions, JsonLayer, Redact, Redaction, TaskLayer};
use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use crate::row::{Row, UseIt};
use crate::sink::Sink;
use crate::spans;

#[derive(Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    run: fn(Row, UseIt<'_>),
}

const OURS: [Contender; 6] = [
    Contender {
        key: "logstash",
        title: "tasktrail, Logstash V1",
        run: |row, use_it| {
            let layer = JsonLayer::new(Schema::LogstashV1).with_writer(|| Sink);
            within(registry().with(TaskLayer::new()).with(layer), row, use_it);
        },
    },
    Contender {
        key: "eliot",
        title: "tasktrail, Eliot",
        run: |row, use_it| {
            let layer = JsonLayer::new(Schema::Eliot).with_writer(|| Sink);
            within(registry().with(TaskLayer::new()).with(layer), row, use_it);
        },
    },
    Contender {
        key: "logstash-events",
        title: "tasktrail, Logstash V1, events alone",
        run: |row, use_it| {
            let layer = JsonLayer::new(Schema::LogstashV1).actions(Actions::Neither);
            let layer = layer.with_writer(|| Sink);
            within(registry().with(TaskLayer::new()).with(layer), row, use_it);
        },
    },
    Contender {
        key: "eliot-events",
        title: "tasktrail, Eliot, events alone",
        run: |row, use_it| {
            let layer = JsonLayer::new(Schema::Eliot).actions(Actions::Neither);
            let layer = layer.with_writer(|| Sink);
            within(registry().with(TaskLayer::new()).with(layer), row, use_it);
        },
    },
    Contender {
        key: "logstash-redacted",
        title: "tasktrail, Logstash V1, 20 rules of redaction, one of which hides a field",
        run: |row, use_it| {
            let names: Vec<String> = (0..19).map(|n| format!("*secret_{n}*")).collect();
            let names = names.iter().map(String::as_str).chain(["currency"]);
            let layer = JsonLayer::new(Schema::LogstashV1)
                .redact(Redaction::new().names(names, Redact::Mask))
                .with_writer(|| Sink);
            within(registry().with(TaskLayer::new()).with(layer), row, use_it);
        },
    },
    Contender {
        key: "logstash-alone",
        title: "tasktrail, Logstash V1 without the task layer",
        run: |row, use_it| {
            let layer = JsonLayer::new(Schema::LogstashV1).with_writer(|| Sink);
            within(registry().with(layer), row, use_it);
        },
    },
];

impl Contender {
    pub(crate) fn ours() -> Vec<Self> {
        OURS.to_vec()
    }

    pub(crate) fn all() -> Vec<Self> {
        #[cfg(feature = "peers")]
        let others = [peers::PEERS.as_slice(), &[slog::SLOG]].concat();
        #[cfg(not(feature = "peers"))]
        let others: [Self; 0] = [];
        OURS.into_iter().chain(others).collect()
    }

    pub(crate) fn by_key(key: &str) -> Option<Self> {
        Self::all().into_iter().find(|known| known.key == key)
    }

    /// Gets everything ready for a row, and hands out what does it.
    pub(crate) fn run(self, row: Row, use_it: UseIt<'_>) {
        (self.run)(row, use_it);
    }
}

/// Makes a subscriber that of the whole program, as programs do.
fn within<S>(subscriber: S, row: Row, use_it: UseIt<'_>)
where
    S: Subscriber + Send + Sync + 'static,
{
    tracing::subscriber::set_global_default(subscriber).unwrap();
    spans::run(row, use_it);
}
