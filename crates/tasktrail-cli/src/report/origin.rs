//! What a message's line says of the call that wrote it.

use tasktrail_record::json::Value;
use tasktrail_record::{Record, Schema};

/// Names the level, the logger and the place in the source, as far as the line tells them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) level: Option<String>,
    pub(super) logger: Option<String>,
    /// `src/db.rs:12`, or the file alone.
    pub(super) source: Option<String>,
    pub(super) function: Option<String>,
}

impl Origin {
    /// Reads it in any of the schemas that have a word for it.
    pub(super) fn of(record: &Record) -> Self {
        let text = |keys: &[Key]| keys.iter().find_map(|key| text(key.value(record)?));
        let file = text(&FILE);
        let line = text(&LINE).filter(|line| line != "0");
        Self {
            level: text(&LEVEL),
            // A name is the program's in Bunyan's lines, the logger's in Logstash's.
            logger: match record.schema() {
                Schema::LogstashV0 | Schema::LogstashV1 => text(&[Key::At("name")]),
                _ => text(&LOGGER),
            },
            source: file.map(|file| match line {
                Some(line) => format!("{file}:{line}"),
                None => file,
            }),
            function: text(&FUNCTION),
        }
    }

    /// Tells whether it is read from a field of that name, which then need not be shown as one.
    pub(super) fn has_field(record: &Record, name: &str) -> bool {
        record.schema() == Schema::Eliot && ["log_level", "logger"].contains(&name)
    }
}

/// Where a schema holds something.
#[derive(Debug, Clone, Copy)]
enum Key {
    At(&'static str),
    In(&'static str, &'static str),
}

use Key::{At, In};

const LABELS: &str = "logging.googleapis.com/labels";
const SOURCE: &str = "logging.googleapis.com/sourceLocation";

const LEVEL: [Key; 6] = [
    At("levelname"),
    At("log.level"),
    At("severityText"),
    At("severity"),
    At("log_level"),
    At("level"),
];
const LOGGER: [Key; 7] = [
    At("logger_name"),
    At("log.logger"),
    At("logger.name"),
    At("_logger"),
    At("target"),
    In(LABELS, "logger"),
    At("logger"),
];
const FILE: [Key; 7] = [
    At("pathname"),
    At("log.origin.file.name"),
    At("code.file.path"),
    At("filename"),
    At("_file"),
    In("src", "file"),
    In(SOURCE, "file"),
];
const LINE: [Key; 7] = [
    At("lineno"),
    At("log.origin.file.line"),
    At("code.line.number"),
    At("line_number"),
    At("_line"),
    In("src", "line"),
    In(SOURCE, "line"),
];
const FUNCTION: [Key; 6] = [
    At("funcName"),
    At("log.origin.function"),
    At("code.function.name"),
    At("_function"),
    In("src", "func"),
    In(SOURCE, "function"),
];

impl Key {
    fn value(self, record: &Record) -> Option<&Value> {
        let (At(wanted) | In(wanted, _)) = self;
        let mut attributes = record.attributes().iter();
        let found = attributes.find(|(key, _)| key == wanted);
        let found = found.map(|(_, value)| value);
        match self {
            In(_, inner) => found?.get(inner),
            // Eliot's own lines have no such keys: what says more there is a field.
            At(wanted) if Origin::has_field(record, wanted) => {
                found.or_else(|| record.field(wanted))
            }
            At(_) => found,
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_in_each_schema_that_has_words_for_it() {
        for (line, expected) in [
            (
                r#"{"@timestamp":"2026-11-22T14:10:03.911Z","@version":1,"levelname":"INFO","name":"shop::db","pathname":"src/db.rs","lineno":12,"funcName":"ask","processName":"shop","message":"m"}"#,
                "INFO shop::db src/db.rs:12 ask",
            ),
            (
                r#"{"@timestamp":"2026-11-22T14:10:03.911485Z","log.level":"INFO","message":"m","ecs.version":"8.11.0","log.logger":"shop::db","log.origin.file.name":"src/db.rs","log.origin.file.line":12,"process.name":"shop"}"#,
                "INFO shop::db src/db.rs:12 -",
            ),
            (
                r#"{"version":"1.1","host":"till-3","short_message":"m","timestamp":1795356603.911485,"level":6,"_logger":"shop::db","_file":"src/db.rs","_line":12}"#,
                "6 shop::db src/db.rs:12 -",
            ),
            (
                r#"{"name":"shop","hostname":"till-3","pid":4711,"level":30,"target":"shop::db","src":{"file":"src/db.rs","line":12},"msg":"m","time":"2026-11-22T14:10:03.911485Z","v":0}"#,
                "30 shop::db src/db.rs:12 -",
            ),
            (
                r#"{"time":"2026-11-22T14:10:03.911485Z","logging.googleapis.com/labels":{"logger":"shop::db"},"severity":"INFO","message":"m","logging.googleapis.com/sourceLocation":{"file":"src/db.rs","line":"12"}}"#,
                "INFO shop::db src/db.rs:12 -",
            ),
            (
                r#"{"@timestamp":"2026-11-22T14:10:03.911485Z","@version":"1","message":"m","thread_name":"main","logger_name":"shop::db","level":"INFO","level_value":20000}"#,
                "INFO shop::db - -",
            ),
            (
                r#"{"timestamp":1.5,"task_uuid":"t","task_level":[1],"message_type":"m","log_level":"INFO","logger":"shop::db","target":"a field"}"#,
                "INFO shop::db - -",
            ),
            (
                r#"{"timestamp":1.5,"task_uuid":"t","task_level":[1],"message_type":"m"}"#,
                "- - - -",
            ),
        ] {
            let origin = Origin::of(&Record::parse(line.as_bytes()).unwrap());

            let parts = [origin.level, origin.logger, origin.source, origin.function];
            let parts = parts.map(|part| part.unwrap_or_else(|| "-".to_owned()));
            assert_eq!(parts.join(" "), expected, "{line}");
        }
    }
}
