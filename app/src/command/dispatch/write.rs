//! Steps of the annotator's own, cuts and joints, and comparing alternatives.

use stepscope_core::annotation::{Change, Refusal, Reshape, TraceAnnotation};
use stepscope_core::model::StepHash;

use super::{annotate, compare, navigate, take};
use crate::app::App;
use crate::command::Command;
use crate::state::splitting::{SplitDraft, SplitRequest};
use crate::state::writing::{DraftRequest, StepDraft, WriteRequest};
use crate::state::{DialogState, OpenTrace};

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::RewriteStep => rewrite(app),
        Command::ContinueHere => continue_here(app),
        Command::TakeBranch => take::begin(app),
        Command::RemoveWritten => remove(app),
        Command::SplitStep => begin_split(app),
        Command::MergeStep => merge(app),
        Command::BestStep => compare::toggle_best(app),
        Command::Compare => compare::begin(app),
        _ => {}
    }
}

/// Does what a dialog of writing asks for.
pub(super) fn answer(app: &mut App, request: WriteRequest) {
    match request {
        WriteRequest::Draft(request) => draft(app, request),
        WriteRequest::Take(request) => take::answer(app, request),
        WriteRequest::Split(request) => split(app, request),
        WriteRequest::Compare(request) => compare::answer(app, request),
    }
}

/// After each action: the trace is shown as it was made, and a dialog on steps that are gone is gone as well. A text that
/// is being written stays.
pub(super) fn follow(app: &mut App) {
    navigate::follow_shape(app);
    let there = |open: &OpenTrace, step: &StepHash| open.find_step(step).is_some();
    let stays = match (&app.view.dialog, &app.view.open) {
        (Some(DialogState::Split(draft)), Some(open)) => {
            open.trace.id == draft.trace && open.step().is_some_and(|step| step.hash == draft.step)
        }
        (Some(DialogState::Compare(draft)), Some(open)) => {
            open.trace.id == draft.trace && draft.steps.iter().all(|step| there(open, step))
        }
        (Some(DialogState::Take(draft)), Some(open)) => open.trace.id == draft.trace && there(open, &draft.after),
        (Some(DialogState::Split(_) | DialogState::Compare(_) | DialogState::Take(_)), None) => false,
        _ => true,
    };
    if !stays {
        app.view.dialog = None;
    }
}

/// The open trace with what was said of it.
pub(super) fn shown(app: &App) -> Option<(&OpenTrace, Option<&TraceAnnotation>)> {
    let open = app.view.open.as_ref()?;
    Some((open, app.project.as_ref().and_then(|project| project.said(&open.trace.id))))
}

/// Selects a step of the open trace by its identity.
pub(super) fn select(app: &mut App, step: &StepHash) {
    let index = app.view.open.as_ref().and_then(|open| open.find_step(step));
    if let Some(index) = index {
        navigate::show_step(app, index);
    }
}

fn rewrite(app: &mut App) {
    let draft = shown(app).and_then(|(open, said)| StepDraft::instead(open, said));
    write(app, draft);
}

fn continue_here(app: &mut App) {
    let draft = app.view.open.as_ref().and_then(StepDraft::after);
    write(app, draft);
}

/// Opens the dialog, with what was typed there before.
fn write(app: &mut App, draft: Option<StepDraft>) {
    let Some(mut draft) = draft else { return };
    if let Some(text) = app.drafts.get(&draft.key()) {
        text.clone_into(&mut draft.text);
    }
    app.view.dialog = Some(DialogState::Write(Box::new(draft)));
}

fn draft(app: &mut App, request: DraftRequest) {
    let Some(DialogState::Write(draft)) = &mut app.view.dialog else { return };
    match request {
        DraftRequest::Type(text) => {
            draft.text = text;
            // Kept at once, so that nothing that closes the dialog can lose it.
            if draft.is_changed() {
                app.drafts.keep(draft.key(), draft.text.clone());
            } else {
                app.drafts.forget(&draft.key());
            }
        }
        DraftRequest::IsAnswer(is_answer) => draft.set_answer(is_answer),
        DraftRequest::Save(go_on) => save(app, go_on),
        DraftRequest::Leave => {
            if draft.is_changed() {
                app.notices.info("Draft kept", "The same key opens it again. It is not among your labels yet");
            }
            app.view.dialog = None;
        }
        DraftRequest::Discard => {
            app.drafts.forget(&draft.key());
            app.view.dialog = None;
        }
    }
}

