//! Which steps say the same, and reading all steps on all cores.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use rayon::prelude::*;

use crate::job::{JobContext, JobError, Progress};
use crate::store::Store;

/// Steps that are read at once on all cores; between two such lots the job can be stopped.
const LOT: usize = 1 << 15;

/// The different texts of the steps of a store, and which steps say each.
#[derive(Default)]
pub(super) struct Distinct {
    generation: u64,
    step_total: usize,
    /// The hash of each text, in ascending order; the place in this list is the number of the text.
    hashes: Vec<u64>,
    /// Where the steps of each text begin in `steps`; one more for the end.
    starts: Vec<u32>,
    /// Rows of the step table, those of one text in order.
    steps: Vec<u32>,
}

impl Distinct {
    /// Which steps say the same, but for blanks around it; those that say nothing are left out.
    pub(super) fn find(store: &Store, ctx: &JobContext) -> Result<Self, JobError> {
        let mut all: Vec<(u64, u32)> = Vec::with_capacity(store.step_total());
        let hash = |at: usize| Some((hash_of(&store.step_says(at))?, u32::try_from(at).ok()?));
        by_lots(store, "Finding equal steps", ctx, hash, |one| all.push(one))?;
        all.par_sort_unstable();
        let (generation, step_total) = (store.generation(), store.step_total());
        let mut found = Self { generation, step_total, steps: Vec::with_capacity(all.len()), ..Self::default() };
        for (hash, at) in all {
            if found.hashes.last() != Some(&hash) {
                found.hashes.push(hash);
                found.starts.push(u32::try_from(found.steps.len()).unwrap_or(u32::MAX));
            }
            found.steps.push(at);
        }
        found.starts.push(u32::try_from(found.steps.len()).unwrap_or(u32::MAX));
        Ok(found)
    }

    /// True where it was made of these tables.
    pub(super) fn fits(&self, store: &Store) -> bool {
        (self.generation, self.step_total) == (store.generation(), store.step_total())
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The number of the text that says exactly this.
    pub(super) fn number_of(&self, says: &[&str; 3]) -> Option<usize> {
        self.hashes.binary_search(&hash_of(says)?).ok()
    }

    /// The rows of the step table that say a text, in order.
    pub(super) fn steps_of(&self, text: usize) -> &[u32] {
        let at = |text: usize| self.starts.get(text).map_or(0, |start| *start as usize);
        self.steps.get(at(text)..at(text + 1)).unwrap_or_default()
    }

    /// Of each text the first row of the step table that says it, in the order of the texts.
    pub(super) fn firsts(&self) -> impl Iterator<Item = usize> {
        let starts = self.starts.iter().take(self.hashes.len());
        starts.filter_map(|start| self.steps.get(*start as usize)).map(|at| *at as usize)
    }

    /// How much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.hashes.len() * 8 + (self.starts.len() + self.steps.len()) * 4
    }
}

/// The same for the same words, but for blanks around them; `None` for what says nothing. Good for one run only.
pub(in crate::query) fn hash_of(says: &[&str; 3]) -> Option<u64> {
    let says = says.map(str::trim);
    let mut hasher = DefaultHasher::new();
    says.hash(&mut hasher);
    says.iter().any(|part| !part.is_empty()).then(|| hasher.finish())
}

/// Reads all steps on all cores, lot by lot, and hands on what `read` gives, in order.
pub(super) fn by_lots<T: Send>(
    store: &Store,
    note: &str,
    ctx: &JobContext,
    read: impl Fn(usize) -> Option<T> + Sync,
    mut take: impl FnMut(T),
) -> Result<(), JobError> {
    let total = store.step_total();
    for from in (0..total).step_by(LOT) {
        ctx.checkpoint()?;
        ctx.report(Progress { done: from as u64, total: Some(total as u64), note: note.into() });
        let lot: Range<usize> = from..total.min(from + LOT);
        let read: Vec<T> = lot.into_par_iter().filter_map(&read).collect();
        read.into_iter().for_each(&mut take);
    }
    ctx.checkpoint()
}
