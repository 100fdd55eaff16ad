//! Keeps what is written, write by write.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tasktrail::{JsonLayer, TaskLayer};
use tracing::dispatcher;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use super::tree::Message;

/// A writer that keeps each write of its own.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<Vec<u8>>>>);

impl Captured {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Gives each call of `write` with its bytes.
    pub(crate) fn writes(&self) -> Vec<Vec<u8>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.writes().concat()).unwrap()
    }

    /// Gives the lines, each of which was one write.
    pub(crate) fn lines(&self) -> Vec<String> {
        let writes = self.writes().into_iter();
        writes
            .map(|bytes| {
                let text = String::from_utf8(bytes).unwrap();
                let line = text.strip_suffix('\n').expect("a line ends in a newline");
                assert!(
                    !line.contains(|character: char| character < ' '),
                    "a raw control character in {line:?}"
                );
                line.to_owned()
            })
            .collect()
    }

    /// Gives the lines, read with the check that no name stands in one twice.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.lines()
            .iter()
            .map(|line| Message::read(line))
            .collect()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Runs `f` behind the task layer and one output with Eliot's schema, and gives its messages.
pub(crate) fn eliot(f: impl FnOnce()) -> Vec<Message> {
    logged(JsonLayer::eliot(), f)
}

/// Runs `f` behind the task layer and one output with Logstash's schema, and gives its messages.
pub(crate) fn logstash(f: impl FnOnce()) -> Vec<Message> {
    logged(JsonLayer::logstash(), f)
}

fn logged(layer: JsonLayer, f: impl FnOnce()) -> Vec<Message> {
    let captured = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(captured.clone()));
    tracing::subscriber::with_default(subscriber, f);
    captured.messages()
}

/// Starts a thread that logs where this one does.
pub(crate) fn spawn<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    let dispatch = dispatcher::get_default(Clone::clone);
    std::thread::spawn(move || dispatcher::with_default(&dispatch, f))
}
