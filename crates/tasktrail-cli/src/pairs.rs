//! Pairs the starts and the ends of actions.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use tasktrail_record::{Kind, Record, TaskLevel};

/// A start or an end of an action, with what else is to be known of it.
#[derive(Debug)]
pub(crate) struct Half<T> {
    task: String,
    /// The level of the action.
    level: TaskLevel,
    end: End<T>,
}

/// One end of an action, the first or the last.
#[derive(Debug)]
struct End<T> {
    is_start: bool,
    seconds: Option<f64>,
    told: T,
}

/// An action, of which one half or both were found.
#[derive(Debug)]
pub(crate) struct Pair<T> {
    pub(crate) start: Option<T>,
    pub(crate) end: Option<T>,
    /// How long it took, to the microsecond; `None` if its halves don't both say a time.
    pub(crate) seconds: Option<f64>,
}

impl<T> Half<T> {
    /// Takes a start or an end; `None` for what is neither, or belongs to no task.
    pub(crate) fn of(record: &Record, told: T) -> Option<Self> {
        let is_start = match record.kind() {
            Kind::Start { .. } => true,
            Kind::End { .. } => false,
            Kind::Message { .. } => return None,
        };
        Some(Self {
            task: record.task()?.to_owned(),
            level: record.level()?.parent()?,
            end: End {
                is_start,
                seconds: record.seconds(),
                told,
            },
        })
    }
}

/// Puts together what belongs to one action, by its position, in any order; memory holds the actions
/// of which one half was found so far.
#[derive(Debug)]
pub(crate) struct Pairs<T> {
    open: HashMap<(String, TaskLevel), End<T>>,
}

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self {
            open: HashMap::new(),
        }
    }
}

impl<T> Pairs<T> {
    /// Gives the action, if this was its second half. Another start of an action that is known to
    /// have started says nothing new, and so it is with ends.
    pub(crate) fn add(&mut self, half: Half<T>) -> Option<Pair<T>> {
        match self.open.entry((half.task, half.level)) {
            Entry::Vacant(place) => {
                place.insert(half.end);
                None
            }
            Entry::Occupied(found) if found.get().is_start == half.end.is_start => None,
            Entry::Occupied(found) => {
                let (one, other) = (found.remove(), half.end);
                let (start, end) = match one.is_start {
                    true => (one, other),
                    false => (other, one),
                };
                let seconds = start.seconds.zip(end.seconds);
                let seconds = seconds.map(|(start, end)| end - start);
                Some(Pair {
                    // What a float adds to the microseconds of a moment is none of its own.
                    seconds: seconds
                        .map(|seconds| (seconds * 1e6).round() / 1e6)
                        .filter(|seconds| seconds.is_finite()),
                    start: Some(start.told),
                    end: Some(end.told),
                })
            }
        }
    }

    /// Gives the actions of which one half was found.
    pub(crate) fn rest(self) -> impl Iterator<Item = Pair<T>> {
        self.open.into_values().map(|half| {
            let (start, end) = match half.is_start {
                true => (Some(half.told), None),
                false => (None, Some(half.told)),
            };
            Pair {
                start,
                end,
                seconds: None,
            }
        })
    }
}
