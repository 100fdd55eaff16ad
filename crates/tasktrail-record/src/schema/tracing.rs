//! The lines of `tracing_subscriber::fmt().json()`, as version 0.3.23 writes them by default.
//!
//! <https://docs.rs/tracing-subscriber/0.3.23/tracing_subscriber/fmt/format/struct.Json.html>
//!
//! What that format does not know stands among the `fields`, as if the program had logged it: the
//! place of the message in its task, and the action that starts or ends. Without a task layer
//! there is nothing of this.

use super::form::Form;
use super::line::{Line, LineBuffer, LineKind, Site, key, member, text};
use super::shape::{Clock, Holds, Shape, Words, close, split};

pub(super) const SHAPE: Shape = Shape {
    keys: &[
        ("timestamp", Holds::Time(Clock::Rfc3339)),
        ("level", Holds::Attribute),
        ("fields", Holds::Inner),
        ("target", Holds::Attribute),
        ("filename", Holds::Attribute),
        ("line_number", Holds::Attribute),
        ("span", Holds::Attribute),
        ("spans", Holds::Attribute),
        ("threadName", Holds::Attribute),
        ("threadId", Holds::Attribute),
    ],
    inner: &[
        ("message", Holds::Message),
        ("", Holds::Fields),
        ("", Holds::Own),
    ],
    form: Form::Plain,
    words: Words::ELIOT,
    reserved: &[],
};

pub(super) fn site(site: &Site<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    member("level", site.severity.name(), &mut out);
    member("target", site.logger, &mut out);
    out
}

pub(super) fn write(line: &Line<'_>, buffer: &mut LineBuffer) {
    let LineBuffer { bytes: out, second } = buffer;
    let (level, target) = split(line.site, 1);
    out.extend_from_slice(b"{\"timestamp\":\"");
    line.time.write_rfc3339_micros(second, out);
    out.extend_from_slice(b"\",");
    out.extend_from_slice(level);
    out.extend_from_slice(b"\"fields\":{");
    match line.kind {
        LineKind::Event {
            message: Some(message),
            ..
        } => text("message", message, out),
        LineKind::Event { message: None, .. } => {}
        // The words of `FmtSpan::NEW` and `FmtSpan::CLOSE`.
        LineKind::Start { .. } => text("message", b"new", out),
        LineKind::End { .. } => text("message", b"close", out),
    }
    line.write_fields(out);
    if line.place.is_some() {
        SHAPE.write_own(line, out);
    }
    close(b"},", out);
    out.extend_from_slice(target);
    if let Some(spans) = line.spans {
        key("span", out);
        out.extend_from_slice(spans.innermost());
        out.extend_from_slice(b"\"spans\":[");
        out.extend_from_slice(spans.all());
        close(b"],", out);
    }
    close(b"}\n", out);
}
