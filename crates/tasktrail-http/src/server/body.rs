//! The body of an answer, with whose end its action ends.

use std::fmt;
use std::fmt::Display;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::exchange::{Exchange, Sources};

pin_project! {
    /// The body of an answer, with whose end the action of its request ends.
    ///
    /// It hands on what the body within gives, and runs it in the action. It ends the action when the
    /// last of it is handed on, by an error (`failed`), or when it is dropped before (`failed`, as
    /// cancelled). A body of which all bytes that `Content-Length` promised are handed on is at its
    /// end, whether or not it was asked for more; so is one that has said so itself.
    pub struct Body<B> {
        // There until it ends, and then dropped in the action.
        #[pin]
        body: Option<B>,
        // There until it ends.
        exchange: Option<Exchange>,
        length: Option<u64>,
        // It was asked whether this is its end, and said yes: it need not be asked for more.
        has_said_end: AtomicBool,
    }

    impl<B> PinnedDrop for Body<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(exchange) = this.exchange.take() else {
                return;
            };
            let is_whole = this.length.is_some_and(|length| exchange.bytes() >= length);
            if is_whole || *this.has_said_end.get_mut() {
                exchange.within(|| this.body.set(None));
                exchange.end();
            } else {
                exchange.cancel(|| this.body.set(None));
            }
        }
    }
}

impl<B: http_body::Body> Body<B> {
    /// Takes a body and the action that ends with it, and how many bytes the answer's head promises.
    pub(super) fn following(body: B, exchange: Exchange, length: Option<u64>) -> Self {
        let length = length.or_else(|| body.size_hint().exact());
        let mut followed = Self::alone(body);
        followed.length = length;
        followed.exchange = Some(exchange);
        followed
    }
}

impl<B> Body<B> {
    /// Takes a body whose action has ended.
    pub(super) fn alone(body: B) -> Self {
        Self {
            body: Some(body),
            exchange: None,
            length: None,
            has_said_end: AtomicBool::new(false),
        }
    }
}

impl<B> http_body::Body for Body<B>
where
    B: http_body::Body,
    B::Error: Display + 'static,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        // Left in its place, it is there after a panic, too: what is dropped then is part of it.
        let Some(exchange) = this.exchange.as_mut() else {
            return body.poll_frame(context);
        };
        let polled = exchange.within(|| body.as_mut().poll_frame(context));
        let is_end = match &polled {
            Poll::Pending => false,
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    exchange.add_bytes(data.remaining());
                } else if let Some(trailers) = frame.trailers_ref() {
                    exchange.ended_with(trailers);
                }
                // Who asks this first does not ask for more then.
                body.is_end_stream()
            }
            Poll::Ready(Some(Err(error))) => {
                exchange.failed(error, &Sources::default());
                true
            }
            Poll::Ready(None) => true,
        };
        if is_end {
            exchange.within(|| this.body.set(None));
            if let Some(exchange) = this.exchange.take() {
                exchange.end();
            }
        }
        Poll::Ready(ready!(polled))
    }

    fn is_end_stream(&self) -> bool {
        let is_end = self.body.as_ref().is_none_or(B::is_end_stream);
        if is_end {
            self.has_said_end.store(true, Ordering::Relaxed);
        }
        is_end
    }

    fn size_hint(&self) -> SizeHint {
        let nothing = SizeHint::with_exact(0);
        self.body.as_ref().map_or(nothing, B::size_hint)
    }
}

/// Makes a body that is in no action, for layers around that answer by themselves.
impl<B: Default> Default for Body<B> {
    fn default() -> Self {
        Self::alone(B::default())
    }
}

impl<B> fmt::Debug for Body<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("has_ended", &self.exchange.is_none())
            .finish_non_exhaustive()
    }
}
