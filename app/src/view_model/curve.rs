//! The bottom: scores over the steps of the chosen path, where they fall, and how long the steps are.

use stepscope_core::scoring::Aggregate;

use super::calls::THRESHOLD;
use super::one_line;
use super::scores::{ScoreSeries, aggregate_text, score_text};
use super::section::sections;
use crate::state::OpenTrace;

/// Lines of more points than this are thinned to what can be told apart.
const MOST_POINTS: usize = 600;

/// More lines than this cannot be told apart, and their names would take the room of the curve.
const MOST_LINES: usize = 4;

/// Each point has a dot up to so many.
const DOTTED: usize = 120;

/// Scores over steps, one line per scorer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct CurveModel {
    /// The lines, chosen scorer first; scorers of another kind have none, nor have those that would be too many.
    pub lines: Vec<CurveLine>,
    /// How many scorers of that kind are left out because the lines would be too many.
    pub further: usize,
    /// Below it a step counts as wrong; none for kinds without a scale.
    pub threshold: Option<f64>,
    /// The first step of the chosen scorer's line below it: its number on the path, from 1, and its score.
    pub first_below: Option<(usize, f64)>,
    /// The step at which that line falls most, with the score before it and its own.
    pub largest_drop: Option<(usize, f64, f64)>,
    /// Number of the selected step on the path, from 1.
    pub selected: usize,
    /// Number of the first error on the path, from 1, as marked by the annotator.
    pub own_error: Option<usize>,
    /// The same as the data says it.
    pub imported_error: Option<usize>,
    /// Numbers of the steps with which a new section begins.
    pub sections: Vec<usize>,
    /// How long the steps are.
    pub lengths: Vec<LengthBar>,
    /// Tokens, where the source counts them, else words.
    pub length_unit: &'static str,
    /// Steps on the path.
    pub steps: usize,
    /// Every kind lies in 0..=1, so that the axis can be fixed.
    pub unit: bool,
    /// Points are few enough to be told apart.
    pub dotted: bool,
}

/// The scores of one scorer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct CurveLine {
    /// Name of the scorer, of the first its kind, and what its scores on the path make together.
    pub name: String,
    /// Number of the step on the path, from 1, and score; of many, the lowest and the highest of each stretch.
    pub points: Vec<[f64; 2]>,
}

/// How long a step is, or the longest of several.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct LengthBar {
    /// Number of the first step, from 1.
    pub first: usize,
    /// Number of the last.
    pub last: usize,
    /// Its length as a share of the longest.
    pub share: f32,
}

/// What the curve is made of besides trace and scores.
#[derive(Clone, Copy, Debug)]
pub struct CurveFacts {
    /// Position of the annotator's first error on the path, from 0.
    pub own_error: Option<usize>,
    /// What the data says of right and wrong is shown.
    pub shows_imported: bool,
    /// How step scores make one of the trace.
    pub aggregate: Aggregate,
    /// Below which score a step counts as wrong, where another is in use than the usual one.
    pub threshold: Option<f64>,
}

