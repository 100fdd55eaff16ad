//! The front door: everything set up in three lines.

use std::error::Error;
use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::path::PathBuf;

use tasktrail_writer::{Builder, StartError, WhenFull, Worker};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt;

use crate::{Actions, JsonLayer, SpanFields, TaskLayer};

/// Sets up the lines of Python's `logstash_formatter`, version 1.
///
/// ```
/// # fn main() -> Result<(), tasktrail::SetupError> {
/// let worker = tasktrail::logstash().field("service", "orders").start()?;
///
/// let _order = tracing::info_span!("order", id = 17).entered();
/// tracing::info!("sold");
///
/// # drop(_order);
/// assert_eq!(worker.finish().lost(), 0);
/// # Ok(())
/// # }
/// ```
pub fn logstash() -> Setup {
    Setup::new(JsonLayer::logstash())
}

/// Sets up the lines of Python's Eliot.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("tasktrail-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let worker = tasktrail::eliot().file(folder.join("orders.log")).start()?;
///
/// tracing::info!(shares = 100, "sold");
///
/// assert_eq!(worker.finish().lost(), 0);
/// let lines = std::fs::read_to_string(folder.join("orders.log"))?;
/// assert!(lines.starts_with(r#"{"shares":100,"log_level":"INFO","#));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok(())
/// # }
/// ```
pub fn eliot() -> Setup {
    Setup::new(JsonLayer::eliot())
}

/// Sets up the task layer, the JSON layer, a filter and a writer for the whole program.
///
/// Each method states its default. What these can't say is said by putting the layers together by
/// hand, as [`TaskLayer`] shows.
#[must_use = "nothing is set up before `start`"]
pub struct Setup {
    layer: JsonLayer,
    filter: String,
    destination: Destination,
    memory: usize,
    when_full: WhenFull,
}

enum Destination {
    File(PathBuf),
    Writer(Box<dyn io::Write + Send>),
}

impl Setup {
    fn new(layer: JsonLayer) -> Self {
        Self {
            layer,
            filter: "info".to_owned(),
            destination: Destination::Writer(Box::new(io::stdout())),
            memory: 8 * 1024 * 1024,
            when_full: WhenFull::Block,
        }
    }

    /// Shows a field on every line; by default there is none. See [`JsonLayer::field`].
    pub fn field(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.layer = self.layer.field(name, value);
        self
    }

    /// Says which messages of an action show; by default its start and its end.
    pub fn actions(mut self, which: Actions) -> Self {
        self.layer = self.layer.actions(which);
        self
    }

    /// Says which of the open spans' fields a line shows; by default what is usual for the schema.
    pub fn span_fields(mut self, which: SpanFields) -> Self {
        self.layer = self.layer.span_fields(which);
        self
    }

    /// Says what is logged where the environment variable `RUST_LOG` is not set or empty; by
    /// default `info`. The form is that of `RUST_LOG`: [`EnvFilter`]'s directives.
    pub fn filter(mut self, directives: &str) -> Self {
        directives.clone_into(&mut self.filter);
        self
    }

