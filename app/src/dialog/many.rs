//! Labels on many traces at once.

use eframe::egui::{self, Context, Id, Key, Label, Modal, Modifiers, ProgressBar, RichText, TextEdit, Ui};

use super::choice::{take_arrows, take_key};
use crate::command::{Action, CommandSink};
use crate::state::DialogState;
use crate::state::many::{ManyDraft, ManyScope, ManyWhat};
use crate::ui_kit::Tokens;
use crate::view_model::many::ManyModel;

/// Paints the dialog.
pub fn many_ui(ctx: &Context, draft: &ManyDraft, model: &ManyModel, sink: &mut CommandSink) {
    let mut next = ManyDraft { focus: false, ..draft.clone() };
    let is_saying = model.progress.is_some();
    let (by, enter) = (take_arrows(ctx), take_key(ctx, Modifiers::NONE, Key::Enter));
    if by != 0 && !is_saying {
        walk(&mut next, by);
    }
    let response = Modal::new(Id::unique("label many")).show(ctx, |ui| {
        ui.set_width(super::width(ctx, 560.0));
        ui.heading("Label many traces");
        ui.add_enabled_ui(!is_saying, |ui| choices_ui(ui, model, draft, &mut next));
        ui.add_space(6.0);
        outcome_ui(ui, model);
        ui.add_space(6.0);
        let mut close = false;
        ui.horizontal_wrapped(|ui| {
            if is_saying {
                if ui.button("Stop and take it back").clicked() {
                    sink.push(Action::StopLabelling);
                }
                return;
            }
            close = ui.button("Close").clicked();
            let words = model.button.as_deref().unwrap_or("Label");
            let button = ui.add_enabled(model.button.is_some(), egui::Button::new(words));
            if button.clicked() || enter && model.button.is_some() {
                sink.push(Action::LabelMany);
            }
        });
        close
    });
    if is_saying {
        if super::is_left(&response) {
            sink.push(Action::StopLabelling);
        }
    } else if response.inner || super::is_left(&response) {
        sink.push(Action::SetDialog(None));
    } else if next != *draft {
        next.asked = false;
        sink.push(Action::SetDialog(Some(DialogState::Many(next))));
    }
}

fn walk(next: &mut ManyDraft, by: isize) {
    let here = ManyWhat::ALL.iter().position(|what| *what == next.what).unwrap_or(0);
    let there = here.saturating_add_signed(by).min(ManyWhat::ALL.len() - 1);
    if let Some(&what) = ManyWhat::ALL.get(there) {
        next.focus = what.needs_tag();
        next.what = what;
    }
}

fn choices_ui(ui: &mut Ui, model: &ManyModel, draft: &ManyDraft, next: &mut ManyDraft) {
    ui.add_space(4.0);
    ui.label(RichText::new("Which").strong());
    for ((words, chosen), scope) in model.scopes.iter().zip([ManyScope::Selected, ManyScope::Listed]) {
        if ui.radio(*chosen, words).clicked() {
            next.scope = scope;
        }
    }
    ui.add_space(6.0);
    ui.label(RichText::new("What").strong());
    for ((words, chosen), what) in model.whats.iter().zip(ManyWhat::ALL) {
        let radio = ui.radio(*chosen, *words);
        if radio.clicked() {
            next.what = what;
            next.focus = what.needs_tag();
        }
    }
    if model.needs_tag {
        let edit = ui.add(TextEdit::singleline(&mut next.tag).hint_text("Tag").desired_width(240.0));
        edit.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Tag"));
        if draft.focus {
            edit.request_focus();
        }
    }
}

fn outcome_ui(ui: &mut Ui, model: &ManyModel) {
    let tokens = Tokens::of(ui);
    ui.add(Label::new(RichText::new(&model.outcome).strong()).wrap());
    if let Some(progress) = model.progress {
        ui.add(ProgressBar::new(progress).desired_height(8.0));
    }
    for (text, tone) in &model.warnings {
        ui.add(Label::new(RichText::new(text).color(tokens.tone(*tone))).wrap());
    }
}
