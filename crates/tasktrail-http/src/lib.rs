//! Carries tasks over HTTP and in messages: whoever receives a request goes on in the task of
//! whoever sent it.
#![forbid(unsafe_code)]

mod accepted;
mod carried;
mod carrier;
mod headers;
mod incoming;
mod refused;
mod span_id;

pub use carrier::Carrier;
pub use headers::{Format, Headers};
pub use incoming::Incoming;
pub use refused::{Refusals, Refused, Why};
pub use span_id::span_id;
