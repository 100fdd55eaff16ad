//! What took the numbers of one action.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Slot, grown};

/// Slots by their numbers.
///
/// Most messages come about in their order, for which a list takes the least. Where many stand
/// behind a new one, as when the older of two logs is read last, a map takes its place: each message
/// would move all of them.
#[derive(Debug)]
pub(super) enum Slots {
    List(Vec<Slot>),
    Map(BTreeMap<u64, Slot>),
}

/// So many slots of a list are moved at most.
const FAR: usize = 1024;

/// What a slot takes in a map, of whose nodes half may be free.
const PLACE: usize = 2 * size_of::<(u64, Slot)>();

impl Default for Slots {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Slots {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::List(list) => list.len(),
            Self::Map(map) => map.len(),
        }
    }

    /// Tells how much memory all of them take, in bytes.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::List(list) => grown::<Slot>(0, list.capacity()),
            Self::Map(map) => map.len() * PLACE,
        }
    }

    /// Empties it; only a list keeps its memory.
    pub(super) fn clear(&mut self) {
        match self {
            Self::List(list) => list.clear(),
            Self::Map(_) => *self = Self::default(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> {
        let (list, map) = match self {
            Self::List(list) => (Some(list), None),
            Self::Map(map) => (None, Some(map)),
        };
        let of_map = map.into_iter().flat_map(BTreeMap::values);
        list.into_iter().flatten().chain(of_map)
    }

    /// Gives the slot with number 1.
    pub(super) fn first(&self) -> Option<&Slot> {
        let first = match self {
            Self::List(list) => list.first(),
            Self::Map(map) => map.values().next(),
        };
        first.filter(|slot| slot.number == 1)
    }

    /// Gives the slot with the highest number.
    pub(super) fn last(&self) -> Option<&Slot> {
        match self {
            Self::List(list) => list.last(),
            Self::Map(map) => map.values().next_back(),
        }
    }

    pub(super) fn get(&self, number: u64) -> Option<&Slot> {
        match self {
            Self::List(list) => list.get(place(list, number).ok()?),
            Self::Map(map) => map.get(&number),
        }
    }

    /// Gives the slot of a number, or else puts a new one there.
    #[inline]
    pub(super) fn get_or_insert(&mut self, new: Slot) -> Option<&mut Slot> {
        if let Self::List(list) = self
            && list.len() > FAR
            && place(list, new.number)
                .err()
                .is_some_and(|place| list.len() - place > FAR)
        {
            let slots = list.drain(..).map(|slot| (slot.number, slot));
            *self = Self::Map(slots.collect());
        }
        match self {
            Self::List(list) => match place(list, new.number) {
                Ok(place) => list.get_mut(place),
                Err(place) => {
                    list.insert(place, new);
                    None
                }
            },
            Self::Map(map) => match map.entry(new.number) {
                Entry::Occupied(slot) => Some(slot.into_mut()),
                Entry::Vacant(free) => {
                    free.insert(new);
                    None
                }
            },
        }
    }
}

/// Gives the place of a number in a list, or else where it belongs.
#[inline]
fn place(list: &[Slot], number: u64) -> Result<usize, usize> {
    match list.last() {
        // Most messages come in their order.
        Some(last) if last.number < number => Err(list.len()),
        None => Err(0),
        Some(_) => list.binary_search_by_key(&number, |slot| slot.number),
    }
}

#[cfg(test)]
mod tests {
    use super::super::SeenKind;
    use super::*;

    fn slot(number: u64, content: u64) -> Slot {
        Slot {
            number,
            content,
            kind: SeenKind::Message,
            action: 0,
        }
    }

    #[test]
    fn slots_are_found_by_their_numbers_in_whatever_order_they_came() {
        const COUNT: u64 = 3001;
        // In their order; the second half first; in none.
        let orders: [fn(u64) -> u64; 3] = [
            |at| at,
            |at| (at + COUNT / 2) % COUNT,
            |at| at * 7919 % COUNT,
        ];
        for (order, is_map) in orders.into_iter().zip([false, true, true]) {
            let mut slots = Slots::default();
            for number in (0..COUNT).map(order) {
                assert!(slots.get_or_insert(slot(number + 1, 1)).is_none());
                let known = slots.get_or_insert(slot(number + 1, 2)).unwrap();
                assert_eq!((known.number, known.content), (number + 1, 1));
            }

            assert_eq!(matches!(slots, Slots::Map(_)), is_map);
            assert_eq!(slots.len() as u64, COUNT);
            assert!(slots.iter().map(|slot| slot.number).eq(1..=COUNT));
            assert_eq!(slots.first().map(|slot| slot.number), Some(1));
            assert_eq!(slots.last().map(|slot| slot.number), Some(COUNT));
            assert_eq!(slots.get(700).map(|slot| slot.number), Some(700));
            assert!(slots.get(COUNT + 1).is_none());
            slots.clear();
            assert_eq!((slots.len(), slots.first().is_none()), (0, true));
        }
    }
}
