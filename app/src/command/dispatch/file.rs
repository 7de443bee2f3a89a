//! Opening, exporting, rejected rows, leaving.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Context, ViewportCommand};

use stepscope_core::import::{self, FilePreview, ImportOptions, Mapping};
use stepscope_core::job::{Job, Outcome};
use stepscope_core::store::ProjectDir;

use crate::app::App;
use crate::command::Command;
use crate::dialog::files::Ask;
use crate::state::DialogState;
use crate::state::import_draft::{ImportDraft, ReadWay};
use crate::state::open::failed;

pub(super) fn run(app: &mut App, command: Command, ctx: &Context) {
    match command {
        Command::OpenFile => app.ask(Ask::OpenFiles, ""),
        Command::OpenFolder => app.ask(Ask::OpenFolder, ""),
        Command::OpenSample => match app.startup.sample_data() {
            Ok(folder) => open(app, vec![folder]),
            Err(error) => app.notices.error("Sample data not opened", error),
        },
        Command::Reload => {
            let Some((paths, folder)) = open_files(app) else { return };
            app.start_open(paths, Some(folder));
        }
        Command::ReadAs => begin_import(app),
        Command::ShowReport => app.view.dialog = Some(DialogState::Report),
        Command::ShowRejects => app.view.dialog = Some(DialogState::Rejects),
        Command::Export => super::export::begin(app),
        Command::ExportAgain => app.ask(Ask::Manifest, ""),
        Command::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        _ => {}
    }
}

/// Opens paths in place of what is open now.
pub(super) fn open(app: &mut App, paths: Vec<PathBuf>) {
    if !paths.is_empty() {
        super::annotate::commit_note(app);
        app.start_open(paths, None);
    }
}

/// The paths that the open project was read from, and its folder.
fn open_files(app: &App) -> Option<(Vec<PathBuf>, PathBuf)> {
    let project = app.project.as_ref()?;
    let folder = project.dir().path().to_owned();
    let mut paths = app.settings.last_opened.clone();
    if paths.contains(&folder) {
        paths = project.store.sources().iter().map(|source| PathBuf::from(&source.path)).collect();
    }
    Some((paths, folder))
}

fn begin_import(app: &mut App) {
    let draft = match open_files(app) {
        Some((paths, folder)) => {
            let options = ImportOptions::load(&ProjectDir::new(&folder)).unwrap_or_default();
            ImportDraft::from_options(paths, Some(folder), &options)
        }
        None => ImportDraft { paths: app.view.unread.clone(), ..ImportDraft::default() },
    };
    app.jobs.shown_import = None;
    super::view::set_dialog(app, Some(DialogState::Import(Box::new(draft))));
}

/// Files could not be opened: where they hold rows, a mapping may help.
pub(crate) fn look_at_unread(app: &mut App) {
    if app.view.dialog.is_none() && !app.view.unread.is_empty() {
        let draft = ImportDraft { paths: app.view.unread.clone(), ..ImportDraft::default() };
        app.start_import_preview(&draft);
    }
}

/// Takes in a look at the files. The first one fills in the mapping; where no format knows the file, it opens the dialog.
pub(crate) fn looked(app: &mut App, outcome: Outcome<FilePreview>) {
    let preview = match outcome {
        Outcome::Done(preview) => preview,
        Outcome::Cancelled => return,
        Outcome::Failed(error) => {
            app.jobs.shown_import = Some(Err(error.to_string()));
            return;
        }
    };
    // Where nothing looks like a problem with steps, a mapping is there for who asks for it.
    let unknown = preview.format.is_none() && !preview.guess.steps.is_empty() && !preview.guess.problem.is_empty();
    if app.view.dialog.is_none() && unknown {
        let draft = ImportDraft { paths: app.view.unread.clone(), way: ReadWay::Mapping, ..ImportDraft::default() };
        app.view.dialog = Some(DialogState::Import(Box::new(draft)));
    }
    if let Some(DialogState::Import(draft)) = &app.view.dialog
        && !draft.has_mapping
    {
        let mut filled = draft.clone();
        filled.has_mapping = true;
        filled.mapping = preview.guess.clone();
        if filled.way == ReadWay::Mapping {
            filled.splitter.clone_from(&filled.mapping.splitter);
        }
        app.start_import_preview(&filled);
        app.view.dialog = Some(DialogState::Import(filled));
    }
    app.jobs.shown_import = Some(Ok(preview));
}

pub(super) fn read_files(app: &mut App) {
    let Some(DialogState::Import(draft)) = app.view.dialog.take() else { return };
    match draft.options() {
        Ok(options) => app.start_open_as(draft.paths, draft.project, Some(options)),
        Err(error) => app.notices.error("Not read", error),
    }
}

pub(super) fn save_mapping(app: &mut App) {
    let Some(DialogState::Import(draft)) = &app.view.dialog else { return };
    let mapping = Mapping { splitter: draft.splitter.clone(), ..draft.mapping.clone() };
    match import::save_mapping(&mapping, &app.startup.folders.mappings()) {
        Ok(path) => app.notices.info("Mapping saved", path.display().to_string()),
        Err(error) => app.notices.error("Mapping not saved", error.to_string()),
    }
}

pub(super) fn ask_rejects_path(app: &mut App) {
    app.ask(Ask::RejectsFile, "rejected-rows.jsonl");
}

pub(super) fn save_rejects(app: &mut App, path: PathBuf) {
    let Some(store) = app.project.as_ref().map(|project| project.store.clone()) else { return };
    let job = Job::spawn("save rejects", Arc::clone(&app.wake), move |_| {
        store.save_rejects(&path).map_err(failed)?;
        Ok(path)
    });
    app.jobs.rejects = app.started(job);
}
