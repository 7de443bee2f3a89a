//! One row of the list: the trace, what the annotator said of it, and its scores.

use super::LabelState;
use crate::annotation::{Annotations, TraceAnnotation};
use crate::model::{FirstError, StepHash};
use crate::scoring::Aggregate;
use crate::store::{Mark, Store, TraceSummary, min_and_last};

/// The scores of one scorer, looked up by content.
pub trait Scores {
    /// The score of that step; `None` where it has none.
    fn step(&self, hash: &StepHash) -> Option<f32>;

    /// How far the members of an ensemble disagree about that step; `None` where it is not known.
    fn spread(&self, hash: &StepHash) -> Option<f32> {
        let _ = hash;
        None
    }
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
    /// The score of the trace: what the [`Aggregate`] makes of the scores along the main path.
    pub path_score: Option<f64>,
    /// Score of the last scored step of the main path.
    pub last_score: Option<f64>,
    /// Number of the first error on the path that leads to it, from 1, as the annotator marked it.
    pub own_error_number: Option<u32>,
}

/// The row of a trace; `None` where there is no such trace.
///
/// Scores are those of `scores` where it is given, and the imported ones otherwise: the two are never mixed.
pub fn row(
    row: u32,
    store: &Store,
    annotations: &Annotations,
    scores: Option<&dyn Scores>,
    aggregate: Aggregate,
) -> Option<TableRow> {
    let summary = store.summary(row)?;
    let said = annotations.trace(&summary.id);
    let mark = said.and_then(|said| said.first_error.as_ref().map(|mark| (said, mark)));
    let (path_score, last_score) = path_scores(row, store, scores, aggregate);
    let (own_first_error, own_error_number) =
        mark.map_or((None, None), |(said, mark)| own_mark(row, store, said, mark));
    Some(TableRow { state: LabelState::new(said), own_first_error, own_error_number, path_score, last_score, summary })
}

/// A first error as the list shows it, and its number on the path that leads to it, as the annotator cut and joined the
/// steps. One in a part of a step is found at that step, one in a written step at the step that it goes on from.
pub(super) fn own_mark(
    row: u32,
    store: &Store,
    said: &TraceAnnotation,
    mark: &FirstError,
) -> (Option<Mark>, Option<u32>) {
    let named = match mark {
        FirstError::At(step) | FirstError::NoneUpTo(step) => step,
        FirstError::Unsure => return (Some(Mark::Unsure), None),
    };
    let (anchor, written) = said.anchor(named);
    let (whole, end) = anchor.as_ref().map(StepHash::whole).unzip();
    let end = end.flatten();
    let place = match &whole {
        Some(whole) => store.step_index(row, whole),
        None => said.written(named).map(|_| 0),
    };
    // Up to a part of a step is not up to the end.
    let goes_on = |step| match written {
        0 => end.is_some() || !store.is_leaf(row, step),
        _ => said.continued(named),
    };
    let shown = Mark::from_first_error(mark, |_| place, |step| !goes_on(step));
    let number = || {
        let path = place.filter(|_| whole.is_some()).map(|step| store.path_hashes(row, step)).unwrap_or_default();
        u32::try_from(said.pieces(&path, end)).unwrap_or(u32::MAX).saturating_add(written)
    };
    let number = matches!(shown, Mark::At(_)).then(number);
    (Some(shown), number)
}

/// What the scores along the main path make together, and the last of them.
pub(super) fn path_scores(
    row: u32,
    store: &Store,
    scores: Option<&dyn Scores>,
    aggregate: Aggregate,
) -> (Option<f64>, Option<f64>) {
    let values: Vec<f64> = match scores {
        None => match (aggregate, store.imported_scores(row)) {
            // Those two the store knows; the others need the trace.
            (Aggregate::Min | Aggregate::None, known) => return known,
            (Aggregate::Last, (_, last)) => return (last, last),
            (_, (_, None)) => return (None, None),
            _ => store.imported_path_scores(row),
        },
        Some(scores) => {
            store.main_path_hashes(row).iter().filter_map(|step| scores.step(step)).map(f64::from).collect()
        }
    };
    (aggregated(aggregate, &values), min_and_last(values.into_iter()).1)
}

/// One score from those of the scored steps of a path; NaN counts as no score. All are of one scorer.
pub fn aggregated(aggregate: Aggregate, path: &[f64]) -> Option<f64> {
    let (lowest, last) = min_and_last(path.iter().copied());
    match aggregate {
        // Where none was chosen, the lowest says most.
        Aggregate::Min | Aggregate::None => lowest,
        Aggregate::Last => last,
        other => {
            #[expect(clippy::cast_possible_truncation, reason = "scores are computed as f32")]
            let values: Vec<Option<f32>> = path.iter().filter(|v| !v.is_nan()).map(|v| Some(*v as f32)).collect();
            other.of(&values).map(f64::from)
        }
    }
}

/// What was said of a trace.
pub(super) fn said<'a>(row: u32, store: &Store, annotations: &'a Annotations) -> Option<&'a TraceAnnotation> {
    annotations.trace(&store.trace_id(row)?)
}
