//! Paints the chooser at the foot of the reader, and the field where a text is written.

use eframe::egui::{
    self, Align, Button, Key, KeyboardShortcut, Label, Layout, Modifiers, RichText, ScrollArea, Sense, TextEdit, Ui,
    WidgetInfo, vec2,
};

use crate::command::{Action, CommandSink};
use crate::state::choose::ChooseRequest;
use crate::state::{About, NoteDraft};
use crate::ui_kit::Tokens;
use crate::view_model::choose::{ChooseEntry, ChooseModel};

/// Width of an entry, in points.
const ENTRY: f32 = 172.0;
/// Height of a listed item, in points.
const ITEM: f32 = 22.0;

/// Paints the chooser.
pub fn choose_ui(ui: &mut Ui, model: &ChooseModel, can_go_back: bool, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        if can_go_back && ui.small_button("◀").on_hover_text("Back (Backspace)").clicked() {
            sink.push(Action::Choose(ChooseRequest::Back));
        }
        ui.add(Label::new(RichText::new(&model.title).strong()).selectable(false));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.small_button("✖").on_hover_text("Close (Escape)").clicked() {
                sink.push(Action::Choose(ChooseRequest::Close));
            }
            ui.add(Label::new(RichText::new(&model.hint).small().color(tokens.muted)).truncate().selectable(false));
        });
    });
    if !model.items.is_empty() {
        // As high as it needs: by itself it would take no more room than the chooser had in the frame before.
        let height = (model.items.len() as f32 * (ITEM + 4.0)).min(ITEM * 6.5);
        ScrollArea::vertical()
            .id_salt("items")
            .max_height(height)
            .min_scrolled_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for (position, item) in model.items.iter().enumerate() {
                    if item_ui(ui, item, position == model.at, &tokens) {
                        sink.push(Action::Choose(ChooseRequest::Pick(position)));
                    }
                }
            });
    }
    let columns = ((ui.available_width() + 6.0) / (ENTRY + 6.0)).floor().max(1.0);
    let width = (ui.available_width() - 6.0 * (columns - 1.0)) / columns;
    let height = ((model.entries.len() as f32 / columns).ceil() * (ITEM + 4.0)).min(220.0);
    ScrollArea::vertical()
        .id_salt("entries")
        .max_height(height)
        .min_scrolled_height(height)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                for (position, entry) in model.entries.iter().enumerate() {
                    let at = model.items.is_empty() && position == model.at;
                    if entry_ui(ui, entry, at, width - 1.0, &tokens) {
                        sink.push(Action::Choose(ChooseRequest::Pick(model.items.len() + position)));
                    }
                }
            });
        });
}

fn entry_ui(ui: &mut Ui, entry: &ChooseEntry, at: bool, width: f32, tokens: &Tokens) -> bool {
    let title = if entry.said { format!("✔ {}", entry.title) } else { entry.title.clone() };
    let colour = if entry.said { tokens.accent } else { tokens.text };
    let key = entry.key.map(|key| key.to_ascii_uppercase().to_string()).unwrap_or_default();
    let key = RichText::new(key).monospace().strong().color(tokens.accent);
    let button = Button::new(RichText::new(title).color(colour)).right_text(key).truncate().selected(at);
    let response = ui.add_sized(vec2(width, ITEM), button);
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, entry.said, &entry.title));
    let response = if entry.hint.is_empty() { response } else { response.on_hover_text(&entry.hint) };
    response.clicked()
}

fn item_ui(ui: &mut Ui, item: &ChooseEntry, at: bool, tokens: &Tokens) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ITEM), Sense::click());
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, item.said, &item.title));
    if at {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        ui.scroll_to_rect(rect, None);
    }
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| {
            let number = item.number.map(|number| number.to_string()).unwrap_or_default();
            let number = RichText::new(number).monospace().strong().color(tokens.accent);
            ui.add(Label::new(number).selectable(false));
            let title = if item.said { format!("✔ {}", item.title) } else { item.title.clone() };
            ui.add(Label::new(RichText::new(title).color(tokens.text)).truncate().selectable(false));
        });
    });
    let response = if item.hint.is_empty() { response } else { response.on_hover_text(&item.hint) };
    response.clicked()
}

/// What is asked for above the field, and the field's name.
fn question(about: &About) -> (&'static str, &'static str) {
    match about {
        About::Note => ("Note", "Note"),
        About::OwnError => ("Kind of error, in your own words", "Own kind of error"),
        About::OwnTag => ("Tag, in your own words", "Own tag"),
        About::Missing => ("What the missing step would say; may stay empty", "Missing step"),
        About::Soft => ("How likely the step is right, from 0 to 1", "Soft value"),
        About::Scale(_) => ("The value", "Value"),
        About::Critique(_) => ("Critique of the step", "Critique"),
        About::Reason => ("Why", "Reason"),
        About::GiveUp => ("Giving up: why could you not judge this trace", "Reason for giving up"),
    }
}

/// Paints the field where a text is written that is no note.
pub fn text_ui(ui: &mut Ui, draft: &NoteDraft, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    let (title, name) = question(&draft.about);
    ui.horizontal(|ui| {
        ui.add(Label::new(RichText::new(title).strong()).selectable(false));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let hint = "Enter says it · Shift+Enter new line · Escape drops it";
            ui.add(Label::new(RichText::new(hint).small().color(tokens.muted)).truncate().selectable(false));
        });
    });
    let mut text = draft.text.clone();
    let edit = TextEdit::multiline(&mut text)
        .id_salt("chosen text")
        .desired_rows(1)
        .desired_width(f32::INFINITY)
        .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
    let response = ui.add(edit);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, name));
    if draft.focus {
        response.request_focus();
    }
    if response.changed() {
        sink.push(Action::EditText(text));
    }
    let (enter, escape) =
        ui.input(|input| (input.key_pressed(Key::Enter) && !input.modifiers.shift, input.key_pressed(Key::Escape)));
    if response.has_focus() && !draft.focus && enter {
        response.surrender_focus();
        sink.push(Action::CommitText);
    } else if response.lost_focus() {
        sink.push(if escape { Action::Choose(ChooseRequest::Close) } else { Action::CommitNote });
    }
}
