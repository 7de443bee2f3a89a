//! Puts rows in order. Every key becomes one optional number, so that there is one comparison.

use std::thread;

use super::row::path_scores;
use super::run::GRAIN;
use super::{LabelState, Scores, Sort, SortKey};
use crate::job::{JobContext, JobError};
use crate::model::Verdict;
use crate::scoring::Aggregate;
use crate::store::Store;

/// Fewer rows are not worth a thread. Tests have few.
const PART: usize = if cfg!(test) { 2 } else { 1 << 15 };
/// Keys that differ in more bytes are compared.
const MOST_PASSES: usize = 3;

/// Sorts rows that stand in the order of the source. `state` tells how far the annotator got with one.
pub(super) fn sort(
    rows: Vec<u32>,
    sort: Sort,
    store: &Store,
    state: &dyn Fn(u32) -> LabelState,
    (scores, aggregate): (Option<&dyn Scores>, Aggregate),
    ctx: &JobContext,
) -> Result<Vec<u32>, JobError> {
    if sort.key == SortKey::Row {
        return Ok(if sort.descending { rows.into_iter().rev().collect() } else { rows });
    }
    let key = |row: u32| match sort.key {
        SortKey::Row => Some(u64::from(row)),
        SortKey::Problem => store.problem_rank(row).map(u64::from),
        SortKey::Generator => store.generator_rank(row).map(u64::from),
        SortKey::Steps => Some(u64::from(store.step_count(row))),
        SortKey::Outcome => match store.verdict(row) {
            Verdict::Unknown => None,
            Verdict::Incorrect => Some(0),
            Verdict::Correct => Some(1),
        },
        SortKey::State => Some(state(row) as u64),
        SortKey::PathScore => path_scores(row, store, scores, aggregate).0.map(ordered),
        SortKey::LastScore => path_scores(row, store, scores, Aggregate::Last).1.map(ordered),
    };
    by_key(rows, key, sort.descending, ctx)
}

/// Sorts rows by a key; those without one come last. Rows of equal keys keep their order only where they stand in the
/// order of the source.
pub(super) fn by_key(
    rows: Vec<u32>,
    key: impl Fn(u32) -> Option<u64>,
    descending: bool,
    ctx: &JobContext,
) -> Result<Vec<u32>, JobError> {
    let mut keyed = Vec::with_capacity(rows.len());
    let mut lacking = Vec::new();
    for (index, row) in (0_u32..).zip(rows) {
        if index % GRAIN == 0 {
            ctx.checkpoint()?;
        }
        match key(row) {
            Some(key) => keyed.push((if descending { !key } else { key }, row)),
            None => lacking.push(row),
        }
    }
    sort_keys(&mut keyed);
    ctx.checkpoint()?;
    Ok(keyed.into_iter().map(|(_, row)| row).chain(lacking).collect())
}

/// Sorts by key; equal keys keep the order of their rows, in which they stand.
fn sort_keys(keyed: &mut Vec<(u64, u32)>) {
    let first = keyed.first().map_or(0, |(key, _)| *key);
    let varying = keyed.iter().fold(0, |varying, (key, _)| varying | (key ^ first));
    let bytes: Vec<u32> = (0..8).filter(|byte| varying >> (8 * byte) & 0xFF != 0).collect();
    // Ranks and counts differ in few bytes: to deal them out byte by byte is faster than to compare them.
    if bytes.len() > MOST_PASSES || keyed.len() < PART {
        return sort_in_parts(keyed);
    }
    for byte in bytes {
        let digit = |key: u64| (key >> (8 * byte) & 0xFF) as usize;
        let mut piles: [Vec<(u64, u32)>; 256] = std::array::from_fn(|_| Vec::new());
        for &item in &*keyed {
            if let Some(pile) = piles.get_mut(digit(item.0)) {
                pile.push(item);
            }
        }
        keyed.clear();
        for pile in piles {
            keyed.extend(pile);
        }
    }
}

/// Sorts parts on several cores, then the whole, which costs little where there are sorted runs.
fn sort_in_parts(keyed: &mut [(u64, u32)]) {
    let parts = thread::available_parallelism().map_or(1, usize::from);
    let length = keyed.len().div_ceil(parts).max(PART);
    if keyed.len() > length {
        thread::scope(|scope| {
            for part in keyed.chunks_mut(length) {
                // A part that finds no thread is sorted with the whole.
                let body = move || part.sort_unstable();
                thread::Builder::new().name("sort traces".into()).spawn_scoped(scope, body).ok();
            }
        });
    }
    #[expect(clippy::stable_sort_primitive, reason = "it finds the sorted runs and merges them")]
    keyed.sort();
}

/// A number whose order is that of the floats, by `total_cmp`.
pub(super) fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if value.is_sign_negative() { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_sorted_and_rows_kept(keys: Vec<u64>, mask in prop::sample::select(vec![1, 0xFF00, 0xFF_FFFF, !0])) {
            let mut keyed: Vec<(u64, u32)> = keys.iter().map(|key| key & mask).zip(0..).collect();
            let mut expected = keyed.clone();
            expected.sort_unstable();
            sort_keys(&mut keyed);
            prop_assert_eq!(keyed, expected);
        }

        #[test]
        fn ordered_numbers_follow_the_floats(a: u64, b: u64) {
            let (x, y) = (f64::from_bits(a), f64::from_bits(b));
            prop_assert_eq!(ordered(x).cmp(&ordered(y)), x.total_cmp(&y));
        }
    }
}
