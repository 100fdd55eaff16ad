//! What a user says about the keys of finished lines.

use std::collections::{BTreeMap, BTreeSet};

use tasktrail_record::{TimeFormat, Timestamp, encode};

use super::scan::{Members, string_length};

/// Arranges the keys of each line, the schema's own and the fields; by default they stand as the
/// schema has them.
///
/// Names are those that the line shows. All of this happens on the finished line, which is read
/// again for it: that costs about as much as rendering it. Leave it away where each nanosecond
/// counts.
///
/// ```
/// use tasktrail::{JsonLayer, Layout};
///
/// let layer = JsonLayer::logstash().layout(
///     Layout::new()
///         .leave_out(["args", "stack_info", "@version"])
///         .rename("levelname", "level")
///         .first(["@timestamp", "level", "message"])
///         .nest_dots(),
/// );
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is arranged before a layer is given it"]
pub struct Layout {
    /// Escaped, as in the line, as all names here.
    left_out: BTreeSet<Vec<u8>>,
    renamed: BTreeMap<Vec<u8>, Vec<u8>>,
    first: Vec<Vec<u8>>,
    time: Option<TimeFormat>,
    nests: bool,
    pretty: bool,
}

impl Layout {
    /// Starts from lines as the schema has them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves keys out.
    pub fn leave_out<'n>(mut self, keys: impl IntoIterator<Item = &'n str>) -> Self {
        self.left_out.extend(keys.into_iter().map(escaped));
        self
    }

    /// Shows a key under another name. A key of that name that stands behind it gets underscores at
    /// its end, and so does this one behind another one of that name.
    pub fn rename(mut self, key: &str, name: &str) -> Self {
        self.renamed.insert(escaped(key), escaped(name));
        self
    }

    /// Puts keys first, in this order, by their new names if they are renamed. The others follow as
    /// they were.
    pub fn first<'n>(mut self, keys: impl IntoIterator<Item = &'n str>) -> Self {
        self.first.extend(keys.into_iter().map(escaped));
        self
    }

    /// Shows the moment of each message in another format than the schema's.
    ///
    /// ```
    /// use tasktrail::record::TimeFormat;
    /// use tasktrail::{JsonLayer, Layout};
    ///
    /// let layer = JsonLayer::eliot().layout(Layout::new().time(TimeFormat::Rfc3339Nanos));
    /// ```
    pub fn time(mut self, format: TimeFormat) -> Self {
        self.time = Some(format);
        self
    }

    /// Makes objects of dots in names: `"http.method":"GET","http.status":200` becomes
    /// `"http":{"method":"GET","status":200}`.
    ///
    /// The object stands where the first of its members stood. A name of which a part is empty, or
    /// whose object would meet another value of that name, stays as it is.
    pub fn nest_dots(mut self) -> Self {
        self.nests = true;
        self
    }

    /// Spreads each message over several lines, with two spaces for each depth: for a person. What
    /// reads lines does not read these.
    pub fn pretty(mut self) -> Self {
        self.pretty = true;
        self
    }

    /// Tells whether each message is spread over several lines.
    pub(super) fn is_pretty(&self) -> bool {
        self.pretty
    }

    /// Writes a line anew, in place of what was in `out`. The time is that of the message, with the
    /// schema's key for it.
    pub(super) fn arrange(&self, line: &[u8], time: (&str, Timestamp), out: &mut Vec<u8>) {
        out.clear();
        let mut members: Vec<Member<'_>> = Vec::with_capacity(40);
        let mut time_value = Vec::new();
        if let Some(format) = self.time {
            format.write(time.1, &mut time_value);
        }
        for (key, value) in Members::of(line) {
            if !self.left_out.contains(key) {
                let is_time = self.time.is_some() && key == time.0.as_bytes();
                let value = if is_time { &time_value } else { value };
                let shown = self.renamed.get(key).map_or(key, Vec::as_slice);
                members.push(Member::new(shown, value, &members));
            }
        }
        // Stable: those that have no place of their own stay in their order.
        members.sort_by_key(|member| {
            let place = self.first.iter().position(|first| *first == *member.key);
            place.unwrap_or(usize::MAX)
        });
        let root = if self.nests {
            Node::nested(&members)
        } else {
            Node::Object(members.iter().map(Node::flat).collect())
        };
        let depth = self.pretty.then_some(0);
        root.write(depth, out);
        out.push(b'\n');
    }
}

fn escaped(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    encode::escaped(name, &mut out);
    out
}

