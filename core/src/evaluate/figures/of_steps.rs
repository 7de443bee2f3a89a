//! Plots that count steps.

use super::frame::{Axis, Frame, Reduce, Shape, Tone};
use super::plot::{Placing, frequent};
use super::split::GROUPS;
use crate::annotation::Draw;
use crate::evaluate::steps::{is_good, judged};
use crate::evaluate::{Columns, Gold, TraceFacts};
use crate::model::StepRating;

/// Bins of a histogram of scores.
const SCORE_BINS: u32 = 40;

/// Steps shown by their number.
const POSITIONS: u32 = 40;

/// An axis of scores: 0 to 1 where all lie there, else from the lowest to the highest that is finite.
pub(super) fn score_axis(columns: &Columns, rater: usize, bins: u32) -> Axis {
    let rater = columns.raters.get(rater);
    let label = rater.map_or_else(|| "score".into(), |rater| format!("score of {}", rater.name));
    // Of the whole project, so that the axis stays when the list is narrowed.
    match rater.and_then(|rater| rater.ends) {
        Some((low, high)) if low < 0.0 || high > 1.0 => Axis::even(&label, low, high, bins),
        _ => Axis::even(&label, 0.0, 1.0, bins),
    }
}

pub(super) fn scores(columns: &Columns, rater: usize) -> (Frame, Placing<'_>) {
    let axis = score_axis(columns, rater, SCORE_BINS);
    let frame = Frame::new("Scores by label", Shape::Bars, axis.clone(), "steps", Reduce::Count)
        .series("good", Tone::Good)
        .series("bad", Tone::Bad)
        .series("not judged", Tone::Muted)
        .of_steps();
    let placing: Placing<'_> = Box::new(move |_, trace, cells| {
        for (score, rating) in columns.scores(rater, trace).iter().zip(columns.ratings(trace)) {
            if !score.is_nan() {
                let series = match is_good(*rating) {
                    Some(true) => 0,
                    Some(false) => 1,
                    None => 2,
                };
                cells.put(series, axis.bin(*score), 1.0);
            }
        }
    });
    (frame, placing)
}

/// Of which steps calibration is told, and where the calibrated ones lie.
pub(super) const CALIBRATED: &str = "steps up to the first error; a calibrated probability lies on the diagonal";

pub(super) fn reliability(columns: &Columns, rater: usize) -> (Frame, Placing<'_>) {
    let axis = score_axis(columns, rater, 10);
    let frame = Frame::new("Scores against labels", Shape::Line, axis.clone(), "share of good steps", Reduce::Rate)
        .series("steps", Tone::Good)
        .of_steps()
        .note(CALIBRATED);
    let placing: Placing<'_> = Box::new(move |_, trace, cells| {
        for step in judged(columns, rater, trace).filter(|step| !step.is_after) {
            cells.put(0, axis.bin(step.pair.score), f64::from(u8::from(step.pair.good)));
        }
    });
    (frame, placing)
}

/// An axis of steps by their number.
pub(super) fn step_axis(columns: &Columns) -> Axis {
    let longest = columns.traces.iter().map(|trace| trace.steps).max().unwrap_or(1).clamp(1, POSITIONS);
    Axis::even("step", 0.5, f64::from(longest) + 0.5, longest)
}

pub(super) fn curves(columns: &Columns, rater: usize, sample: u32, seed: u64) -> (Frame, Placing<'_>) {
    let axis = step_axis(columns);
    let longest = axis.bins();
    // By row, so that the same traces are drawn again.
    let lot = |trace: &TraceFacts| Draw::new(seed ^ (u64::from(trace.row) << 32)).next();
    let speaking = columns.traces.iter().enumerate().filter(|(place, _)| columns.speaks(rater, *place));
    let mut drawn: Vec<(u64, usize)> = speaking.map(|(place, trace)| (lot(trace), place)).collect();
    if drawn.len() > sample as usize {
        drawn.select_nth_unstable(sample as usize);
        drawn.truncate(sample as usize);
    }
    let mut places: Vec<usize> = drawn.into_iter().map(|(_, place)| place).collect();
    places.sort_unstable();
    let mut frame = Frame::new("Scores step by step", Shape::Line, axis, "mean score", Reduce::Mean)
        .series("correct traces", Tone::Good)
        .series("up to the first error", Tone::Bad)
        .of_steps()
        .note("at each step the mean over the traces that have it; longer traces decide alone what comes late");
    for place in &places {
        let row = columns.traces.get(*place).map_or(0, |trace| u64::from(trace.row) + 1);
        frame = frame.series(format!("trace {row}"), Tone::Muted);
    }
    let placing: Placing<'_> = Box::new(move |place, trace, cells| {
        let (series, end) = match trace.gold {
            Gold::NoError => (Some(0), trace.steps as usize),
            Gold::At(at) => (Some(1), at as usize + 1),
            Gold::Unknown => (None, 0),
        };
        let own = places.binary_search(&place).ok().map(|at| at + 2);
        for (at, score) in columns.scores(rater, trace).iter().enumerate().take(longest) {
            if !score.is_nan() {
                if let Some(series) = series.filter(|_| at < end) {
                    cells.put(series, at, *score);
                }
                if let Some(own) = own {
                    cells.put(own, at, *score);
                }
            }
        }
    });
    (frame, placing)
}

