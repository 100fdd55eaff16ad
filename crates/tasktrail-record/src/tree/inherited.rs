//! What inner messages repeat from the actions around them.

use std::collections::HashMap;

use crate::Record;
use crate::json::Value;

/// The fields of the open actions.
///
/// A line of most schemas shows the fields of all actions that are open around it, so that it can be
/// searched for alone. In a tree each stands once, where it was set.
#[derive(Debug, Default)]
pub(super) struct Inherited<'t> {
    /// For each key its values, the innermost last.
    values: HashMap<&'t str, Vec<&'t Value>>,
    /// The keys in the order in which they were set.
    keys: Vec<&'t str>,
}

impl<'t> Inherited<'t> {
    /// Tells whether a field of a message only repeats what an action around it has set.
    pub(super) fn repeats(&self, record: &Record, key: &str, value: &Value) -> bool {
        record.schema().repeats_span_fields() && self.innermost(key) == Some(value)
    }

    fn innermost(&self, key: &str) -> Option<&'t Value> {
        self.values.get(key)?.last().copied()
    }

    /// Takes in what an action sets with its start, and gives what [`close`](Self::close) needs.
    pub(super) fn open(&mut self, start: Option<&'t Record>) -> usize {
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
    pub(super) fn close(&mut self, before: usize) {
        for key in self.keys.drain(before..) {
            if let Some(values) = self.values.get_mut(key) {
                values.pop();
            }
        }
    }
}
