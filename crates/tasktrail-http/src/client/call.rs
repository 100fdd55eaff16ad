//! One call: how its action opens, and what is written into its headers.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Method};
use tracing::field::Empty;
use tracing::info_span;

use super::SendTo;
use crate::Headers;
use crate::exchange::{Exchange, Sources};

/// What a client was told.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) headers: Headers,
    pub(super) send_to: SendTo,
    pub(super) sources: Sources,
    pub(super) unsent: Unsent,
}

/// Where a call goes.
pub(super) struct Target<'a> {
    pub(super) method: &'a Method,
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    pub(super) path: &'a str,
}

impl Settings {
    /// Opens the action of a call, and hands its task over in the headers.
    pub(super) fn open(&self, target: &Target<'_>, headers: &mut HeaderMap) -> Exchange {
        let span = info_span!(
            "http_call",
            method = target.method.as_str(),
            host = target.host,
            port = target.port,
            path = target.path,
            status = Empty,
            grpc_status = Empty,
            duration_ms = Empty,
        );
        let mut exchange = Exchange::new(span, "dropped before its answer");
        // Also where none is written in its place: two receivers of one position can't be told apart.
        self.headers.remove_position(headers);
        if self.send_to.allows(target.host) {
            exchange.sent = exchange.within(|| self.headers.send_anew(headers));
        }
        exchange
    }
}

/// Which errors say that a request never left.
#[derive(Clone, Default)]
pub(super) struct Unsent(Vec<IsUnsent>);

type IsUnsent = Arc<dyn Fn(&dyn Any) -> bool + Send + Sync>;

impl Unsent {
    pub(super) fn add<E: 'static>(
        &mut self,
        is_unsent: impl Fn(&E) -> bool + Send + Sync + 'static,
    ) {
        self.0.push(Arc::new(move |error| {
            error.downcast_ref().is_some_and(&is_unsent)
        }));
    }

    pub(super) fn is_said_by(&self, error: &dyn Any) -> bool {
        self.0.iter().any(|is_unsent| is_unsent(error))
    }
}

impl fmt::Debug for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "by {} types", self.0.len())
    }
}