pub(super) fn raters(columns: &Columns, a: usize, b: usize) -> (Frame, Placing<'_>) {
    let (x, y) = (score_axis(columns, a, 20), score_axis(columns, b, 20));
    let mut frame =
        Frame::new("Scores against scores", Shape::Cells, x.clone(), "", Reduce::Count).series("steps", Tone::Group(0));
    frame.y = y.clone();
    let placing: Placing<'_> = Box::new(move |_, trace, cells| {
        for (of_a, of_b) in columns.scores(a, trace).iter().zip(columns.scores(b, trace)) {
            if !of_a.is_nan() && !of_b.is_nan() {
                cells.put(0, y.bin(*of_b) * x.bins() + x.bin(*of_a), 1.0);
            }
        }
    });
    (frame.of_steps(), placing)
}

/// Names of kinds of errors; the first stands for those that are not named.
fn kind_names(columns: &Columns) -> Vec<String> {
    columns.error_kinds.iter().map(|kind| if kind.is_empty() { "not named".into() } else { kind.clone() }).collect()
}

pub(super) fn error_kinds(columns: &Columns, field: usize) -> (Frame, Placing<'_>) {
    let (names, places) = frequent(columns, field, GROUPS);
    let axis = Axis::named("kind of error", kind_names(columns));
    let frame = Frame::new("Kinds of errors", Shape::Bars, axis, "bad steps", Reduce::Count).groups(&names).of_steps();
    let placing: Placing<'_> = Box::new(move |place, trace, cells| {
        let group = places.get(columns.value(field, place) as usize).copied().unwrap_or(0);
        for (at, rating) in columns.range(trace).zip(columns.ratings(trace)) {
            if *rating == Some(StepRating::Bad) {
                cells.put(group, columns.steps.error.get(at).copied().unwrap_or(0) as usize, 1.0);
            }
        }
    });
    (frame, placing)
}

pub(super) fn error_tools(columns: &Columns) -> (Frame, Placing<'_>) {
    let tools = columns.tools.iter().map(|tool| if tool.is_empty() { "no tool".into() } else { tool.clone() });
    let axis = Axis::named("tool", tools.collect());
    let frame = Frame::new("Kinds of errors by tool", Shape::Bars, axis, "bad steps", Reduce::Count)
        .groups(&kind_names(columns))
        .of_steps();
    let placing: Placing<'_> = Box::new(move |_, trace, cells| {
        for (at, rating) in columns.range(trace).zip(columns.ratings(trace)) {
            if *rating == Some(StepRating::Bad) {
                let code = |column: &[u32]| column.get(at).copied().unwrap_or(0) as usize;
                cells.put(code(&columns.steps.error), code(&columns.steps.tool), 1.0);
            }
        }
    });
    (frame, placing)
}

pub(super) fn redundancy(columns: &Columns, field: usize) -> (Frame, Placing<'_>) {
    let (names, places) = frequent(columns, field, 2 * GROUPS);
    let label = columns.fields.get(field).map_or("group", |field| field.name.as_str());
    let frame = Frame::new(
        "Redundant steps",
        Shape::Bars,
        Axis::named(label, names),
        "share of steps called redundant",
        Reduce::Rate,
    );
    let placing: Placing<'_> = Box::new(move |place, trace, cells| {
        let group = places.get(columns.value(field, place) as usize).copied().unwrap_or(0);
        for at in columns.range(trace) {
            cells.put(0, group, f64::from(u8::from(columns.steps.redundant.get(at).copied().unwrap_or(false))));
        }
    });
    (frame.series("redundant", Tone::Muted).of_steps(), placing)
}
