//! Hands a task over once for each of many items.

use std::fmt;
use std::iter::FusedIterator;

use tracing::Span;

use super::{HandOver, hand_over};

/// Gives each item with a [`HandOver`] of its own, for items that are worked on by many: by rayon's
/// threads, or by tasks that are spawned for them.
///
/// The current action hands over, and stays open until the iterator is dropped. A number is taken as
/// each item is taken out, on whichever thread that is, so `par_bridge` will do as well as a list.
/// The hand-over of an item that nobody continues says so as always.
///
/// ```
/// use rayon::prelude::*;
///
/// # let lines = tasktrail::example::lines(|| {
/// let _order = tracing::info_span!("order").entered();
/// let items: Vec<_> = tasktrail::hand_over_each([17, 4]).collect();
/// let prices: Vec<u32> = items
///     .into_par_iter()
///     .map(|(task, item)| task.run(|| item * 100))
///     .collect();
/// assert_eq!(prices, [1700, 400]);
/// # });
/// # assert_eq!(lines.len(), 6);
/// ```
pub fn hand_over_each<I: IntoIterator>(items: I) -> HandOverEach<I::IntoIter> {
    HandOverEach {
        action: Span::current(),
        items: items.into_iter(),
    }
}

/// Items, each with a [`HandOver`] of its own: [`hand_over_each`] makes it.
#[must_use = "nothing is handed over until an item is taken out"]
pub struct HandOverEach<I> {
    action: Span,
    items: I,
}

impl<I: Iterator> Iterator for HandOverEach<I> {
    type Item = (HandOver, I::Item);

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.items.next()?;
        Some((self.action.in_scope(hand_over), item))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for HandOverEach<I> {}

impl<I: FusedIterator> FusedIterator for HandOverEach<I> {}

impl<I> fmt::Debug for HandOverEach<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandOverEach")
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}
