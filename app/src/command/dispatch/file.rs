//! Opening, exporting, rejected rows, leaving.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Context, ViewportCommand};

use stepscope_core::export::FORMATS;
use stepscope_core::job::Job;

use crate::app::App;
use crate::command::Command;
use crate::dialog::files::Ask;
use crate::state::open::failed;
use crate::state::{DialogState, ExportDraft};

pub(super) fn run(app: &mut App, command: Command, ctx: &Context) {
    match command {
        Command::OpenFile => app.ask(Ask::OpenFiles, ""),
        Command::OpenFolder => app.ask(Ask::OpenFolder, ""),
        Command::OpenSample => match app.startup.sample_data() {
            Ok(folder) => open(app, vec![folder]),
            Err(error) => app.notices.error("Sample data not opened", error),
        },
        Command::Reload => {
            let Some(project) = &app.project else { return };
            let folder = project.dir().path().to_owned();
            let mut paths = app.settings.last_opened.clone();
            if paths.contains(&folder) {
                paths = project.store.sources().iter().map(|source| PathBuf::from(&source.path)).collect();
            }
            app.start_open(paths, Some(folder));
        }
        Command::ShowRejects => app.view.dialog = Some(DialogState::Rejects),
        Command::Export => begin_export(app),
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

fn begin_export(app: &mut App) {
    let Some(&format) = FORMATS.first() else { return };
    let draft = ExportDraft::new(format);
    app.start_preview(&draft);
    app.view.dialog = Some(DialogState::Export(draft));
}

pub(super) fn ask_export_path(app: &mut App) {
    let Some(DialogState::Export(draft)) = &app.view.dialog else { return };
    let name = format!("{}.jsonl", draft.format);
    app.ask(Ask::ExportFile, &name);
}

pub(super) fn write_export(app: &mut App, path: PathBuf) {
    if let Some(DialogState::Export(draft)) = app.view.dialog.take() {
        app.start_export(&draft, path);
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
