//! The front door: everything set up in three lines.

use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use tasktrail_writer::{Builder, Destination, LogFile, OpenError, StartError, WhenFull, Worker};
use tracing::dispatcher;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::NoSubscriber;
use tracing_log::{AsLog, LogTracer, log};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt;
#[cfg(feature = "opentelemetry")]
use tracing_subscriber::{Layer, Registry, layer::Layered};

use crate::{Actions, Backtraces, JsonLayer, Schema, SpanFields, TaskLayer, When};

/// Sets up the lines of Python's `logstash_formatter`, version 1; [text](Setup::text) in a terminal.
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
    Setup::new(Schema::LogstashV1)
}

/// Sets up the lines of Python's Eliot; [text](Setup::text) in a terminal.
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
    Setup::new(Schema::Eliot)
}

/// Sets up the lines of any [`Schema`]; [text](Setup::text) in a terminal.
///
/// ```
/// use tasktrail::Schema;
///
/// # fn main() -> Result<(), tasktrail::SetupError> {
/// # let folder = std::env::temp_dir().join(format!("tasktrail-schema-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).expect("a folder of its own");
/// let worker = tasktrail::schema(Schema::Gelf).file(folder.join("orders.log")).start()?;
///
/// tracing::info!(shares = 100, "sold");
///
/// assert_eq!(worker.finish().lost(), 0);
/// # let lines = std::fs::read_to_string(folder.join("orders.log")).expect("the lines");
/// # assert!(lines.contains(r#""_shares":100"#), "{lines}");
/// # std::fs::remove_dir_all(&folder).expect("a folder to be removed");
/// # Ok(())
/// # }
/// ```
pub fn schema(schema: Schema) -> Setup {
    Setup::new(schema)
}

/// Sets up the task layer, the JSON layer, a filter and a writer for the whole program.
///
/// Each method states its default. What these can't say is said by putting the layers together by
/// hand, as [`TaskLayer`] shows.
#[must_use = "nothing is set up before `start`"]
pub struct Setup {
    schema: Schema,
    text: When,
    layer: Box<dyn FnOnce(JsonLayer) -> JsonLayer>,
    filter: String,
    log_records: LogRecords,
    warns_of_lost_trails: bool,
    output: Output,
    worker: Box<dyn FnOnce(AnyBuilder) -> AnyBuilder>,
    #[cfg(feature = "opentelemetry")]
    opentelemetry: Option<Box<dyn Layer<Layered<EnvFilter, Registry>> + Send + Sync>>,
}

/// What becomes of records that libraries log by the `log` crate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogRecords {
    /// They are lines like others, in the current task, with their own level, target, file and line.
    /// The default.
    #[default]
    Shown,
    /// Nothing: the program sets a logger of its own for them, or none.
    LeftAlone,
}

enum Output {
    Standard,
    File(PathBuf),
    Other(Box<dyn Destination>),
}

type AnyBuilder = Builder<Box<dyn Destination>>;

impl Setup {
    fn new(schema: Schema) -> Self {
        Self {
            schema,
            text: When::default(),
            layer: Box::new(|layer| layer),
            filter: "info".to_owned(),
            log_records: LogRecords::default(),
            warns_of_lost_trails: cfg!(debug_assertions),
            output: Output::Standard,
            worker: Box::new(|builder| builder),
            #[cfg(feature = "opentelemetry")]
            opentelemetry: None,
        }
    }

    /// Shows a field on every line; by default there is none. See [`JsonLayer::field`].
    pub fn field(self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let (name, value) = (name.to_owned(), value.into());
        self.layer(move |layer| layer.field(&name, value))
    }

    /// Says which messages of an action show; by default as [`JsonLayer::actions`] has it.
    pub fn actions(self, which: Actions) -> Self {
        self.layer(move |layer| layer.actions(which))
    }

    /// Says whether a failure shows its backtrace; by default not. See [`JsonLayer::backtraces`].
    pub fn backtraces(self, which: Backtraces) -> Self {
        self.layer(move |layer| layer.backtraces(which))
    }

    /// Says which of the open spans' fields a line shows; by default what is usual for the schema.
    pub fn span_fields(self, which: SpanFields) -> Self {
        self.layer(move |layer| layer.span_fields(which))
    }

    /// Says when lines are [text](JsonLayer::text) for a person, and not of the schema; by default
    /// if they go to standard output and that is a terminal.
    ///
    /// ```
    /// use tasktrail::When;
    ///
    /// # fn main() -> Result<(), tasktrail::SetupError> {
    /// let worker = tasktrail::logstash().text(When::Never).start()?;
    /// # drop(worker);
    /// # Ok(())
    /// # }
    /// ```
    pub fn text(mut self, when: When) -> Self {
        self.text = when;
        self
    }

