//! The traces behind a figure: where a scorer names an error that is none, misses one, or names it too early or late.

use serde::Serialize;

use super::Columns;
use super::first_error::predicted;

/// How a scorer is wrong about a trace. A trace counts once, by the first step that the scorer names: one whose error is
/// passed over for a later step is late, no miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It names an error in a correct trace.
    FalseAlarm,
    /// It names none in an erroneous one.
    Miss,
    /// It names a step before the first error.
    Early,
    /// It names a step after it.
    Late,
}

impl Failure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::FalseAlarm, Self::Miss, Self::Early, Self::Late];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FalseAlarm => "false-alarms",
            Self::Miss => "misses",
            Self::Early => "early",
            Self::Late => "late",
        }
    }

    /// What it is, in words for the user.
    pub const fn caption(self) -> &'static str {
        match self {
            Self::FalseAlarm => "an error named where there is none",
            Self::Miss => "no error named where there is one",
            Self::Early => "a step before the first error named",
            Self::Late => "only a later step than the first error named",
        }
    }

    /// How that prediction fails; `None` where it is right.
    pub fn of(error: Option<u32>, predicted: Option<u32>) -> Option<Self> {
        match (error, predicted) {
            (None, Some(_)) => Some(Self::FalseAlarm),
            (Some(_), None) => Some(Self::Miss),
            (Some(error), Some(predicted)) if predicted < error => Some(Self::Early),
            (Some(error), Some(predicted)) if predicted > error => Some(Self::Late),
            _ => None,
        }
    }
}

/// A trace that is judged wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Wrong {
    /// Its row in the corpus.
    pub row: u32,
    /// How.
    pub failure: Failure,
    /// The first error, from 0; `None`: there is none.
    pub error: Option<u32>,
    /// The step that was named.
    pub predicted: Option<u32>,
    /// The lowest score of the path.
    pub lowest: f64,
}

/// The traces that are judged wrongly in that way, the surest mistakes first: false alarms and steps named too early
/// from the lowest score on, misses and steps named too late from the highest. Of the columns that come with a
/// [`Report`](super::Report) they are those that it counts.
pub fn failures(columns: &Columns, rater: usize, threshold: f64, failure: Failure) -> Vec<Wrong> {
    let mut list = Vec::new();
    for (place, trace) in columns.traces.iter().enumerate() {
        let Some(error) = trace.gold.known().filter(|_| columns.speaks(rater, place)) else { continue };
        let scores = columns.scores(rater, trace);
        let predicted = predicted(scores, threshold);
        if Failure::of(error, predicted) == Some(failure) {
            let lowest = scores.iter().copied().fold(f64::INFINITY, f64::min);
            list.push(Wrong { row: trace.row, failure, error, predicted, lowest });
        }
    }
    list.sort_by(|a, b| {
        let order = a.lowest.total_cmp(&b.lowest);
        if matches!(failure, Failure::Miss | Failure::Late) { order.reverse() } else { order }
    });
    list
}
