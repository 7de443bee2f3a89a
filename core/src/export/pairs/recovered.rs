//! The first error of an attempt, and how another attempt, or another branch, went on from the same beginning.

use super::fork::enough;
use super::group::{Group, Member};
use super::options::PairOptions;
use super::pair::{Judge, Pair, PairRule, Side};
use crate::model::{PrefixTree, StepIndex, StepRating, Verdict, Visit};

/// Every first error against every step that stands in its place elsewhere and is good, or on the way of an attempt that
/// ended right. The attempts are merged; two beginnings count as one only where they are equal byte for byte.
///
/// A good step is worth 1, one on the way to a right answer the share of right attempts that went there.
pub(super) fn pairs<'a>(group: &'a Group<'a>, options: &PairOptions) -> Vec<Pair<'a>> {
    let tree = PrefixTree::new((0..).zip(group.members.iter().map(|member| &member.trace)));
    let mut found = Vec::new();
    for (attempt, member) in (0..).zip(&group.members) {
        for error in first_errors(member) {
            let Some(place) = tree.place(Visit { attempt, step: error }) else { continue };
            let above = tree.node(place).and_then(|node| tree.node(node.parent?));
            let siblings = above.map_or(&tree.roots, |above| &above.children);
            let beginning = texts(member, error);
            let mut of_error = Vec::new();
            for &sibling in siblings.iter().filter(|&&sibling| sibling != place) {
                let Some(node) = tree.node(sibling) else { continue };
                let share = node.tally.mean().unwrap_or(1.0);
                let worth = |visit: &Visit| {
                    let member = group.members.get(visit.attempt as usize)?;
                    let (worth, judge) = worth(group, member, visit.step, share)?;
                    (texts(member, visit.step) == beginning).then_some((member, visit.step, worth, judge))
                };
                // The first of the best.
                let best = node.visits.iter().filter_map(worth).rev().max_by(|a, b| a.2.total_cmp(&b.2));
                if let Some((by, step, margin, judge)) = best {
                    of_error.push(Pair {
                        chosen: Side::step(by, group.annotator.as_deref(), step),
                        rejected: Side::step(member, group.annotator.as_deref(), error),
                        rule: PairRule::FirstError,
                        margin,
                        path_margin: margin,
                        criterion: "",
                        judge,
                        is_whole: false,
                    });
                }
            }
            // The best, of equal ones the first.
            of_error.sort_by(|a, b| b.margin.total_cmp(&a.margin));
            of_error.truncate(enough(options.per_prefix));
            found.append(&mut of_error);
        }
    }
    found
}

/// Bad steps that nothing bad stands before.
fn first_errors<'a>(member: &'a Member<'_>) -> impl Iterator<Item = StepIndex> + 'a {
    let steps = (0..).take(member.ratings.len());
    steps.filter(|&step| member.rating(step) == Some(StepRating::Bad) && !member.is_after_error(step))
}

fn texts<'a>(member: &'a Member<'_>, step: StepIndex) -> Vec<&'a str> {
    member.prefix(step).into_iter().map(|step| member.text(step)).collect()
}

fn worth<'a>(group: &'a Group<'a>, member: &Member<'_>, step: StepIndex, share: f64) -> Option<(f64, Judge<'a>)> {
    if member.is_after_error(step) {
        return None;
    }
    let labels = Judge::Labels(&group.labels);
    match member.rating(step) {
        Some(StepRating::Good) => Some((1.0, labels)),
        Some(StepRating::Neutral | StepRating::Bad | StepRating::Unsure) => None,
        None => {
            let right = member.trace.outcome.verdict == Verdict::Correct;
            (right && share > 0.0 && member.main_path().contains(&step)).then_some((share, labels))
        }
    }
}
