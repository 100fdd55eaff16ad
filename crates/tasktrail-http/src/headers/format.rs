//! The formats of headers.

use http::HeaderName;

/// A format in which headers carry ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `x-eliot-task-id: 192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/1`: the position at which the task
    /// goes on.
    TaskPosition,
    /// `traceparent` and `tracestate`: [W3C Trace Context, level
    /// 2](https://www.w3.org/TR/trace-context-2/).
    TraceContext,
    /// An id of free form under any name, such as `Correlation-Id`, `X-Correlation-Id` or
    /// `X-Request-Id`: up to 128 visible ASCII characters.
    CorrelationId(&'static str),
    /// `uber-trace-id`:
    /// [Jaeger's](https://www.jaegertracing.io/docs/1.17/client-libraries/#propagation-format).
    Jaeger,
    /// `b3`: [Zipkin's, in one header](https://github.com/openzipkin/b3-propagation#single-header).
    B3Single,
    /// `x-b3-traceid`, `x-b3-spanid`, `x-b3-sampled`, `x-b3-flags`:
    /// [Zipkin's, in several headers](https://github.com/openzipkin/b3-propagation#multiple-headers).
    B3Multi,
}

/// Names of headers.
pub(super) mod name {
    use http::HeaderName;

    pub(crate) static TASK_POSITION: HeaderName = HeaderName::from_static("x-eliot-task-id");
    pub(crate) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
    pub(crate) static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
    pub(crate) static JAEGER: HeaderName = HeaderName::from_static("uber-trace-id");
    pub(crate) static B3: HeaderName = HeaderName::from_static("b3");
    pub(crate) static B3_TRACE_ID: HeaderName = HeaderName::from_static("x-b3-traceid");
    pub(crate) static B3_SPAN_ID: HeaderName = HeaderName::from_static("x-b3-spanid");
    pub(crate) static B3_SAMPLED: HeaderName = HeaderName::from_static("x-b3-sampled");
    pub(crate) static B3_FLAGS: HeaderName = HeaderName::from_static("x-b3-flags");
}

/// A format whose name, if it has one of its own, is known to be a header's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    TaskPosition,
    TraceContext,
    CorrelationId(HeaderName),
    Jaeger,
    B3Single,
    B3Multi,
}

impl Known {
    #[expect(
        clippy::panic,
        reason = "a name that is none is a mistake in the program, told at its start"
    )]
    pub(super) fn new(format: Format) -> Self {
        match format {
            Format::TaskPosition => Self::TaskPosition,
            Format::TraceContext => Self::TraceContext,
            Format::CorrelationId(name) => Self::CorrelationId(
                HeaderName::from_bytes(name.as_bytes())
                    .unwrap_or_else(|_| panic!("expected the name of a header, found {name:?}")),
            ),
            Format::Jaeger => Self::Jaeger,
            Format::B3Single => Self::B3Single,
            Format::B3Multi => Self::B3Multi,
        }
    }

    /// Tells whether it names a trace.
    pub(super) fn names_trace(&self) -> bool {
        !matches!(self, Self::TaskPosition | Self::CorrelationId(_))
    }

    /// Gives the names of the headers.
    pub(super) fn names(&self) -> impl Iterator<Item = &HeaderName> {
        let names = match self {
            Self::TaskPosition => [Some(&name::TASK_POSITION), None, None, None],
            Self::TraceContext => [
                Some(&name::TRACEPARENT),
                Some(&name::TRACESTATE),
                None,
                None,
            ],
            Self::CorrelationId(name) => [Some(name), None, None, None],
            Self::Jaeger => [Some(&name::JAEGER), None, None, None],
            Self::B3Single => [Some(&name::B3), None, None, None],
            Self::B3Multi => [
                Some(&name::B3_TRACE_ID),
                Some(&name::B3_SPAN_ID),
                Some(&name::B3_SAMPLED),
                Some(&name::B3_FLAGS),
            ],
        };
        names.into_iter().flatten()
    }
}
