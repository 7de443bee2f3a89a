//! Alternatives in a tree by their labels.

use super::fork::{forks, leaf_by, ranked};
use super::group::{Group, Member};
use super::options::PairOptions;
use super::pair::{Judge, Pair, PairRule, Side};
use crate::model::{StepIndex, StepRating};

/// Good (1) against neutral against bad (0) and what soft labels say in between, wherever a tree branches. What continues an error is not compared.
pub(super) fn pairs<'a>(group: &'a Group<'a>, options: &PairOptions) -> Vec<Pair<'a>> {
    let mut found = Vec::new();
    for member in &group.members {
        let value = |step| value(member, step, options);
        for branches in forks(member) {
            if branches.first().is_some_and(|&step| member.is_after_error(step)) {
                continue;
            }
            for (chosen, rejected, margin) in ranked(branches, value, options.min_margin, options.per_prefix) {
                let side = |step, best| {
                    Side::step(member, group.annotator.as_deref(), step).ending(leaf_by(member, step, value, best))
                };
                found.push(Pair {
                    chosen: side(chosen, true),
                    rejected: side(rejected, false),
                    rule: PairRule::Label,
                    margin,
                    path_margin: margin,
                    criterion: "",
                    judge: Judge::Labels(&group.labels),
                    is_whole: false,
                });
            }
        }
    }
    found
}

fn value(member: &Member<'_>, step: StepIndex, options: &PairOptions) -> Option<f64> {
    match member.rating(step) {
        Some(StepRating::Good) => Some(1.0),
        Some(StepRating::Neutral) => options.neutral_value,
        Some(StepRating::Bad) => Some(0.0),
        Some(StepRating::Unsure) => None,
        None => member.soft.get(step as usize).copied().flatten().filter(|soft| soft.is_finite()),
    }
}
