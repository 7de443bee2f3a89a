//! The steps of the returned solution of a search, and the alternatives that it left.

use super::fork::forks;
use super::group::Group;
use super::pair::{Judge, Pair, PairRule, Side};
use crate::model::{StepIndex, Verdict};

/// Wherever a tree branches, the branch that the returned solution takes against each of the others. Of a solution that
/// is known to be wrong nothing is learned.
pub(super) fn pairs<'a>(group: &'a Group<'a>) -> Vec<Pair<'a>> {
    let mut found = Vec::new();
    for member in group.members.iter().filter(|member| member.trace.outcome.verdict != Verdict::Incorrect) {
        let returned = |step: &&StepIndex| member.trace.step(**step).is_some_and(|step| step.on_path);
        let side = |step| Side::step(member, group.annotator.as_deref(), step);
        for branches in forks(member) {
            for &chosen in branches.iter().filter(returned) {
                for &rejected in branches.iter().filter(|step| !returned(step)) {
                    found.push(Pair {
                        chosen: side(chosen),
                        rejected: side(rejected),
                        rule: PairRule::Returned,
                        margin: 1.0,
                        path_margin: 1.0,
                        criterion: "",
                        judge: Judge::Returned,
                        is_whole: false,
                    });
                }
            }
        }
    }
    found
}
