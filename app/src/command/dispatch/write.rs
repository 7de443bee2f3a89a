//! Steps of the annotator's own, cuts and joints, and comparing alternatives.

use stepscope_core::annotation::{Change, Target, TraceAnnotation};
use stepscope_core::model::{Label, LabelKey, LabelKind, StepHash};

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

/// After each action: the trace is shown as it was made, and a caret whose step is no longer selected is gone.
pub(super) fn follow(app: &mut App) {
    navigate::follow_shape(app);
    if let Some(DialogState::Split(draft)) = &app.view.dialog {
        let selected = app.view.open.as_ref().and_then(|open| Some((&open.trace.id, &open.step()?.hash)));
        if selected != Some((&draft.trace, &draft.step)) {
            app.view.dialog = None;
        }
    }
}

/// The open trace with what was said of it.
pub(super) fn shown(app: &App) -> Option<(&OpenTrace, Option<&TraceAnnotation>)> {
    let open = app.view.open.as_ref()?;
    Some((open, app.project.as_ref().and_then(|project| project.said(&open.trace.id))))
}

/// Selects a step of the open trace by its identity.
pub(super) fn select(app: &mut App, step: &StepHash) {
    let index = app.view.open.as_ref().and_then(|open| open.trace.find_step(step));
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
    let (key, number) = (draft.key(), next_number(app));
    let step = shown(app).and_then(|(open, said)| draft.step(open, said, number));
    let Some(step) = step.filter(|_| app.view.open.as_ref().is_some_and(|open| open.trace.id == key.0)) else {
        return app.notices.warning("Not saved", "The step that it belongs to is gone; the text stays here");
    };
    let (target, id) = (Target::Trace(key.0.clone()), step.id.clone());
    let label = Label::Written(step);
    annotate::commit(app, vec![Change::Give { target: target.clone(), label: label.clone() }]);
    let written = app.project.as_ref().and_then(|project| project.annotations().label(&target, &label.key()));
    if written != Some(&label) {
        // What went wrong was said; the text is still there.
        return;
    }
    app.drafts.forget(&key);
    app.view.dialog = None;
    select(app, &id);
    if go_on {
        continue_here(app);
    } else {
        app.notices.info("Step written", "Shift+W writes the next one");
    }
}

/// The number of the next step of one's own: that of the record that will hold it, so that none is given twice.
pub(super) fn next_number(app: &App) -> u64 {
    app.project.as_ref().map_or(1, |project| project.log.last_seq() + 1)
}

fn remove(app: &mut App) {
    let Some((open, said)) = shown(app) else { return };
    let Some(index) = open.selected() else { return };
    let mut below = vec![index];
    let mut at = 0;
    while let Some(&step) = below.get(at) {
        below.extend(open.tree.children(step));
        at += 1;
    }
    let trace = Target::Trace(open.trace.id.clone());
    let mut changes = Vec::new();
    for hash in below.iter().filter_map(|&step| Some(&open.trace.step(step)?.hash)) {
        let _ = said;
        changes.push(Change::Take { target: trace.clone(), key: LabelKey::of(LabelKind::Written, hash.as_str()) });
    }
    annotate::commit(app, changes);
}

fn begin_split(app: &mut App) {
    let Some(open) = &app.view.open else { return };
    let Some(step) = open.step() else { return };
    app.view.dialog = Some(DialogState::Split(SplitDraft::new(open.trace.id.clone(), step)));
    app.view.scroll_to_step = true;
}

fn split(app: &mut App, request: SplitRequest) {
    let Some(DialogState::Split(draft)) = &mut app.view.dialog else { return };
    match request {
        SplitRequest::MoveTo(at) => {
            draft.moved = draft.at != at;
            draft.at = at;
        }
        SplitRequest::Leave => app.view.dialog = None,
        SplitRequest::Cut => {}
    }
}

fn merge(app: &mut App) {
    let _ = app;
}
