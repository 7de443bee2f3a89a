//! Taking steps from elsewhere.

use super::write;
use crate::app::App;
use crate::state::DialogState;
use crate::state::taking::{TakeDraft, TakeRequest};

pub(super) fn begin(app: &mut App) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    if let Some(draft) = TakeDraft::new(open, project).filter(|draft| !draft.sources.is_empty()) {
        app.view.dialog = Some(DialogState::Take(Box::new(draft)));
    } else {
        let detail = "No alternative of the step goes on, and this is the only attempt at the problem";
        app.notices.info("There is nothing to take", detail);
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
    let (steps, after) = (draft.taken(with_rest), draft.after.clone());
    let made = write::reshape(app, |open, desk| {
        desk.continue_after(open.find_step(&after), steps).map(|(changes, ids)| (changes, ids.into_iter().next()))
    });
    if let Some(Some(first)) = made {
        app.view.dialog = None;
        write::select(app, &first);
    }
}
