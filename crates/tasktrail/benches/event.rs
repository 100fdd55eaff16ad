//! Logs events with 5 fields in 3 spans to nowhere, to be counted by `valgrind --tool=callgrind`.
//!
//! `event SCHEMA EVENTS [RULES]`: the instructions of one event are the difference between two runs,
//! divided by the difference of their numbers of events. RULES are what is redacted: `names` that
//! no field has, `matched` names, `values` by their kind; without, nothing.

use std::io;

use tasktrail::record::Schema;
use tasktrail::{JsonLayer, Redact, Redaction, Sensitive, TaskLayer};
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
    let mut layer = JsonLayer::new(schema);
    if let Some(rules) = arguments.next() {
        layer = layer.redact(redaction(&rules));
    }

    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(io::sink));
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

fn redaction(rules: &str) -> Redaction {
    let names: Vec<String> = (0..18).map(|n| format!("*secret_{n}*")).collect();
    let names = Redaction::new().names(names.iter().map(String::as_str), Redact::Mask);
    match rules {
        "matched" => names.names(["shop", "cust*"], Redact::Mask),
        "values" => names.values(
            [
                Sensitive::PaymentCards,
                Sensitive::EmailAddresses,
                Sensitive::BearerTokens,
            ],
            Redact::Mask,
        ),
        _ => names.names(["password", "*token*"], Redact::Mask),
    }
}
