//! Plots of scores with a series for each group.

use serde::Serialize;

use super::frame::{Axis, Frame, Reduce, Shape};
use super::of_steps::{CALIBRATED, score_axis, step_axis};
use super::of_traces::{length_axis, lowest_axis, lowest_place};
use super::plot::{Placing, frequent};
use crate::evaluate::steps::judged;
use crate::evaluate::{Columns, Gold};

/// Groups shown by themselves.
pub(super) const GROUPS: usize = 8;

/// What is shown of each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// The mean score step by step, up to the first error.
    Curves,
    /// Share of good steps among those with about the same score.
    Reliability,
    /// Where the lowest score of each trace falls.
    Lowest,
    /// Lowest score of a trace by its length.
    LengthScore,
}

pub(super) fn split(columns: &Columns, of: Split, rater: usize, field: usize) -> (Frame, Placing<'_>) {
    let (names, places) = frequent(columns, field, GROUPS);
    let group = move |place: usize| places.get(columns.value(field, place) as usize).copied().unwrap_or(0);
    let by = columns.fields.get(field).map_or("group", |field| field.name.as_str());
    let frame = |title: &str, shape, axis: &Axis, y: &str, reduce| {
        Frame::new(format!("{title}, by {by}"), shape, axis.clone(), y, reduce).groups(&names)
    };
    match of {
        Split::Curves => {
            let axis = step_axis(columns);
            let frame = frame("Scores step by step", Shape::Line, &axis, "mean score", Reduce::Mean)
                .of_steps()
                .note("correct traces, and others up to their first error; longer traces decide alone what comes late");
            let placing: Placing<'_> = Box::new(move |place, trace, cells| {
                let end = match trace.gold {
                    Gold::NoError => trace.steps as usize,
                    Gold::At(at) => at as usize + 1,
                    Gold::Unknown => return,
                };
                let scores = columns.scores(rater, trace).iter().enumerate().take(axis.bins().min(end));
                for (at, score) in scores.filter(|(_, score)| !score.is_nan()) {
                    cells.put(group(place), at, *score);
                }
            });
            (frame, placing)
        }
        Split::Reliability => {
            let axis = score_axis(columns, rater, 10);
            let frame = frame("Good steps by score", Shape::Line, &axis, "share of good steps", Reduce::Rate)
                .of_steps()
                .note(CALIBRATED);
            let placing: Placing<'_> = Box::new(move |place, trace, cells| {
                for step in judged(columns, rater, trace).filter(|step| !step.is_after) {
                    cells.put(group(place), axis.bin(step.pair.score), f64::from(u8::from(step.pair.good)));
                }
            });
            (frame, placing)
        }
        Split::Lowest => {
            let axis = lowest_axis();
            let frame = frame("Where the lowest score falls", Shape::Bars, &axis, "share of traces", Reduce::Share)
                .note("of equal scores the first");
            let placing: Placing<'_> = Box::new(move |place, trace, cells| {
                if let Some(at) = lowest_place(columns.scores(rater, trace)) {
                    cells.put(group(place), at, 1.0);
                }
            });
            (frame, placing)
        }
        Split::LengthScore => {
            let axis = length_axis(columns);
            let of = score_axis(columns, rater, 1).label;
            let frame = frame("Length and score", Shape::Line, &axis, &format!("mean lowest {of}"), Reduce::Mean)
                .note("each bin is twice as wide as the one before it");
            let placing: Placing<'_> = Box::new(move |place, trace, cells| {
                let scores = columns.scores(rater, trace).iter().filter(|score| !score.is_nan());
                if let Some(lowest) = scores.copied().min_by(f64::total_cmp) {
                    cells.put(group(place), axis.bin(f64::from(trace.words)), lowest);
                }
            });
            (frame, placing)
        }
    }
}
