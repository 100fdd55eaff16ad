//! The percentiles of many numbers.

use std::collections::BTreeMap;

/// So many numbers of one group are kept as they are: 8 MB.
pub(crate) const KEPT: usize = 1_000_000;

/// Numbers, of which percentiles can be asked.
///
/// Up to [`KEPT`] are kept, and percentiles are exact. When there are more, all are put into
/// buckets, whose numbers differ by less than 0.4 %.
#[derive(Debug, Clone)]
pub(crate) struct Percentiles {
    kept: Vec<f64>,
    limit: usize,
    /// How many numbers are in each bucket; empty as long as they are kept.
    buckets: BTreeMap<i64, u64>,
    count: u64,
    largest: f64,
    total: f64,
}

impl Default for Percentiles {
    fn default() -> Self {
        Self::with_limit(KEPT)
    }
}

impl Percentiles {
    fn with_limit(limit: usize) -> Self {
        Self {
            kept: Vec::new(),
            limit,
            buckets: BTreeMap::new(),
            count: 0,
            largest: f64::NEG_INFINITY,
            total: 0.0,
        }
    }

    /// Takes a number; one that is none has no place among the others, and is passed over.
    pub(crate) fn add(&mut self, number: f64) {
        if number.is_nan() {
            return;
        }
        self.count += 1;
        self.largest = self.largest.max(number);
        self.total += number;
        match self.buckets.is_empty() {
            true => self.kept.push(number),
            false => *self.buckets.entry(bucket(number)).or_default() += 1,
        }
        if self.kept.len() > self.limit {
            for number in std::mem::take(&mut self.kept) {
                *self.buckets.entry(bucket(number)).or_default() += 1;
            }
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn total(&self) -> f64 {
        self.total
    }

    /// Tells whether all numbers were kept.
    pub(crate) fn is_exact(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Gives the least number that so many in a hundred do not exceed, for each of `percents`, then
    /// the largest one; nothing if there are no numbers.
    pub(crate) fn of(&mut self, percents: &[u64]) -> Option<Vec<f64>> {
        if self.count == 0 {
            return None;
        }
        self.kept.sort_by(f64::total_cmp);
        let rank = |percent: u64| {
            let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100);
            u64::try_from(rank).unwrap_or(u64::MAX).max(1)
        };
        let found = percents.iter().map(|percent| self.ranked(rank(*percent)));
        Some(found.chain([self.largest]).collect())
    }

    /// Gives the number at a rank, counted from 1.
    fn ranked(&self, rank: u64) -> f64 {
        if self.is_exact() {
            let place = usize::try_from(rank - 1).unwrap_or(usize::MAX);
            return self.kept.get(place).copied().unwrap_or(self.largest);
        }
        let mut before = 0;
        for (bucket, count) in &self.buckets {
            before += count;
            if before >= rank {
                return middle(*bucket).min(self.largest);
            }
        }
        self.largest
    }
}

/// So many bits of a number's fraction are not told apart, of 52.
const BITS: u32 = 44;

/// Gives the place of a number among all buckets, which are in the order of their numbers.
fn bucket(number: f64) -> i64 {
    in_order(number.to_bits() as i64) >> BITS
}

/// Gives a number in the middle of a bucket.
fn middle(bucket: i64) -> f64 {
    f64::from_bits(in_order((bucket << BITS) | (1 << (BITS - 1))) as u64)
}

/// Turns the bits of a float into an integer of the same order, and back.
fn in_order(bits: i64) -> i64 {
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percentiles(limit: usize, numbers: impl IntoIterator<Item = f64>) -> Percentiles {
        let mut percentiles = Percentiles::with_limit(limit);
        numbers
            .into_iter()
            .for_each(|number| percentiles.add(number));
        percentiles
    }

    #[test]
    fn a_percentile_is_the_least_number_that_so_many_do_not_exceed() {
        for (numbers, expected) in [
            (vec![7.0], [7.0, 7.0, 7.0, 7.0]),
            (vec![2.0, 1.0], [1.0, 2.0, 2.0, 2.0]),
            (vec![3.0, -1.0, 2.0], [2.0, 3.0, 3.0, 3.0]),
            ((1..=10).map(f64::from).collect(), [5.0, 9.0, 10.0, 10.0]),
            (
                (1..=1000).rev().map(f64::from).collect(),
                [500.0, 900.0, 990.0, 1000.0],
            ),
        ] {
            assert_eq!(
                percentiles(KEPT, numbers).of(&[50, 90, 99]),
                Some(expected.to_vec())
            );
        }
        assert_eq!(percentiles(KEPT, []).of(&[50]), None);
        assert_eq!(percentiles(KEPT, [f64::NAN]).of(&[50]), None);
    }

    #[test]
    fn of_more_numbers_than_are_kept_percentiles_are_near_and_the_largest_is_exact() {
        let numbers = || (-5000..=5000).map(|number| f64::from(number) * 1.37);
        let exact = percentiles(KEPT, numbers()).of(&[1, 10, 60, 99]).unwrap();
        let mut near = percentiles(100, numbers());

        assert!(!near.is_exact());
        assert!(near.kept.is_empty() && near.buckets.len() < 8000);
        let near = near.of(&[1, 10, 60, 99]).unwrap();
        for (near, exact) in near.iter().zip(&exact) {
            assert!(
                (near - exact).abs() <= exact.abs() * 0.004,
                "{near} {exact}"
            );
        }
        assert_eq!(near.last(), exact.last());
    }
}
