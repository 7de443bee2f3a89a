//! What did not become a row, and by which rule.

use serde::{Deserialize, Serialize};

use crate::labels::{Unclear, Why};
use crate::model::{StepHash, StepIndex, TraceId};

/// A trace, or one path of it, that did not become a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The trace.
    pub trace: TraceId,
    /// The name its source gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// The step in question, from 0; absent where it is about the whole trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepIndex>,
    /// The hash of that step, by which it is found where the trace is cut into other steps; not written.
    #[serde(skip)]
    pub hash: Option<StepHash>,
    /// The rule that left it out.
    pub rule: Rule,
    /// The same in a sentence for the user; steps are numbered from 1 there.
    pub reason: String,
}

/// Why a row cannot be made, before it is known of which trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The rule.
    pub rule: Rule,
    /// The step in question, from 0.
    pub step: Option<StepIndex>,
    /// The reason in a sentence for the user.
    pub reason: String,
}

impl Objection {
    /// An objection to the whole trace.
    pub fn new(rule: Rule, reason: impl Into<String>) -> Self {
        Self { rule, step: None, reason: reason.into() }
    }

    /// An objection to one step; the sentence begins with its number.
    pub fn at(rule: Rule, step: StepIndex, reason: &str) -> Self {
        Self { rule, step: Some(step), reason: format!("step {} {reason}", u64::from(step) + 1) }
    }
}

/// The rules by which traces are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The chosen source says nothing of it.
    NoLabels,
    /// A step that needs a label has none.
    Unlabelled,
    /// The labels contradict one another.
    Contradiction,
    /// The members of a consensus say different things.
    Disagreement,
    /// A step or the trace was left undecided.
    Unsure,
    /// A neutral step, where the policy drops these.
    Neutral,
    /// An error that is put right further on, where the policy drops these.
    SelfCorrected,
    /// Nothing is left to learn from.
    NothingToLearn,
    /// Nothing is said of it in words.
    NoWords,
    /// A marker of the format stands in a text.
    Marker,
    /// The order or the number of messages or steps.
    Order,
    /// The same said twice, or twice differently.
    Repeated,
    /// A soft label that is neither 0 nor 1.
    SoftLabel,
    /// A label names a step that the trace no longer has.
    LostStep,
    /// The problem was flagged as defective.
    Defective,
    /// The annotator skipped it or gave it up.
    Skipped,
    /// The annotator has not finished it.
    Unfinished,
    /// The format needs an outcome and none is known.
    UnknownOutcome,
    /// There are no steps.
    NoSteps,
    /// The prompt is empty.
    EmptyPrompt,
    /// A step without text.
    EmptyStep,
    /// The step separator stands at the start or end of a step.
    Separator,
    /// Two sides say the same.
    EqualSides,
    /// A text is cut inside a character, a formula or a block of code.
    Boundary,
    /// Nothing could be compared at the problem.
    NoPair,
    /// The line is not of the shape that the format has.
    Shape,
    /// The line is no JSON.
    Json,
    /// The bytes are no text that every reader takes.
    Encoding,
    /// Columns or their types differ from row to row.
    Columns,
    /// The format cannot hold a value without loss.
    Lossy,
    /// The user's template or map of fields does not fit it.
    Template,
}

impl Rule {
    /// The rule in a few words, for counts: "12 without labels".
    pub const fn caption(self) -> &'static str {
        match self {
            Self::NoLabels => "without labels",
            Self::Unlabelled => "with unlabelled steps",
            Self::Contradiction => "with contradicting labels",
            Self::Disagreement => "on which sources disagree",
            Self::Unsure => "left undecided",
            Self::Neutral => "with neutral steps",
            Self::SelfCorrected => "with errors that are put right",
            Self::NothingToLearn => "with nothing to learn from",
            Self::NoWords => "without words",
            Self::Marker => "with a marker of the format in a text",
            Self::Order => "out of order",
            Self::Repeated => "that repeat or contradict another row",
            Self::SoftLabel => "with soft labels",
            Self::LostStep => "with labels of changed steps",
            Self::Defective => "flagged as defective",
            Self::Skipped => "skipped",
            Self::Unfinished => "not finished",
            Self::UnknownOutcome => "of unknown outcome",
            Self::NoSteps => "without steps",
            Self::EmptyPrompt => "with an empty prompt",
            Self::EmptyStep => "with an empty step",
            Self::Separator => "with the separator at the edge of a step",
            Self::Json => "that are no JSON",
            Self::Encoding => "that are no clean UTF-8",
            Self::Columns => "with other columns",
            Self::EqualSides => "with equal sides",
            Self::Boundary => "cut in the middle of something",
            Self::NoPair => "without a pair",
            Self::Shape => "of the wrong shape",
            Self::Lossy => "that the format cannot hold",
            Self::Template => "that the template does not fit",
        }
    }
}

impl From<Unclear> for Objection {
    fn from(unclear: Unclear) -> Self {
        let rule = match unclear.why {
            Why::NoLabels => Rule::NoLabels,
            Why::Contradiction => Rule::Contradiction,
            Why::Unsure => Rule::Unsure,
            Why::Disagreement => Rule::Disagreement,
            Why::LostStep => Rule::LostStep,
            Why::NoSteps => Rule::NoSteps,
            Why::Defective => Rule::Defective,
            Why::Skipped => Rule::Skipped,
        };
        Self { rule, step: unclear.step, reason: unclear.reason }
    }
}
