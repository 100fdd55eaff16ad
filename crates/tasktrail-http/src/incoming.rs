//! What a request said of the task in which it runs.

use tasktrail::{Carried, HandOver, RemoteSpan};
use tasktrail_record::Position;

use crate::carried::TRACESTATE;
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
    caller: Option<Caller>,
    carried: Carried,
    pub(crate) refusals: Refusals,
}

/// The span of whoever sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) is_sampled: bool,
}

impl Incoming {
    /// Says nothing: the request starts a task of its own, and nothing was refused.
    pub fn none() -> Self {
        Self::default()
    }

    pub(crate) fn new(
        position: Option<Position>,
        caller: Option<Caller>,
        carried: Carried,
        refused: Vec<Refused>,
    ) -> Self {
        Self {
            position,
            caller,
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
    /// its own. With OpenTelemetry in the program, its span is a child of the sender's, if the request
    /// named one.
    pub fn continue_task(self) -> HandOver {
        let task = match self.position {
            Some(position) => tasktrail::continue_at(position),
            None => tasktrail::start_task(),
        };
        let task = match self.caller {
            Some(caller) => task.in_trace(RemoteSpan {
                trace_id: caller.trace_id,
                span_id: caller.span_id,
                is_sampled: caller.is_sampled,
                tracestate: self.carried.get(TRACESTATE).unwrap_or_default(),
            }),
            None => task,
        };
        task.carrying(self.carried)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Caller;
    use crate::{Format, Headers};

    #[test]
    fn the_span_of_the_sender_is_known_in_whichever_format_it_comes() {
        let headers = Headers::none()
            .read(Format::TraceContext)
            .read(Format::B3Single)
            .read(Format::Jaeger);
        let caller = |name: &str, value: &str| {
            let request = HashMap::from([(name.to_owned(), value.to_owned())]);
            headers.extract(&request).caller
        };
        let named = |trace_id, is_sampled| {
            Some(Caller {
                trace_id,
                span_id: 0x00f0_67aa_0ba9_02b7,
                is_sampled,
            })
        };
        let trace = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;

        for (flags, is_sampled) in [("01", true), ("00", false)] {
            let value = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
            assert_eq!(caller("traceparent", &value), named(trace, is_sampled));
        }
        let b3 = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
        assert_eq!(caller("b3", b3), named(trace, true));
        assert_eq!(caller("b3", &format!("{b3}-0")), named(trace, false));
        assert_eq!(
            caller("uber-trace-id", "7:f067aa0ba902b7:0:0"),
            named(7, false)
        );
        assert_eq!(caller("b3", "1"), None);
    }
}
