//! From columns to a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::EvaluateError;
use super::binary::share;
use super::columns::{Columns, Gold, RaterColumn, TraceFacts};
use super::failures::Failure;
use super::first_error::{Case, Stretch, Tally, best, bootstrap, predicted, sweep};
use super::report::{
    Chosen, FailureCount, FirstErrorFigures, GroupFigures, Report, SCHEMA, Settings, SweepPoint, Threshold,
};
use super::response::{Against, response_report};
use super::steps::step_report;
use crate::annotation::lot;
use crate::job::{JobContext, Progress};
use crate::labels::LabelSource;
use crate::model::ScoreKind;

/// Points of the sweep that are written down.
const SWEEP_POINTS: usize = 100;

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

/// Works out all figures, and gives with them the columns of the traces that they are about: all of them, but where a
/// threshold was fitted those that it was not fitted on. What is listed or counted beside the report is taken from these.
/// Can be stopped between traces.
pub fn report(
    whole: &Arc<Columns>,
    settings: &Settings,
    ctx: &JobContext,
) -> Result<(Arc<Columns>, Report), EvaluateError> {
    let rater = settings.rater;
    if let Some(RaterColumn { name, missing: Some(known), .. }) = whole.raters.get(rater) {
        return Err(EvaluateError::UnknownScorer { name: name.clone(), known: known.clone() });
    }
    something_to_judge(whole, rater)?;
    note(ctx, "finding the threshold");
    let fitted = if settings.threshold == Threshold::Fit { Some(fitted(whole, settings)?) } else { None };
    let (columns, found) = match fitted {
        Some(Fitted { others, threshold, chosen }) => (Arc::new(others), Some((threshold, chosen))),
        None => (Arc::clone(whole), None),
    };
    something_to_judge(&columns, rater)?;
    let kind = columns.raters.get(rater).and_then(|rater| rater.kind);
    let known = columns.traces.iter().filter(|trace| trace.gold != Gold::Unknown).count() as u64;
    let all: Cases<'_> = cases(&columns, rater).collect();
    let stretches = sweep(all.iter().map(|(_, case)| *case));
    let (threshold, chosen) = match (settings.threshold, found) {
        (_, Some((threshold, chosen))) => (threshold, Some(chosen)),
        (Threshold::Given(threshold), None) => (threshold, None),
        (Threshold::Sweep | Threshold::Fit, None) => {
            let best = best(&stretches).ok_or_else(|| EvaluateError::NoFit { on: "these traces".into() })?;
            (best.threshold(), Some(chosen(&columns, best, &all, |_| true)))
        }
        (Threshold::Usual, None) => (usual_threshold(kind), None),
    };
    note(ctx, "counting first errors");
    let first_error = figures(&columns, settings, threshold, all.iter().copied(), ctx)?;
    let mut notes = notes(&columns, settings, kind, chosen.as_ref());
    let partly_scored = all.iter().filter(|(_, case)| case.scores.iter().any(|score| score.is_nan())).count() as u64;
    if partly_scored > 0 && kind.is_some() {
        notes.push(format!(
            "{partly_scored} traces have steps without a score; such steps are never flagged here, while as a source of \
             labels (scorer:NAME@THRESHOLD) it says nothing of what follows them"
        ));
    }
    let by = groups(&columns, settings, threshold, &all, ctx)?;
    let mut all_figures = std::iter::once(&first_error).chain(by.iter().map(|group| &group.figures));
    if settings.rounds > 0 && all_figures.any(FirstErrorFigures::lacks_interval) {
        notes.push(
            "there is no interval where all or none are right: drawing traces anew tells nothing of these".into(),
        );
    }
    note(ctx, "judging steps");
    let step = step_report(&columns, rater, threshold, settings.bins, ctx)?;
    note(ctx, "choosing among attempts");
    let mut response = Vec::new();
    for against in [Against::Outcome, Against::Process] {
        response.extend(response_report(&columns, rater, against, settings.seed, ctx)?);
    }
    if response.iter().any(|one| one.with_answer < one.attempts) {
        notes.push("votes count attempts only where a final answer was found in the text".into());
    }
    notes.extend(response.first().filter(|one| one.with_answer > 0).map(|one| one.weight.told().into()));
    let failure = |failure| {
        let wrong = |&&(_, case): &&(usize, Case<'_>)| {
            Failure::of(case.error, predicted(case.scores, threshold)) == Some(failure)
        };
        FailureCount { failure, traces: all.iter().filter(wrong).count() as u64 }
    };
    let failures = Failure::ALL.into_iter().map(failure).collect();
    let made = Report {
        schema: SCHEMA,
        scorer: columns.raters.get(rater).map(|rater| rater.name.clone()).unwrap_or_default(),
        kind: kind.map(ScoreKind::name),
        labels: columns.labels.clone(),
        traces: columns.traces.len() as u64,
        set_aside: (whole.traces.len() - columns.traces.len()) as u64,
        judged: all.len() as u64,
        unscored: known - all.len() as u64,
        partly_scored,
        left_out: columns.left_out.clone(),
        threshold,
        threshold_from: match settings.fit_on.as_ref().filter(|_| settings.threshold == Threshold::Fit) {
            Some(on) => format!("fit on {}", on.name),
            None => settings.threshold.to_string(),
        },
        chosen,
        first_error,
        failures,
        by_field: settings.by.clone(),
        by,
        sweep: sweep_points(&stretches),
        step,
        response,
        notes,
        seed: settings.seed,
    };
    Ok((columns, made))
}

