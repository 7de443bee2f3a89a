//! Taking steps from elsewhere: sources at the left, their steps at the right.

use eframe::egui::{
    self, Align, Button, Context, Id, Key, Label, Layout, Modal, Modifiers, RichText, ScrollArea, Sense, Sides, Ui,
    WidgetInfo, vec2,
};

use super::choice::take_key;
use crate::command::{Action, CommandSink};
use crate::state::taking::{TakeDraft, TakeRequest};
use crate::state::writing::WriteRequest;
use crate::ui_kit::{Tokens, chip_ui};
use crate::view_model::take::{SourceModel, TakeModel, TakeStepModel};

/// Paints the dialog.
pub fn take_ui(ctx: &Context, draft: &TakeDraft, model: &TakeModel, sink: &mut CommandSink) {
    let mut ask = |request| sink.push(Action::Write(WriteRequest::Take(request)));
    // With Shift first: Enter alone would take that as well.
    let only = take_key(ctx, Modifiers::SHIFT, Key::Enter);
    let all = take_key(ctx, Modifiers::NONE, Key::Enter);
    let (by_step, by_source) = ctx.input_mut(|input| {
        let mut pressed = |keys: &[Key]| keys.iter().any(|key| input.consume_key(Modifiers::NONE, *key));
        let step = isize::from(pressed(&[Key::ArrowDown, Key::J])) - isize::from(pressed(&[Key::ArrowUp, Key::K]));
        let source = isize::from(pressed(&[Key::ArrowRight, Key::L])) - isize::from(pressed(&[Key::ArrowLeft, Key::H]));
        (step, source)
    });
    let moved = by_step != 0 || by_source != 0;
    if by_source != 0 {
        let last = draft.sources.len().saturating_sub(1);
        ask(TakeRequest::Source(draft.source.saturating_add_signed(by_source).min(last)));
    }
    if by_step != 0 {
        ask(TakeRequest::Step(draft.step.saturating_add_signed(by_step)));
    }
    let screen = ctx.content_rect();
    let (mut take, mut take_one, mut close) = (all, only, false);
    let response = Modal::new(Id::unique("take steps")).show(ctx, |ui| {
        ui.set_width((screen.width() - 100.0).clamp(520.0, 1060.0));
        let height = (screen.height() - 230.0).clamp(160.0, 620.0);
        ui.heading(&model.title);
        ui.add_space(4.0);
        let size = vec2(ui.available_width(), height);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::TOP), |ui| {
            let list = |ui: &mut Ui, salt: &str, width: f32, add: &mut dyn FnMut(&mut Ui)| {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    let area = ScrollArea::vertical().id_salt(salt).max_height(height).auto_shrink([false, false]);
                    area.show(ui, |ui| add(ui));
                });
            };
            list(ui, "sources", size.x * 0.34, &mut |ui| {
                for (position, source) in model.sources.iter().enumerate() {
                    if source_ui(ui, source, moved).clicked() {
                        ask(TakeRequest::Source(position));
                    }
                }
            });
            ui.separator();
            let width = ui.available_width();
            list(ui, "steps", width, &mut |ui| {
                for (position, step) in model.steps.iter().enumerate() {
                    if step_ui(ui, step, moved).clicked() {
                        ask(TakeRequest::Step(position));
                    }
                }
            });
        });
        footer_ui(ui, model, &mut take, &mut take_one, &mut close);
    });
    if take {
        ask(TakeRequest::Take(true));
    } else if take_one {
        ask(TakeRequest::Take(false));
    } else if close || super::is_left(&response) {
        sink.push(Action::SetDialog(None));
    }
}

fn source_ui(ui: &mut Ui, source: &SourceModel, scroll: bool) -> egui::Response {
    let tokens = Tokens::of(ui);
    let height = if source.chip.is_some() { 40.0 } else { 24.0 };
    // Sources and steps are reached with the arrows, so they are no stops of Tab.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, source.selected, &source.title));
    if source.selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        if scroll {
            ui.scroll_to_rect(rect, None);
        }
    }
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 3.0))), |ui| {
        ui.add(Label::new(RichText::new(&source.title).color(tokens.text)).truncate().selectable(false));
        if let Some(chip) = &source.chip {
            ui.horizontal(|ui| chip_ui(ui, chip));
        }
    });
    response
}

fn step_ui(ui: &mut Ui, step: &TakeStepModel, scroll: bool) -> egui::Response {
    let tokens = Tokens::of(ui);
    let colour = if step.taken { tokens.text } else { tokens.muted };
    let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(8, 5)).corner_radius(4);
    let frame = if step.selected { frame.fill(tokens.selected) } else { frame };
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            let (number, _) = ui.allocate_exact_size(vec2(40.0, 18.0), Sense::hover());
            let font = egui::TextStyle::Small.resolve(ui.style());
            let at = |x| egui::pos2(x, number.center().y);
            let right = egui::Align2::RIGHT_CENTER;
            ui.painter().text(at(number.right() - 4.0), right, step.number.to_string(), font.clone(), tokens.muted);
            if step.taken {
                ui.painter().text(at(number.left() + 14.0), right, "✔", font, tokens.good);
            }
            ui.vertical(|ui| {
                ui.add(Label::new(RichText::new(&step.text).color(colour)).wrap().selectable(false));
            });
        });
    });
    let response = ui.interact(shown.response.rect, ui.scope_id().with(("taken", step.number)), Sense::CLICK);
    let name = format!("Step {}{}", step.number, if step.taken { ", taken" } else { "" });
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, step.selected, &name));
    if step.selected && scroll {
        ui.scroll_to_rect(shown.response.rect, None);
    }
    response
}

fn footer_ui(ui: &mut Ui, model: &TakeModel, take: &mut bool, take_one: &mut bool, close: &mut bool) {
    ui.add_space(8.0);
    let tokens = Tokens::of(ui);
    Sides::new().shrink_left().show(
        ui,
        |ui| {
            let hint = RichText::new(model.hint).small().color(tokens.muted);
            ui.add(Label::new(hint).truncate());
        },
        |ui| {
            let key = |text| RichText::new(text).small().weak();
            let all = Button::new(&model.take).right_text(key("Enter"));
            *take |= ui.add_enabled(model.can_take, all).clicked();
            let one = Button::new("Take only this").right_text(key("Shift+Enter"));
            *take_one |= ui.add_enabled(model.can_take, one).clicked();
            *close |= ui.button("Close").clicked();
        },
    );
}
