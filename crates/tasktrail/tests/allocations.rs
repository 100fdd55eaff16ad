//! In the steady state an event allocates nothing.
//!
//! The allocator of this program counts for each thread by itself.
#![expect(unsafe_code, reason = "an allocator is unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io;

use tasktrail::record::Schema;
use tasktrail::{HashKey, JsonLayer, Redact, Redaction, Sensitive, SpanFields, TaskLayer, When};
use tracing::{Dispatch, debug, info, info_span, warn};
use tracing_subscriber::layer::{Layer, SubscriberExt};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller of this function promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller of this function promises.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller of this function promises.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Gives the number of allocations of a thousand calls, after ten that warm up.
#[cfg(test)]
fn allocations(event: impl Fn(u64)) -> u64 {
    (0..10).for_each(&event);
    let before = ALLOCATIONS.get();
    (0..1000).for_each(&event);
    ALLOCATIONS.get() - before
}

#[cfg(test)]
fn event(n: u64) {
    let text = "say \"hi\"\n";
    info!(n, price = 12.5, cached = true, currency = "EUR", shop = ?text, "priced {n}");
    warn!(timestamp = n, wide = u128::MAX, "a field like a key");
    info!(n);
    debug!("turned away");
}

/// Gives all schemas and text, with the fields of all spans and without.
#[cfg(test)]
fn dispatches() -> Vec<(String, Dispatch)> {
    let mut all = Vec::new();
    let schemas = Schema::ALL.into_iter().map(Some);
    for schema in schemas.chain([None]) {
        for which in [SpanFields::OfAllSpans, SpanFields::WhereTheyAreSet] {
            let layer = match schema {
                Some(schema) => JsonLayer::new(schema),
                None => JsonLayer::text().color(When::Always),
            };
            let layer = layer
                .field("service", "shop")
                .field("n", 5)
                .span_fields(which)
                .with_writer(io::sink);
            let name = format!("{layer:?}");
            let filtered = layer.with_filter(tracing::level_filters::LevelFilter::INFO);
            let subscriber = tracing_subscriber::registry()
                .with(TaskLayer::new())
                .with(filtered);
            all.push((name, subscriber.into()));
        }
    }
    all
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|n| drop(Box::new(n))), 1000);
}

#[test]
fn an_event_in_spans_allocates_nothing() {
    for (name, dispatch) in dispatches() {
        tracing::dispatcher::with_default(&dispatch, || {
            let _request = info_span!("request", method = "POST", path = "/orders").entered();
            let _order = info_span!("order", id = 17, customer = "ada").entered();
            let _price = info_span!("price", sku = "pen", shop = "south").entered();

            let allocated = allocations(event);

            assert_eq!(allocated, 0, "{name}");
        });
    }
}

#[test]
fn an_event_outside_all_spans_allocates_nothing() {
    for (name, dispatch) in dispatches() {
        tracing::dispatcher::with_default(&dispatch, || {
            assert_eq!(allocations(event), 0, "{name}");
        });
    }
}

#[test]
fn an_event_after_a_record_on_a_span_around_allocates_nothing() {
    for (name, dispatch) in dispatches() {
        tracing::dispatcher::with_default(&dispatch, || {
            let order = info_span!("order", total = 0).entered();
            let _price = info_span!("price", sku = "pen").entered();

            let allocated = allocations(|n| {
                // As many digits each time: a value that grows needs more memory.
                order.record("total", 1_000 + n);
                event(n);
            });

            assert_eq!(allocated, 0, "{name}");
        });
    }
}

#[test]
fn an_event_for_two_outputs_allocates_nothing() {
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(io::sink))
        .with(JsonLayer::logstash().with_writer(io::sink));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order", id = 17).entered();

        assert_eq!(allocations(event), 0);
    });
}

#[test]
fn an_event_of_which_values_are_redacted_allocates_nothing() {
    let redaction = Redaction::new()
        .names(["price"], Redact::Mask)
        .names(["n"], Redact::Hash(HashKey::new("key")))
        .when(|name, _| name == "wide", Redact::Drop)
        .values(
            [
                Sensitive::PaymentCards,
                Sensitive::EmailAddresses,
                Sensitive::BearerTokens,
            ],
            Redact::KeepLast(4),
        );
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::ecs().redact(redaction).with_writer(io::sink));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order", id = 17).entered();
        let allocated = allocations(|n| {
            event(n);
            info!("ada@example.com \"paid\" with 4111 1111 1111 1111, Bearer abc");
        });

        assert_eq!(allocated, 0);
    });
}
