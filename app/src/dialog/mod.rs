//! Windows that ask or show something and go away: palette, keys, rejected rows, export, how files are read.

mod choice;
pub mod compare;
pub mod export;
pub mod files;
pub mod import;
pub mod keys;
pub mod models;
pub mod old_text;
pub mod palette;
pub mod queue;
pub mod rejects;
pub mod report;
pub mod schema;
pub mod sitting;
pub mod take;
pub mod verify;
pub mod write;

use eframe::egui::{ModalResponse, Sides, Ui};

use crate::command::{Action, CommandSink};

/// The last line of a dialog that only shows: Close, and what else it can do beside it.
fn footer_ui(ui: &mut Ui, sink: &mut CommandSink, more: impl FnOnce(&mut Ui, &mut CommandSink)) {
    ui.add_space(6.0);
    Sides::new().show(
        ui,
        |_| {},
        |ui| {
            if ui.button("Close").clicked() {
                sink.push(Action::SetDialog(None));
            }
            more(ui, sink);
        },
    );
}

/// Escape and a click beside the dialog close it.
fn close_on_escape(response: &ModalResponse<()>, sink: &mut CommandSink) {
    if response.should_close() {
        sink.push(Action::SetDialog(None));
    }
}