/// Fails where no trace has both a label and a word of the rater.
fn something_to_judge(columns: &Columns, rater: usize) -> Result<(), EvaluateError> {
    let is_labelled = |trace: &TraceFacts| trace.gold != Gold::Unknown;
    let has_pair = |trace: &TraceFacts| super::steps::judged(columns, rater, trace).next().is_some();
    if columns.traces.iter().any(|trace| is_labelled(trace) || has_pair(trace)) {
        return Ok(());
    }
    let reasons: Vec<String> =
        columns.left_out.iter().map(|one| format!("{}: {} traces", one.reason, one.traces)).collect();
    Err(EvaluateError::NothingToJudge {
        labels: columns.labels.clone(),
        rater: columns.raters.get(rater).map(|rater| rater.name.clone()).unwrap_or_default(),
        why: if reasons.is_empty() { "no trace is left".into() } else { reasons.join(", ") },
    })
}

fn note(ctx: &JobContext, text: &str) {
    ctx.report(Progress { done: 0, total: None, note: text.into() });
}

type Cases<'a> = Vec<(usize, Case<'a>)>;

/// A threshold that some traces told.
struct Fitted {
    /// All other traces.
    others: Columns,
    threshold: f64,
    chosen: Chosen,
}

/// Fits the threshold on some of the traces.
fn fitted(columns: &Columns, settings: &Settings) -> Result<Fitted, EvaluateError> {
    let seed = settings.seed.to_string();
    // By problem, so that no text is on both sides.
    let names = if settings.fit_on.is_none() { columns.problem_names.as_slice() } else { &[] };
    let half: Vec<bool> = names.par_iter().map(|name| lot("fit", &[&seed, name]).is_multiple_of(2)).collect();
    let is_fitted = |trace: &TraceFacts| match &settings.fit_on {
        Some(on) => on.rows.binary_search(&trace.row).is_ok(),
        None => half.get(trace.problem as usize) == Some(&true),
    };
    let flags: Vec<bool> = columns.traces.iter().map(is_fitted).collect();
    let is_on = |place: usize| flags.get(place) == Some(&true);
    let on: Cases<'_> = cases(columns, settings.rater).filter(|(place, _)| is_on(*place)).collect();
    let best = best(&sweep(on.iter().map(|(_, case)| *case))).ok_or_else(|| EvaluateError::NoFit {
        on: settings.fit_on.as_ref().map_or_else(|| "half of the problems".to_owned(), |on| format!("`{}`", on.name)),
    })?;
    let others = columns.traces.iter().enumerate().filter(|(place, _)| !is_on(*place));
    let rows: Vec<u32> = others.map(|(_, trace)| trace.row).collect();
    Ok(Fitted {
        threshold: best.threshold(),
        chosen: chosen(columns, best, &on, is_on),
        others: columns.of_rows(&rows),
    })
}

