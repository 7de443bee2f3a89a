//! Finds problems that also stand in a list of test problems.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::SplitProblem;
use crate::job::{JobContext, JobError};
use crate::model::ProblemId;
use crate::query::Met;
use crate::query::shingle::{jaccard, runs, shingles, text_hash, words};

/// Words in a row that two problems do not share by chance.
const OVERLAP_WORDS: usize = 13;

/// Problems between two looks at whether to stop.
const CHECK_EVERY: usize = 256;

/// So many test problems are compared for the sake of one run of words.
const MOST_MET: usize = 256;

/// A problem that must not be learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contaminated {
    /// The problem.
    pub problem: ProblemId,
    /// How many rows are lost with it.
    pub rows: u64,
    /// Position in the list, from 0, of the test problem that is most like it.
    pub test: usize,
    /// What they share.
    pub overlap: Overlap,
}

/// What two problems share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// All words, in their order; case, blanks and punctuation apart.
    Equal,
    /// Thirteen words in a row: these.
    Words(String),
    /// That share of all runs of three words, 0..=1.
    Near(f64),
}

/// The problems that say the same as a test problem, share 13 words in a row with one, or at least `near` of all runs of
/// three words, in the order given.
///
/// Of several test problems the one that shares most is named.
pub fn decontaminate(
    problems: &[SplitProblem],
    tests: &[String],
    near: f64,
    ctx: &JobContext,
) -> Result<Vec<Contaminated>, JobError> {
    let tests = Tests::new(tests, near, ctx)?;
    let mut found = Vec::new();
    for (at, problem) in problems.iter().enumerate() {
        if at % CHECK_EVERY == 0 {
            ctx.checkpoint()?;
        }
        if let Some((test, overlap)) = tests.like(&words(&problem.text)) {
            found.push(Contaminated { problem: problem.id.clone(), rows: problem.rows, test, overlap });
        }
    }
    Ok(found)
}

/// The test problems, to be looked up.
struct Tests {
    whole: HashMap<u128, usize>,
    /// Which have that run of 13 words.
    parts: HashMap<u64, Vec<usize>>,
    shingles: Vec<Vec<u64>>,
    near: f64,
    met: Met,
}

impl Tests {
    fn new(tests: &[String], near: f64, ctx: &JobContext) -> Result<Self, JobError> {
        let (mut whole, mut parts): (HashMap<u128, usize>, HashMap<u64, Vec<usize>>) = (HashMap::new(), HashMap::new());
        let mut all = Vec::with_capacity(tests.len());
        for (at, test) in tests.iter().enumerate() {
            if at % CHECK_EVERY == 0 {
                ctx.checkpoint()?;
            }
            let words = words(test);
            all.push(shingles(&words));
            if words.is_empty() {
                continue;
            }
            whole.entry(text_hash(&words)).or_insert(at);
            if words.len() >= OVERLAP_WORDS {
                for run in runs(&words, OVERLAP_WORDS) {
                    let met = parts.entry(run).or_default();
                    if met.len() < MOST_MET {
                        met.push(at);
                    }
                }
            }
        }
        let mut met = Met::new(all.iter().flatten().copied(), near);
        for (at, shingles) in all.iter().enumerate() {
            met.add(at, shingles);
        }
        Ok(Self { whole, parts, shingles: all, near, met })
    }

    /// The test problem most like these words, and what they share.
    fn like(&self, words: &[String]) -> Option<(usize, Overlap)> {
        if words.is_empty() {
            return None;
        }
        if let Some(&test) = self.whole.get(&text_hash(words)) {
            return Some((test, Overlap::Equal));
        }
        let own = shingles(words);
        let share = |test: usize| self.shingles.get(test).map_or(0.0, |of_test| jaccard(&own, of_test));
        let most = |tests: Vec<usize>| {
            // The first of equally near ones.
            let tests = tests.into_iter().map(|test| (test, share(test)));
            tests.reduce(|best, other| if other.1 > best.1 { other } else { best })
        };
        let shared: Vec<(&[String], &Vec<usize>)> = words
            .windows(OVERLAP_WORDS)
            .filter_map(|window| Some((window, self.parts.get(runs(window, OVERLAP_WORDS).first()?)?)))
            .collect();
        let mut tests: Vec<usize> = shared.iter().flat_map(|(_, tests)| tests.iter().copied()).collect();
        tests.sort_unstable();
        tests.dedup();
        if let Some((test, _)) = most(tests) {
            let window = shared.iter().find(|(_, tests)| tests.contains(&test)).map(|(window, _)| window.join(" "));
            return Some((test, Overlap::Words(window?)));
        }
        if self.near > 1.0 {
            return None;
        }
        let (test, share) = most(self.met.candidates(&own))?;
        (share >= self.near).then_some((test, Overlap::Near(share)))
    }
}
