//! What each schema calls the moment, the severity and the origin of a message.

use crate::json::{Number, Value};
use crate::{Schema, Severity};

/// What several schemas have a key for, beside what a record has getters for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Severity,
    Logger,
    File,
    Line,
    Module,
    Function,
    Host,
    Program,
    ProcessId,
    ThreadId,
    ThreadName,
    Trace,
    /// The id of a trace, on lines of no task.
    TraceId,
    Span,
}

impl Part {
    /// Tells whether this is a whole number.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Line | Self::ProcessId | Self::ThreadId)
    }
}

/// A key of a line, or one in the object under a key, and what it holds.
pub(super) type Place = (&'static str, Option<&'static str>, Part);

const fn at(key: &'static str, part: Part) -> Place {
    (key, None, part)
}

const LOGSTASH: &[Place] = &[
    at("source_host", Part::Host),
    at("name", Part::Logger),
    at("levelname", Part::Severity),
    at("pathname", Part::File),
    at("module", Part::Module),
    at("lineno", Part::Line),
    at("funcName", Part::Function),
    at("thread", Part::ThreadId),
    at("threadName", Part::ThreadName),
    at("processName", Part::Program),
    at("process", Part::ProcessId),
    at("@source_host", Part::Host),
];

const LABELS: &str = "logging.googleapis.com/labels";
const SOURCE: &str = "logging.googleapis.com/sourceLocation";

/// Gives where the parts stand in the lines of a schema, in the order of the line.
pub(super) fn places(schema: Schema) -> &'static [Place] {
    match schema {
        Schema::Eliot => const { &[at("log_level", Part::Severity), at("logger", Part::Logger)] },
        Schema::LogstashV1 => LOGSTASH.split_last().map_or(&[], |(_, rest)| rest),
        Schema::LogstashV0 => LOGSTASH.split_first().map_or(&[], |(_, rest)| rest),
        Schema::Logback => {
            const {
                &[
                    at("thread_name", Part::ThreadName),
                    at("logger_name", Part::Logger),
                    at("level", Part::Severity),
                    at("stack_trace", Part::Trace),
                ]
            }
        }
        Schema::Ecs => {
            const {
                &[
                    at("log.level", Part::Severity),
                    at("log.logger", Part::Logger),
                    at("log.origin.file.name", Part::File),
                    at("log.origin.file.line", Part::Line),
                    at("log.origin.function", Part::Function),
                    at("host.name", Part::Host),
                    at("process.name", Part::Program),
                    at("process.pid", Part::ProcessId),
                    at("process.thread.id", Part::ThreadId),
                    at("process.thread.name", Part::ThreadName),
                    at("trace.id", Part::TraceId),
                    at("error.stack_trace", Part::Trace),
                ]
            }
        }
        Schema::Gelf => {
            const {
                &[
                    at("host", Part::Host),
                    at("full_message", Part::Trace),
                    at("level", Part::Severity),
                    at("_logger", Part::Logger),
                    at("_file", Part::File),
                    at("_line", Part::Line),
                    at("_function", Part::Function),
                    at("_process_name", Part::Program),
                    at("_process_id", Part::ProcessId),
                    at("_thread_id", Part::ThreadId),
                    at("_thread_name", Part::ThreadName),
                ]
            }
        }
        Schema::Bunyan => {
            const {
                &[
                    at("name", Part::Program),
                    at("hostname", Part::Host),
                    at("pid", Part::ProcessId),
                    at("level", Part::Severity),
                    at("target", Part::Logger),
                    ("src", Some("file"), Part::File),
                    ("src", Some("line"), Part::Line),
                    ("src", Some("func"), Part::Function),
                    at("thread", Part::ThreadName),
                    ("err", Some("stack"), Part::Trace),
                ]
            }
        }
        Schema::GoogleCloud => {
            const {
                &[
                    (LABELS, Some("host"), Part::Host),
                    (LABELS, Some("process"), Part::Program),
                    (LABELS, Some("pid"), Part::ProcessId),
                    (LABELS, Some("thread"), Part::ThreadName),
                    (LABELS, Some("logger"), Part::Logger),
                    at("severity", Part::Severity),
                    (SOURCE, Some("file"), Part::File),
                    (SOURCE, Some("line"), Part::Line),
                    (SOURCE, Some("function"), Part::Function),
                    at("logging.googleapis.com/trace", Part::TraceId),
                    at("logging.googleapis.com/spanId", Part::Span),
                    at("stack_trace", Part::Trace),
                ]
            }
        }
        Schema::OpenTelemetry => {
            const {
                &[
                    at("severityText", Part::Severity),
                    at("logger.name", Part::Logger),
                    at("code.file.path", Part::File),
                    at("code.line.number", Part::Line),
                    at("code.function.name", Part::Function),
                    at("host.name", Part::Host),
                    at("process.executable.name", Part::Program),
                    at("process.pid", Part::ProcessId),
                    at("thread.id", Part::ThreadId),
                    at("thread.name", Part::ThreadName),
                    at("exception.stacktrace", Part::Trace),
                    at("traceId", Part::TraceId),
                    at("spanId", Part::Span),
                ]
            }
        }
        Schema::Tracing => {
            const {
                &[
                    at("level", Part::Severity),
                    at("target", Part::Logger),
                    at("filename", Part::File),
                    at("line_number", Part::Line),
                    at("threadName", Part::ThreadName),
                ]
            }
        }
    }
}

