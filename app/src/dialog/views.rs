//! Saves what is listed under a name, and lists what was saved.

use eframe::egui::{Context, Id, Key, Label, Modal, Modifiers, RichText, Role, ScrollArea, TextEdit, WidgetInfo};

use super::choice::{entry_ui, take_arrows, take_key};
use super::{close_on_escape, footer_ui, width};
use crate::command::{Action, CommandSink, KeyMap};
use crate::state::DialogState;
use crate::state::asking::AskRequest;
use crate::state::saved_views::SavedView;

/// Paints the dialog that asks for a name.
pub fn save_view_ui(ctx: &Context, name: &str, query: &str, taken: bool, sink: &mut CommandSink) {
    let enter = take_key(ctx, Modifiers::NONE, Key::Enter);
    let mut text = name.to_owned();
    let mut saves = enter;
    let response = Modal::new(Id::unique("save view")).show(ctx, |ui| {
        ui.set_width(width(ctx, 460.0));
        ui.heading("Save view");
        let what = if query.is_empty() { "All traces, with this order, columns and scorer" } else { query };
        ui.add(Label::new(RichText::new(what).monospace().weak()).wrap());
        ui.add_space(4.0);
        let edit = TextEdit::singleline(&mut text).hint_text("Name of the view").desired_width(f32::INFINITY);
        let edit = ui.add(edit);
        edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Name of the view"));
        edit.request_focus();
        let note = if taken { "A view of that name is replaced" } else { "It is kept in views.toml of the project" };
        ui.label(RichText::new(note).small().weak());
        footer_ui(ui, sink, |ui, _| {
            saves |= ui.add_enabled(!text.trim().is_empty(), eframe::egui::Button::new("Save")).clicked();
        });
    });
    if saves && !text.trim().is_empty() {
        sink.push(Action::Ask(AskRequest::SaveView(text)));
    } else if text != name {
        sink.push(Action::SetDialog(Some(DialogState::SaveView(text))));
    }
    close_on_escape(&response, sink);
}

/// Paints the saved views.
pub fn views_ui(ctx: &Context, views: &[SavedView], selected: usize, sink: &mut CommandSink) {
    let by = take_arrows(ctx);
    let last = views.len().saturating_sub(1);
    let mut now = selected.saturating_add_signed(by).min(last);
    let mut chosen = take_key(ctx, Modifiers::NONE, Key::Enter).then_some(now);
    let deletes = take_key(ctx, Modifiers::NONE, Key::Delete);
    let response = Modal::new(Id::unique("views")).show(ctx, |ui| {
        ui.set_width(width(ctx, 620.0));
        ui.heading("Views");
        if views.is_empty() {
            ui.label(
                RichText::new(KeyMap::of(ui).fill("None is saved yet; {work.save_view} saves what is listed")).weak(),
            );
        }
        ui.add_space(4.0);
        ScrollArea::vertical().max_height(380.0).show(ui, |ui| {
            for (position, view) in views.iter().enumerate() {
                let detail = if view.query.is_empty() { "all traces" } else { view.query.as_str() };
                if entry_ui(ui, &view.name, detail, position == now) {
                    (now, chosen) = (position, Some(position));
                }
            }
        });
        ui.add_space(4.0);
        ui.label(RichText::new("↑ ↓ and Enter list a view, Delete removes it").small().weak());
        footer_ui(ui, sink, |ui, sink| {
            if ui
                .button("Take over…")
                .on_hover_text("Add the views of a file; those of the same name are replaced")
                .clicked()
            {
                sink.push(Action::Ask(AskRequest::AskRead));
            }
            let share = |view: Option<&SavedView>| AskRequest::AskShare(view.map(|view| view.name.clone()));
            if let Some(view) = views.get(now) {
                let hint = format!("Write the view “{}” to a file", view.name);
                if ui.button("Hand on…").on_hover_text(hint).clicked() {
                    sink.push(Action::Ask(share(Some(view))));
                }
                if ui.button("Hand on all…").on_hover_text("Write all views to a file").clicked() {
                    sink.push(Action::Ask(share(None)));
                }
            }
            if ui.button("Save what is listed…").clicked() {
                sink.push(Action::SetDialog(Some(DialogState::SaveView(String::new()))));
            }
        });
    });
    if let Some(view) = chosen.and_then(|at| views.get(at)) {
        sink.push(Action::Ask(AskRequest::UseView(view.name.clone())));
    } else if let Some(view) = views.get(now).filter(|_| deletes) {
        sink.push(Action::Ask(AskRequest::DeleteView(view.name.clone())));
    } else if now != selected {
        sink.push(Action::SetDialog(Some(DialogState::Views(now))));
    }
    close_on_escape(&response, sink);
}
