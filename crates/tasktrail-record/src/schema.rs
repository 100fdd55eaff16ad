//! The shapes of a line.

pub(crate) mod any_value;
mod bunyan;
mod ecs;
mod eliot;
pub(crate) mod form;
mod gelf;
mod google_cloud;
mod line;
mod logback;
pub(crate) mod logstash;
mod logstash_v0;
mod name;
mod open_telemetry;
pub(crate) mod shape;
mod tracing;

use std::borrow::Cow;

pub use line::{Failure, Line, LineBuffer, LineKind, OpenSpans, Place, Process, Severity, Site};
pub use name::ParseSchemaError;

use form::Form;
use shape::Shape;

/// The shape of a rendered message: which keys, in which order, of which types.
///
/// Each has a page in [docs/schemas](https://github.com/tasktrail/tasktrail/tree/main/docs/schemas)
/// with a line, and a table of what stands where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Schema {
    /// The lines of Python's [Eliot](https://eliot.readthedocs.io): `task_uuid`, `task_level`,
    /// `timestamp`, and `action_type` with `action_status`, or `message_type`.
    ///
    /// An event says more than Eliot's own messages do: `log_level` and `logger`, as Eliot names
    /// them for records of Python's `logging`.
    Eliot,
    /// The lines of Python's `logstash_formatter`, version 1: `@timestamp`, `@version`, the
    /// attributes of a log record, the fields, `message`.
    ///
    /// The task stands beside the fields, in Eliot's words: `task_uuid`, `task_level`,
    /// `action_type`, `action_status`.
    LogstashV1,
    /// The lines of Python's `logstash_formatter`, version 0: `@message`, `@timestamp`,
    /// `@source_host`, and all else in `@fields`.
    LogstashV0,
    /// The lines of Java's
    /// [logstash-logback-encoder](https://github.com/logfellow/logstash-logback-encoder):
    /// `@timestamp`, `@version`, `message`, `logger_name`, `thread_name`, `level`, `level_value`.
    Logback,
    /// The [Elastic Common Schema](https://www.elastic.co/guide/en/ecs-logging/overview/current/intro.html),
    /// with dotted keys: `@timestamp`, `log.level`, `message`, `ecs.version`. The task id is
    /// `trace.id`.
    Ecs,
    /// Graylog's [GELF 1.1](https://go2docs.graylog.org/current/getting_in_log_data/gelf.html):
    /// `version`, `host`, `short_message`, and all fields with an underscore before their names.
    Gelf,
    /// The lines of Node's [Bunyan](https://github.com/trentm/node-bunyan): `name`, `hostname`,
    /// `pid`, `level`, `msg`, `time`, `v`.
    Bunyan,
    /// What [Google Cloud Logging](https://cloud.google.com/logging/docs/structured-logging) takes
    /// from standard output: `severity`, `time`, `message`. The task id is its trace.
    GoogleCloud,
    /// OpenTelemetry's [log record](https://opentelemetry.io/docs/specs/otel/logs/data-model/) in
    /// the JSON of OTLP: `timeUnixNano`, `severityNumber`, `body`, `attributes`. The task id is
    /// `traceId`.
    OpenTelemetry,
    /// The lines of `tracing_subscriber::fmt().json()`: `timestamp`, `level`, `fields`, `target`,
    /// `span`, `spans`. Task and action stand among the `fields`.
    Tracing,
}

impl Schema {
    /// All schemas.
    ///
    /// ```
    /// use tasktrail_record::Schema;
    ///
    /// for schema in Schema::ALL {
    ///     assert_eq!(schema.to_string().parse(), Ok(schema));
    /// }
    /// ```
    pub const ALL: [Self; 10] = [
        Self::Eliot,
        Self::LogstashV1,
        Self::LogstashV0,
        Self::Logback,
        Self::Ecs,
        Self::Gelf,
        Self::Bunyan,
        Self::GoogleCloud,
        Self::OpenTelemetry,
        Self::Tracing,
    ];

    /// Writes one line, with its `\n`, in place of what the buffer held.
    ///
    /// The result is one JSON object if the parts of the line are what they are said to be; see
    /// [`Line`].
    pub fn write(self, line: &Line<'_>, buffer: &mut LineBuffer) {
        buffer.bytes.clear();
        match self {
            Self::Eliot => eliot::write(line, buffer),
            Self::LogstashV1 => logstash::write(line, buffer),
            Self::LogstashV0 => logstash_v0::write(line, buffer),
            Self::Logback => logback::write(line, buffer),
            Self::Ecs => ecs::write(line, buffer),
            Self::Gelf => gelf::write(line, buffer),
            Self::Bunyan => bunyan::write(line, buffer),
            Self::GoogleCloud => google_cloud::write(line, buffer),
            Self::OpenTelemetry => open_telemetry::write(line, buffer),
            Self::Tracing => tracing::write(line, buffer),
        }
    }

