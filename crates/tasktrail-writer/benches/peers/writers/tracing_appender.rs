use std::io::{BufWriter, Write};
use std::sync::mpsc::Receiver;

use tracing_appender::non_blocking::NonBlockingBuilder;

use super::{Order, Started, WhenFull};
use crate::destination::Destination;

pub(super) fn start(order: &Order) -> Started {
    let (destination, ended) = Destination::create(&order.path, order.delay);
    start_with(order, destination, ended)
}

pub(super) fn start_buffered(order: &Order) -> Started {
    let (destination, ended) = Destination::create(&order.path, order.delay);
    // Its worker flushes whenever it has nothing more to write.
    start_with(order, BufWriter::new(destination), ended)
}

fn start_with(
    order: &Order,
    destination: impl Write + Send + 'static,
    ended: Receiver<()>,
) -> Started {
    let mut builder = NonBlockingBuilder::default().lossy(order.when_full == WhenFull::Drop);
    if let Some(capacity) = order.capacity {
        builder = builder.buffered_lines_limit(capacity);
    }
    let (writer, guard) = builder.finish(destination);
    let lost = writer.error_counter();
    Started {
        log: Box::new(move || {
            let mut writer = writer.clone();
            Box::new(move |line| writer.write_all(line.as_bytes()).unwrap())
        }),
        finish: Box::new(move || {
            drop(guard);
            lost.dropped_lines() as u64
        }),
        ended: Some(ended),
    }
}
