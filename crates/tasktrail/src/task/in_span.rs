//! A future that is an action.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;

use super::cancel::{Cancelling, Unwinding, cancel_dropped};

/// Lets a future run in a span, whose action ends when the future is done.
///
/// If it is dropped before, because a `select!` took another branch, a time-out passed, its task was
/// aborted or the runtime shut down, its action ends as cancelled: `failed`, with `cancelled` as
/// `exception`, `dropped before it was done` as `reason`, and the level WARN. So do all actions that
/// close while it is dropped: the spans of `#[instrument]`ed futures within. Those that its clean-up
/// opens are actions like others. What [`fail`](crate::fail()), [`cancel`](crate::cancel) or an error
/// event said of an action before stands.
///
/// A panic that unwinds out of the future fails its action at once, also where somebody catches the
/// panic and drops the future later; what is not done within then ends as cancelled.
///
/// Once the future is done it is dropped, in its span, and so is this handle of the span.
///
/// A future that is only `#[instrument]`ed, or has `tracing`'s `.instrument(span)`, and has nothing
/// of this around it ends as succeeded when it is dropped half-way: `tracing` tells nobody the
/// difference. And one that was done but is kept, such as `tokio::pin!(work)` after `(&mut work).await`,
/// closes only with what is around it: if that is cancelled, it is said to be so, too.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let order = tracing::info_span!("order");
/// let work = tasktrail::in_span(order, async { tracing::info!("never said") });
/// drop(work);
/// # });
/// assert!(lines[1].starts_with(
///     r#"{"exception":"cancelled","reason":"dropped before it was done","action_status":"failed","#
/// ));
/// # assert_eq!(lines.len(), 2);
/// ```
pub fn in_span<F: Future>(span: Span, future: F) -> InSpan<F> {
    InSpan {
        future: Some(future),
        span,
    }
}

pin_project! {
    /// A future that runs in a span: [`in_span`] makes it.
    ///
    /// Polled again after it is done, it waits for ever.
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct InSpan<F> {
        // There until it is done.
        #[pin]
        future: Option<F>,
        span: Span,
    }

    impl<F> PinnedDrop for InSpan<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.future.is_some() {
                drop_half_way(this.future, this.span);
            }
        }
    }
}

impl<F> InSpan<F> {
    /// Gives the span in which the future runs; a disabled one once it is done.
    ///
    /// ```
    /// use tracing::{Span, field::Empty, info_span};
    ///
    /// let work = tasktrail::in_span(info_span!("order", id = Empty), async {});
    /// work.span().record("id", 17);
    /// ```
    pub fn span(&self) -> &Span {
        &self.span
    }
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let polled = {
            let _in_span = this.span.enter();
            let _unwinding = Unwinding::watch(this.span);
            let Some(future) = this.future.as_mut().as_pin_mut() else {
                return Poll::Pending;
            };
            let polled = future.poll(context);
            if polled.is_ready() {
                this.future.set(None);
            }
            polled
        };
        if polled.is_ready() {
            *this.span = Span::none();
        }
        polled
    }
}

fn drop_half_way<F>(mut future: Pin<&mut Option<F>>, span: &Span) {
    let _in_span = span.enter();
    cancel_dropped(span);
    let _unwinding = Unwinding::watch(span);
    let _cancelling = Cancelling::start();
    future.set(None);
}

impl<F> fmt::Debug for InSpan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InSpan")
            .field("span", &self.span)
            .field("is_done", &self.future.is_none())
            .finish_non_exhaustive()
    }
}
