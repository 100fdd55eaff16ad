//! What the headers of one request say, while they are read.

use http::HeaderName;
use tasktrail::Carried;
use tasktrail_record::Position;

use super::b3::{self, B3};
use super::format::{Known, name};
use super::trace::{Flags, Sampled, Trace, TraceId};
use super::{jaeger, trace_context, trim};
use crate::accepted::Accepted;
use crate::incoming::Caller;
use crate::{Carrier, Incoming, Refused, Why, carried};

/// The longest id of free form.
const LONGEST_FREE: usize = 128;

/// What was found so far: of each kind of id the first, and what was refused.
#[derive(Default)]
pub(super) struct Found<'c> {
    position: Option<(Position, &'c str)>,
    trace: Option<Trace>,
    /// Of the trace.
    state: Option<String>,
    /// On a trace that no header names.
    decision: Option<Flags>,
    correlation: Option<&'c str>,
    refused: Vec<Refused>,
}

impl<'c> Found<'c> {
    /// Reads the headers of a format.
    pub(super) fn read(&mut self, format: &Known, carrier: &'c impl Carrier) {
        match format {
            Known::TaskPosition => self.read_position(carrier),
            Known::TraceContext => self.read_trace_context(carrier),
            Known::CorrelationId(name) => self.read_correlation(name, carrier),
            Known::Jaeger => {
                if let Some(value) = self.only(carrier, &name::JAEGER, jaeger::LONGEST) {
                    let trace = jaeger::read(value);
                    self.take_trace(&name::JAEGER, value, trace);
                }
            }
            Known::B3Single => self.read_b3(carrier),
            Known::B3Multi => self.read_b3_headers(carrier),
        }
    }

    fn read_position(&mut self, carrier: &'c impl Carrier) {
        let name = &name::TASK_POSITION;
        let longest = Position::MAX_UNTRUSTED_BYTES;
        let Some(value) = self.only(carrier, name, longest) else {
            return;
        };
        let text = str::from_utf8(trim(value)).unwrap_or_default();
        match Position::from_untrusted(text) {
            Ok(position) => self.position = Some((position, text)),
            Err(_) => self.refuse(name, value, Why::Malformed),
        }
    }

    fn read_trace_context(&mut self, carrier: &'c impl Carrier) {
        let parent = self.only(carrier, &name::TRACEPARENT, trace_context::LONGEST_PARENT);
        let mut values = carrier.values_of(&name::TRACESTATE).peekable();
        let state = values.peek().copied();
        let Some(parent) = parent else {
            // Where a `traceparent` was refused, that is told already.
            if let Some(state) = state
                && carrier.values_of(&name::TRACEPARENT).next().is_none()
            {
                self.refuse(&name::TRACESTATE, state, Why::Incomplete);
            }
            return;
        };
        let trace = trace_context::read_parent(parent);
        if !self.take_trace(&name::TRACEPARENT, parent, trace) {
            return;
        }
        let Some(state) = state else {
            return;
        };
        match trace_context::read_state(values) {
            Ok((text, shortened)) => {
                self.state = text;
                if let Some(why) = shortened {
                    self.refuse(&name::TRACESTATE, state, why);
                }
            }
            Err(why) => self.refuse(&name::TRACESTATE, state, why),
        }
    }

    fn read_correlation(&mut self, name: &HeaderName, carrier: &'c impl Carrier) {
        let Some(value) = self.only(carrier, name, LONGEST_FREE) else {
            return;
        };
        let id = trim(value);
        let is_visible = !id.is_empty() && id.iter().all(u8::is_ascii_graphic);
        match str::from_utf8(id) {
            Ok(id) if is_visible => match self.correlation {
                None => self.correlation = Some(id),
                Some(first) if first == id => {}
                Some(_) => self.refuse(name, value, Why::Conflict),
            },
            _ => self.refuse(name, value, Why::Malformed),
        }
    }

    fn read_b3(&mut self, carrier: &'c impl Carrier) {
        let Some(value) = self.only(carrier, &name::B3, b3::LONGEST) else {
            return;
        };
        match b3::read_single(value) {
            Some(B3::Decision(flags)) => {
                self.decision.get_or_insert(flags);
            }
            Some(B3::Trace(trace)) => {
                self.take_trace(&name::B3, value, Some(trace));
            }
            None => self.refuse(&name::B3, value, Why::Malformed),
        }
    }

