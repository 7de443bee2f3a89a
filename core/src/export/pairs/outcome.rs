//! Whole attempts at one problem: right against wrong, best against worst.

use super::fork::{enough, ranked};
use super::group::{Group, Member};
use super::options::PairOptions;
use super::pair::{Judge, Pair, PairRule, Side};
use crate::model::{ScoreKind, StepIndex};

/// Every right attempt against every wrong one, so ordered that the first pairs use each attempt once.
///
/// Of very many only as many as are needed for the limit per problem, without one 262,144.
///
/// What the annotator said of an outcome comes before what the data says.
pub(super) fn pairs<'a>(group: &'a Group<'a>, options: &PairOptions) -> Vec<Pair<'a>> {
    let side = |right: bool| {
        let ended = group.members.iter().filter_map(move |member| {
            let (outcome, judge) = outcome(group, member)?;
            (outcome == right).then_some((Side::whole(member)?, judge))
        });
        ended.collect::<Vec<_>>()
    };
    let (right, wrong) = (side(true), side(false));
    let (long, short) = (right.len().max(wrong.len()), right.len().min(wrong.len()));
    // Goes through the longer list once for each shift of the shorter one.
    let places = (0..short).flat_map(|shift| (0..long).map(move |at| (at, (at + shift) % short)));
    let pair = |(at, other): (usize, usize)| {
        let (x, y) = if right.len() >= wrong.len() { (at, other) } else { (other, at) };
        let ((chosen, judge), (rejected, _)) = (right.get(x)?, wrong.get(y)?);
        Some(whole(*chosen, *rejected, PairRule::Outcome, 1.0, *judge))
    };
    let most = enough(options.per_problem);
    places.filter_map(pair).take(most.saturating_mul(most)).collect()
}

fn outcome<'a>(group: &'a Group<'a>, member: &Member<'_>) -> Option<(bool, Judge<'a>)> {
    let (right, own) = member.outcome()?;
    Some((right, if own { Judge::Labels(&group.labels) } else { Judge::Outcome }))
}

/// Attempts by a score of the whole that came with the data: every two of different value, the clearest first.
pub(super) fn best_and_worst<'a>(group: &'a Group<'a>, options: &PairOptions) -> Vec<Pair<'a>> {
    let whole_scores = |member: &'a Member<'a>| member.trace.scores.iter().filter(|score| score.step.is_none());
    let named = |name: &str, kind: ScoreKind| {
        if options.score.is_empty() { kind.is_quality() } else { name == options.score }
    };
    let mut all = group.members.iter().flat_map(whole_scores);
    let Some(first) = all.find(|score| named(&score.name, score.kind)) else { return Vec::new() };
    let value = |at: StepIndex| {
        let member = group.members.get(at as usize)?;
        let score = whole_scores(member).rfind(|score| score.name == first.name)?;
        Some(score.value).filter(|value| value.is_finite())
    };
    let attempts: Vec<StepIndex> = (0..).take(group.members.len()).collect();
    let side = |at: StepIndex| group.members.get(at as usize).and_then(Side::whole);
    let pair = |(chosen, rejected, margin)| {
        Some(whole(side(chosen)?, side(rejected)?, PairRule::BestWorst, margin, Judge::Score(&first.name)))
    };
    ranked(&attempts, value, options.min_margin, options.per_problem).into_iter().filter_map(pair).collect()
}

fn whole<'a>(chosen: Side<'a>, rejected: Side<'a>, rule: PairRule, margin: f64, judge: Judge<'a>) -> Pair<'a> {
    Pair { chosen, rejected, rule, margin, path_margin: margin, criterion: "", judge, is_whole: true }
}
