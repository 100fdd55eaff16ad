use tasktrail_writer::{Builder, WhenFull};

use super::{Order, Started};
use crate::destination::Destination;
use crate::lines;

pub(super) fn start(order: &Order) -> Started {
    let (destination, ended) = Destination::create(&order.path, order.delay);
    let mut builder = Builder::new(destination).when_full(match order.when_full {
        super::WhenFull::Block => WhenFull::Block,
        super::WhenFull::Drop => WhenFull::DropNewest,
    });
    if let Some(capacity) = order.capacity {
        builder = builder.memory(capacity * (lines::LENGTH + size_of::<u32>()));
    }
    let worker = builder.start().unwrap();
    let writer = worker.writer();
    Started {
        log: Box::new(move || {
            let writer = writer.clone();
            Box::new(move |line| writer.write_line(line.as_bytes()))
        }),
        finish: Box::new(|| worker.finish().lost()),
        ended: Some(ended),
    }
}
