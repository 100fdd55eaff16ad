//! A writer that logs itself. Alone in its program, for its subscriber stands for all of it.
#[cfg(test)]
mod support;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use support::{Captured, Message};
use tasktrail::{JsonLayer, TaskLayer};
use tracing::info;
use tracing_subscriber::layer::SubscriberExt;

/// A writer that logs while it is made, while it writes, and while it is dropped.
#[derive(Clone)]
struct Talks {
    output: Captured,
    said: Arc<AtomicU64>,
}

impl Talks {
    fn talk(&self) {
        info!(target: "talks", "from the writer");
        self.said.fetch_add(1, Ordering::Relaxed);
    }
}

impl Write for Talks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.talk();
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Talks {
    fn drop(&mut self) {
        self.talk();
    }
}

// A subscriber for one thread never sees what is logged while it is called.
#[test]
fn a_writer_that_logs_is_survived_and_what_it_says_is_counted_as_lost() {
    let (output, said) = (Captured::new(), Arc::new(AtomicU64::new(0)));
    let layer = JsonLayer::eliot().with_writer({
        let (output, said) = (output.clone(), Arc::clone(&said));
        move || Talks {
            output: output.clone(),
            said: Arc::clone(&said),
        }
    });
    let lost = layer.lost_lines();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer)
        .with(
            tracing_subscriber::filter::Targets::new()
                .with_target("talks", tracing::Level::INFO)
                .with_target(module_path!(), tracing::Level::INFO),
        );
    tracing::subscriber::set_global_default(subscriber).unwrap();

    info!("first");
    let before = lost.count();
    info!("second");

    // Each line is one write and one drop, each of which says something.
    assert_eq!(before, 2);
    assert_eq!(said.load(Ordering::Relaxed), lost.count());
    let messages = output.messages();
    let texts: Vec<_> = messages.iter().map(Message::name).collect();
    assert_eq!(texts, ["first", "2 lines could not be written", "second"]);
}
