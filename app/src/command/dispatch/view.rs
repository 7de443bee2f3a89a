//! What the window shows: palette, keys, theme, curve.

use eframe::egui::Context;

use std::sync::Arc;

use stepscope_core::annotation;
use stepscope_core::job::Job;

use crate::app::App;
use crate::command::Command;
use crate::state::DialogState;
use crate::state::keys_draft::KeysDraft;
use crate::state::merged::trace_from_attempts;
use crate::state::open::failed;

pub(super) fn run(app: &mut App, command: Command, ctx: &Context) {
    match command {
        Command::Palette => app.view.dialog = Some(DialogState::Palette { text: String::new(), selected: 0 }),
        Command::Keys => app.view.dialog = Some(DialogState::Keys(KeysDraft::default())),
        Command::ToggleImported => {
            app.settings.show_imported = !app.settings.show_imported;
            app.save_settings();
        }
        Command::ToggleFollow => {
            app.settings.follow = !app.settings.follow;
            app.save_settings();
            let (title, detail) = if app.settings.follow {
                ("Files are followed", "New traces join at the end of the table")
            } else {
                ("Files are not followed", "{file.reload} reads them again")
            };
            app.notices.info(title, app.keys.fill(detail));
        }
        Command::MergeAttempts => merge_attempts(app),
        Command::ShowOldText => show_old_text(app),
        Command::ToggleCurve => {
            app.settings.show_curve = !app.settings.show_curve;
            app.save_settings();
        }
        Command::ToggleStrip => {
            app.settings.show_strip = !app.settings.show_strip;
            app.save_settings();
        }
        Command::ToggleSurvey | Command::JudgeScorer | Command::ShowAgreement => super::survey::run(app, command),
        Command::ToggleSources | Command::ChooseSources => super::sources::run(app, command),
        Command::Larger => set_scale(app, app.settings.scale_by(1.0), ctx),
        Command::Smaller => set_scale(app, app.settings.scale_by(-1.0), ctx),
        Command::UsualSize => set_scale(app, 1.0, ctx),
        _ => super::look::run(app, command, ctx),
    }
}

fn set_scale(app: &mut App, scale: f32, ctx: &Context) {
    app.settings.scale = scale;
    ctx.set_zoom_factor(scale);
    app.save_settings();
    app.notices
        .info(format!("Size {} %", (scale * 100.0).round()), app.keys.fill("{view.usual_size} is the usual one"));
}

/// Shows all attempts at the problem as one tree, or the single trace again.
fn merge_attempts(app: &mut App) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    let row = open.row;
    if open.attempts.is_some() {
        return super::navigate::show_row(app, row);
    }
    if project.store.rows_of_problem(row).len() < 2 {
        return app.notices.info("This is the only attempt at the problem", "Nothing can be put together");
    }
    let store = project.store.clone();
    let job = Job::spawn("merge attempts", Arc::clone(&app.wake), move |ctx| {
        let tree = store.prefix_tree(row, ctx).map_err(failed)?;
        let problem = store.trace(row).map_err(failed)?.problem;
        Ok((row, tree.attempts.len(), trace_from_attempts(&tree, problem)))
    });
    app.jobs.merge = app.started(job);
}

fn show_old_text(app: &mut App) {
    let (Some(project), Some(open)) = (&app.project, &app.view.open) else { return };
    match annotation::read_superseded(project.dir()) {
        Ok(kept) => {
            let of_trace = kept.into_iter().rev().find(|kept| kept.trace.id == open.trace.id);
            match of_trace {
                Some(kept) => app.view.dialog = Some(DialogState::OldText(Box::new(kept))),
                None => app.notices.info("The old text was not kept", "It changed while the project was not open here"),
            }
        }
        Err(error) => app.notices.error("Old text not read", error.to_string()),
    }
}

/// Opens, changes or closes a dialog. Changed choices of an export are counted anew, those of an
/// import previewed.
pub(super) fn set_dialog(app: &mut App, dialog: Option<DialogState>) {
    if let Some(DialogState::Export(draft)) = &dialog {
        super::export::changed(app, draft);
    }
    if let Some(DialogState::Import(draft)) = &dialog
        && app.view.dialog != dialog
    {
        app.start_import_preview(draft);
    }
    if let Some(DialogState::Many(draft)) = &dialog
        && app.view.dialog != dialog
    {
        super::bulk::start_plan(app, draft);
    }
    app.view.dialog = dialog;
    super::export::leave(app);
    super::similar::leave(app);
    super::models::check_selected(app);
}
