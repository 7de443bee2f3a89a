//! Chooses what stands beside the open trace: what goes with it, or any trace by its name.

use eframe::egui::{
    self, Context, Id, Key, Label, Modal, Modifiers, RichText, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo,
    vec2,
};

use super::choice::take_arrows;
use super::{close_on_escape, width};
use crate::command::{Action, CommandSink};
use crate::state::beside::{BesideDraft, BesideRequest};
use crate::ui_kit::{Tokens, chip_ui};
use crate::view_model::Chip;
use crate::view_model::beside::ChooseBesideModel;

/// Paints the dialog.
pub fn beside_ui(ctx: &Context, draft: &BesideDraft, model: &ChooseBesideModel, sink: &mut CommandSink) {
    // Taken before the text field sees them.
    let by = take_arrows(ctx);
    let enter = ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    let mut ask = |request| sink.push(Action::Beside(request));
    let last = model.entries.len().saturating_sub(1);
    let selected = model.selected.saturating_add_signed(by).min(last);
    if by != 0 {
        ask(BesideRequest::Pick(selected));
    }
    let mut text = model.text.clone();
    let response = Modal::new(Id::unique("what stands beside")).show(ctx, |ui| {
        ui.set_width(width(ctx, 620.0));
        ui.heading("What stands beside");
        ui.add_space(4.0);
        let edit = TextEdit::singleline(&mut text).hint_text("Name of any other trace").desired_width(f32::INFINITY);
        let edit = ui.add(edit);
        edit.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, "Name of any other trace"));
        edit.request_focus();
        if edit.changed() {
            ask(BesideRequest::Look(text.clone()));
        }
        ui.add_space(4.0);
        let mut clicked = None;
        ScrollArea::vertical().max_height(380.0).show(ui, |ui| {
            for (position, entry) in model.entries.iter().enumerate() {
                if entry_ui(ui, entry, position == selected, by != 0) {
                    clicked = Some(position);
                }
            }
            if model.entries.is_empty() {
                ui.label(RichText::new(model.empty).weak());
            }
        });
        ui.add_space(4.0);
        ui.label(RichText::new("↑ ↓ choose, Enter shows it, Escape leaves all as it is").small().weak());
        if let Some(candidate) = clicked.or(enter.then_some(selected)).and_then(|position| draft.all().nth(position)) {
            ask(BesideRequest::Show(candidate.what.clone()));
        }
    });
    close_on_escape(&response, sink);
}

fn entry_ui(ui: &mut Ui, entry: &(String, &'static str, Option<Chip>), selected: bool, scroll: bool) -> bool {
    let tokens = Tokens::of(ui);
    let (title, detail, chip) = entry;
    // Reached with the arrows, so no stop of Tab.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(egui::Role::RadioButton, true, selected, title));
    if selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        if scroll {
            ui.scroll_to_rect(rect, None);
        }
    }
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| {
            ui.add(Label::new(RichText::new(if selected { "●" } else { "○" }).color(tokens.accent)).selectable(false));
            ui.add(Label::new(RichText::new(title).color(tokens.text)).selectable(false));
            if let Some(chip) = chip {
                chip_ui(ui, chip);
            }
            ui.add(Label::new(RichText::new(*detail).small().color(tokens.muted)).truncate().selectable(false));
        });
    });
    response.clicked()
}