impl CurveModel {
    /// Builds it.
    pub fn new(open: &OpenTrace, scores: &[ScoreSeries], facts: CurveFacts) -> Self {
        // Numbers of different kinds share no axis; those of the chosen scorer's kind are compared.
        let kind = scores.first().map(|series| series.kind);
        let of_kind: Vec<&ScoreSeries> = scores.iter().filter(|series| Some(series.kind) == kind).collect();
        let imported = open.imported_error.filter(|_| facts.shows_imported);
        let threshold = kind.filter(|kind| kind.is_unit()).map(|_| facts.threshold.unwrap_or(THRESHOLD));
        let chosen: Vec<(usize, f64)> = of_kind.first().map_or_else(Vec::new, |series| {
            let scored = (1..).zip(&open.path).filter_map(|(number, &step)| Some((number, series.at(step)?)));
            scored.filter(|(_, value)| value.is_finite()).collect()
        });
        let is_quality = kind.is_some_and(|kind| kind.is_quality() || kind.is_unit());
        let drops = chosen.iter().zip(chosen.iter().skip(1)).map(|(before, here)| (here.0, before.1, here.1));
        let drops = drops.filter(|(_, before, here)| is_quality && here < before);
        let counts_tokens =
            open.path.iter().any(|&step| open.facts.of(step).is_some_and(|f| f.output_tokens.is_some()));
        Self {
            lines: of_kind
                .iter()
                .take(MOST_LINES)
                .enumerate()
                .map(|(at, series)| line(open, series, at == 0, facts.aggregate))
                .collect(),
            further: of_kind.len().saturating_sub(MOST_LINES),
            threshold,
            first_below: threshold.and_then(|below| chosen.iter().copied().find(|(_, value)| *value < below)),
            // Of equal drops the first.
            largest_drop: drops.reduce(|most, drop| if drop.1 - drop.2 > most.1 - most.2 { drop } else { most }),
            selected: open.at + 1,
            own_error: facts.own_error.map(|at| at + 1),
            imported_error: imported.and_then(|step| open.position(step)).map(|at| at + 1),
            sections: sections(open).iter().skip(1).map(|section| section.steps.start + 1).collect(),
            lengths: lengths(open),
            length_unit: if counts_tokens { "tokens" } else { "words" },
            steps: open.path.len(),
            unit: of_kind.iter().all(|series| series.kind.is_unit()),
            dotted: open.path.len() <= DOTTED,
        }
    }

    /// What stands above the curve besides the names of its lines: a sign, words, and the step they are about.
    pub fn remarks(&self) -> Vec<(&'static str, String, Option<usize>)> {
        let mut remarks = Vec::new();
        if self.further > 0 {
            remarks.push(("…", format!("{} more in the inspector", self.further), None));
        }
        if let Some(threshold) = self.threshold {
            let below = match self.first_below {
                Some((number, value)) => {
                    format!("first below {}: step {number} ({})", score_text(threshold), score_text(value))
                }
                None => format!("never below {}", score_text(threshold)),
            };
            remarks.push(("▼", below, self.first_below.map(|(number, _)| number)));
        }
        if let Some((number, before, here)) = self.largest_drop {
            let drop = format!("largest drop: step {number} ({} → {})", score_text(before), score_text(here));
            remarks.push(("◆", drop, Some(number)));
        }
        if let Some(number) = self.own_error {
            remarks.push(("│", format!("first error (you): step {number}"), Some(number)));
        }
        if let Some(number) = self.imported_error {
            remarks.push(("┆", format!("first error (data): step {number}"), Some(number)));
        }
        remarks
    }
}

/// What is told of a step where the pointer is; `number` counts from 1.
pub fn hover_text(open: &OpenTrace, scores: &[ScoreSeries], number: usize) -> Option<String> {
    let index = *open.path.get(number.checked_sub(1)?)?;
    let step = open.trace.step(index)?;
    let mut lines = vec![format!("Step {number} of {}", open.path.len())];
    let words = one_line(&step.text, 80);
    if !words.is_empty() {
        lines.push(words);
    }
    let kind = scores.first().map(|series| series.kind);
    for series in scores.iter().filter(|series| Some(series.kind) == kind) {
        lines.push(format!("{} {}", series.name, series.at(index).map_or_else(|| "–".into(), score_text)));
    }
    let facts = open.facts.of(index)?;
    match facts.output_tokens {
        Some(tokens) => lines.push(format!("{tokens} tokens")),
        None => lines.push(format!("{} words", facts.words)),
    }
    Some(lines.join("\n"))
}

/// The first line tells of which kind all are.
fn line(open: &OpenTrace, series: &ScoreSeries, is_first: bool, aggregate: Aggregate) -> CurveLine {
    let kind = if is_first { format!(" ({})", series.kind.name()) } else { String::new() };
    let name = match series.along(&open.path, aggregate).filter(|_| series.kind.is_quality()) {
        Some(value) => {
            let how = aggregate_text(aggregate).0.to_lowercase();
            format!("{}{kind}, {how} {}", series.name, score_text(value))
        }
        None => format!("{}{kind}", series.name),
    };
    let scored = (1..).zip(&open.path).filter_map(|(number, &step)| Some([f64::from(number), series.at(step)?]));
    CurveLine { name, points: thinned(scored.filter(|[_, value]| value.is_finite()).collect()) }
}

