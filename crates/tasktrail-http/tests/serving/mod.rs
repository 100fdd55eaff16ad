//! What the tests share: a thread that serves and logs, and bodies that do as they are told.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test program uses a part of it"
)]

#[path = "../../../tasktrail/tests/support/mod.rs"]
mod support;

mod steps;

use tasktrail::{JsonLayer, TaskLayer};
use tokio::net::TcpListener;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;

pub(crate) use steps::{Broken, Step, Steps};
pub(crate) use support::{
    Captured, Message, assert_complete, assert_continued, assert_failed, assert_succeeded, drawing,
    end,
};

/// A position that another process took.
pub(crate) const POSITION: &str = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/2";

/// Runs something on this thread alone, behind the task layer and an output with Eliot's schema, and
/// gives its messages.
pub(crate) fn logged(f: impl AsyncFnOnce(Captured)) -> Vec<Message> {
    let captured = Captured::new();
    let subscriber = tracing_subscriber::registry()
        // What hyper says of its own work is none of this.
        .with(filter_fn(|metadata| !metadata.target().starts_with("hyper")))
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(captured.clone()));
    tracing::subscriber::with_default(subscriber, || run(f(captured.clone())));
    captured.messages()
}

/// Runs something on this thread alone, and drops what it leaves behind.
pub(crate) fn run(f: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(f);
}

/// Serves on this machine, and gives the address.
pub(crate) async fn serve(routes: axum::Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address.to_string()
}

/// Gives the start of an action.
pub(crate) fn start<'a>(messages: &'a [Message], action: &str) -> &'a Message {
    let mut starts = messages
        .iter()
        .filter(|message| message.name() == action && message.status() == Some("started"));
    let start = starts.next().unwrap();
    assert!(starts.next().is_none(), "{action} starts twice");
    start
}
