//! All findings, sorted, in bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::mem;

use tasktrail_record::{Finding, FindingKind, TaskName};

use crate::spill::{Pile, Reader, Spill, SpillError};

/// Takes findings in any order.
#[derive(Debug)]
pub(super) struct Findings<'s> {
    spill: &'s Spill,
    /// So many bytes of them are in memory at most.
    limit: usize,
    newest: Vec<Finding>,
    newest_bytes: usize,
    /// The others, sorted in each pile. Those of each place were made of several of the one before.
    sorted: Vec<Vec<Pile>>,
    counts: [u64; KINDS.len()],
}

pub(super) const KINDS: [FindingKind; 5] = [
    FindingKind::Missing,
    FindingKind::Doubled,
    FindingKind::Contradictory,
    FindingKind::AfterEnd,
    FindingKind::Open,
];

/// So many piles are made one, for each takes memory while it is read.
const MANY: usize = 32;

impl<'s> Findings<'s> {
    pub(super) fn new(spill: &'s Spill, limit: usize) -> Self {
        Self {
            spill,
            limit,
            newest: Vec::new(),
            newest_bytes: 0,
            sorted: Vec::new(),
            counts: [0; KINDS.len()],
        }
    }

    pub(super) fn add(&mut self, findings: Vec<Finding>) -> Result<(), SpillError> {
        for finding in findings {
            let kinds = KINDS.iter().zip(&mut self.counts);
            kinds
                .filter(|(kind, _)| **kind == finding.kind())
                .for_each(|(_, count)| *count += 1);
            self.newest_bytes += bytes_of(&finding);
            self.newest.push(finding);
            if self.newest_bytes > self.limit {
                self.set_aside()?;
            }
        }
        Ok(())
    }

    fn set_aside(&mut self) -> Result<(), SpillError> {
        self.newest.sort_unstable();
        let mut newest = self.newest.drain(..);
        let mut pile = pile_up(self.spill, || Ok(newest.next()))?;
        drop(newest);
        self.newest_bytes = 0;
        for piles in &mut self.sorted {
            piles.push(pile);
            if piles.len() < MANY {
                return Ok(());
            }
            let mut merged = Sorted::new(self.spill, mem::take(piles), Vec::new())?;
            pile = pile_up(self.spill, || merged.next())?;
        }
        self.sorted.push(vec![pile]);
        Ok(())
    }

    /// Counts those of each of the [`KINDS`].
    pub(super) fn counts(&self) -> [u64; KINDS.len()] {
        self.counts
    }

    pub(super) fn sorted(mut self) -> Result<Sorted<'s>, SpillError> {
        self.newest.sort_unstable();
        let piles = self.sorted.into_iter().flatten().collect();
        Sorted::new(self.spill, piles, self.newest)
    }
}

fn bytes_of(finding: &Finding) -> usize {
    let name = match finding.task() {
        TaskName::Id(_) => 0,
        TaskName::Text(text) => text.len(),
    };
    size_of::<Finding>() + name + size_of_val(finding.level().numbers())
}

fn pile_up(
    spill: &Spill,
    mut next: impl FnMut() -> Result<Option<Finding>, SpillError>,
) -> Result<Pile, SpillError> {
    let (mut pile, mut record) = (Pile::default(), Vec::new());
    while let Some(finding) = next()? {
        record.clear();
        finding.write(&mut record);
        spill.append(&mut pile, &record)?;
    }
    Ok(pile)
}

/// Gives findings in their order.
#[derive(Debug)]
pub(super) struct Sorted<'s> {
    spill: &'s Spill,
    readers: Vec<Reader<'s>>,
    /// The first of each reader, by its place among them, and the first of those in memory.
    firsts: BinaryHeap<Reverse<(Finding, usize)>>,
    newest: std::vec::IntoIter<Finding>,
}

impl<'s> Sorted<'s> {
    fn new(spill: &'s Spill, piles: Vec<Pile>, newest: Vec<Finding>) -> Result<Self, SpillError> {
        let mut sorted = Self {
            spill,
            readers: piles.into_iter().map(|pile| spill.read(pile)).collect(),
            firsts: BinaryHeap::new(),
            newest: newest.into_iter(),
        };
        for place in 0..=sorted.readers.len() {
            sorted.advance(place)?;
        }
        Ok(sorted)
    }

    /// Gives the next one; `None` if there are no more.
    pub(super) fn next(&mut self) -> Result<Option<Finding>, SpillError> {
        let Some(Reverse((finding, place))) = self.firsts.pop() else {
            return Ok(None);
        };
        self.advance(place)?;
        Ok(Some(finding))
    }

    fn advance(&mut self, place: usize) -> Result<(), SpillError> {
        let next = match self.readers.get_mut(place) {
            Some(reader) => match reader.next()? {
                Some(record) => match Finding::read(record) {
                    Some(finding) => Some(finding),
                    None => return Err(self.spill.damaged()),
                },
                None => None,
            },
            None => self.newest.next(),
        };
        self.firsts
            .extend(next.map(|finding| Reverse((finding, place))));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tasktrail_record::{Audit, Glance, Seen};

    use super::*;

    /// Findings of all kinds but one, in no order, some of them twice.
    fn findings() -> Vec<Finding> {
        let mut findings = Vec::new();
        for round in 0..2 {
            let mut audit = Audit::new();
            for task in 0..1000_u64 {
                let task = task * 7919 % 1000;
                let name = match task % 3 {
                    0 => format!("192f76ea-915e-4131-95dc-{task:012}"),
                    _ => format!("task {task}"),
                };
                for level in ["[2,1]", "[5]", "[5]", "[5,7]"] {
                    let said = task + round * task % 2;
                    let line = format!(
                        r#"{{"task_uuid":"{name}","task_level":{level},"message_type":"{said}"}}"#
                    );
                    let glance = Glance::parse(line.as_bytes()).unwrap();
                    audit.add(Seen::new(&glance, line.as_bytes()).unwrap());
                }
            }
            findings.extend(audit.take_findings());
            let open = audit.take_open(|_| true);
            findings.extend(open.flat_map(|task| task.findings()));
        }
        findings
    }

    #[test]
    fn findings_are_sorted_however_few_fit_into_memory() {
        let all = findings();
        let mut expected = all.clone();
        expected.sort();
        assert_ne!(all, expected);
        for limit in [1, 1_000, 100_000, usize::MAX] {
            let spill = Spill::with_block(std::env::temp_dir(), 256);
            let mut findings = Findings::new(&spill, limit);
            findings.add(all.clone()).unwrap();

            assert_eq!(findings.counts().iter().sum::<u64>(), all.len() as u64);
            assert_eq!(findings.sorted.is_empty(), limit == usize::MAX);
            assert!(findings.sorted.iter().all(|piles| piles.len() < MANY));
            let mut sorted = findings.sorted().unwrap();
            let next = || sorted.next().unwrap();
            assert!(
                std::iter::from_fn(next).eq(expected.iter().cloned()),
                "{limit}"
            );
        }
    }
}
