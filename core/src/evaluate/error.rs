//! Why nothing can be judged.

use crate::job::JobError;
use crate::labels::LabelError;

/// Why an evaluation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// The label source cannot be used.
    #[error(transparent)]
    Labels(#[from] LabelError),
    /// A trace cannot be read.
    #[error("cannot read trace {row}: {reason}", row = u64::from(*row) + 1)]
    Trace {
        /// Its row, from 0.
        row: u32,
        /// Why.
        reason: String,
    },
    /// Nothing was scored under that name.
    #[error("there are no step scores named `{name}`; there is {known}")]
    UnknownScorer {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The labels name no first error, and no step as right or wrong.
    #[error("no trace has both labels of {labels} and a word of {rater}; {why}")]
    NothingToJudge {
        /// The label source.
        labels: String,
        /// What was to be judged.
        rater: String,
        /// What was found instead.
        why: String,
    },
    /// The choice of a threshold cannot be read.
    #[error("threshold `{text}`: write a number, `sweep` or `fit`")]
    Threshold {
        /// What was asked for.
        text: String,
    },
    /// No threshold can be fitted.
    #[error("no threshold can be fitted on {on}: both erroneous and correct traces with scores are needed there")]
    NoFit {
        /// The traces that were to tell.
        on: String,
    },
    /// It was stopped.
    #[error(transparent)]
    Job(#[from] JobError),
}

impl From<EvaluateError> for JobError {
    fn from(error: EvaluateError) -> Self {
        match error {
            EvaluateError::Job(job) => job,
            other => Self::from_error(&other),
        }
    }
}
