//! `b3` and `x-b3-…`: the formats of Zipkin.
//!
//! <https://github.com/openzipkin/b3-propagation>

use std::fmt::Write;

use super::trace::{Flags, Sampled, Trace, TraceId, lower_hex, span_id};
use super::trim;

/// The longest value that is read; the longest `b3` has 68 bytes.
pub(super) const LONGEST: usize = 128;

/// What a `b3` says: of a trace, or on recording alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum B3 {
    Trace(Trace),
    Decision(Flags),
}

/// Reads `{TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}`, of which the last two may be missing,
/// or a sampling state alone.
pub(super) fn read_single(value: &[u8]) -> Option<B3> {
    let value = trim(value);
    if let Some(flags) = state(value) {
        return Some(B3::Decision(flags));
    }
    let mut fields = value.split(|byte| *byte == b'-');
    let id = trace_id(fields.next()?)?;
    let parent = span_id(fields.next()?)?;
    let mut field = fields.next();
    let flags = field.and_then(state);
    if flags.is_some() {
        field = fields.next();
    }
    // The sender's own parent is of no use here, but it has to be one.
    if let Some(of_sender) = field {
        lower_hex(of_sender, 16)?;
    }
    let trace = Trace {
        id,
        parent,
        flags: of_trace(flags.unwrap_or_default()),
    };
    fields.next().is_none().then_some(B3::Trace(trace))
}

/// Reads a trace id of 16 or 32 digits.
pub(super) fn trace_id(value: &[u8]) -> Option<TraceId> {
    let value = trim(value);
    lower_hex(value, 16).or_else(|| lower_hex(value, 32))?;
    TraceId::read(value)
}

/// Reads the sampling state of a `b3`.
fn state(field: &[u8]) -> Option<Flags> {
    let (sampled, debug) = match field {
        b"0" => (false, false),
        b"1" => (true, false),
        b"d" => (true, true),
        _ => return None,
    };
    Some(Flags {
        sampled: Sampled::Decided(sampled),
        debug,
    })
}

/// Reads `x-b3-sampled`; older tracers write words.
pub(super) fn read_sampled(value: &[u8]) -> Option<bool> {
    match trim(value) {
        b"0" | b"false" => Some(false),
        b"1" | b"true" => Some(true),
        _ => None,
    }
}

/// Reads `x-b3-flags`, which say debug or nothing.
pub(super) fn read_debug(value: &[u8]) -> Option<bool> {
    match trim(value) {
        b"0" => Some(false),
        b"1" => Some(true),
        _ => None,
    }
}

/// Reads `x-b3-spanid`.
pub(super) fn read_span_id(value: &[u8]) -> Option<u64> {
    span_id(trim(value))
}

/// Turns a decision into the flags of a trace.
pub(super) fn of_trace(flags: Flags) -> Flags {
    let sampled = match flags.sampled {
        Sampled::Decided(sampled) => Sampled::Bits(u8::from(sampled)),
        said => said,
    };
    Flags { sampled, ..flags }
}

/// Writes a `b3`; without a sampling state where nothing was said on it.
pub(super) fn write_single(id: TraceId, span: u64, sampled: Option<bool>, debug: bool) -> String {
    let mut text = String::with_capacity(51);
    // Writing into a `String` can't fail.
    let _ = write!(text, "{}-{span:016x}", id.short_or_long());
    text.push_str(match sampled {
        _ if debug => "-d",
        Some(true) => "-1",
        Some(false) => "-0",
        None => "",
    });
    text
}
