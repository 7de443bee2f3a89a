//! Tests of the rules and of the selection, on small trees written out.

use crate::export::pairs::{Group, Member, Pair, PairOptions, PairRule, propose, select};
use crate::model::{ProblemId, StepRating};

mod rules;
mod selection;

/// A group of those attempts.
fn group(members: Vec<Member<'_>>) -> Group<'_> {
    Group {
        problem: ProblemId::new("p"),
        members,
        labels: "own:ann".into(),
        annotator: Some("ann".into()),
        imported: false,
        imported_source: None,
    }
}

/// Options with one rule, and others set by name.
fn options(rule: PairRule, more: &[(&str, &str)]) -> PairOptions {
    let mut options = PairOptions { rules: vec![rule], ..PairOptions::default() };
    for (name, value) in more {
        assert!(options.set(name, value).unwrap(), "{name}");
    }
    options
}

/// Ratings by sign, as in the tests of exports.
fn rated<'a>(mut member: Member<'a>, signs: &str) -> Member<'a> {
    member.ratings = signs
        .chars()
        .map(|sign| match sign {
            '+' => Some(StepRating::Good),
            '0' => Some(StepRating::Neutral),
            '-' => Some(StepRating::Bad),
            '?' => Some(StepRating::Unsure),
            _ => None,
        })
        .collect();
    member
}

/// What is kept, one pair a line: `prefix: chosen > rejected by margin`.
fn shown(group: &Group<'_>, options: &PairOptions) -> Vec<String> {
    select(propose(group, options), options).0.iter().map(show).collect()
}

fn show(pair: &Pair<'_>) -> String {
    let join = |texts: Vec<&str>| texts.join("");
    let (prefix, chosen, rejected) = (pair.prefix_texts(), pair.chosen.texts(), pair.rejected.texts());
    format!("{}: {} > {} by {}", join(prefix), join(chosen), join(rejected), pair.margin)
}
