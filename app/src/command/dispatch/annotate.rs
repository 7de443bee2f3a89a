//! Labels, notes, undo.

use std::time::Duration;

use stepscope_core::annotation::{Change, Context, Reversal, StepRef, Target, TraceAnnotation, Way};
use stepscope_core::model::{FirstError, StepRating, TraceId, TraceStatus};

use super::{halving, label, navigate, proposals, work};
use crate::app::{App, Leaving};
use crate::command::Command;
use crate::state::draft_file::Draft;
use crate::state::{About, NoteDraft, OpenTrace, Project};

pub(super) fn run(app: &mut App, command: Command) {
    // While halving asks, these two keys answer.
    if halving::answer(app, command) {
        return;
    }
    match command {
        Command::MarkFirstError => mark_first_error(app),
        Command::MarkAllCorrect => mark_all_correct(app),
        Command::RateGood => rate(app, StepRating::Good),
        Command::RateNeutral => rate(app, StepRating::Neutral),
        Command::RateBad => rate(app, StepRating::Bad),
        Command::RateUnsure => rate(app, StepRating::Unsure),
        Command::NoteStep => begin_note(app, true),
        Command::NoteTrace => begin_note(app, false),
        Command::MarkUnsure => mark_unsure(app),
        Command::FlagDefective => toggle_status(app, TraceStatus::Defective),
        Command::Skip => finish(app, TraceStatus::Skipped),
        Command::Done => finish(app, TraceStatus::Done),
        Command::Reopen => set_status(app, TraceStatus::Open),
        Command::Undo => reverse(app, false),
        Command::Redo => reverse(app, true),
        Command::SaveAgain => save_again(app),
        Command::ConfirmProposal => proposals::confirm(app),
        other => label::run(app, other),
    }
}

fn save_again(app: &mut App) {
    if app.save_or_tell(Leaving::Nothing) {
        app.notices.info("Labels are saved", "");
    }
}

/// The selected step, named for the log.
pub(super) fn step_ref(app: &App) -> Option<StepRef> {
    let open = app.view.open.as_ref()?;
    Some(StepRef { trace: open.trace.id.clone(), step: open.step()?.hash.clone() })
}

fn mark_first_error(app: &mut App) {
    let Some(StepRef { trace, step }) = step_ref(app) else { return };
    mark(app, trace, FirstError::At(step));
}

/// Marks where a trace first goes wrong; the same again takes the mark away. Where the annotator wants it so, that
/// finishes the trace.
fn mark(app: &mut App, trace: TraceId, wanted: FirstError) {
    let present = app.project.as_ref().and_then(|p| p.said(&trace)?.first_error.as_ref());
    let mark = (present != Some(&wanted)).then_some(wanted);
    let goes_on = app.settings.go_on && matches!(mark, Some(FirstError::At(_) | FirstError::NoneUpTo(_)));
    let mut changes = vec![Change::MarkFirstError { trace: trace.clone(), mark }];
    if goes_on {
        changes.push(Change::SetStatus { trace, status: TraceStatus::Done });
    }
    if commit(app, changes) && goes_on {
        navigate::show_next_unlabelled(app);
    }
}

fn mark_all_correct(app: &mut App) {
    let said = app.view.open.as_ref().and_then(|open| Some((open.trace.id.clone(), open.no_error()?)));
    if let Some((trace, wanted)) = said {
        mark(app, trace, wanted);
    }
}

fn mark_unsure(app: &mut App) {
    let Some(trace) = app.view.open.as_ref().map(|open| open.trace.id.clone()) else { return };
    mark(app, trace, FirstError::Unsure);
}

fn rate(app: &mut App, wanted: StepRating) {
    if app.project.as_ref().is_some_and(|project| !project.schema.offers_rating(wanted)) {
        let detail = app.keys.fill("{work.schema} shows what annotators are asked for");
        return app.notices.info(format!("This project does not ask for “{}”", wanted.name()), detail);
    }
    let Some(step) = step_ref(app) else { return };
    let present = app.project.as_ref().and_then(|p| p.annotations().step(&step.trace, &step.step)?.rating);
    let rating = (present != Some(wanted)).then_some(wanted);
    commit(app, vec![Change::RateStep { step, rating }]);
}