    /// Encodes what all lines of one call site share, to be kept for [`Line::site`].
    pub fn site(self, site: &Site<'_>) -> Vec<u8> {
        match self {
            Self::Eliot => eliot::site(site),
            Self::LogstashV1 | Self::LogstashV0 => logstash::site(site),
            Self::Logback => logback::site(site),
            Self::Ecs => ecs::site(site),
            Self::Gelf => gelf::site(site),
            Self::Bunyan => bunyan::site(site),
            Self::GoogleCloud => google_cloud::site(site),
            Self::OpenTelemetry => open_telemetry::site(site),
            Self::Tracing => tracing::site(site),
        }
    }

    /// Encodes what all lines of one thread share, to be kept for [`Line::thread`].
    pub fn thread(self, id: u64, name: &str) -> Vec<u8> {
        match self {
            Self::Eliot | Self::Tracing => Vec::new(),
            Self::LogstashV1 | Self::LogstashV0 => logstash::thread(id, name),
            Self::Logback => logback::thread(name),
            Self::Ecs => ecs::thread(id, name),
            Self::Gelf => gelf::thread(id, name),
            Self::Bunyan => bunyan::thread(name),
            Self::GoogleCloud => google_cloud::thread(name),
            Self::OpenTelemetry => open_telemetry::thread(id, name),
        }
    }

    /// Encodes what all lines of one process share, to be kept for [`Line::process`].
    pub fn process(self, process: Process<'_>) -> EncodedProcess {
        let (head, tail) = match self {
            Self::Eliot | Self::Tracing | Self::Logback => (Vec::new(), Vec::new()),
            Self::LogstashV1 => logstash::process(&process),
            Self::LogstashV0 => logstash_v0::process(&process),
            Self::Ecs => ecs::process(&process),
            Self::Gelf => gelf::process(&process),
            Self::Bunyan => bunyan::process(&process),
            Self::GoogleCloud => google_cloud::process(&process),
            Self::OpenTelemetry => open_telemetry::process(&process),
        };
        EncodedProcess {
            head,
            tail,
            started: process.started,
        }
    }

