//! Finds steps by their rare words without looking at all of them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::words::{Bag, bag};
use crate::job::{JobContext, JobError, Progress};
use crate::store::{RowSet, Store};

/// By so many of its rarest words a text is found.
const POSTED: usize = 12;

/// Steps that are read at once on all cores; between two such lots the job can be stopped.
const LOT: usize = 1 << 15;

/// Least and most words that are told apart, as powers of two. Further ones share a place with others, which makes
/// candidates that are not alike, and no false neighbours: these are found by comparing texts.
const FEWEST_SLOTS: u32 = 18;
const MOST_SLOTS: u32 = 24;

/// The texts of all steps of a store by their rare words, held in memory.
///
/// Steps that say exactly the same are one text. It takes 4 bytes a step and up to 90 a text, 3 MiB at least, and as much
/// again while it is made.
pub struct SimilarIndex {
    generation: u64,
    step_total: usize,
    /// The hash of each text, in ascending order; the place in this list is the number of the text.
    hashes: Vec<u64>,
    /// Where the steps of each text begin in `steps`; one more for the end.
    starts: Vec<u32>,
    /// Rows of the step table, those of one text in order.
    steps: Vec<u32>,
    /// The length of each text as a vector of weights.
    lengths: Vec<f32>,
    /// In how many texts each word occurs.
    counts: Vec<u32>,
    /// Where the list of each word begins in `texts`; one more for the end.
    lists: Vec<usize>,
    /// The numbers of the texts that have the word among their rarest.
    texts: Vec<u32>,
}

/// Which steps say the same, as lists: texts by hash, and the steps of each.
#[derive(Default)]
struct Distinct {
    hashes: Vec<u64>,
    starts: Vec<u32>,
    steps: Vec<u32>,
}

/// The rarest words of a text, and its length as a vector.
struct Rare {
    text: usize,
    length: f32,
    words: [usize; POSTED],
    count: usize,
}

impl SimilarIndex {
    /// Reads all steps three times, on all cores: to find those that say the same, to count words, to list texts by
    /// their rarest words. Can be stopped after every 32,768 steps.
    pub fn build(store: &Store, ctx: &JobContext) -> Result<Self, JobError> {
        let Distinct { hashes, starts, steps } = Distinct::find(store, ctx)?;
        let firsts = RowSet::new(store.step_total());
        let first = |start: &u32| steps.get(*start as usize).copied();
        starts.iter().take(hashes.len()).filter_map(first).for_each(|at| firsts.insert(at as usize));
        let slots = 1 << (usize::BITS - hashes.len().leading_zeros()).clamp(FEWEST_SLOTS, MOST_SLOTS);
        let counts: Vec<AtomicU32> = std::iter::repeat_with(AtomicU32::default).take(slots).collect();
        let count = |at: usize| {
            for (word, _) in firsts.contains(at).then(|| bag(&store.step_says(at)))? {
                counts.get(slot(word, slots))?.fetch_add(1, Ordering::Relaxed);
            }
            Some(())
        };
        by_lots(store, "Counting words", ctx, count, |()| {})?;
        let mut index = Self {
            generation: store.generation(),
            step_total: store.step_total(),
            lengths: vec![0.0; hashes.len()],
            hashes,
            starts,
            steps,
            counts: counts.into_iter().map(AtomicU32::into_inner).collect(),
            lists: Vec::new(),
            texts: Vec::new(),
        };
        let mut lengths = std::mem::take(&mut index.lengths);
        let (mut numbers, mut words) = (Vec::with_capacity(lengths.len()), Vec::new());
        let rare = |at: usize| {
            let says = firsts.contains(at).then(|| store.step_says(at))?;
            Some(index.rare(index.text_of(&says)?, &bag(&says)))
        };
        by_lots(store, "Listing rare words", ctx, rare, |rare| {
            if let Some(length) = lengths.get_mut(rare.text) {
                *length = rare.length;
            }
            words.extend(rare.words.iter().take(rare.count).map(|&word| u32::try_from(word).unwrap_or(u32::MAX)));
            numbers.push((u32::try_from(rare.text).unwrap_or(u32::MAX), words.len()));
        })?;
        index.lengths = lengths;
        index.list(&numbers, &words);
        Ok(index)
    }

    /// Puts the texts into the lists of their words: `numbers` has each text and where its words end in `words`.
    fn list(&mut self, numbers: &[(u32, usize)], words: &[u32]) {
        let mut lists = vec![0; self.counts.len() + 1];
        for &word in words {
            if let Some(after) = lists.get_mut(word as usize + 1) {
                *after += 1;
            }
        }
        let mut sum = 0;
        for start in &mut lists {
            sum += *start;
            *start = sum;
        }
        // Filling moves the start of each list to its end, which is the start of the next.
        let mut next = lists.clone();
        let mut texts = vec![0; words.len()];
        let mut from = 0;
        for &(text, to) in numbers {
            for &word in words.get(from..to).unwrap_or_default() {
                let Some(place) = next.get_mut(word as usize) else { continue };
                if let Some(slot) = texts.get_mut(*place) {
                    *slot = text;
                }
                *place += 1;
            }
            from = to;
        }
        // Texts are numbered by their hashes: the beginning of a sorted list is a sample of it.
        for (start, end) in lists.iter().zip(lists.iter().skip(1)) {
            if let Some(list) = texts.get_mut(*start..*end) {
                list.sort_unstable();
            }
        }
        (self.lists, self.texts) = (lists, texts);
    }

