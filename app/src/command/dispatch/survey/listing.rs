//! The traces behind a mark of a figure, found by a job: many may have to be looked at.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use stepscope_core::evaluate::figures::Plot;
use stepscope_core::evaluate::{Columns, Failure, Wrong, failures};
use stepscope_core::job::{Job, JobContext, JobError};

use crate::app::App;
use crate::state::only::{Listed, Only};
use crate::state::survey::Plotted;
use crate::view_model::survey::number_text;

/// Lists what marks of a figure count.
pub(super) fn list(app: &mut App, plot: usize, marks: Vec<(usize, usize)>, name: Option<String>) {
    let Some(shown) = app.shown_survey() else { return };
    let (Some(plotted), columns) = (shown.made.plots.get(plot).cloned(), Arc::clone(&shown.made.columns)) else {
        return;
    };
    let title = shown.model.figures.iter().find(|figure| figure.plot == Some(plot)).map(|f| f.figure.title.clone());
    let name = name.unwrap_or_else(|| mark_text(&plotted, &marks));
    let before = app.view.only.as_ref().map(|only| format!("{} · ", only.name)).unwrap_or_default();
    let name = format!("{before}{}: {name}", title.unwrap_or_default());
    let job = Job::spawn("traces of a figure", Arc::clone(&app.wake), move |ctx| {
        let steps = HashMap::new();
        Ok(Only { name, rows: rows_of(&plotted.plot, &columns, &marks, ctx)?, ranked: false, steps })
    });
    app.jobs.survey_rows = app.started(job);
}

fn rows_of(plot: &Plot, columns: &Columns, marks: &[(usize, usize)], ctx: &JobContext) -> Result<Vec<u32>, JobError> {
    let mut rows = Vec::new();
    for &(series, mark) in marks {
        ctx.checkpoint()?;
        rows.extend(plot.rows(columns, series, mark));
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// What a mark counts, in words.
fn mark_text(plotted: &Plotted, marks: &[(usize, usize)]) -> String {
    let figure = &plotted.figure;
    let Some(&(series, mark)) = marks.first() else { return String::new() };
    let Some((series, mark)) = figure.series.get(series).and_then(|of| Some((of, of.marks.get(mark)?))) else {
        return String::new();
    };
    if figure.y.bins() > 0 {
        return format!("{} {}, {} {}", figure.y.label, figure.y.name(mark.row), figure.x.label, figure.x.name(mark.x));
    }
    format!("{}, {} {}", series.name, figure.x.label, figure.x.name(mark.x))
}

/// Lists what the marks of all series in a stretch count.
pub(super) fn list_span(app: &mut App, plot: usize, bins: Range<usize>) {
    let Some(shown) = app.shown_survey() else { return };
    let Some(figure) = shown.made.plots.get(plot).map(|plotted| &plotted.figure) else { return };
    let is_trace = |name: &str| name.starts_with("trace ");
    let all = figure.series.iter().enumerate().filter(|(_, series)| !is_trace(&series.name));
    let marks = all.flat_map(|(number, series)| {
        let within = series.marks.iter().enumerate().filter(|(_, mark)| bins.contains(&mark.x) && mark.count > 0);
        within.map(move |(mark, _)| (number, mark))
    });
    let marks: Vec<(usize, usize)> = marks.collect();
    let last = bins.end.saturating_sub(1);
    let ends = (figure.x.edges.get(bins.start), figure.x.edges.get(last + 1));
    let number = |at: Option<&f64>| at.map_or_else(String::new, |at| number_text(*at));
    let name = format!("{} {} to {}", figure.x.label, number(ends.0), number(ends.1));
    if !marks.is_empty() {
        list(app, plot, marks, Some(name));
    }
}

pub(super) fn list_wrong(app: &mut App, failure: Failure) {
    let Some(shown) = app.shown_survey() else { return };
    let Some(rater) = shown.made.rater else { return };
    let (threshold, columns) = (shown.made.threshold(), Arc::clone(&shown.made.columns));
    let name = format!("{} of {}", failure.name().replace('-', " "), shown.made.rater_name());
    let job = Job::spawn("wrongly judged traces", Arc::clone(&app.wake), move |_| {
        let wrong = failures(&columns, rater, threshold, failure);
        // Places count on the path that the labels judge.
        let listed = if columns.labels.starts_with("own") { Listed::OwnPlace } else { Listed::Place };
        let step = |wrong: &Wrong| Some((wrong.row, listed(wrong.error.or(wrong.predicted)?)));
        let steps = wrong.iter().filter_map(step).collect();
        Ok(Only { name, rows: wrong.iter().map(|wrong| wrong.row).collect(), ranked: true, steps })
    });
    app.jobs.survey_rows = app.started(job);
}
