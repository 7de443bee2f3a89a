//! Exports: the dialog and what it comes to, writing, and the same again from a manifest.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepscope_core::export::split::SplitPart;
use stepscope_core::export::{FORMATS, Rule, format_by_name};
use stepscope_core::job::Job;
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{StepHash, TraceId};
use stepscope_core::query::{Filter, Tells};

use super::{asking, navigate, survey};
use crate::app::App;
use crate::dialog::files::Ask;
use crate::state::asking::{Problem, read_question};
use crate::state::corpus::ProjectCorpus;
use crate::state::export_draft::{ENDS, ExportDraft, ExportScope};
use crate::state::exporting::{
    AgainDraft, ExportBasis, ExportOf, ExportRequest, Exported, FoundManifest, export_again, free_folder,
    look_at_manifest,
};
use crate::state::only::Only;
use crate::state::{DialogState, scores};
use crate::view_model::export::{AgainModel, ExportFacts, ExportModel, ExportShown};

/// Traces that the dialog lists of each reason; of rows it shows fewer.
const LISTED: usize = 100;

/// Opens the dialog as it was left.
pub(super) fn begin(app: &mut App) {
    let Some(&format) = FORMATS.first() else { return };
    let draft = app.view.export.clone().unwrap_or_else(|| Box::new(ExportDraft::new(format)));
    asking::learn(app);
    start_preview(app, &draft);
    app.view.export = Some(draft.clone());
    app.view.dialog = Some(DialogState::Export(draft));
    leave(app);
}

/// Counts anew where another export would come of the choices.
pub(super) fn changed(app: &mut App, draft: &ExportDraft) {
    let before = match &app.view.dialog {
        Some(DialogState::Export(before)) => Some(before),
        _ => None,
    };
    if before.is_none_or(|before| !before.gives_same(draft)) {
        start_preview(app, draft);
    }
    app.view.export = Some(Box::new(draft.clone()));
}

fn start_preview(app: &mut App, draft: &ExportDraft) {
    if question_problem(app, draft).is_some() {
        // What was counted last stays until the question can be read.
        app.jobs.preview = None;
        return;
    }
    let (of, Some(basis)) = (export_of(app, draft), basis(app)) else { return };
    let (draft, store, annotator) = (draft.clone(), basis.store.clone(), app.startup.annotator.to_string());
    let job = Job::spawn("preview", Arc::clone(&app.wake), move |ctx| {
        let format = format_by_name(draft.format)?;
        let made = basis.prepare(&draft, &of, ctx)?;
        let preview = made.preview(LISTED, ctx)?;
        let (is_picked, is_own) = (made.is_picked(), made.is_of(&preview, &annotator));
        Ok(ExportShown { is_picked, is_own, ..ExportShown::new(preview, format, |id| name_of(&store, id)) })
    });
    app.jobs.preview = app.started(job);
}

/// The name that its source gives a trace, else its identity.
fn name_of(store: &stepscope_core::store::Store, id: &TraceId) -> String {
    let summary = store.row_of(id).and_then(|row| store.summary(row));
    summary.and_then(|summary| summary.source_id).filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_string())
}

/// The open project as it is now.
fn basis(app: &App) -> Option<ExportBasis> {
    let project = app.project.as_ref()?;
    // A script knows nothing of the scorer that is shown: questions are asked as it would ask them.
    let aids = scores::QueryAids { scores: scores::chosen(&project.scores, None), ..app.query_aids(project) };
    Some(ExportBasis {
        corpus: Box::new(ProjectCorpus::later(project)),
        store: project.store.clone(),
        said: project.log.snapshot(),
        aids,
    })
}

/// The question that finds the traces which the choices mean, empty for all; `None` where none does.
fn question_of<'a>(app: &'a App, draft: &'a ExportDraft) -> Option<&'a str> {
    match draft.scope {
        ExportScope::All => Some(""),
        ExportScope::Question => Some(draft.question.trim()),
        ExportScope::Listed if is_listed_by_question(app) => Some(app.view.query.text.trim()),
        ExportScope::Listed | ExportScope::Selected => None,
    }
}

