//! The JSON layer: one line of JSON for each message, in a schema; or text for a person.

mod carried;
mod context;
mod details;
mod hidden;
mod key;
mod layer;
mod layout;
mod limits;
mod members;
mod names;
#[cfg(all(tracing_unstable, feature = "valuable"))]
mod nested;
mod output;
mod recorder;
mod redaction;
mod renderer;
mod scan;
mod scratch;
mod site;
mod text;
mod timing;

pub(crate) use carried::EncodedIds;
pub(crate) use context::JsonSpans;
pub use details::Detail;
pub use layer::{Actions, JsonLayer};
pub use layout::Layout;
pub use limits::ShortenedLines;
pub use output::LostLines;
pub(crate) use output::OutputHandle;
pub(crate) use recorder::PANICKED;
pub use redaction::{HashKey, Redact, RedactedValues, Redaction, Sensitive};
pub use renderer::{Backtraces, SpanFields, Teller};
pub use text::When;
pub use timing::TimeUnit;
