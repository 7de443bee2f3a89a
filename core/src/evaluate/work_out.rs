//! From columns to a report.

use std::collections::BTreeMap;

use super::binary::share;
use super::columns::{Columns, Gold, TraceFacts};
use super::failures::Failure;
use super::first_error::{Case, Stretch, Tally, best, bootstrap, predicted, sweep};
use super::report::{
    Chosen, FailureCount, FirstErrorFigures, GroupFigures, Report, SCHEMA, Settings, SweepPoint, Threshold,
};
use super::response::{Against, response_report};
use super::steps::step_report;
use super::{EvaluateError, Request};
use crate::annotation::lot;
use crate::job::{JobContext, Progress};
use crate::labels::Corpus;
use crate::model::ScoreKind;

/// Points of the sweep that are written down.
const SWEEP_POINTS: usize = 100;

/// Reads a project and works out all figures.
pub fn evaluate(
    corpus: &dyn Corpus,
    request: &Request,
    settings: &Settings,
    ctx: &JobContext,
) -> Result<(Columns, Report), EvaluateError> {
    let mut request = request.clone();
    request.fields.extend(settings.by.clone());
    let columns = super::collect(corpus, &request, ctx)?;
    let report = report(&columns, settings, ctx)?;
    Ok((columns, report))
}

/// The judged traces: place in the columns, first error, scores.
fn cases(columns: &Columns, rater: usize) -> impl Iterator<Item = (usize, Case<'_>)> {
    columns.traces.iter().enumerate().filter_map(move |(place, trace)| {
        let error = trace.gold.known().filter(|_| columns.speaks(rater, place))?;
        Some((place, Case { error, scores: columns.scores(rater, trace) }))
    })
}

/// The usual threshold for what a rater's numbers mean.
pub fn usual_threshold(kind: Option<ScoreKind>) -> f64 {
    match kind {
        None => 0.5,
        Some(kind) if kind.is_unit() || kind == ScoreKind::Vote => 0.5,
        Some(_) => 0.0,
    }
}

/// Works out all figures. Can be stopped between traces.
pub fn report(columns: &Columns, settings: &Settings, ctx: &JobContext) -> Result<Report, EvaluateError> {
    let rater = settings.rater;
    let column = columns.raters.get(rater).cloned().unwrap_or_default();
    let nothing =
        |why: String| EvaluateError::NothingToJudge { labels: columns.labels.clone(), rater: column.name.clone(), why };
    let known = columns.traces.iter().filter(|trace| trace.gold != Gold::Unknown).count() as u64;
    let has_pairs = columns.traces.iter().any(|trace| super::steps::judged(columns, rater, trace).next().is_some());
    if known == 0 && !has_pairs {
        let reasons = columns.left_out.iter().map(|one| format!("{}: {} traces", one.reason, one.traces));
        return Err(nothing(reasons.collect::<Vec<_>>().join(", ")));
    }
    note(ctx, "finding the threshold");
    let all: Vec<(usize, Case<'_>)> = cases(columns, rater).collect();
    let stretches = sweep(all.iter().map(|(_, case)| *case));
    let (threshold, chosen, measured) = threshold(columns, settings, &all, &stretches)?;
    note(ctx, "counting first errors");
    let first_error = figures(columns, settings, threshold, measured.iter().copied(), ctx)?;
    let mut notes = notes(columns, settings, column.kind);
    let partly_scored = all.iter().filter(|(_, case)| case.scores.iter().any(|score| score.is_nan())).count() as u64;
    if partly_scored > 0 {
        notes.push(format!("{partly_scored} traces have steps without a score; such steps are never flagged"));
    }
    let by = groups(columns, settings, threshold, &measured, ctx)?;
    note(ctx, "judging steps");
    let held: Option<Vec<TraceFacts>> = (settings.threshold == Threshold::Fit)
        .then(|| measured.iter().filter_map(|(place, _)| columns.traces.get(*place).copied()).collect());
    let traces = held.as_ref().unwrap_or(&columns.traces);
    let step = step_report(columns, traces, rater, threshold, settings.bins, ctx)?;
    note(ctx, "choosing among attempts");
    let mut response = Vec::new();
    for against in [Against::Outcome, Against::Process] {
        response.extend(response_report(columns, rater, against, settings.seed, ctx)?);
    }
    if response.iter().any(|one| one.with_answer < one.attempts) {
        notes.push("votes count attempts only where a final answer was found in the text".into());
    }
    let failure = |failure| {
        let wrong = |&&(_, case): &&(usize, Case<'_>)| {
            Failure::of(case.error, predicted(case.scores, threshold)) == Some(failure)
        };
        FailureCount { failure, traces: measured.iter().filter(wrong).count() as u64 }
    };
    Ok(Report {
        schema: SCHEMA,
        scorer: column.name,
        kind: column.kind.map(ScoreKind::name),
        labels: columns.labels.clone(),
        traces: columns.traces.len() as u64,
        judged: all.len() as u64,
        unscored: known - all.len() as u64,
        partly_scored,
        left_out: columns.left_out.clone(),
        threshold,
        threshold_from: settings.threshold.to_string(),
        chosen,
        first_error,
        failures: Failure::ALL.into_iter().map(failure).collect(),
        by_field: settings.by.clone(),
        by,
        sweep: sweep_points(&stretches),
        step,
        response,
        notes,
        seed: settings.seed,
    })
}

fn note(ctx: &JobContext, text: &str) {
    ctx.report(Progress { done: 0, total: None, note: text.into() });
}

type Cases<'a> = Vec<(usize, Case<'a>)>;

