//! Whole answers: does the score of a trace pick the right one of several attempts at a problem?
//!
//! All figures over N attempts are exact means over every choice of N of those that are there (for pass@N: Chen et al.
//! 2021), but for votes, whose mean over choices is drawn with a seed where not all attempts are taken.

use std::collections::HashMap;

use serde::Serialize;

use super::Columns;
use super::chance::Draw;
use super::columns::{Gold, NOTHING};
use crate::job::{JobContext, JobError};
use crate::model::{ScoreKind, Verdict};
use crate::scoring::Aggregate;

/// Choices that are drawn for a vote of some of the attempts.
const DRAWS: u32 = 64;

/// What counts as a right attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The final answer is right.
    Outcome,
    /// No step is wrong.
    Process,
}

/// How far a probability may lie outside 0..=1 by rounding.
const ROUNDED: f64 = 1e-3;

/// What the vote of an attempt weighs, by its score; without a score nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Its score, as probabilities and other scores that are never negative are added up (Uesato et al. 2022).
    Score,
    /// `1 / (1 + e^-score)`, the chance that a logit, a log-likelihood ratio or a value before its sigmoid stands for.
    Logistic,
    /// `e^score` as a share of all attempts at the problem: of rewards it is the chance to be the best of them (Bradley
    /// and Terry 1952, Plackett 1975), so that only differences between attempts at one problem count.
    Softmax,
}

impl Weight {
    /// What fits scores of that kind; `ends` are the lowest and the highest of all steps.
    pub fn of(kind: Option<ScoreKind>, ends: Option<(f64, f64)>) -> Self {
        let (low, high) = ends.unwrap_or_default();
        match kind {
            Some(ScoreKind::Logit | ScoreKind::Implicit) => Self::Logistic,
            // What is rounded may lie a little outside.
            Some(kind) if kind.is_unit() && low > -ROUNDED && high < 1.0 + ROUNDED => Self::Score,
            Some(kind) if kind.is_unit() => Self::Logistic,
            _ if low < 0.0 => Self::Softmax,
            _ => Self::Score,
        }
    }

    /// The weight of a score; `highest` is that of all attempts at the problem.
    fn weighed(self, score: f64, highest: f64) -> f64 {
        match self {
            _ if score.is_nan() => 0.0,
            Self::Score => score.max(0.0),
            Self::Logistic => 1.0 / (1.0 + (-score).exp()),
            // Relative to the highest, so that nothing overflows: votes are compared within a problem only.
            Self::Softmax if score < highest => (score - highest).exp(),
            Self::Softmax => 1.0,
        }
    }

    /// What has to be known to read weighted votes.
    pub const fn told(self) -> &'static str {
        match self {
            Self::Score => "weighted votes add up the scores of attempts",
            Self::Logistic => "weighted votes add up the logistic function of the scores of attempts",
            Self::Softmax => "weighted votes add up the softmax of scores over the attempts at a problem",
        }
    }
}

/// One attempt at a problem.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    /// Its score; NaN where it has none.
    pub score: f64,
    /// Whether it is right.
    pub right: bool,
    /// Its final answer as a code; `u32::MAX` where none was found.
    pub answer: u32,
}

/// What comes of choosing among N attempts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtN {
    /// How many attempts.
    pub n: usize,
    /// How many problems have so many.
    pub problems: u64,
    /// How often one attempt, taken blindly, is right: the frame from below.
    pub mean: f64,
    /// How often any is right (pass@N): the frame from above.
    pub pass: f64,
    /// How often the one with the highest score is right (best-of-N); of equal ones any.
    pub best: f64,
    /// `best` less `mean`.
    pub gain: f64,
    /// How often the answer given most often is right; ties are shared. `None` where no final answers are known.
    pub majority: Option<f64>,
    /// The same, each vote weighted; see [`Weight`].
    pub weighted_majority: Option<f64>,
}

/// One way to make a score of a trace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByAggregate {
    /// How scores of steps make one of the trace.
    pub aggregate: &'static str,
    /// How often the attempt with the highest score of all is right.
    pub rank_at_1: Option<f64>,
    /// How that grows with the number of attempts.
    pub curve: Vec<AtN>,
}

