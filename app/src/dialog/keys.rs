//! The dialog of keys: shows every key, and changes them.

use eframe::egui::{
    self, Context, Event, Id, Key, Label, Modal, Modifiers, RichText, ScrollArea, Sense, TextEdit, Ui, vec2,
};

use super::choice::{take_arrows, take_key};
use crate::command::input::chord_from;
use crate::command::keymap::{chord_to_text, command_by_id};
use crate::command::{Action, CommandSink, KeyMap, KeysRequest};
use crate::state::DialogState;
use crate::state::keys_draft::{KeysDraft, Listening};
use crate::ui_kit::Tokens;
use crate::view_model::keys::{KeyDetail, KeyLine, KeysModel, why_not};

/// Paints the dialog; keys that are pressed for a command go to it and nowhere else.
pub fn keys_ui(ctx: &Context, draft: &KeysDraft, keys: &KeyMap, sink: &mut CommandSink) {
    let mut next = KeysDraft { scroll: false, ..draft.clone() };
    if draft.listening.is_some() && draft.pressed.is_none() {
        listen(ctx, &mut next, keys, sink);
    }
    let model = KeysModel::new(&next, keys);
    let is_quiet = next.listening.is_none() && draft.listening.is_none();
    if is_quiet {
        walk(ctx, &model, &mut next);
    }
    let response = Modal::new(Id::unique("keys")).show(ctx, |ui| {
        ui.set_width(super::width(ctx, 860.0));
        ui.heading("Keys");
        search_ui(ui, &mut next, is_quiet);
        let height = (ctx.content_rect().height() - 250.0).max(120.0);
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink([false, true]).show(
            ui,
            |ui| {
                for (title, lines) in &model.groups {
                    ui.add_space(4.0);
                    ui.label(RichText::new(*title).strong());
                    for line in lines {
                        if line_ui(ui, line, draft.scroll) {
                            next = KeysDraft {
                                selected: Some(line.id),
                                filter: next.filter.clone(),
                                ..KeysDraft::default()
                            };
                        }
                    }
                }
                if model.groups.is_empty() {
                    ui.label(RichText::new("No command has these words or this key").weak());
                }
            },
        );
        ui.separator();
        if let Some(detail) = &model.detail {
            detail_ui(ui, detail, &mut next, sink);
        }
        footer_ui(ui, &model, &mut next, sink)
    });
    let escape = super::is_left(&response) && is_quiet;
    if response.inner || escape {
        sink.push(Action::SetDialog(None));
    } else if next != *draft {
        sink.push(Action::SetDialog(Some(DialogState::Keys(next))));
    }
}

/// Takes the next key press for the selected command.
fn listen(ctx: &Context, next: &mut KeysDraft, keys: &KeyMap, sink: &mut CommandSink) {
    let events = ctx.input_mut(|input| {
        let of_keys = |event: &Event| {
            matches!(event, Event::Key { .. } | Event::Text(_) | Event::Copy | Event::Cut | Event::Paste(_))
        };
        let (taken, rest): (Vec<Event>, Vec<Event>) = input.events.drain(..).partition(of_keys);
        input.events = rest;
        taken
    });
    for (at, event) in events.iter().enumerate() {
        let clipboard = match event {
            Event::Copy => Some("Ctrl+C"),
            Event::Cut => Some("Ctrl+X"),
            Event::Paste(_) => Some("Ctrl+V"),
            _ => None,
        };
        if let Some(reason) = clipboard.and_then(why_not) {
            next.refused = Some(reason);
            return;
        }
        let Event::Key { key, pressed: true, repeat: false, modifiers, .. } = event else { continue };
        if *key == Key::Escape && modifiers.is_none() {
            (next.listening, next.refused) = (None, None);
            return;
        }
        let Some(text) = chord_from(event, events.get(at + 1)).map(chord_to_text) else { continue };
        if let Some(reason) = why_not(&text) {
            next.refused = Some(reason);
            return;
        }
        next.refused = None;
        take_chord(next, text, keys, sink);
        return;
    }
}

/// Gives the chord to the selected command, or asks where another one has it.
fn take_chord(next: &mut KeysDraft, text: String, keys: &KeyMap, sink: &mut CommandSink) {
    let Some(id) = KeysModel::new(next, keys).detail.map(|detail| detail.id) else { return };
    let holder = crate::command::keymap::chord_from_text(&text).and_then(|chord| keys.holder(chord));
    if holder.is_some_and(|holder| holder.spec().id != id) {
        next.pressed = Some(text);
        return;
    }
    give(id, next, text, sink);
}

fn give(id: &'static str, next: &mut KeysDraft, text: String, sink: &mut CommandSink) {
    if let (Some(command), Some(listening)) = (command_by_id(id), next.listening) {
        sink.push(Action::Keys(match listening {
            Listening::Change => KeysRequest::Change(command, text),
            Listening::Add => KeysRequest::Add(command, text),
        }));
    }
    (next.listening, next.pressed, next.selected) = (None, None, Some(id));
}