/// Which traces the choices mean.
fn export_of(app: &App, draft: &ExportDraft) -> ExportOf {
    match question_of(app, draft) {
        Some(question) if draft.scope == ExportScope::Listed => {
            ExportOf::Listed(question.to_owned(), app.view.rows.clone())
        }
        Some("") => ExportOf::All,
        Some(question) => ExportOf::Question(question.to_owned()),
        None if draft.scope == ExportScope::Selected => ExportOf::Rows(app.view.selection.iter().copied().collect()),
        None => ExportOf::Rows(app.view.rows.clone()),
    }
}

/// Whether the table lists what its question finds, and a script would find the same.
fn is_listed_by_question(app: &App) -> bool {
    let view = &app.view;
    let asks_scores = || {
        let filter = Filter::parse(&view.query.text, &view.asking.fields());
        filter.is_ok_and(|filter| filter.mentions().iter().any(|(_, tells)| *tells == Tells::Scores))
    };
    let is_plain = view.only.is_none() && view.asking.among.is_none() && view.query.state.is_none();
    // A table that is being filtered lists what was asked for before.
    is_plain && app.jobs.query.is_none() && (view.scorer.is_none() || !asks_scores())
}

/// The question that a script can find the chosen traces with, as last counted; `None` where none does.
fn script_question<'a>(app: &'a App, draft: &'a ExportDraft) -> Option<&'a str> {
    let is_counted = || matches!(&app.jobs.shown_preview, Some(Ok(shown)) if !shown.is_picked);
    let is_asked = || draft.scope != ExportScope::Listed || (app.jobs.preview.is_none() && is_counted());
    question_of(app, draft).filter(|_| is_asked())
}

/// What is wrong with the question of the dialog.
fn question_problem(app: &App, draft: &ExportDraft) -> Option<Problem> {
    if draft.scope != ExportScope::Question {
        return None;
    }
    read_question(&draft.question, &app.view.asking.fields(), asking::permitted(app)).err()
}

/// What the dialog shows.
pub(crate) fn model<'a>(app: &'a App, draft: &'a ExportDraft) -> ExportModel<'a> {
    ExportModel::new(&ExportFacts {
        draft,
        shown: app.jobs.shown_preview.as_ref(),
        counting: app.jobs.preview.as_ref().map(Job::progress),
        sources: label_sources(app),
        problem: question_problem(app, draft),
        traces: [
            app.project.as_ref().map_or(0, |project| project.store.len()),
            app.view.rows.len(),
            app.view.selection.len(),
        ],
        project: app.project.as_ref().map_or(Path::new(""), |project| project.dir().path()),
        question: script_question(app, draft),
        is_hidden: is_hidden(app),
    })
}

/// What the dialog shows that makes an export again.
pub(crate) fn again_model(app: &App, draft: &AgainDraft) -> AgainModel {
    AgainModel::new(app.jobs.shown_manifest.as_ref(), &draft.key)
}

/// What was counted tells labels that are not the annotator's own, and these are not to be seen yet.
fn is_hidden(app: &App) -> bool {
    !asking::permitted(app).imported && matches!(&app.jobs.shown_preview, Some(Ok(shown)) if !shown.is_own)
}

/// Tells that it is hidden, where it is.
fn refuse_hidden(app: &mut App) -> bool {
    let is_hidden = is_hidden(app);
    if is_hidden {
        app.notices.info("What is left out is not shown while you judge blind", "It would tell labels of others");
    }
    is_hidden
}

