//! Which positions were continued here.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};

use tasktrail_record::Position;

/// Remembers the positions that were continued here, so that none is continued twice.
///
/// Two generations of hashes: where the younger is full, it becomes the older, and the older is
/// forgotten. The key of the hash is random, so nobody can find two positions of one hash.
#[derive(Debug)]
pub(crate) struct Accepted {
    key: RandomState,
    generations: Mutex<[Generation; 2]>,
    /// The size of a generation.
    remembered: usize,
}

/// What is kept is a hash already.
type Generation = HashSet<u64, BuildHasherDefault<Kept>>;

impl Accepted {
    pub(crate) fn new(remembered: usize) -> Self {
        Self {
            key: RandomState::new(),
            generations: Mutex::default(),
            remembered,
        }
    }

    /// Tells whether a position comes for the first time, as far as is remembered, and remembers
    /// it.
    pub(crate) fn is_new(&self, position: &Position) -> bool {
        if self.remembered == 0 {
            return true;
        }
        let hash = self.key.hash_one(position);
        // Nothing panics in here, and the sets are whole between any two calls.
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let [younger, older] = &mut *generations;
        if older.contains(&hash) || !younger.insert(hash) {
            return false;
        }
        if younger.len() >= self.remembered {
            std::mem::swap(younger, older);
            younger.clear();
        }
        true
    }
}

#[derive(Debug, Default)]
struct Kept(u64);

impl Hasher for Kept {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use tasktrail_record::{TaskId, TaskLevel};

    use super::*;

    fn position(number: u64) -> Position {
        let task = TaskId::from_bits(7).unwrap();
        Position::new(task, TaskLevel::root().child(number))
    }

    #[test]
    fn a_position_is_new_once() {
        let accepted = Accepted::new(10);

        assert!(accepted.is_new(&position(1)));
        assert!(!accepted.is_new(&position(1)));
        assert!(accepted.is_new(&position(2)));
    }

    #[test]
    fn at_least_the_last_positions_are_remembered_and_at_most_twice_as_many() {
        let accepted = Accepted::new(10);

        for number in 1..=1_000 {
            assert!(accepted.is_new(&position(number)));
            for last in number.saturating_sub(9).max(1)..=number {
                assert!(!accepted.is_new(&position(last)), "{last} after {number}");
            }
            let generations = accepted.generations.lock().unwrap();
            assert!(generations.iter().map(HashSet::len).sum::<usize>() <= 20);
        }
        assert!(accepted.is_new(&position(980)));
    }

    #[test]
    fn where_none_is_remembered_each_is_new() {
        let accepted = Accepted::new(0);

        assert!(accepted.is_new(&position(1)));
        assert!(accepted.is_new(&position(1)));
    }

    #[test]
    fn of_many_threads_with_one_position_one_is_first() {
        let accepted = Accepted::new(1_000);

        let first: usize = std::thread::scope(|scope| {
            let ask = || (1..=500).filter(|n| accepted.is_new(&position(*n))).count();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });

        assert_eq!(first, 500);
    }
}
