//! Counts and measures records by their values.

use std::collections::HashMap;
use std::io;

use super::made::Wanted;
use super::print::Printer;
use crate::pairs::{Half, Pairs};
use crate::percentiles::{KEPT, Percentiles};
use crate::tell::tell;

/// The values of the fields by which is grouped, as JSON; empty texts for those that there are not.
pub(super) type Key = Vec<String>;

/// A record of a group.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) key: Key,
    pub(super) number: Option<f64>,
}

/// What is to be known of a start or an end.
#[derive(Debug)]
pub(super) struct Action {
    pub(super) key: Key,
    pub(super) is_chosen: bool,
}

/// All groups.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: HashMap<Key, Group>,
    pairs: Pairs<Action>,
    /// How many actions that were chosen can't be measured.
    without_time: u64,
}

#[derive(Debug, Default)]
struct Group {
    count: u64,
    numbers: Percentiles,
}

impl Groups {
    pub(super) fn add(&mut self, member: Member) {
        let group = self.groups.entry(member.key).or_default();
        group.count += 1;
        if let Some(number) = member.number {
            group.numbers.add(number);
        }
    }

    /// Takes in an action when both halves of it are there.
    pub(super) fn add_half(&mut self, half: Half<Action>) {
        let Some(pair) = self.pairs.add(half) else {
            return;
        };
        let (Some(start), Some(end)) = (pair.start, pair.end) else {
            return;
        };
        if !end.is_chosen {
            return;
        }
        if pair.seconds.is_none() {
            self.without_time += 1;
            return;
        }
        // Fields are mostly those of the start.
        let values = end.key.into_iter().zip(start.key);
        let values = values.map(|(end, start)| if end.is_empty() { start } else { end });
        self.add(Member {
            key: values.collect(),
            number: pair.seconds,
        });
    }

    /// Prints the groups, the greatest first.
    pub(super) fn print(
        self,
        names: &[String],
        wanted: &Wanted<'_>,
        printer: &mut Printer,
    ) -> io::Result<()> {
        let mut groups: Vec<_> = self.groups.into_iter().collect();
        if groups.is_empty() && names.is_empty() {
            groups.push(Default::default());
        }
        groups.sort_by(|one, other| (other.1.count, &one.0).cmp(&(one.1.count, &other.0)));
        let mut is_near = false;
        for (key, mut group) in groups {
            is_near |= !group.numbers.is_exact();
            let numbers = match wanted {
                Wanted::Groups(_, None) => None,
                _ => Some(group.numbers.of(&[50, 90, 99])),
            };
            let is_duration = matches!(wanted, Wanted::Durations(_));
            printer.group(key, group.count, numbers, is_duration)?;
        }
        if is_near {
            tell(format_args!(
                "p50, p90 and p99 of more than {KEPT} numbers are near: within 0.4 %"
            ));
        }
        let half = self.pairs.rest();
        let half = half.filter(|pair| pair.end.as_ref().is_some_and(|end| end.is_chosen));
        match self.without_time + half.count() as u64 {
            0 => {}
            1 => tell(format_args!(
                "1 action has no start or no time, and is not counted"
            )),
            actions => tell(format_args!(
                "{actions} actions have no start or no time, and are not counted"
            )),
        }
        Ok(())
    }
}
