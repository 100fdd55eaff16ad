//! The task in which the caller runs.

use std::sync::Arc;

use tasktrail_record::{Position, TaskId, TaskLevel};
use tracing_core::dispatcher;

use super::{Action, Handle};

/// The task and action in which the caller runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentTask {
    position: Position,
    name: &'static str,
}

impl CurrentTask {
    /// Gives the id of the task.
    pub fn id(&self) -> TaskId {
        self.position.task()
    }

    /// Gives the level of the action.
    pub fn level(&self) -> &TaskLevel {
        self.position.level()
    }

    /// Gives the name of the action: the span's.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// Tells in which task and action the caller runs; `None` outside.
///
/// No number is taken. A span that every output turns away is no action: what is told then is the
/// action around it. `None` also without a [`TaskLayer`](crate::TaskLayer), and while the thread is
/// in the middle of a call to a subscriber that stands for this thread alone.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(tasktrail::TaskLayer::new());
/// tracing::subscriber::with_default(subscriber, || {
///     assert_eq!(tasktrail::current(), None);
///
///     let _order = tracing::info_span!("order").entered();
///     let _price = tracing::info_span!("price").entered();
///     let current = tasktrail::current().unwrap();
///     assert_eq!(current.name(), "price");
///     assert_eq!(current.level().to_string(), "/2");
/// });
/// ```
pub fn current() -> Option<CurrentTask> {
    let action = current_action()?;
    Some(CurrentTask {
        position: action.position()?,
        name: action.name(),
    })
}

/// Gives the action in which the caller runs.
pub(super) fn current_action() -> Option<Arc<Action>> {
    with_current(Arc::clone)
}

/// Uses the action in which the caller runs.
pub(super) fn with_current<R>(use_it: impl FnOnce(&Arc<Action>) -> R) -> Option<R> {
    let mut use_it = Some(use_it);
    let mut result = None;
    dispatcher::get_default(|dispatch| {
        let span = dispatch.current_span();
        let (Some(id), Some(handle)) = (span.id(), dispatch.downcast_ref::<Handle>()) else {
            return;
        };
        handle.with_span(dispatch, id, &mut |action| {
            result = use_it.take().map(|use_it| use_it(action));
        });
    });
    result
}
