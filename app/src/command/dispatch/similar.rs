//! Similar steps and duplicates: the index is made once, then steps are looked up in it.

use std::collections::HashMap;
use std::sync::Arc;

use stepscope_core::job::{Job, Outcome};
use stepscope_core::labels::LabelSource;
use stepscope_core::query::{self, Duplicates, SimilarIndex, TextSaid};

use super::{asking, navigate, survey};
use crate::app::App;
use crate::command::Command;
use crate::state::DialogState;
use crate::state::corpus::ProjectCorpus;
use crate::state::only::Only;
use crate::state::similar::{DuplicatesDraft, SimilarDraft, SimilarFound, SimilarRequest};
use crate::view_model::similar::cluster_text;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::SimilarSteps => begin(app),
        Command::Duplicates => begin_duplicates(app),
        _ => {}
    }
}

/// Does what the dialogs ask for.
pub(super) fn answer(app: &mut App, request: SimilarRequest) {
    match (request, &mut app.view.dialog) {
        (SimilarRequest::Pick(at), Some(DialogState::Similar(draft))) => draft.selected = at,
        (SimilarRequest::PickCluster(at), Some(DialogState::Duplicates(draft))) => draft.selected = at,
        (SimilarRequest::Show(at), Some(DialogState::Similar(_))) => show(app, at),
        (SimilarRequest::List(at), Some(DialogState::Duplicates(_))) => list(app, at),
        _ => {}
    }
}

fn begin(app: &mut App) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let Some(draft) = SimilarDraft::new(open, &project.store) else { return };
    if draft.text.is_empty() {
        return app.notices.info("The step says nothing", "Nothing can be like it");
    }
    app.view.dialog = Some(DialogState::Similar(Box::new(draft)));
    // An answer on its way is to an earlier question.
    app.jobs.similar.looking = None;
    look(app);
}

/// Looks for what the dialog asks for, or begins to make the index that it takes.
fn look(app: &mut App) {
    let (Some(project), Some(DialogState::Similar(draft))) = (&app.project, &app.view.dialog) else { return };
    let (store, asked) = (project.store.clone(), draft.asked.clone());
    if let Some(index) = app.jobs.similar.index.clone().filter(|index| index.fits(&store)) {
        let corpus = ProjectCorpus::later(project);
        let job = Job::spawn("similar steps", Arc::clone(&app.wake), move |ctx| {
            SimilarFound::look(&index, &store, &asked, &corpus()?, ctx)
        });
        app.jobs.similar.looking = app.started(job);
    } else if app.jobs.similar.building.is_none() {
        // Its memory is free before the next one is made.
        app.jobs.similar.index = None;
        let job = Job::spawn("index of steps", Arc::clone(&app.wake), move |ctx| SimilarIndex::build(&store, ctx));
        app.jobs.similar.building = app.started(job);
    }
}

/// The index is there. It is kept where nobody waits for it, too.
pub(crate) fn indexed(app: &mut App, outcome: Outcome<SimilarIndex>) {
    match outcome {
        Outcome::Done(index) => {
            app.jobs.similar.index = Some(Arc::new(index));
            if matches!(&app.view.dialog, Some(DialogState::Similar(draft)) if draft.found.is_none()) {
                look(app);
            }
        }
        Outcome::Cancelled => close(app),
        Outcome::Failed(error) => {
            close(app);
            app.notices.error("Similar steps not looked for", error.to_string());
        }
    }
}

/// It is known what is like the step.
pub(crate) fn found(app: &mut App, outcome: Outcome<SimilarFound>) {
    match outcome {
        Outcome::Done(found) => {
            if let Some(DialogState::Similar(draft)) = &mut app.view.dialog {
                draft.found = Some(Arc::new(found));
            }
        }
        Outcome::Cancelled => close(app),
        Outcome::Failed(error) => {
            close(app);
            app.notices.error("Similar steps not looked for", error.to_string());
        }
    }
}

/// The dialog was left: what is like a step is not looked for any further. The index is made to its end, for the next
/// time; the status bar shows it and stops it.
pub(super) fn leave(app: &mut App) {
    if !matches!(app.view.dialog, Some(DialogState::Similar(_))) {
        app.jobs.similar.looking = None;
    }
}