/// How a threshold was found on the traces at those places.
fn chosen(columns: &Columns, stretch: Stretch, cases: &Cases<'_>, is_on: impl Fn(usize) -> bool) -> Chosen {
    // Of each problem whether it has traces that decided, and others.
    let mut sides = vec![(false, false); columns.problem_names.len()];
    let problem = |place: usize| columns.traces.get(place).map_or(usize::MAX, |trace| trace.problem as usize);
    for (place, _) in cases {
        if let Some((decided, _)) = sides.get_mut(problem(*place)) {
            *decided = true;
        }
    }
    for place in (0..columns.traces.len()).filter(|place| !is_on(*place)) {
        if let Some((_, other)) = sides.get_mut(problem(place)) {
            *other = true;
        }
    }
    Chosen {
        f1: stretch.tally.f1().unwrap_or(0.0),
        traces: cases.len() as u64,
        problems: sides.iter().filter(|(decided, _)| *decided).count() as u64,
        shared: sides.iter().filter(|(decided, other)| *decided && *other).count() as u64,
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
    cases: &Cases<'_>,
    ctx: &JobContext,
) -> Result<Vec<GroupFigures>, EvaluateError> {
    let Some(field) = settings.by.as_ref().and_then(|name| columns.field(name)) else { return Ok(Vec::new()) };
    let Some(of) = columns.fields.get(field) else { return Ok(Vec::new()) };
    let values = &of.values;
    let mut members: Vec<Cases<'_>> = vec![Vec::new(); values.len()];
    for &(place, case) in cases {
        if let Some(members) = members.get_mut(columns.value(field, place) as usize) {
            members.push((place, case));
        }
    }
    let groups: Vec<_> = values.iter().zip(members).filter(|(_, members)| !members.is_empty()).collect();
    // Each draws its intervals.
    let made: Result<Vec<GroupFigures>, EvaluateError> = groups
        .into_par_iter()
        .map(|(value, members)| {
            let figures = figures(columns, settings, threshold, members.into_iter(), ctx)?;
            Ok(GroupFigures { value: value.clone(), figures })
        })
        .collect();
    let mut made = made?;
    let size = |group: &GroupFigures| group.figures.counts.erroneous + group.figures.counts.correct;
    if !of.is_ordered {
        made.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.value.cmp(&b.value)));
    }
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
fn notes(columns: &Columns, settings: &Settings, kind: Option<ScoreKind>, chosen: Option<&Chosen>) -> Vec<String> {
    let mut notes = Vec::new();
    match settings.threshold {
        Threshold::Sweep => notes.push(
            "the threshold was chosen on the traces it is measured on, which flatters the scorer; `fit` does not"
                .into(),
        ),
        Threshold::Fit => notes.push(match &settings.fit_on {
            Some(on) => format!("the threshold was chosen on {} and measured on the other traces", on.name),
            None => "the threshold was chosen on one half of the problems and measured on the other".into(),
        }),
        Threshold::Usual | Threshold::Given(_) => {}
    }
    if let Some(shared) = chosen.map(|chosen| chosen.shared).filter(|shared| *shared > 0) {
        notes.push(format!("{shared} problems are on both sides, which flatters the scorer"));
    }
    if kind.is_some_and(|kind| !kind.is_quality()) {
        notes.push("these scores do not say how good a step is; more may not mean better".into());
    }
    let rater = columns.raters.get(settings.rater).filter(|rater| rater.kind.is_none());
    let sources = rater.and_then(|rater| rater.name.parse::<LabelSource>().ok()).zip(columns.labels.parse().ok());
    if sources.is_some_and(|(judged, labels): (_, LabelSource)| labels.includes(&judged)) {
        notes.push("what is judged is among the labels it is judged by, which flatters it".into());
    }
    let judged = columns.traces.iter().filter(|trace| trace.gold != Gold::Unknown).count() as u64;
    let erroneous = columns.traces.iter().filter(|trace| matches!(trace.gold, Gold::At(_))).count() as u64;
    if let Some(part) = share(erroneous, judged).filter(|part| *part == 0.0 || *part >= 1.0) {
        let what = if part == 0.0 { "no trace has an error" } else { "every trace has an error" };
        notes.push(format!("{what}, so there is no F1"));
    }
    notes
}
