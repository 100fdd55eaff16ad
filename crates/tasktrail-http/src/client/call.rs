//! One call: how its action opens, and what is written into its headers.

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
        let exchange = Exchange::new(span, "dropped before its answer");
        if self.send_to.allows(target.host) {
            exchange.within(|| self.headers.inject(headers));
        }
        exchange
    }
}
