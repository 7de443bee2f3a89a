//! Finds problems that are equal or nearly equal, without comparing every two.
//!
//! Rare shingles come first. Of two sets that share at least `t` of all they have, the rarest `(1 − t)·n + 1` shingles
//! of each have one in common (prefix filtering), so only problems that meet there are compared, and none is missed but
//! where thousands meet in one shingle.

use std::collections::HashMap;

use super::shingle::{jaccard, shingles, text_hash, words};
use crate::job::{JobContext, JobError, Progress};

/// From this share of common shingles on problems are taken for nearly the same, unless another is asked for.
pub const NEAR: f64 = 0.9;

/// Problems between two looks at whether to stop.
const CHECK_EVERY: usize = 256;

/// So many problems are compared for the sake of one shingle: a bound for a set made of one template.
const MOST_MET: usize = 2048;

/// Groups of positions whose texts are equal but for case, blanks and punctuation, or share at least `near` of their
/// shingles, directly or through others. Each position is in one group; groups and positions are in ascending order.
pub fn clusters(texts: &[&str], near: f64, ctx: &JobContext) -> Result<Vec<Vec<usize>>, JobError> {
    let mut sets = Sets::new(texts.len());
    let mut known: HashMap<u128, usize> = HashMap::new();
    // Only the first of equal texts is compared with others.
    let mut first: Vec<(usize, Vec<u64>)> = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        if at % CHECK_EVERY == 0 {
            ctx.checkpoint()?;
            tell(at, texts.len(), "Reading problems", ctx);
        }
        let words = words(text);
        match known.entry(text_hash(&words)) {
            std::collections::hash_map::Entry::Occupied(other) => sets.join(*other.get(), at),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(at);
                if near <= 1.0 && !words.is_empty() {
                    first.push((at, shingles(&words)));
                }
            }
        }
    }
    join_near(&first, near.max(0.1), &mut sets, ctx)?;
    Ok(sets.groups())
}

fn join_near(problems: &[(usize, Vec<u64>)], near: f64, sets: &mut Sets, ctx: &JobContext) -> Result<(), JobError> {
    let mut met = Met::new(problems.iter().flat_map(|(_, shingles)| shingles).copied(), near);
    for (number, (at, shingles)) in problems.iter().enumerate() {
        if number % CHECK_EVERY == 0 {
            ctx.checkpoint()?;
            tell(number, problems.len(), "Comparing problems", ctx);
        }
        for other in met.candidates(shingles) {
            let Some((place, others)) = problems.get(other) else { continue };
            let (short, long) = (shingles.len().min(others.len()), shingles.len().max(others.len()));
            let may_be = short as f64 >= near * long as f64;
            if may_be && !sets.together(*at, *place) && jaccard(shingles, others) >= near {
                sets.join(*at, *place);
            }
        }
        met.add(number, shingles);
    }
    Ok(())
}

fn tell(done: usize, total: usize, note: &str, ctx: &JobContext) {
    ctx.report(Progress { done: done as u64, total: Some(total as u64), note: note.into() });
}

/// Where sets of shingles meet that may be nearly equal: in their rarest ones.
pub(crate) struct Met {
    near: f64,
    frequency: HashMap<u64, u32>,
    places: HashMap<u64, Vec<usize>>,
}

impl Met {
    /// `all` are the shingles of all sets that are going to be added.
    pub(crate) fn new(all: impl Iterator<Item = u64>, near: f64) -> Self {
        let mut frequency: HashMap<u64, u32> = HashMap::new();
        for shingle in all {
            *frequency.entry(shingle).or_default() += 1;
        }
        Self { near: near.max(0.1), frequency, places: HashMap::new() }
    }

    /// The rarest shingles of a set, with how often each occurs.
    fn rare(&self, shingles: &[u64]) -> Vec<(u32, u64)> {
        let count = |shingle: &u64| self.frequency.get(shingle).copied().unwrap_or_default();
        let mut rare: Vec<(u32, u64)> = shingles.iter().map(|shingle| (count(shingle), *shingle)).collect();
        rare.sort_unstable();
        rare.truncate(prefix_length(shingles.len(), self.near));
        rare
    }

    /// The sets added before that may be nearly equal to this one, in ascending order.
    pub(crate) fn candidates(&self, shingles: &[u64]) -> Vec<usize> {
        let rare = self.rare(shingles);
        let mut candidates: Vec<usize> =
            rare.iter().filter_map(|(_, shingle)| self.places.get(shingle)).flatten().copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    pub(crate) fn add(&mut self, number: usize, shingles: &[u64]) {
        for (_, shingle) in self.rare(shingles) {
            let met = self.places.entry(shingle).or_default();
            if met.len() < MOST_MET {
                met.push(number);
            }
        }
    }
}

/// How many of the rarest shingles must be looked at so that no near-duplicate is missed.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of shingles")]
fn prefix_length(shingles: usize, near: f64) -> usize {
    // A little less than the share, so that rounding cannot hide one.
    let shared = ((near - 1e-9) * shingles as f64).ceil() as usize;
    shingles - shared.min(shingles) + 1
}

/// Which positions belong together.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn top(&mut self, at: usize) -> usize {
        let mut top = at;
        while let Some(&above) = self.0.get(top).filter(|&&above| above != top) {
            top = above;
        }
        let mut below = at;
        while let Some(slot) = self.0.get_mut(below).filter(|above| **above != top) {
            below = std::mem::replace(slot, top);
        }
        top
    }

    fn together(&mut self, a: usize, b: usize) -> bool {
        self.top(a) == self.top(b)
    }

    /// The lower position stands for both.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.top(a), self.top(b));
        if let Some(slot) = self.0.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }

    fn groups(mut self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut places: HashMap<usize, usize> = HashMap::new();
        for at in 0..self.0.len() {
            let top = self.top(at);
            let place = *places.entry(top).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(at),
                None => groups.push(vec![at]),
            }
        }
        groups
    }
}