/// Closes a dialog that waits for what does not come.
fn close(app: &mut App) {
    let waits = match &app.view.dialog {
        Some(DialogState::Similar(draft)) => draft.found.is_none(),
        Some(DialogState::Duplicates(draft)) => draft.found.is_none(),
        _ => false,
    };
    if waits {
        app.view.dialog = None;
    }
}

fn show(app: &mut App, at: usize) {
    let Some(DialogState::Similar(draft)) = &app.view.dialog else { return };
    let place = draft.found.as_ref().and_then(|found| found.all().nth(at)?.similar.steps.first().copied());
    let Some(place) = place else { return };
    // Files that were read again may have other traces in these rows.
    let fits = |index: &Arc<SimilarIndex>| app.project.as_ref().is_some_and(|project| index.fits(&project.store));
    if !app.jobs.similar.index.as_ref().is_some_and(fits) {
        return begin(app);
    }
    app.view.dialog = None;
    app.view.survey.shown = false;
    navigate::show_row(app, place.row);
    let Some(project) = &app.project else { return };
    let step = project.store.step_hashes(place.row).into_iter().nth(place.step as usize);
    let step = step.and_then(|step| app.view.open.as_ref()?.find_step(&step));
    if let Some(step) = step {
        navigate::show_step(app, step);
    }
}

fn begin_duplicates(app: &mut App) {
    let Some(project) = &app.project else { return };
    let (store, wake) = (project.store.clone(), Arc::clone(&app.wake));
    let of = (store.generation(), store.len());
    let found = app.jobs.similar.duplicates.as_ref().filter(|(made_of, _)| *made_of == of);
    let found = found.map(|(_, found)| Arc::clone(found));
    let is_running = app.jobs.similar.comparing.as_ref().is_some_and(|(running, _)| *running == of);
    if found.is_none() && !is_running {
        let job = Job::spawn("duplicates", wake, move |ctx| query::duplicates(&store, query::NEAR, ctx));
        app.jobs.similar.comparing = app.started(job).map(|job| (of, job));
    }
    app.view.dialog = Some(DialogState::Duplicates(DuplicatesDraft { found, selected: 0 }));
}

/// It is known what stands there twice.
pub(crate) fn compared(app: &mut App, of: (u64, usize), outcome: Outcome<Duplicates>) {
    match outcome {
        Outcome::Done(found) => {
            let found = Arc::new(found);
            app.jobs.similar.duplicates = Some((of, Arc::clone(&found)));
            if let Some(DialogState::Duplicates(draft)) = &mut app.view.dialog {
                (draft.found, draft.selected) = (Some(found), 0);
            }
        }
        Outcome::Cancelled => close(app),
        Outcome::Failed(error) => {
            close(app);
            app.notices.error("Duplicates not looked for", error.to_string());
        }
    }
}

fn list(app: &mut App, at: usize) {
    let (Some(project), Some(DialogState::Duplicates(draft))) = (&app.project, &app.view.dialog) else { return };
    let of = app.jobs.similar.duplicates.as_ref().map(|(of, _)| *of);
    // Files that were read again may have other traces in these rows.
    if of != Some((project.store.generation(), project.store.len())) {
        return begin_duplicates(app);
    }
    let Some(cluster) = draft.found.as_ref().and_then(|found| found.clusters.get(at)) else { return };
    let only = Only { name: cluster_text(cluster), rows: cluster.rows.clone(), ranked: false, steps: HashMap::new() };
    survey::list_alone(app, only);
}

impl App {
    /// What a source says of similar steps may be seen: what the annotator said always, the rest where nothing is hidden.
    pub(crate) fn shows_said(&self, said: &TextSaid) -> bool {
        let is_own = matches!(&said.source, LabelSource::Own(Some(name)) if *name == self.startup.annotator.as_str());
        is_own || asking::permitted(self).imported
    }

    /// Labels of other annotators are shown of steps that are like the selected one.
    pub(crate) fn shows_similar_of_others(&self) -> bool {
        let Some(DialogState::Similar(draft)) = &self.view.dialog else { return false };
        let said = draft.found.iter().flat_map(|found| found.all()).flat_map(|entry| &entry.said);
        said.into_iter().any(|said| self.is_of_others(&said.source) && self.shows_said(said))
    }
}
