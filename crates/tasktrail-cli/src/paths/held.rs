//! What waits until it is known whether it is wanted.

use std::collections::BTreeMap;
use std::io;

/// What was made of records, in their order; each waits for those before it.
#[derive(Debug)]
pub(super) struct Held<T> {
    slots: BTreeMap<u64, Slot<T>>,
    next: u64,
    bytes: usize,
    /// How many bytes may wait.
    limit: usize,
    order: Order,
    /// How many were not waited for any longer.
    pub(super) given_up: u64,
    /// How many were handed on before one that came earlier.
    pub(super) early: u64,
}

/// Whether what is wanted is handed on in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// In the order in which it came, as far as the memory goes.
    Kept,
    /// As soon as it is known to be wanted.
    Any,
}

#[derive(Debug)]
struct Slot<T> {
    what: T,
    bytes: usize,
    is_wanted: bool,
}

impl<T> Held<T> {
    pub(super) fn new(limit: usize, order: Order) -> Self {
        Self {
            slots: BTreeMap::new(),
            next: 0,
            bytes: 0,
            limit,
            order,
            given_up: 0,
            early: 0,
        }
    }

    /// Takes what is wanted.
    pub(super) fn add_wanted(
        &mut self,
        what: T,
        bytes: usize,
        give: &mut impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.slots.is_empty() || self.order == Order::Any {
            return give(what);
        }
        self.add(what, bytes, true);
        Ok(())
    }

    /// Takes what may be wanted; gives the number by which it is known.
    pub(super) fn add_waiting(&mut self, what: T, bytes: usize) -> u64 {
        self.add(what, bytes, false)
    }

    fn add(&mut self, what: T, bytes: usize, is_wanted: bool) -> u64 {
        self.bytes += bytes;
        let slot = Slot {
            what,
            bytes,
            is_wanted,
        };
        self.slots.insert(self.next, slot);
        self.next += 1;
        self.next - 1
    }

    fn remove(&mut self, number: u64) -> Option<T> {
        let slot = self.slots.remove(&number)?;
        self.bytes -= slot.bytes;
        Some(slot.what)
    }

    /// Takes the answer for one that waits.
    pub(super) fn answer(
        &mut self,
        number: u64,
        is_wanted: bool,
        give: &mut impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<()> {
        match (is_wanted, self.order) {
            (true, Order::Kept) => {
                if let Some(slot) = self.slots.get_mut(&number) {
                    slot.is_wanted = true;
                }
                Ok(())
            }
            (true, Order::Any) => self.remove(number).map_or(Ok(()), give),
            (false, _) => {
                self.remove(number);
                Ok(())
            }
        }
    }

    /// Stops waiting for an answer.
    pub(super) fn give_up(&mut self, number: u64) {
        self.given_up += u64::from(self.remove(number).is_some());
    }

    /// Hands on what has nothing before it that waits.
    pub(super) fn give_first(
        &mut self,
        give: &mut impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<()> {
        while let Some(first) = self.slots.first_entry() {
            if !first.get().is_wanted {
                break;
            }
            let slot = first.remove();
            self.bytes -= slot.bytes;
            give(slot.what)?;
        }
        Ok(())
    }

    /// Hands on all that is wanted if there is too much, then gives up what has waited longest.
    pub(super) fn keep_to_memory(
        &mut self,
        give: &mut impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.bytes <= self.limit {
            return Ok(());
        }
        self.give_first(give)?;
        for (number, slot) in std::mem::take(&mut self.slots) {
            if slot.is_wanted {
                self.early += 1;
                self.bytes -= slot.bytes;
                give(slot.what)?;
            } else {
                self.slots.insert(number, slot);
            }
        }
        while self.bytes > self.limit / 2 {
            let Some((_, slot)) = self.slots.pop_first() else {
                break;
            };
            self.bytes -= slot.bytes;
            self.given_up += 1;
        }
        Ok(())
    }

    /// Hands on all that is wanted; gives how many are still without an answer.
    pub(super) fn finish(self, give: &mut impl FnMut(T) -> io::Result<()>) -> io::Result<u64> {
        let mut without_answer = 0;
        for slot in self.slots.into_values() {
            match slot.is_wanted {
                true => give(slot.what)?,
                false => without_answer += 1,
            }
        }
        Ok(without_answer)
    }
}
