//! The other layers for `tracing`, each as it comes.

use tracing_bunyan_formatter::{BunyanFormattingLayer, JsonStorageLayer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::{Contender, within};
use crate::sink::Sink;

pub(super) const PEERS: [Contender; 5] = [
    Contender {
        key: "tracing-subscriber",
        title: "tracing-subscriber, JSON",
        run: |row, use_it| {
            let layer = tracing_subscriber::fmt::layer().json();
            within(registry().with(layer.with_writer(|| Sink)), row, use_it);
        },
    },
    Contender {
        key: "tracing-subscriber-flat",
        title: "tracing-subscriber, JSON, flattened",
        run: |row, use_it| {
            let layer = tracing_subscriber::fmt::layer().json().flatten_event(true);
            within(registry().with(layer.with_writer(|| Sink)), row, use_it);
        },
    },
    Contender {
        key: "json-subscriber",
        title: "json-subscriber",
        run: |row, use_it| {
            let layer = json_subscriber::fmt::layer().with_writer(|| Sink);
            within(registry().with(layer), row, use_it);
        },
    },
    Contender {
        key: "bunyan",
        title: "tracing-bunyan-formatter",
        run: |row, use_it| {
            let layer = BunyanFormattingLayer::new("bench".to_owned(), || Sink);
            within(registry().with(JsonStorageLayer).with(layer), row, use_it);
        },
    },
    Contender {
        key: "tracing-logstash",
        title: "tracing-logstash",
        run: |row, use_it| {
            let layer = tracing_logstash::Layer::default().with_writer(|| Sink);
            within(registry().with(layer), row, use_it);
        },
    },
];
