//! The tasks of all logs, of which as many are in memory as fit.
//!
//! Each task belongs to one of several shares, so that two threads seldom wait for each other; it
//! doesn't matter in which order messages come to them. When the open tasks of all take more memory
//! than they may, a part of a share is set aside: its tasks go to a pile, and so do all messages of
//! this part that come later, unread. In the end each pile is read into the audit that it came
//! from, and if even one is too much for the memory, parts of it are set aside again.

#[cfg(test)]
mod tests;

use std::array;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tasktrail_record::{Audit, OpenTask, Report, Seen, TaskName};

use super::findings::Findings;
use super::workers::lock;
use crate::spill::{Pile, Spill, SpillError};

/// How much of each thing may be in memory, in bytes; of all shares together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// What it takes to know the messages of complete tasks again.
    pub(super) finished: usize,
    pub(super) open: usize,
    pub(super) findings: usize,
}

impl Room {
    /// Divides all memory: half of it is for complete tasks, a quarter of the other half for
    /// findings.
    pub(super) fn new(memory: usize) -> Self {
        let findings = memory / 8;
        Self {
            finished: memory / 2,
            open: memory / 2 - findings,
            findings,
        }
    }
}

#[derive(Debug)]
pub(super) struct Shares<'s> {
    spill: &'s Spill,
    shares: Vec<Mutex<Share>>,
    findings: Mutex<Findings<'s>>,
    /// Decides to which part of its share a task belongs, in a way that no log can foresee.
    parts: RandomState,
    room: Room,
    /// How much memory the open tasks of all shares take.
    open: AtomicUsize,
}

#[derive(Debug)]
struct Share {
    audit: Audit,
    away: Away,
}

/// The parts of a share that were set aside, or of one such part, or of a part of that.
#[derive(Debug)]
struct Away {
    /// How many times it was divided before.
    depth: u32,
    /// The pile of each part, if it is away.
    piles: [Option<Pile>; PARTS],
    is_any: bool,
}

const PARTS_BITS: u32 = 4;
const PARTS: usize = 1 << PARTS_BITS;

/// A hash has bits for so many divisions.
const DEEPEST: u32 = u64::BITS / PARTS_BITS;

impl<'s> Shares<'s> {
    pub(super) fn new(number: usize, room: Room, spill: &'s Spill) -> Self {
        let share = || Share {
            audit: Audit::new().memory(room.finished / number),
            away: Away::new(0),
        };
        Self {
            spill,
            shares: (0..number).map(|_| Mutex::new(share())).collect(),
            findings: Mutex::new(Findings::new(spill, room.findings)),
            parts: RandomState::new(),
            room,
            open: AtomicUsize::new(0),
        }
    }

    pub(super) fn number(&self) -> usize {
        self.shares.len()
    }

    /// Takes messages that all belong to the share at a place, and leaves the list empty.
    pub(super) fn add(&self, place: usize, messages: &mut Vec<Seen>) -> Result<(), SpillError> {
        let Some(share) = self.shares.get(place) else {
            return Ok(());
        };
        let mut share = lock(share);
        let Share { audit, away } = &mut *share;
        let before = audit.open_bytes();
        if away.is_any {
            let mut record = Vec::new();
            for seen in messages.drain(..) {
                match away.pile(self, seen.task()) {
                    Some(pile) => {
                        record.clear();
                        record.push(MESSAGE);
                        seen.write(&mut record);
                        self.spill.append(pile, &record)?;
                    }
                    None => audit.add(seen),
                }
            }
        } else {
            messages.drain(..).for_each(|seen| audit.add(seen));
        }
        let mut total = self.replace(before, audit.open_bytes());
        // A share that has less than others leaves it to them: their turn comes soon.
        while total > self.room.open && audit.open_bytes() >= total / self.shares.len() {
            let before = audit.open_bytes();
            if !away.set_aside_largest(self, audit)? {
                break;
            }
            total = self.replace(before, audit.open_bytes());
        }
        let found = audit.take_findings();
        drop(share);
        match found.is_empty() {
            true => Ok(()),
            false => lock(&self.findings).add(found),
        }
    }

    /// Tells how much memory the open tasks take now that those of one share take other.
    fn replace(&self, before: usize, after: usize) -> usize {
        let change = after.wrapping_sub(before);
        let total = self.open.fetch_add(change, Ordering::Relaxed);
        total.wrapping_add(change)
    }

