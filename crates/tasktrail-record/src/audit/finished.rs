//! What is kept of tasks that are complete.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::seen::SeenKind;
use super::task::Task;
use super::{ROOT_HASH, hash_of, mix};
use crate::TaskLevel;

/// Knows the messages of complete tasks again, in bounded memory.
#[derive(Debug)]
pub(super) struct Finished {
    tasks: HashMap<u64, Whole, BuildHasherDefault<Taken>>,
    /// So many tasks are kept.
    task_limit: usize,
    /// The messages of the tasks, one task after the other; the oldest are overwritten.
    marks: Vec<Mark>,
    mark_limit: u64,
    /// How many marks there were in all.
    marked: u64,
    forgotten: u64,
}

#[derive(Debug, Clone, Copy)]
struct Whole {
    /// Where its marks start, if all of them could be kept at that time.
    start: u64,
    marks: u32,
    /// The number of the task's end.
    end: u32,
}

/// A message, by the hash of its level and that of its line; 0 for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) level: u64,
    pub(super) content: u64,
}

/// What a message is that comes when its task is complete.
#[derive(Debug)]
pub(super) enum Late {
    Doubled,
    /// It has a higher number than the end; of its task not enough is known to say more.
    AfterEnd,
    /// It is another one, and so its task is not complete any more.
    Opened(Task),
}

/// Of fewer marks none is looked up by halving.
const FEW: u32 = 32;

impl Finished {
    pub(super) fn new(bytes: usize) -> Self {
        const MARK: usize = size_of::<Mark>();
        // A table may be less than half full, and has a byte of its own for each place.
        const TASK: usize = 2 * (size_of::<u64>() + size_of::<Whole>() + 1);
        Self {
            tasks: HashMap::default(),
            task_limit: (bytes / 2 / TASK).max(1),
            marks: Vec::new(),
            mark_limit: (bytes / 2 / MARK) as u64,
            marked: 0,
            forgotten: 0,
        }
    }

    pub(super) fn forgotten_tasks(&self) -> u64 {
        self.forgotten
    }

    pub(super) fn add(&mut self, name: u64, task: &Task) {
        if self.tasks.len() >= self.task_limit {
            self.forget_half();
        }
        let end = u32::try_from(task.end()).unwrap_or(u32::MAX);
        let start = self.marked;
        let mut marks: Vec<Mark> = Vec::new();
        let fits = task.slots() as u64 <= self.mark_limit;
        if fits && task.slots() > FEW as usize {
            marks.extend(task.marks());
            marks.sort_unstable();
            marks.into_iter().for_each(|mark| self.mark(mark));
        } else if fits {
            task.marks().for_each(|mark| self.mark(mark));
        }
        let marks = u32::try_from(self.marked - start).unwrap_or(0);
        self.tasks.insert(name, Whole { start, marks, end });
    }

    fn mark(&mut self, mark: Mark) {
        let place = (self.marked % self.mark_limit.max(1)) as usize;
        match self.marks.get_mut(place) {
            Some(oldest) => *oldest = mark,
            None => self.marks.push(mark),
        }
        self.marked += 1;
    }

    /// Forgets the tasks that were complete first.
    fn forget_half(&mut self) {
        let mut starts: Vec<u64> = self.tasks.values().map(|task| task.start).collect();
        let half = starts.len() / 2;
        let (_, middle, _) = starts.select_nth_unstable(half);
        let (middle, before) = (*middle, self.tasks.len());
        self.tasks.retain(|_, task| task.start > middle);
        self.forgotten += (before - self.tasks.len()) as u64;
    }

    /// Says what a message of a task that is complete is; `None` if the task is not known.
    pub(super) fn find(&mut self, name: u64, level: &TaskLevel, content: u64) -> Option<Late> {
        let task = *self.tasks.get(&name)?;
        let is_there = self.marked - task.start <= self.mark_limit && task.marks > 0;
        if !is_there {
            let number = level.numbers().first().copied().unwrap_or_default();
            return Some(match number > u64::from(task.end) {
                true => Late::AfterEnd,
                false => Late::Doubled,
            });
        }
        let mark = self.mark_of(&task, hash_of(level));
        if mark.is_some_and(|mark| mark.content == content) {
            return Some(Late::Doubled);
        }
        self.tasks.remove(&name);
        Some(Late::Opened(self.open(&task)))
    }

    /// Makes a task of its marks: in each action all numbers are there, the start is the first and
    /// the end the last.
    fn open(&self, task: &Whole) -> Task {
        let mut opened = Task::default();
        let mut left = vec![(TaskLevel::root(), ROOT_HASH)];
        while let Some((action, hash)) = left.pop() {
            let marks = (1..).map_while(|number| self.mark_of(task, mix(hash, number)));
            let mut marks = (1..).zip(marks).peekable();
            while let Some((number, mark)) = marks.next() {
                let level = action.child(number);
                if mark.content == 0 {
                    left.push((level, mark.level));
                    continue;
                }
                // The end has the name of the start, whatever that is.
                let kind = match (number, marks.peek()) {
                    (1, Some(_)) => SeenKind::Start { name: 0 },
                    (2.., None) => SeenKind::End { name: 0 },
                    _ => SeenKind::Message,
                };
                opened.put(&level, kind, mark.content);
            }
        }
        opened
    }

    fn mark_of(&self, task: &Whole, level: u64) -> Option<Mark> {
        let at = |place: u64| {
            let place = (place % self.mark_limit.max(1)) as usize;
            self.marks.get(place).copied()
        };
        let all = task.start..task.start + u64::from(task.marks);
        if task.marks <= FEW {
            return all.filter_map(at).find(|mark| mark.level == level);
        }
        let (mut low, mut high) = (all.start, all.end);
        while low < high {
            let middle = low + (high - low) / 2;
            match at(middle)?.level < level {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        at(low).filter(|mark| low < all.end && mark.level == level)
    }
}

/// A hash that is one already.
#[derive(Debug, Default)]
struct Taken(u64);

impl Hasher for Taken {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
