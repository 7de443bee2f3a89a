//! Why a label source cannot be used at all, and why it says nothing clear of one trace.

use crate::model::StepIndex;

/// Why a label source cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// It cannot be read.
    #[error("label source `{text}`: {reason}")]
    Source {
        /// What was asked for.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Several people labelled, and none was named.
    #[error("several annotators have labels here ({names}); name one with `own:NAME`")]
    SeveralAnnotators {
        /// Who they are.
        names: String,
    },
    /// Nobody of that name labelled.
    #[error("no annotator `{name}` in this project; there is {known}")]
    UnknownAnnotator {
        /// Who was asked for.
        name: String,
        /// Who there is.
        known: String,
    },
}

/// Why a source says nothing clear of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// The kind of reason.
    pub why: Why,
    /// The step in question, from 0.
    pub step: Option<StepIndex>,
    /// The reason in a sentence for the user; steps are numbered from 1 there.
    pub reason: String,
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It says nothing of it.
    NoLabels,
    /// Its labels contradict one another.
    Contradiction,
    /// The first error was left undecided.
    Unsure,
    /// The members of a consensus say different things.
    Disagreement,
    /// A label names a step that the trace no longer has.
    LostStep,
    /// There are no steps.
    NoSteps,
    /// The problem was flagged as defective.
    Defective,
    /// The annotator skipped it or gave it up.
    Skipped,
}

impl Unclear {
    /// A reason that concerns the whole trace.
    pub(super) fn new(why: Why, reason: impl Into<String>) -> Self {
        Self { why, step: None, reason: reason.into() }
    }

    /// A reason at one step; the sentence begins with its number.
    pub(super) fn at(why: Why, step: StepIndex, reason: &str) -> Self {
        Self { why, step: Some(step), reason: format!("step {} {reason}", u64::from(step) + 1) }
    }
}
