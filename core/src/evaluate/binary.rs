//! How well numbers tell good from bad: curves, areas, calibration, confusion. Pure functions over pairs.
//!
//! A high number says good. Every figure is the one that scikit-learn gives for the same pairs; equal numbers count as
//! one cut, never as an order.

use rayon::prelude::*;
use serde::Serialize;

/// A number and the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The score; never NaN.
    pub score: f64,
    /// Whether it is good.
    pub good: bool,
}

/// What passes where everything passes that has at least a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cut {
    /// The least score that passes.
    pub score: f64,
    /// Good ones that pass.
    pub good: u64,
    /// Bad ones that pass.
    pub bad: u64,
}

/// All cuts, the highest score first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cuts {
    /// One for each score that occurs; the last passes everything.
    pub cuts: Vec<Cut>,
    /// How many are good.
    pub good: u64,
    /// How many are bad.
    pub bad: u64,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// The score of the cut; what has at least it passes.
    pub score: f64,
    /// Share of bad ones that pass, or recall.
    pub x: f64,
    /// Share of good ones that pass, or precision.
    pub y: f64,
}

impl Cuts {
    /// Sorts the pairs.
    pub fn new(mut pairs: Vec<Pair>) -> Self {
        pairs.par_sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        let mut made = Self::default();
        for pair in &pairs {
            if pair.good {
                made.good += 1;
            } else {
                made.bad += 1;
            }
            made.push(pair.score);
        }
        made
    }

    /// The area under the ROC curve: how often a good one has more than a bad one, ties half. `None` of one sort only.
    pub fn auc(&self) -> Option<f64> {
        if self.good == 0 || self.bad == 0 {
            return None;
        }
        // Twice the area, in whole numbers, so that nothing is lost.
        let (mut twice, mut good, mut bad) = (0_u128, 0_u64, 0_u64);
        for cut in &self.cuts {
            twice += u128::from(cut.bad - bad) * u128::from(good + cut.good);
            (good, bad) = (cut.good, cut.bad);
        }
        Some(twice as f64 / (2.0 * self.good as f64 * self.bad as f64))
    }

    /// Average precision at finding the good ones by high scores. `None` where there is none.
    pub fn average_precision_good(&self) -> Option<f64> {
        let steps = self.cuts.iter().map(|cut| (cut.good, cut.bad));
        average_precision(steps, self.good)
    }

    /// Average precision at finding the bad ones by low scores. `None` where there is none.
    pub fn average_precision_bad(&self) -> Option<f64> {
        // From the lowest score on: what does not pass the cut above.
        let above = self.cuts.iter().rev().skip(1).map(|cut| (cut.bad, cut.good)).chain([(0, 0)]);
        let steps = above.map(|(bad, good)| (self.bad - bad, self.good - good));
        average_precision(steps, self.bad)
    }

    /// The ROC curve, from nothing passes to everything does: `x` the share of bad ones, `y` of good ones.
    pub fn roc(&self) -> Vec<CurvePoint> {
        if self.good == 0 || self.bad == 0 {
            return Vec::new();
        }
        let start = CurvePoint { score: f64::INFINITY, x: 0.0, y: 0.0 };
        let point = |cut: &Cut| CurvePoint {
            score: cut.score,
            x: cut.bad as f64 / self.bad as f64,
            y: cut.good as f64 / self.good as f64,
        };
        std::iter::once(start).chain(self.cuts.iter().map(point)).collect()
    }

    /// Precision over recall at finding the bad ones: `score` is the highest score that is flagged.
    pub fn precision_recall_bad(&self) -> Vec<CurvePoint> {
        if self.bad == 0 {
            return Vec::new();
        }
        let above = self.cuts.iter().rev().skip(1).map(|cut| (cut.bad, cut.good)).chain([(0, 0)]);
        let point = |(cut, (bad, good)): (&Cut, (u64, u64))| {
            let (bad, good) = (self.bad - bad, self.good - good);
            CurvePoint { score: cut.score, x: bad as f64 / self.bad as f64, y: bad as f64 / (bad + good) as f64 }
        };
        self.cuts.iter().rev().zip(above).map(point).collect()
    }

    /// What passes at a threshold and what does not.
    pub fn confusion(&self, threshold: f64) -> Confusion {
        let passing = self.cuts.partition_point(|cut| cut.score >= threshold);
        let last = passing.checked_sub(1).and_then(|last| self.cuts.get(last));
        let (good, bad) = last.map_or((0, 0), |cut| (cut.good, cut.bad));
        Confusion { good_passed: good, good_flagged: self.good - good, bad_passed: bad, bad_flagged: self.bad - bad }
    }

    /// The mean squared distance from the truth, 0 or 1 (Brier 1950). `None` where a score is no probability.
    pub fn brier(&self) -> Option<f64> {
        self.is_unit().then(|| {
            let sum: f64 =
                self.parts().map(|(p, good, bad)| good as f64 * (1.0 - p).powi(2) + bad as f64 * p * p).sum();
            sum / (self.good + self.bad) as f64
        })
    }

