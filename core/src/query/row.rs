//! One row of the list: the trace, what the annotator said of it, and its scores.

use super::LabelState;
use crate::annotation::{Annotations, TraceAnnotation};
use crate::model::StepHash;
use crate::store::{Mark, Store, TraceSummary, min_and_last};

/// The scores of one scorer, looked up by content.
pub trait Scores {
    /// The score of that step; `None` where it has none.
    fn step(&self, hash: &StepHash) -> Option<f32>;
}

/// What the list shows of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// The trace.
    pub summary: TraceSummary,
    /// How far the annotator got.
    pub state: LabelState,
    /// The first error that the annotator marked; `None` where nothing was said.
    pub own_first_error: Option<Mark>,
    /// Lowest score along the main path.
    pub min_score: Option<f64>,
    /// Score of the last scored step of the main path.
    pub last_score: Option<f64>,
    /// Number of the first error on the path that leads to it, from 1, as the annotator marked it.
    pub own_error_number: Option<u32>,
}

/// The row of a trace; `None` where there is no such trace.
///
/// Scores are those of `scores` where it is given, and the imported ones otherwise: the two are never mixed.
pub fn row(row: u32, store: &Store, annotations: &Annotations, scores: Option<&dyn Scores>) -> Option<TableRow> {
    let summary = store.summary(row)?;
    let said = annotations.trace(&summary.id);
    let mark = said.and_then(|said| said.first_error.as_ref());
    let (min_score, last_score) = path_scores(row, store, scores);
    let own_first_error = mark
        .map(|mark| Mark::from_first_error(mark, |hash| store.step_index(row, hash), |step| store.is_leaf(row, step)));
    Some(TableRow {
        state: LabelState::new(said),
        own_error_number: match own_first_error {
            Some(Mark::At(step)) => Some(store.depth(row, step)),
            _ => None,
        },
        own_first_error,
        min_score,
        last_score,
        summary,
    })
}

/// Lowest and last score along the main path.
pub(super) fn path_scores(row: u32, store: &Store, scores: Option<&dyn Scores>) -> (Option<f64>, Option<f64>) {
    match scores {
        None => store.imported_scores(row),
        Some(scores) => {
            let path = store.main_path_hashes(row);
            min_and_last(path.iter().filter_map(|step| scores.step(step)).map(f64::from))
        }
    }
}

/// What was said of a trace.
pub(super) fn said<'a>(row: u32, store: &Store, annotations: &'a Annotations) -> Option<&'a TraceAnnotation> {
    annotations.trace(&store.trace_id(row)?)
}
