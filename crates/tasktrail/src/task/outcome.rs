//! What came out of an action, as whoever stands around it sees it: an answer, an error, nothing.
//!
//! For layers that make actions of what others do. Who is inside knows more: what an error event,
//! [`fail`](crate::fail()), [`cancel`](crate::cancel) or a panic said of the action, before or
//! after, stands.

use std::error::Error;
use std::fmt::Display;

use tasktrail_record::Failure;
use tracing::Span;

use super::cancel::{Cancelling, Unwinding, fail_span};
use super::failure::{Cause, sources, text};

/// Says that the action that a span is fails, if nothing else says so.
///
/// `exception` names the kind of failure, and `reason` tells it. The texts of `source` and of its own
/// sources are told as what caused it.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let call = tracing::info_span!("call");
/// tasktrail::outcome::fail(&call, "503", &"503 Service Unavailable", None);
/// # });
/// assert!(lines[1].starts_with(
///     r#"{"exception":"503","reason":"503 Service Unavailable","action_status":"failed","#
/// ));
/// ```
pub fn fail(
    span: &Span,
    exception: &str,
    reason: &dyn Display,
    source: Option<&(dyn Error + 'static)>,
) {
    fail_span(span, Cause::Outcome, || Failure {
        exception: exception.to_owned(),
        reason: text(format_args!("{reason}")),
        sources: sources(|| source),
        ..Failure::default()
    });
}

/// Runs what drops something that was not done, and says of the action that a span is, and of all that
/// close meanwhile, that they were cancelled, if nothing else says that they failed.
///
/// As [`in_span`](crate::in_span) does it for futures. The reason is that of the span alone.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let answer = tracing::info_span!("answer");
/// let row = tracing::info_span!(parent: &answer, "row");
/// tasktrail::outcome::cancel(&answer, "the client went away", || drop(row));
/// # });
/// assert!(lines[2].contains(r#""reason":"dropped before it was done","#), "{lines:?}");
/// assert!(lines[3].contains(r#""reason":"the client went away","#));
/// ```
pub fn cancel(span: &Span, reason: &str, what: impl FnOnce()) {
    fail_span(span, Cause::Dropped, || Failure::cancelled(reason));
    let _cancelling = Cancelling::start();
    what();
}

/// Runs something in a span, whose action fails by a panic that unwinds out of it.
///
/// It fails at once, also where somebody catches the panic and the span closes later, as
/// [`in_span`](crate::in_span) does it for futures.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let answer = tracing::info_span!("answer");
/// let row = tracing::info_span!(parent: &answer, "row");
/// let read = || tasktrail::outcome::within(&answer, || panic!("the row is broken"));
/// std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_err();
/// drop((answer, row));
/// # });
/// assert!(lines[3].starts_with(r#"{"exception":"panic","reason":"the row is broken","#), "{lines:?}");
/// ```
pub fn within<R>(span: &Span, f: impl FnOnce() -> R) -> R {
    let _in_span = span.enter();
    let _unwinding = Unwinding::watch(span);
    f()
}
