//! The scores of one trace: those that came with it and those computed here, one series per scorer.

use std::collections::BTreeMap;

use stepscope_core::model::{ScoreKind, StepIndex, Trace};
use stepscope_core::scoring::ScoreBook;

use super::Tone;

/// The scores that one scorer gave to the steps of a trace.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ScoreSeries {
    /// Name of the scorer or column.
    pub name: String,
    /// What the numbers mean.
    pub kind: ScoreKind,
    /// Came with the data.
    pub imported: bool,
    /// One per step of the trace.
    pub values: Vec<Option<f64>>,
}

impl ScoreSeries {
    /// The score of that step.
    pub fn at(&self, step: StepIndex) -> Option<f64> {
        self.values.get(step as usize).copied().flatten()
    }
}

/// All series of a trace: the chosen scorer first, then computed ones, then imported ones.
pub fn series_of(trace: &Trace, book: &ScoreBook, chosen: Option<&str>) -> Vec<ScoreSeries> {
    let computed = book.scorers().into_iter().map(|scorer| ScoreSeries {
        name: scorer.name.clone(),
        kind: scorer.kind,
        imported: false,
        values: trace.steps.iter().map(|step| book.get(&scorer.name, &step.hash).map(f64::from)).collect(),
    });
    let mut imported: BTreeMap<&str, ScoreSeries> = BTreeMap::new();
    for score in &trace.scores {
        let Some(step) = score.step else { continue };
        let series = imported.entry(&score.name).or_insert_with(|| ScoreSeries {
            name: score.name.clone(),
            kind: score.kind,
            imported: true,
            values: vec![None; trace.steps.len()],
        });
        if let Some(slot) = series.values.get_mut(step as usize) {
            *slot = Some(score.value);
        }
    }
    let mut all: Vec<ScoreSeries> = computed.chain(imported.into_values()).collect();
    all.retain(|series| series.values.iter().any(Option::is_some));
    // A stable sort keeps the rest in order.
    all.sort_by_key(|series| Some(series.name.as_str()) != chosen);
    all
}

/// A score as text: two decimals, or fewer digits for large numbers.
pub fn score_text(value: f64) -> String {
    if value.is_finite() && value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// What a score suggests, for kinds on a scale of 0 to 1.
pub fn score_tone(kind: ScoreKind, value: f64) -> Tone {
    match value {
        _ if !kind.is_unit() || !value.is_finite() => Tone::Muted,
        v if v < 0.4 => Tone::Bad,
        v if v < 0.7 => Tone::Unsure,
        _ => Tone::Good,
    }
}
