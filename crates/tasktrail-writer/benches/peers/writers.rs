//! The writers that are compared, each behind the same few calls.

mod plain;
mod slog;
mod spdlog;
mod tasktrail;
mod tracing_appender;

use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tasktrail,
    TracingAppender,
    TracingAppenderBuffered,
    Slog,
    Spdlog,
    MutexFile,
    MutexBuffered,
    /// Takes the line and does nothing: what the measuring itself costs.
    Nothing,
}

/// What a writer is to do.
pub(crate) struct Order {
    pub(crate) path: PathBuf,
    /// What is full drops the newest line, rather than let the caller wait.
    pub(crate) when_full: WhenFull,
    /// How long each call of the destination takes.
    pub(crate) delay: Duration,
    /// How many lines may wait; `None` for what the writer comes with.
    pub(crate) capacity: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    Block,
    Drop,
}

/// Takes one whole line, with its end.
pub(crate) type Log = Box<dyn FnMut(&str) + Send>;

/// A writer at work.
pub(crate) struct Started {
    /// Makes the producers' ends.
    pub(crate) log: Box<dyn Fn() -> Log>,
    /// Ends the work as the writer's guard does, and returns how many lines it says it has lost.
    pub(crate) finish: Box<dyn FnOnce() -> u64>,
    /// Says when the last byte is out; `None` if that is so when `finish` returns.
    pub(crate) ended: Option<Receiver<()>>,
}

impl Kind {
    pub(crate) const ALL: [Kind; 8] = [
        Kind::Tasktrail,
        Kind::TracingAppender,
        Kind::TracingAppenderBuffered,
        Kind::Slog,
        Kind::Spdlog,
        Kind::MutexFile,
        Kind::MutexBuffered,
        Kind::Nothing,
    ];

    pub(crate) fn by_key(key: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.key() == key)
    }

    pub(crate) fn key(self) -> &'static str {
        match self {
            Kind::Tasktrail => "tasktrail-writer",
            Kind::TracingAppender => "tracing-appender",
            Kind::TracingAppenderBuffered => "tracing-appender-buffered",
            Kind::Slog => "slog-async",
            Kind::Spdlog => "spdlog-rs",
            Kind::MutexFile => "mutex-file",
            Kind::MutexBuffered => "mutex-buffered",
            Kind::Nothing => "nothing",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Kind::TracingAppenderBuffered => "tracing-appender, `BufWriter`",
            Kind::MutexFile => "`Mutex<File>`",
            Kind::MutexBuffered => "`Mutex<BufWriter<File>>`",
            Kind::Nothing => "*the clock alone*",
            _ => self.key(),
        }
    }

    /// Whether it can drop lines rather than wait.
    pub(crate) fn can_drop(self) -> bool {
        !matches!(self, Kind::MutexFile | Kind::MutexBuffered | Kind::Nothing)
    }

    pub(crate) fn start(self, order: &Order) -> Started {
        match self {
            Kind::Tasktrail => tasktrail::start(order),
            Kind::TracingAppender => tracing_appender::start(order),
            Kind::TracingAppenderBuffered => tracing_appender::start_buffered(order),
            Kind::Slog => slog::start(order),
            Kind::Spdlog => spdlog::start(order),
            Kind::MutexFile => plain::start_file(order),
            Kind::MutexBuffered => plain::start_buffered(order),
            Kind::Nothing => plain::start_nothing(),
        }
    }
}
