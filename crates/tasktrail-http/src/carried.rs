//! The names under which a task carries ids of others.

/// The trace that a sender named, in lower-case hex digits; shown.
pub(crate) const TRACE_ID: &str = "trace_id";
/// The sender's span, in 16 hex digits; shown.
pub(crate) const PARENT_SPAN_ID: &str = "parent_span_id";
/// The id of free form that a sender named; shown.
pub(crate) const CORRELATION_ID: &str = "correlation_id";
/// What the sender decided on recording the trace; hidden.
pub(crate) const TRACE_FLAGS: &str = "trace_flags";
/// What tracing systems on the way noted; hidden.
pub(crate) const TRACESTATE: &str = "tracestate";
/// The id that OpenTelemetry gave the innermost span, 16 hexadecimal digits.
pub(crate) const SPAN_ID: &str = "span_id";
/// Whether OpenTelemetry records that span, `0` or `1`.
pub(crate) const SPAN_SAMPLED: &str = "span_sampled";