    /// Says whether text has colours; by default if it goes to standard output, that is a terminal,
    /// and the environment variable `NO_COLOR` is not set or empty.
    pub fn color(self, when: When) -> Self {
        self.layer(move |layer| layer.color(when))
    }

    /// Says all else about the lines, after what was said before; by default as each method of
    /// [`JsonLayer`] has it.
    ///
    /// ```no_run
    /// use tasktrail::{Redact, Redaction, TimeUnit};
    ///
    /// # fn main() -> Result<(), tasktrail::SetupError> {
    /// let worker = tasktrail::logstash()
    ///     .layer(|layer| {
    ///         layer
    ///             .durations(TimeUnit::Milliseconds)
    ///             .redact(Redaction::new().names(["password", "*token*"], Redact::Mask))
    ///     })
    ///     .start()?;
    /// # drop(worker);
    /// # Ok(())
    /// # }
    /// ```
    pub fn layer(mut self, build: impl FnOnce(JsonLayer) -> JsonLayer + 'static) -> Self {
        let before = self.layer;
        self.layer = Box::new(move |layer| build(before(layer)));
        self
    }

    /// Says what is logged where the environment variable `RUST_LOG` is not set or empty; by
    /// default `info`. The form is that of `RUST_LOG`: [`EnvFilter`]'s directives.
    pub fn filter(mut self, directives: &str) -> Self {
        directives.clone_into(&mut self.filter);
        self
    }

    /// Says what becomes of records that libraries log by the `log` crate; by default they are
    /// [shown](LogRecords::Shown), as far as the filter lets them pass.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = std::env::temp_dir().join(format!("tasktrail-log-{}", std::process::id()));
    /// let worker = tasktrail::eliot().file(folder.join("orders.log")).start()?;
    ///
    /// log::warn!(target: "a_library", "from afar");
    ///
    /// assert_eq!(worker.finish().lost(), 0);
    /// let lines = std::fs::read_to_string(folder.join("orders.log"))?;
    /// assert!(lines.starts_with(r#"{"log_level":"WARNING","logger":"a_library","#));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn log_records(mut self, what: LogRecords) -> Self {
        self.log_records = what;
        self
    }

    /// Says whether to warn where a thread or a future was probably started without its task; by
    /// default in builds with `debug_assertions`. See [`TaskLayer::warn_of_lost_trails`].
    pub fn warn_of_lost_trails(mut self, warn: bool) -> Self {
        self.warns_of_lost_trails = warn;
        self
    }

    /// Writes to the end of a file, which is made if it or its folder is missing, and made anew when
    /// somebody has moved it away; by default lines go to standard output. For a file that rolls give a
    /// [`LogFile`] to [`writer`](Self::writer).
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.output = Output::File(path.into());
        self
    }

    /// Writes to a destination, or to anything that takes bytes; by default lines go to standard
    /// output.
    pub fn writer(mut self, destination: impl Destination) -> Self {
        self.output = Output::Other(Box::new(destination));
        self
    }

    /// Sets the number of bytes that lines may take while they wait to be written; by default
    /// 8 MiB.
    pub fn memory(self, bytes: usize) -> Self {
        self.worker(move |builder| builder.memory(bytes))
    }

    /// Says what becomes of a new line when that memory is full; by default its thread waits:
    /// [`WhenFull::Block`].
    pub fn when_full(self, rule: WhenFull) -> Self {
        self.worker(move |builder| builder.when_full(rule))
    }

    /// Says all else about the worker, after what was said before; by default it has the defaults
    /// of [`Builder`].
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use tasktrail::writer::{Level, WhenFull, stderr};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let last_resort = stderr()?;
    /// let worker = tasktrail::logstash()
    ///     .file("orders.log")
    ///     .worker(move |builder| {
    ///         builder
    ///             .when_full(WhenFull::DropNewest)
    ///             .reserve(Level::Warn, 1024 * 1024)
    ///             .fallback(last_resort, Duration::from_secs(1))
    ///     })
    ///     .start()?;
    /// # drop(worker);
    /// # Ok(())
    /// # }
    /// ```
    pub fn worker(
        mut self,
        build: impl FnOnce(Builder<Box<dyn Destination>>) -> Builder<Box<dyn Destination>> + 'static,
    ) -> Self {
        let before = self.worker;
        self.worker = Box::new(move |builder| build(before(builder)));
        self
    }

    /// Gives tasks the ids of their traces, as
    /// [`TaskLayer::with_opentelemetry`] says, behind this layer of `tracing-opentelemetry` 0.34; by
    /// default OpenTelemetry is not looked at. The filter stands before it, too.
    ///
    /// ```
    /// use opentelemetry::trace::TracerProvider;
    /// use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
    ///
    /// # fn main() -> Result<(), tasktrail::SetupError> {
    /// let spans = InMemorySpanExporter::default();
    /// let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    /// let worker = tasktrail::logstash()
    ///     .opentelemetry(tracing_opentelemetry::layer().with_tracer(provider.tracer("shop")))
    ///     .start()?;
    ///
    /// let order = tracing::info_span!("order").entered();
    /// let task = tasktrail::current().unwrap().id();
    /// drop(order);
    ///
    /// let span = spans.get_finished_spans().unwrap().remove(0);
    /// assert_eq!(span.span_context.trace_id().to_string(), task.trace_id().to_string());
    /// assert_eq!(worker.finish().lost(), 0);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "opentelemetry")]
    pub fn opentelemetry(
        mut self,
        layer: impl Layer<Layered<EnvFilter, Registry>> + Send + Sync + 'static,
    ) -> Self {
        self.opentelemetry = Some(Box::new(layer));
        self
    }

    /// Starts logging for the whole program, until the [`Worker`] that it gives back is finished
    /// or dropped: keep it in `main` to the end.
    ///
    /// # Errors
    ///
    /// If the directives of the filter can't be read, the file can't be opened, the writer can't
    /// be started, or the program logs by another subscriber already, or by another logger of the
    /// `log` crate. Nothing is logged then; a file that was missing may be there, empty.
    pub fn start(self) -> Result<Worker, SetupError> {
        let filter = filter(&self.filter)?;
        let layer = layer(self.schema, self.text, self.layer, &self.output);
        let destination: Box<dyn Destination> = match self.output {
            Output::Standard => {
                Box::new(tasktrail_writer::stdout().map_err(SetupError::StandardOutput)?)
            }
            Output::File(path) => Box::new(LogFile::open(path).map_err(SetupError::File)?),
            Output::Other(destination) => destination,
        };
        let teller = layer.teller();
        let builder = Builder::new(destination)
            .tell_losses(move |losses, line| teller.write(&losses.to_string(), line));
        let worker = (self.worker)(builder).start().map_err(SetupError::Writer)?;
        let tasks = TaskLayer::new().warn_of_lost_trails(self.warns_of_lost_trails);
        let subscriber = tracing_subscriber::registry().with(filter);
        #[cfg(feature = "opentelemetry")]
        let tasks = match &self.opentelemetry {
            Some(_) => tasks.with_opentelemetry(),
            None => tasks,
        };
        #[cfg(feature = "opentelemetry")]
        let subscriber = subscriber.with(self.opentelemetry);
        let subscriber = subscriber
            .with(tasks)
            .with(layer.with_writer(worker.writer()));
        // The logger first: a subscriber can't be taken back.
        if self.log_records == LogRecords::Shown {
            show_log_records()?;
        }
        tracing::subscriber::set_global_default(subscriber)
            .map_err(|_| SetupError::AlreadyStarted)?;
        if self.log_records == LogRecords::Shown {
            // What the filter turns away is not even formatted.
            log::set_max_level(LevelFilter::current().as_log());
        }
        Ok(worker)
    }
}