/// The threshold, how it was found, and the traces to measure it on.
fn threshold<'a>(
    columns: &Columns,
    settings: &Settings,
    all: &Cases<'a>,
    stretches: &[Stretch],
) -> Result<(f64, Option<Chosen>, Cases<'a>), EvaluateError> {
    let no_fit = || EvaluateError::NoFit("both erroneous and correct traces with scores are needed".into());
    let problem = |place: usize| columns.traces.get(place).map_or(0, |trace| trace.problem);
    let chosen = |stretch: Stretch, cases: &Cases<'_>| {
        let mut problems: Vec<u32> = cases.iter().map(|(place, _)| problem(*place)).collect();
        problems.sort_unstable();
        problems.dedup();
        let f1 = stretch.tally.f1().unwrap_or(0.0);
        Chosen { f1, traces: cases.len() as u64, problems: problems.len() as u64 }
    };
    match settings.threshold {
        Threshold::Usual => {
            let kind = columns.raters.get(settings.rater).and_then(|rater| rater.kind);
            Ok((usual_threshold(kind), None, all.clone()))
        }
        Threshold::Given(threshold) => Ok((threshold, None, all.clone())),
        Threshold::Sweep => {
            let best = best(stretches).ok_or_else(no_fit)?;
            Ok((best.threshold(), Some(chosen(best, all)), all.clone()))
        }
        Threshold::Fit => {
            let seed = settings.seed.to_string();
            // By problem, so that no text is on both sides.
            let name = |place: usize| columns.problem_names.get(problem(place) as usize).map_or("", String::as_str);
            let is_fitted = |place: usize| lot("fit", &[&seed, name(place)]).is_multiple_of(2);
            let (fitted, measured): (Cases<'a>, Cases<'a>) = all.iter().partition(|(place, _)| is_fitted(*place));
            let best = best(&sweep(fitted.iter().map(|(_, case)| *case))).ok_or_else(no_fit)?;
            Ok((best.threshold(), Some(chosen(best, &fitted)), measured))
        }
    }
}

