//! Where a tree branches, and the pairs that the values of its branches give.

use super::group::Member;
use crate::model::StepIndex;

/// So many of the best and of the worst branches of a fork are compared where no lower limit asks for fewer.
const MOST: usize = 512;

/// The steps that continue one beginning, wherever there are several.
pub(super) fn forks<'a>(member: &'a Member<'_>) -> impl Iterator<Item = &'a [StepIndex]> {
    let steps = (0..).take(member.trace.steps.len());
    let below = steps.map(|step| member.tree.children(step));
    std::iter::once(member.tree.roots()).chain(below).filter(|branches| branches.len() > 1)
}

/// How many to propose where `limit` are wanted (0: all), as some fall out for being equal or near.
pub(super) fn enough(limit: usize) -> usize {
    if limit == 0 { MOST } else { limit.saturating_mul(4).clamp(16, MOST) }
}

/// Better, worse and by how much: the clearest first, then in the order of the branches.
///
/// Among branches with values, every two of different value; where only so many are wanted (0: all), only those at both
/// ends are looked at, as no others can be among the clearest.
pub(super) fn ranked(
    branches: &[StepIndex],
    value: impl Fn(StepIndex) -> Option<f64>,
    min_margin: f64,
    limit: usize,
) -> Vec<(StepIndex, StepIndex, f64)> {
    let mut best: Vec<(StepIndex, f64)> = branches.iter().filter_map(|&step| Some((step, value(step)?))).collect();
    let mut worst = best.clone();
    best.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    worst.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let most = enough(limit);
    let mut found = Vec::new();
    for &(chosen, high) in best.iter().take(most) {
        for &(rejected, low) in worst.iter().take(most) {
            let margin = high - low;
            if margin > 0.0 && margin >= min_margin {
                found.push((chosen, rejected, margin));
            }
        }
    }
    let place = |step: &StepIndex| branches.iter().position(|branch| branch == step);
    found.sort_by(|(a, b, high), (c, d, low)| {
        low.total_cmp(high).then_with(|| place(a).cmp(&place(c))).then_with(|| place(b).cmp(&place(d)))
    });
    found
}

/// The leaf that one comes to by always taking the branch of the best value, or of the worst. The returned solution
/// comes first; branches without a value come last.
pub(super) fn leaf_by(
    member: &Member<'_>,
    step: StepIndex,
    value: impl Fn(StepIndex) -> Option<f64>,
    best: bool,
) -> StepIndex {
    let on_path = |step: &&StepIndex| member.trace.step(**step).is_some_and(|step| step.on_path);
    let mut at = step;
    loop {
        let branches = member.tree.children(at);
        let sign = if best { -1.0 } else { 1.0 };
        let rank = |step: &StepIndex| value(*step).map_or(f64::INFINITY, |value| sign * value);
        let next = branches.iter().find(on_path);
        let next = next.or_else(|| branches.iter().min_by(|a, b| rank(a).total_cmp(&rank(b))));
        match next {
            Some(&next) => at = next,
            None => return at,
        }
    }
}