/// Of each stretch the lowest and the highest point, so that no drop is lost.
fn thinned(points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let stretch = points.len().div_ceil(MOST_POINTS / 2);
    let mut kept = Vec::with_capacity(MOST_POINTS);
    for stretch in points.chunks(stretch) {
        let by_value = |a: &&[f64; 2], b: &&[f64; 2]| a[1].total_cmp(&b[1]);
        let ends = stretch.iter().min_by(by_value).zip(stretch.iter().max_by(by_value));
        let Some((low, high)) = ends else { continue };
        kept.extend(if low[0] < high[0] { [*low, *high] } else { [*high, *low] });
    }
    kept.dedup();
    kept
}

#[expect(clippy::cast_possible_truncation, reason = "a length on screen")]
fn lengths(open: &OpenTrace) -> Vec<LengthBar> {
    let all: Vec<u64> = open.path.iter().map(|&step| open.facts.length(step)).collect();
    let longest = all.iter().copied().max().unwrap_or(0).max(1);
    let together = all.len().div_ceil(MOST_POINTS).max(1);
    let bars = all.chunks(together).enumerate().map(|(at, stretch)| LengthBar {
        first: at * together + 1,
        last: at * together + stretch.len(),
        share: (stretch.iter().copied().max().unwrap_or(0) as f64 / longest as f64) as f32,
    });
    bars.collect()
}

#[cfg(test)]
mod tests {
    use stepscope_core::model::{ImportedScore, Problem, ScoreKind, TraceBuilder};
    use stepscope_core::scoring::ScoreBook;

    use super::*;
    use crate::view_model::scores::series_of;

    fn model(kind: ScoreKind, values: &[f64], threshold: Option<f64>) -> CurveModel {
        let mut builder = TraceBuilder::new(Problem::from_text("?"));
        for (step, &value) in (0..).zip(values) {
            builder = builder.thought(format!("step {step}"));
            builder.trace_mut().scores.push(ImportedScore { step: Some(step), name: "prm".into(), kind, value });
        }
        let open = OpenTrace::new(0, builder.build());
        let series = series_of(&open.trace, &ScoreBook::default(), None);
        let facts = CurveFacts { own_error: None, shows_imported: true, aggregate: Aggregate::Min, threshold };
        CurveModel::new(&open, &series, facts)
    }

    #[test]
    fn the_first_drop_is_marked() {
        let values = [0.9, 0.6, 0.8, 0.2, 0.4, 0.1];
        let curve = model(ScoreKind::Correctness, &values, None);
        assert_eq!((curve.threshold, curve.first_below), (Some(0.5), Some((4, 0.2))));
        assert_eq!(curve.largest_drop.map(|(number, ..)| number), Some(4));
        assert_eq!(model(ScoreKind::Correctness, &values, Some(0.65)).first_below, Some((2, 0.6)));
        let rising = model(ScoreKind::Correctness, &[0.6, 0.7], None);
        assert_eq!((rising.first_below, rising.largest_drop), (None, None));
        assert_eq!(rising.remarks()[0].1, "never below 0.50");
        let reward = model(ScoreKind::Reward, &[3.0, -1.0, -2.0], None);
        assert_eq!((reward.threshold, reward.first_below, reward.largest_drop), (None, None, Some((2, 3.0, -1.0))));
        assert_eq!(model(ScoreKind::Count, &[3.0, 1.0], None).largest_drop, None, "less is not worse");
    }

    #[test]
    fn thinning_keeps_the_lowest() {
        let mut values = vec![0.9; 5_000];
        values[3_333] = 0.05;
        let curve = model(ScoreKind::Correctness, &values, None);
        assert!(curve.lines[0].points.len() <= MOST_POINTS && curve.lengths.len() <= MOST_POINTS);
        assert!(curve.lines[0].points.contains(&[3_334.0, 0.05]) && !curve.dotted);
        assert_eq!(curve.first_below, Some((3_334, 0.05)));
        assert_eq!(curve.lengths.last().map(|bar| bar.last), Some(5_000));
    }
}
