//! Which of the proposed pairs are worth a row.

use std::collections::{HashMap, HashSet};

use super::edit::differs_by;
use super::options::{Completion, PairOptions};
use super::pair::{Pair, Side};
use crate::model::ContentHasher;

/// How many pairs were left out, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// A side has no text.
    pub empty: u64,
    /// Both sides say the same.
    pub equal: u64,
    /// The margin is below the least.
    pub narrow: u64,
    /// The two steps differ in too few characters.
    pub near: u64,
    /// One side is too long for the other.
    pub uneven: u64,
    /// The same pair was proposed before.
    pub duplicate: u64,
    /// The opposite was proposed before.
    pub contradicting: u64,
    /// There are enough of that beginning or problem.
    pub beyond_limit: u64,
}

impl Dropped {
    /// The counts by name, as exports count them.
    pub const fn counts(&self) -> [(&'static str, u64); 8] {
        [
            ("dropped_empty", self.empty),
            ("dropped_equal", self.equal),
            ("dropped_narrow", self.narrow),
            ("dropped_near", self.near),
            ("dropped_uneven", self.uneven),
            ("dropped_duplicate", self.duplicate),
            ("dropped_contradicting", self.contradicting),
            ("dropped_beyond_limit", self.beyond_limit),
        ]
    }

    /// The most frequent reason in words; `None` where nothing was left out.
    pub fn main_reason(&self) -> Option<&'static str> {
        let reasons = [
            "a side has no text",
            "both sides say the same",
            "the margins are too narrow",
            "the steps differ in too few characters",
            "the sides differ too much in length",
            "the pairs repeat one another",
            "the pairs contradict one another",
            "there are enough pairs already",
        ];
        let counted = self.counts().into_iter().zip(reasons).filter(|((_, count), _)| *count > 0);
        counted.rev().max_by_key(|((_, count), _)| *count).map(|(_, reason)| reason)
    }
}

/// The pairs of one problem that are kept, in the order in which they were proposed, and what was left out.
///
/// Of a pair that was proposed twice, or once in reverse, the first stays. Where there are more than the options allow
/// of one beginning or problem, those with the largest margins stay; of equal ones the earlier. Whole attempts have the
/// problem for a beginning, so only the limit per problem holds for them.
pub fn select<'a>(proposed: Vec<Pair<'a>>, options: &PairOptions) -> (Vec<Pair<'a>>, Dropped) {
    let mut dropped = Dropped::default();
    let mut known: HashSet<u64> = HashSet::new();
    let mut kept: Vec<(Pair<'a>, u64)> = Vec::new();
    for pair in proposed {
        let beginning = hash(pair.criterion, &pair.prefix_texts(), &[]);
        if let Some(count) = objection(&pair, options, beginning, &mut known, &mut dropped) {
            *count += 1;
        } else {
            kept.push((pair, beginning));
        }
    }
    let mut order: Vec<usize> = (0..kept.len()).collect();
    let margin = |at: usize| kept.get(at).map_or(0.0, |(pair, _)| pair.margin);
    order.sort_by(|&a, &b| margin(b).total_cmp(&margin(a)));
    let (mut per_prefix, mut count): (HashMap<u64, usize>, usize) = (HashMap::new(), 0);
    let mut stays = vec![false; kept.len()];
    for at in order {
        let Some((pair, beginning)) = kept.get(at) else { continue };
        let of_prefix = per_prefix.entry(*beginning).or_default();
        let full = |limit: usize, count: usize| limit > 0 && count >= limit;
        if full(options.per_problem, count) || !pair.is_whole && full(options.per_prefix, *of_prefix) {
            dropped.beyond_limit += 1;
            continue;
        }
        count += 1;
        *of_prefix += usize::from(!pair.is_whole);
        if let Some(slot) = stays.get_mut(at) {
            *slot = true;
        }
    }
    let kept = kept.into_iter().zip(stays).filter(|(_, stays)| *stays).map(|((pair, _), _)| pair).collect();
    (kept, dropped)
}

/// The count of what speaks against a pair.
fn objection<'d>(
    pair: &Pair<'_>,
    options: &PairOptions,
    beginning: u64,
    known: &mut HashSet<u64>,
    dropped: &'d mut Dropped,
) -> Option<&'d mut u64> {
    let [chosen, rejected] = [&pair.chosen, &pair.rejected].map(|side| compared(side, pair, options));
    let is_empty = |side: &Side<'_>| !pair.is_whole && side.text().trim().is_empty();
    if chosen.trim().is_empty() || rejected.trim().is_empty() || is_empty(&pair.chosen) || is_empty(&pair.rejected) {
        return Some(&mut dropped.empty);
    }
    // The first steps must differ by themselves, whatever follows.
    if chosen.trim() == rejected.trim() || !pair.is_whole && pair.chosen.text().trim() == pair.rejected.text().trim() {
        return Some(&mut dropped.equal);
    }
    if pair.margin.is_nan() || pair.margin <= 0.0 || pair.margin < options.min_margin {
        return Some(&mut dropped.narrow);
    }
    let (a, b) = if pair.is_whole { (&*chosen, &*rejected) } else { (pair.chosen.text(), pair.rejected.text()) };
    if !differs_by(a, b, options.min_edit_distance) {
        return Some(&mut dropped.near);
    }
    let (short, long) = (chosen.len().min(rejected.len()), chosen.len().max(rejected.len()));
    if options.length_ratio > 0.0 && long as f64 > short as f64 * options.length_ratio {
        return Some(&mut dropped.uneven);
    }
    let key = |a: &str, b: &str| hash(&beginning.to_string(), &[a.trim()], &[b.trim()]);
    if known.contains(&key(&rejected, &chosen)) {
        return Some(&mut dropped.contradicting);
    }
    (!known.insert(key(&chosen, &rejected))).then_some(&mut dropped.duplicate)
}

/// What a row will hold of a side, as far as it matters here.
fn compared(side: &Side<'_>, pair: &Pair<'_>, options: &PairOptions) -> String {
    match options.completion {
        Completion::Step if !pair.is_whole => side.text().to_owned(),
        Completion::Step | Completion::Rest => side.texts().join("\n"),
    }
}

fn hash(name: &str, first: &[&str], second: &[&str]) -> u64 {
    let hasher = ContentHasher::new("pair").part(name).part(first.len().to_le_bytes());
    let hasher = first.iter().fold(hasher, ContentHasher::part);
    second.iter().fold(hasher, ContentHasher::part).number()
}