/// A key and its value, both as they stand in the line.
struct Member<'a> {
    key: std::borrow::Cow<'a, [u8]>,
    value: &'a [u8],
}

impl<'a> Member<'a> {
    fn new(key: &'a [u8], value: &'a [u8], before: &[Self]) -> Self {
        let mut key = std::borrow::Cow::Borrowed(key);
        while before.iter().any(|other| other.key == key) {
            key.to_mut().push(b'_');
        }
        Self { key, value }
    }
}

/// What stands in a line.
enum Node<'a> {
    Value(&'a [u8]),
    Object(Vec<(&'a [u8], Node<'a>)>),
}

impl<'a> Node<'a> {
    fn flat(member: &'a Member<'_>) -> (&'a [u8], Self) {
        (&member.key, Self::Value(member.value))
    }

    fn nested(members: &'a [Member<'_>]) -> Self {
        let mut root = Vec::new();
        for member in members {
            let parts: Vec<&[u8]> = member.key.split(|byte| *byte == b'.').collect();
            let has_parts = parts.len() > 1 && parts.iter().all(|part| !part.is_empty());
            // A value that stands further behind may need the name for itself.
            let is_free = |name: &[u8]| !members.iter().any(|other| *other.key == *name);
            let free = has_parts && prefixes(&member.key).all(is_free);
            if !free || !insert(&mut root, &parts, member.value) {
                root.push(Self::flat(member));
            }
        }
        Self::Object(root)
    }

    /// Writes it, with line breaks if a depth is given.
    fn write(&self, depth: Option<usize>, out: &mut Vec<u8>) {
        let members = match self {
            Self::Value(value) => return write_value(value, depth, out),
            Self::Object(members) => members,
        };
        out.push(b'{');
        let inner = depth.map(|depth| depth + 1);
        for (at, (key, value)) in members.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            break_line(inner, out);
            out.push(b'"');
            out.extend_from_slice(key);
            out.extend_from_slice(if depth.is_some() { b"\": " } else { b"\":" });
            value.write(inner, out);
        }
        if !members.is_empty() {
            break_line(depth, out);
        }
        out.push(b'}');
    }
}

/// The objects that a name with dots stands in: `a` and `a.b` for `a.b.c`.
fn prefixes(key: &[u8]) -> impl Iterator<Item = &[u8]> {
    let dots = key.iter().enumerate().filter(|(_, byte)| **byte == b'.');
    dots.filter_map(move |(at, _)| key.get(..at))
}

/// Puts a value at its place in objects; `false` if another value stands in its way.
fn insert<'a>(object: &mut Vec<(&'a [u8], Node<'a>)>, path: &[&'a [u8]], value: &'a [u8]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    let found = object.iter_mut().find(|(key, _)| key == first);
    match (found, rest.is_empty()) {
        (Some(_), true) | (Some((_, Node::Value(_))), false) => false,
        (Some((_, Node::Object(inner))), false) => insert(inner, rest, value),
        (None, true) => {
            object.push((first, Node::Value(value)));
            true
        }
        (None, false) => {
            let mut inner = Vec::new();
            let inserted = insert(&mut inner, rest, value);
            object.push((first, Node::Object(inner)));
            inserted
        }
    }
}

fn break_line(depth: Option<usize>, out: &mut Vec<u8>) {
    if let Some(depth) = depth {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth, b' ');
    }
}

