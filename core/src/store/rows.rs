//! A set of rows that several threads fill at once.

use std::sync::atomic::{AtomicU64, Ordering};

/// A set of rows, one bit each.
#[derive(Debug, Default)]
pub(crate) struct RowSet(Vec<AtomicU64>);

impl RowSet {
    /// An empty set, for rows below `len`.
    pub(crate) fn new(len: usize) -> Self {
        Self(std::iter::repeat_with(AtomicU64::default).take(len.div_ceil(64)).collect())
    }

    pub(crate) fn insert(&self, row: usize) {
        if let Some(word) = self.0.get(row / 64) {
            word.fetch_or(1 << (row % 64), Ordering::Relaxed);
        }
    }

    pub(crate) fn contains(&self, row: usize) -> bool {
        self.0.get(row / 64).is_some_and(|word| word.load(Ordering::Relaxed) >> (row % 64) & 1 == 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.load(Ordering::Relaxed).count_ones() as usize).sum()
    }

    /// Keeps the rows that are in the other set, too.
    pub(crate) fn keep_common(&self, other: &Self) {
        for (word, theirs) in self.0.iter().zip(&other.0) {
            word.fetch_and(theirs.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// The rows in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let word = word.load(Ordering::Relaxed);
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }
}
