//! The steps that say nearly the same as a step or a text.

use std::cmp::Reverse;

use rayon::prelude::*;
use serde::Serialize;

use super::index::{SimilarIndex, length};
use super::words::{Bag, bag};
use crate::job::{JobContext, JobError};
use crate::model::StepIndex;
use crate::store::Store;

/// So many entries of lists of words are looked at for one question; the lists of the rarest words first.
const MOST_LISTED: usize = 400_000;

/// At least so many texts, and this many times as many as are asked for, are read and compared.
const FEWEST_COMPARED: usize = 128;
const COMPARED: usize = 4;

/// What neighbours are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Those of a step, which is not found itself.
    Step(StepAt),
    /// Those of any text.
    Text(String),
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct StepAt {
    /// Row of its trace in the store.
    pub row: u32,
    /// Its position in the trace, from 0.
    pub step: StepIndex,
}

/// Steps that all say exactly the same, but for blanks around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar {
    /// How near it is: by words the cosine of both texts as vectors of weighted words, 0..=1, 1 also for the same words in
    /// another order; by meaning that of the encoder's vectors, -1..=1.
    pub score: f64,
    /// What it says.
    pub text: String,
    /// The steps, in the order of the store.
    pub steps: Vec<StepAt>,
    /// In how many traces they stand.
    pub traces: usize,
}

/// What is like a step or a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nearest {
    /// The steps that say exactly the same, but not the one asked about; `None` where there is none.
    pub same: Option<Similar>,
    /// The nearest other texts, nearest first.
    pub hits: Vec<Similar>,
}

/// The `n` texts nearest to the one asked about, each with all steps that say it.
///
/// Only texts are found that share one of their twelve rarest words with it; of words that are everywhere only some
/// texts are looked at. The nearest of those found are compared word by word. Fails where the index is of other tables, or
/// there is no such step. Can be stopped after each word.
pub fn nearest(
    index: &SimilarIndex,
    store: &Store,
    asked: &Asked,
    n: usize,
    ctx: &JobContext,
) -> Result<Nearest, JobError> {
    if !index.fits(store) {
        return Err(read_again());
    }
    let (says, this) = asked.says(store)?;
    let own = index.text_of(&says);
    let question = Question::new(index, &bag(&says));
    let compared = n.saturating_mul(COMPARED).max(FEWEST_COMPARED);
    let candidates = question.candidates(index, own, compared, ctx)?;
    let mut near: Vec<(f64, usize)> = candidates
        .into_par_iter()
        .filter_map(|text| {
            let first = *index.steps_of(text).first()?;
            let other = Question::new(index, &bag(&store.step_says(first as usize)));
            Some((question.cosine(&other), text))
        })
        .collect();
    near.sort_unstable_by_key(|&(score, text)| (Reverse(Ordered(score)), index.steps_of(text).first().copied()));
    near.truncate(n);
    let similar = |(score, text): (f64, usize)| Similar::new(score, index.steps_of(text), store, None);
    let same = own.map(|text| Similar::new(1.0, index.steps_of(text), store, this));
    Ok(Nearest { same: same.filter(|same| !same.steps.is_empty()), hits: near.into_iter().map(similar).collect() })
}

impl Asked {
    /// What it says: text, name of a tool, its arguments; and the row of the step table, where it is a step.
    pub(super) fn says<'a>(&'a self, store: &'a Store) -> Result<([&'a str; 3], Option<usize>), JobError> {
        match self {
            Self::Text(text) => Ok(([text.as_str(), "", ""], None)),
            Self::Step(at) => {
                let row = store.step_row(at.row, at.step).ok_or_else(|| {
                    JobError::Failed(format!("trace number {} has no step {}", at.row, u64::from(at.step) + 1))
                })?;
                Ok((store.step_says(row), Some(row)))
            }
        }
    }
}

/// The index is of other tables.
pub(super) fn read_again() -> JobError {
    JobError::Failed("the files were read again; look for similar steps once more".into())
}

/// What a step says as one text: its parts, each on lines of its own.
pub(super) fn whole(says: [&str; 3]) -> String {
    let parts: Vec<&str> = says.map(str::trim).into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

impl Similar {
    pub(super) fn new(score: f64, steps: &[u32], store: &Store, without: Option<usize>) -> Self {
        let text = steps.first().map(|&at| store.step_says(at as usize));
        let places = steps.iter().map(|&at| at as usize).filter(|at| Some(*at) != without);
        let steps: Vec<StepAt> =
            places.filter_map(|at| store.step_place(at)).map(|(row, step)| StepAt { row, step }).collect();
        let mut rows: Vec<u32> = steps.iter().map(|at| at.row).collect();
        rows.dedup();
        Self { score, text: whole(text.unwrap_or_default()), steps, traces: rows.len() }
    }
}

/// A text as a vector of weighted words.
struct Question {
    /// Words in ascending order, each with its weight.
    words: Vec<(u64, f32)>,
    length: f32,
}

impl Question {
    fn new(index: &SimilarIndex, bag: &Bag) -> Self {
        let words: Vec<(u64, f32)> = bag.iter().map(|&(word, count)| (word, index.weight(word, count))).collect();
        Self { length: length(words.iter().map(|(_, weight)| *weight)), words }
    }

    fn cosine(&self, other: &Self) -> f64 {
        let (mut i, mut j, mut dot) = (0, 0, 0.0_f64);
        while let (Some((a, x)), Some((b, y))) = (self.words.get(i), other.words.get(j)) {
            if a == b {
                dot += f64::from(*x) * f64::from(*y);
            }
            (i, j) = (i + usize::from(a <= b), j + usize::from(b <= a));
        }
        let lengths = f64::from(self.length) * f64::from(other.length);
        if lengths > 0.0 { (dot / lengths).min(1.0) } else { 0.0 }
    }

    /// The texts most like this one by the words under which they are listed, in any order.
    fn candidates(
        &self,
        index: &SimilarIndex,
        without: Option<usize>,
        most: usize,
        ctx: &JobContext,
    ) -> Result<Vec<usize>, JobError> {
        let mut lists: Vec<(&[u32], u64, f32)> =
            self.words.iter().map(|&(word, weight)| (index.list_of(word), word, weight)).collect();
        lists.sort_unstable_by_key(|(list, word, _)| (list.len(), *word));
        let mut products = vec![0.0_f32; index.texts()];
        let mut met: Vec<u32> = Vec::new();
        let mut left = MOST_LISTED;
        for (list, word, weight) in lists {
            ctx.checkpoint()?;
            let weight = weight * index.weight(word, 1);
            // Texts are numbered by hash, so that a part of a list is a sample.
            for &text in list.iter().take(left) {
                let Some(product) = products.get_mut(text as usize) else { continue };
                if *product <= 0.0 {
                    met.push(text);
                }
                *product += weight;
            }
            left = left.saturating_sub(list.len());
        }
        let likeness = |text: u32| {
            let product = products.get(text as usize).copied().unwrap_or_default();
            Reverse(Ordered(f64::from(product / index.length_of(text as usize))))
        };
        let mut found: Vec<(Reverse<Ordered>, u32)> =
            met.into_iter().filter(|&text| Some(text as usize) != without).map(|text| (likeness(text), text)).collect();
        if found.len() > most {
            found.select_nth_unstable(most);
            found.truncate(most);
        }
        Ok(found.into_iter().map(|(_, text)| text as usize).collect())
    }
}

/// A number by its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ordered(pub(super) f64);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}