fn toggle_status(app: &mut App, wanted: TraceStatus) {
    let present = app.view.open.as_ref().and_then(|open| Some(app.project.as_ref()?.said(&open.trace.id)?.status));
    set_status(app, if present == Some(wanted) { TraceStatus::Open } else { wanted });
}

pub(super) fn set_status(app: &mut App, status: TraceStatus) {
    let Some(trace) = app.view.open.as_ref().map(|open| open.trace.id.clone()) else { return };
    commit(app, vec![Change::SetStatus { trace, status }]);
}

fn finish(app: &mut App, status: TraceStatus) {
    set_status(app, status);
    let open = app.view.open.as_ref();
    let said = open.and_then(|open| app.project.as_ref()?.said(&open.trace.id));
    if status == TraceStatus::Done && !said.is_some_and(TraceAnnotation::is_labelled) {
        let detail = "Done says nothing of errors, so training files leave the trace out. {edit.undo} takes it back";
        app.notices.info("Finished without a label", app.keys.fill(detail));
    }
    navigate::show_next_unlabelled(app);
}

/// Says something, as one gesture, in the way the annotator works just now. True where anything was said.
pub(super) fn commit(app: &mut App, changes: Vec<Change>) -> bool {
    let way = app.view.work.way();
    commit_as(app, changes, way)
}

/// The same, in another way of working.
pub(super) fn commit_as(app: &mut App, changes: Vec<Change>, way: Way) -> bool {
    let changes = proposals::with_verdict(app, changes);
    let context = Context { way, ..context(app, &changes) };
    let told = work::before(app, &changes);
    app.view.show_hint = false;
    let Some(project) = &mut app.project else { return false };
    project.log.set_context(context);
    let said = match project.log.commit(changes) {
        Ok(gesture) => gesture.is_some(),
        Err(error) => {
            app.notices.error("Not labelled", error.to_string());
            false
        }
    };
    navigate::follow_shape(app);
    if said {
        work::after(app, &told);
    }
    said
}

/// Under which circumstances something is said now.
fn context(app: &App, changes: &[Change]) -> Context {
    let Context { schema, guideline, .. } = app.project.as_ref().map(Project::asked).unwrap_or_default();
    Context { schema, guideline, ..work::circumstances(app, changes) }
}

pub(super) fn reverse(app: &mut App, redo: bool) {
    let context = context(app, &[]);
    let Some(project) = &mut app.project else { return };
    project.log.set_context(context);
    if !redo {
        app.sitting.undone();
    }
    match if redo { project.log.redo() } else { project.log.undo() } {
        Ok(Some(reversal)) => show_reversal(app, &reversal),
        Ok(None) => {}
        Err(error) => app.notices.error(if redo { "Not redone" } else { "Not undone" }, error.to_string()),
    }
}

/// Something was said or taken back past the usual way: the open trace and what is proposed for it follow.
pub(crate) fn refresh(app: &mut App) {
    navigate::follow_shape(app);
    proposals::refresh(app);
}

/// Undo must be seen to be believed: what it touched is shown.
fn show_reversal(app: &mut App, reversal: &Reversal) {
    if let Some(target) = reversal.targets.first() {
        show_target(app, target);
    }
}

