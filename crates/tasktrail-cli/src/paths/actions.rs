//! What is known of the actions around records.

use std::collections::HashMap;

use super::patterns::{Patterns, Progress};

/// Stands for the place of an action: a hash of its task and its level that nobody can aim at.
pub(super) type Key = u128;

/// How far the paths of actions have come, as far as their names are known.
#[derive(Debug)]
pub(super) struct Actions {
    known: Known,
    /// The actions for which a name is missing that matters.
    open: HashMap<Key, Open>,
    /// How much memory these take, roughly.
    bytes: usize,
    /// How much they may take.
    limit: usize,
}

/// An action of which a name is not known yet, its own or one around it.
#[derive(Debug)]
struct Open {
    name: Option<String>,
    progress: Progress,
    /// The actions in it that wait too.
    within: Vec<Key>,
    /// The records that wait.
    records: Vec<u64>,
}

impl Open {
    fn bytes(&self) -> usize {
        // With what waits in it, and the part of a table that is empty.
        const OPEN: usize = 3 * size_of::<(Key, Open)>();
        OPEN + self.name.as_ref().map_or(0, String::len)
    }
}

/// What was found out about records that waited.
pub(super) type Answers = Vec<(u64, bool)>;

impl Actions {
    /// Keeps to so many bytes of memory, roughly.
    pub(super) fn new(memory: usize) -> Self {
        Self {
            known: Known::new(memory / 2),
            open: HashMap::new(),
            bytes: 0,
            limit: memory / 2,
        }
    }

    /// Gives how far the path has come with the last of these actions, of which each is in the one
    /// before; the first is the root.
    pub(super) fn progress(&mut self, keys: &[Key], patterns: &Patterns) -> Progress {
        let mut known = 0;
        let mut progress = patterns.outside();
        for (place, key) in keys.iter().enumerate().rev() {
            let exact = self.known.get(*key, keys).map(Progress::exactly);
            if let Some(found) = exact.or_else(|| Some(self.open.get(key)?.progress)) {
                known = place + 1;
                progress = found;
                break;
            }
        }
        for place in known..keys.len() {
            let (around, within) = keys.split_at(place);
            if let Some(key) = within.first() {
                progress = patterns.step(progress, None);
                self.insert(*key, None, progress, around);
            }
        }
        progress
    }

    /// Takes the name of the last of these actions; gives what is known by it.
    pub(super) fn learn(&mut self, keys: &[Key], name: &str, patterns: &Patterns) -> Answers {
        let Some((key, around)) = keys.split_last() else {
            return Vec::new();
        };
        if self.known.get(*key, keys).is_some() {
            return Vec::new();
        }
        let progress = self.progress(around, patterns);
        match self.open.get_mut(key) {
            Some(open) if open.name.is_some() => Vec::new(),
            Some(open) => {
                open.name = Some(name.to_owned());
                self.bytes += name.len();
                self.go_on(*key, progress, patterns)
            }
            None => {
                let progress = patterns.step(progress, Some(name));
                self.insert(*key, Some(name), progress, around);
                Vec::new()
            }
        }
    }

    /// Lets a record wait for the answer of its action.
    pub(super) fn wait(&mut self, key: Key, record: u64) {
        if let Some(open) = self.open.get_mut(&key) {
            open.records.push(record);
        }
    }

    fn insert(&mut self, key: Key, name: Option<&str>, progress: Progress, around: &[Key]) {
        if let Some(bits) = progress.exact() {
            self.known.insert(key, bits, around);
            return;
        }
        if let Some(around) = around.last().and_then(|around| self.open.get_mut(around)) {
            around.within.push(key);
        }
        let open = Open {
            name: name.map(str::to_owned),
            progress,
            within: Vec::new(),
            records: Vec::new(),
        };
        self.bytes += open.bytes();
        self.open.insert(key, open);
    }

    /// Works out anew how far an action's path has come, and those of the actions in it.
    fn go_on(&mut self, key: Key, around: Progress, patterns: &Patterns) -> Answers {
        let mut answers = Vec::new();
        let mut next = vec![(key, around)];
        while let Some((key, around)) = next.pop() {
            let Some(open) = self.open.get_mut(&key) else {
                continue;
            };
            let progress = patterns.step(around, open.name.as_deref());
            if progress == open.progress {
                continue;
            }
            open.progress = progress;
            if let Some(is_wanted) = patterns.answer(progress) {
                let records = open.records.drain(..);
                answers.extend(records.map(|record| (record, is_wanted)));
            }
            next.extend(open.within.iter().map(|within| (*within, progress)));
            if let Some(bits) = progress.exact() {
                self.bytes -= open.bytes();
                self.open.remove(&key);
                self.known.insert(key, bits, &[]);
            }
        }
        answers
    }

    /// Forgets the actions for which a name is missing, if they take too much; gives the records
    /// that waited for them.
    pub(super) fn keep_to_memory(&mut self) -> Vec<u64> {
        if self.bytes <= self.limit {
            return Vec::new();
        }
        self.bytes = 0;
        self.known.forgotten += self.open.len() as u64;
        let open = std::mem::take(&mut self.open);
        open.into_values().flat_map(|open| open.records).collect()
    }

    /// Gives how many actions were forgotten to keep to the memory.
    pub(super) fn forgotten(&self) -> u64 {
        self.known.forgotten
    }
}

/// The actions of which all is known that matters.
///
/// When there are too many, those are forgotten in which, and in whose actions, nothing happened for
/// longest.
#[derive(Debug)]
struct Known {
    /// Those before the newest; forgotten when there are as many newer ones.
    older: HashMap<Key, u128>,
    newer: HashMap<Key, u128>,
    /// How many are newer, at most.
    limit: usize,
    forgotten: u64,
}

impl Known {
    fn new(memory: usize) -> Self {
        // A table may be less than half full, and there are two.
        const ACTION: usize = 4 * (size_of::<(Key, u128)>() + 1);
        Self {
            older: HashMap::new(),
            newer: HashMap::new(),
            limit: (memory / ACTION).max(1),
            forgotten: 0,
        }
    }

    /// Gives what is known of one of these actions, of which each is in the one before.
    fn get(&mut self, key: Key, keys: &[Key]) -> Option<u128> {
        if let Some(bits) = self.newer.get(&key) {
            return Some(*bits);
        }
        let bits = *self.older.get(&key)?;
        self.renew(keys);
        Some(bits)
    }

    /// Takes an action that is in the last of these.
    fn insert(&mut self, key: Key, bits: u128, around: &[Key]) {
        self.renew(around);
        self.newer.insert(key, bits);
    }

    /// Makes these the newest: what is in an action is no newer than the action.
    fn renew(&mut self, keys: &[Key]) {
        if self.older.is_empty() && self.newer.len() < self.limit {
            return;
        }
        let take = |older: &mut HashMap<Key, u128>| -> Vec<_> {
            let known = keys.iter();
            let known = known.filter_map(|key| Some((*key, older.remove(key)?)));
            known.collect()
        };
        let mut known = take(&mut self.older);
        if self.newer.len() >= self.limit {
            self.forgotten += self.older.len() as u64;
            self.older = std::mem::take(&mut self.newer);
            known.extend(take(&mut self.older));
        }
        self.newer.extend(known);
    }
}