    /// Says of all tasks what they lack; so many threads read what was set aside.
    pub(super) fn finish(mut self, threads: usize) -> Result<(Report, Findings<'s>), SpillError> {
        let shares = std::mem::take(&mut self.shares).into_iter();
        let mut shares: Vec<Share> = shares
            .map(|share| share.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect();
        // What is in memory makes room first.
        for share in &mut shares {
            self.end_open(&mut share.audit)?;
        }
        self.room.open /= threads;
        let threads = match shares.iter().any(|share| share.away.is_any) {
            true => threads,
            false => 1,
        };
        let shares = Mutex::new(shares.into_iter());
        let work = || {
            let mut report = Report::default();
            loop {
                let share = lock(&shares).next();
                let Some(Share { mut audit, away }) = share else {
                    return Ok(report);
                };
                self.read_back(&mut audit, away)?;
                report.join(audit.finish());
            }
        };
        let mut report = Report::default();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| {
                let part: Result<Report, SpillError> = match thread.join() {
                    Ok(part) => part,
                    Err(panic) => std::panic::resume_unwind(panic),
                };
                part.map(|part| report.join(part))
            })
        })?;
        let findings = self.findings.into_inner();
        Ok((report, findings.unwrap_or_else(PoisonError::into_inner)))
    }

    /// Reads all piles of a share into its audit, one after the other.
    fn read_back(&self, audit: &mut Audit, away: Away) -> Result<(), SpillError> {
        let mut all = vec![away];
        while let Some(mut away) = all.pop() {
            let pile = away.piles.iter_mut().find_map(Option::take);
            let Some(pile) = pile else {
                continue;
            };
            let mut within = Away::new(away.depth + 1);
            all.push(away);
            self.read_pile(audit, pile, &mut within)?;
            self.end_open(audit)?;
            all.push(within);
        }
        Ok(())
    }

    fn read_pile(
        &self,
        audit: &mut Audit,
        pile: Pile,
        within: &mut Away,
    ) -> Result<(), SpillError> {
        let mut records = self.spill.read(pile);
        for number in 1_u64.. {
            let Some(record) = records.next()? else {
                break;
            };
            if number % 4096 == 0 {
                lock(&self.findings).add(audit.take_findings())?;
            }
            let kept = Kept::read(record).ok_or_else(|| self.spill.damaged())?;
            if let Some(pile) = within.pile(self, kept.task()) {
                self.spill.append(pile, record)?;
                continue;
            }
            match kept {
                Kept::Task(task) => audit.put_back(task),
                Kept::Message(seen) => audit.add(seen),
            }
            while audit.open_bytes() > self.room.open && within.set_aside_largest(self, audit)? {}
        }
        Ok(())
    }

    /// Says what the tasks in memory lack, now that nothing more comes for them.
    fn end_open(&self, audit: &mut Audit) -> Result<(), SpillError> {
        lock(&self.findings).add(audit.take_findings())?;
        for task in audit.take_open(|_| true) {
            lock(&self.findings).add(task.findings())?;
        }
        Ok(())
    }
}

impl Away {
    fn new(depth: u32) -> Self {
        Self {
            depth,
            piles: array::from_fn(|_| None),
            is_any: false,
        }
    }

    /// Gives the pile of the part to which a task belongs, if that is away.
    fn pile(&mut self, shares: &Shares<'_>, task: &TaskName<'_>) -> Option<&mut Pile> {
        let part = match self.is_any {
            true => self.part(shares, task),
            false => return None,
        };
        self.piles.get_mut(part)?.as_mut()
    }

    fn part(&self, shares: &Shares<'_>, task: &TaskName<'_>) -> usize {
        let hash = shares.parts.hash_one(task);
        (hash >> (self.depth * PARTS_BITS)) as usize % PARTS
    }

    /// Sets the part aside that takes the most memory; `false` if that would be of no use: a task
    /// that is alone has to be in memory in the end, however large it is.
    fn set_aside_largest(
        &mut self,
        shares: &Shares<'_>,
        audit: &mut Audit,
    ) -> Result<bool, SpillError> {
        if audit.open_tasks() <= 1 || self.depth >= DEEPEST {
            return Ok(false);
        }
        let mut bytes = [0; PARTS];
        for (task, taken) in audit.open() {
            if let Some(bytes) = bytes.get_mut(self.part(shares, task)) {
                *bytes += taken;
            }
        }
        let largest = (0..PARTS).max_by_key(|part| bytes.get(*part));
        let largest = largest.unwrap_or_default();
        let (mut pile, mut record) = (Pile::default(), Vec::new());
        for task in audit.take_open(|task| self.part(shares, task) == largest) {
            record.clear();
            record.push(TASK);
            task.write(&mut record);
            shares.spill.append(&mut pile, &record)?;
        }
        if let Some(place) = self.piles.get_mut(largest) {
            *place = Some(pile);
        }
        self.is_any = true;
        Ok(true)
    }
}

/// What a record of a pile is.
enum Kept {
    /// What was known of a task when its part was set aside.
    Task(OpenTask),
    /// What came later.
    Message(Seen),
}

const TASK: u8 = 0;
const MESSAGE: u8 = 1;

impl Kept {
    fn read(record: &[u8]) -> Option<Self> {
        match record.split_first()? {
            (&TASK, bytes) => OpenTask::read(bytes).map(Self::Task),
            (&MESSAGE, bytes) => Seen::read(bytes).map(Self::Message),
            _ => None,
        }
    }

    fn task(&self) -> &TaskName<'static> {
        match self {
            Self::Task(task) => task.name(),
            Self::Message(seen) => seen.task(),
        }
    }
}
