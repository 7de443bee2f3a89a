//! What the window shows: palette, keys, theme, curve.

use eframe::egui::{Context, Theme};

use stepscope_core::annotation;

use crate::app::App;
use crate::command::Command;
use crate::state::DialogState;

pub(super) fn run(app: &mut App, command: Command, ctx: &Context) {
    match command {
        Command::Palette => app.view.dialog = Some(DialogState::Palette { text: String::new(), selected: 0 }),
        Command::Keys => app.view.dialog = Some(DialogState::Keys),
        Command::ToggleTheme => {
            app.settings.dark = !app.settings.dark;
            ctx.set_theme(if app.settings.dark { Theme::Dark } else { Theme::Light });
            app.save_settings();
        }
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
                ("Files are not followed", "F5 reads them again")
            };
            app.notices.info(title, detail);
        }
        Command::ShowOldText => show_old_text(app),
        Command::ToggleCurve => {
            app.settings.show_curve = !app.settings.show_curve;
            app.save_settings();
        }
        _ => {}
    }
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
    if let Some(DialogState::Export(draft)) = &dialog
        && app.view.dialog != dialog
    {
        app.start_preview(draft);
    }
    if let Some(DialogState::Import(draft)) = &dialog
        && app.view.dialog != dialog
    {
        app.start_import_preview(draft);
    }
    app.view.dialog = dialog;
}
