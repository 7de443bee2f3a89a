//! Under which circumstances something was said: part of every record, so that labels can be weighed later.

use serde::{Deserialize, Serialize};

/// The circumstances of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// Revision of the label schema; 0 where the project has none.
    #[serde(skip_serializing_if = "is_zero")]
    pub schema: u32,
    /// Version of the guideline that the schema names.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guideline: String,
    /// What could be seen at the time that bears on the label, in the order of [`Seen`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub saw: Vec<Seen>,
    /// How the annotator worked.
    #[serde(skip_serializing_if = "Way::is_linear")]
    pub way: Way,
    /// Milliseconds of work on the trace since the record before it, without idle time.
    #[serde(skip_serializing_if = "is_zero")]
    pub spent_ms: u32,
    /// Who proposed what is said here, where it was proposed; see [`Verified::by`](crate::model::Verified::by).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<String>,
}

/// Something that may lead an annotator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Scores of the trace.
    Scores,
    /// Whether the final answer is right, and the reference answer.
    Outcome,
    /// Labels that came with the data.
    Imported,
    /// Labels of other annotators.
    Others,
    /// A proposed label.
    Proposal,
}

/// How the annotator worked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Reading down.
    #[default]
    Linear,
    /// Halving the undecided span.
    Halving,
    /// Confirming or correcting a proposal.
    Verify,
    /// Many traces at once.
    Bulk,
    /// Taken over from a file.
    Adopted,
}

impl Way {
    const fn is_linear(&self) -> bool {
        matches!(self, Self::Linear)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Context {
    /// True where nothing is known, as of records of older versions.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
