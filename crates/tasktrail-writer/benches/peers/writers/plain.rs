//! No writer at all: the callers write, one at a time.

use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

use super::{Order, Started};
use crate::destination::Destination;

pub(super) fn start_file(order: &Order) -> Started {
    let (destination, ended) = Destination::create(&order.path, order.delay);
    start_with(destination, ended)
}

pub(super) fn start_buffered(order: &Order) -> Started {
    let (destination, ended) = Destination::create(&order.path, order.delay);
    start_with(BufWriter::new(destination), ended)
}

fn start_with(destination: impl Write + Send + 'static, ended: Receiver<()>) -> Started {
    let destination = Arc::new(Mutex::new(destination));
    let last = Arc::clone(&destination);
    Started {
        log: Box::new(move || {
            let destination = Arc::clone(&destination);
            Box::new(move |line| {
                let mut destination = destination.lock().unwrap();
                destination.write_all(line.as_bytes()).unwrap();
            })
        }),
        finish: Box::new(move || {
            drop(last);
            0
        }),
        ended: Some(ended),
    }
}

pub(super) fn start_nothing() -> Started {
    Started {
        log: Box::new(|| {
            Box::new(|line| {
                black_box(line);
            })
        }),
        finish: Box::new(|| 0),
        ended: None,
    }
}
