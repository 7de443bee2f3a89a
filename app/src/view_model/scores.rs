//! The scores of one trace: those that came with it and those computed here, one series per scorer.

use std::collections::BTreeMap;

use stepscope_core::model::{Estimate, ScoreKind, StepIndex, StepTree, Trace, monte_carlo};
use stepscope_core::query::aggregated;
use stepscope_core::scoring::{Aggregate, ScoreBook, StepScore};

use super::Tone;
use crate::state::merged::{MONTE_CARLO, right_attempts};

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
    /// What the scorer says besides, by step.
    pub details: BTreeMap<StepIndex, ScoreDetail>,
}

/// What a scorer says of a step besides a number.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ScoreDetail {
    /// How far the members of an ensemble disagree.
    pub spread: Option<f32>,
    /// The evidence of a checker, the critique of a judge.
    pub note: Option<String>,
}

impl ScoreSeries {
    /// The score of that step.
    pub fn at(&self, step: StepIndex) -> Option<f64> {
        self.values.get(step as usize).copied().flatten()
    }

    /// One score of the scored steps of a path.
    pub fn along(&self, path: &[StepIndex], aggregate: Aggregate) -> Option<f64> {
        let values: Vec<f64> = path.iter().filter_map(|&step| self.at(step)).collect();
        aggregated(aggregate, &values)
    }
}

/// Short title of the score of a trace, and what it is.
pub const fn aggregate_text(aggregate: Aggregate) -> (&'static str, &'static str) {
    match aggregate {
        Aggregate::None | Aggregate::Min => ("Min", "Lowest score on the main path"),
        Aggregate::Product => ("Prod", "Product of the scores on the main path"),
        Aggregate::Last => ("Last", "Last score on the main path"),
        Aggregate::Mean => ("Mean", "Mean of the scores on the main path"),
        Aggregate::SoftMin { .. } => ("Soft", "Soft minimum of the scores on the main path, as PURE makes it"),
    }
}

/// All series of a trace: the chosen scorer first, then computed ones, then imported ones.
pub fn series_of(trace: &Trace, book: &ScoreBook, chosen: Option<&str>) -> Vec<ScoreSeries> {
    let keys = trace.score_keys();
    let computed = book.scorers().into_iter().map(|scorer| {
        let scores: Vec<Option<StepScore>> = keys.iter().map(|key| book.full(&scorer.name, key)).collect();
        let values = scores.iter().map(|score| Some(f64::from(score.as_ref()?.value))).collect();
        let detail = |(step, score): (StepIndex, Option<StepScore>)| {
            let StepScore { spread, note, .. } = score?;
            (spread.is_some() || note.is_some()).then_some((step, ScoreDetail { spread, note }))
        };
        let details = (0..).zip(scores).filter_map(detail).collect();
        ScoreSeries { name: scorer.name, kind: scorer.kind, imported: false, values, details }
    });
    let mut imported: BTreeMap<&str, ScoreSeries> = BTreeMap::new();
    for score in &trace.scores {
        let Some(step) = score.step else { continue };
        let series = imported.entry(&score.name).or_insert_with(|| ScoreSeries {
            name: score.name.clone(),
            kind: score.kind,
            imported: true,
            values: vec![None; trace.steps.len()],
            details: BTreeMap::new(),
        });
        if let Some(slot) = series.values.get_mut(step as usize) {
            *slot = Some(score.value);
        }
    }
    let mut all: Vec<ScoreSeries> = computed.chain(imported.into_values()).collect();
    if trace.source.format == ATTEMPTS
        && let Some(shares) = all.iter_mut().find(|series| series.name == MONTE_CARLO)
    {
        let known = (0..).zip(&trace.steps).filter_map(|(index, step)| Some((index, right_attempts(step)?)));
        shares.details = known.filter_map(|(at, share)| Some((at, counted(share, ["attempt", "attempts"])?))).collect();
    }
    all.retain(|series| series.values.iter().any(Option::is_some));
    // A stable sort keeps the rest in order.
    all.sort_by_key(|series| Some(series.name.as_str()) != chosen);
    all
}

/// The name of the share of right ends below each node, as counted here.
pub const RECOMPUTED: &str = "Monte Carlo (recomputed)";

/// The share of right ends below each node of a tree, each with its count and 95% interval. `None` where no end is
/// known, in a chain, and where attempts were put together, which are counted there.
pub fn recomputed(trace: &Trace, tree: &StepTree) -> Option<ScoreSeries> {
    if !tree.is_branching() || trace.source.format == ATTEMPTS {
        return None;
    }
    let all = monte_carlo(trace, tree);
    let values: Vec<Option<f64>> = all.iter().map(Estimate::mean).collect();
    // At a leaf there is nothing to be counted.
    let inner = (0..).zip(&all).filter(|(step, _)| !tree.children(*step).is_empty());
    let details = inner.filter_map(|(step, estimate)| Some((step, counted(*estimate, ["leaf", "leaves"])?))).collect();
    let is_known = values.iter().any(Option::is_some);
    is_known.then(|| ScoreSeries { name: RECOMPUTED.into(), kind: ScoreKind::Value, imported: false, values, details })
}

/// `12 of 17 leaves right, 0.47–0.87`.
fn counted(estimate: Estimate, [one, many]: [&str; 2]) -> Option<ScoreDetail> {
    let (low, high) = estimate.interval()?;
    let ends = if estimate.judged == 1 { one } else { many };
    let note = format!("{} of {} {ends} right, {low:.2}–{high:.2}", estimate.right, estimate.judged);
    Some(ScoreDetail { note: Some(note), ..ScoreDetail::default() })
}

/// The format of attempts put together.
const ATTEMPTS: &str = "attempts";

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
