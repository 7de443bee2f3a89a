//! Taking steps from elsewhere.

use stepscope_core::annotation::{Change, Target};
use stepscope_core::model::Label;

use super::{annotate, write};
use crate::app::App;
use crate::state::DialogState;
use crate::state::taking::{TakeDraft, TakeRequest};

pub(super) fn begin(app: &mut App) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    match TakeDraft::new(open, project).filter(|draft| !draft.sources.is_empty()) {
        Some(draft) => app.view.dialog = Some(DialogState::Take(Box::new(draft))),
        None => {
            let detail = "No alternative of the step goes on, and this is the only attempt at the problem";
            app.notices.info("There is nothing to take", detail);
        }
    }
}

pub(super) fn answer(app: &mut App, request: TakeRequest) {
    let (Some(DialogState::Take(draft)), Some(project), Some(open)) =
        (&mut app.view.dialog, &app.project, &app.view.open)
    else {
        return;
    };
    match request {
        TakeRequest::Source(source) => {
            if draft.source != source {
                draft.source = source.min(draft.sources.len().saturating_sub(1));
                draft.look(open, project);
            }
        }
        TakeRequest::Step(step) => draft.step = step.min(draft.steps.len().saturating_sub(1)),
        TakeRequest::Take(with_rest) => take(app, with_rest),
    }
}

/// Writes the chosen steps after the selected one, as one gesture, and selects the first of them.
fn take(app: &mut App, with_rest: bool) {
    let Some(DialogState::Take(draft)) = &app.view.dialog else { return };
    let steps = draft.taken(with_rest, write::next_number(app));
    let target = Target::Trace(draft.trace.clone());
    let Some(first) = steps.first().map(|step| step.id.clone()) else { return };
    let give = |step| Change::Give { target: target.clone(), label: Label::Written(step) };
    app.view.dialog = None;
    annotate::commit(app, steps.into_iter().map(give).collect());
    write::select(app, &first);
}
