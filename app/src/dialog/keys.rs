//! The sheet of keys.

use eframe::egui::{Context, Grid, Id, Modal, RichText, ScrollArea};

use crate::command::reference::keys_text;
use crate::command::{Action, Command, CommandSink, Group};
use crate::ui_kit::Tokens;

/// Paints the sheet.
pub fn keys_ui(ctx: &Context, sink: &mut CommandSink) {
    let response = Modal::new(Id::unique("keys")).show(ctx, |ui| {
        ui.set_width(860.0);
        ui.heading("Keys");
        ui.label(RichText::new("While a note or the filter is being typed, Escape gives the keys back").weak());
        ui.add_space(6.0);
        let height = (ctx.content_rect().height() - 140.0).max(200.0);
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            let tokens = Tokens::of(ui);
            // One grid for all groups, so that the columns line up.
            Grid::new("keys").num_columns(3).spacing([16.0, 2.0]).show(ui, |ui| {
                for group in Group::ALL {
                    ui.label(RichText::new(group.title()).strong());
                    ui.end_row();
                    for command in Command::ALL.iter().filter(|c| c.spec().group == group) {
                        let spec = command.spec();
                        ui.label(RichText::new(keys_text(spec.keys)).monospace().color(tokens.accent));
                        ui.label(spec.title);
                        ui.label(RichText::new(spec.hint).color(tokens.muted));
                        ui.end_row();
                    }
                }
            });
        });
        ui.add_space(6.0);
        if ui.button("Close").clicked() {
            sink.push(Action::SetDialog(None));
        }
    });
    if response.should_close() {
        sink.push(Action::SetDialog(None));
    }
}