    fn read_b3_headers(&mut self, carrier: &'c impl Carrier) {
        let flags = Flags {
            sampled: match self.parsed(carrier, &name::B3_SAMPLED, b3::read_sampled) {
                Some(sampled) => Sampled::Decided(sampled),
                None => Sampled::Unsaid,
            },
            debug: self.parsed(carrier, &name::B3_FLAGS, b3::read_debug) == Some(true),
        };
        let id = self.parsed(carrier, &name::B3_TRACE_ID, b3::trace_id);
        let parent = self.parsed(carrier, &name::B3_SPAN_ID, b3::read_span_id);
        let value = |name| carrier.values_of(name).next().unwrap_or_default();
        match (id, parent) {
            (Some(id), Some(parent)) => {
                let flags = b3::of_trace(flags);
                let trace = Trace { id, parent, flags };
                let name = &name::B3_TRACE_ID;
                self.take_trace(name, value(name), Some(trace));
            }
            (Some(_), None) => {
                let name = &name::B3_TRACE_ID;
                self.refuse(name, value(name), Why::Incomplete);
            }
            (None, Some(_)) => {
                let name = &name::B3_SPAN_ID;
                self.refuse(name, value(name), Why::Incomplete);
            }
            (None, None) if flags != Flags::default() => {
                self.decision.get_or_insert(flags);
            }
            (None, None) => {}
        }
    }

    /// Gives what a short header says, if it is there and well formed.
    fn parsed<T>(
        &mut self,
        carrier: &'c impl Carrier,
        name: &HeaderName,
        read: impl FnOnce(&'c [u8]) -> Option<T>,
    ) -> Option<T> {
        let value = self.only(carrier, name, b3::LONGEST)?;
        let said = read(value);
        if said.is_none() {
            self.refuse(name, value, Why::Malformed);
        }
        said
    }

    /// Gives the only value of a header; the same value again is no other.
    fn only(
        &mut self,
        carrier: &'c impl Carrier,
        name: &HeaderName,
        longest: usize,
    ) -> Option<&'c [u8]> {
        let mut values = carrier.values_of(name);
        let value = values.next()?;
        let why = if value.len() > longest {
            Why::TooLong(longest)
        } else if values.any(|other| other != value) {
            Why::Conflict
        } else {
            return Some(value);
        };
        self.refuse(name, value, why);
        None
    }

    /// Takes a trace if it is the first, and tells whether it names the one that was taken.
    fn take_trace(&mut self, name: &HeaderName, value: &[u8], trace: Option<Trace>) -> bool {
        let Some(trace) = trace else {
            self.refuse(name, value, Why::Malformed);
            return false;
        };
        let first = self.trace.get_or_insert(trace);
        let is_same = first.id.is_same(trace.id);
        if !is_same {
            self.refuse(name, value, Why::Conflict);
        }
        is_same
    }

    fn refuse(&mut self, name: &HeaderName, value: &[u8], why: Why) {
        self.refused.push(Refused::new(name, value, why));
    }

    /// Decides in which task the request runs, and what it carries.
    pub(super) fn into_incoming(mut self, accepted: &Accepted) -> Incoming {
        let mut doubled = None;
        let mut continued = None;
        if let Some((position, text)) = self.position.take() {
            if accepted.is_new(&position) {
                continued = Some(position);
            } else {
                self.refuse(&name::TASK_POSITION, text.as_bytes(), Why::CameBefore);
                doubled = Some(TraceId::of_task(position.task()));
            }
        }
        let own = continued
            .as_ref()
            .map(|position| TraceId::of_task(position.task()));
        let caller = self.trace.map(|trace| Caller {
            trace_id: trace.id.bits(),
            span_id: trace.parent,
            is_sampled: trace.flags.is_sampled(),
        });
        let mut ids = Carried::new();
        let flags = match (self.trace, doubled) {
            (Some(trace), _) if own.is_some_and(|own| own.is_same(trace.id)) => {
                // What would be said anyway need not be carried.
                let default = own.map(|own| Sampled::Bits(Flags::of_task(own)));
                let is_default = default == Some(trace.flags.sampled) && !trace.flags.debug;
                if is_default {
                    Flags::default()
                } else {
                    trace.flags
                }
            }
            (Some(trace), _) => {
                let parent = format!("{:016x}", trace.parent);
                ids = ids
                    .show(carried::TRACE_ID, trace.id.to_string())
                    .show(carried::PARENT_SPAN_ID, parent);
                trace.flags
            }
            (None, Some(id)) => {
                ids = ids.show(carried::TRACE_ID, id.to_string());
                Flags {
                    sampled: Sampled::Bits(Flags::of_task(id)),
                    debug: false,
                }
            }
            (None, None) => self.decision.unwrap_or_default(),
        };
        if flags != Flags::default() {
            ids = ids.hide(carried::TRACE_FLAGS, flags.to_text());
        }
        if let Some(state) = self.state {
            ids = ids.hide(carried::TRACESTATE, state);
        }
        if let Some(id) = self.correlation {
            ids = ids.show(carried::CORRELATION_ID, id.to_owned());
        }
        Incoming::new(continued, caller, ids, self.refused)
    }
}
