//! What the current action tells whoever receives its request.

use std::sync::Arc;

use http::HeaderMap;
use tasktrail::{Carried, HandOver};
use tasktrail_record::Position;

use super::format::{Known, name};
use super::trace::{Flags, Sampled, TraceId};
use super::{b3, jaeger, trace_context};
use crate::{Carrier, carried, span_id};

/// What the current action tells: a position that it hands over, and what it carries.
pub(super) struct Outgoing {
    position: Option<HandOver>,
    trace: Option<Trace>,
    carried: Option<Arc<Carried>>,
}

/// A position on its way to whoever receives it, who continues the task there.
#[derive(Debug, Default)]
pub(crate) struct Sent(Option<HandOver>);

impl Sent {
    /// Says that nobody received it: the place that was taken for it is closed.
    pub(crate) fn never_left(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        // Whoever may have received it fills its place.
        let _ = self.0.take().and_then(HandOver::into_position);
    }
}

/// The trace of a request that goes out.
struct Trace {
    id: TraceId,
    span: u64,
    /// `None` where the sender of the trace left the decision to others.
    flags: Option<u8>,
    debug: bool,
}

impl Outgoing {
    /// Asks for what these formats need.
    pub(super) fn of_current(formats: &[Known]) -> Self {
        let carried = tasktrail::carried();
        let position = formats
            .contains(&Known::TaskPosition)
            .then(tasktrail::hand_over);
        let trace = formats.iter().any(Known::names_trace).then(|| {
            let handed_over = position.as_ref().and_then(HandOver::position);
            match handed_over {
                Some(position) => Some(Trace::new(position, carried.as_deref())),
                None => {
                    let current = tasktrail::current()?;
                    let position = Position::new(current.id(), current.level().clone());
                    Some(Trace::new(&position, carried.as_deref()))
                }
            }
        });
        Self {
            position,
            trace: trace.flatten(),
            carried,
        }
    }

    /// Removes what is there of each trace that is written: of the headers of one format not all are
    /// written each time.
    pub(super) fn clear(&self, formats: &[Known], headers: &mut HeaderMap) {
        if self.trace.is_none() {
            return;
        }
        let of_trace = |format: &&Known| format.names_trace();
        for name in formats.iter().filter(of_trace).flat_map(Known::names) {
            headers.remove(name);
        }
    }

    /// Writes each format, as far as there is something to tell, and gives the position that is on its
    /// way.
    pub(super) fn write(self, formats: &[Known], carrier: &mut impl Carrier) -> Sent {
        for format in formats {
            match (format, &self.trace) {
                (Known::TaskPosition, _) => {
                    if let Some(position) = self.position.as_ref().and_then(HandOver::position) {
                        carrier.set(&name::TASK_POSITION, position.text());
                    }
                }
                (Known::CorrelationId(name), _) => {
                    if let Some(id) = self.carried(carried::CORRELATION_ID) {
                        carrier.set(name, id);
                    }
                }
                (Known::TraceContext, Some(trace)) => {
                    let flags = trace.flags.unwrap_or_default();
                    let parent = trace_context::write_parent(trace.id, trace.span, flags);
                    carrier.set(&name::TRACEPARENT, parent);
                    if let Some(state) = self.carried(carried::TRACESTATE) {
                        carrier.set(&name::TRACESTATE, state);
                    }
                }
                (Known::Jaeger, Some(trace)) => {
                    let flags = trace.flags.unwrap_or_default();
                    let value = jaeger::write(trace.id, trace.span, flags, trace.debug);
                    carrier.set(&name::JAEGER, value);
                }
                (Known::B3Single, Some(trace)) => {
                    let value =
                        b3::write_single(trace.id, trace.span, trace.sampled(), trace.debug);
                    carrier.set(&name::B3, value);
                }
                (Known::B3Multi, Some(trace)) => trace.write_b3_headers(carrier),
                (_, None) => {}
            }
        }
        Sent(self.position)
    }

    fn carried(&self, name: &str) -> Option<String> {
        self.carried.as_ref()?.get(name).map(str::to_owned)
    }
}

impl Trace {
    /// Takes the trace that the task carries, or the task's own.
    fn new(position: &Position, carried: Option<&Carried>) -> Self {
        let get = |name| carried.and_then(|carried| carried.get(name));
        let carried_id = get(carried::TRACE_ID).and_then(|id| TraceId::read(id.as_bytes()));
        let id = carried_id.unwrap_or(TraceId::of_task(position.task()));
        let said = get(carried::TRACE_FLAGS)
            .map(Flags::from_text)
            .unwrap_or_default();
        let flags = match said.sampled {
            Sampled::Bits(bits) => Some(bits),
            Sampled::Decided(true) => Some(Flags::of_task(id)),
            Sampled::Decided(false) => Some(Flags::of_task(id) & !Flags::SAMPLED),
            Sampled::Unsaid if carried_id.is_none() => Some(Flags::of_task(id)),
            Sampled::Unsaid => None,
        };
        // With OpenTelemetry in the program, the span is one of its own.
        let own = get(carried::SPAN_ID).and_then(|span| u64::from_str_radix(span, 16).ok());
        // It decided on recording, too, and whoever is below that span does as it did.
        let flags = match get(carried::SPAN_SAMPLED) {
            Some(sampled) => {
                let others = flags.unwrap_or(Flags::of_task(id)) & !Flags::SAMPLED;
                Some(others | u8::from(sampled == "1"))
            }
            None => flags,
        };
        Self {
            id,
            span: own.unwrap_or_else(|| span_id(position)),
            flags,
            debug: said.debug,
        }
    }

    fn sampled(&self) -> Option<bool> {
        self.flags.map(|flags| flags & Flags::SAMPLED != 0)
    }

    fn write_b3_headers(&self, carrier: &mut impl Carrier) {
        carrier.set(&name::B3_TRACE_ID, self.id.short_or_long().to_string());
        carrier.set(&name::B3_SPAN_ID, format!("{:016x}", self.span));
        // Debug implies that the trace is accepted, and is sent in place of it.
        if self.debug {
            carrier.set(&name::B3_FLAGS, "1".to_owned());
        } else if let Some(sampled) = self.sampled() {
            carrier.set(&name::B3_SAMPLED, u8::from(sampled).to_string());
        }
    }
}
