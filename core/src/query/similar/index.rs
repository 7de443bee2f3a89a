//! Finds steps by their rare words without looking at all of them.

use std::sync::atomic::{AtomicU32, Ordering};

use super::distinct::{Distinct, by_lots};
use super::words::{Bag, bag};
use crate::job::{JobContext, JobError};
use crate::store::{RowSet, Store};

/// By so many of its rarest words a text is found.
const POSTED: usize = 12;

/// Least and most words that are told apart, as powers of two. Further ones share a place with others, which makes
/// candidates that are not alike, and no false neighbours: these are found by comparing texts.
const FEWEST_SLOTS: u32 = 18;
const MOST_SLOTS: u32 = 24;

/// The texts of all steps of a store by their rare words, held in memory.
///
/// Steps that say exactly the same are one text. It takes 4 bytes a step and up to 90 a text, 3 MiB at least, and as much
/// again while it is made.
pub struct SimilarIndex {
    distinct: Distinct,
    /// The length of each text as a vector of weights.
    lengths: Vec<f32>,
    /// In how many texts each word occurs.
    counts: Vec<u32>,
    /// Where the list of each word begins in `texts`; one more for the end.
    lists: Vec<usize>,
    /// The numbers of the texts that have the word among their rarest.
    texts: Vec<u32>,
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
        let distinct = Distinct::find(store, ctx)?;
        let firsts = RowSet::new(store.step_total());
        distinct.firsts().for_each(|at| firsts.insert(at));
        let slots = 1 << (usize::BITS - distinct.len().leading_zeros()).clamp(FEWEST_SLOTS, MOST_SLOTS);
        let counts: Vec<AtomicU32> = std::iter::repeat_with(AtomicU32::default).take(slots).collect();
        let count = |at: usize| {
            for (word, _) in firsts.contains(at).then(|| bag(&store.step_says(at)))? {
                counts.get(slot(word, slots))?.fetch_add(1, Ordering::Relaxed);
            }
            Some(())
        };
        by_lots(store, "Counting words", ctx, count, |()| {})?;
        let mut index = Self {
            lengths: vec![0.0; distinct.len()],
            distinct,
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
        self.distinct.fits(store)
    }

    /// How many different texts there are.
    pub fn texts(&self) -> usize {
        self.distinct.len()
    }

    /// How much memory it takes.
    pub fn bytes(&self) -> usize {
        self.distinct.bytes()
            + (self.lengths.len() + self.counts.len() + self.texts.len()) * 4
            + self.lists.len() * size_of::<usize>()
    }

    /// The number of the text that says exactly this.
    pub(super) fn text_of(&self, says: &[&str; 3]) -> Option<usize> {
        self.distinct.number_of(says)
    }

    /// The rows of the step table that say a text, in order.
    pub(super) fn steps_of(&self, text: usize) -> &[u32] {
        self.distinct.steps_of(text)
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
        (self.distinct.len() as f32 / with as f32).ln_1p()
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

/// The length of a vector.
pub(super) fn length(weights: impl Iterator<Item = f32>) -> f32 {
    weights.map(|weight| weight * weight).sum::<f32>().sqrt()
}

/// The place of a word in tables of that many.
fn slot(word: u64, slots: usize) -> usize {
    // `slots` is a power of two.
    usize::try_from(word & (slots as u64 - 1)).unwrap_or_default()
}