/// Whose labels an export could use.
fn label_sources(app: &App) -> Vec<LabelSource> {
    let Some(project) = &app.project else { return Vec::new() };
    let own = LabelSource::Own(Some(app.startup.annotator.to_string()));
    let others = project.others.iter().map(|(name, _)| LabelSource::Own(Some(name.to_string())));
    let scorers = project.scores.scorers().into_iter().filter(|scorer| scorer.kind.is_unit());
    let scorers = scorers.map(|scorer| LabelSource::Scorer { name: scorer.name, threshold: 0.5 });
    let agreed = "consensus:majority".parse().ok().filter(|_| !project.others.is_empty());
    [own].into_iter().chain(others).chain([LabelSource::Imported(None)]).chain(scorers).chain(agreed).collect()
}

/// Does what a dialog asked for.
pub(super) fn answer(app: &mut App, request: ExportRequest) {
    match request {
        ExportRequest::Show(trace, step) => show(app, &trace, step.as_ref()),
        ExportRequest::List(rule) => list(app, rule),
        ExportRequest::AskProblems(part) => app.ask(Ask::Problems(part), ""),
        ExportRequest::AddProblems(part, files) => add_problems(app, part, files),
        ExportRequest::Look(path) => look(app, path),
        ExportRequest::Again => start_again(app, None),
        ExportRequest::AskAgain => ask_again(app),
        ExportRequest::AgainIn(path) => start_again(app, Some(path)),
        ExportRequest::Change => change(app),
    }
}

/// Closes the dialog; what it was counting is not waited for.
fn close(app: &mut App) {
    app.view.dialog = None;
    leave(app);
}

fn show(app: &mut App, trace: &TraceId, step: Option<&StepHash>) {
    if refuse_hidden(app) {
        return;
    }
    let Some(row) = app.project.as_ref().and_then(|project| project.store.row_of(trace)) else {
        return app.notices.info("The trace cannot be shown", "It is gone from the files");
    };
    close(app);
    app.view.survey.shown = false;
    navigate::show_row(app, row);
    let step = step.zip(app.view.open.as_ref()).and_then(|(step, open)| open.find_step(step));
    if let Some(step) = step {
        navigate::show_step(app, step);
    }
}

fn list(app: &mut App, rule: Rule) {
    if refuse_hidden(app) {
        return;
    }
    let (Some(project), Some(Ok(shown))) = (&app.project, &app.jobs.shown_preview) else { return };
    let traces = shown.preview.left_out_traces.get(&rule).map(Vec::as_slice).unwrap_or_default();
    let mut rows: Vec<u32> = traces.iter().filter_map(|id| project.store.row_of(id)).collect();
    rows.sort_unstable();
    rows.dedup();
    if rows.is_empty() {
        return app.notices.info("No trace to list", "They are gone from the files");
    }
    let name = format!("left out: {}", rule.caption());
    close(app);
    survey::list_alone(app, Only { name, rows, ranked: false, steps: HashMap::new(), judged: None });
}

fn add_problems(app: &mut App, part: Option<SplitPart>, files: Vec<PathBuf>) {
    let Some(DialogState::Export(draft)) = &app.view.dialog else { return };
    let mut draft = draft.clone();
    for file in files {
        match part {
            Some(part) if !draft.parts.lists.contains(&(part, file.clone())) => draft.parts.lists.push((part, file)),
            None if !draft.tests.contains(&file) => draft.tests.push(file),
            _ => {}
        }
    }
    super::view::set_dialog(app, Some(DialogState::Export(draft)));
}

/// Asks where to write.
pub(super) fn ask_path(app: &mut App) {
    let Some(DialogState::Export(draft)) = &app.view.dialog else { return };
    let (folder, name) = (draft.folder, draft.file_name());
    let end = ENDS.into_iter().find(|end| *end == draft.end).unwrap_or("jsonl");
    app.ask(if folder { Ask::ExportFolder } else { Ask::ExportFile(end) }, &name);
}

