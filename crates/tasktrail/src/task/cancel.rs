//! How it is known that an action was broken off before it was done.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use tasktrail_record::Failure;
use tracing::Span;

use super::Handle;
use super::current::with_current;
use super::failure::{Cause, last_panic};

/// Says that the current action is cancelled, and why: its end will be `failed`, with `cancelled` as
/// `exception`, the text as `reason`, and the level WARN.
///
/// Nothing stops: the action goes on until its span closes. As with [`fail`](crate::fail()), the
/// later call takes the place of the one before, and a panic that closes the span that of both.
/// Outside any action nothing happens.
///
/// Without a call, a future that is dropped before it is done ends as cancelled where
/// [`in_span`](crate::in_span) is around it.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let _order = tracing::info_span!("order").entered();
/// tasktrail::cancel("the client went away");
/// # });
/// assert!(lines[1].starts_with(
///     r#"{"exception":"cancelled","reason":"the client went away","action_status":"failed","#
/// ));
/// ```
pub fn cancel(reason: &str) {
    with_current(|action| action.fail(Cause::Call, Failure::cancelled(reason)));
}

/// Gives what is said of an action whose future was dropped.
pub(super) fn dropped() -> Failure {
    Failure::cancelled("dropped before it was done")
}

/// Counts the futures of the program that began to be dropped before they were done.
static CANCELLATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The number of the cancellation within which this thread drops things; 0 outside.
    static CANCELLING: Cell<u64> = const { Cell::new(0) };
}

/// Says that the thread drops what was not done, until it is dropped itself.
pub(super) struct Cancelling {
    /// The cancellation around this one.
    around: u64,
}

impl Cancelling {
    pub(super) fn start() -> Self {
        let number = CANCELLATIONS.fetch_add(1, Ordering::Relaxed) + 1;
        let around = CANCELLING.try_with(|cancelling| cancelling.replace(number));
        Self {
            around: around.unwrap_or_default(),
        }
    }
}

impl Drop for Cancelling {
    fn drop(&mut self) {
        let _ = CANCELLING.try_with(|cancelling| cancelling.set(self.around));
    }
}

/// When a span was opened, counted in cancellations.
#[derive(Debug)]
pub(super) struct Opened(u64);

impl Opened {
    // What was opened before a cancellation, on whichever thread, and is dropped by it came to it in
    // an order that the threads agree upon. So they do on this one counter.
    pub(super) fn now() -> Self {
        Self(CANCELLATIONS.load(Ordering::Relaxed))
    }

    /// Tells whether a span that closes now does so because something is dropped that was not done.
    ///
    /// What was opened meanwhile is part of the clean-up.
    pub(super) fn is_cancelled_now(&self) -> bool {
        CANCELLING.try_with(Cell::get).unwrap_or_default() > self.0
    }
}

/// Says that the action that a span is, if it is one, ends as cancelled unless it failed.
pub(super) fn cancel_dropped(span: &Span) {
    fail_span(span, Cause::Dropped, dropped);
}

/// Says of a span, until this is dropped, that a panic that unwinds through here fails it.
pub(super) struct Unwinding<'s> {
    span: &'s Span,
    was_panicking: bool,
}

impl<'s> Unwinding<'s> {
    pub(super) fn watch(span: &'s Span) -> Self {
        Self {
            span,
            was_panicking: std::thread::panicking(),
        }
    }
}

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.was_panicking {
            fail_span(self.span, Cause::Panic, last_panic);
        }
    }
}

/// Says that the action that a span is, if it is one, failed.
pub(super) fn fail_span(span: &Span, cause: Cause, failure: impl FnOnce() -> Failure) {
    span.with_subscriber(|(id, dispatch)| {
        if let Some(handle) = dispatch.downcast_ref::<Handle>() {
            // Formatting runs code of the user's, so the span is locked only afterwards.
            let mut failure = Some(failure());
            handle.with_own(dispatch, id, &mut |action| {
                if let Some(failure) = failure.take() {
                    action.fail(cause, failure);
                }
            });
        }
    });
}
