use std::io::BufWriter;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use spdlog::formatter::{PatternFormatter, pattern};
use spdlog::sink::{AsyncPoolSink, FileSink, OverflowPolicy, Sink, WriteSink};
use spdlog::{Logger, ThreadPool};

use super::{Order, Started, WhenFull};
use crate::cost::note_end_of_worker;
use crate::destination::Destination;

pub(super) fn start(order: &Order) -> Started {
    let lost = Arc::new(AtomicU64::new(0));
    let mut pool = ThreadPool::builder();
    let mut pool = pool.on_thread_finish(note_end_of_worker);
    if let Some(capacity) = order.capacity.and_then(NonZeroUsize::new) {
        pool = pool.capacity(capacity);
    }
    let sink = AsyncPoolSink::builder()
        .sink(file(order))
        .thread_pool(Arc::new(pool.build().unwrap()))
        .overflow_policy(match order.when_full {
            WhenFull::Block => OverflowPolicy::Block,
            WhenFull::Drop => OverflowPolicy::DropIncoming,
        });
    let count = Arc::clone(&lost);
    let logger = Logger::builder()
        .sink(Arc::new(sink.build().unwrap()))
        .error_handler(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .build_arc()
        .unwrap();
    let last = Arc::clone(&logger);
    Started {
        log: Box::new(move || {
            let logger = Arc::clone(&logger);
            Box::new(move |line| spdlog::info!(logger: logger, "{}", line.trim_ascii_end()))
        }),
        finish: Box::new(move || {
            // The last handle: it waits for the pool, which writes what is left.
            drop(last);
            lost.load(Ordering::Relaxed)
        }),
        ended: None,
    }
}

/// Its own file, which it buffers; around a slow destination, the same by hand.
fn file(order: &Order) -> Arc<dyn Sink> {
    let message = PatternFormatter::new(pattern!("{payload}{eol}"));
    if order.delay.is_zero() {
        let sink = FileSink::builder().path(&order.path).truncate(true);
        return Arc::new(sink.formatter(message).build().unwrap());
    }
    let (destination, _) = Destination::create(&order.path, order.delay);
    let sink = WriteSink::builder().target(BufWriter::new(destination));
    Arc::new(sink.formatter(message).build().unwrap())
}