/// Arrows choose and Enter changes, wherever the keyboard is but on a button.
fn walk(ctx: &Context, model: &KeysModel, next: &mut KeysDraft) {
    let (by, enter) = (take_arrows(ctx), take_key(ctx, Modifiers::NONE, Key::Enter));
    if by != 0 {
        next.selected = model.beside(by);
        next.scroll = true;
        next.reset_all = false;
    }
    if enter && model.detail.is_some() {
        next.selected = model.detail.as_ref().map(|detail| detail.id);
        next.listening = Some(Listening::Change);
    }
}

fn search_ui(ui: &mut Ui, next: &mut KeysDraft, is_quiet: bool) {
    let hint = "Words, or a key such as ctrl+z";
    let edit = TextEdit::singleline(&mut next.filter).hint_text(hint).desired_width(f32::INFINITY);
    let edit = ui.add_enabled(is_quiet, edit);
    edit.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, is_quiet, "Find commands"));
    let nothing = ui.memory(|memory| memory.focused().is_none());
    if is_quiet && nothing {
        edit.request_focus();
    }
    if edit.changed() {
        (next.selected, next.scroll) = (None, true);
    }
}

fn line_ui(ui: &mut Ui, line: &KeyLine, scroll: bool) -> bool {
    let tokens = Tokens::of(ui);
    // Reached with the arrows; as stops of Tab, so many lines would be in the way.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::CLICK);
    let name =
        if line.keys.is_empty() { format!("{}, no key", line.title) } else { format!("{}, {}", line.title, line.keys) };
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, line.selected, &name));
    if line.selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        if scroll {
            ui.scroll_to_rect(rect.expand(24.0), None);
        }
    }
    if !ui.is_rect_visible(rect) {
        return response.clicked();
    }
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| {
            let keys = if line.changed { format!("{} ●", line.keys) } else { line.keys.clone() };
            column(ui, 150.0, RichText::new(keys).monospace().color(tokens.accent));
            column(ui, 210.0, RichText::new(line.title));
            ui.add(Label::new(RichText::new(line.hint).color(tokens.muted)).truncate().selectable(false));
        });
    });
    response.clicked()
}

fn column(ui: &mut Ui, width: f32, text: RichText) {
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(vec2(width, 20.0), layout, |ui| {
        ui.set_width(width);
        ui.add(Label::new(text).truncate().selectable(false));
    });
}

fn detail_ui(ui: &mut Ui, detail: &KeyDetail, next: &mut KeysDraft, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(detail.title).strong());
        let colour = if detail.conflict.is_some() || next.refused.is_some() { tokens.unsure } else { tokens.accent };
        ui.label(RichText::new(&detail.says).color(colour));
    });
    ui.horizontal_wrapped(|ui| {
        if let Some(text) = &detail.conflict {
            let replace = ui.button("Replace").on_hover_text("The other command loses this key");
            if next.refused.is_none() && ui.memory(|memory| memory.focused().is_none()) {
                replace.request_focus();
            }
            if replace.clicked() {
                give(detail.id, next, text.clone(), sink);
            }
            if ui.button("Cancel").clicked() || ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
                (next.listening, next.pressed) = (None, None);
            }
            return;
        }
        if next.listening.is_some() {
            if ui.button("Cancel").clicked() {
                (next.listening, next.refused) = (None, None);
            }
            return;
        }
        let mut listen = |ui: &mut Ui, name: &str, hint: &str, what| {
            if ui.button(name).on_hover_text(hint).clicked() {
                super::leave_focus(ui.ctx());
                (next.listening, next.selected) = (Some(what), Some(detail.id));
            }
        };
        listen(ui, "Change", "The next key that you press becomes its only key", Listening::Change);
        listen(ui, "Add", "The next key that you press becomes one more of its keys", Listening::Add);
        let Some(command) = command_by_id(detail.id) else { return };
        let remove = ui.add_enabled(detail.has_keys, egui::Button::new("No key"));
        if remove.on_hover_text("Palette and menu still run it").clicked() {
            sink.push(Action::Keys(KeysRequest::Clear(command)));
        }
        let reset = ui.add_enabled(detail.changed, egui::Button::new("Reset"));
        if reset.on_hover_text("The keys it came with").clicked() {
            sink.push(Action::Keys(KeysRequest::Reset(command)));
        }
    });
}

/// The last line; true where the dialog is to be closed.
fn footer_ui(ui: &mut Ui, model: &KeysModel, next: &mut KeysDraft, sink: &mut CommandSink) -> bool {
    ui.add_space(4.0);
    let mut close = false;
    ui.horizontal_wrapped(|ui| {
        close = ui.button("Close").clicked();
        let words =
            if next.reset_all { format!("Yes, reset {} commands", model.changed) } else { "Reset all…".into() };
        let reset = ui.add_enabled(model.changed > 0, egui::Button::new(words));
        if reset.on_hover_text("Every command gets the keys it came with").clicked() {
            if next.reset_all {
                sink.push(Action::Keys(KeysRequest::ResetAll));
            }
            next.reset_all = !next.reset_all;
        }
        let text = match model.changed {
            0 => "While a note or the filter is being typed, Escape gives the keys back".to_owned(),
            1 => "1 command has keys of your own, marked ●".to_owned(),
            count => format!("{count} commands have keys of your own, marked ●"),
        };
        ui.label(RichText::new(text).weak());
    });
    close
}