    /// Gives the name under which a field appears, so that it never meets a key of the schema.
    ///
    /// A field named like one of the schema's keys gets an underscore at its end; so does one that
    /// differs from such a key only by underscores at its end. Two fields that differ therefore
    /// never meet. The same field gets the same name on each line.
    ///
    /// - [`Ecs`](Self::Ecs): a field that Elasticsearch would take for an object around a key, or
    ///   for something in one, gets its underscore where they part: `error` is `error_`,
    ///   `message.x` is `message_.x`.
    /// - [`Gelf`](Self::Gelf): all fields have an underscore before their names. A character other
    ///   than `A-Z a-z 0-9 _ . -` becomes its number in hexadecimal, `_x0020_` for a space, and so
    ///   does an underscore that would be read as such.
    ///
    /// ```
    /// use tasktrail_record::Schema;
    ///
    /// assert_eq!(Schema::Eliot.field_name("order"), "order");
    /// assert_eq!(Schema::Eliot.field_name("timestamp"), "timestamp_");
    /// assert_eq!(Schema::Eliot.field_name("timestamp_"), "timestamp__");
    /// assert_eq!(Schema::Ecs.field_name("error"), "error_");
    /// assert_eq!(Schema::Ecs.field_name("error.code"), "error.code");
    /// assert_eq!(Schema::Gelf.field_name("unit price"), "_unit_x0020_price");
    /// assert_eq!(Schema::Gelf.field_name("id"), "_id_");
    /// ```
    pub fn field_name(self, name: &str) -> Cow<'_, str> {
        let name = self.form().name(name);
        let taken = |stem: &str| self.is_taken(stem);
        if self == Self::Ecs {
            return match ecs::field_name(&name, taken) {
                Cow::Owned(changed) => Cow::Owned(changed),
                Cow::Borrowed(_) => name,
            };
        }
        match taken(name.trim_end_matches('_')) {
            true => Cow::Owned(format!("{name}_")),
            false => name,
        }
    }

    /// Gives the name that a field was given, back from the one under which it
    /// [appears](Self::field_name).
    ///
    /// Only what that rule does is undone. A name that it gives to no field is its own: that of a
    /// line that another program wrote.
    ///
    /// ```
    /// use tasktrail_record::Schema;
    ///
    /// assert_eq!(Schema::Eliot.given_name("timestamp_"), "timestamp");
    /// assert_eq!(Schema::Eliot.given_name("order_"), "order_");
    /// assert_eq!(Schema::Ecs.given_name("message_.x"), "message.x");
    /// assert_eq!(Schema::Gelf.given_name("_unit_x0020_price"), "unit price");
    /// ```
    pub fn given_name(self, shown: &str) -> Cow<'_, str> {
        let read = |name: String| self.form().read_name(name).unwrap_or_else(|name| name);
        // Two fields never appear under one name, so there is at most one that appears so.
        let given = match self {
            Self::Ecs => ecs::given_name(shown, |part| self.is_taken(part)),
            _ => shown
                .strip_suffix('_')
                .map(|name| read(name.to_owned()))
                .filter(|name| self.field_name(name) == shown),
        };
        Cow::Owned(given.unwrap_or_else(|| read(shown.to_owned())))
    }

    /// Gives the name under which a field of an open action appears in [`OpenSpans`], where
    /// `name` is the action's.
    ///
    /// ```
    /// use tasktrail_record::Schema;
    ///
    /// assert_eq!(Schema::Tracing.field_name("name"), "name");
    /// assert_eq!(Schema::Tracing.span_field_name("name"), "name_");
    /// ```
    pub fn span_field_name(self, name: &str) -> Cow<'_, str> {
        match self == Self::Tracing && name.trim_end_matches('_') == "name" {
            true => Cow::Owned(format!("{name}_")),
            false => self.field_name(name),
        }
    }

    /// Writes what stands before the value of a field that [appears](Self::field_name) as `name`.
    pub fn start_field(self, name: &str, out: &mut Vec<u8>) {
        self.form().start(name, out);
    }

    /// Makes of the JSON value that starts at `start` and ends `out` what the schema holds, and
    /// writes what stands after it.
    pub fn end_field(self, start: usize, out: &mut Vec<u8>) {
        self.form().end(start, out);
    }

    /// Tells whether a field holds any JSON value as it is, so that [`end_field`](Self::end_field)
    /// does nothing.
    pub fn keeps_values(self) -> bool {
        self.form() == Form::Plain
    }

    /// Writes a field as a member of a [`Line`]; `write` writes its value as JSON.
    ///
    /// [`Gelf`](Self::Gelf) has texts and numbers alone: any other value becomes a text, its JSON.
    ///
    /// ```
    /// use tasktrail_record::{Schema, encode};
    ///
    /// let written = |schema: Schema| {
    ///     let mut out = Vec::new();
    ///     schema.write_field("paid", |out| encode::boolean(true, out), &mut out);
    ///     String::from_utf8(out).unwrap()
    /// };
    /// assert_eq!(written(Schema::Ecs), r#""paid":true,"#);
    /// assert_eq!(written(Schema::Gelf), r#""_paid":"true","#);
    /// assert_eq!(written(Schema::OpenTelemetry), r#"{"key":"paid","value":{"boolValue":true}},"#);
    /// ```
    pub fn write_field(self, name: &str, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        self.form().member(&self.field_name(name), write, out);
    }

    /// Tells whether a line shows the fields of all open actions by default, so that it can be
    /// understood alone.
    ///
    /// Eliot's do not: the tree says the rest. Those of [`Tracing`](Self::Tracing) show them one
    /// by one, in [`OpenSpans`].
    pub fn repeats_span_fields(self) -> bool {
        !matches!(self, Self::Eliot | Self::Tracing)
    }

    /// Gives the key that holds the moment of a message, a member of the line itself.
    ///
    /// ```
    /// assert_eq!(tasktrail_record::Schema::Ecs.time_key(), "@timestamp");
    /// ```
    pub fn time_key(self) -> &'static str {
        match self {
            Self::LogstashV1 | Self::LogstashV0 | Self::Logback | Self::Ecs => "@timestamp",
            Self::Eliot | Self::Gelf | Self::Tracing => "timestamp",
            Self::Bunyan | Self::GoogleCloud => "time",
            Self::OpenTelemetry => "timeUnixNano",
        }
    }

    /// Gives the shape by which lines are read; `None` for the schemas that have a reader of their
    /// own.
    pub(crate) fn shape(self) -> Option<&'static Shape> {
        match self {
            Self::Eliot | Self::LogstashV1 => None,
            Self::LogstashV0 => Some(&logstash_v0::SHAPE),
            Self::Logback => Some(&logback::SHAPE),
            Self::Ecs => Some(&ecs::SHAPE),
            Self::Gelf => Some(&gelf::SHAPE),
            Self::Bunyan => Some(&bunyan::SHAPE),
            Self::GoogleCloud => Some(&google_cloud::SHAPE),
            Self::OpenTelemetry => Some(&open_telemetry::SHAPE),
            Self::Tracing => Some(&tracing::SHAPE),
        }
    }

    pub(crate) fn form(self) -> Form {
        self.shape().map_or(Form::Plain, |shape| shape.form)
    }

    /// Tells whether a field must not appear under a name.
    fn is_taken(self, name: &str) -> bool {
        let is_shared = match self.form() {
            // The names of what all schemas share are among GELF's own, with an underscore.
            Form::Additional => false,
            Form::Plain | Form::KeyValue => SHARED_KEYS.contains(&name),
        };
        is_shared
            || match self {
                Self::Eliot => eliot::is_key(name),
                Self::LogstashV1 => logstash::is_key(name),
                _ => self
                    .shape()
                    .is_some_and(|shape| shape.taken().any(|key| key == name)),
            }
    }
}

/// What a record calls the place of a message in its task, its kind, and why an action failed.
pub(crate) const SHARED_KEYS: &[&str] = &[
    "task_uuid",
    "task_level",
    "action_type",
    "action_status",
    "message_type",
    "exception",
    "reason",
    "exception_sources",
    "exception_location",
    "exception_backtrace",
];

/// What the lines of one process share, encoded once.
#[derive(Debug, Clone)]
pub struct EncodedProcess {
    head: Vec<u8>,
    tail: Vec<u8>,
    started: crate::Timestamp,
}
