//! An export that a manifest describes: what it was, what has changed since, and the same again.

use eframe::egui::{Button, Context, Grid, Id, Label, Modal, RichText, ScrollArea, Sides};

use super::field_ui;
use crate::command::{Action, CommandSink};
use crate::dialog::{is_left, width};
use crate::state::DialogState;
use crate::state::exporting::{AgainDraft, ExportRequest};
use crate::ui_kit::Tokens;
use crate::view_model::export::AgainModel;

/// Paints the dialog.
pub fn again_ui(ctx: &Context, draft: &AgainDraft, model: &AgainModel, is_looking: bool, sink: &mut CommandSink) {
    let mut next = draft.clone();
    let mut ended = false;
    let (mut change, mut asked) = (false, None);
    let response = Modal::new(Id::unique("export again")).show(ctx, |ui| {
        let tokens = Tokens::of(ui);
        ui.set_width(width(ctx, 640.0));
        ui.heading("Export again from a manifest");
        if is_looking {
            ui.spinner();
        }
        Grid::new("manifest").num_columns(2).spacing([14.0, 3.0]).show(ui, |ui| {
            for (about, text) in &model.facts {
                ui.label(RichText::new(*about).color(tokens.muted));
                ui.add(Label::new(text).wrap());
                ui.end_row();
            }
        });
        if let Some(fault) = &model.fault {
            ui.add(Label::new(RichText::new(fault).color(tokens.bad)).wrap());
        } else if !model.changes.is_empty() {
            ui.add_space(6.0);
            ui.label(RichText::new("Changed since, so that it would not be the same").strong());
            ScrollArea::vertical().max_height(220.0).show(ui, |ui| {
                for change in &model.changes {
                    ui.add(Label::new(RichText::new(change).color(tokens.unsure)).wrap());
                }
            });
        } else if !model.facts.is_empty() {
            ui.add_space(6.0);
            // Labels stand under names that only the key makes.
            ui.label(if model.needs_key {
                "Whether labels have changed shows only when it is written"
            } else {
                "Nothing has changed since: it would be the same, byte for byte"
            });
        }
        if model.needs_key {
            ui.horizontal(|ui| {
                ui.label("Key of the names");
                field_ui(ui, "Key of the names", &mut next.key, None, 220.0);
            });
        }
        ui.add_space(6.0);
        Sides::new().show(
            ui,
            |ui| {
                let button = ui.add_enabled(!model.facts.is_empty(), Button::new("Change its choices…"));
                change = button.on_hover_text("Opens the export dialog with the choices of the manifest").clicked();
            },
            |ui| {
                let again = ui.add_enabled(model.can_replace, Button::new("Write again"));
                let why = "Only where it would be the same";
                if again.on_hover_text("Where it stood").on_disabled_hover_text(why).clicked() {
                    asked = Some(ExportRequest::Again);
                }
                if ui.add_enabled(model.can_write, Button::new("Write elsewhere…")).clicked() {
                    asked = Some(ExportRequest::AskAgain);
                }
                ended = ui.button("Close").clicked();
            },
        );
    });
    if let Some(request) = asked.or(change.then_some(ExportRequest::Change)) {
        sink.push(Action::Export(request));
    } else if ended || is_left(&response) {
        sink.push(Action::SetDialog(None));
    } else if next != *draft {
        sink.push(Action::SetDialog(Some(DialogState::ExportAgain(next))));
    }
}