/// Shows a trace, and the step where it is one. False where the trace is gone.
pub(super) fn show_target(app: &mut App, target: &Target) -> bool {
    let (trace, step) = (target.trace(), target.step());
    let Some(row) = app.project.as_ref().and_then(|project| project.store.row_of(trace)) else { return false };
    let written = |open: &OpenTrace| {
        let written = open.trace.steps.iter().map(|step| &step.hash).filter(|hash| hash.is_written());
        written.cloned().collect::<Vec<_>>()
    };
    let known = app.view.open.as_ref().filter(|open| open.row == row).map(written);
    if known.is_none() {
        navigate::show_row(app, row);
    }
    refresh(app);
    // A step of one's own that is there again is what was brought back.
    let back = app.view.open.as_ref().filter(|_| step.is_none()).zip(known).and_then(|(open, known)| {
        let back = written(open).into_iter().find(|hash| !known.contains(hash))?;
        open.find_step(&back)
    });
    if let Some(index) = back {
        navigate::show_step(app, index);
        return true;
    }
    let index = step.and_then(|hash| app.view.open.as_ref()?.find_step(hash));
    if let Some(index) = index {
        navigate::show_step(app, index);
    }
    true
}

fn begin_note(app: &mut App, on_step: bool) {
    let Some(open) = &app.view.open else { return };
    let target = match step_ref(app) {
        Some(step) if on_step => Target::Step(step),
        _ => Target::Trace(open.trace.id.clone()),
    };
    let text = app.project.as_ref().map(|p| p.annotations().note(&target).to_owned()).unwrap_or_default();
    app.view.note = Some(NoteDraft { about: About::Note, target, text, focus: true });
}

pub(super) fn edit_note(app: &mut App, target: Target, text: String) {
    if app.view.note.as_ref().is_some_and(|note| note.about != About::Note || note.target != target) {
        commit_note(app);
    }
    app.view.note = Some(NoteDraft { about: About::Note, target, text, focus: false });
}

/// Puts a note back that was being typed when the program ended without closing.
pub(super) fn put_back_draft(app: &mut App) {
    let Some(Draft { target, text }) = app.view.found_draft.take() else { return };
    if app.project.as_ref().is_none_or(|project| project.annotations().note(&target) == text) {
        return;
    }
    let is_shown = show_target(app, &target);
    let is_there = target.step().is_none_or(|step| app.view.open.as_ref().is_some_and(|open| open.has(step)));
    if is_shown && is_there {
        app.view.note = Some(NoteDraft { about: About::Note, target, text, focus: false });
        let detail =
            "It was being typed when Stepscope ended. It is kept with whatever you do next; clear the field to drop it";
        app.notices.info("A note that was not finished is back", detail);
    } else {
        app.notices.warning("A note that was not finished has lost its place", text);
    }
}

/// Keeps the note that is being typed in its file, and takes the file away once the log has the note.
pub(crate) fn keep_draft(app: &mut App) -> Option<Duration> {
    let project = app.project.as_ref()?;
    let file = app.jobs.draft_file.as_mut()?;
    let notes = app.view.note.as_ref().filter(|note| note.about == About::Note);
    let typed = notes.filter(|note| project.annotations().note(&note.target) != note.text);
    let wanted = typed.map(Draft::from).or_else(|| app.view.found_draft.clone());
    // What was typed last is on its way to the log, but not there yet.
    if wanted.is_none() && project.log.last_seq() != project.log.saved_seq() {
        return None;
    }
    match file.keep(wanted.as_ref(), &app.wake) {
        Ok(again) => again,
        Err(error) => {
            let detail = format!("Were the program killed now, what you are typing would be lost. {error}");
            app.notices.warning("The note is not kept while it is typed", detail);
            None
        }
    }
}

/// Writes the draft into the log. Called before anything that moves on.
pub(crate) fn commit_note(app: &mut App) {
    commit_draft(app, false);
}

/// Writes the draft into the log; `entered` where the user asked for just that.
pub(super) fn commit_draft(app: &mut App, entered: bool) {
    let Some(draft) = app.view.note.take() else { return };
    if draft.about != About::Note {
        return label::commit_text(app, draft, entered);
    }
    let NoteDraft { target, text, .. } = draft;
    let written = app.project.as_ref().is_some_and(|project| project.annotations().note(&target) == text);
    if !written {
        commit(app, vec![Change::WriteNote { target, text }]);
    }
}
