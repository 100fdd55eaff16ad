//! The JSON layer: one line of JSON for each message, in a schema.

mod context;
mod layer;
mod members;
mod output;
mod recorder;
mod scratch;
mod site;

pub use layer::{Actions, JsonLayer, SpanFields};
pub use output::LostLines;
pub(crate) use output::OutputHandle;
pub(crate) use recorder::PANICKED;
