//! A step and what was written in its place.

use super::group::{Group, Member};
use super::pair::{Author, Judge, Pair, PairRule, Side};
use crate::model::{Label, LabelKind, StepRating, WrittenStep};

/// The steps that the annotator wrote in place of others; with imported labels, the corrections that came with them.
/// Written steps that are rated bad are left alone.
pub(super) fn pairs<'a>(group: &'a Group<'a>) -> Vec<Pair<'a>> {
    let members = group.members.iter();
    if group.imported {
        members.flat_map(|member| corrections(group, member)).collect()
    } else {
        members.flat_map(|member| rewrites(group, member)).collect()
    }
}

fn rewrites<'a>(group: &'a Group<'a>, member: &'a Member<'a>) -> Vec<Pair<'a>> {
    let labels = member.said.into_iter().flat_map(|said| said.labels.of_kind(LabelKind::Written));
    let mut written: Vec<&WrittenStep> = labels
        .filter_map(|label| match label {
            Label::Written(step) => Some(step),
            _ => None,
        })
        .collect();
    // Labels are in the order of letters; these are in the order of writing.
    written.sort_by_key(|step| step.id.written_number());
    let pair = |step: &WrittenStep| {
        let chosen = member.trace.find_step(&step.id)?;
        let rejected = member.trace.find_step(step.replaces.as_ref()?)?;
        let parent = |at| member.trace.step(at).map(|step| step.parent);
        if parent(chosen) != parent(rejected) || member.rating(chosen) == Some(StepRating::Bad) {
            return None;
        }
        let side = |step| Side::step(member, group.annotator.as_deref(), step);
        Some(of(side(chosen), side(rejected), Judge::Labels(&group.labels)))
    };
    written.into_iter().filter_map(pair).collect()
}

fn corrections<'a>(group: &'a Group<'a>, member: &'a Member<'a>) -> Vec<Pair<'a>> {
    let said = member.trace.labels.iter().filter(|label| group.uses(&label.source));
    let pair = |label: &'a crate::model::ImportedLabel| {
        let (step, words) = (label.step?, label.correction.as_deref()?);
        member.trace.step(step)?;
        let rejected = Side::step(member, None, step);
        let chosen = Side { words: Some(words), by: Author::Source(&label.source), ..rejected };
        Some(of(chosen, rejected, Judge::Imported(&label.source)))
    };
    said.filter_map(pair).collect()
}

fn of<'a>(chosen: Side<'a>, rejected: Side<'a>, judge: Judge<'a>) -> Pair<'a> {
    Pair {
        chosen,
        rejected,
        rule: PairRule::Rewrite,
        margin: 1.0,
        path_margin: 1.0,
        criterion: "",
        judge,
        is_whole: false,
    }
}
