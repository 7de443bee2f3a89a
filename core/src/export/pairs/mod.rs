//! Preference pairs: which two continuations of one beginning are worth comparing, and which of the two is better.
//!
//! The way of a pair: the attempts at one problem form a [`Group`] → every [`PairRule`] that was asked for proposes
//! pairs, each a pure function in a file of its own → [`select`] leaves out what teaches nothing and keeps the clearest.
//! A pair has one beginning, so the two sides share it byte for byte by construction.

mod criterion;
mod edit;
mod fork;
mod group;
mod mark;
mod meta;
mod options;
mod outcome;
mod pair;
mod preferred;
mod recovered;
mod returned;
mod rewritten;
mod run;
mod scored;
mod searched;
mod select;
#[cfg(test)]
mod tests;
mod text;

pub use group::{Group, Member};
pub use options::{Completion, PairOptions, PairWeight};
pub use pair::{Author, Judge, OnPolicy, Pair, PairRule, Side};
pub use select::{Dropped, select};

pub(super) use group::step_values;
pub(super) use meta::{PairMeta, counts as pair_counts, weight as pair_weight};
pub(super) use options::OPTIONS as PAIR_OPTIONS;
pub(super) use run::{each_pair_row, no_single_row, one_by_one};
pub(super) use text::{Joined, check_sides, check_texts, joined, pair_texts};

/// Every pair that the rules propose for one problem, rule by rule in the order of [`PairRule::ALL`].
pub fn propose<'a>(group: &'a Group<'a>, options: &PairOptions) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    for rule in PairRule::ALL.into_iter().filter(|rule| options.rules.contains(rule)) {
        let mut proposed = match rule {
            PairRule::Preference => preferred::pairs(group),
            PairRule::Rewrite => rewritten::pairs(group),
            PairRule::Label => mark::pairs(group, options),
            PairRule::FirstError => recovered::pairs(group, options),
            PairRule::Criterion => criterion::pairs(group, options),
            PairRule::Search => searched::pairs(group, options),
            PairRule::MonteCarlo => scored::monte_carlo_pairs(group, options),
            PairRule::Score => scored::pairs(group, options),
            PairRule::Returned => returned::pairs(group),
            PairRule::Outcome => outcome::pairs(group, options),
            PairRule::BestWorst => outcome::best_and_worst(group, options),
        };
        pairs.append(&mut proposed);
    }
    pairs
}
