//! What was said about steps and traces, by the source or by a person.

use serde::{Deserialize, Serialize};

use super::{StepHash, StepIndex};

/// A verdict on one step. A step without one is unmarked, which is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepRating {
    /// Correct and useful.
    Good,
    /// Neither helps nor harms (PRM800K: 0).
    Neutral,
    /// Wrong.
    Bad,
    /// Looked at and left undecided.
    Unsure,
}

impl StepRating {
    /// Every rating, best first.
    pub const ALL: [Self; 4] = [Self::Good, Self::Neutral, Self::Bad, Self::Unsure];

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Neutral => "neutral",
            Self::Bad => "bad",
            Self::Unsure => "unsure",
        }
    }

    /// The rating with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rating| rating.name() == name)
    }
}

/// Where a trace first goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "step")]
pub enum FirstError {
    /// At this step. What follows it is unjudged.
    At(StepHash),
    /// Nowhere up to this step, the last of the path that was judged. The hash covers what stands above, so it names
    /// the text that was read: steps added later are unjudged.
    #[serde(rename = "none")]
    NoneUpTo(StepHash),
    /// Looked for and left undecided.
    Unsure,
}

/// How far a person got with a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceStatus {
    /// Not finished.
    #[default]
    Open,
    /// Finished.
    Done,
    /// Left for somebody else.
    Skipped,
    /// The problem itself is wrong or unclear.
    Defective,
    /// Tried and not managed, as when it is too hard to judge.
    GivenUp,
}

impl TraceStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Open, Self::Done, Self::Skipped, Self::Defective, Self::GivenUp];

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Defective => "defective",
            Self::GivenUp => "given_up",
        }
    }
}

/// A label that came with the data. Kept apart from the user's own.
///
/// Only what was said is stored: that the steps before a first error are good follows from it and is worked out
/// where it is needed; steps after it are unjudged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportedLabel {
    /// The step, or `None` for the whole trace.
    pub step: Option<StepIndex>,
    /// What it says.
    #[serde(flatten)]
    pub value: ImportedValue,
    /// Who said it: `human`, `human:NAME`, `model:NAME`, `rollout`, `synthetic`, `rule`.
    pub source: String,
    /// The field it was read from.
    pub field: String,
    /// The value as written there.
    pub raw: String,
    /// The number that the field gives to the first step, where it counts steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u32>,
    /// Why, in the words of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// What the source says should stand there instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
}

/// What an imported label says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "says", content = "value")]
pub enum ImportedValue {
    /// A verdict on the step.
    Rating(StepRating),
    /// A soft label, usually 0..=1, kept to the last digit.
    Soft(f64),
    /// The step is the first error.
    FirstError,
    /// The trace has no error.
    NoError,
    /// There is an error, but the source does not say where.
    ErrorSomewhere,
    /// Chosen over a sibling, or over another attempt at the problem.
    Preferred,
    /// Passed over for a sibling, or for another attempt.
    Dispreferred,
    /// A named property; its name is [`ImportedLabel::raw`].
    Tag,
    /// Words only: they are in [`ImportedLabel::rationale`].
    Remark,
}

impl ImportedValue {
    /// What is said, in one word for files and the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rating(rating) => rating.name(),
            Self::Soft(_) => "soft",
            Self::FirstError => "first_error",
            Self::NoError => "no_error",
            Self::ErrorSomewhere => "error_somewhere",
            Self::Preferred => "preferred",
            Self::Dispreferred => "dispreferred",
            Self::Tag => "tag",
            Self::Remark => "remark",
        }
    }
}
