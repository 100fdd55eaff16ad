//! Runs futures on tokio's runtimes, all of whose threads log into one place.

use tasktrail::{JsonLayer, TaskLayer, in_span};
use tokio::runtime::{Builder, Runtime};
use tracing::{Dispatch, dispatcher, info_span};
use tracing_subscriber::layer::SubscriberExt;

use super::{Captured, Message};

/// Tokio's two kinds of runtime.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Flavor {
    CurrentThread,
    MultiThread,
}

impl Flavor {
    pub(crate) const BOTH: [Self; 2] = [Self::CurrentThread, Self::MultiThread];

    /// Starts a runtime whose threads log where this one does.
    pub(crate) fn start(self) -> Runtime {
        let mut builder = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            Self::MultiThread => Builder::new_multi_thread(),
        };
        let dispatch = dispatcher::get_default(Clone::clone);
        builder
            .enable_time()
            .worker_threads(2)
            .on_thread_start(move || log_into(&dispatch))
            .build()
            .unwrap()
    }
}

/// Lets this thread log there until it ends.
pub(crate) fn log_into(dispatch: &Dispatch) {
    std::mem::forget(dispatcher::set_default(dispatch));
}

/// Runs a future as the action `order` on a runtime, which it then shuts down, and gives all that
/// was logged.
pub(crate) fn in_tokio<F: Future>(flavor: Flavor, make: impl FnOnce() -> F) -> Vec<Message> {
    let captured = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new().warn_of_lost_trails(true))
        .with(JsonLayer::eliot().with_writer(captured.clone()));
    tracing::subscriber::with_default(subscriber, || {
        let runtime = flavor.start();
        let order = info_span!("order");
        runtime.block_on(in_span(order, async { make().await }));
        drop(runtime);
    });
    captured.messages()
}
