//! `uber-trace-id`: Jaeger's own format.
//!
//! <https://www.jaegertracing.io/docs/1.17/client-libraries/#propagation-format>

use std::fmt::Write;

use super::trace::{Flags, Sampled, Trace, TraceId, hex};
use super::trim;

/// The longest value that is read; with all its digits and encoded colons it has 77 bytes.
pub(super) const LONGEST: usize = 128;

const SAMPLED: u8 = 1;
const DEBUG: u8 = 2;

/// Reads `{trace-id}:{span-id}:{parent-span-id}:{flags}`, each of variable length, in hex of either
/// case; the parent is deprecated and has to be there. Clients that encode URLs write `%3A` for the
/// colon.
pub(super) fn read(value: &[u8]) -> Option<Trace> {
    let (id, rest) = split_at_colon(trim(value))?;
    let (span, rest) = split_at_colon(rest)?;
    let (parent, flags) = split_at_colon(rest)?;
    hex(parent).filter(|_| parent.len() <= 16)?;
    let span_id = hex(span).filter(|_| span.len() <= 16)? as u64;
    let bits = hex(flags).filter(|_| flags.len() <= 2)? as u8;
    let trace = Trace {
        id: TraceId::read(id)?,
        parent: span_id,
        flags: Flags {
            sampled: Sampled::Bits(bits & SAMPLED),
            debug: bits & DEBUG != 0,
        },
    };
    (span_id != 0).then_some(trace)
}

fn split_at_colon(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| matches!(byte, b':' | b'%'))?;
    let (field, rest) = text.split_at_checked(end)?;
    let rest = rest
        .strip_prefix(b":")
        .or_else(|| rest.strip_prefix(b"%3A"))
        .or_else(|| rest.strip_prefix(b"%3a"))?;
    Some((field, rest))
}

/// Writes the trace as long as it came, and 0 for the parent.
pub(super) fn write(id: TraceId, span: u64, flags: u8, debug: bool) -> String {
    let mut text = String::with_capacity(53);
    let flags = (flags & SAMPLED) | if debug { SAMPLED | DEBUG } else { 0 };
    // Writing into a `String` can't fail.
    let _ = write!(text, "{id}:{span:016x}:0:{flags:x}");
    text
}
