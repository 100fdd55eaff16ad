//! The action of one request and its answer, for servers and clients alike.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt;
use std::fmt::Display;
use std::time::Instant;

use http::{HeaderMap, StatusCode};
use tasktrail::outcome;
use tracing::{Span, record_all};

use crate::grpc;
use crate::headers::Sent;

/// An action from a request to the end of its answer, which says at its end what came out of it.
#[derive(Debug)]
pub(crate) struct Exchange {
    span: Span,
    opened: Instant,
    status: Option<u16>,
    is_grpc: bool,
    grpc_status: Option<u16>,
    bytes: Option<u64>,
    /// The position that goes out with the request.
    pub(crate) sent: Sent,
    /// What is said if it is dropped before its end.
    if_dropped: &'static str,
    is_done: bool,
}

impl Exchange {
    pub(crate) fn new(span: Span, if_dropped: &'static str) -> Self {
        Self {
            span,
            opened: Instant::now(),
            status: None,
            is_grpc: false,
            grpc_status: None,
            bytes: None,
            sent: Sent::default(),
            if_dropped,
            is_done: false,
        }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Runs something in the action, which a panic of it fails.
    pub(crate) fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        outcome::within(&self.span, f)
    }

    /// Takes the head of the answer; a status of 500 and above fails the action, and so does one of
    /// gRPC that means as much.
    pub(crate) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.status = Some(status.as_u16());
        if status.as_u16() >= 500 {
            outcome::fail(&self.span, status.as_str(), &status, None);
        }
        self.is_grpc = grpc::is_spoken(headers);
        self.ended_with(headers);
    }

    /// Takes the trailers of the answer, in which gRPC has its status, if they are not its head.
    pub(crate) fn ended_with(&mut self, trailers: &HeaderMap) {
        let Some(status) = grpc::status(trailers).filter(|_| self.is_grpc) else {
            return;
        };
        self.grpc_status = Some(status);
        if let Some(name) = grpc::fault(status) {
            outcome::fail(
                &self.span,
                name,
                &format_args!("grpc-status {status}"),
                None,
            );
        }
    }

    /// Takes an error, in place of an answer or in the middle of one.
    pub(crate) fn failed<E: Display + 'static>(&mut self, error: &E, sources: &Sources) {
        let source = sources.find(error);
        outcome::fail(&self.span, type_name::<E>(), error, source);
    }

    /// Says that the request never left, so that nobody continues the task at its position.
    pub(crate) fn never_left(&mut self) {
        let sent = std::mem::take(&mut self.sent);
        self.within(|| sent.never_left());
    }

    /// From here on bytes of the answer's body are counted.
    pub(crate) fn count_bytes(&mut self, if_dropped: &'static str) {
        self.bytes = Some(0);
        self.if_dropped = if_dropped;
    }

    pub(crate) fn add_bytes(&mut self, bytes: usize) {
        let sum = self.bytes.get_or_insert(0);
        *sum = sum.saturating_add(bytes as u64);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.unwrap_or_default()
    }

    /// Ends the action, with what was said of it.
    pub(crate) fn end(mut self) {
        self.is_done = true;
    }

    /// Drops what was not done, and the action with it: it ends as cancelled.
    pub(crate) fn cancel(self, what: impl FnOnce()) {
        self.within(|| outcome::cancel(&self.span, self.if_dropped, what));
        self.end();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.is_done {
            outcome::cancel(&self.span, self.if_dropped, || ());
        }
        record_all!(
            self.span,
            status = self.status,
            grpc_status = self.grpc_status,
            bytes = self.bytes,
            duration_ms = milliseconds(self.opened),
        );
    }
}

/// How to find what caused an error.
///
/// Not all that services have as their error is one that can be asked: a boxed error can't.
#[derive(Clone, Default)]
pub(crate) struct Sources(Vec<FindSource>);

type FindSource = fn(&dyn Any) -> Option<&(dyn Error + 'static)>;

impl Sources {
    pub(crate) fn add<E: Error + 'static>(&mut self) {
        self.0.push(|error| error.downcast_ref::<E>()?.source());
    }

    fn find<'e>(&self, error: &'e dyn Any) -> Option<&'e (dyn Error + 'static)> {
        if let Some(boxed) = error.downcast_ref::<Box<dyn Error + Send + Sync>>() {
            return boxed.source();
        }
        self.0.iter().find_map(|find| find(error))
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of {} types", self.0.len())
    }
}

/// Gives the time since then in milliseconds, with microseconds behind the point.
fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_micros() as f64 / 1_000.0
}
