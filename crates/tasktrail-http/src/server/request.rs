//! One request: its action from its head until its answer has a body to follow.

use std::fmt::Display;
use std::sync::Arc;

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use tracing::field::Empty;
use tracing::{Span, debug, info_span};

use super::body::Body;
use super::settings::Settings;
use crate::exchange::{Exchange, Sources};
use crate::{Incoming, Refusals, Why};

#[derive(Debug)]
pub(super) struct Request {
    exchange: Exchange,
    settings: Arc<Settings>,
    /// The header of a correlation id that was believed.
    correlation: Option<(HeaderName, HeaderValue)>,
    asks_for: AsksFor,
}

/// Says of a request that it is an action already, whose ids were read: of a layer within another of
/// its kind, the headers are none of its business, or two actions would stand at one position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IsAction;

/// What kind of answer a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AsksFor {
    Body,
    HeadAlone,
    Connection,
}

impl Request {
    /// Opens the action of a request.
    pub(super) fn open(settings: &Arc<Settings>, request: &mut Parts) -> Self {
        let is_within_another = request.extensions.insert(IsAction).is_some();
        let mut incoming = match is_within_another {
            false => settings.incoming(request),
            true => Incoming::none(),
        };
        let refusals = incoming.take_refusals();
        let correlation = settings.headers.correlation(&incoming, &request.headers);
        // Code of the program's: a span that it opens must not take the place of this one.
        let route = settings.route(request);
        let span = match is_within_another {
            false => {
                let task = incoming.continue_task();
                task.into_span_with(|| span(request, route))
            }
            true => span(request, route),
        };
        let exchange = Exchange::new(span, "dropped before its answer");
        exchange.within(|| tell(&refusals));
        Self {
            exchange,
            settings: Arc::clone(settings),
            correlation,
            asks_for: match request.method {
                Method::HEAD => AsksFor::HeadAlone,
                Method::CONNECT => AsksFor::Connection,
                _ => AsksFor::Body,
            },
        }
    }

    pub(super) fn span(&self) -> &Span {
        self.exchange.span()
    }

    /// Takes the answer, and lets the action end with it: with its body, if it has one.
    pub(super) fn answer<R: http_body::Body>(mut self, answer: Response<R>) -> Response<Body<R>> {
        let (mut head, body) = answer.into_parts();
        self.exchange.answered(head.status, &head.headers);
        let length = length(&head.headers);
        self.exchange
            .within(|| self.settings.name_task(&mut head.headers));
        if let Some((name, id)) = self.correlation.take() {
            head.headers.entry(name).or_insert(id);
        }
        let body = if body.is_end_stream() || self.has_no_body(head.status) {
            self.exchange.count_bytes("");
            self.exchange.end();
            Body::alone(body)
        } else {
            self.exchange
                .count_bytes("dropped before the end of its answer");
            Body::following(body, self.exchange, length)
        };
        Response::from_parts(head, body)
    }

    /// Takes an error in place of an answer.
    pub(super) fn fail<E: Display + 'static>(mut self, error: &E) {
        self.exchange.failed(error, &Sources::default());
        self.exchange.end();
    }

    /// Tells whether an answer with this status has no body, whatever the service gave as one: RFC
    /// 9110, section 6.4.1. What comes after a change of protocols is none of HTTP's.
    fn has_no_body(&self, status: StatusCode) -> bool {
        status.is_informational()
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            || match self.asks_for {
                AsksFor::Body => false,
                AsksFor::HeadAlone => true,
                AsksFor::Connection => status.is_success(),
            }
    }
}

fn span(request: &Parts, route: Option<&str>) -> Span {
    info_span!(
        "http_request",
        method = request.method.as_str(),
        path = request.uri.path(),
        route = route,
        status = Empty,
        grpc_status = Empty,
        bytes = Empty,
        duration_ms = Empty,
    )
}

/// Tells what was refused: that somebody is not trusted is nothing special, and told at DEBUG.
fn tell(refusals: &Refusals) {
    let mut refused = refusals.refused().iter();
    if refused.any(|refused| refused.why() != Why::NotTrusted) {
        refusals.tell();
    } else if !refusals.refused().is_empty() {
        debug!(refused = %refusals, "ids of a sender who is not trusted were not read");
    }
}

/// Gives the length that the head of an answer promises.
fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
