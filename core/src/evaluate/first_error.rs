//! Finding the first error, judged as ProcessBench does (Zheng et al. 2024).
//!
//! A scorer says that the first step with a score below the threshold is the first error, or that there is none. It is
//! right about an erroneous trace where it names exactly that step, and about a correct one where it names none; F1 is
//! the harmonic mean of the two shares.

use serde::Serialize;

use super::binary::share;
use super::chance::{Draw, Interval, percentiles};
use crate::job::{JobContext, JobError};

/// A trace whose first error is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case<'a> {
    /// The first error, from 0; `None`: there is none.
    pub error: Option<u32>,
    /// One score per step of the path; NaN where there is none.
    pub scores: &'a [f64],
}

/// The first step with a score below the threshold. Steps without a score are never flagged.
pub fn predicted(scores: &[f64], threshold: f64) -> Option<u32> {
    (0..).zip(scores).find(|(_, score)| **score < threshold).map(|(at, _)| at)
}

/// How often it was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Traces with an error.
    pub erroneous: u64,
    /// Of them those where exactly the first error was named.
    pub error_hits: u64,
    /// Traces without an error.
    pub correct: u64,
    /// Of them those where none was named.
    pub correct_hits: u64,
}

impl Tally {
    /// Counts one trace.
    pub fn add(&mut self, error: Option<u32>, predicted: Option<u32>) {
        let hit = u64::from(error == predicted);
        if error.is_some() {
            self.erroneous += 1;
            self.error_hits += hit;
        } else {
            self.correct += 1;
            self.correct_hits += hit;
        }
    }

    /// Adds what was counted elsewhere.
    pub const fn merge(&mut self, other: &Self) {
        self.erroneous += other.erroneous;
        self.error_hits += other.error_hits;
        self.correct += other.correct;
        self.correct_hits += other.correct_hits;
    }

    /// Share of erroneous traces whose first error was named; `None` where there is no such trace.
    pub fn acc_error(&self) -> Option<f64> {
        share(self.error_hits, self.erroneous)
    }

    /// Share of correct traces where none was named; `None` where there is no such trace.
    pub fn acc_correct(&self) -> Option<f64> {
        share(self.correct_hits, self.correct)
    }

    /// The harmonic mean of both; `None` where one of them is unknown.
    pub fn f1(&self) -> Option<f64> {
        let (a, b) = (self.acc_error()?, self.acc_correct()?);
        Some(if a + b > 0.0 { 2.0 * a * b / (a + b) } else { 0.0 })
    }
}

/// What comes out for every threshold in a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Above this.
    pub above: f64,
    /// Up to this.
    pub to: f64,
    /// How often it is right there.
    pub tally: Tally,
}

impl Stretch {
    /// A threshold within: the middle, which is least likely to be right by chance only.
    pub fn threshold(&self) -> f64 {
        match (self.above.is_finite(), self.to.is_finite()) {
            (true, true) => {
                let middle = f64::midpoint(self.above, self.to);
                if middle > self.above { middle } else { self.to }
            }
            (false, true) => self.to,
            (true, false) => self.above.next_up(),
            (false, false) => 0.0,
        }
    }
}

/// The thresholds at which a trace is judged rightly: above the first number, up to the second.
fn right_within(case: &Case<'_>) -> Option<(f64, f64)> {
    let lowest = |scores: &[f64]| scores.iter().copied().fold(f64::INFINITY, f64::min);
    let Some(error) = case.error else { return Some((f64::NEG_INFINITY, lowest(case.scores))) };
    let (before, rest) = case.scores.split_at_checked(error as usize)?;
    let (above, to) = (*rest.first()?, lowest(before));
    (above < to).then_some((above, to))
}

/// The outcome for every threshold there is, from the lowest: exact, since only these ranges differ.
pub fn sweep<'a>(cases: impl Iterator<Item = Case<'a>>) -> Vec<Stretch> {
    let mut all = Tally::default();
    // Where a trace begins to be judged rightly (true) and where it ends.
    let mut turns: Vec<(f64, bool, bool)> = Vec::new();
    for case in cases {
        let is_error = case.error.is_some();
        if is_error {
            all.erroneous += 1;
        } else {
            all.correct += 1;
        }
        if let Some((above, to)) = right_within(&case) {
            turns.push((above, true, is_error));
            turns.push((to, false, is_error));
        }
    }
    // Beginnings first, so that no count falls below none.
    turns.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let mut stretches: Vec<Stretch> = Vec::new();
    let (mut now, mut at) = (all, f64::NEG_INFINITY);
    for (turn, begins, is_error) in turns {
        if turn > at {
            stretches.push(Stretch { above: at, to: turn, tally: now });
            at = turn;
        }
        let hits = if is_error { &mut now.error_hits } else { &mut now.correct_hits };
        *hits = if begins { *hits + 1 } else { hits.saturating_sub(1) };
    }
    if at < f64::INFINITY {
        stretches.push(Stretch { above: at, to: f64::INFINITY, tally: now });
    }
    stretches
}

