//! The bar in which words are looked for in the open trace.

use eframe::egui::{Id, Key, Modifiers, Response, RichText, TextEdit, Ui, WidgetInfo, vec2};

use crate::command::{Action, CommandSink, KeyMap};
use crate::state::reading::{Find, ReadRequest};
use crate::ui_kit::{Tokens, focus_ring};

/// The field, for who needs to know whether it has the keyboard.
pub fn find_id() -> Id {
    Id::unique("find in trace")
}

/// Paints the bar. `branches` is whether there is more than the path shown.
pub fn find_ui(ui: &mut Ui, find: &Find, branches: bool, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    let mut query = find.query.clone();
    ui.horizontal(|ui| {
        let width = (ui.available_width() * 0.4).clamp(120.0, 360.0);
        let colour = if find.problem.is_some() { tokens.bad } else { tokens.text };
        let edit = TextEdit::singleline(&mut query.text)
            .id(find_id())
            .hint_text("Find in this trace")
            .text_color(colour)
            .desired_width(width);
        let field = ui.add(edit);
        field.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::TextInput, true, "Find in trace"));
        if find.focus {
            field.request_focus();
            select_all(ui, query.text.chars().count());
        }
        keys(ui, &field, find, sink);
        toggle_ui(ui, &mut query.case, "Aa", "Match case", "Capital letters are told from small ones");
        toggle_ui(ui, &mut query.regex, ".*", "Regular expression", "The text is a regular expression");
        if branches {
            toggle_ui(ui, &mut query.whole, "⋎", "All branches", "Every branch is searched, not only the path shown");
        }
        if (query.case, query.regex, query.whole) != (find.query.case, find.query.regex, find.query.whole) {
            // Whoever changes how is looked goes on typing what.
            field.request_focus();
        }
        if button_ui(ui, "▲", "Previous match", "read.find_previous") {
            sink.push(Action::Read(ReadRequest::Next { back: true }));
        }
        if button_ui(ui, "▼", "Next match", "read.find_next") {
            sink.push(Action::Read(ReadRequest::Next { back: false }));
        }
        let (text, colour) = match &find.problem {
            Some(problem) => (problem.to_string(), tokens.bad),
            None if find.current.is_none() && !find.is_searching => (find.count_text(), tokens.unsure),
            None => (find.count_text(), tokens.muted),
        };
        let count = ui.add(eframe::egui::Label::new(RichText::new(text).small().color(colour)).truncate());
        count.on_hover_ui(|ui| {
            ui.label(KeyMap::of(ui).fill("{read.find_next} and {read.find_previous} go on when the bar is closed too"));
        });
        ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            let close = ui.small_button("✕").on_hover_text("Close, Escape");
            close.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::Button, true, "Close find"));
            if close.clicked() {
                sink.push(Action::Read(ReadRequest::CloseFind));
            }
        });
    });
    if query != find.query {
        sink.push(Action::Read(ReadRequest::Look(query)));
    }
}

/// The keys that the field handles itself.
fn keys(ui: &Ui, field: &Response, find: &Find, sink: &mut CommandSink) {
    if !(field.has_focus() || field.lost_focus()) {
        return;
    }
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let back = pressed(Modifiers::SHIFT, Key::Enter) || pressed(Modifiers::SHIFT, Key::F3);
    let on = !back && (pressed(Modifiers::NONE, Key::Enter) || pressed(Modifiers::NONE, Key::F3));
    if back || on {
        // Enter would give the keyboard away.
        field.request_focus();
        if !find.query.text.is_empty() {
            sink.push(Action::Read(ReadRequest::Next { back }));
        }
    } else if ui.input(|input| input.key_pressed(Key::Escape)) {
        sink.push(Action::Read(ReadRequest::CloseFind));
    }
}

fn select_all(ui: &Ui, characters: usize) {
    use eframe::egui::text::{CCursor, CCursorRange};
    use eframe::egui::text_edit::TextEditState;
    let mut state = TextEditState::load(ui.ctx(), find_id()).unwrap_or_default();
    let range = CCursorRange::two(CCursor::new(0), CCursor::new(characters));
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), find_id());
}

fn toggle_ui(ui: &mut Ui, on: &mut bool, sign: &str, name: &str, hint: &str) {
    let response = ui.selectable_label(*on, RichText::new(sign).small()).on_hover_text(hint);
    response.widget_info(|| WidgetInfo::selected(eframe::egui::Role::CheckBox, true, *on, name));
    focus_ring(ui, &response, &Tokens::of(ui));
    if response.clicked() {
        *on = !*on;
    }
}

fn button_ui(ui: &mut Ui, sign: &str, name: &str, command: &str) -> bool {
    let button = eframe::egui::Button::new(RichText::new(sign).small()).min_size(vec2(20.0, 0.0));
    let response = ui.add(button).on_hover_ui(|ui| {
        ui.label(KeyMap::of(ui).fill(&format!("{name}, {{{command}}}")));
    });
    response.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::Button, true, name));
    response.clicked()
}
