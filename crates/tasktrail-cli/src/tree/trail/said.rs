//! What messages say about themselves, besides their fields.

use tasktrail_record::Record;

/// Gives the host that wrote a message, if the line says so.
pub(crate) fn host(record: &Record) -> Option<&str> {
    const KEYS: [&str; 5] = [
        "source_host",
        "@source_host",
        "host.name",
        "hostname",
        "host",
    ];
    let attributes = record.attributes().iter();
    let of_schema = attributes
        .filter(|(key, _)| KEYS.contains(&key.as_str()))
        .find_map(|(_, value)| value.as_str());
    of_schema.filter(|host| !host.is_empty())
}

/// How bad a message says it is.
pub(crate) enum Severity {
    Bad,
    Doubtful,
    Other,
}

/// Gives what its level says, in any of the schemas that have a word for it.
pub(crate) fn severity(record: &Record) -> Severity {
    const KEYS: [&str; 6] = [
        "levelname",
        "level",
        "log.level",
        "severity",
        "severityText",
        "log_level",
    ];
    let said = record.attributes().iter().chain(record.fields());
    let level = said
        .filter(|(key, _)| KEYS.contains(&key.as_str()))
        .find_map(|(_, value)| value.as_str());
    match level.map(str::to_ascii_uppercase).as_deref() {
        Some("ERROR" | "CRITICAL" | "FATAL") => Severity::Bad,
        Some("WARN" | "WARNING") => Severity::Doubtful,
        _ => Severity::Other,
    }
}