/// The stretch with the best F1; of equal ones the first. `None` where erroneous or correct traces are missing.
pub fn best(stretches: &[Stretch]) -> Option<Stretch> {
    let mut best: Option<(f64, Stretch)> = None;
    for stretch in stretches {
        let f1 = stretch.tally.f1()?;
        if best.is_none_or(|(most, _)| f1 > most) {
            best = Some((f1, *stretch));
        }
    }
    best.map(|(_, stretch)| stretch)
}

/// From where to where the three shares plausibly lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Intervals {
    /// Of F1.
    pub f1: Option<Interval>,
    /// Of the accuracy on erroneous traces.
    pub acc_error: Option<Interval>,
    /// Of the accuracy on correct traces.
    pub acc_correct: Option<Interval>,
}

/// Draws as many problems as there are, with replacement, so many times (bootstrap percentiles, Efron 1979). Traces of
/// one problem are drawn together: they are not independent. No interval where all draws are alike, as of a scorer that
/// is right about none of few traces: they tell nothing of how far the figure may be off. Can be stopped at each round.
pub fn bootstrap(by_problem: &[Tally], rounds: u32, seed: u64, ctx: &JobContext) -> Result<Intervals, JobError> {
    let mut draw = Draw::new(seed);
    let (mut f1, mut acc_error, mut acc_correct) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        ctx.checkpoint()?;
        let mut sum = Tally::default();
        for _ in by_problem {
            if let Some(problem) = by_problem.get(draw.below(by_problem.len())) {
                sum.merge(problem);
            }
        }
        f1.extend(sum.f1());
        acc_error.extend(sum.acc_error());
        acc_correct.extend(sum.acc_correct());
    }
    let interval = |drawn: Vec<f64>| percentiles(drawn).filter(|interval| interval.low < interval.high);
    Ok(Intervals { f1: interval(f1), acc_error: interval(acc_error), acc_correct: interval(acc_correct) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_score_below_the_threshold_is_the_prediction() {
        assert_eq!(predicted(&[0.9, 0.4, 0.1], 0.5), Some(1));
        assert_eq!(predicted(&[0.5, 0.5], 0.5), None, "at the threshold it is good");
        assert_eq!(predicted(&[f64::NAN, 0.4], 0.5), Some(1));
        assert_eq!(predicted(&[], 0.5), None);
    }

    #[test]
    fn f1_is_the_harmonic_mean_of_both_accuracies() {
        let tally = Tally { erroneous: 4, error_hits: 1, correct: 2, correct_hits: 1 };
        assert_eq!((tally.acc_error(), tally.acc_correct()), (Some(0.25), Some(0.5)));
        assert!((tally.f1().unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(Tally { correct: 0, ..tally }.f1(), None);
        let none = Tally { error_hits: 0, correct_hits: 0, ..tally };
        assert_eq!(none.f1(), Some(0.0));
    }

    #[test]
    fn intervals_cover_the_figure_and_follow_from_the_seed() {
        let ctx = JobContext::foreground(None);
        let hit = Tally { erroneous: 1, error_hits: 1, correct: 1, correct_hits: 1 };
        let miss = Tally { error_hits: 0, correct_hits: 0, ..hit };
        let problems: Vec<Tally> = (0..200).map(|n| if n % 4 == 0 { miss } else { hit }).collect();
        let found = bootstrap(&problems, 500, 3, &ctx).unwrap();
        let of = found.acc_error.unwrap();
        // The normal approximation gives 0.69..0.81.
        assert!((0.67..0.71).contains(&of.low) && (0.79..0.83).contains(&of.high), "{of:?}");
        assert_eq!(bootstrap(&problems, 500, 3, &ctx).unwrap(), found);
        let none = bootstrap(&[Tally { correct_hits: 1, ..miss }, miss], 500, 3, &ctx).unwrap();
        assert_eq!((none.f1, none.acc_error), (None, None), "of no hit drawing tells nothing");
        assert!(none.acc_correct.is_some());
    }

    proptest! {
        /// The sweep says of every threshold what trying it says.
        #[test]
        fn a_sweep_is_exact(
            cases in prop::collection::vec((prop::option::of(0_u32..4), prop::collection::vec(0_u8..6, 1..5)), 1..20),
        ) {
            let scores: Vec<Vec<f64>> = cases.iter()
                .map(|(_, s)| s.iter().map(|s| if *s == 5 { f64::NAN } else { f64::from(*s) }).collect())
                .collect();
            let all = || cases.iter().zip(&scores).map(|((error, _), scores)| Case { error: *error, scores });
            let stretches = sweep(all());
            for pair in stretches.windows(2) {
                prop_assert!(pair[0].to.total_cmp(&pair[1].above).is_eq());
            }
            for threshold in [-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 4.5] {
                let mut expected = Tally::default();
                for case in all() {
                    expected.add(case.error, predicted(case.scores, threshold));
                }
                let found = stretches.iter().find(|s| s.above < threshold && threshold <= s.to).unwrap();
                prop_assert_eq!(found.tally, expected, "at {}", threshold);
            }
            for stretch in &stretches {
                let at = stretch.threshold();
                prop_assert!(stretch.above < at && at <= stretch.to);
            }
        }
    }
}
