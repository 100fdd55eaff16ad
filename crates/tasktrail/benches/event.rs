//! Logs events with 5 fields in 3 spans to nowhere, to be counted by `valgrind --tool=callgrind`.
//!
//! `event SCHEMA EVENTS`: the instructions of one event are the difference between two runs,
//! divided by the difference of their numbers of events.

use std::io;

use tasktrail::record::Schema;
use tasktrail::{JsonLayer, TaskLayer};
use tracing_subscriber::layer::SubscriberExt;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let schema = arguments
        .next()
        .and_then(|name| name.parse().ok())
        .unwrap_or(Schema::LogstashV1);
    let events = arguments
        .next()
        .and_then(|events| events.parse().ok())
        .unwrap_or(1);

    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::new(schema).with_writer(io::sink));
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        return;
    }
    let _request = tracing::info_span!("request", method = "POST", path = "/orders").entered();
    let _order = tracing::info_span!("order", id = 17, customer = "ada").entered();
    let _price = tracing::info_span!("price", sku = "pen").entered();
    for n in 0..events {
        tracing::info!(
            n,
            price = 12.5,
            cached = true,
            currency = "EUR",
            shop = "north",
            "priced"
        );
    }
}
