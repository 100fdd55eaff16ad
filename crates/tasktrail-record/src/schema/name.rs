//! The names of the schemas, as they stand on a command line and in a configuration.

use std::fmt;
use std::str::FromStr;

use super::Schema;
use crate::task_id::excerpt;

impl Schema {
    /// Gives the name of the schema, which [`FromStr`] reads.
    ///
    /// ```
    /// assert_eq!(tasktrail_record::Schema::GoogleCloud.name(), "google-cloud");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Eliot => "eliot",
            Self::LogstashV1 => "logstash",
            Self::LogstashV0 => "logstash-v0",
            Self::Logback => "logback",
            Self::Ecs => "ecs",
            Self::Gelf => "gelf",
            Self::Bunyan => "bunyan",
            Self::GoogleCloud => "google-cloud",
            Self::OpenTelemetry => "opentelemetry",
            Self::Tracing => "tracing",
        }
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads the name of a schema, exactly as it is shown.
///
/// ```
/// use tasktrail_record::Schema;
///
/// assert_eq!("logstash".parse(), Ok(Schema::LogstashV1));
/// assert_eq!(
///     "json".parse::<Schema>().unwrap_err().to_string(),
///     "expected one of eliot, logstash, logstash-v0, logback, ecs, gelf, bunyan, google-cloud, \
///      opentelemetry, tracing, found \"json\"",
/// );
/// ```
impl FromStr for Schema {
    type Err = ParseSchemaError;

    fn from_str(text: &str) -> Result<Self, ParseSchemaError> {
        let named = Self::ALL.into_iter().find(|schema| schema.name() == text);
        named.ok_or_else(|| ParseSchemaError {
            found: excerpt(text),
        })
    }
}

/// Says that a text is not the name of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseSchemaError {
    found: String,
}

impl fmt::Display for ParseSchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one of ")?;
        for (at, schema) in Schema::ALL.into_iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            f.write_str(schema.name())?;
        }
        write!(f, ", found {:?}", self.found)
    }
}

impl std::error::Error for ParseSchemaError {}
