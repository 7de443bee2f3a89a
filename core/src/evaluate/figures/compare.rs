//! Plots that set groups, or raters, against each other.

use super::frame::{Axis, Frame, Reduce, Shape, Tone};
use super::plot::{Cells, Placing, frequent};
use crate::evaluate::first_error::predicted;
use crate::evaluate::steps::is_good;
use crate::evaluate::{Columns, TraceFacts};
use crate::model::Verdict;

const fn number(yes: bool) -> f64 {
    if yes { 1.0 } else { 0.0 }
}

/// Whether the answer is right; `None` where that is not known.
fn answer(trace: &TraceFacts) -> Option<bool> {
    (trace.outcome != Verdict::Unknown).then_some(trace.outcome == Verdict::Correct)
}

pub(super) fn error_rates(columns: &Columns, field: usize) -> (Frame, Placing<'_>) {
    let (names, places) = frequent(columns, field, 16);
    let label = columns.fields.get(field).map_or("group", |field| field.name.as_str());
    let group = move |place: usize| places.get(columns.value(field, place) as usize).copied().unwrap_or(0);
    let frame = Frame::new("Wrong steps and wrong answers", Shape::Bars, Axis::named(label, names), RATE, Reduce::Rate);
    (rates(frame), Box::new(move |place, trace, cells| put_rates(columns, trace, group(place), cells)))
}

const RATE: &str = "share that is wrong";

fn rates(frame: Frame) -> Frame {
    Frame { unit: "steps or answers", ..frame }
        .series("steps", Tone::Group(0))
        .series("answers", Tone::Group(1))
        .note("steps up to the first error, and all of correct traces; of answers those that are known")
}

fn put_rates(columns: &Columns, trace: &TraceFacts, group: usize, cells: &mut Cells) {
    for rating in columns.ratings(trace) {
        if let Some(good) = is_good(*rating) {
            cells.put(0, group, number(!good));
            if !good {
                break;
            }
        }
    }
    if let Some(right) = answer(trace) {
        cells.put(1, group, number(!right));
    }
}

pub(super) fn by_difficulty(columns: &Columns) -> (Frame, Placing<'_>) {
    let mut problems = vec![(0_u32, 0_u32); columns.problem_names.len()];
    for trace in &columns.traces {
        if let (Some(right), Some((rights, all))) = (answer(trace), problems.get_mut(trace.problem as usize)) {
            *rights += u32::from(right);
            *all += 1;
        }
    }
    let names = ["never", "up to a third", "up to two thirds", "more often", "always"].map(str::to_owned).to_vec();
    let axis = Axis::named("how often the problem is answered rightly", names);
    let frame = Frame::new("Wrong steps and wrong answers by difficulty", Shape::Bars, axis, RATE, Reduce::Rate);
    let placing: Placing<'_> = Box::new(move |_, trace, cells| {
        let group = match problems.get(trace.problem as usize) {
            // One attempt says too little of a problem.
            None | Some((_, 0 | 1)) => return,
            Some((0, _)) => 0,
            Some((right, all)) if right == all => 4,
            Some((right, all)) if right * 3 <= *all => 1,
            Some((right, all)) if right * 3 <= all * 2 => 2,
            Some(_) => 3,
        };
        put_rates(columns, trace, group, cells);
    });
    (rates(frame).note("problems with two attempts or more"), placing)
}

pub(super) fn disagreement(
    columns: &Columns,
    a: usize,
    b: usize,
    thresholds: [f64; 2],
    field: usize,
) -> (Frame, Placing<'_>) {
    let (names, places) = frequent(columns, field, 8);
    let name = |rater: usize| columns.raters.get(rater).map_or("", |rater| rater.name.as_str());
    let only = |rater: usize| format!("only {}", name(rater));
    let cases = vec!["no error, both".into(), "the same step".into(), "another step".into(), only(a), only(b)];
    let axis = Axis::named("who names an error", cases);
    let frame = Frame::new("Where two disagree", Shape::Bars, axis, "share of traces", Reduce::Share).groups(&names);
    let placing: Placing<'_> = Box::new(move |place, trace, cells| {
        if !columns.speaks(a, place) || !columns.speaks(b, place) {
            return;
        }
        let group = places.get(columns.value(field, place) as usize).copied().unwrap_or(0);
        let says = |rater, threshold| predicted(columns.scores(rater, trace), threshold);
        let case = match (says(a, thresholds[0]), says(b, thresholds[1])) {
            (None, None) => 0,
            (Some(a), Some(b)) if a == b => 1,
            (Some(_), Some(_)) => 2,
            (Some(_), None) => 3,
            (None, Some(_)) => 4,
        };
        cells.put(group, case, 1.0);
    });
    (frame, placing)
}

pub(super) fn groups(
    columns: &Columns,
    field: usize,
    (a, b): (u32, u32),
    rater: usize,
    threshold: f64,
) -> (Frame, Placing<'_>) {
    let value = |code: u32| {
        let field = columns.fields.get(field);
        field.and_then(|field| field.values.get(code as usize)).cloned().unwrap_or_default()
    };
    let measures = ["answer right", "steps right", "first error found", "no false alarm"].map(str::to_owned).to_vec();
    let axis = Axis::named("what", measures);
    let frame = Frame::new("Two groups", Shape::Bars, axis, "share of traces", Reduce::Rate)
        .groups(&[value(a), value(b)])
        .note("intervals are Wilson's, which take traces for independent");
    let placing: Placing<'_> = Box::new(move |place, trace, cells| {
        let code = columns.value(field, place);
        let Some(group) = [a, b].iter().position(|value| *value == code) else { return };
        if let Some(right) = answer(trace) {
            cells.put(group, 0, number(right));
        }
        let Some(error) = trace.gold.known() else { return };
        cells.put(group, 1, number(error.is_none()));
        if columns.speaks(rater, place) {
            let hit = predicted(columns.scores(rater, trace), threshold) == error;
            cells.put(group, if error.is_some() { 2 } else { 3 }, number(hit));
        }
    });
    (frame, placing)
}
