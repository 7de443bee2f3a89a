//! The share of right ends below each node of a tree: what Monte-Carlo estimation of step values rests on.

use super::{ImportedValue, ScoreKind, StepFlag, StepIndex, StepKind, StepRating, StepTree, Trace, Verdict};

/// Standard deviations of a normal distribution that hold 95% of it.
const Z: f64 = 1.959_963_984_540_054;

/// So many ends that are right, of so many that are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Right ends.
    pub right: u32,
    /// Ends that are known to be right or wrong.
    pub judged: u32,
}

impl Estimate {
    /// The share of right ends; `None` where no end is known.
    pub fn mean(&self) -> Option<f64> {
        (self.judged > 0).then(|| f64::from(self.right) / f64::from(self.judged))
    }

    /// Where the true share lies with 95% confidence, by Wilson's score interval: it stays within 0..=1 and says
    /// something of few ends and of shares of 0 and 1 too.
    pub fn interval(&self) -> Option<(f64, f64)> {
        wilson(self.right.into(), self.judged.into())
    }
}

/// The 95 % interval of a share of independent cases (Wilson 1927, without correction for continuity); `None` of no
/// cases.
pub fn wilson(hits: u64, cases: u64) -> Option<(f64, f64)> {
    if cases == 0 {
        return None;
    }
    let (count, mean) = (cases as f64, hits as f64 / cases as f64);
    let square = Z * Z;
    let centre = mean + square / (2.0 * count);
    let half = Z * (mean * (1.0 - mean) / count + square / (4.0 * count * count)).sqrt();
    let whole = 1.0 + square / count;
    // Rounding must not lead out of the scale, nor past the mean.
    let low = ((centre - half) / whole).clamp(0.0, mean);
    let high = ((centre + half) / whole).clamp(mean, 1.0);
    Some((low, high))
}

/// For each step, whether the attempt that ends there is right, as far as the data says. Inner nodes have none.
///
/// In this order: the verdict of the trace at the end of the path that the source returned; a failed end; a reward of
/// exactly 1 (right), 0 or -1 (wrong); an answer rated good or bad; a value of exactly 1 or 0 of an end that was not
/// given up. Anything between is a guess of how it would have ended, and no outcome.
pub fn leaf_outcomes(trace: &Trace, tree: &StepTree) -> Vec<Option<bool>> {
    let mut rewards = vec![Found::Nothing; trace.steps.len()];
    let mut values = vec![Found::Nothing; trace.steps.len()];
    for score in &trace.scores {
        let found = match score.kind {
            ScoreKind::Reward => &mut rewards,
            ScoreKind::Value => &mut values,
            _ => continue,
        };
        if let Some(found) = score.step.and_then(|step| found.get_mut(step as usize)) {
            *found = found.and(score.value);
        }
    }
    let mut ratings = vec![None; trace.steps.len()];
    for label in &trace.labels {
        let right = match label.value {
            ImportedValue::Rating(StepRating::Good) => true,
            ImportedValue::Rating(StepRating::Bad) => false,
            _ => continue,
        };
        if let Some(rating) = label.step.and_then(|step| ratings.get_mut(step as usize)) {
            rating.get_or_insert(right);
        }
    }
    let mut outcomes = vec![None; trace.steps.len()];
    for leaf in tree.leaves() {
        let at = leaf as usize;
        let (Some(step), Some(outcome)) = (trace.steps.get(at), outcomes.get_mut(at)) else { continue };
        let has = |flag| step.flags.contains(&flag);
        let verdict = match trace.outcome.verdict {
            Verdict::Correct if step.on_path => Some(true),
            Verdict::Incorrect if step.on_path => Some(false),
            _ => None,
        };
        let failed = (has(StepFlag::Terminal) && has(StepFlag::Failed)).then_some(false);
        let said = |found: &[Found]| found.get(at).copied().and_then(Found::outcome);
        let rated = ratings.get(at).copied().flatten().filter(|_| step.kind == StepKind::Answer);
        let valued = || said(&values).filter(|_| !has(StepFlag::Pruned));
        *outcome = verdict.or(failed).or_else(|| said(&rewards)).or(rated).or_else(valued);
    }
    outcomes
}

/// For each step, how many of the ends at or below it are right.
pub fn monte_carlo(trace: &Trace, tree: &StepTree) -> Vec<Estimate> {
    let outcomes = leaf_outcomes(trace, tree);
    let own = |outcome: &Option<bool>| Estimate {
        right: u32::from(*outcome == Some(true)),
        judged: u32::from(outcome.is_some()),
    };
    let mut all: Vec<Estimate> = outcomes.iter().map(own).collect();
    // A parent stands before its children, so from the end each node is whole when it is added to its parent.
    for (index, step) in (0..).zip(&trace.steps).collect::<Vec<(StepIndex, _)>>().into_iter().rev() {
        let here = all.get(index as usize).copied().unwrap_or_default();
        let parent = step.parent.filter(|&parent| parent < index).and_then(|parent| all.get_mut(parent as usize));
        if let Some(parent) = parent {
            parent.right += here.right;
            parent.judged += here.judged;
        }
    }
    all
}

/// What numbers of one kind say of how an end turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Outcome(bool),
    /// They contradict each other.
    Both,
}

impl Found {
    #[expect(clippy::float_cmp, reason = "an outcome is exactly 1, 0 or -1; all else is an estimate")]
    fn and(self, value: f64) -> Self {
        let said = match value {
            _ if value == 1.0 => true,
            _ if value == 0.0 || value == -1.0 => false,
            _ => return self,
        };
        match self {
            Self::Nothing => Self::Outcome(said),
            Self::Outcome(known) if known == said => self,
            Self::Outcome(_) | Self::Both => Self::Both,
        }
    }

