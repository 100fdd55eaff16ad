//! Spans within spans, ten thousand deep, on a stack of two megabytes.
#[cfg(test)]
mod support;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tasktrail::{JsonLayer, TaskLayer, current, hand_over};
use tracing::level_filters::LevelFilter;
use tracing::{debug_span, info, info_span, warn};
use tracing_subscriber::layer::{Layer, SubscriberExt};

const DEPTH: u64 = 10_000;

/// Counts the lines, and keeps the end of the longest.
#[derive(Clone, Default)]
struct Counts {
    lines: Arc<AtomicU64>,
    longest: Arc<AtomicU64>,
}

impl io::Write for Counts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines.fetch_add(1, Ordering::Relaxed);
        self.longest
            .fetch_max(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `f` on a stack of 2 MiB.
#[cfg(test)]
fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    thread.spawn(f).unwrap().join().unwrap();
}

#[test]
fn ten_thousand_spans_are_listed_one_by_one() {
    let counts = Counts::default();
    let writer = counts.clone();
    on_a_small_stack(move || {
        let subscriber = tracing_subscriber::registry()
            .with(JsonLayer::tracing().with_writer(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let mut spans = Vec::new();
            for depth in 0..DEPTH {
                spans.push(info_span!("deeper", depth).entered());
            }
            info!("at the bottom");
            while spans.pop().is_some() {}
        });
    });

    assert_eq!(counts.lines.load(Ordering::Relaxed), 1);
    let one = "{\"depth\":0,\"name\":\"deeper\"},".len() as u64;
    assert!(counts.longest.load(Ordering::Relaxed) > DEPTH * one);
}

// The functions of a recursion would need more than the stack themselves; its spans must not.
#[test]
fn a_recursion_of_ten_thousand_spans_works() {
    for layer in [JsonLayer::eliot, JsonLayer::logstash] {
        let counts = Counts::default();
        let writer = counts.clone();
        on_a_small_stack(move || {
            let subscriber = tracing_subscriber::registry()
                .with(TaskLayer::new())
                .with(layer().with_writer(move || writer.clone()));
            tracing::subscriber::with_default(subscriber, || {
                let mut spans = Vec::new();
                for depth in 0..DEPTH {
                    spans.push(info_span!("deeper", depth).entered());
                }
                info!("at the bottom");
                let here = current().unwrap();
                assert_eq!(here.level().numbers().len() as u64, DEPTH - 1);
                while spans.pop().is_some() {}
            });
        });

        assert_eq!(counts.lines.load(Ordering::Relaxed), 2 * DEPTH + 1);
        // The level of the deepest is a number and a comma for each span around it.
        assert!(counts.longest.load(Ordering::Relaxed) > 2 * (DEPTH - 1));
    }
}

#[test]
fn a_record_at_the_top_shows_ten_thousand_spans_below() {
    let output = support::Captured::new();
    let writer = output.clone();
    on_a_small_stack(move || {
        let subscriber = tracing_subscriber::registry().with(TaskLayer::new()).with(
            JsonLayer::logstash()
                .with_writer(writer)
                .with_filter(LevelFilter::INFO),
        );
        tracing::subscriber::with_default(subscriber, || {
            let top = info_span!("top", total = 0).entered();
            let mut spans = Vec::new();
            for depth in 0..DEPTH {
                // Each of these is known to the task layer alone, but for a few.
                spans.push(match depth % 100 {
                    0 => info_span!("shown").entered(),
                    _ => debug_span!("hidden").entered(),
                });
            }
            top.record("total", 12);
            warn!("below");
            while spans.pop().is_some() {}
        });
    });

    let messages = output.messages();
    let below = messages.iter().find(|message| message.name() == "below");
    assert_eq!(below.unwrap().get("total"), 12);
    assert_eq!(below.unwrap().level().len() as u64, DEPTH / 100 + 1);
    support::assert_complete(&messages);
}

// Each action hands over to the next thread's, so the levels grow with every hop.
#[test]
fn a_chain_of_a_thousand_hand_overs_works() {
    let messages = support::eliot(|| {
        let order = info_span!("order");
        let mut task = order.in_scope(hand_over);
        for _ in 0..1000 {
            task = task.run(hand_over);
        }
        drop(task);
    });

    assert_eq!(messages.len(), 2 + 2 * 1001);
    support::assert_complete(&messages);
}
