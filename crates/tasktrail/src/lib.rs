//! Layers for `tracing-subscriber` that follow a task from its first cause to its last effect.
#![deny(unsafe_code)]

mod json;
#[cfg(feature = "setup")]
mod setup;
mod task;

pub use json::{Actions, JsonLayer, LostLines, SpanFields, Teller};
#[cfg(feature = "setup")]
pub use setup::{Setup, SetupError, eliot, logstash};
pub use task::{
    CurrentTask, HandOver, OnErrorEvent, TaskLayer, continue_task, current, event_position, fail,
    hand_over, preserve_context,
};
pub use tasktrail_record as record;
#[cfg(feature = "setup")]
pub use tasktrail_writer as writer;

#[doc(hidden)]
pub mod example {
    //! What the examples in the documentation share.
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    /// Runs `f` and gives the lines of Eliot's schema that it logged.
    pub fn lines(f: impl FnOnce()) -> Vec<String> {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let subscriber = tracing_subscriber::registry()
            .with(crate::TaskLayer::new())
            .with(crate::JsonLayer::eliot().with_writer(Shared(Arc::clone(&bytes))));
        tracing::subscriber::with_default(subscriber, f);
        let bytes = bytes.lock().map(|bytes| bytes.clone()).unwrap_or_default();
        String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Shared {
        type Writer = tracing_subscriber::fmt::writer::MutexGuardWriter<'a, Vec<u8>>;

        fn make_writer(&'a self) -> Self::Writer {
            self.0.make_writer()
        }
    }
}