/// What is known of whole answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResponseReport {
    /// What counts as right.
    pub against: Against,
    /// Problems with two attempts or more of which it is known whether they are right.
    pub problems: u64,
    /// Their attempts.
    pub attempts: u64,
    /// Attempts of which a final answer was found.
    pub with_answer: u64,
    /// How votes are weighted.
    pub weight: Weight,
    /// For each way to make a score.
    pub by_aggregate: Vec<ByAggregate>,
}

/// The probability that the best of `n` attempts, drawn from those given, is right; attempts with equal scores share
/// it. Those without a score come last. 0 where there are fewer than `n`.
pub fn best_of(attempts: &[Attempt], n: usize) -> f64 {
    let mut sorted: Vec<(f64, bool)> = attempts
        .iter()
        .map(|attempt| (if attempt.score.is_nan() { f64::NEG_INFINITY } else { attempt.score }, attempt.right))
        .collect();
    if n == 0 || n > sorted.len() {
        return 0.0;
    }
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let all = sorted.len();
    // With `ahead` attempts ahead of a group, none of which is drawn: C(all − ahead, n) / C(all, n).
    let (mut chance, mut none_ahead, mut ahead) = (0.0, 1.0, 0);
    #[expect(clippy::float_cmp, reason = "only equal scores are a tie")]
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        let mut none_of_group = none_ahead;
        for passed in ahead..ahead + group.len() {
            let left = all - passed;
            none_of_group *= left.saturating_sub(n) as f64 / left as f64;
        }
        let right = group.iter().filter(|(_, right)| *right).count() as f64 / group.len() as f64;
        chance += (none_ahead - none_of_group) * right;
        (none_ahead, ahead) = (none_of_group, ahead + group.len());
    }
    chance
}

/// The probability that any of `n` attempts, drawn from those given, is right: `1 − C(all − right, n) / C(all, n)`.
pub fn pass_at(attempts: &[Attempt], n: usize) -> f64 {
    let all = attempts.len();
    let wrong = attempts.iter().filter(|attempt| !attempt.right).count();
    if n == 0 || n > all {
        return 0.0;
    }
    1.0 - (0..n).map(|drawn| wrong.saturating_sub(drawn) as f64 / (all - drawn) as f64).product::<f64>()
}

/// Whether the answer with most votes is right, 0..=1; equal answers share. `None` where no attempt has an answer.
/// Answers are right where most attempts that give them are.
fn vote(attempts: &[Attempt], weight: impl Fn(&Attempt) -> f64) -> Option<f64> {
    let mut votes: Vec<(u32, f64, u32, u32)> = Vec::new();
    for attempt in attempts.iter().filter(|attempt| attempt.answer != NOTHING) {
        let right = u32::from(attempt.right);
        match votes.iter_mut().find(|(answer, ..)| *answer == attempt.answer) {
            Some((_, sum, rights, count)) => {
                *sum += weight(attempt);
                *rights += right;
                *count += 1;
            }
            None => votes.push((attempt.answer, weight(attempt), right, 1)),
        }
    }
    let most = votes.iter().map(|(_, sum, ..)| *sum).max_by(f64::total_cmp)?;
    #[expect(clippy::float_cmp, reason = "only equal sums are a tie")]
    let first: Vec<bool> =
        votes.iter().filter(|(_, sum, ..)| *sum == most).map(|(_, _, right, count)| right * 2 > *count).collect();
    Some(first.iter().filter(|right| **right).count() as f64 / first.len() as f64)
}

