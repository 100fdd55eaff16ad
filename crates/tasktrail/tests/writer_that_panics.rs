//! A writer that panics where panics are logged. Alone in its program, for its subscriber and its hook
//! stand for all of it.
#[cfg(test)]
mod support;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use support::{Captured, Message};
use tasktrail::{Backtraces, JsonLayer, TaskLayer, log_panics};
use tracing::info;
use tracing_subscriber::layer::SubscriberExt;

/// A writer that panics the first time.
#[derive(Clone, Default)]
struct PanicsOnce(Captured, Arc<AtomicU32>);

#[cfg(test)]
impl Write for PanicsOnce {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.1.fetch_add(1, Ordering::Relaxed) {
            0 => panic!("in a writer"),
            _ => self.0.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_in_a_writer_is_counted_and_is_no_line() {
    let writer = PanicsOnce::default();
    let layer = JsonLayer::eliot().with_writer({
        let writer = writer.clone();
        move || writer.clone()
    });
    let lost = layer.lost_lines();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer);

    tracing::subscriber::set_global_default(subscriber).unwrap();
    log_panics(Backtraces::LeftOut);

    info!("lost");
    info!("written");

    assert_eq!(lost.count(), 1);
    let messages = writer.0.messages();
    let texts: Vec<_> = messages.iter().map(Message::name).collect();
    assert_eq!(texts, ["1 lines could not be written", "written"]);
}
