//! The future of a call.

use std::fmt;
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;
use tasktrail::InSpan;

use super::call::Settings;
use crate::exchange::Exchange;

pin_project! {
    /// The future of a call, which runs in the call's action.
    ///
    /// Dropped before the answer's head is there, it ends the action as cancelled.
    pub struct ClientFuture<F> {
        #[pin]
        future: InSpan<F>,
        // There until the answer is.
        exchange: Option<Exchange>,
        settings: Arc<Settings>,
    }
}

impl<F: Future> ClientFuture<F> {
    pub(super) fn new(exchange: Exchange, settings: Arc<Settings>, future: F) -> Self {
        Self {
            future: tasktrail::in_span(exchange.span().clone(), future),
            exchange: Some(exchange),
            settings,
        }
    }
}

impl<F, R, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Display + 'static,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.future.poll(context));
        if let Some(mut exchange) = this.exchange.take() {
            match &answer {
                Ok(response) => exchange.answered(response.status(), response.headers()),
                Err(error) => {
                    if this.settings.unsent.is_said_by(error) {
                        exchange.never_left();
                    }
                    exchange.failed(error, &this.settings.sources);
                }
            }
            exchange.end();
        }
        Poll::Ready(answer)
    }
}

impl<F> fmt::Debug for ClientFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientFuture")
            .field("is_done", &self.exchange.is_none())
            .finish_non_exhaustive()
    }
}