fn save(app: &mut App, go_on: bool) {
    let Some(DialogState::Write(draft)) = &app.view.dialog else { return };
    if let Some(reason) = draft.refusal() {
        return app.notices.info("Not saved", reason);
    }
    let (draft, key) = (StepDraft::clone(draft), draft.key());
    let Some(step) = reshape(app, |open, desk| draft.changes(open, desk)) else { return };
    app.drafts.forget(&key);
    app.view.dialog = None;
    select(app, &step);
    if go_on {
        continue_here(app);
    } else {
        app.notices.info("Step written", app.keys.fill("{write.continue} writes the next one"));
    }
}

/// Makes of the open trace what `make` asks for, as one gesture, and shows it; `None` where it cannot be, and says why.
pub(super) fn reshape<T>(
    app: &mut App,
    make: impl FnOnce(&OpenTrace, &Reshape<'_>) -> Result<(Vec<Change>, T), Refusal>,
) -> Option<T> {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return None };
    let desk = Reshape::new(open.source(), project.said(&open.trace.id), project.log.last_seq());
    match make(open, &desk) {
        Ok((changes, made)) => annotate::commit(app, changes).then_some(made),
        Err(reason) => {
            app.notices.info("That cannot be done here", reason);
            None
        }
    }
}

fn remove(app: &mut App) {
    reshape(app, |open, desk| Ok((desk.remove_written(open.selected().ok_or("No step is selected")?)?, ())));
}

fn begin_split(app: &mut App) {
    let Some(open) = &app.view.open else { return };
    let Some(step) = open.step() else { return };
    let draft = SplitDraft::new(open.trace.id.clone(), step);
    // What can be cut nowhere is refused before a place is looked for.
    let refused = open.selected().zip(app.project.as_ref()).and_then(|(index, project)| {
        let desk = Reshape::new(open.source(), project.said(&open.trace.id), project.log.last_seq());
        desk.split(index, draft.at).err()
    });
    if let Some(reason) = refused {
        return app.notices.info("That cannot be done here", reason);
    }
    app.view.dialog = Some(DialogState::Split(draft));
    app.view.scroll_to_step = true;
}

fn split(app: &mut App, request: SplitRequest) {
    let Some(DialogState::Split(draft)) = &mut app.view.dialog else { return };
    match request {
        SplitRequest::MoveTo(at) => draft.at = at,
        SplitRequest::Leave => app.view.dialog = None,
        SplitRequest::Cut => cut(app),
    }
}

/// Cuts at the caret and selects the earlier part: reading goes on there.
fn cut(app: &mut App) {
    let Some(DialogState::Split(draft)) = &app.view.dialog else { return };
    let (step, at) = (draft.step.clone(), draft.at);
    let made = reshape(app, |open, desk| {
        let index = open.find_step(&step).ok_or("The step is gone")?;
        Ok((desk.split(index, at)?, ()))
    });
    if made.is_none() {
        return;
    }
    app.view.dialog = None;
    let open = app.view.open.as_ref();
    let parent = open.and_then(|open| open.trace.step(open.find_step(&step)?)?.parent);
    if let Some(first) = parent {
        navigate::show_step(app, first);
    }
}

fn merge(app: &mut App) {
    let selected = app.view.open.as_ref().and_then(OpenTrace::selected);
    let made = reshape(app, |open, desk| {
        let step = selected.ok_or("No step is selected")?;
        let next = open.tree.children(step).first().and_then(|&next| open.trace.step(next));
        Ok((desk.merge(step)?, next.map(|next| next.hash.clone())))
    });
    if let Some(Some(merged)) = made {
        select(app, &merged);
    }
}
