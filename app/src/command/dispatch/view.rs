//! What the window shows: palette, keys, theme, curve.

use eframe::egui::{Context, Theme};

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
        Command::ToggleCurve => {
            app.settings.show_curve = !app.settings.show_curve;
            app.save_settings();
        }
        _ => {}
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
