//! How bad a record says it is, in any schema.

use clap::ValueEnum;
use tasktrail_record::json::Value;
use tasktrail_record::{EndStatus, Kind, Record, Schema};

/// The levels that there are, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// Gives the level of a record; `None` if it says none. The end of an action that failed is an
    /// error, if it doesn't say otherwise.
    pub(super) fn of(record: &Record) -> Option<Self> {
        const KEYS: [&str; 7] = [
            "levelname",
            "level",
            "log.level",
            "severity",
            "severityText",
            "severityNumber",
            "log_level",
        ];
        let said = record.attributes().iter().chain(record.fields());
        let said = said
            .filter(|(key, _)| KEYS.contains(&key.as_str()))
            .find_map(|(_, value)| Self::said(record.schema(), value));
        said.or(match record.kind() {
            Kind::End {
                status: EndStatus::Failed,
                ..
            } => Some(Self::Error),
            _ => None,
        })
    }

    fn said(schema: Schema, value: &Value) -> Option<Self> {
        if let Some(name) = value.as_str() {
            return Self::named(name);
        }
        let number = value.as_u64()?;
        Some(match (schema, number) {
            // Those of syslog, RFC 5424 section 6.2.1.
            (Schema::Gelf, 0..=3) => Self::Error,
            (Schema::Gelf, 4) => Self::Warn,
            (Schema::Gelf, 5 | 6) => Self::Info,
            (Schema::Gelf, _) => Self::Debug,
            (Schema::Bunyan, 0..20) => Self::Trace,
            (Schema::Bunyan, 20..30) => Self::Debug,
            (Schema::Bunyan, 30..40) => Self::Info,
            (Schema::Bunyan, 40..50) => Self::Warn,
            (Schema::Bunyan, _) => Self::Error,
            (Schema::OpenTelemetry, 1..5) => Self::Trace,
            (Schema::OpenTelemetry, 5..9) => Self::Debug,
            (Schema::OpenTelemetry, 9..13) => Self::Info,
            (Schema::OpenTelemetry, 13..17) => Self::Warn,
            (Schema::OpenTelemetry, 17..25) => Self::Error,
            _ => return None,
        })
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "TRACE" => Self::Trace,
            "DEBUG" => Self::Debug,
            "INFO" | "NOTICE" => Self::Info,
            "WARN" | "WARNING" => Self::Warn,
            "ERROR" | "ERR" | "CRITICAL" | "CRIT" | "FATAL" | "PANIC" | "ALERT" | "EMERGENCY"
            | "EMERG" => Self::Error,
            _ => return None,
        })
    }
}
