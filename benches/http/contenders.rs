//! What stands around the service.

#[cfg(feature = "peers")]
mod peers;

use tasktrail::record::Schema;
use tasktrail::{JsonLayer, TaskLayer};
use tasktrail_http::{ClientLayer, ServerLayer, Trust};
use tower::ServiceBuilder;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use crate::request::{answer, send_to};
use crate::sink::Sink;

/// Sends so many requests.
pub(crate) type Send<'a> = &'a mut dyn FnMut(u64);

/// Is handed what sends requests, once everything is ready for it.
pub(crate) type UseIt<'a> = &'a mut dyn FnMut(Send<'_>);

#[derive(Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    run: fn(UseIt<'_>),
}

/// The first is what all others are compared with.
const OURS: [Contender; 3] = [
    Contender {
        key: "bare",
        title: "the service alone",
        run: |use_it| send_to(ServiceBuilder::new().service_fn(answer), use_it),
    },
    Contender {
        key: "server",
        title: "tasktrail, the server layer",
        run: |use_it| {
            start();
            let server = ServerLayer::new().trust(Trust::Anybody);
            send_to(
                ServiceBuilder::new().layer(server).service_fn(answer),
                use_it,
            );
        },
    },
    Contender {
        key: "both",
        title: "tasktrail, client and server layer, ids written and read",
        run: |use_it| {
            start();
            let server = ServerLayer::new().trust(Trust::Anybody);
            let both = ServiceBuilder::new()
                .layer(ClientLayer::new())
                .layer(server);
            send_to(both.service_fn(answer), use_it);
        },
    },
];

/// Logs as programs do.
fn start() {
    let json = JsonLayer::new(Schema::LogstashV1).with_writer(|| Sink);
    let subscriber = registry().with(TaskLayer::new()).with(json);
    tracing::subscriber::set_global_default(subscriber).unwrap();
}

impl Contender {
    pub(crate) fn all() -> Vec<Self> {
        #[cfg(feature = "peers")]
        let others = peers::PEERS;
        #[cfg(not(feature = "peers"))]
        let others: [Self; 0] = [];
        OURS.into_iter().chain(others).collect()
    }

    pub(crate) fn by_key(key: &str) -> Option<Self> {
        Self::all().into_iter().find(|known| known.key == key)
    }

    /// Gets everything ready, and hands out what sends requests.
    pub(crate) fn run(self, use_it: UseIt<'_>) {
        (self.run)(use_it);
    }
}
