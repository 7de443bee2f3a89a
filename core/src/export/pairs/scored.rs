//! Alternatives in a tree by a score.

use super::fork::{forks, leaf_by, ranked};
use super::group::Group;
use super::options::PairOptions;
use super::pair::{Judge, Pair, PairRule, Side};
use crate::model::ScoreKind;

/// By the score that the options name, or by the first that says how good a step is.
pub(super) fn pairs<'a>(group: &'a Group<'a>, options: &PairOptions) -> Vec<Pair<'a>> {
    by_score(group, options, PairRule::Score, ScoreKind::is_quality)
}

/// By the share of attempts from there that ended right.
pub(super) fn monte_carlo_pairs<'a>(group: &'a Group<'a>, options: &PairOptions) -> Vec<Pair<'a>> {
    by_score(group, options, PairRule::MonteCarlo, |kind| kind == ScoreKind::Value)
}

fn by_score<'a>(
    group: &'a Group<'a>,
    options: &PairOptions,
    rule: PairRule,
    fitting: impl Fn(ScoreKind) -> bool,
) -> Vec<Pair<'a>> {
    let mut found = Vec::new();
    for member in &group.members {
        let Some(values) = member.step_values(&options.score, &fitting) else { continue };
        // A name alone does not make a score of another kind what the rule is about.
        if rule == PairRule::MonteCarlo && values.kind != ScoreKind::Value {
            continue;
        }
        for branches in forks(member) {
            for (chosen, rejected, margin) in
                ranked(branches, |step| values.of(step), options.min_margin, options.per_prefix)
            {
                let side = |step, best| {
                    let leaf = leaf_by(member, step, |step| values.of(step), best);
                    Side::step(member, group.annotator.as_deref(), step).ending(leaf)
                };
                found.push(Pair {
                    chosen: side(chosen, true),
                    rejected: side(rejected, false),
                    rule,
                    margin,
                    path_margin: margin,
                    criterion: "",
                    judge: Judge::Score(values.name),
                    is_whole: false,
                });
            }
        }
    }
    found
}
