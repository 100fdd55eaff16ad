//! The future of an answer.

use std::fmt;
use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;
use tasktrail::InSpan;

use super::body::Body;
use super::request::Request;

pin_project! {
    /// The future of an answer, which runs in the action of its request.
    ///
    /// Dropped before the answer is there, it ends the action as cancelled. A panic that unwinds out
    /// of it fails the action.
    pub struct ServerFuture<F> {
        #[pin]
        future: InSpan<F>,
        // There until the answer is.
        request: Option<Request>,
    }
}

impl<F: Future> ServerFuture<F> {
    pub(super) fn new(request: Request, future: F) -> Self {
        Self {
            future: tasktrail::in_span(request.span().clone(), future),
            request: Some(request),
        }
    }
}

impl<F, R, E> Future for ServerFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: http_body::Body,
    E: Display + 'static,
{
    type Output = Result<Response<Body<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.future.poll(context));
        let Some(request) = this.request.take() else {
            return Poll::Ready(answer.map(|response| response.map(Body::alone)));
        };
        Poll::Ready(match answer {
            Ok(response) => Ok(request.answer(response)),
            Err(error) => {
                request.fail(&error);
                Err(error)
            }
        })
    }
}

impl<F> fmt::Debug for ServerFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerFuture")
            .field("is_done", &self.request.is_none())
            .finish_non_exhaustive()
    }
}
