//! One report of all figures: plain data, which text, JSON, HTML and the window show.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::EvaluateError;
use super::columns::LeftOut;
use super::failures::Failure;
use super::first_error::{Intervals, Tally};
use super::response::ResponseReport;
use super::steps::StepReport;

/// The name of the shape in JSON.
pub const SCHEMA: &str = "stepscope.evaluate/1";

/// Where the threshold comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Threshold {
    /// The usual one for that kind of score: 0.5 of probabilities and labels, else 0.
    #[default]
    Usual,
    /// This one.
    Given(f64),
    /// The one with the best F1 over all traces. Flatters the scorer: it is chosen and measured on the same traces.
    Sweep,
    /// The one with the best F1 over half of the problems, or over those traces that [`Settings::fit_on`] names,
    /// measured on the others.
    Fit,
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("usual"),
            Self::Given(threshold) => threshold.fmt(f),
            Self::Sweep => f.write_str("sweep"),
            Self::Fit => f.write_str("fit"),
        }
    }
}

impl FromStr for Threshold {
    type Err = EvaluateError;

    fn from_str(text: &str) -> Result<Self, EvaluateError> {
        match text {
            "usual" => Ok(Self::Usual),
            "sweep" => Ok(Self::Sweep),
            "fit" => Ok(Self::Fit),
            _ => match text.parse::<f64>() {
                Ok(threshold) if threshold.is_finite() => Ok(Self::Given(threshold)),
                _ => Err(EvaluateError::Threshold { text: text.into() }),
            },
        }
    }
}

/// Traces that a threshold is fitted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitOn {
    /// How they were asked for.
    pub name: String,
    /// Their rows in the corpus, in rising order.
    pub rows: Vec<u32>,
}

/// How figures are worked out.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Which of the raters is judged, from 0.
    pub rater: usize,
    /// Where the threshold comes from.
    pub threshold: Threshold,
    /// What [`Threshold::Fit`] fits it on; `None`: half of the problems, drawn by the seed.
    pub fit_on: Option<FitOn>,
    /// The field that traces are grouped by.
    pub by: Option<String>,
    /// How often problems are drawn for the intervals; 0 for none.
    pub rounds: u32,
    /// Draws the split of `fit`, the intervals and the votes.
    pub seed: u64,
    /// Bins of the calibration.
    pub bins: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rater: 0, threshold: Threshold::Usual, fit_on: None, by: None, rounds: 1000, seed: 1, bins: 10 }
    }
}

/// First-error figures of some traces.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FirstErrorFigures {
    /// The harmonic mean of both accuracies.
    pub f1: Option<f64>,
    /// Share of erroneous traces whose first error was named.
    pub acc_error: Option<f64>,
    /// Share of correct traces where none was named.
    pub acc_correct: Option<f64>,
    /// What was counted.
    pub counts: Tally,
    /// From where to where they plausibly lie (95 %, drawn by problem).
    pub intervals: Intervals,
}

impl FirstErrorFigures {
    /// One of the shares was the same however traces were drawn.
    pub(super) fn lacks_interval(&self) -> bool {
        let Intervals { f1, acc_error, acc_correct } = self.intervals;
        let pairs = [(self.f1, f1), (self.acc_error, acc_error), (self.acc_correct, acc_correct)];
        pairs.iter().any(|(share, interval)| share.is_some() && interval.is_none())
    }
}

/// The same of one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupFigures {
    /// The value of the field; empty for traces without it.
    pub value: String,
    /// The figures.
    #[serde(flatten)]
    pub figures: FirstErrorFigures,
}

/// A point of the curve over thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SweepPoint {
    /// The threshold.
    pub threshold: f64,
    /// F1 there.
    pub f1: Option<f64>,
    /// Accuracy on erroneous traces there.
    pub acc_error: Option<f64>,
    /// Accuracy on correct traces there.
    pub acc_correct: Option<f64>,
}

/// How a threshold was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chosen {
    /// F1 on the traces it was chosen on.
    pub f1: f64,
    /// How many traces these are.
    pub traces: u64,
    /// How many problems.
    pub problems: u64,
    /// How many of these problems have other traces that it is measured on.
    pub shared: u64,
}

/// How many traces there are of each sort of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FailureCount {
    /// The sort.
    pub failure: Failure,
    /// How many.
    pub traces: u64,
}

/// What a report tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What is judged.
    pub scorer: String,
    /// What its numbers mean, where it is a scorer.
    pub kind: Option<&'static str>,
    /// Whose labels count as true.
    pub labels: String,
    /// Traces of the project, or of the selection, but for those that only the threshold was fitted on: all figures
    /// are of these.
    pub traces: u64,
    /// Traces that only the threshold was fitted on.
    pub set_aside: u64,
    /// Traces whose first error is known and of which the scorer says anything: those that figures are about.
    pub judged: u64,
    /// Traces whose first error is known, but of which it says nothing.
    pub unscored: u64,
    /// Judged traces where some steps have no score; these are never flagged.
    pub partly_scored: u64,
    /// Traces without clear labels, by reason.
    pub left_out: Vec<LeftOut>,
    /// A step is flagged where its score is below.
    pub threshold: f64,
    /// Where it comes from.
    pub threshold_from: String,
    /// How it was found, where it was.
    pub chosen: Option<Chosen>,
    /// First-error figures.
    #[serde(flatten)]
    pub first_error: FirstErrorFigures,
    /// How it goes wrong.
    pub failures: Vec<FailureCount>,
    /// What traces are grouped by.
    pub by_field: Option<String>,
    /// The same figures by group: numbers in their order, else the largest first.
    pub by: Vec<GroupFigures>,
    /// The figures over all thresholds, thinned out.
    pub sweep: Vec<SweepPoint>,
    /// Figures of single steps.
    pub step: StepReport,
    /// Choosing among attempts, against the final answer and against the steps.
    pub response: Vec<ResponseReport>,
    /// What has to be known to read the figures.
    pub notes: Vec<String>,
    /// The seed of everything drawn.
    pub seed: u64,
}