/// Gives the key under which a schema has the text of a start or an end.
pub(super) fn message_key(schema: Schema) -> Option<&'static str> {
    match schema {
        Schema::Eliot => None,
        Schema::LogstashV0 => Some("@message"),
        Schema::Gelf => Some("short_message"),
        Schema::Bunyan => Some("msg"),
        Schema::OpenTelemetry => Some("body"),
        _ => Some("message"),
    }
}

/// Gives the key under which a schema has its own version.
pub(super) fn version_key(schema: Schema) -> Option<&'static str> {
    match schema {
        Schema::LogstashV1 | Schema::Logback => Some("@version"),
        Schema::Ecs => Some("ecs.version"),
        Schema::Gelf => Some("version"),
        Schema::Bunyan => Some("v"),
        _ => None,
    }
}

/// Gives a number that a schema has beside the name of a severity.
pub(super) fn severity_number(schema: Schema, severity: Severity) -> Option<(&'static str, u64)> {
    let step = severity as u64;
    Some(match schema {
        Schema::LogstashV1 | Schema::LogstashV0 => ("levelno", u64::from(severity.python_number())),
        // Logback's TRACE is no whole step.
        Schema::Logback => ("level_value", (10_000 * step).max(5000)),
        Schema::OpenTelemetry => ("severityNumber", 1 + 4 * step),
        _ => return None,
    })
}

/// Gives what a schema writes for a severity.
pub(super) fn severity_value(schema: Schema, severity: Severity) -> Value {
    let text = |text: &str| Value::String(text.to_owned());
    let number = |number: u64| Value::Number(Number::from(number));
    match schema {
        Schema::Eliot | Schema::LogstashV1 | Schema::LogstashV0 => text(severity.python_name()),
        Schema::Gelf => number(match severity {
            Severity::Trace | Severity::Debug => 7,
            Severity::Info => 6,
            Severity::Warn => 4,
            Severity::Error => 3,
        }),
        Schema::Bunyan => number(10 + 10 * severity as u64),
        Schema::GoogleCloud => match severity {
            Severity::Trace => text("DEBUG"),
            severity => text(severity.python_name()),
        },
        _ => text(severity.name()),
    }
}

/// Reads a severity, and tells whether it is just that; `None` if it is none at all.
pub(super) fn read_severity(schema: Schema, value: &Value) -> Option<(Severity, bool)> {
    const ALL: [Severity; 5] = [
        // Where it stands for two, it is this one.
        Severity::Debug,
        Severity::Trace,
        Severity::Info,
        Severity::Warn,
        Severity::Error,
    ];
    let exact = ALL
        .into_iter()
        .find(|s| severity_value(schema, *s) == *value);
    if let Some(severity) = exact {
        return Some((severity, true));
    }
    let has_numbers = matches!(schema, Schema::Gelf | Schema::Bunyan);
    let (severity, is_just_that) = match value {
        Value::String(digits) if has_numbers && digits.parse::<u64>().is_ok() => {
            let number = Number::from(digits.parse::<u64>().ok()?);
            return read_severity(schema, &Value::Number(number));
        }
        Value::String(name) => match name.to_ascii_uppercase().as_str() {
            "TRACE" => (Severity::Trace, true),
            "DEBUG" => (Severity::Debug, true),
            "INFO" => (Severity::Info, true),
            "WARN" | "WARNING" => (Severity::Warn, true),
            "ERROR" => (Severity::Error, true),
            "FINE" => (Severity::Debug, false),
            "INFORMATION" | "NOTICE" | "DEFAULT" | "NOTSET" => (Severity::Info, false),
            "ERR" | "CRITICAL" | "FATAL" | "ALERT" | "EMERGENCY" | "PANIC" => {
                (Severity::Error, false)
            }
            _ => return None,
        },
        number => {
            let number = number.as_u64()?;
            let step = match schema {
                // Python's numbers are a step lower than Bunyan's.
                Schema::Eliot | Schema::LogstashV1 | Schema::LogstashV0 => 10,
                _ => 0,
            };
            (nearest(schema, number.saturating_add(step)), false)
        }
    };
    Some((severity, is_just_that))
}

fn nearest(schema: Schema, number: u64) -> Severity {
    match (schema, number) {
        (Schema::Gelf, 0..=3) => Severity::Error,
        (Schema::Gelf, 4) => Severity::Warn,
        (Schema::Gelf, 5 | 6) => Severity::Info,
        (Schema::Gelf, _) => Severity::Debug,
        // Python's 5 is what others call so.
        (_, 0..=15) => Severity::Trace,
        (_, 16..25) => Severity::Debug,
        (_, 25..35) => Severity::Info,
        (_, 35..45) => Severity::Warn,
        _ => Severity::Error,
    }
}
