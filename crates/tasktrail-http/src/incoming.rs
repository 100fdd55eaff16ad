//! What a request said of the task in which it runs.

use tasktrail::{Carried, HandOver};
use tasktrail_record::Position;

use crate::{Refusals, Refused};

/// What a request said of the task in which it runs, as far as it was believed.
///
/// It is consumed by the one action that continues the task.
///
/// ```
/// use std::collections::HashMap;
///
/// use tasktrail_http::Headers;
///
/// let request = HashMap::from([
///     ("x-eliot-task-id".to_owned(), "192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/2".to_owned()),
///     ("correlation-id".to_owned(), "order-17".to_owned()),
/// ]);
/// let incoming = Headers::default().extract(&request);
///
/// # let lines = tasktrail::example::lines(|| {
/// incoming.continue_task().run(|| {
///     let current = tasktrail::current().unwrap();
///     assert_eq!(current.level().to_string(), "/3/2");
///     assert_eq!(tasktrail::carried().unwrap().get("correlation_id"), Some("order-17"));
/// });
/// # });
/// ```
#[derive(Debug, Default)]
#[must_use = "a position that was read is taken, and must be continued"]
pub struct Incoming {
    position: Option<Position>,
    carried: Carried,
    pub(crate) refusals: Refusals,
}

impl Incoming {
    /// Says nothing: the request starts a task of its own, and nothing was refused.
    pub fn none() -> Self {
        Self::default()
    }

    pub(crate) fn new(position: Option<Position>, carried: Carried, refused: Vec<Refused>) -> Self {
        Self {
            position,
            carried,
            refusals: Refusals(refused),
        }
    }

    /// Gives the position at which the task goes on; `None` if the request starts a task of its
    /// own.
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Gives the ids that the task carries besides its own: `trace_id`, `parent_span_id` and
    /// `correlation_id`, which each line shows, and what is only passed on.
    pub fn carried(&self) -> &Carried {
        &self.carried
    }

    /// Gives each header that was refused.
    pub fn refused(&self) -> &[Refused] {
        self.refusals.refused()
    }

    /// Takes out what was refused, to [tell](Refusals::tell) it in the task.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use tasktrail_http::Headers;
    ///
    /// let request = HashMap::from([("traceparent".to_owned(), "00-<script>".to_owned())]);
    /// # let lines = tasktrail::example::lines(|| {
    /// let mut incoming = Headers::default().extract(&request);
    /// let refusals = incoming.take_refusals();
    /// incoming.continue_task().run(|| refusals.tell());
    /// # });
    /// assert!(lines[1].contains(r#""refused":"traceparent (11 bytes): malformed""#));
    /// ```
    pub fn take_refusals(&mut self) -> Refusals {
        std::mem::take(&mut self.refusals)
    }

    /// Gives the task in which the request runs: the one that goes on at the position, or one of
    /// its own.
    pub fn continue_task(self) -> HandOver {
        let task = match self.position {
            Some(position) => tasktrail::continue_at(position),
            None => tasktrail::start_task(),
        };
        task.carrying(self.carried)
    }
}
