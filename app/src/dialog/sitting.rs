//! What came of this sitting.

use eframe::egui::{Context, Grid, Id, Modal, RichText};

use super::{close_on_escape, footer_ui};
use crate::command::CommandSink;
use crate::ui_kit::Tokens;
use crate::view_model::sitting::SittingModel;

/// Paints it.
pub fn sitting_ui(ctx: &Context, model: &SittingModel, sink: &mut CommandSink) {
    let response = Modal::new(Id::unique("sitting")).show(ctx, |ui| {
        ui.set_width(420.0);
        let tokens = Tokens::of(ui);
        ui.heading("This sitting");
        ui.add_space(6.0);
        Grid::new("sitting").num_columns(2).spacing([24.0, 4.0]).show(ui, |ui| {
            for (name, value) in &model.lines {
                ui.label(RichText::new(*name).color(tokens.muted));
                ui.label(value);
                ui.end_row();
            }
        });
        ui.add_space(8.0);
        ui.label(RichText::new("Known answers").strong());
        if !model.no_gold.is_empty() {
            ui.label(RichText::new(model.no_gold).weak());
        }
        if !model.gold.is_empty() {
            Grid::new("gold").num_columns(3).spacing([24.0, 4.0]).show(ui, |ui| {
                for heading in ["", "this sitting", "all in all"] {
                    ui.label(RichText::new(heading).small().color(tokens.muted));
                }
                ui.end_row();
                for (name, sitting, all) in &model.gold {
                    ui.label(RichText::new(*name).color(tokens.muted));
                    ui.label(sitting);
                    ui.label(all);
                    ui.end_row();
                }
            });
        }
        ui.add_space(6.0);
        ui.label(RichText::new("Time without input for a minute, or in other windows, is left out").small().weak());
        footer_ui(ui, sink, |_, _| {});
    });
    close_on_escape(&response, sink);
}
