//! The task layer: which task a span or an event belongs to, and its exact place in it.

mod action;
mod backtrace;
mod cancel;
mod carried;
mod current;
mod event;
mod failure;
mod fmt_fields;
mod hand_over;
mod hand_over_each;
mod in_span;
mod layer;
mod lost_trail;
#[cfg(not(feature = "opentelemetry"))]
#[path = "task/no_opentelemetry.rs"]
mod opentelemetry;
#[cfg(feature = "opentelemetry")]
mod opentelemetry;
pub mod outcome;
mod recent;
mod span;

pub(crate) use action::Action;
pub(crate) use backtrace::{captured as backtrace, want as want_backtraces};
pub use cancel::cancel;
pub use carried::{Carried, carried};
pub use current::{CurrentTask, current};
pub use event::event_position;
pub(crate) use event::{EventPlace, ask, begin};
pub use failure::fail;
pub(crate) use failure::{panic_message, sources_of, survive, survives};
use hand_over::Continued;
pub use hand_over::{
    HandOver, RemoteSpan, continue_at, continue_task, hand_over, preserve_context, start_task,
};
pub use hand_over_each::{HandOverEach, hand_over_each};
pub use in_span::{InSpan, in_span};
pub(crate) use layer::{Handle, State, next_order};
pub use layer::{OnErrorEvent, TaskLayer};
pub(crate) use lost_trail::{is_event_lost, is_span_lost, warning as lost_trail_warning};
pub(crate) use recent::{closed, with_open};
pub(crate) use span::TaskSpan;
