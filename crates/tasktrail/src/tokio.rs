//! What tokio starts elsewhere, in the task of whoever starts it (feature `tokio`).
//!
//! Each has the name that tokio has for it, so that a changed `use` is all that changes:
//!
//! | tokio | here |
//! |---|---|
//! | `tokio::spawn` | [`spawn`] |
//! | `tokio::task::spawn_blocking`, `spawn_local` | [`spawn_blocking`], [`spawn_local`] |
//! | `tokio::task::JoinSet` | [`JoinSet`] |
//! | `tokio::sync::mpsc` | [`mpsc`], whose receiver is given each item with its [`HandOver`](crate::HandOver) |
//!
//! What is started is an action `eliot:remote_task` at the level that was taken for it, as after each
//! [`hand_over`](crate::hand_over()). Aborted, or dropped when the runtime shuts down, it ends as
//! cancelled: [`in_span`](crate::in_span()) says how. Work for `spawn_blocking` that never ran closes
//! its level with `never_continued`. Outside any action, all of them do what tokio's do.
//!
//! `select!`, `join!` and time-outs stay in the task in which they are polled and need nothing of
//! this: with [`in_span`](crate::in_span()) around a branch, one that is dropped says so.

mod join_set;
pub mod mpsc;

pub use ::tokio::task::JoinHandle;
pub use join_set::JoinSet;

use crate::{hand_over, preserve_context};

/// Spawns a future as `tokio::spawn` does, in the task of the caller.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// # let order = tracing::info_span!("order");
/// # tasktrail::in_span(order, async {
/// let packing = tasktrail::tokio::spawn(async {
///     tracing::info!("packed");
///     17
/// });
/// assert_eq!(packing.await.unwrap(), 17);
/// # }).await
/// # })
/// # });
/// # assert!(lines[2].contains(r#""task_level":[2,2],"message_type":"packed""#), "{lines:?}");
/// ```
///
/// # Panics
///
/// Outside a tokio runtime, as `tokio::spawn` does.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    ::tokio::spawn(hand_over().instrument(future))
}

/// Spawns a future on the current `LocalSet` as `tokio::task::spawn_local` does, in the task of the
/// caller.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # let local = tokio::task::LocalSet::new();
/// # local.block_on(&runtime, async {
/// # let order = tracing::info_span!("order");
/// # tasktrail::in_span(order, async {
/// let shared = std::rc::Rc::new(17);
/// let packing = tasktrail::tokio::spawn_local(async move { *shared });
/// assert_eq!(packing.await.unwrap(), 17);
/// # }).await
/// # })
/// # });
/// # assert_eq!(lines.len(), 4);
/// ```
///
/// # Panics
///
/// Outside a `LocalSet`, as `tokio::task::spawn_local` does.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    ::tokio::task::spawn_local(hand_over().instrument(future))
}

/// Runs a closure where it may block as `tokio::task::spawn_blocking` does, in the task of the caller.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// # let order = tracing::info_span!("order");
/// # tasktrail::in_span(order, async {
/// let sum = tasktrail::tokio::spawn_blocking(|| (1..=100).sum::<u32>());
/// assert_eq!(sum.await.unwrap(), 5050);
/// # }).await
/// # })
/// # });
/// # assert_eq!(lines.len(), 4);
/// ```
///
/// # Panics
///
/// Outside a tokio runtime, as `tokio::task::spawn_blocking` does.
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    ::tokio::task::spawn_blocking(preserve_context(f))
}
