//! Proposals: whose are shown, and what becomes of them.

use stepscope_core::annotation::{Change, Target, TraceAnnotation};
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{FirstError, Label, LabelKey, LabelKind, TraceStatus, Verified};

use super::{annotate, navigate};
use crate::app::App;
use crate::state::work::{Proposal, proposal};
use crate::state::{DialogState, VerifyDraft};

/// Opens the dialog with what could propose: scorers, sources of labels in the open trace, other annotators.
pub(super) fn begin(app: &mut App) {
    let Some(project) = &app.project else { return };
    let chosen = app.view.work.verify.clone();
    let threshold = match chosen {
        Some(LabelSource::Scorer { threshold, .. }) => threshold,
        _ => 0.5,
    };
    let mut scorers: Vec<String> = project.scores.scorers().into_iter().map(|scorer| scorer.name).collect();
    scorers.extend(app.series().iter().filter(|series| series.kind.is_quality()).map(|series| series.name.clone()));
    scorers.extend(match &chosen {
        Some(LabelSource::Scorer { name, .. }) => Some(name.clone()),
        _ => None,
    });
    let mut in_data: Vec<String> = Vec::new();
    if let Some(open) = app.view.open.as_ref().filter(|open| open.attempts.is_none()) {
        in_data.extend(open.trace.labels.iter().map(|label| label.source.clone()));
    }
    let mut sources: Vec<LabelSource> =
        scorers.into_iter().map(|name| LabelSource::Scorer { name, threshold }).collect();
    sources.push(LabelSource::Imported(None));
    sources.extend(in_data.into_iter().map(|name| LabelSource::Imported(Some(name))));
    sources.extend(project.others.iter().map(|(name, _)| LabelSource::Own(Some(name.to_string()))));
    let mut seen = Vec::new();
    sources.retain(|source| {
        let is_new = !seen.contains(source);
        seen.push(source.clone());
        is_new
    });
    let selected = sources.iter().position(|source| Some(source) == chosen.as_ref()).map_or(0, |at| at + 1);
    app.view.dialog = Some(DialogState::Verify(VerifyDraft { selected, threshold, sources }));
}

/// Shows that source's labels as proposals from now on, or none.
pub(super) fn choose(app: &mut App, source: Option<LabelSource>) {
    app.view.dialog = None;
    match &source {
        Some(_) => {
            let detail = app.keys.fill("{label.confirm} confirms one and goes on; any other mark corrects it");
            app.notices.info("Proposals are shown", detail);
        }
        None => app.notices.info("No proposals are shown", ""),
    }
    app.view.work.verify = source;
    refresh(app);
    select(app);
}

/// Works out what is proposed for the open trace, as far as it may be seen. Judged traces need no proposal.
pub(crate) fn refresh(app: &mut App) {
    app.view.work.proposal = proposed(app);
}

fn proposed(app: &App) -> Option<Proposal> {
    let source = app.view.work.verify.as_ref()?;
    let (project, open) = (app.project.as_ref()?, app.view.open.as_ref()?);
    // Known answers are there to measure annotators.
    let is_known = project.schema.gold.as_ref().is_some_and(|gold| gold.source == source.to_string());
    if is_known || open.attempts.is_some() || project.said(&open.trace.id).is_some_and(TraceAnnotation::is_judged) {
        return None;
    }
    let visible = app.visible()?;
    let may_see = visible.proposal && (visible.imported_proposal || !matches!(source, LabelSource::Imported(_)));
    may_see.then(|| proposal(source, open, &project.scores, &project.others)).flatten()
}

/// Selects the step that is proposed, on a trace that has just been shown.
pub(super) fn select(app: &mut App) {
    let step = app.view.work.proposal.as_ref().and_then(|proposal| match &proposal.mark {
        FirstError::At(step) => app.view.open.as_ref()?.find_step(step),
        _ => None,
    });
    if let Some(step) = step.filter(|_| !app.view.work.halving) {
        navigate::show_step(app, step);
    }
}

/// Says the same as the proposal, finishes the trace and goes on.
pub(super) fn confirm(app: &mut App) {
    let (Some(open), Some(proposal)) = (&app.view.open, &app.view.work.proposal) else { return };
    let trace = open.trace.id.clone();
    let mark = Some(proposal.mark.clone());
    let status = TraceStatus::Done;
    let changes = vec![Change::MarkFirstError { trace: trace.clone(), mark }, Change::SetStatus { trace, status }];
    if annotate::commit(app, changes) {
        navigate::show_next_unlabelled(app);
    }
}

/// With a mark on a trace whose proposal is shown goes what became of the proposal; with a mark taken away, that goes.
pub(super) fn with_verdict(app: &App, mut changes: Vec<Change>) -> Vec<Change> {
    let Some(open) = &app.view.open else { return changes };
    let trace = &open.trace.id;
    let mark = changes.iter().find_map(|change| match change {
        Change::MarkFirstError { trace: of, mark } if of == trace => Some(mark.clone()),
        _ => None,
    });
    let (Some(mark), target) = (mark, Target::Trace(trace.clone())) else { return changes };
    match (&app.view.work.proposal, mark) {
        (Some(proposal), Some(mark)) => {
            let verified = Verified { by: proposal.by.clone(), agreed: mark == proposal.mark };
            changes.push(Change::Give { target, label: Label::Verified(verified) });
        }
        (_, None) => changes.push(Change::Take { target, key: LabelKey::only(LabelKind::Verified) }),
        (None, Some(mark)) => {
            // Changed later: whether both say the same is about the mark that stands.
            let said = app.project.as_ref().and_then(|project| project.said(trace));
            let source = said.and_then(|said| said.labels.only(LabelKind::Verified));
            if let Some(Label::Verified(Verified { by, .. })) = source
                && let Some(before) = said.and_then(|said| said.first_error.as_ref())
                && let (Ok(source), Some(project)) = (by.parse::<LabelSource>(), &app.project)
                && *before != mark
                && let Some(proposal) = proposal(&source, open, &project.scores, &project.others)
            {
                let verified = Verified { by: by.clone(), agreed: mark == proposal.mark };
                changes.push(Change::Give { target, label: Label::Verified(verified) });
            }
        }
    }
    changes
}