    /// True where it was made of these tables.
    pub fn fits(&self, store: &Store) -> bool {
        (self.generation, self.step_total) == (store.generation(), store.step_total())
    }

    /// How many different texts there are.
    pub fn texts(&self) -> usize {
        self.hashes.len()
    }

    /// How much memory it takes.
    pub fn bytes(&self) -> usize {
        self.hashes.len() * 8
            + (self.starts.len() + self.steps.len() + self.lengths.len() + self.counts.len() + self.texts.len()) * 4
            + self.lists.len() * size_of::<usize>()
    }

    /// The number of the text that says exactly this.
    pub(super) fn text_of(&self, says: &[&str; 3]) -> Option<usize> {
        self.hashes.binary_search(&hash_of(says)?).ok()
    }

    /// The rows of the step table that say a text, in order.
    pub(super) fn steps_of(&self, text: usize) -> &[u32] {
        let at = |text: usize| self.starts.get(text).map_or(0, |start| *start as usize);
        self.steps.get(at(text)..at(text + 1)).unwrap_or_default()
    }

    /// The length of a text as a vector of weights.
    pub(super) fn length_of(&self, text: usize) -> f32 {
        self.lengths.get(text).copied().unwrap_or_default()
    }

    /// What a word weighs in a text in which it occurs so often: `(1 + ln count) · ln(1 + N / n)`, of N texts in n of which
    /// it occurs.
    pub(super) fn weight(&self, word: u64, count: u32) -> f32 {
        (1.0 + (count as f32).ln()) * self.rarity(slot(word, self.counts.len()))
    }

    fn rarity(&self, slot: usize) -> f32 {
        let with = self.counts.get(slot).copied().unwrap_or_default().max(1);
        (self.hashes.len() as f32 / with as f32).ln_1p()
    }

    /// The numbers of the texts that have the word among their rarest.
    pub(super) fn list_of(&self, word: u64) -> &[u32] {
        let slot = slot(word, self.counts.len());
        let at = |slot: usize| self.lists.get(slot).copied().unwrap_or_default();
        self.texts.get(at(slot)..at(slot + 1)).unwrap_or_default()
    }

    /// The words by which a text is found: the rarest that others have, too, before those that only it has.
    fn rare(&self, text: usize, bag: &Bag) -> Rare {
        let length = length(bag.iter().map(|&(word, count)| self.weight(word, count)));
        let mut rarest: Vec<(bool, u32, usize)> = bag
            .iter()
            .map(|&(word, _)| {
                let slot = slot(word, self.counts.len());
                let with = self.counts.get(slot).copied().unwrap_or_default();
                (with < 2, with, slot)
            })
            .collect();
        rarest.sort_unstable();
        rarest.dedup();
        let mut words = [0; POSTED];
        words.iter_mut().zip(&rarest).for_each(|(place, (.., slot))| *place = *slot);
        Rare { text, length, words, count: rarest.len().min(POSTED) }
    }
}

impl Distinct {
    /// Which steps say the same, but for blanks around it; those that say nothing are left out.
    fn find(store: &Store, ctx: &JobContext) -> Result<Self, JobError> {
        let mut all: Vec<(u64, u32)> = Vec::with_capacity(store.step_total());
        let hash = |at: usize| Some((hash_of(&store.step_says(at))?, u32::try_from(at).ok()?));
        by_lots(store, "Finding equal steps", ctx, hash, |one| all.push(one))?;
        all.par_sort_unstable();
        let mut found = Self { steps: Vec::with_capacity(all.len()), ..Self::default() };
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
}

/// The length of a vector.
pub(super) fn length(weights: impl Iterator<Item = f32>) -> f32 {
    weights.map(|weight| weight * weight).sum::<f32>().sqrt()
}

/// The same for the same words, but for blanks around them; `None` for what says nothing. Good for one run only.
pub(in crate::query) fn hash_of(says: &[&str; 3]) -> Option<u64> {
    let says = says.map(str::trim);
    let mut hasher = DefaultHasher::new();
    says.hash(&mut hasher);
    says.iter().any(|part| !part.is_empty()).then(|| hasher.finish())
}

/// The place of a word in tables of that many.
fn slot(word: u64, slots: usize) -> usize {
    // `slots` is a power of two.
    usize::try_from(word & (slots as u64 - 1)).unwrap_or_default()
}

/// Reads all steps on all cores, lot by lot, and hands on what `read` gives, in order.
fn by_lots<T: Send>(
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