/// The mean of a vote over choices of `n` attempts: over every one where they are few, else over some.
fn vote_of(attempts: &[Attempt], n: usize, draw: &mut Draw, weight: impl Fn(&Attempt) -> f64) -> Option<f64> {
    if n >= attempts.len() {
        return vote(attempts, weight);
    }
    let (mut sum, mut count) = (0.0, 0_u32);
    let mut add = |chosen: &[Attempt]| {
        if let Some(right) = vote(chosen, &weight) {
            sum += right;
            count += 1;
        }
    };
    if let Some(all) = choices(attempts.len(), n) {
        for choice in all {
            let chosen: Vec<Attempt> = choice.iter().filter_map(|at| attempts.get(*at).copied()).collect();
            add(&chosen);
        }
    } else {
        let mut mixed = attempts.to_vec();
        for _ in 0..DRAWS {
            for at in 0..n {
                mixed.swap(at, at + draw.below(attempts.len() - at));
            }
            mixed.get(..n).into_iter().for_each(&mut add);
        }
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// Every way to choose `n` of so many; `None` where there are more than are drawn otherwise, but of one at a time.
fn choices(all: usize, n: usize) -> Option<Vec<Vec<usize>>> {
    let count: f64 = (0..n).map(|taken| (all - taken) as f64 / (taken + 1) as f64).product();
    if n > 1 && count > f64::from(DRAWS) {
        return None;
    }
    let mut made: Vec<Vec<usize>> = vec![Vec::new()];
    for taken in 0..n {
        let next = |choice: &Vec<usize>| {
            let from = choice.last().map_or(0, |last| last + 1);
            let choice = choice.clone();
            // So many must be left for those that follow.
            (from..(all + taken + 1).saturating_sub(n)).map(move |at| [choice.as_slice(), &[at]].concat())
        };
        made = made.iter().flat_map(next).collect();
    }
    Some(made)
}

/// 1, 2, 4, … and the most.
fn numbers(most: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> =
        std::iter::successors(Some(1_usize), |n| n.checked_mul(2)).take_while(|n| *n < most).collect();
    numbers.push(most);
    numbers
}

/// What comes of choosing among more and more attempts at each problem. Can be stopped at each number.
pub fn curve(problems: &[Vec<Attempt>], weight: Weight, seed: u64, ctx: &JobContext) -> Result<Vec<AtN>, JobError> {
    let most = problems.iter().map(Vec::len).max().unwrap_or(0);
    let mut curve = Vec::new();
    for n in numbers(most) {
        ctx.checkpoint()?;
        let with: Vec<&Vec<Attempt>> = problems.iter().filter(|attempts| attempts.len() >= n && n > 0).collect();
        if with.is_empty() {
            continue;
        }
        let mean_of = |figure: &dyn Fn(&[Attempt]) -> f64| {
            with.iter().map(|attempts| figure(attempts)).sum::<f64>() / with.len() as f64
        };
        let mean = mean_of(&|attempts| pass_at(attempts, 1));
        let best = mean_of(&|attempts| best_of(attempts, n));
        // Both votes are over the same choices.
        let votes = |weight: Option<Weight>| {
            let mut draw = Draw::new(seed);
            let of_problem = |attempts: &&Vec<Attempt>| {
                let highest = attempts.iter().map(|attempt| attempt.score).fold(f64::NEG_INFINITY, f64::max);
                let weighed = |attempt: &Attempt| weight.map_or(1.0, |of| of.weighed(attempt.score, highest));
                vote_of(attempts, n, &mut draw, weighed)
            };
            let all: Vec<f64> = with.iter().filter_map(of_problem).collect();
            (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
        };
        curve.push(AtN {
            n,
            problems: with.len() as u64,
            mean,
            pass: mean_of(&|attempts| pass_at(attempts, n)),
            best,
            gain: best - mean,
            majority: votes(None),
            weighted_majority: votes(Some(weight)),
        });
    }
    Ok(curve)
}

/// Best of N and its frames, for every way to make a score of a trace; `None` where no problem has two attempts of
/// which it is known whether they are right.
pub fn response_report(
    columns: &Columns,
    rater: usize,
    against: Against,
    seed: u64,
    ctx: &JobContext,
) -> Result<Option<ResponseReport>, JobError> {
    let mut by_problem: HashMap<u32, Vec<usize>> = HashMap::new();
    for (place, trace) in columns.traces.iter().enumerate() {
        let right = match against {
            Against::Outcome => trace.outcome != Verdict::Unknown,
            Against::Process => trace.gold != Gold::Unknown,
        };
        if right {
            by_problem.entry(trace.problem).or_default().push(place);
        }
    }
    let mut problems: Vec<(u32, Vec<usize>)> = by_problem.into_iter().filter(|(_, places)| places.len() > 1).collect();
    problems.sort_unstable();
    if problems.is_empty() {
        return Ok(None);
    }
    let attempts = |aggregate: Aggregate| -> Vec<Vec<Attempt>> {
        let attempt = |&place: &usize| {
            let trace = columns.traces.get(place)?;
            let right = match against {
                Against::Outcome => trace.outcome == Verdict::Correct,
                Against::Process => trace.gold == Gold::NoError,
            };
            let score = trace_score(columns.scores(rater, trace), aggregate).unwrap_or(f64::NAN);
            Some(Attempt { score, right, answer: trace.answer })
        };
        problems.iter().map(|(_, places)| places.iter().filter_map(attempt).collect()).collect()
    };
    let weight = columns.raters.get(rater).map_or(Weight::Score, |rater| Weight::of(rater.kind, rater.ends));
    let mut by_aggregate = Vec::new();
    let (mut count, mut with_answer) = (0, 0);
    for aggregate in Aggregate::ALL.into_iter().filter(|aggregate| *aggregate != Aggregate::None) {
        let attempts = attempts(aggregate);
        count = attempts.iter().map(Vec::len).sum();
        with_answer = attempts.iter().flatten().filter(|attempt| attempt.answer != NOTHING).count();
        // Of a problem without any score nothing can be picked.
        let scored: Vec<Vec<Attempt>> =
            attempts.into_iter().filter(|some| some.iter().any(|attempt| !attempt.score.is_nan())).collect();
        let first: f64 = scored.iter().map(|some| best_of(some, some.len())).sum();
        by_aggregate.push(ByAggregate {
            aggregate: aggregate.name(),
            rank_at_1: (!scored.is_empty()).then(|| first / scored.len() as f64),
            curve: curve(&scored, weight, seed, ctx)?,
        });
    }
    Ok(Some(ResponseReport {
        against,
        problems: problems.len() as u64,
        attempts: count as u64,
        with_answer: with_answer as u64,
        weight,
        by_aggregate,
    }))
}

/// One score from those of a path, steps without one left out; `None` where no step has one.
pub fn trace_score(scores: &[f64], aggregate: Aggregate) -> Option<f64> {
    crate::query::aggregated(aggregate, scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(list: &[(f64, bool)]) -> Vec<Attempt> {
        list.iter().map(|&(score, right)| Attempt { score, right, answer: NOTHING }).collect()
    }

    /// Every choice of `n`, with every order among equal ones.
    fn tried(attempts: &[Attempt], n: usize, right: impl Fn(&[Attempt]) -> f64) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for mask in 0_u32..1 << attempts.len() {
            if mask.count_ones() as usize == n {
                let chosen: Vec<Attempt> =
                    (0..attempts.len()).filter(|at| mask >> at & 1 == 1).map(|at| attempts[at]).collect();
                sum += right(&chosen);
                count += 1.0;
            }
        }
        sum / count
    }

    #[test]
    fn the_estimators_are_means_over_every_choice() {
        let some = attempts(&[(0.9, false), (0.5, true), (0.5, false), (0.1, true), (f64::NAN, true), (0.9, true)]);
        let key = |attempt: &Attempt| if attempt.score.is_nan() { f64::NEG_INFINITY } else { attempt.score };
        for n in 1..=some.len() {
            let best = tried(&some, n, |chosen| {
                let most = chosen.iter().map(key).fold(f64::NEG_INFINITY, f64::max);
                let first: Vec<bool> =
                    chosen.iter().filter(|a| key(a).total_cmp(&most).is_eq()).map(|a| a.right).collect();
                first.iter().filter(|right| **right).count() as f64 / first.len() as f64
            });
            assert!((best_of(&some, n) - best).abs() < 1e-12, "best of {n}: {} {best}", best_of(&some, n));
            let pass = tried(&some, n, |chosen| f64::from(u8::from(chosen.iter().any(|a| a.right))));
            assert!((pass_at(&some, n) - pass).abs() < 1e-12, "pass at {n}");
        }
        assert_eq!((best_of(&some, 7), pass_at(&some, 0)), (0.0, 0.0));
    }

    #[test]
    fn votes_weigh_answers() {
        let attempt = |score, right, answer| Attempt { score, right, answer };
        let some =
            [attempt(0.9, true, 1), attempt(0.2, false, 2), attempt(0.3, false, 2), attempt(0.1, false, NOTHING)];
        assert_eq!(vote(&some, |_| 1.0), Some(0.0));
        assert_eq!(vote(&some, |a| a.score), Some(1.0));
        assert_eq!(vote(&some[..2], |_| 1.0), Some(0.5), "a tie is shared");
        assert_eq!(vote(&some[3..], |_| 1.0), None);
        let ctx = JobContext::foreground(None);
        let made = curve(&[some.to_vec()], Weight::Score, 1, &ctx).unwrap();
        assert_eq!(made.iter().map(|at| at.n).collect::<Vec<_>>(), [1, 2, 4]);
        assert_eq!((made[2].majority, made[2].weighted_majority), (Some(0.0), Some(1.0)));
        assert_eq!(made, curve(&[some.to_vec()], Weight::Score, 1, &ctx).unwrap());
        let one = made[0].majority.unwrap();
        assert!((one - 1.0 / 3.0).abs() < 1e-12, "one of three with an answer is right: {one}");
        let two = made[1].majority.unwrap();
        let every = tried(&some[..3], 2, |chosen| vote(chosen, |_| 1.0).unwrap());
        assert!((two - (3.0 * every + 1.0) / 6.0).abs() < 1e-12, "three pairs and three with the one without: {two}");
    }

    #[test]
    fn scores_that_may_be_negative_weigh_votes_too() {
        use ScoreKind::{Correctness, Implicit, Logit, Other, Reward, Value, Vote};
        let check = |kind, ends, expected| assert_eq!(Weight::of(kind, Some(ends)), expected, "{kind:?} {ends:?}");
        check(Some(Correctness), (0.0, 1.000_000_1), Weight::Score);
        check(Some(Vote), (0.0, 9.0), Weight::Score);
        check(None, (0.0, 1.0), Weight::Score);
        check(Some(Other), (0.2, 7.0), Weight::Score);
        check(Some(Logit), (0.5, 3.0), Weight::Logistic);
        check(Some(Implicit), (-0.2, 0.1), Weight::Logistic);
        // A value head before its sigmoid.
        check(Some(Value), (-4.0, 5.0), Weight::Logistic);
        check(Some(Reward), (-1.0, 1.0), Weight::Softmax);
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        near(Weight::Logistic.weighed(9.0_f64.ln(), 9.0), 0.9);
        near(Weight::Softmax.weighed(1.0 - 4.0_f64.ln(), 1.0), 0.25);
        near(Weight::Softmax.weighed(f64::INFINITY, f64::INFINITY), 1.0);
        near(Weight::Softmax.weighed(f64::NAN, 1.0), 0.0);
        // Answer 1 once for 3, answer 2 three times for 2, 2 and 0. By logistic 0.95 against 0.88 + 0.88 + 0.5; by
        // softmax 1 against 0.368 + 0.368 + 0.050.
        let attempt = |score, answer| Attempt { score, right: answer == 1, answer };
        let some = vec![attempt(3.0, 1), attempt(2.0, 2), attempt(2.0, 2), attempt(0.0, 2), attempt(f64::NAN, 2)];
        let ctx = JobContext::foreground(None);
        let all = |weight| *curve(std::slice::from_ref(&some), weight, 1, &ctx).unwrap().last().unwrap();
        assert_eq!((all(Weight::Logistic).majority, all(Weight::Logistic).weighted_majority), (Some(0.0), Some(0.0)));
        assert_eq!((all(Weight::Softmax).majority, all(Weight::Softmax).weighted_majority), (Some(0.0), Some(1.0)));
    }
}
