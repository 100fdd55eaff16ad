//! Layers for `tracing-subscriber` that follow a task from its first cause to its last effect.
//!
//! Keep `#[instrument]` and `info!`; each line then carries the id of its task and its exact place
//! in it, over threads, futures and processes. The lines of any number of programs come back as one
//! tree of causes, and the numbers in them tell whether any is missing.
//!
//! ```
//! # fn main() -> Result<(), tasktrail::SetupError> {
//! let worker = tasktrail::logstash().field("service", "orders").start()?;
//!
//! let order = tracing::info_span!("order", id = 17).entered();
//! let task = tasktrail::hand_over();
//! let packing = std::thread::spawn(move || task.run(|| tracing::info!("packed")));
//! # let _ = packing.join();
//! drop(order);
//!
//! assert_eq!(worker.finish().lost(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! - [`logstash`], [`eliot`], and [`schema`] for all others, set everything up in three lines.
//! - [`TaskLayer`] stamps spans and events with their task; [`JsonLayer`] renders them. Each is of
//!   use alone.
//! - [`hand_over`], [`preserve_context`] and [`continue_task`] carry a task to another thread,
//!   future or process; [`current`] tells in which one the caller runs; [`fail`] says that an action
//!   fails, and [`log_panics`] makes lines of panics.
//! - [`in_span`] runs a future in a span and says so if it is dropped before it is done;
//!   [`hand_over_each`] hands over with each item of an iterator, and the module `tokio`, with the
//!   feature of that name, with all that tokio spawns and sends.
//!
//! With the feature `opentelemetry`, `TaskLayer::with_opentelemetry` gives a task the id of its trace.
//!
//! The [guide](https://github.com/tasktrail/tasktrail/blob/main/docs/guide.md) says how to use
//! them, and what to do when something is missing.
//!
//! # What is guaranteed
//!
//! Each message takes one number of its action. A line is one JSON object with no name twice,
//! written in one call. Nothing here panics, prints or does I/O in the caller's thread where the
//! writer does not; what can't be written is counted, and told in the output.
//!
//! # What can be lost
//!
//! What a writer refuses, or drops because its memory is full: both are counted. A position that was
//! handed over as text and that nobody continued leaves its place empty. What a program logs after
//! its worker has finished is counted as lost; what waits in memory when it is killed or aborts is
//! lost uncounted. A panic and, on Unix, an exit write it first, `std::process::exit` too. A panic
//! itself is a line only after [`log_panics`].
#![deny(unsafe_code)]

mod json;
mod panics;
#[cfg(feature = "setup")]
mod setup;
mod task;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use json::{
    Actions, Backtraces, Detail, HashKey, JsonLayer, Layout, LostLines, Redact, RedactedValues,
    Redaction, Sensitive, ShortenedLines, SpanFields, Teller, TimeUnit, When,
};
pub use panics::log_panics;
#[cfg(feature = "setup")]
pub use setup::{LogRecords, Setup, SetupError, eliot, logstash, schema};
pub use task::outcome;
pub use task::{
    Carried, CurrentTask, HandOver, HandOverEach, InSpan, OnErrorEvent, RemoteSpan, TaskLayer,
    cancel, carried, continue_at, continue_task, current, event_position, fail, hand_over,
    hand_over_each, in_span, preserve_context, start_task,
};
pub use tasktrail_record as record;
pub use tasktrail_record::Schema;
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

    /// A writer into memory.
    #[derive(Debug)]
    pub struct Shared(pub Arc<Mutex<Vec<u8>>>);

    impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Shared {
        type Writer = tracing_subscriber::fmt::writer::MutexGuardWriter<'a, Vec<u8>>;

        fn make_writer(&'a self) -> Self::Writer {
            self.0.make_writer()
        }
    }
}

/// The pages of the documentation, whose examples are tests.
#[cfg(all(doctest, feature = "setup"))]
mod pages {
    #[doc = include_str!("../../../README.md")]
    struct Readme;

    #[doc = include_str!("../../../docs/guide.md")]
    struct Guide;

    #[cfg(feature = "tokio")]
    #[doc = include_str!("../../../docs/tokio.md")]
    struct Tokio;

    #[doc = include_str!("../../../docs/json-options.md")]
    struct JsonOptions;

    #[doc = include_str!("../../../docs/coming-from.md")]
    struct ComingFrom;
}
