//! Where a pair comes from, in a column of its own. No field is ever absent: a column of nulls would have no type.

use serde::{Deserialize, Serialize};

use super::options::{PairOptions, PairWeight};
use super::pair::{OnPolicy, Pair};

/// Where a pair comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::export) struct PairMeta {
    /// The rule; see [`PairRule::name`](super::PairRule::name).
    pub(in crate::export) rule: String,
    /// How much better the chosen side is.
    pub(in crate::export) margin: f64,
    /// In what respect; empty for all in all.
    pub(in crate::export) criterion: String,
    /// Who says so: `own:NAME`, `imported:NAME`, `scorer:NAME@T`, `score:NAME`, `outcome`, `returned`.
    pub(in crate::export) judged_by: String,
    /// Who wrote it: `generator:NAME`, `annotator:NAME`, `source:NAME`, `unknown`.
    pub(in crate::export) chosen_by: String,
    pub(in crate::export) rejected_by: String,
    /// `yes`, `no`, `unknown`.
    pub(in crate::export) on_policy: OnPolicy,
    /// Identities, and positions of steps from 0.
    pub(in crate::export) problem: String,
    pub(in crate::export) chosen_trace: String,
    pub(in crate::export) chosen_step: u32,
    pub(in crate::export) rejected_trace: String,
    pub(in crate::export) rejected_step: u32,
}

impl PairMeta {
    pub(in crate::export) fn new(pair: &Pair<'_>, options: &PairOptions) -> Self {
        Self {
            rule: pair.rule.name().into(),
            margin: pair.margin,
            criterion: pair.criterion.into(),
            judged_by: pair.judge.to_string(),
            chosen_by: pair.chosen.by.to_string(),
            rejected_by: pair.rejected.by.to_string(),
            on_policy: pair.on_policy(&options.policy_model),
            problem: pair.chosen.trace().problem.id().as_str().into(),
            chosen_trace: pair.chosen.trace().id.as_str().into(),
            chosen_step: pair.chosen.step,
            rejected_trace: pair.rejected.trace().id.as_str().into(),
            rejected_step: pair.rejected.step,
        }
    }
}

/// What a pair weighs.
pub(in crate::export) fn weight(pair: &Pair<'_>, options: &PairOptions) -> f64 {
    match options.weight {
        PairWeight::Margin => pair.margin,
        PairWeight::Equal => 1.0,
    }
}

/// What a row of a pair adds to the counts.
pub(in crate::export) fn counts(pair: &Pair<'_>) -> Vec<(&'static str, u64)> {
    vec![("pairs", 1), (pair.rule.name(), 1)]
}
