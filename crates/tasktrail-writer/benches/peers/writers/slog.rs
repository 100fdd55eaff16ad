use std::cell::RefCell;
use std::fmt;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use slog::{Drain, KV, Key, Logger, Never, OwnedKVList, Record, Serializer};
use slog_async::{Async, OverflowStrategy};

use super::{Order, Started, WhenFull};
use crate::destination::Destination;

/// What spdlog-rs comes with. Its own 128 lines are too few for a burst.
const CAPACITY: usize = 8192;

pub(super) fn start(order: &Order) -> Started {
    let (destination, ended) = Destination::create(&order.path, order.delay);
    let lost = Arc::new(AtomicU64::new(0));
    let lines = Lines {
        destination: RefCell::new(BufWriter::new(destination)),
        lost: Arc::clone(&lost),
    };
    let (drain, guard) = Async::new(lines)
        .chan_size(order.capacity.unwrap_or(CAPACITY))
        .overflow_strategy(match order.when_full {
            WhenFull::Block => OverflowStrategy::Block,
            WhenFull::Drop => OverflowStrategy::DropAndReport,
        })
        .build_with_guard();
    let logger = Logger::root(drain.fuse(), slog::o!());
    Started {
        log: Box::new(move || {
            let logger = logger.clone();
            Box::new(move |line| slog::info!(logger, "{}", line.trim_ascii_end()))
        }),
        finish: Box::new(move || {
            drop(guard);
            lost.load(Ordering::Relaxed)
        }),
        ended: Some(ended),
    }
}

/// Writes the bare messages as lines.
struct Lines {
    destination: RefCell<BufWriter<Destination>>,
    lost: Arc<AtomicU64>,
}

impl Drain for Lines {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, _values: &OwnedKVList) -> Result<(), Never> {
        let mut count = Count(0);
        record.kv().serialize(record, &mut count).unwrap();
        self.lost.fetch_add(count.0, Ordering::Relaxed);
        writeln!(self.destination.borrow_mut(), "{}", record.msg()).unwrap();
        Ok(())
    }
}

/// Reads the number of lost lines from the record that tells of them.
struct Count(u64);

impl Serializer for Count {
    fn emit_usize(&mut self, key: Key, value: usize) -> slog::Result {
        if key == "count" {
            self.0 += value as u64;
        }
        Ok(())
    }

    fn emit_arguments(&mut self, _key: Key, _value: &fmt::Arguments<'_>) -> slog::Result {
        Ok(())
    }
}
