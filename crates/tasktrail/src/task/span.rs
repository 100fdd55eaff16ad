//! What the task layer keeps with each span.

use std::sync::Arc;

use super::opentelemetry::Traced;
use super::{Action, Continued};

/// A span as the task layer knows it: an action once some output has accepted it.
///
/// A span that every output turns away takes no number: what happens in it happens in the
/// nearest action around it.
#[derive(Debug, Clone)]
pub(crate) struct TaskSpan {
    /// Not kept with the action: whoever keeps an action would keep all around it.
    around: Option<Arc<Action>>,
    span: Arc<Action>,
    is_outermost: bool,
}

impl TaskSpan {
    /// Opens a span in an action, or outside of all.
    pub(super) fn new(
        name: &'static str,
        around: Option<Arc<Action>>,
        traced: Option<Traced>,
    ) -> Self {
        Self {
            span: Arc::new(Action::open(name, traced)),
            around,
            is_outermost: false,
        }
    }

    /// Opens a span that continues a task, or starts one. A number that was taken by whoever handed
    /// the task over gives it its place whether or not an output accepts it.
    pub(super) fn continued(
        continued: Continued,
        name: &'static str,
        traced: Option<Traced>,
    ) -> Self {
        Self {
            span: Arc::new(Action::continued(continued, name, traced)),
            around: None,
            is_outermost: false,
        }
    }

    /// Says that no span of any kind is around it, whoever sees which.
    pub(super) fn outermost(self) -> Self {
        Self {
            is_outermost: true,
            ..self
        }
    }

    /// Tells whether it is known that no span of any kind is around it.
    pub(crate) fn is_outermost(&self) -> bool {
        self.is_outermost
    }

    /// Makes the span an action, if it is not one yet: some output accepts it.
    pub(crate) fn accept(&self) -> &Arc<Action> {
        self.span.accept(self.around.as_deref());
        &self.span
    }

    /// Gives the action that this span is, if it is one.
    pub(crate) fn own(&self) -> Option<&Arc<Action>> {
        self.span.is_accepted().then_some(&self.span)
    }

    /// Gives the action in which something happens that happens in this span.
    pub(crate) fn nearest(&self) -> Option<&Arc<Action>> {
        self.own().or(self.around.as_ref())
    }

    /// Tells whether an action of this program is around the span.
    pub(super) fn is_within_action(&self) -> bool {
        self.around.is_some()
    }

    /// Gives the span, whether or not it is an action.
    pub(super) fn any(&self) -> &Arc<Action> {
        &self.span
    }
}