    fn outcome(self) -> Option<bool> {
        if let Self::Outcome(outcome) = self { Some(outcome) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{ImportedScore, Problem, Step, TraceBuilder};

    /// A tree of those parents, with rewards at some of its steps.
    fn tree(parents: &[Option<u32>], rewards: &[(u32, f64)]) -> Trace {
        let mut builder = TraceBuilder::new(Problem::from_text("q"));
        for (number, &parent) in parents.iter().enumerate() {
            builder.push(Step { parent, text: number.to_string(), ..Step::default() });
        }
        for &(step, value) in rewards {
            let kind = ScoreKind::Reward;
            builder.trace_mut().scores.push(ImportedScore { step: Some(step), name: "r".into(), kind, value });
        }
        builder.build()
    }

    #[test]
    fn ends_are_counted_upwards() {
        // 0 ─ 1 ─ 3 right
        //   │   └ 4 wrong
        //   └ 2 ─ 5 right
        //       ├ 6 between, which is no outcome
        //       └ 7 right
        let parents = [None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(2), Some(2)];
        let trace = tree(&parents, &[(3, 1.0), (4, -1.0), (5, 1.0), (6, 0.4), (7, 1.0), (1, 0.0)]);
        let all = monte_carlo(&trace, &trace.tree());
        let counts: Vec<(u32, u32)> = all.iter().map(|e| (e.right, e.judged)).collect();
        assert_eq!(counts, [(3, 4), (1, 2), (2, 2), (1, 1), (0, 1), (1, 1), (0, 0), (1, 1)]);
        assert_eq!(all[6].mean(), None);
    }

    #[test]
    fn what_an_end_says_counts_in_order() {
        let parents = [None, Some(0), Some(0)];
        let outcomes = |change: &dyn Fn(&mut Trace)| {
            let mut trace = tree(&parents, &[]);
            change(&mut trace);
            let tree = trace.tree();
            leaf_outcomes(&trace, &tree)
        };
        let score = |trace: &mut Trace, name: &str, kind, value| {
            trace.scores.push(ImportedScore { step: Some(1), name: name.into(), kind, value });
        };
        assert_eq!(outcomes(&|_| {}), [None, None, None]);
        let verdict = outcomes(&|trace| {
            trace.outcome.verdict = Verdict::Correct;
            trace.steps[2].on_path = true;
            score(trace, "v", ScoreKind::Value, 0.0);
        });
        assert_eq!(verdict, [None, Some(false), Some(true)]);
        let reward_first = outcomes(&|trace| {
            score(trace, "v", ScoreKind::Value, 0.0);
            score(trace, "r", ScoreKind::Reward, 1.0);
        });
        assert_eq!(reward_first[1], Some(true));
        let contradiction = outcomes(&|trace| {
            score(trace, "a", ScoreKind::Reward, 0.0);
            score(trace, "b", ScoreKind::Reward, 1.0);
        });
        assert_eq!(contradiction[1], None);
        let given_up = outcomes(&|trace| {
            trace.steps[1].flags = vec![StepFlag::Pruned];
            score(trace, "v", ScoreKind::Value, 0.0);
        });
        assert_eq!(given_up[1], None);
        let failed = outcomes(&|trace| trace.steps[1].flags = vec![StepFlag::Terminal, StepFlag::Failed]);
        assert_eq!(failed[1], Some(false));
    }

    #[test]
    fn intervals_are_those_of_the_textbook() {
        // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        let check = |right, judged, expected: (f64, f64)| {
            let (low, high) = Estimate { right, judged }.interval().unwrap();
            assert!(
                (low - expected.0).abs() < 5e-5 && (high - expected.1).abs() < 5e-5,
                "{right}/{judged}: {low} {high}"
            );
        };
        check(81, 263, (0.2553, 0.3662));
        check(15, 148, (0.0624, 0.1605));
        check(0, 20, (0.0, 0.1611));
        check(1, 29, (0.0061, 0.1718));
        assert_eq!(Estimate::default().interval(), None);
    }

    proptest! {
        #[test]
        fn a_node_counts_the_ends_below_it(
            shape in proptest::collection::vec((0_u32..1000, 0_u8..3), 1..80),
        ) {
            let parents: Vec<Option<u32>> = (0_u32..)
                .zip(&shape)
                .map(|(index, (pick, _))| index.checked_sub(1).and_then(|last| (pick % (index + 1)).checked_sub(1).map(|p| p.min(last))))
                .collect();
            let rewards: Vec<(u32, f64)> =
                (0_u32..).zip(&shape).filter(|(_, (_, end))| *end < 2).map(|(index, (_, end))| (index, f64::from(*end))).collect();
            let trace = tree(&parents, &rewards);
            let steps = trace.tree();
            let all = monte_carlo(&trace, &steps);
            let outcomes = leaf_outcomes(&trace, &steps);
            for (at, estimate) in all.iter().enumerate() {
                let at = u32::try_from(at).unwrap();
                let below: Vec<bool> = steps
                    .leaves()
                    .filter(|&leaf| steps.path_to(&trace.steps, leaf).contains(&at))
                    .filter_map(|leaf| outcomes[leaf as usize])
                    .collect();
                prop_assert_eq!(estimate.judged as usize, below.len());
                prop_assert_eq!(estimate.right as usize, below.iter().filter(|right| **right).count());
                if let (Some(mean), Some((low, high))) = (estimate.mean(), estimate.interval()) {
                    prop_assert!((0.0..=mean).contains(&low) && (mean..=1.0).contains(&high));
                }
            }
        }
    }
}
