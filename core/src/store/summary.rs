//! What a list shows of a trace, and how it follows from the whole trace.

use crate::model::{FirstError, ProblemId, StepHash, StepIndex, Trace, TraceId, Verdict, main_path};

/// Where a trace first goes wrong, by position of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// At this step.
    At(StepIndex),
    /// Nowhere: every step is correct, to the end of a path.
    NoError,
    /// Looked for and left undecided.
    Unsure,
    /// Said of a text that has changed or grown since.
    Lost,
}

impl Mark {
    /// The mark of a first error, where `find` gives the position of a step and `is_leaf` tells whether nothing
    /// follows it.
    pub fn from_first_error(
        mark: &FirstError,
        find: impl FnOnce(&StepHash) -> Option<StepIndex>,
        is_leaf: impl FnOnce(StepIndex) -> bool,
    ) -> Self {
        match mark {
            FirstError::At(step) => find(step).map_or(Self::Lost, Self::At),
            FirstError::NoneUpTo(step) => {
                if find(step).is_some_and(is_leaf) {
                    Self::NoError
                } else {
                    Self::Lost
                }
            }
            FirstError::Unsure => Self::Unsure,
        }
    }
}

/// What a list shows of a trace. Holds no step text.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSummary {
    /// Number of the trace in the project, from 0.
    pub row: u32,
    /// Identity.
    pub id: TraceId,
    /// The name its source gives it.
    pub source_id: Option<String>,
    /// Identity of the problem.
    pub problem_id: ProblemId,
    /// The first 200 characters of the problem, on one line.
    pub problem: String,
    /// The model that wrote it.
    pub generator: Option<String>,
    /// How many steps it has.
    pub steps: u32,
    /// True where some step has more than one continuation.
    pub branching: bool,
    /// Right, wrong or not said.
    pub verdict: Verdict,
    /// The format it was read as.
    pub format: String,
    /// The file it was read from.
    pub file: String,
    /// The first error according to the imported labels; `None` where they do not settle it.
    pub imported_first_error: Option<Mark>,
    /// Lowest imported score along the main path.
    pub min_score: Option<f64>,
    /// Imported score of the last scored step of the main path.
    pub last_score: Option<f64>,
    /// How many warnings came up when it was read.
    pub warnings: u32,
}

/// Lowest and last imported score along the main path.
///
/// Where there are scores of several names, those of the first name are meant that tell how good a step is: they are
/// never mixed.
pub(super) fn main_path_scores(trace: &Trace) -> (Option<f64>, Option<f64>) {
    min_and_last(main_path_values(trace).into_iter())
}

/// The scores meant by [`main_path_scores`], in order.
pub(super) fn main_path_values(trace: &Trace) -> Vec<f64> {
    let Some(name) = trace.scores.iter().find(|s| s.step.is_some() && s.kind.is_quality()).map(|s| &s.name) else {
        return Vec::new();
    };
    let values = trace.imported_scores(name);
    main_path(&trace.steps).iter().filter_map(|step| values.get(*step as usize).copied().flatten()).collect()
}

/// The lowest and the last of some scores; NaN counts as no score.
pub(crate) fn min_and_last(scores: impl Iterator<Item = f64>) -> (Option<f64>, Option<f64>) {
    scores
        .filter(|score| !score.is_nan())
        .fold((None, None), |(min, _), score| (Some(min.map_or(score, |min: f64| min.min(score))), Some(score)))
}
