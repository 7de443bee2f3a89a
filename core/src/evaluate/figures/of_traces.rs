//! Plots that count traces.

use super::frame::{Axis, Frame, Reduce, Shape, Tone};
use super::of_steps::score_axis;
use super::plot::{Placing, frequent};
use crate::evaluate::columns::NOTHING;
use crate::evaluate::{Columns, Gold};
use crate::model::Verdict;

/// Positions shown by their number; the last stands for all later ones.
const POSITIONS: u32 = 30;

pub(super) fn first_errors(columns: &Columns, field: usize, relative: bool) -> (Frame, Placing<'_>) {
    let (names, places) = frequent(columns, field, 8);
    let longest = columns.traces.iter().map(|trace| trace.steps).max().unwrap_or(1).clamp(1, POSITIONS);
    let axis = if relative {
        Axis::even("place of the first error in the trace", 0.0, 1.0, 10)
    } else {
        Axis::even("step of the first error", 0.5, f64::from(longest) + 0.5, longest)
    };
    let title = if relative { "First errors, as a share of the trace" } else { "First errors" };
    let frame = Frame::new(title, Shape::Line, axis.clone(), "share of erroneous traces", Reduce::Share).groups(&names);
    let frame = if relative { frame } else { frame.note("later steps fall into the last bin") };
    let placing: Placing<'_> = Box::new(move |place, trace, cells| {
        if let Gold::At(at) = trace.gold {
            let group = places.get(columns.value(field, place) as usize).copied().unwrap_or(0);
            // The first step is 0, the last 1.
            let number = if relative {
                f64::from(at) / f64::from(trace.steps.saturating_sub(1).max(1))
            } else {
                f64::from(at) + 1.0
            };
            cells.put(group, axis.bin(number), 1.0);
        }
    });
    (frame, placing)
}

/// Tenths of a trace, and its final step.
pub(super) fn lowest_axis() -> Axis {
    let mut names: Vec<String> = (0..10).map(|tenth| format!("{}–{} %", tenth * 10, tenth * 10 + 10)).collect();
    names.push("final step".into());
    Axis::named("place of the lowest score", names)
}

/// Where the lowest score falls along that axis.
pub(super) fn lowest_place(scores: &[f64]) -> Option<usize> {
    let scored = scores.iter().enumerate().filter(|(_, score)| !score.is_nan());
    let (at, _) = scored.min_by(|a, b| a.1.total_cmp(b.1))?;
    let last = scores.len().saturating_sub(1);
    Some(if at == last { 10 } else { at * 10 / last.max(1) })
}

pub(super) fn lowest(columns: &Columns, rater: usize) -> (Frame, Placing<'_>) {
    let frame = Frame::new("Where the lowest score falls", Shape::Bars, lowest_axis(), "traces", Reduce::Count)
        .series("answer right", Tone::Good)
        .series("answer wrong", Tone::Bad)
        .series("answer not known", Tone::Muted)
        .note("of equal scores the first; many at the final step tell of a scorer that judges outcomes (Zhang et al. 2025)");
    let placing: Placing<'_> = Box::new(move |_, trace, cells| {
        if let Some(at) = lowest_place(columns.scores(rater, trace)) {
            cells.put(outcome(trace.outcome), at, 1.0);
        }
    });
    (frame, placing)
}

/// Right, wrong, not known.
const fn outcome(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Correct => 0,
        Verdict::Incorrect => 1,
        Verdict::Unknown => 2,
    }
}

pub(super) fn process_outcome() -> (Frame, Placing<'static>) {
    let x = Axis::named("steps", vec!["all right".into(), "some wrong".into()]);
    let mut frame = Frame::new("Answer and steps", Shape::Cells, x, "", Reduce::Count).series("traces", Tone::Group(0));
    frame.y = Axis::named("answer", vec!["right".into(), "wrong".into()]);
    let frame = frame.note("a right answer with a wrong step is a lucky guess, or an error put right later");
    let placing: Placing<'static> = Box::new(|_, trace, cells| {
        let answer = outcome(trace.outcome);
        if let Some(error) = trace.gold.known().filter(|_| answer < 2) {
            cells.put(0, answer * 2 + usize::from(error.is_some()), 1.0);
        }
    });
    (frame, placing)
}

/// An axis of lengths in words: they spread over powers of ten, so bins double.
pub(super) fn length_axis(columns: &Columns) -> Axis {
    let longest = columns.traces.iter().map(|trace| trace.words).max().unwrap_or(1);
    let mut edges = vec![0.0];
    let mut edge = 16.0;
    while edge <= f64::from(longest) {
        edges.push(edge);
        edge *= 2.0;
    }
    edges.push(edge);
    Axis { label: "words of the trace".into(), edges, names: Vec::new() }
}

pub(super) fn length_score(columns: &Columns, rater: usize) -> (Frame, Placing<'_>) {
    let axis = length_axis(columns);
    let of = score_axis(columns, rater, 1).label;
    let frame = Frame::new("Length and score", Shape::Line, axis.clone(), &format!("mean lowest {of}"), Reduce::Mean)
        .series("correct traces", Tone::Good)
        .series("erroneous traces", Tone::Bad)
        .series("not judged", Tone::Muted)
        .note("each bin is twice as wide as the one before it");
    let placing: Placing<'_> = Box::new(move |_, trace, cells| {
        let scores = columns.scores(rater, trace).iter().filter(|score| !score.is_nan());
        if let Some(lowest) = scores.copied().min_by(f64::total_cmp) {
            let series = match trace.gold {
                Gold::NoError => 0,
                Gold::At(_) => 1,
                Gold::Unknown => 2,
            };
            cells.put(series, axis.bin(f64::from(trace.words)), lowest);
        }
    });
    (frame, placing)
}

pub(super) fn overthinking(columns: &Columns, field: usize) -> (Frame, Placing<'_>) {
    let (names, places) = frequent(columns, field, 16);
    let label = columns.fields.get(field).map_or("group", |field| field.name.as_str());
    let frame =
        Frame::new("Words after the answer", Shape::Bars, Axis::named(label, names), "mean words", Reduce::Mean)
            .series("up to the answer", Tone::Good)
            .series("after it", Tone::Muted)
            .note("by rule of thumb: the answer is reached in the first step that states it after `=`, `is` or `:`, or in a box; traces without a final answer in the text are left out");
    let placing: Placing<'_> = Box::new(move |place, trace, cells| {
        if trace.after_answer != NOTHING {
            let group = places.get(columns.value(field, place) as usize).copied().unwrap_or(0);
            cells.put(0, group, f64::from(trace.words.saturating_sub(trace.after_answer)));
            cells.put(1, group, f64::from(trace.after_answer));
        }
    });
    (frame, placing)
}
