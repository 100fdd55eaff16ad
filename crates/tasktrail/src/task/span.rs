//! What the task layer keeps with each span.

use std::sync::{Arc, OnceLock};

use tasktrail_record::{Failure, Timestamp};

use super::cancel::{Opened, dropped};
use super::failure::{Cause, forget_panic, last_panic};
use super::hand_over::Continued;
use super::opentelemetry::Traced;
use super::{Action, Carried};

/// A span as the task layer knows it: an action once some output has accepted it.
///
/// A span that every output turns away takes no number: what happens in it happens in the
/// nearest action around it.
#[derive(Debug)]
pub(crate) struct TaskSpan {
    name: &'static str,
    around: Option<Arc<Action>>,
    /// What the task carries that starts here.
    carried: Option<Arc<Carried>>,
    /// What OpenTelemetry says of it, until it is an action.
    traced: Option<Traced>,
    own: Option<Arc<Action>>,
    end: u64,
    started: OnceLock<Timestamp>,
    ended: OnceLock<Timestamp>,
    failure: Option<(Cause, Failure)>,
    unwinding_at_start: bool,
    opened: Opened,
    /// It is among those that are open with none around them, where these are counted.
    pub(super) is_counted: bool,
}

impl TaskSpan {
    /// Opens a span in an action, or outside of all.
    pub(crate) fn new(
        name: &'static str,
        around: Option<Arc<Action>>,
        traced: Option<Traced>,
    ) -> Self {
        let unwinding_at_start = std::thread::panicking();
        if !unwinding_at_start {
            // A panic that was caught before is none of this span's.
            forget_panic();
        }
        Self {
            name,
            around,
            carried: None,
            traced,
            own: None,
            end: 0,
            started: OnceLock::new(),
            ended: OnceLock::new(),
            failure: None,
            unwinding_at_start,
            opened: Opened::now(),
            is_counted: false,
        }
    }

    /// Opens a span that continues a task, or starts one. A number that was taken by whoever handed
    /// the task over gives it its place whether or not an output accepts it.
    pub(crate) fn continued(
        continued: Continued,
        name: &'static str,
        traced: Option<Traced>,
    ) -> Self {
        let Continued { position, carried } = continued;
        match position {
            Some(position) => Self {
                own: Some(Action::at(&position, name, carried, traced)),
                ..Self::new(name, None, None)
            },
            None => Self {
                carried,
                ..Self::new(name, None, traced)
            },
        }
    }

    /// Makes the span an action, if it is not one yet: some output accepts it.
    pub(crate) fn accept(&mut self) -> &Arc<Action> {
        self.own.get_or_insert_with(|| match &self.around {
            Some(around) => around.child(self.name, self.traced.take()),
            None => Action::root(self.name, self.carried.take(), self.traced.take()),
        })
    }

    /// Gives the action that this span is, if it is one.
    pub(crate) fn own(&self) -> Option<&Arc<Action>> {
        self.own.as_ref()
    }

    /// Gives the action in which something happens that happens in this span.
    pub(crate) fn nearest(&self) -> Option<&Arc<Action>> {
        self.own.as_ref().or(self.around.as_ref())
    }

    /// Tells whether no action of this program is around the span.
    pub(super) fn is_outermost(&self) -> bool {
        self.around.is_none()
    }

    /// Gives the number of the action's end, once it has ended.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Gives the time of the start, which is that at which it was asked for first: all outputs show
    /// the same.
    pub(crate) fn started(&self) -> Timestamp {
        *self.started.get_or_init(Timestamp::now)
    }

    /// Gives the time of the end, as [`started`](Self::started) does.
    pub(crate) fn ended(&self) -> Timestamp {
        *self.ended.get_or_init(Timestamp::now)
    }

    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref().map(|(_, failure)| failure)
    }

    /// Says that the action failed.
    pub(crate) fn fail(&mut self, cause: Cause, failure: Failure) {
        if self.failure.as_ref().is_none_or(|(old, _)| cause >= *old) {
            self.failure = Some((cause, failure));
        }
    }

    /// Ends the action: takes the number of its end, the last one.
    pub(crate) fn close(&mut self) {
        // A span that was opened while the thread was unwinding already is part of the clean-up.
        if std::thread::panicking() && !self.unwinding_at_start {
            self.fail(Cause::Panic, last_panic());
        }
        if self.opened.is_cancelled_now() {
            self.fail(Cause::Dropped, dropped());
        }
        if let Some(own) = &self.own
            && self.end == 0
        {
            self.end = own.take();
        }
    }
}