/// Gives the layer of the schema, or that of text if the output suits it.
fn layer(
    schema: Schema,
    text: When,
    build: impl FnOnce(JsonLayer) -> JsonLayer,
    output: &Output,
) -> JsonLayer {
    let is_standard = matches!(output, Output::Standard);
    let is_text = match text {
        When::Auto => is_standard && io::stdout().is_terminal(),
        When::Always => true,
        When::Never => false,
    };
    let layer = build(match is_text {
        true => JsonLayer::text(),
        false => JsonLayer::new(schema),
    });
    layer.fix_color(is_standard)
}

/// Makes events of the records of the `log` crate.
fn show_log_records() -> Result<(), SetupError> {
    LogTracer::init().map_err(|error| {
        let mut has_subscriber = false;
        dispatcher::get_default(|dispatch| has_subscriber = !dispatch.is::<NoSubscriber>());
        match has_subscriber {
            true => SetupError::AlreadyStarted,
            false => SetupError::LogRecords(error),
        }
    })
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
            .field("schema", &self.schema)
            .field("text", &self.text)
            .field("filter", &self.filter)
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
    File(OpenError),
    /// Standard output can't be written to.
    StandardOutput(io::Error),
    /// The writer can't be started.
    Writer(StartError),
    /// The `log` crate has a logger already.
    LogRecords(log::SetLoggerError),
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
            Self::File(error) => {
                write!(f, "the log file {} can't be opened", error.path().display())
            }
            Self::StandardOutput(_) => f.write_str("standard output can't be written to"),
            Self::Writer(_) => f.write_str("the writer can't be started"),
            Self::LogRecords(_) => f.write_str(
                "the records of the `log` crate can't be shown: expected it to have no logger, found \
                 one; LogRecords::LeftAlone leaves them to it",
            ),
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
            Self::File(error) => Some(error),
            Self::StandardOutput(error) => Some(error),
            Self::Writer(error) => Some(error),
            Self::LogRecords(error) => Some(error),
            Self::AlreadyStarted => None,
        }
    }
}
