//! The traces behind a mark of a figure, found by a job: many may have to be looked at. Where a question lists the same
//! traces, it is asked; else they are listed by themselves.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use stepscope_core::evaluate::figures::{Clauses, Plot};
use stepscope_core::evaluate::{Columns, Failure, Wrong, failures};
use stepscope_core::job::Job;

use crate::app::App;
use crate::command::dispatch::asking;
use crate::state::asking::{place_of, read_question};
use crate::state::only::{Listed, Listing, Only};
use crate::state::survey::Plotted;
use crate::view_model::survey::number_text;

/// The conditions that may ask for what is to be listed.
type Words = Box<dyn FnOnce(&Plot, &Columns) -> Clauses + Send>;

/// What is to be listed.
struct Wanted {
    plot: usize,
    /// Series and mark.
    marks: Vec<(usize, usize)>,
    /// How it may be asked for: worked out by the job, as there may be very many groups.
    clauses: Words,
    /// What it is, in words; `None` where the mark says it.
    name: Option<String>,
    /// All others are meant.
    others: bool,
    /// All within the marks is meant; of shares not only what makes them up.
    within: bool,
}

/// Lists what a mark of a figure counts, or all others.
pub(super) fn list_mark(app: &mut App, plot: usize, mark: (usize, usize), others: bool) {
    let clauses: Words = Box::new(move |plot, columns| plot.clauses_of_mark(columns, mark.0, mark.1));
    list(app, Wanted { plot, marks: vec![mark], clauses, name: None, others, within: false });
}

/// Asks for what is wanted where the language has words for it, else lists the traces.
fn list(app: &mut App, wanted: Wanted) {
    let (Some(shown), Some(project)) = (app.survey_of_these_rows(), &app.project) else { return };
    let Some(plotted) = shown.made.plots.get(wanted.plot).cloned() else { return };
    let Some(counted) = plotted.plot.clone() else { return };
    let columns = Arc::clone(&shown.made.columns);
    let figure = shown.model.figures.iter().find(|figure| figure.plot == Some(wanted.plot));
    let title = figure.map(|of| of.figure.title.clone()).unwrap_or_default();
    let Wanted { marks, clauses, name, others, within, .. } = wanted;
    let name = name.unwrap_or_else(|| mark_text(&plotted, &marks));
    let before = app.view.only.as_ref().map(|only| format!("{} · ", only.name)).unwrap_or_default();
    let name = format!("{before}{title}: {}{name}", if others { "all but " } else { "" });
    let (store, said) = (project.store.clone(), project.log.snapshot());
    let aids = app.query_aids(project);
    let (fields, visible, in_force) =
        (app.view.asking.fields(), asking::permitted(app), app.view.asking.clauses.clone());
    // A condition is put to all that is listed; figures may be of other traces, or of some of these.
    let is_whole = shown.made.asked.listed == app.view.listed && columns.traces.len() == app.view.rows.len();
    let job = Job::spawn("traces of a figure", Arc::clone(&app.wake), move |ctx| {
        // Not all may be asked while something is hidden.
        let may_ask = |clause: &String| is_whole && read_question(clause, &fields, visible).is_ok();
        let clauses = Clauses(clauses(&counted, &columns).0.into_iter().filter(may_ask).collect());
        // What is asked for already is asked for no more.
        let asked = clauses.0.iter().map(|clause| meant(clause, others)).find(|one| place_of(&in_force, one).is_some());
        if let Some(clause) = asked {
            return Ok(Listing::Clause(clause));
        }
        let rows = match marks.as_slice() {
            [(series, mark)] if !within => counted.rows(&columns, *series, *mark),
            _ => counted.rows_within(&columns, &marks),
        };
        if !rows.is_empty()
            && let Some(clause) = clauses.exact(&columns, &rows, &aids.views(&store, &said), ctx)?
        {
            return Ok(Listing::Clause(meant(&clause, others)));
        }
        let rows = if others { rest(&columns, &rows) } else { rows };
        Ok(Listing::Only(Only { name, rows, ranked: false, steps: HashMap::new(), judged: None }))
    });
    app.jobs.survey_rows = app.started(job);
}

