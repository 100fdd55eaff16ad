//! Carries tasks over HTTP and in messages: whoever receives a request goes on in the task of
//! whoever sent it.
#![forbid(unsafe_code)]