    /// How far stated and true shares lie apart, in so many bins of equal width; each bin holds its upper end, the
    /// first its lower as well, as in scikit-learn. Bins without a pair are left out. Empty where a score is no
    /// probability.
    pub fn reliability(&self, bins: usize) -> Vec<Bin> {
        if !self.is_unit() || bins == 0 {
            return Vec::new();
        }
        let edge = |at: usize| at as f64 / bins as f64;
        let mut made: Vec<Bin> = (0..bins).map(|at| Bin::new(edge(at), edge(at + 1))).collect();
        for (score, good, bad) in self.parts() {
            let at = made.partition_point(|bin| bin.to < score).min(bins - 1);
            let Some(bin) = made.get_mut(at) else { continue };
            bin.count += good + bad;
            bin.mean_score += score * (good + bad) as f64;
            bin.share_good += good as f64;
        }
        made.retain(|bin| bin.count > 0);
        for bin in &mut made {
            bin.mean_score /= bin.count as f64;
            bin.share_good /= bin.count as f64;
        }
        made
    }

    /// The bad ones of these with the good ones of others.
    pub(super) fn against(&self, others: &Self) -> Self {
        let bad = self.parts().map(|(score, _, bad)| Cut { score, good: 0, bad });
        let good = others.parts().map(|(score, good, _)| Cut { score, good, bad: 0 });
        let mut steps: Vec<Cut> = bad.chain(good).filter(|cut| cut.good + cut.bad > 0).collect();
        steps.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        let mut made = Self::default();
        for step in steps {
            made.good += step.good;
            made.bad += step.bad;
            made.push(step.score);
        }
        made
    }

    /// Everything counted so far passes at that score.
    fn push(&mut self, score: f64) {
        let cut = Cut { score, good: self.good, bad: self.bad };
        match self.cuts.last_mut() {
            #[expect(clippy::float_cmp, reason = "only equal scores are one cut; 0 and -0 are equal")]
            Some(last) if last.score == score => *last = cut,
            _ => self.cuts.push(cut),
        }
    }

    /// Each score with how many good and bad ones have it.
    fn parts(&self) -> impl Iterator<Item = (f64, u64, u64)> + '_ {
        let before = std::iter::once((0, 0)).chain(self.cuts.iter().map(|cut| (cut.good, cut.bad)));
        let part = |(cut, (good, bad)): (&Cut, (u64, u64))| (cut.score, cut.good - good, cut.bad - bad);
        self.cuts.iter().zip(before).map(part)
    }

    /// Whether every score could be a probability.
    fn is_unit(&self) -> bool {
        let ends = self.cuts.first().zip(self.cuts.last());
        ends.is_some_and(|(highest, lowest)| highest.score <= 1.0 && lowest.score >= 0.0)
    }
}

/// `Σ (Rₙ − Rₙ₋₁) Pₙ` over the cuts, without interpolation. `found` counts right and wrong ones up to each cut.
fn average_precision(found: impl Iterator<Item = (u64, u64)>, all: u64) -> Option<f64> {
    if all == 0 {
        return None;
    }
    let (mut sum, mut before) = (0.0, 0);
    for (right, wrong) in found {
        if right > before {
            sum += (right - before) as f64 * right as f64 / (right + wrong) as f64;
        }
        before = right;
    }
    Some(sum / all as f64)
}

/// What passes at a threshold and what does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// Good and not flagged.
    pub good_passed: u64,
    /// Good, but flagged: false alarms.
    pub good_flagged: u64,
    /// Bad, but not flagged: misses.
    pub bad_passed: u64,
    /// Bad and flagged.
    pub bad_flagged: u64,
}

impl Confusion {
    /// Share of right verdicts.
    pub fn accuracy(&self) -> Option<f64> {
        let right = self.good_passed + self.bad_flagged;
        share(right, right + self.good_flagged + self.bad_passed)
    }

    /// F1 with the good ones as what is looked for.
    pub fn f1_good(&self) -> Option<f64> {
        share(2 * self.good_passed, 2 * self.good_passed + self.good_flagged + self.bad_passed)
    }

    /// F1 with the bad ones as what is looked for.
    pub fn f1_bad(&self) -> Option<f64> {
        share(2 * self.bad_flagged, 2 * self.bad_flagged + self.good_flagged + self.bad_passed)
    }

    /// The mean of both F1, which PRMBench (Song et al. 2025) calls the PRM-Score.
    pub fn prm_score(&self) -> Option<f64> {
        Some(f64::midpoint(self.f1_good()?, self.f1_bad()?))
    }
}

/// The share of some among all; `None` of none.
pub(super) fn share(some: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| some as f64 / all as f64)
}

/// Stated and true shares of pairs with about the same score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Above this score.
    pub from: f64,
    /// Up to this score.
    pub to: f64,
    /// How many pairs.
    pub count: u64,
    /// Their mean score.
    pub mean_score: f64,
    /// The share of good ones.
    pub share_good: f64,
}

impl Bin {
    const fn new(from: f64, to: f64) -> Self {
        Self { from, to, count: 0, mean_score: 0.0, share_good: 0.0 }
    }
}

/// The expected calibration error: the distance of stated and true shares, weighted by how many (Guo et al. 2017).
pub fn calibration_error(bins: &[Bin]) -> Option<f64> {
    let all: u64 = bins.iter().map(|bin| bin.count).sum();
    let apart = |bin: &Bin| bin.count as f64 * (bin.mean_score - bin.share_good).abs();
    (all > 0).then(|| bins.iter().map(apart).sum::<f64>() / all as f64)
}
