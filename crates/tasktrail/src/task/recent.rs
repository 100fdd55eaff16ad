//! The span that a thread has dealt with last: mostly it is the next one, too.
//!
//! The task layer leaves it here when it opens or closes a span, or finds that of an event, so that
//! neither it nor the outputs have to look for it in the registry.

use std::cell::RefCell;
use std::sync::Arc;

use tracing_core::span::Id;

use super::{Action, State, TaskSpan};

#[derive(Debug)]
struct Recent {
    /// The number of the task layer.
    tasks: u64,
    id: Id,
    span: TaskSpan,
}

thread_local! {
    static RECENT: RefCell<Option<Recent>> = const { RefCell::new(None) };
}

/// Leaves a span here.
pub(super) fn remember(tasks: &State, id: &Id, span: TaskSpan) {
    let _ = RECENT.try_with(|recent| {
        if let Ok(mut recent) = recent.try_borrow_mut() {
            *recent = Some(Recent {
                tasks: tasks.number,
                id: id.clone(),
                span,
            });
        }
    });
}

/// Uses the span that has an id, if it is here and has not ended.
///
/// No two open spans of one registry have the same id, and a span that was closed has ended: what is
/// found is the span.
pub(crate) fn with_open<R>(
    tasks: &State,
    id: &Id,
    use_it: impl FnOnce(&TaskSpan) -> R,
) -> Option<R> {
    with(tasks, id, |span| {
        (!span.any().has_ended()).then(|| use_it(span))
    })?
}

/// Gives the action that was closed under an id, if it is here.
///
/// Others may have had the id since: whoever asks must know that the action is one that it has seen
/// opening, and not yet closing.
pub(crate) fn closed(tasks: &State, id: &Id) -> Option<Arc<Action>> {
    with(tasks, id, |span| span.own().cloned())?
}

fn with<R>(tasks: &State, id: &Id, use_it: impl FnOnce(&TaskSpan) -> R) -> Option<R> {
    let found = RECENT.try_with(|recent| {
        let recent = recent.try_borrow().ok()?;
        let recent = recent
            .as_ref()
            .filter(|recent| recent.id == *id && recent.tasks == tasks.number)?;
        Some(use_it(&recent.span))
    });
    found.ok()?
}