/// Counts first errors by problem, and what follows from the counts.
fn figures<'a>(
    columns: &Columns,
    settings: &Settings,
    threshold: f64,
    cases: impl Iterator<Item = (usize, Case<'a>)>,
    ctx: &JobContext,
) -> Result<FirstErrorFigures, EvaluateError> {
    let mut by_problem: BTreeMap<u32, Tally> = BTreeMap::new();
    for (place, case) in cases {
        let Some(trace) = columns.traces.get(place) else { continue };
        by_problem.entry(trace.problem).or_default().add(case.error, predicted(case.scores, threshold));
    }
    let problems: Vec<Tally> = by_problem.into_values().collect();
    let mut counts = Tally::default();
    for tally in &problems {
        counts.merge(tally);
    }
    Ok(FirstErrorFigures {
        f1: counts.f1(),
        acc_error: counts.acc_error(),
        acc_correct: counts.acc_correct(),
        counts,
        intervals: bootstrap(&problems, settings.rounds, settings.seed, ctx)?,
    })
}

fn groups(
    columns: &Columns,
    settings: &Settings,
    threshold: f64,
    measured: &Cases<'_>,
    ctx: &JobContext,
) -> Result<Vec<GroupFigures>, EvaluateError> {
    let Some(field) = settings.by.as_ref().and_then(|name| columns.field(name)) else { return Ok(Vec::new()) };
    let values = columns.fields.get(field).map(|field| field.values.clone()).unwrap_or_default();
    let mut members: Vec<Cases<'_>> = vec![Vec::new(); values.len()];
    for &(place, case) in measured {
        if let Some(members) = members.get_mut(columns.value(field, place) as usize) {
            members.push((place, case));
        }
    }
    let mut made = Vec::new();
    for (value, members) in values.into_iter().zip(members).filter(|(_, members)| !members.is_empty()) {
        let figures = figures(columns, settings, threshold, members.into_iter(), ctx)?;
        made.push(GroupFigures { value, figures });
    }
    let size = |group: &GroupFigures| group.figures.counts.erroneous + group.figures.counts.correct;
    made.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.value.cmp(&b.value)));
    Ok(made)
}

fn sweep_points(stretches: &[Stretch]) -> Vec<SweepPoint> {
    let point = |stretch: &Stretch| SweepPoint {
        threshold: stretch.threshold(),
        f1: stretch.tally.f1(),
        acc_error: stretch.tally.acc_error(),
        acc_correct: stretch.tally.acc_correct(),
    };
    let last = stretches.len().saturating_sub(1);
    if stretches.len() <= SWEEP_POINTS {
        return stretches.iter().map(point).collect();
    }
    let mut places: Vec<usize> = (0..SWEEP_POINTS).map(|n| n * last / (SWEEP_POINTS - 1)).collect();
    // The best is never thinned out.
    let best = best(stretches);
    places.extend(stretches.iter().position(|stretch| Some(*stretch) == best));
    places.sort_unstable();
    places.dedup();
    places.into_iter().filter_map(|at| stretches.get(at).map(point)).collect()
}

/// What has to be known to read the figures.
fn notes(columns: &Columns, settings: &Settings, kind: Option<ScoreKind>) -> Vec<String> {
    let mut notes = Vec::new();
    match settings.threshold {
        Threshold::Sweep => notes.push(
            "the threshold was chosen on the traces it is measured on, which flatters the scorer; `fit` does not"
                .into(),
        ),
        Threshold::Fit => {
            notes.push("the threshold was chosen on one half of the problems and measured on the other".into());
        }
        Threshold::Usual | Threshold::Given(_) => {}
    }
    if kind.is_some_and(|kind| !kind.is_quality() && kind != ScoreKind::ClassProbability) {
        notes.push("these scores do not say how good a step is; more may not mean better".into());
    }
    let judged = columns.traces.iter().filter(|trace| trace.gold != Gold::Unknown).count() as u64;
    let erroneous = columns.traces.iter().filter(|trace| matches!(trace.gold, Gold::At(_))).count() as u64;
    if let Some(part) = share(erroneous, judged).filter(|part| *part == 0.0 || *part >= 1.0) {
        let what = if part == 0.0 { "no trace has an error" } else { "every trace has an error" };
        notes.push(format!("{what}, so there is no F1"));
    }
    notes
}
