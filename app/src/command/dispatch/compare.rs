//! Comparing alternatives: best, order, which of two is better.

use stepscope_core::annotation::Change;
use stepscope_core::model::StepRating;

use super::{annotate, write};
use crate::app::App;
use crate::state::DialogState;
use crate::state::comparing::{CompareDraft, CompareMode, CompareRequest, best};
use crate::state::writing::step_ref;

pub(super) fn begin(app: &mut App) {
    if let Some(draft) = app.view.open.as_ref().and_then(CompareDraft::new) {
        app.view.dialog = Some(DialogState::Compare(Box::new(draft)));
    }
}

/// Marks the selected step as the best of its alternatives, or takes the mark away.
pub(super) fn toggle_best(app: &mut App) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let Some(step) = open.step() else { return };
    let changes = best(open, project.annotations(), &step.hash);
    annotate::commit(app, changes);
}

pub(super) fn answer(app: &mut App, request: CompareRequest) {
    let Some(DialogState::Compare(draft)) = &app.view.dialog else { return };
    let mut draft = CompareDraft::clone(draft);
    let changes = changes(app, &mut draft, request);
    let here = draft.here().cloned();
    app.view.dialog = (request != CompareRequest::Choose).then(|| DialogState::Compare(Box::new(draft)));
    if !changes.is_empty() {
        annotate::commit(app, changes);
    }
    match (request, here) {
        (CompareRequest::Choose, Some(step)) => write::select(app, &step),
        (CompareRequest::Undo, _) => undo(app),
        _ => {}
    }
}

/// What an answer says; most only change what is shown.
fn changes(app: &App, draft: &mut CompareDraft, request: CompareRequest) -> Vec<Change> {
    let (Some(project), Some(open), Some(here)) = (&app.project, &app.view.open, draft.here().cloned()) else {
        return Vec::new();
    };
    let last = draft.steps.len().saturating_sub(1);
    draft.moved = false;
    match request {
        CompareRequest::Look(at) => {
            draft.at = at.min(last);
            draft.moved = true;
        }
        CompareRequest::CompareWith => draft.with = draft.at,
        CompareRequest::Rate(key) => return rated(app, draft, key),
        CompareRequest::Best => return best(open, project.annotations(), &here),
        CompareRequest::BeginRank => draft.mode = CompareMode::Rank(Vec::new()),
        CompareRequest::RankNext(step) => {
            if let CompareMode::Rank(order) = &mut draft.mode
                && step <= last
                && !order.contains(&step)
            {
                order.push(step);
                if order.len() > last {
                    return end_rank(draft, open);
                }
            }
        }
        CompareRequest::EndRank => return end_rank(draft, open),
        CompareRequest::Better(here_is_better) => draft.mode = CompareMode::Prefer(here_is_better),
        CompareRequest::Strength(strength) => {
            let criterion = draft.criterion.checked_sub(1).and_then(|at| project.schema.criteria.get(at));
            let criterion = criterion.map_or("", |criterion| criterion.id.as_str());
            let changes = draft.preference(open, strength.min(3), criterion);
            draft.mode = CompareMode::Rate;
            return changes;
        }
        CompareRequest::Criterion => draft.criterion = (draft.criterion + 1) % (project.schema.criteria.len() + 1),
        CompareRequest::Cancel => draft.mode = CompareMode::Rate,
        CompareRequest::Undo | CompareRequest::Choose => {}
    }
    Vec::new()
}

fn end_rank(draft: &mut CompareDraft, open: &crate::state::OpenTrace) -> Vec<Change> {
    let said_nothing = draft.mode == CompareMode::Rank(Vec::new());
    let changes = if said_nothing { Vec::new() } else { draft.ranks(open) };
    draft.mode = CompareMode::Rate;
    changes
}

/// The rating on the key, or none where the step has that one already.
fn rated(app: &App, draft: &CompareDraft, key: u8) -> Vec<Change> {
    let (Some(project), Some(open), Some(here)) = (&app.project, &app.view.open, draft.here()) else {
        return Vec::new();
    };
    let wanted = match key {
        1 => StepRating::Good,
        2 => StepRating::Neutral,
        3 => StepRating::Bad,
        _ => StepRating::Unsure,
    };
    if !project.schema.ratings.contains(&wanted) {
        return Vec::new();
    }
    let step = step_ref(open, here);
    let present = project.annotations().step(&step.trace, &step.step).and_then(|said| said.rating);
    vec![Change::RateStep { step, rating: (present != Some(wanted)).then_some(wanted) }]
}

/// Takes back what was said last. Where that was said elsewhere, the dialog gives way to what is shown then.
fn undo(app: &mut App) {
    if app.env().can_undo {
        annotate::reverse(app, false);
    }
}
