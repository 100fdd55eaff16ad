//! The keys by which lines are told apart and placed, each with a number.

/// One of the keys that matter to more than the program that wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u8);

/// All of them: first those whose values place a message in its task, then those that tell the
/// schemas apart, and all that may stand on the lines of a schema which is told by having no other.
const NAMES: [&str; 55] = [
    "task_uuid",
    "task_level",
    "action_type",
    "action_status",
    "logging.googleapis.com/trace",
    "trace.id",
    "labels.task_level",
    "labels.action_type",
    "labels.action_status",
    "_task_uuid",
    "_task_level",
    "_action_type",
    "_action_status",
    "fields",
    "@fields",
    "attributes",
    "traceId",
    "@timestamp",
    "@version",
    "levelname",
    "level_value",
    "ecs.version",
    "message_type",
    "timestamp",
    "version",
    "host",
    "short_message",
    "v",
    "level",
    "name",
    "hostname",
    "pid",
    "time",
    "msg",
    "severity",
    "full_message",
    "facility",
    "line",
    "file",
    "timeUnixNano",
    "observedTimeUnixNano",
    "severityNumber",
    "severityText",
    "body",
    "droppedAttributesCount",
    "flags",
    "spanId",
    "eventName",
    "target",
    "filename",
    "line_number",
    "span",
    "spans",
    "threadName",
    "threadId",
];

/// For each hash the place of a key after which to look on, plus one; 0 where there is none.
static TABLE: [u8; 256] = table();

impl Key {
    /// So many keys come first whose values matter.
    pub(super) const WITH_VALUES: usize = 17;

    pub(super) const AT_TIMESTAMP: Self = Self::named("@timestamp");
    pub(super) const AT_VERSION: Self = Self::named("@version");
    pub(super) const AT_FIELDS: Self = Self::named("@fields");
    pub(super) const LEVELNAME: Self = Self::named("levelname");
    pub(super) const LEVEL_VALUE: Self = Self::named("level_value");
    pub(super) const ECS_VERSION: Self = Self::named("ecs.version");
    pub(super) const TASK_UUID: Self = Self::named("task_uuid");
    pub(super) const TASK_LEVEL: Self = Self::named("task_level");
    pub(super) const MESSAGE_TYPE: Self = Self::named("message_type");
    pub(super) const TIMESTAMP: Self = Self::named("timestamp");
    pub(super) const VERSION: Self = Self::named("version");
    pub(super) const HOST: Self = Self::named("host");
    pub(super) const SHORT_MESSAGE: Self = Self::named("short_message");
    pub(super) const V: Self = Self::named("v");
    pub(super) const LEVEL: Self = Self::named("level");
    pub(super) const NAME: Self = Self::named("name");
    pub(super) const HOSTNAME: Self = Self::named("hostname");
    pub(super) const PID: Self = Self::named("pid");
    pub(super) const TIME: Self = Self::named("time");
    pub(super) const MSG: Self = Self::named("msg");
    pub(super) const SEVERITY: Self = Self::named("severity");
    pub(super) const TIME_UNIX_NANO: Self = Self::named("timeUnixNano");
    pub(super) const OBSERVED_TIME_UNIX_NANO: Self = Self::named("observedTimeUnixNano");
    pub(super) const BODY: Self = Self::named("body");
    pub(super) const ATTRIBUTES: Self = Self::named("attributes");
    pub(super) const FIELDS: Self = Self::named("fields");
    pub(super) const GELF_TASK_UUID: Self = Self::named("_task_uuid");
    pub(super) const GELF_TASK_LEVEL: Self = Self::named("_task_level");
    pub(super) const GELF_ACTION_TYPE: Self = Self::named("_action_type");
    pub(super) const GELF_ACTION_STATUS: Self = Self::named("_action_status");

    /// Gives the key of that name, which must be one.
    #[expect(clippy::panic, reason = "a wrong name is an error of the compiler")]
    const fn named(name: &str) -> Self {
        match position(name.as_bytes()) {
            Some(place) => Self(place),
            None => panic!("no such key"),
        }
    }

    /// Gives the key of that name, if it is one.
    #[inline]
    pub(super) fn find(name: &str) -> Option<Self> {
        let mut hash = hash(name.as_bytes());
        loop {
            let place = TABLE.get(usize::from(hash))?.checked_sub(1)?;
            if NAMES
                .get(usize::from(place))
                .is_some_and(|known| *known == name)
            {
                return Some(Self(place));
            }
            hash = hash.wrapping_add(1);
        }
    }

    pub(super) fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// Gives the number of the key, from 0.
    #[inline]
    pub(super) fn place(self) -> usize {
        usize::from(self.0)
    }

    /// Gives the bit of the key in a set of keys.
    #[inline]
    pub(super) const fn bit(self) -> u64 {
        1 << self.0
    }
}

#[inline]
const fn hash(name: &[u8]) -> u8 {
    let (Some(first), Some(last)) = (name.first(), name.last()) else {
        return 0;
    };
    let sum = (name.len() as u8).wrapping_mul(17);
    sum ^ first.wrapping_mul(29) ^ last.wrapping_mul(97)
}

const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut names: &[&str] = &NAMES;
    let mut place = 1;
    while let Some((name, rest)) = names.split_first() {
        let mut at = hash(name.as_bytes()) as usize;
        #[expect(
            clippy::indexing_slicing,
            reason = "a wrong place is an error of the compiler"
        )]
        {
            while table[at] != 0 {
                at = (at + 1) % 256;
            }
            table[at] = place;
        }
        names = rest;
        place += 1;
    }
    table
}

const fn position(name: &[u8]) -> Option<u8> {
    let mut names: &[&str] = &NAMES;
    let mut place = 0;
    while let Some((known, rest)) = names.split_first() {
        if is_same(known.as_bytes(), name) {
            return Some(place);
        }
        names = rest;
        place += 1;
    }
    None
}

const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let (Some((first, rest)), Some((second, others))) =
        (one.split_first(), other.split_first())
    {
        if *first != *second {
            return false;
        }
        (one, other) = (rest, others);
    }
    one.is_empty() && other.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;

    #[test]
    fn each_key_is_found_by_its_name_and_nothing_else_is() {
        for (place, name) in NAMES.into_iter().enumerate() {
            assert_eq!(Key::find(name).map(Key::place), Some(place), "{name}");
        }
        for name in ["", "task_uui", "Task_uuid", "xx", "task_levels", "é"] {
            assert_eq!(Key::find(name), None, "{name}");
        }
    }

    #[test]
    fn all_keys_of_a_schema_that_allows_no_other_are_there() {
        for schema in [Schema::Gelf, Schema::OpenTelemetry, Schema::Tracing] {
            for (name, _) in schema.shape().unwrap().keys {
                let has_underscore = name.is_empty() || name.starts_with('_');
                assert!(has_underscore || Key::find(name).is_some(), "{name}");
            }
        }
    }
}
