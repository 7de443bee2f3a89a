//! Similar steps and duplicates: the index is made once, then steps are looked up in it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use stepscope_core::job::{Job, Outcome};
use stepscope_core::labels::LabelSource;
use stepscope_core::query::{self, Duplicates, MeaningIndex, SimilarIndex, TextSaid};
use stepscope_core::store::Store;

use super::{asking, navigate, survey};
use crate::app::App;
use crate::command::Command;
use crate::dialog::files::Ask;
use crate::similar_jobs::ComparedIn;
use crate::state::DialogState;
use crate::state::corpus::ProjectCorpus;
use crate::state::only::Only;
use crate::state::similar::{
    AlikeBy, AlikeIn, DuplicatesDraft, OwnEncoder, SimilarDraft, SimilarFound, SimilarRequest, USUAL_NEAR,
};
use crate::view_model::similar::cluster_text;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::SimilarSteps => begin(app),
        Command::Duplicates => {
            let near = app.jobs.similar.duplicates.as_ref().map_or(USUAL_NEAR, |(of, _)| of.near);
            begin_duplicates(app, near);
        }
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
        (SimilarRequest::Near(near), Some(DialogState::Duplicates(draft))) if draft.near != near => {
            begin_duplicates(app, near);
        }
        (SimilarRequest::By(by), Some(DialogState::Similar(draft))) if draft.by != by => {
            (draft.by, draft.found, draft.selected) = (by, None, 0);
            app.jobs.similar.by = by;
            app.jobs.similar.looking = None;
            look(app);
        }
        (SimilarRequest::AskEncoder, Some(DialogState::Similar(_))) => app.ask(Ask::EncoderFolder, ""),
        (SimilarRequest::UseEncoder(folder), _) => use_encoder(app, &folder),
        _ => {}
    }
}

