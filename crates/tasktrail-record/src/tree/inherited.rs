//! What inner messages repeat from the actions around them.

use std::collections::HashMap;

use crate::Record;
use crate::json::Value;

/// Keeps the fields of the open actions, to know what an inner message only repeats.
///
/// A line of most schemas shows the fields of all actions that are open around it, so that it can be
/// searched for alone. In a tree each stands once, where it was set.
///
/// ```
/// use tasktrail_record::{Inherited, Record};
///
/// let line = |fields| format!(
///     r#"{{"@timestamp":"2026-11-22T04:39:32.633Z","@version":1,"message":"m",{fields}}}"#
/// );
/// let start = Record::parse(line(r#""order":7"#).as_bytes())?;
/// let inner = Record::parse(line(r#""order":7,"item":"pen""#).as_bytes())?;
///
/// let mut inherited = Inherited::default();
/// let before = inherited.open(Some(&start));
///
/// let own = inner.fields().iter().filter(|(key, value)| !inherited.repeats(&inner, key, value));
/// assert_eq!(own.map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["item"]);
/// inherited.close(before);
/// assert!(!inherited.repeats(&inner, "order", &inner.fields()[0].1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Inherited<'t> {
    /// For each key its values, the innermost last.
    values: HashMap<&'t str, Vec<&'t Value>>,
    /// The keys in the order in which they were set.
    keys: Vec<&'t str>,
}

impl<'t> Inherited<'t> {
    /// Tells whether a field of a message only repeats what an action around it has set.
    pub fn repeats(&self, record: &Record, key: &str, value: &Value) -> bool {
        record.schema().repeats_span_fields() && self.innermost(key) == Some(value)
    }

    fn innermost(&self, key: &str) -> Option<&'t Value> {
        self.values.get(key)?.last().copied()
    }

    /// Takes in what an action sets with its start, and gives what [`close`](Self::close) needs.
    pub fn open(&mut self, start: Option<&'t Record>) -> usize {
        let before = self.keys.len();
        let Some(start) = start.filter(|start| start.schema().repeats_span_fields()) else {
            return before;
        };
        for (key, value) in start.fields() {
            if self.innermost(key) != Some(value) {
                self.values.entry(key).or_default().push(value);
                self.keys.push(key);
            }
        }
        before
    }

    /// Forgets what was set since an action was opened.
    pub fn close(&mut self, before: usize) {
        for key in self.keys.drain(before..) {
            if let Some(values) = self.values.get_mut(key) {
                values.pop();
            }
        }
    }
}
