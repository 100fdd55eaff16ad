//! Where messages say that they were written.

use std::fmt;

use tasktrail_record::Record;
use tasktrail_record::json::Value;

use crate::tree::trail::said;

/// Names the host, the process and the thread of a message, as far as its line tells them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: Option<String>,
    pub(crate) process: Option<String>,
    pub(crate) thread: Option<String>,
}

impl Place {
    /// Reads it in any of the schemas that have a word for it. Where no line names the process, the
    /// program's own field `service` does.
    pub(crate) fn of(record: &Record) -> Self {
        let google = attribute(record, &["logging.googleapis.com/labels"]);
        let label = |key| google.and_then(|labels| labels.get(key)).and_then(text);
        let process = attribute(record, &PROCESS_NAME).and_then(text);
        let process = process.or_else(|| label("process"));
        let process = process.or_else(|| record.field("service").and_then(text));
        let id = attribute(record, &PROCESS_ID).and_then(text);
        let id = id.or_else(|| label("pid"));
        let thread = attribute(record, &THREAD_NAME).and_then(text);
        let thread = thread.or_else(|| label("thread"));
        let thread_id = || attribute(record, &THREAD_ID).and_then(text);
        Self {
            host: said::host(record)
                .map(str::to_owned)
                .or_else(|| label("host")),
            process: match (process, id) {
                (Some(process), Some(id)) => Some(format!("{process}[{id}]")),
                (process, id) => process.or(id),
            },
            thread: thread.or_else(thread_id),
        }
    }
}

impl Place {
    /// Fills in what is not told from the place of the action around.
    pub(crate) fn within(self, around: &Self) -> Self {
        Self {
            host: self.host.or_else(|| around.host.clone()),
            process: self.process.or_else(|| around.process.clone()),
            thread: self.thread.or_else(|| around.thread.clone()),
        }
    }

    /// Gives what is told and is not so of the action around.
    pub(crate) fn beyond(&self, around: &Self) -> Self {
        let changed = |told: &Option<String>, around: &Option<String>| {
            let told = told.clone();
            told.filter(|told| Some(told) != around.as_ref())
        };
        Self {
            host: changed(&self.host, &around.host),
            process: changed(&self.process, &around.process),
            thread: changed(&self.thread, &around.thread),
        }
    }
}

const PROCESS_NAME: [&str; 5] = [
    "processName",
    "process.name",
    "process.executable.name",
    "process_name",
    "_process_name",
];
const PROCESS_ID: [&str; 5] = ["process", "process.pid", "pid", "process_id", "_process_id"];
const THREAD_NAME: [&str; 6] = [
    "threadName",
    "thread_name",
    "process.thread.name",
    "thread.name",
    "_thread_name",
    "thread",
];
const THREAD_ID: [&str; 5] = [
    "process.thread.id",
    "thread.id",
    "thread_id",
    "_thread_id",
    "threadId",
];

fn attribute<'a>(record: &'a Record, keys: &[&str]) -> Option<&'a Value> {
    let attributes = || record.attributes().iter();
    keys.iter().find_map(|wanted| {
        let mut found = attributes().filter(|(key, _)| key == wanted);
        found.next().map(|(_, value)| value)
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Writes `host process thread`, without those that nobody told.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.host, &self.process, &self.thread];
        let mut gap = "";
        for part in parts.into_iter().flatten() {
            write!(f, "{gap}{part}")?;
            gap = " ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_in_each_schema_that_has_words_for_it() {
        for (line, expected) in [
            (
                r#"{"@timestamp":"2026-11-22T14:10:03.911Z","@version":1,"source_host":"till-3","levelname":"INFO","thread":1,"threadName":"main","processName":"shop","process":4711,"message":"m"}"#,
                "till-3 shop[4711] main",
            ),
            (
                r#"{"@timestamp":"2026-11-22T14:10:03.911485Z","log.level":"INFO","message":"m","ecs.version":"8.11.0","host.name":"till-3","process.name":"shop","process.pid":4711,"process.thread.id":1,"process.thread.name":"main"}"#,
                "till-3 shop[4711] main",
            ),
            (
                r#"{"version":"1.1","host":"till-3","short_message":"m","timestamp":1795356603.911485,"level":6,"_process_name":"shop","_process_id":4711,"_thread_id":1,"_thread_name":"main"}"#,
                "till-3 shop[4711] main",
            ),
            (
                r#"{"name":"shop","hostname":"till-3","pid":4711,"level":30,"thread":"main","msg":"m","time":"2026-11-22T14:10:03.911485Z","v":0}"#,
                "till-3 4711 main",
            ),
            (
                r#"{"time":"2026-11-22T14:10:03.911485Z","logging.googleapis.com/labels":{"host":"till-3","process":"shop","pid":"4711","thread":"main","logger":"shop"},"severity":"INFO","message":"m"}"#,
                "till-3 shop[4711] main",
            ),
            (
                r#"{"@timestamp":"2026-11-22T14:10:03.911485Z","@version":"1","message":"m","thread_name":"main","logger_name":"shop","level":"INFO","level_value":20000}"#,
                "main",
            ),
            (
                r#"{"timestamp":1.5,"task_uuid":"t","task_level":[1],"message_type":"m","service":"shop"}"#,
                "shop",
            ),
            (
                r#"{"timestamp":1.5,"task_uuid":"t","task_level":[1],"message_type":"m"}"#,
                "",
            ),
        ] {
            let record = Record::parse(line.as_bytes()).unwrap();

            assert_eq!(Place::of(&record).to_string(), expected, "{line}");
        }
    }
}
