//! Alternatives of a search by q value, two and two per fork, as rStar-Math takes them (microsoft/rStar, branch
//! rStar-math).

use super::fork::forks;
use super::group::{Group, Member, StepValues};
use super::options::PairOptions;
use super::pair::{Judge, Pair, PairRule, Side};
use crate::model::{ScoreKind, StepFlag, StepIndex, StepKind, Verdict};

/// What the branches are named by, where the options name no score.
const NAMES: [&str; 3] = ["q_value", "q", "Q"];

/// At each fork the branches that come to a right leaf, by q from above, and those that come to a wrong one, by q from
/// below: two of each, four where the other side has one. Of these every two with a margin of q and a margin of the
/// means along the paths above 0. A branch is on one side only: on that of the clearest pair it is in.
///
/// The path of a branch goes to the right leaf of the highest mean, or to the wrong one of the lowest.
pub(super) fn pairs<'a>(group: &'a Group<'a>, options: &PairOptions) -> Vec<Pair<'a>> {
    let mut found = Vec::new();
    for member in &group.members {
        let named = NAMES.iter().find_map(|name| member.step_values(name, |_| false));
        let any = || member.step_values("", |kind| matches!(kind, ScoreKind::Value | ScoreKind::Reward));
        let values =
            if options.score.is_empty() { named.or_else(any) } else { member.step_values(&options.score, |_| false) };
        let Some(values) = values else { continue };
        let leaves = Leaves::new(member, &values);
        for branches in forks(member) {
            for (chosen, rejected, margin) in of_fork(branches, &values, &leaves, options) {
                let side = |end: End| Side::step(member, group.annotator.as_deref(), end.step).ending(end.leaf);
                found.push(Pair {
                    chosen: side(chosen),
                    rejected: side(rejected),
                    rule: PairRule::Search,
                    margin,
                    path_margin: chosen.mean - rejected.mean,
                    criterion: "",
                    judge: Judge::Score(values.name),
                    is_whole: false,
                });
            }
        }
    }
    found
}

/// A branch and the leaf that speaks for it.
#[derive(Clone, Copy, Debug)]
struct End {
    step: StepIndex,
    leaf: StepIndex,
    /// The mean of the values from the branch to the leaf.
    mean: f64,
}

fn of_fork(
    branches: &[StepIndex],
    values: &StepValues<'_>,
    leaves: &Leaves,
    options: &PairOptions,
) -> Vec<(End, End, f64)> {
    let ends = |right: bool| {
        let mut ends: Vec<(End, f64)> =
            branches.iter().filter_map(|&step| Some((leaves.end(step, right)?, values.of(step)?))).collect();
        ends.sort_by(|(_, a), (_, b)| if right { b.total_cmp(a) } else { a.total_cmp(b) });
        ends
    };
    let (mut right, mut wrong) = (ends(true), ends(false));
    let (most_right, most_wrong) = (if wrong.len() == 1 { 4 } else { 2 }, if right.len() == 1 { 4 } else { 2 });
    right.truncate(most_right);
    wrong.truncate(most_wrong);
    let mut found = Vec::new();
    for (chosen, high) in &right {
        for (rejected, low) in &wrong {
            let margin = high - low;
            if margin > 0.0 && margin >= options.min_margin && chosen.mean > rejected.mean {
                found.push((*chosen, *rejected, margin));
            }
        }
    }
    found.sort_by(|(.., a), (.., b)| b.total_cmp(a));
    let (mut good, mut bad): (Vec<StepIndex>, Vec<StepIndex>) = (Vec::new(), Vec::new());
    found.retain(|(chosen, rejected, _)| {
        let fits = !bad.contains(&chosen.step) && !good.contains(&rejected.step);
        if fits {
            good.push(chosen.step);
            bad.push(rejected.step);
        }
        fits
    });
    found
}

/// For each step the leaf that speaks best for it, and the one that speaks worst against it.
struct Leaves {
    right: Vec<Option<End>>,
    wrong: Vec<Option<End>>,
}

/// The best or worst way down from a step: sums of values, so that the mean can be taken at any step above.
#[derive(Clone, Copy)]
struct Way {
    leaf: StepIndex,
    sum: f64,
    count: u32,
}

impl Leaves {
    fn new(member: &Member<'_>, values: &StepValues<'_>) -> Self {
        Self { right: ends(member, values, true), wrong: ends(member, values, false) }
    }

    fn end(&self, step: StepIndex, right: bool) -> Option<End> {
        *(if right { &self.right } else { &self.wrong }).get(step as usize)?
    }
}

/// Goes down from every branch of every fork. Only steps that are branches need an end.
fn ends(member: &Member<'_>, values: &StepValues<'_>, right: bool) -> Vec<Option<End>> {
    let mut found: Vec<Option<End>> = vec![None; member.trace.steps.len()];
    for &branch in forks(member).flatten() {
        let start = Way { leaf: branch, sum: 0.0, count: 0 };
        let mut waiting = vec![start];
        let mut best: Option<End> = None;
        while let Some(Way { leaf: at, mut sum, mut count }) = waiting.pop() {
            if let Some(value) = values.of(at) {
                (sum, count) = (sum + value, count + 1);
            }
            let below = member.tree.children(at);
            if below.is_empty() && count > 0 && verdict(member, values, at) == Some(right) {
                let mean = sum / f64::from(count);
                if best.is_none_or(|best| if right { mean > best.mean } else { mean < best.mean }) {
                    best = Some(End { step: branch, leaf: at, mean });
                }
            }
            // In reverse, so that of equal ones the first in the order of the tree is met first.
            waiting.extend(below.iter().rev().map(|&leaf| Way { leaf, sum, count }));
        }
        if let Some(slot) = found.get_mut(branch as usize) {
            *slot = best;
        }
    }
    found
}

/// Whether a leaf ends right: a search that failed there did not; else the sign of a reward, a chance of 1 or 0, or, at
/// the end of the returned solution, what is said of the trace. The output of code speaks for the code.
fn verdict(member: &Member<'_>, values: &StepValues<'_>, leaf: StepIndex) -> Option<bool> {
    let mut at = leaf;
    loop {
        let step = member.trace.step(at)?;
        if step.flags.contains(&StepFlag::Failed) {
            return Some(false);
        }
        if let Some(value) = values.of(at) {
            let (right, wrong) =
                if values.kind.is_unit() { (value >= 1.0, value <= 0.0) } else { (value > 0.0, value < 0.0) };
            if right || wrong {
                return Some(right);
            }
        }
        match step.parent {
            Some(parent) if matches!(step.kind, StepKind::Observation | StepKind::ToolResult) => at = parent,
            _ => break,
        }
    }
    let returned = member.main_path().last() == Some(&leaf) && member.trace.steps.get(leaf as usize)?.on_path;
    match member.trace.outcome.verdict {
        Verdict::Correct if returned => Some(true),
        Verdict::Incorrect if returned => Some(false),
        _ => None,
    }
}
