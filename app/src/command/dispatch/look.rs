//! Which panels are shown, how dense, and in which theme.

use eframe::egui::Context;

use crate::app::App;
use crate::command::Command;

pub(super) fn run(app: &mut App, command: Command, _ctx: &Context) {
    match command {
        Command::ToggleMinimap => app.settings.show_minimap = !app.settings.show_minimap,
        Command::ToggleTimeline => app.settings.show_timeline = !app.settings.show_timeline,
        Command::ToggleTable => app.settings.show_table = !app.settings.show_table,
        Command::ToggleInspector => app.settings.show_inspector = !app.settings.show_inspector,
        _ => return,
    }
    app.save_settings();
}
