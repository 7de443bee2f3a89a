//! What formats of pairs share: they compare attempts at one problem, and have no row of a single trace.

use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, RowInput, Scope};
use super::left_out::Objection;
use super::pairs::{Pair, no_single_row};
use super::policy::Policy;
use crate::model::Trace;

/// A format whose rows are pairs. It is an [`ExportFormat`] by that; each item is described there.
pub(super) trait PairFormat: Sync {
    fn name(&self) -> &'static str;

    fn caption(&self) -> &'static str;

    /// See [`pair_options!`].
    fn options(&self) -> &'static [&'static str];

    fn defaults(&self) -> Policy {
        Policy::default()
    }

    fn pair_rows<'a>(&self, pairs: &[Pair<'a>], policy: &Policy) -> Vec<(&'a Trace, Made)>;

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy>;

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection>;
}

impl<F: PairFormat> ExportFormat for F {
    fn name(&self) -> &'static str {
        PairFormat::name(self)
    }

    fn caption(&self) -> &'static str {
        PairFormat::caption(self)
    }

    fn scope(&self) -> Scope {
        Scope::Problem
    }

    fn options(&self) -> &'static [&'static str] {
        PairFormat::options(self)
    }

    fn defaults(&self) -> Policy {
        PairFormat::defaults(self)
    }

    fn counted(&self) -> &'static [&'static str] {
        &["pairs"]
    }

    fn rows(&self, _input: &RowInput<'_>, _policy: &Policy) -> Vec<Made> {
        vec![no_single_row()]
    }

    fn pair_rows<'a>(&self, pairs: &[Pair<'a>], policy: &Policy) -> Vec<(&'a Trace, Made)> {
        PairFormat::pair_rows(self, pairs, policy)
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        PairFormat::recognise(self, row)
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        PairFormat::check(self, line, policy)
    }
}

/// The names of the options that choose pairs, which every format of pairs has, and those of its own.
macro_rules! pair_options {
    ($($own:literal),*) => {
        &[
            "pairs",
            "pair_score",
            "min_margin",
            "min_edit_distance",
            "per_prefix",
            "per_problem",
            "length_ratio",
            "pair_neutral",
            $($own),*
        ]
    };
}

pub(super) use pair_options;
