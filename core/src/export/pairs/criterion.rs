//! Ratings on the scales of the schema: one comparison for each scale.

use std::collections::BTreeSet;

use super::fork::{forks, ranked};
use super::group::{Group, Member};
use super::options::PairOptions;
use super::pair::{Judge, Pair, PairRule, Side};
use crate::model::{Label, LabelKind, StepIndex};

/// Alternatives in a tree, and whole attempts, where both are rated on a scale. The winner may differ from scale to
/// scale.
pub(super) fn pairs<'a>(group: &'a Group<'a>, options: &PairOptions) -> Vec<Pair<'a>> {
    let mut found = Vec::new();
    for member in &group.members {
        for criterion in scales(member, false) {
            for branches in forks(member) {
                for (chosen, rejected, margin) in
                    ranked(branches, |step| of_step(member, step, criterion), options.min_margin, options.per_prefix)
                {
                    let side = |step| Side::step(member, group.annotator.as_deref(), step);
                    found.push(pair(group, side(chosen), side(rejected), margin, criterion));
                }
            }
        }
    }
    let scales: BTreeSet<&'a str> = group.members.iter().flat_map(|member| scales(member, true)).collect();
    for criterion in scales {
        let rated = |at: StepIndex| of_trace(group.members.get(at as usize)?, criterion);
        let attempts: Vec<StepIndex> = (0..).take(group.members.len()).collect();
        for (chosen, rejected, margin) in ranked(&attempts, rated, options.min_margin, options.per_problem) {
            let side = |at: StepIndex| group.members.get(at as usize).and_then(Side::whole);
            if let (Some(chosen), Some(rejected)) = (side(chosen), side(rejected)) {
                found.push(Pair { is_whole: true, ..pair(group, chosen, rejected, margin, criterion) });
            }
        }
    }
    found
}

fn pair<'a>(group: &'a Group<'a>, chosen: Side<'a>, rejected: Side<'a>, margin: f64, criterion: &'a str) -> Pair<'a> {
    let (rule, judge) = (PairRule::Criterion, Judge::Labels(&group.labels));
    Pair { chosen, rejected, rule, margin, path_margin: margin, criterion, judge, is_whole: false }
}

/// The scales that steps are rated on, or the trace.
fn scales<'a>(member: &Member<'a>, of_trace: bool) -> BTreeSet<&'a str> {
    let Some(said) = member.said else { return BTreeSet::new() };
    let of_trace = of_trace.then_some(&said.labels);
    let of_steps = said.steps.values().map(|step| &step.labels).filter(|_| of_trace.is_none());
    let labels = of_trace.into_iter().chain(of_steps).flat_map(|labels| labels.of_kind(LabelKind::Rated));
    labels
        .filter_map(|label| match label {
            Label::Rated(rated) => Some(rated.dimension.as_str()),
            _ => None,
        })
        .collect()
}

fn of_step(member: &Member<'_>, step: StepIndex, criterion: &str) -> Option<f64> {
    let hash = &member.trace.step(step)?.hash;
    member.said?.steps.get(hash)?.labels.of_kind(LabelKind::Rated).find_map(|label| value(label, criterion))
}

fn of_trace(member: &Member<'_>, criterion: &str) -> Option<f64> {
    member.said?.labels.of_kind(LabelKind::Rated).find_map(|label| value(label, criterion))
}

fn value(label: &Label, criterion: &str) -> Option<f64> {
    match label {
        Label::Rated(rated) if rated.dimension == criterion => Some(rated.value).filter(|value| value.is_finite()),
        _ => None,
    }
}
