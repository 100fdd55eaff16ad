//! Carries tasks over HTTP and in messages: whoever receives a request goes on in the task of
//! whoever sent it.
//!
//! [`Headers`] says which headers carry ids, in the order in which they are believed. It takes them
//! out of a request or a message, and writes those of the current action into the next one:
//!
//! ```
//! use http::HeaderMap;
//! use tasktrail_http::Headers;
//!
//! let headers = Headers::default();
//! let mut request = HeaderMap::new();
//!
//! # let lines = tasktrail::example::lines(|| {
//! // The client
//! tracing::info_span!("order").in_scope(|| headers.inject(&mut request));
//!
//! // The server
//! let mut incoming = headers.extract(&request);
//! let refusals = incoming.take_refusals();
//! let span = incoming.continue_task().into_span_with(|| tracing::info_span!("request"));
//! span.in_scope(|| {
//!     refusals.tell();
//!     assert_eq!(tasktrail::current().unwrap().level().to_string(), "/2");
//! });
//! # });
//! # assert!(lines[2].ends_with(r#""action_type":"request","task_level":[2,1]}"#), "{}", lines[2]);
//! ```
//!
//! [`Format`] names the formats: Eliot's task id, W3C Trace Context, correlation ids under any name,
//! Jaeger, B3. The [page on headers][page] has their rules, what is refused, and how a task that
//! starts here is found in a tracing system.
//!
//! # What is guaranteed
//!
//! An id from outside is checked before it is believed: its length first, then its form. What is
//! refused is counted and told by name, reason and length; it is never logged and never sent on. No
//! two requests that one program reads go on at one position, as far as
//! [it remembers](Headers::remember_positions). What is written here is read back here as the same.
//!
//! # What can be lost
//!
//! A position that goes out with a request that nobody answers leaves its place empty. Of a
//! `tracestate`, 512 bytes go on. Flags that B3, Jaeger and W3C don't share are lost where a trace
//! goes on in another format.
//!
//! # Troubleshooting
//!
//! - *Each request starts a task of its own*: look for events of the target `tasktrail_http`, which
//!   say what was refused; [`Headers::refused`] counts even where a filter turns them away. A proxy
//!   may drop headers that it doesn't know.
//! - *A request that is sent again is in a task of its own*: its position was continued before. Write
//!   the headers anew for each attempt.
//! - *Each request tells a conflict*: two names in the list carry ids of different meaning, such as
//!   `Correlation-Id` and `X-Request-Id`. Read one of them.
//!
//! [page]: https://github.com/tasktrail/tasktrail/blob/main/docs/headers.md
#![forbid(unsafe_code)]

mod accepted;
mod carried;
mod carrier;
mod client;
mod exchange;
mod grpc;
mod headers;
mod incoming;
mod refused;
mod server;
mod span_id;

pub use carrier::Carrier;
#[cfg(feature = "reqwest")]
pub use client::ClientMiddleware;
pub use client::{Client, ClientFuture, ClientLayer, SendTo};
pub use headers::{Format, Headers};
pub use incoming::Incoming;
pub use refused::{Refusals, Refused, Why};
pub use server::{Body, Server, ServerFuture, ServerLayer, Trust};
pub use span_id::span_id;

/// The pages of the documentation, whose examples are tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/headers.md")]
    struct Headers;

    #[doc = include_str!("../../../docs/http.md")]
    struct Http;

    #[doc = include_str!("../../../docs/nginx.md")]
    struct Nginx;
}