/// Writes to that file, or into that folder.
pub(super) fn write(app: &mut App, path: PathBuf) {
    // By the time the dialog of the system answers another one may be open.
    let Some(DialogState::Export(draft)) = &app.view.dialog else { return };
    let draft = draft.clone();
    close(app);
    let (of, Some(basis)) = (export_of(app, &draft), basis(app)) else { return };
    let now = app.startup.clock.now();
    let job = Job::spawn("export", Arc::clone(&app.wake), move |ctx| {
        let path = if draft.folder { free_folder(path, draft.format) } else { path };
        let report = basis.prepare(&draft, &of, ctx)?.write(&path, ctx, now)?;
        Ok(Exported { report, same: None })
    });
    app.jobs.export = app.started(job);
}

/// A dialog was left: what only it shows is not worked out any further.
pub(super) fn leave(app: &mut App) {
    if !matches!(app.view.dialog, Some(DialogState::Export(_))) {
        app.jobs.preview = None;
    }
    if !matches!(app.view.dialog, Some(DialogState::ExportAgain(_))) {
        app.jobs.manifest = None;
    }
}

/// Tells what was written.
pub(crate) fn written(app: &mut App, made: &Exported) {
    let text = made.report.to_string();
    match made.same {
        None => app.notices.info("Exported", text),
        Some(true) => app.notices.info("Exported again: the same bytes as before", text),
        Some(false) => app.notices.warning("Exported again: other bytes than before", text),
    }
}

fn look(app: &mut App, path: PathBuf) {
    let Some(basis) = basis(app) else { return };
    let job = Job::spawn("manifest", Arc::clone(&app.wake), move |ctx| look_at_manifest(basis, path, ctx));
    app.jobs.shown_manifest = None;
    app.jobs.manifest = app.started(job);
    app.view.dialog = Some(DialogState::ExportAgain(AgainDraft::default()));
    leave(app);
}

fn found(app: &App) -> Option<(&FoundManifest, &AgainDraft)> {
    match (&app.jobs.shown_manifest, &app.view.dialog) {
        (Some(Ok(found)), Some(DialogState::ExportAgain(draft))) => Some((found, draft)),
        _ => None,
    }
}

fn ask_again(app: &mut App) {
    let Some((found, _)) = found(app) else { return };
    let (name, folder) = (found.manifest.file.clone(), found.manifest.hub.is_some());
    app.ask(Ask::AgainFile, if folder { "" } else { &name });
}

fn start_again(app: &mut App, out: Option<PathBuf>) {
    let Some((found, draft)) = found(app) else { return };
    let found = found.clone();
    let is_keyed = found.manifest.pseudonyms.is_some_and(|note| note.keyed);
    let key = is_keyed.then(|| draft.key.clone());
    let Some(basis) = basis(app) else { return };
    let now = app.startup.clock.now();
    let job = Job::spawn("export", Arc::clone(&app.wake), move |ctx| {
        export_again(basis, &found, (key.as_deref(), out), ctx, now)
    });
    close(app);
    app.jobs.export = app.started(job);
}

/// Opens the export dialog with the choices of the manifest.
fn change(app: &mut App) {
    let Some((found, again)) = found(app) else { return };
    let key = again.key.clone();
    let (picked, split) = (found.manifest.picked.clone(), found.manifest.split.clone());
    match ExportDraft::from_manifest(&found.manifest) {
        Ok(mut draft) => {
            draft.key = key;
            if let (Some(picked), Some(project)) = (picked, &app.project) {
                let mut rows: Vec<u32> = picked.iter().filter_map(|id| project.store.row_of(id)).collect();
                rows.sort_unstable();
                app.view.selection = rows.into_iter().collect();
                draft.scope = ExportScope::Selected;
            }
            if split.is_some_and(|split| !split.asked.lists.is_empty()) {
                let detail = "The manifest knows the problems of each list, not their files; choose these again";
                app.notices.info("Lists of problems were left out", detail);
            }
            app.view.export = Some(Box::new(draft));
            begin(app);
        }
        Err(error) => app.notices.error("The manifest cannot be taken over", error),
    }
}