/// The condition, or that it is not met.
fn meant(clause: &str, others: bool) -> String {
    match clause.chars().next() {
        _ if !others => clause.to_owned(),
        Some('-') => format!("-({clause})"),
        _ => format!("-{clause}"),
    }
}

/// The listed traces without these, which are in rising order.
fn rest(columns: &Columns, rows: &[u32]) -> Vec<u32> {
    let all = columns.traces.iter().map(|trace| trace.row);
    all.filter(|row| rows.binary_search(row).is_err()).collect()
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
    let all = figure.series.iter().enumerate().filter(|(_, series)| !series.is_trace());
    let marks = all.flat_map(|(number, series)| {
        let within = series.marks.iter().enumerate().filter(|(_, mark)| bins.contains(&mark.x) && mark.count > 0);
        within.map(move |(mark, _)| (number, mark))
    });
    let marks: Vec<(usize, usize)> = marks.collect();
    let last = bins.end.saturating_sub(1);
    let ends = (figure.x.edges.get(bins.start), figure.x.edges.get(last + 1));
    let number = |at: Option<&f64>| at.map_or_else(String::new, |at| number_text(*at));
    let name = format!("{} {} to {}", figure.x.label, number(ends.0), number(ends.1));
    let clauses: Words = Box::new(move |plot, columns| plot.clauses_of_span(columns, &bins));
    if !marks.is_empty() {
        list(app, Wanted { plot, marks, clauses, name: Some(name), others: false, within: true });
    }
}

/// Lists all that lies in some marks.
pub(super) fn list_marks(app: &mut App, plot: usize, marks: Vec<(usize, usize)>) {
    let Some(shown) = app.shown_survey() else { return };
    let Some(figure) = shown.made.plots.get(plot).map(|of| &of.figure) else { return };
    let counted: u64 = marks
        .iter()
        .filter_map(|(series, mark)| figure.series.get(*series)?.marks.get(*mark))
        .map(|mark| mark.count)
        .sum();
    let name = format!("{counted} {} in a box", figure.unit);
    let of_box = marks.clone();
    let clauses: Words = Box::new(move |plot, columns| plot.clauses_of_box(columns, &of_box));
    if !marks.is_empty() {
        list(app, Wanted { plot, marks, clauses, name: Some(name), others: false, within: true });
    }
}

pub(super) fn list_wrong(app: &mut App, failure: Failure) {
    let Some(shown) = app.survey_of_these_rows() else { return };
    let Some(rater) = shown.made.rater else { return };
    let (threshold, columns) = (shown.made.threshold(), Arc::clone(&shown.made.columns));
    let listed = || (app.view.listed, Arc::new(app.view.rows.clone()));
    let judged = Some(app.mistakes_among().cloned().unwrap_or_else(listed));
    let is_own = columns.labels == "own" || columns.labels == format!("own:{}", app.startup.annotator);
    let name = format!("{} of {}", failure.name().replace('-', " "), shown.made.rater_name());
    let job = Job::spawn("wrongly judged traces", Arc::clone(&app.wake), move |_| {
        let wrong = failures(&columns, rater, threshold, failure);
        // Places count on the path that the labels judge.
        let listed = if is_own { Listed::OwnPlace } else { Listed::Place };
        let step = |wrong: &Wrong| Some((wrong.row, listed(wrong.error.or(wrong.predicted)?)));
        let steps = wrong.iter().filter_map(step).collect();
        let rows = wrong.iter().map(|wrong| wrong.row).collect();
        Ok(Listing::Only(Only { name, rows, ranked: true, steps, judged }))
    });
    app.jobs.survey_rows = app.started(job);
}
