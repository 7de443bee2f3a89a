//! The command palette.

use eframe::egui::{
    self, Align2, Context, Id, Key, Label, Modal, Modifiers, RichText, ScrollArea, Sense, TextEdit, Ui, vec2,
};

use crate::command::{Action, Availability, CommandEnv, CommandSink, KeyMap};
use crate::state::DialogState;
use crate::ui_kit::Tokens;
use crate::view_model::palette::{PaletteEntry, entries};

/// Paints the palette and runs the chosen command.
pub fn palette_ui(ctx: &Context, text: &str, selected: usize, env: CommandEnv, sink: &mut CommandSink) {
    let mut text = text.to_owned();
    let found = entries(&text, env);
    let mut selected = selected.min(found.len().saturating_sub(1));
    // Taken before the text field sees them, which would move its cursor.
    let (down, up, enter) = ctx.input_mut(|input| {
        (
            input.consume_key(Modifiers::NONE, Key::ArrowDown),
            input.consume_key(Modifiers::NONE, Key::ArrowUp),
            input.consume_key(Modifiers::NONE, Key::Enter),
        )
    });
    if down {
        selected = (selected + 1).min(found.len().saturating_sub(1));
    }
    if up {
        selected = selected.saturating_sub(1);
    }
    let area = Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, 80.0));
    let response = Modal::new(Id::unique("palette")).area(area).show(ctx, |ui| {
        ui.set_width(560.0);
        let edit = TextEdit::singleline(&mut text).hint_text("Type a command").desired_width(f32::INFINITY);
        let edit = ui.add(edit);
        edit.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Type a command"));
        edit.request_focus();
        if edit.changed() {
            selected = 0;
        }
        ui.add_space(4.0);
        let mut clicked = None;
        ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
            for (position, entry) in found.iter().enumerate() {
                if entry_ui(ui, entry, position == selected) {
                    clicked = Some(position);
                }
            }
        });
        clicked
    });
    if let Some(entry) = response.inner.or(enter.then_some(selected)).and_then(|position| found.get(position)) {
        sink.push(Action::SetDialog(None));
        sink.run(entry.command);
    } else if response.should_close() {
        sink.push(Action::SetDialog(None));
    } else {
        sink.push(Action::SetDialog(Some(DialogState::Palette { text, selected })));
    }
}

fn entry_ui(ui: &mut Ui, entry: &PaletteEntry, selected: bool) -> bool {
    let tokens = Tokens::of(ui);
    let spec = entry.command.spec();
    let keys = KeyMap::of(ui);
    let (colour, detail) = match entry.availability {
        Availability::Ready => (tokens.text, spec.hint.to_owned()),
        Availability::Blocked(reason) => (tokens.muted, keys.fill(reason)),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, selected, spec.title));
    if selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        ui.scroll_to_rect(rect, None);
    }
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| {
            ui.add(Label::new(RichText::new(spec.title).color(colour)).selectable(false));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let keys = RichText::new(keys.text(entry.command)).small().monospace().color(tokens.accent);
                ui.add(Label::new(keys).selectable(false));
                ui.add(Label::new(RichText::new(detail).small().color(tokens.muted)).truncate().selectable(false));
            });
        });
    });
    response.clicked()
}
