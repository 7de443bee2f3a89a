//! What is known of the project when a question is read: names that can be asked for, and their values.

use std::collections::BTreeMap;

use super::{Field, What};
use crate::model::{StepFlag, StepKind, Verdict};
use crate::query::LabelState;

/// What is known of a project when a question about it is read. The default knows no project: every scorer, source and
/// key of metadata may exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub(in crate::query) known: Option<Known>,
}

/// The names of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::query) struct Known {
    pub(in crate::query) scorers: Vec<String>,
    pub(in crate::query) sources: Vec<String>,
    pub(in crate::query) annotators: Vec<String>,
    /// Keys of metadata of traces and problems, and of steps.
    pub(in crate::query) meta: Vec<String>,
    pub(in crate::query) step_meta: Vec<String>,
    pub(in crate::query) scales: Vec<String>,
    /// The values of fields, by how these are written. Only where all of them are known.
    pub(in crate::query) values: BTreeMap<String, Vec<KnownValue>>,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownValue {
    /// The value.
    pub value: String,
    /// How many traces have it; of a field of steps, how many steps.
    pub count: u64,
}

impl Fields {
    /// All values of a field, where they are known.
    pub(super) fn values(&self, field: &Field) -> Option<&[KnownValue]> {
        self.known.as_ref()?.values.get(&field.name()).map(Vec::as_slice)
    }
}

/// Every value that a field can have, where these are fixed.
pub(super) fn closed(what: What) -> Option<Vec<&'static str>> {
    match what {
        What::Outcome => {
            Some([Verdict::Correct, Verdict::Incorrect, Verdict::Unknown].iter().map(|v| v.name()).collect())
        }
        What::State => Some(LabelState::ALL.iter().map(|state| state.name()).collect()),
        What::Kind => Some(StepKind::ALL.iter().map(|kind| kind.name()).collect()),
        What::Flag => Some(StepFlag::ALL.iter().map(|flag| flag.name()).collect()),
        What::FirstError => Some(vec!["none", "unsure", "lost", "disputed"]),
        _ => None,
    }
}

/// Other words for values.
pub(super) fn alias(what: What, value: &str) -> Option<&'static str> {
    match (what, value) {
        (What::Outcome, "right" | "true") => Some("correct"),
        (What::Outcome, "wrong" | "false") => Some("incorrect"),
        (What::State, "open" | "unlabeled") => Some("unlabelled"),
        (What::State, "labeled") => Some("labelled"),
        _ => None,
    }
}
