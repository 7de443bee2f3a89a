//! How far the annotator got with a trace, in one word for lists and filters.

use serde::{Deserialize, Serialize};

use crate::annotation::TraceAnnotation;
use crate::model::TraceStatus;

/// How far the annotator got with a trace. Ordered as in lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelState {
    /// No label yet; see [`TraceAnnotation::is_labelled`].
    #[default]
    Unlabelled,
    /// Some label, and not marked as done.
    Labelled,
    /// Finished.
    Done,
    /// Left for somebody else.
    Skipped,
    /// The problem itself is wrong or unclear.
    Defective,
    /// Tried and not managed.
    GivenUp,
}

impl LabelState {
    /// Every state, in the order of lists.
    pub const ALL: [Self; 6] =
        [Self::Unlabelled, Self::Labelled, Self::Done, Self::Skipped, Self::Defective, Self::GivenUp];

    /// The name used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unlabelled => "unlabelled",
            Self::Labelled => "labelled",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Defective => "defective",
            Self::GivenUp => "given_up",
        }
    }

    /// The state of a trace of which that was said.
    pub fn new(said: Option<&TraceAnnotation>) -> Self {
        let Some(said) = said else { return Self::Unlabelled };
        match said.status {
            TraceStatus::Done => Self::Done,
            TraceStatus::Skipped => Self::Skipped,
            TraceStatus::Defective => Self::Defective,
            TraceStatus::GivenUp => Self::GivenUp,
            TraceStatus::Open => {
                if said.is_labelled() {
                    Self::Labelled
                } else {
                    Self::Unlabelled
                }
            }
        }
    }
}
