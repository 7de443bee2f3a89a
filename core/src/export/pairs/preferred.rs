//! What somebody said is better: own preferences, ranks and bests, and preferences that came with the data.

use std::collections::BTreeMap;

use super::fork::forks;
use super::group::{Group, Member};
use super::pair::{Judge, Pair, PairRule, Side};
use crate::model::{ImportedValue, Label, StepIndex};

/// Own preferences where own labels are in use, else imported ones.
pub(super) fn pairs<'a>(group: &'a Group<'a>) -> Vec<Pair<'a>> {
    if group.imported {
        let mut found: Vec<Pair<'a>> = group.members.iter().flat_map(|member| imported_steps(group, member)).collect();
        found.extend(imported_attempts(group));
        return found;
    }
    group.members.iter().flat_map(|member| own(group, member)).collect()
}

fn pair<'a>(chosen: Side<'a>, rejected: Side<'a>, margin: f64, criterion: &'a str, judge: Judge<'a>) -> Pair<'a> {
    let rule = PairRule::Preference;
    Pair { chosen, rejected, rule, margin, path_margin: margin, criterion, judge, is_whole: false }
}

/// Preferences by their strength; then ranks, by how many places apart; then the best against each of the others.
/// Where two steps have no beginning in common, nothing is compared.
fn own<'a>(group: &'a Group<'a>, member: &'a Member<'a>) -> Vec<Pair<'a>> {
    let Some(said) = member.said else { return Vec::new() };
    let side = |step| Side::step(member, group.annotator.as_deref(), step);
    let judge = Judge::Labels(&group.labels);
    let labels = |step: StepIndex| {
        let hash = member.trace.step(step).map(|step| &step.hash);
        hash.and_then(|hash| said.steps.get(hash)).into_iter().flat_map(|said| said.labels.iter())
    };
    let parent = |step: StepIndex| member.trace.step(step).map(|step| step.parent);
    let mut found = Vec::new();
    for step in (0..).take(member.trace.steps.len()) {
        for label in labels(step) {
            let Label::Preferred(preference) = label else { continue };
            let over = member.trace.find_step(&preference.over).filter(|&over| over != step);
            let over = over.filter(|&over| parent(over) == parent(step));
            // No difference is not a preference.
            if let Some(over) = over.filter(|_| preference.strength > 0) {
                found.push(pair(side(step), side(over), preference.strength.into(), &preference.criterion, judge));
            }
        }
    }
    for branches in forks(member) {
        let rank = |step: StepIndex| {
            labels(step).find_map(|label| match label {
                Label::Rank(rank) => Some(*rank),
                _ => None,
            })
        };
        let ranks: Vec<(StepIndex, u32)> = branches.iter().filter_map(|&step| Some((step, rank(step)?))).collect();
        for &(better, high) in &ranks {
            for &(worse, low) in ranks.iter().filter(|(_, low)| *low > high) {
                found.push(pair(side(better), side(worse), (low - high).into(), "", judge));
            }
        }
        let is_best = |step: &StepIndex| labels(*step).any(|label| matches!(label, Label::Best));
        for &best in branches.iter().filter(|step| is_best(step)) {
            for &other in branches.iter().filter(|step| !is_best(step)) {
                found.push(pair(side(best), side(other), 1.0, "", judge));
            }
        }
    }
    found
}

/// Preferred alternatives against those passed over.
fn imported_steps<'a>(group: &'a Group<'a>, member: &'a Member<'a>) -> Vec<Pair<'a>> {
    let says = |step: StepIndex, value: ImportedValue| {
        member
            .trace
            .labels
            .iter()
            .find(|label| label.step == Some(step) && label.value == value && group.uses(&label.source))
    };
    let side = |step| Side::step(member, None, step);
    let mut found = Vec::new();
    for branches in forks(member) {
        for &chosen in branches {
            let Some(label) = says(chosen, ImportedValue::Preferred) else { continue };
            for &rejected in branches {
                if rejected != chosen && says(rejected, ImportedValue::Dispreferred).is_some() {
                    found.push(pair(side(chosen), side(rejected), 1.0, "", Judge::Imported(&label.source)));
                }
            }
        }
    }
    found
}

/// An attempt and the source of what is said of it.
type Rated<'a> = (Side<'a>, &'a str);

/// Preferred attempts against those passed over in the same row of the same file.
fn imported_attempts<'a>(group: &'a Group<'a>) -> Vec<Pair<'a>> {
    let mut rows: BTreeMap<(&str, u64), [Vec<Rated<'a>>; 2]> = BTreeMap::new();
    for member in &group.members {
        let labels = member.trace.labels.iter().filter(|label| label.step.is_none() && group.uses(&label.source));
        for label in labels {
            let place = match label.value {
                ImportedValue::Preferred => 0,
                ImportedValue::Dispreferred => 1,
                _ => continue,
            };
            let source = &member.trace.source;
            let sides = rows.entry((&source.file, source.row)).or_default().get_mut(place);
            if let (Some(sides), Some(side)) = (sides, Side::whole(member)) {
                sides.push((side, &label.source));
            }
        }
    }
    let mut found = Vec::new();
    for [chosen, rejected] in rows.values() {
        for (better, source) in chosen {
            let judge = Judge::Imported(source);
            let pairs = rejected.iter().map(|(worse, _)| pair(*better, *worse, 1.0, "", judge));
            found.extend(pairs.map(|pair| Pair { is_whole: true, ..pair }));
        }
    }
    found
}
