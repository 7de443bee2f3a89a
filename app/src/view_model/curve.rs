//! The bottom: scores over the steps of the chosen path.

use stepscope_core::scoring::Aggregate;

use super::scores::{ScoreSeries, aggregate_text, score_text};
use crate::state::OpenTrace;

/// Scores over steps, one line per scorer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct CurveModel {
    /// The lines, chosen scorer first; scorers of another kind have none.
    pub lines: Vec<CurveLine>,
    /// Number of the selected step on the path, from 1.
    pub selected: usize,
    /// Number of the first error on the path, from 1, as marked by the annotator.
    pub own_error: Option<usize>,
    /// The same as the data says it.
    pub imported_error: Option<usize>,
    /// Steps on the path.
    pub steps: usize,
    /// Every kind lies in 0..=1, so that the axis can be fixed.
    pub unit: bool,
}

/// The scores of one scorer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct CurveLine {
    /// Name and kind of the scorer, and what its scores on the path make together.
    pub name: String,
    /// Number of the step on the path, from 1, and score.
    pub points: Vec<[f64; 2]>,
}

impl CurveModel {
    /// Builds it; `own_error` is the position on the path, from 0.
    pub fn new(
        open: &OpenTrace,
        scores: &[ScoreSeries],
        own_error: Option<usize>,
        show_imported: bool,
        aggregate: Aggregate,
    ) -> Self {
        // Numbers of different kinds share no axis; those of the chosen scorer's kind are compared.
        let kind = scores.first().map(|series| series.kind);
        let scores = || scores.iter().filter(|series| Some(series.kind) == kind);
        let lines = scores().map(|series| CurveLine {
            name: match series.along(&open.path, aggregate).filter(|_| series.kind.is_quality()) {
                Some(value) => {
                    let how = aggregate_text(aggregate).0.to_lowercase();
                    format!("{} ({}), {how} {}", series.name, series.kind.name(), score_text(value))
                }
                None => format!("{} ({})", series.name, series.kind.name()),
            },
            points: (1..)
                .zip(&open.path)
                .filter_map(|(number, &step)| {
                    Some([f64::from(number), series.at(step).filter(|value| value.is_finite())?])
                })
                .collect(),
        });
        let imported = match open.trace.imported_first_error(None).filter(|_| show_imported) {
            Some(stepscope_core::model::FirstError::At(hash)) => open.find_step(&hash),
            _ => None,
        };
        Self {
            lines: lines.collect(),
            selected: open.at + 1,
            own_error: own_error.map(|at| at + 1),
            imported_error: imported.and_then(|s| open.position(s)).map(|at| at + 1),
            steps: open.path.len(),
            unit: scores().all(|series| series.kind.is_unit()),
        }
    }
}