    /// Writes to the end of a file, which is made if it is missing; by default lines go to
    /// standard output.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.destination = Destination::File(path.into());
        self
    }

    /// Writes to anything that takes bytes; by default lines go to standard output.
    pub fn writer(mut self, writer: impl io::Write + Send + 'static) -> Self {
        self.destination = Destination::Writer(Box::new(writer));
        self
    }

    /// Sets the number of bytes that lines may take while they wait to be written; by default
    /// 8 MiB.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Says what becomes of a new line when that memory is full; by default its thread waits:
    /// [`WhenFull::Block`].
    pub fn when_full(mut self, rule: WhenFull) -> Self {
        self.when_full = rule;
        self
    }

    /// Starts logging for the whole program, until the [`Worker`] that it gives back is finished
    /// or dropped: keep it in `main` to the end.
    ///
    /// # Errors
    ///
    /// If the directives of the filter can't be read, the file can't be opened, the writer can't
    /// be started, or the program logs by another subscriber already. Nothing is logged then; a
    /// file that was missing may be there, empty.
    pub fn start(self) -> Result<Worker, SetupError> {
        let filter = filter(&self.filter)?;
        let destination: Box<dyn io::Write + Send> = match self.destination {
            Destination::Writer(writer) => writer,
            Destination::File(path) => {
                let file = OpenOptions::new().append(true).create(true).open(&path);
                Box::new(file.map_err(|source| SetupError::File { path, source })?)
            }
        };
        let teller = self.layer.teller();
        let worker = Builder::new(destination)
            .memory(self.memory)
            .when_full(self.when_full)
            .tell_losses(move |losses, line| teller.write(&losses.to_string(), line))
            .start()
            .map_err(SetupError::Writer)?;
        let subscriber = tracing_subscriber::registry()
            .with(filter)
            .with(TaskLayer::new())
            .with(self.layer.with_writer(worker.writer()));
        tracing::subscriber::set_global_default(subscriber)
            .map_err(|_| SetupError::AlreadyStarted)?;
        Ok(worker)
    }
}

/// Gives the filter that the environment asks for, or else the program.
fn filter(of_program: &str) -> Result<EnvFilter, SetupError> {
    let (variable, directives) = match std::env::var("RUST_LOG") {
        Ok(directives) if !directives.trim().is_empty() => (true, directives.trim().to_owned()),
        Ok(_) | Err(std::env::VarError::NotPresent) => (false, of_program.to_owned()),
        Err(std::env::VarError::NotUnicode(text)) => {
            return Err(SetupError::Filter {
                variable: true,
                directives: text.to_string_lossy().into_owned(),
                source: None,
            });
        }
    };
    EnvFilter::builder()
        .parse(&directives)
        .map_err(|source| SetupError::Filter {
            variable,
            directives,
            source: Some(source),
        })
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("layer", &self.layer)
            .field("filter", &self.filter)
            .field("memory", &self.memory)
            .field("when_full", &self.when_full)
            .finish_non_exhaustive()
    }
}

/// Says why logging could not be started.
///
/// Its `Debug` form is for `main`, which prints that of the error it returns: the message and those
/// of its sources.
#[non_exhaustive]
pub enum SetupError {
    /// The directives of the filter can't be read.
    Filter {
        /// They came from `RUST_LOG`, and not from [`Setup::filter`].
        variable: bool,
        /// The directives.
        directives: String,
        /// What is wrong with them; `None` if they are not even text.
        source: Option<ParseError>,
    },
    /// The file can't be opened.
    File {
        /// The path.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The writer can't be started.
    Writer(StartError),
    /// The program logs already: by an earlier start, or by another subscriber for all of it.
    AlreadyStarted,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter {
                variable,
                directives,
                ..
            } => {
                let place = if *variable { "RUST_LOG" } else { "the filter" };
                write!(
                    f,
                    "expected directives such as info,orders=debug in {place}, found {directives:?}"
                )
            }
            Self::File { path, .. } => {
                write!(f, "the log file {} can't be opened", path.display())
            }
            Self::Writer(_) => f.write_str("the writer can't be started"),
            Self::AlreadyStarted => f.write_str(
                "logging was started already: expected one start for the whole program, found \
                 another global subscriber",
            ),
        }
    }
}

impl fmt::Debug for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut told = String::new();
        let mut next = self.source();
        while let Some(source) = next {
            let text = source.to_string();
            // Some errors tell their source themselves.
            if !told.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            told = text;
            next = source.source();
        }
        Ok(())
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Filter { source, .. } => source.as_ref().map(|error| error as _),
            Self::File { source, .. } => Some(source),
            Self::Writer(error) => Some(error),
            Self::AlreadyStarted => None,
        }
    }
}
