//! What the tests share: a place for lines, their readers, and the drawing of a tree.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test program uses a part of it"
)]

mod capture;
mod ends;
mod runtimes;
mod strict;
mod tree;

pub(crate) use capture::{Captured, eliot, logstash, spawn};
pub(crate) use ends::{assert_failed, assert_succeeded, end};
pub(crate) use runtimes::{Flavor, in_tokio, log_into};
pub(crate) use strict::{keys, object};
pub(crate) use tree::{Message, assert_complete, assert_continued, drawing};
