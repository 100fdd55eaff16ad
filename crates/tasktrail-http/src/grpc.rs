//! The status of gRPC, which stands in a header or in a trailer beside HTTP's own.
//!
//! The protocol: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// Tells whether an answer is one of gRPC.
pub(crate) fn is_spoken(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// Gives the status, where it stands among these headers or trailers.
pub(crate) fn status(headers: &HeaderMap) -> Option<u16> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

/// Gives the name of a status that is the server's fault; `None` for one that is not.
///
/// As OpenTelemetry's semantic conventions for gRPC have it for servers:
/// <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>.
pub(crate) fn fault(status: u16) -> Option<&'static str> {
    match status {
        2 => Some("UNKNOWN"),
        4 => Some("DEADLINE_EXCEEDED"),
        12 => Some("UNIMPLEMENTED"),
        13 => Some("INTERNAL"),
        14 => Some("UNAVAILABLE"),
        15 => Some("DATA_LOSS"),
        _ => None,
    }
}
