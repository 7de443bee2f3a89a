//! Which branches are folded, one by one or by rule.

use stepscope_core::model::{ScoreKind, Step, StepHash, StepIndex};

use super::picture::Skeleton;
use crate::state::canvas::Folds;
use crate::view_model::scores::ScoreSeries;

/// Scores of 0 to 1 below this are low, as in the colours of the table.
const LOW: f64 = 0.4;

/// For each step whether it is folded; empty where none is.
pub fn folded(folds: &Folds, steps: &[Step], skeleton: &Skeleton, series: Option<&ScoreSeries>) -> Vec<bool> {
    let low = series.filter(|_| folds.low).and_then(|series| Some((series, low_below(series)?)));
    if folds.closed.is_empty() && folds.depth.is_none() && low.is_none() {
        return Vec::new();
    }
    let first = u32::from(skeleton.roots > 1);
    let is_folded = |(index, step): (StepIndex, &Step)| {
        if folds.closed.contains(&step.hash) {
            return true;
        }
        let level = skeleton.levels.get(index as usize).copied().unwrap_or_default() + 1 - first;
        let deep = folds.depth.is_some_and(|depth| level >= depth);
        let is_low = low.is_some_and(|(series, below)| series.at(index).is_some_and(|value| value < below));
        (deep || is_low) && !folds.opened.contains(&step.hash)
    };
    (0..).zip(steps).map(is_folded).collect()
}

/// What counts as low: a fixed value on a scale of 0 to 1, elsewhere the lowest quarter. `None` for numbers that do not
/// say how good a step is.
pub fn low_below(series: &ScoreSeries) -> Option<f64> {
    if series.kind.is_unit() && series.kind != ScoreKind::Prior {
        return Some(LOW);
    }
    let mut values: Vec<f64> = series.values.iter().copied().flatten().filter(|value| value.is_finite()).collect();
    if !series.kind.is_quality() || values.is_empty() {
        return None;
    }
    let quarter = values.len() / 4;
    Some(*values.select_nth_unstable_by(quarter, f64::total_cmp).1)
}

impl Folds {
    /// Folds that branch where it is open, and the other way round.
    pub fn toggle(&mut self, step: &StepHash, is_folded: bool) {
        if is_folded {
            self.closed.remove(step);
            self.opened.insert(step.clone());
        } else {
            self.opened.remove(step);
            self.closed.insert(step.clone());
        }
    }

    /// One level more, or less; `deepest` is that of the tree, counted from 1. Exceptions are forgotten.
    pub fn go_deeper(&mut self, by: i32, deepest: u32) {
        let now = self.depth.unwrap_or(deepest).min(deepest);
        let then = now.saturating_add_signed(by).clamp(1, deepest.max(1));
        self.opened.clear();
        self.closed.clear();
        self.depth = (then < deepest).then_some(then);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stepscope_core::model::{Problem, Trace, TraceBuilder};

    use super::*;

    fn tree() -> (Trace, Skeleton) {
        let mut builder = TraceBuilder::new(Problem::from_text("q"));
        for parent in [None, Some(0), Some(0), Some(1), Some(2), Some(3)] {
            builder.push(Step { parent, text: format!("{parent:?}"), ..Step::default() });
        }
        let trace = builder.build();
        let skeleton = Skeleton::new(&trace);
        (trace, skeleton)
    }

    fn numbers(folded: &[bool]) -> Vec<usize> {
        folded.iter().enumerate().filter(|(_, folded)| **folded).map(|(at, _)| at).collect()
    }

    #[test]
    fn branches_fold_by_hand_by_depth_and_by_score() {
        let (trace, skeleton) = tree();
        let hash = |step: usize| trace.steps[step].hash.clone();
        let mut folds = Folds::default();
        let of = |folds: &Folds, series: Option<&ScoreSeries>| numbers(&folded(folds, &trace.steps, &skeleton, series));
        assert_eq!(of(&folds, None), [0; 0]);
        folds.toggle(&hash(1), false);
        assert_eq!(of(&folds, None), [1]);
        folds.toggle(&hash(1), true);
        assert_eq!(of(&folds, None), [0; 0]);
        folds.go_deeper(-2, 4);
        assert_eq!((folds.depth, of(&folds, None)), (Some(2), vec![1, 2, 3, 4, 5]));
        folds.toggle(&hash(1), true);
        assert_eq!(of(&folds, None), [2, 3, 4, 5], "an exception");
        folds.go_deeper(5, 4);
        assert_eq!((folds.depth, of(&folds, None)), (None, vec![]));
        let series = ScoreSeries {
            name: "v".into(),
            kind: ScoreKind::Value,
            imported: true,
            values: vec![Some(0.5), Some(0.1), Some(0.6), None, Some(0.39), Some(0.0)],
            details: BTreeMap::new(),
        };
        folds.low = true;
        assert_eq!(of(&folds, Some(&series)), [1, 4, 5]);
        assert_eq!(of(&folds, None), [0; 0], "without scores nothing is low");
        let rewards = ScoreSeries { kind: ScoreKind::Reward, ..series.clone() };
        assert_eq!(low_below(&rewards), Some(0.1));
        assert_eq!(low_below(&ScoreSeries { kind: ScoreKind::Count, ..series }), None);
    }
}
