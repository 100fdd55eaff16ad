//! Keeps fields apart that would have one name.

use std::collections::{HashMap, HashSet};

use super::loss::Loss;
use crate::json::{Value, has_repeats};

/// Adds an underscore to a name that stands before, and a number from 2 if that does, too.
pub(super) fn keep(fields: &mut [(String, Value)], losses: &mut Vec<Loss>) {
    if !has_repeats(fields) {
        return;
    }
    losses.push(Loss::Name);
    let mut seen = HashSet::new();
    // A line of another program may have one name many thousand times: none is tried again.
    let mut numbers: HashMap<String, u64> = HashMap::new();
    for (name, _) in fields {
        if seen.contains(name) {
            let number = numbers.entry(name.clone()).or_default();
            let mut names = (*number + 1..).map(|number| match number {
                1 => (number, format!("{name}_")),
                _ => (number, format!("{name}_{number}")),
            });
            if let Some(free) = names.find(|(_, other)| !seen.contains(other)) {
                (*number, *name) = free;
            }
        }
        seen.insert(name.clone());
    }
}
