//! A body that does as it is told.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use tokio::sync::oneshot;
use tracing::Span;

/// What a body does when it is asked for more.
pub(crate) enum Step {
    /// Gives this, and says so.
    Data(&'static str),
    Trailers(HeaderMap),
    Break,
    Panic,
    /// Gives nothing, and never will.
    Wait,
}

/// Does one thing after the other, and says only when it is asked for more that this was all.
pub(crate) struct Steps {
    steps: VecDeque<Step>,
    _guard: Option<oneshot::Sender<()>>,
    _open: Option<Span>,
    is_end: Arc<AtomicBool>,
}

impl Steps {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            _guard: None,
            _open: None,
            is_end: Arc::default(),
        }
    }

    /// Knows its end from the moment in which this is set.
    pub(crate) fn ended_by(mut self, is_end: &Arc<AtomicBool>) -> Self {
        self.is_end = Arc::clone(is_end);
        self
    }

    /// Keeps a span open as long as the body is there.
    pub(crate) fn keeping_open(mut self, span: Span) -> Self {
        self._open = Some(span);
        self
    }

    /// Keeps what tells somebody that the body was dropped.
    pub(crate) fn until_dropped(mut self, guard: Option<oneshot::Sender<()>>) -> Self {
        self._guard = guard;
        self
    }
}

impl Body for Steps {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let steps = &mut self.get_mut().steps;
        match steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Data(text)) => {
                tracing::info!("gave {text}");
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
            }
            Some(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Step::Break) => Poll::Ready(Some(Err(Broken))),
            Some(Step::Panic) => panic!("the body burst"),
            Some(Step::Wait) => {
                steps.push_front(Step::Wait);
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_end.load(Ordering::SeqCst)
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        tracing::info!("dropped the body");
    }
}

#[derive(Debug)]
pub(crate) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it broke")
    }
}

impl std::error::Error for Broken {}
