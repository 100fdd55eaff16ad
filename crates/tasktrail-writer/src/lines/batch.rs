//! Lines behind each other in memory, to be written with one call.

use std::collections::VecDeque;

use super::label::{LABEL, Label, Precious};
use crate::level::{Level, Tally};

/// Lines that are written together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    labels: VecDeque<Label>,
    /// Of the lines that were in it when it was handed over.
    tally: Tally,
    /// How many of the bytes are out, or dropped.
    start: usize,
    /// How many bytes of the first line are out.
    begun: usize,
}

/// Lines that a write has completed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) lines: Tally,
    pub(crate) bytes: u64,
}

impl Batch {
    /// A batch of one line.
    pub(crate) fn of(line: Vec<u8>) -> Self {
        let mut batch = Self::default();
        // One that is too long for a label is none: its bytes are written all the same.
        if let Some(label) = Label::of(&line, None) {
            batch.labels.push_back(label);
            batch.tally.add(None, 1);
        }
        batch.bytes = line;
        batch
    }

    /// The memory of a batch of one line, to be used again.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The bytes of lines before the first one, which are out or dropped.
    pub(super) fn dropped(&self) -> usize {
        self.start
    }

    pub(super) fn has_room(&self, length: usize) -> bool {
        // A long line may make a batch longer, rather than leave much of it empty.
        self.fits(length) || self.is_rather_empty()
    }

    pub(super) fn fits(&self, length: usize) -> bool {
        self.bytes.capacity() - self.bytes.len() >= length
    }

    pub(super) fn is_rather_empty(&self) -> bool {
        let capacity = self.bytes.capacity();
        self.bytes.len() < capacity - capacity / 8
    }

    pub(super) fn append(&mut self, line: &[u8], label: Label, usual: usize) -> bool {
        let missing = line.len().max(usual.saturating_sub(self.bytes.len()));
        let room = self.bytes.capacity() - self.bytes.len();
        if room < line.len() && self.bytes.try_reserve_exact(missing).is_err() {
            return false;
        }
        if self.labels.try_reserve(1).is_err() {
            return false;
        }
        self.bytes.extend_from_slice(line);
        self.labels.push_back(label);
        self.tally.add(label.level(), 1);
        true
    }

    /// Drops the first line that may go.
    pub(super) fn drop_first(&mut self, may_go: impl Fn(Option<Level>) -> bool) -> Option<Label> {
        let place = self.labels.iter().position(|label| may_go(label.level()))?;
        let before: usize = self
            .labels
            .iter()
            .take(place)
            .map(|label| label.length())
            .sum();
        let label = self.labels.remove(place)?;
        // Those before it stay, and move up: less than a batch.
        self.bytes
            .copy_within(self.start..self.start + before, self.start + label.length());
        self.start += label.length();
        self.tally.take_away(label.level(), 1);
        Some(label)
    }

    /// Moves lines behind those of another batch as long as these fit into its memory.
    pub(super) fn move_lines_to(&mut self, other: &mut Self) {
        while let Some(&label) = self.labels.front() {
            let line = self.start..self.start + label.length();
            let Some(line) = self.bytes.get(line) else {
                return;
            };
            if !other.fits(line.len()) || !other.append(line, label, 0) {
                return;
            }
            self.start += label.length();
            self.labels.pop_front();
            self.tally.take_away(label.level(), 1);
        }
    }

    /// Gives the memory of dropped lines to those that come.
    pub(super) fn forget_dropped(&mut self, usual: usize) {
        self.bytes.drain(..self.start);
        self.start = 0;
        // One huge line must not make its batch huge for ever.
        if self.bytes.capacity() > 2 * usual {
            self.bytes.shrink_to(usual);
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.labels.len() as u64
    }

    /// How many of its lines are of which level.
    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) fn cost_of(&self, precious: Precious) -> usize {
        let labels = self
            .labels
            .iter()
            .filter(|label| precious.has(label.level()));
        labels.map(|label| label.cost()).sum()
    }

    /// The bytes of memory that its lines take, none of them being begun.
    pub(crate) fn cost(&self) -> usize {
        self.bytes.len() - self.start + self.labels.len() * LABEL
    }

    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// What is still to be written; it begins within a line if a write was cut short there.
    pub(crate) fn unsent(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Takes note that so many more bytes are out.
    pub(crate) fn sent(&mut self, count: usize) -> Progress {
        self.start += count;
        self.begun += count;
        let mut done = Progress::default();
        while let Some(&label) = self.labels.front()
            && self.begun >= label.length()
        {
            self.labels.pop_front();
            self.begun -= label.length();
            done.lines.add(label.level(), 1);
            done.bytes += label.length() as u64;
        }
        done
    }

    /// Drops the line that would be written next, or what is left of it, and gives its level.
    pub(crate) fn drop_line(&mut self) -> Option<Level> {
        let label = self.labels.pop_front()?;
        self.start += label.length() - self.begun;
        self.begun = 0;
        label.level()
    }

    /// Says whether a part of a line is out.
    pub(crate) fn is_in_line(&self) -> bool {
        self.begun > 0
    }

    /// Goes back to the beginning of the line that is begun, and gives the rest of it.
    pub(crate) fn begin_line_again(&mut self) -> &[u8] {
        let rest = self.start;
        self.start -= self.begun;
        let end = match self.labels.front() {
            Some(label) if self.begun > 0 => self.start + label.length(),
            _ => rest,
        };
        self.begun = 0;
        self.bytes.get(rest..end).unwrap_or_default()
    }

    /// Goes on within the first line, of which all but so many bytes are out.
    pub(crate) fn go_on_in_line(&mut self, left: usize) {
        if let Some(label) = self.labels.front() {
            let begun = label.length().saturating_sub(left);
            self.start += begun - self.begun;
            self.begun = begun;
        }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.labels.clear();
        self.tally = Tally::default();
        self.start = 0;
        self.begun = 0;
    }
}
