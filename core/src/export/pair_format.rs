//! What formats of pairs share: they compare attempts at one problem, and have no row of a single trace.

use serde_json::{Map, Value};

use super::format::{ExportFormat, Made, RowInput, Scope};
use super::left_out::Objection;
use super::pairs::{Pair, no_single_row};
use super::policy::Policy;
use crate::model::Trace;

/// The two sides of a pair, as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// What both go on from: the problem, and the steps that both have.
    pub shared: String,
    /// The better one.
    pub chosen: String,
    /// The worse one.
    pub rejected: String,
}

impl Sides {
    /// Those that stand under these names. What both go on from may stand under several.
    pub(super) fn of(row: &Map<String, Value>, shared: &[&str], chosen: &str, rejected: &str) -> Option<Self> {
        let shared: Vec<String> = shared.iter().filter_map(|name| said(row.get(*name)?)).collect();
        Some(Self { shared: shared.join("\n"), chosen: said(row.get(chosen)?)?, rejected: said(row.get(rejected)?)? })
    }
}

/// The words of a value: a text, the first of a list of texts, or the messages of a chat with who says each.
fn said(value: &Value) -> Option<String> {
    let Value::Array(list) = value else { return value.as_str().map(str::to_owned) };
    if let Some(Value::String(first)) = list.first() {
        return Some(first.clone());
    }
    let message = |message: &Value| {
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
        let calls = message.get("tool_calls").filter(|calls| !calls.is_null()).map(|calls| format!("\n{calls}"));
        format!("{}: {}{}", text("role"), text("content"), calls.unwrap_or_default())
    };
    Some(list.iter().map(message).collect::<Vec<_>>().join("\n"))
}

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

    fn sides(&self, row: &Map<String, Value>) -> Option<Sides>;

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

    fn sides(&self, row: &Map<String, Value>) -> Option<Sides> {
        PairFormat::sides(self, row)
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