fn begin(app: &mut App) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let by = if app.settings.encoder.is_some() { app.jobs.similar.by } else { AlikeBy::Words };
    let Some(draft) = SimilarDraft::new(open, &project.store, by) else { return };
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
    let index = match draft.by {
        AlikeBy::Words => app.jobs.similar.index.clone().filter(|index| index.fits(&store)).map(AlikeIn::Words),
        AlikeBy::Meaning => app.meaning().map(|(index, encoder)| AlikeIn::Meaning(index, encoder)),
    };
    if let Some(index) = index {
        let corpus = ProjectCorpus::later(project);
        let job = Job::spawn("similar steps", Arc::clone(&app.wake), move |ctx| {
            SimilarFound::look(&index, &store, &asked, &corpus()?, ctx)
        });
        app.jobs.similar.looking = app.started(job);
    } else if draft.by == AlikeBy::Meaning {
        let Some(encoder) = app.own_encoder().filter(|_| app.jobs.similar.encoding.is_none()) else { return };
        app.jobs.similar.meaning = None;
        let job = Job::spawn("encode steps", Arc::clone(&app.wake), move |ctx| encoder.index(&store, ctx));
        app.jobs.similar.encoding = app.started(job);
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

/// The steps are encoded. What was made is kept where nobody waits for it, too.
pub(crate) fn encoded(app: &mut App, outcome: Outcome<MeaningIndex>) {
    match outcome {
        Outcome::Done(index) => {
            app.notices.warnings("Encoded steps", index.notes().iter().cloned());
            let folder = app.settings.encoder.clone().unwrap_or_default();
            app.jobs.similar.meaning = Some((folder, Arc::new(index)));
            if matches!(&app.view.dialog, Some(DialogState::Similar(draft)) if draft.found.is_none()) {
                look(app);
            }
        }
        Outcome::Cancelled => back_to_words(app),
        Outcome::Failed(error) => {
            back_to_words(app);
            app.notices.error("Steps not encoded", error.to_string());
        }
    }
}

/// Without vectors, words are what there is.
fn back_to_words(app: &mut App) {
    app.jobs.similar.by = AlikeBy::Words;
    if let Some(DialogState::Similar(draft)) = &mut app.view.dialog
        && draft.by == AlikeBy::Meaning
    {
        (draft.by, draft.found) = (AlikeBy::Words, None);
        look(app);
    }
}

/// Compares by meaning with the encoder of that folder from now on.
fn use_encoder(app: &mut App, folder: &Path) {
    if !folder.join("config.json").is_file() && !folder.join("modules.json").is_file() {
        let detail = format!(
            "The folder of a sentence encoder holds config.json, tokenizer.json and model.safetensors: {}",
            folder.display()
        );
        return app.notices.error("This is no sentence encoder", detail);
    }
    app.settings.encoder = Some(folder.to_string_lossy().into_owned());
    app.save_settings();
    // What runs or is there is that of the one before.
    (app.jobs.similar.encoding, app.jobs.similar.meaning, app.jobs.similar.looking) = (None, None, None);
    app.jobs.similar.by = AlikeBy::Meaning;
    if let Some(DialogState::Similar(draft)) = &mut app.view.dialog {
        (draft.by, draft.found, draft.selected) = (AlikeBy::Meaning, None, 0);
        look(app);
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
    let by_words = app.jobs.similar.index.as_ref();
    let fits = |store: &Store| match draft.by {
        AlikeBy::Words => by_words.is_some_and(|index| index.fits(store)),
        AlikeBy::Meaning => app.meaning().is_some(),
    };
    if !app.project.as_ref().is_some_and(|project| fits(&project.store)) {
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

fn begin_duplicates(app: &mut App, near: u32) {
    let Some(project) = &app.project else { return };
    let (store, wake) = (project.store.clone(), Arc::clone(&app.wake));
    let of = ComparedIn { tables: (store.generation(), store.len()), near };
    let found = app.jobs.similar.duplicates.as_ref().filter(|(made_of, _)| *made_of == of);
    let found = found.map(|(_, found)| Arc::clone(found));
    let is_running = app.jobs.similar.comparing.as_ref().is_some_and(|(running, _)| *running == of);
    if found.is_some() {
        // What runs is for another share, which is not wanted any more.
        app.jobs.similar.comparing = None;
    } else if !is_running {
        let share = f64::from(near) / 100.0;
        let job = Job::spawn("duplicates", wake, move |ctx| query::duplicates(&store, share, ctx));
        app.jobs.similar.comparing = app.started(job).map(|job| (of, job));
    }
    app.view.dialog = Some(DialogState::Duplicates(DuplicatesDraft { near, found, selected: 0 }));
}

/// It is known what stands there twice.
pub(crate) fn compared(app: &mut App, of: ComparedIn, outcome: Outcome<Duplicates>) {
    match outcome {
        Outcome::Done(found) => {
            let found = Arc::new(found);
            app.jobs.similar.duplicates = Some((of, Arc::clone(&found)));
            if let Some(DialogState::Duplicates(draft)) = &mut app.view.dialog
                && draft.near == of.near
            {
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
    let now = ComparedIn { tables: (project.store.generation(), project.store.len()), near: draft.near };
    if of != Some(now) {
        return begin_duplicates(app, now.near);
    }
    let Some(cluster) = draft.found.as_ref().and_then(|found| found.clusters.get(at)) else { return };
    let only = Only {
        name: cluster_text(cluster),
        rows: cluster.rows.clone(),
        ranked: false,
        steps: HashMap::new(),
        judged: None,
    };
    survey::list_alone(app, only);
}

impl App {
    /// The sentence encoder of the settings.
    fn own_encoder(&self) -> Option<OwnEncoder> {
        let folder = self.settings.encoder.clone()?;
        Some(OwnEncoder { launch: self.startup.worker_on(&self.settings.device), folder })
    }

    /// What it made of the tables that are open, once it has.
    fn meaning(&self) -> Option<(Arc<MeaningIndex>, OwnEncoder)> {
        let (folder, index) = self.jobs.similar.meaning.as_ref()?;
        let encoder = self.own_encoder().filter(|encoder| encoder.folder == *folder)?;
        let store = &self.project.as_ref()?.store;
        index.fits(store).then(|| (Arc::clone(index), encoder))
    }

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
