//! Problems that are asked twice, in nearly the same words, and traces that are copies: within a file, and across files,
//! where they are leaks.

mod found;
mod near;
pub(crate) mod shingle;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rayon::prelude::*;

pub use found::{Alike, Duplicates, FilePair, Likeness};
pub(crate) use near::Met;
pub use near::{NEAR, clusters};

use self::shingle::{is_mark, text_hash, words};
use super::similar::hash_of;
use crate::job::{JobContext, JobError, Progress};
use crate::store::Store;

/// Traces that are read at once on all cores; between two such lots the job can be stopped.
const LOT: u32 = 4096;

/// Finds the problems and traces of a project that are equal or nearly so. Problems are nearly equal from that share of
/// common runs of three words on, 0..=1, directly or through others; above 1 only equal ones are found.
///
/// Problems are equal that have the same words; case, blanks and punctuation do not count. Traces are copies whose
/// problems are equal or nearly so and whose steps say exactly the same. Attempts at a problem that stand in one file are
/// what that file is about, and not reported. Reads all texts. Can be stopped after every 4096 traces and 256 problems.
pub fn duplicates(store: &Store, near: f64, ctx: &JobContext) -> Result<Duplicates, JobError> {
    let texts: Vec<&str> = (0..store.problem_total()).map(|problem| store.problem_text(problem)).collect();
    let groups = clusters(&texts, near, ctx)?;
    let mut cluster_of: Vec<Option<usize>> = vec![None; texts.len()];
    for (number, group) in groups.iter().enumerate() {
        // What has no words is not told apart, and asks nothing.
        let asks = group.first().and_then(|&problem| texts.get(problem)).is_some_and(|text| !text.chars().all(is_mark));
        for &problem in group.iter().filter(|_| asks) {
            if let Some(place) = cluster_of.get_mut(problem) {
                *place = Some(number);
            }
        }
    }
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); groups.len()];
    let mut copies: HashMap<(usize, u64), Vec<u32>> = HashMap::new();
    let total = u32::try_from(store.len()).unwrap_or(u32::MAX);
    let mut from = 0;
    while from < total {
        ctx.checkpoint()?;
        ctx.report(Progress { done: from.into(), total: Some(total.into()), note: "Comparing traces".into() });
        let to = from.saturating_add(LOT).min(total);
        let lot: Vec<Option<u64>> = (from..to).into_par_iter().map(|row| steps_hash(store, row)).collect();
        for (row, hash) in (from..to).zip(lot) {
            let cluster = store.problem_row(row).and_then(|problem| *cluster_of.get(problem as usize)?);
            let Some(cluster) = cluster else { continue };
            if let Some(rows) = rows.get_mut(cluster) {
                rows.push(row);
            }
            if let Some(hash) = hash {
                copies.entry((cluster, hash)).or_default().push(row);
            }
        }
        from = to;
    }
    let mut found = Duplicates { near, ..Duplicates::default() };
    for (group, rows) in groups.iter().zip(rows) {
        ctx.checkpoint()?;
        add_problems(store, group, rows, &mut found);
    }
    let mut copies: Vec<Vec<u32>> = copies.into_values().filter(|rows| rows.len() > 1).collect();
    copies.sort_unstable();
    for rows in copies {
        found.add(Likeness::Copies, rows, store);
    }
    found.finish();
    Ok(found)
}

/// Reports the problems of a cluster: as equal ones where these words stand in several files, and as nearly equal ones
/// where there are other words, too.
fn add_problems(store: &Store, group: &[usize], rows: Vec<u32>, found: &mut Duplicates) {
    if group.len() == 1 {
        found.add(Likeness::Equal, rows, store);
        return;
    }
    let hashes: HashMap<usize, u128> =
        group.iter().map(|&problem| (problem, text_hash(&words(store.problem_text(problem))))).collect();
    let mut by_words: BTreeMap<u128, Vec<u32>> = BTreeMap::new();
    for &row in &rows {
        if let Some(hash) = store.problem_row(row).and_then(|problem| hashes.get(&(problem as usize))) {
            by_words.entry(*hash).or_default().push(row);
        }
    }
    let several = by_words.len() > 1;
    for rows in by_words.into_values() {
        found.add(Likeness::Equal, rows, store);
    }
    if several {
        found.add(Likeness::Near, rows, store);
    }
}

/// The same for traces whose steps say the same in the same order; `None` where nothing is said.
fn steps_hash(store: &Store, row: u32) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let mut says = false;
    for at in store.step_rows(row).ok()? {
        let hash = hash_of(&store.step_says(at));
        says |= hash.is_some();
        hash.hash(&mut hasher);
    }
    says.then(|| hasher.finish())
}
