//! Finds problems that also stand in a list of test problems.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::SplitProblem;
use super::shingle::{runs, text_hash, words};
use crate::job::{JobContext, JobError};
use crate::model::ProblemId;

/// Words in a row that two problems do not share by chance.
const OVERLAP_WORDS: usize = 13;

/// Problems between two looks at whether to stop.
const CHECK_EVERY: usize = 256;

/// A problem that must not be learned from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contaminated {
    /// The problem.
    pub problem: ProblemId,
    /// How many rows are lost with it.
    pub rows: u64,
    /// Position of the test problem in the list, from 0: the first that it shares something with.
    pub test: usize,
    /// What they share.
    pub overlap: Overlap,
}

/// What two problems share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// All words, in their order; case, blanks and punctuation apart.
    Equal,
    /// Thirteen words in a row: these.
    Words(String),
}

/// The problems that say the same as a test problem, or share 13 words in a row with one, in the order given.
///
/// Test problems of fewer words are found only where the whole is equal.
pub fn decontaminate(
    problems: &[SplitProblem],
    tests: &[String],
    ctx: &JobContext,
) -> Result<Vec<Contaminated>, JobError> {
    let (mut whole, mut parts): (HashMap<u128, usize>, HashMap<u64, usize>) = (HashMap::new(), HashMap::new());
    for (at, test) in tests.iter().enumerate() {
        if at % CHECK_EVERY == 0 {
            ctx.checkpoint()?;
        }
        let words = words(test);
        if words.is_empty() {
            continue;
        }
        whole.entry(text_hash(&words)).or_insert(at);
        if words.len() >= OVERLAP_WORDS {
            for run in runs(&words, OVERLAP_WORDS) {
                parts.entry(run).or_insert(at);
            }
        }
    }
    let mut found = Vec::new();
    for (at, problem) in problems.iter().enumerate() {
        if at % CHECK_EVERY == 0 {
            ctx.checkpoint()?;
        }
        let words = words(&problem.text);
        let equal = whole.get(&text_hash(&words)).map(|&test| (test, Overlap::Equal));
        let shared = || {
            words.windows(OVERLAP_WORDS).find_map(|window| {
                let run = runs(window, OVERLAP_WORDS);
                let test = run.first().and_then(|run| parts.get(run))?;
                Some((*test, Overlap::Words(window.join(" "))))
            })
        };
        if let Some((test, overlap)) = equal.or_else(shared) {
            found.push(Contaminated { problem: problem.id.clone(), rows: problem.rows, test, overlap });
        }
    }
    Ok(found)
}