/// Writes a value that is encoded without white space, with line breaks if a depth is given.
fn write_value(value: &[u8], depth: Option<usize>, out: &mut Vec<u8>) {
    let (Some(mut depth), Some(b'{' | b'[')) = (depth, value.first()) else {
        return out.extend_from_slice(value);
    };
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        let mut length = 1;
        match byte {
            b'"' => {
                length = string_length(rest);
                out.extend_from_slice(rest.get(..length).unwrap_or(rest));
            }
            b'{' | b'[' => {
                out.push(byte);
                let is_empty = matches!(after.first(), Some(b'}' | b']'));
                if !is_empty {
                    depth += 1;
                    break_line(Some(depth), out);
                }
            }
            b'}' | b']' => {
                let is_empty = matches!(out.last(), Some(b'{' | b'['));
                if !is_empty {
                    depth = depth.saturating_sub(1);
                    break_line(Some(depth), out);
                }
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                break_line(Some(depth), out);
            }
            b':' => out.extend_from_slice(b": "),
            other => out.push(other),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn arranged(layout: &Layout, line: &str) -> String {
        let mut out = Vec::new();
        let time = Timestamp::from_epoch(std::time::Duration::from_secs(1));
        layout.arrange(line.as_bytes(), ("time", time), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn keys_are_left_out_renamed_and_put_first() {
        let layout = Layout::new()
            .leave_out(["args", "odd \"name\""])
            .rename("levelname", "level")
            .first(["message", "level", "not there"]);
        let line = r#"{"a":1,"args":[],"levelname":"INFO","b":{"x":"}"},"odd \"name\"":0,"message":"m, \"q\""}"#;

        assert_eq!(
            arranged(&layout, line),
            "{\"message\":\"m, \\\"q\\\"\",\"level\":\"INFO\",\"a\":1,\"b\":{\"x\":\"}\"}}\n"
        );
    }

    #[test]
    fn the_time_is_shown_in_another_format_and_may_be_renamed() {
        let layout = Layout::new()
            .time(TimeFormat::Milliseconds)
            .rename("time", "ts");

        assert_eq!(
            arranged(&layout, r#"{"a":{"time":1},"time":"long ago","ts":2}"#),
            "{\"a\":{\"time\":1},\"ts\":1000,\"ts_\":2}\n"
        );
    }

    #[test]
    fn no_name_stands_twice_however_keys_are_renamed() {
        let layout = Layout::new().rename("a", "x").rename("b", "x");

        assert_eq!(
            arranged(&layout, r#"{"x_":0,"a":1,"x":2,"b":3}"#),
            "{\"x_\":0,\"x\":1,\"x__\":2,\"x___\":3}\n"
        );
    }

    #[test]
    fn dots_become_objects_where_nothing_is_in_the_way() {
        let layout = Layout::new().nest_dots();

        for (line, expected) in [
            (
                r#"{"http.method":"GET","n":1,"http.status.code":200}"#,
                r#"{"http":{"method":"GET","status":{"code":200}},"n":1}"#,
            ),
            // A value of that name, before or behind.
            (r#"{"a.b":1,"a":2}"#, r#"{"a.b":1,"a":2}"#),
            (r#"{"a":2,"a.b":1}"#, r#"{"a":2,"a.b":1}"#),
            (r#"{"a.b":1,"a.b.c":2}"#, r#"{"a":{"b":1},"a.b.c":2}"#),
            (r#"{"a.b.c":2,"a.b":1}"#, r#"{"a.b.c":2,"a":{"b":1}}"#),
            (
                r#"{"a.":1,".b":2,"a..b":3,".":4}"#,
                r#"{"a.":1,".b":2,"a..b":3,".":4}"#,
            ),
            ("{}", "{}"),
        ] {
            assert_eq!(arranged(&layout, line), format!("{expected}\n"));
        }
    }

    #[test]
    fn a_person_gets_a_line_for_each_value() {
        let layout = Layout::new().pretty();

        assert_eq!(
            arranged(&layout, r#"{"a":[1,{"b":[]}],"c":{},"d":"x,{y}"}"#),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {},\n  \"d\": \"x,{y}\"\n}\n"
        );
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[a-c.]{0,4}", "[a-c]_{0,2}", any::<String>()]
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The values of a line, with the names that lead to them.
    fn flat(
        value: &Value,
        path: Option<&str>,
        given: &BTreeMap<String, Value>,
        out: &mut Vec<(String, Value)>,
    ) {
        match (value, path) {
            (Value::Object(members), path)
                if !path.is_some_and(|path| given.contains_key(path)) =>
            {
                for (name, value) in members {
                    let path = match path {
                        Some(path) => format!("{path}.{name}"),
                        None => name.clone(),
                    };
                    flat(value, Some(&path), given, out);
                }
            }
            (value, path) => out.push((path.unwrap_or_default().to_owned(), value.clone())),
        }
    }

    proptest! {
        #[test]
        fn whatever_the_line_it_is_read_whole_and_nothing_is_lost(
            members in proptest::collection::btree_map(name(), value(), 0..8),
            pretty in any::<bool>(),
        ) {
            let line = serde_json::to_string(&members).unwrap();
            let plain = if pretty { Layout::new().pretty() } else { Layout::new() };

            let read: BTreeMap<String, Value> = serde_json::from_str(&arranged(&plain, &line)).unwrap();
            prop_assert_eq!(&read, &members);
            let nested: Value = serde_json::from_str(&arranged(&plain.nest_dots(), &line)).unwrap();
            let mut found = Vec::new();
            flat(&nested, None, &members, &mut found);
            found.sort_by(|a, b| a.0.cmp(&b.0));
            let expected: Vec<_> = members.into_iter().collect();
            prop_assert_eq!(found, expected);
        }
    }
}
