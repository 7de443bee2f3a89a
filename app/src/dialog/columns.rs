//! Chooses what the table shows of each trace, and in which order.

use eframe::egui::{
    Align, Context, Id, Key, Label, Layout, Modal, Modifiers, RichText, Role, ScrollArea, Sense, TextEdit, Ui,
    UiBuilder, WidgetInfo, vec2,
};

use super::choice::{take_arrows, take_key};
use super::{close_on_escape, footer_ui, width};
use crate::command::{Action, CommandSink};
use crate::state::asking::AskRequest;
use crate::state::{ColumnsDraft, DialogState};
use crate::ui_kit::Tokens;
use crate::view_model::columns::{ColumnEntry, moved, toggled};

/// Paints the dialog. `shown` are the names of the columns that the table shows.
pub fn columns_ui(
    ctx: &Context,
    draft: &ColumnsDraft,
    entries: &[ColumnEntry],
    shown: &[String],
    sink: &mut CommandSink,
) {
    let shift = {
        let take = |key| take_key(ctx, Modifiers::ALT, key);
        isize::from(take(Key::ArrowDown)) - isize::from(take(Key::ArrowUp))
    };
    let by = take_arrows(ctx);
    let last = entries.len().saturating_sub(1);
    let mut now =
        ColumnsDraft { search: draft.search.clone(), selected: draft.selected.saturating_add_signed(by).min(last) };
    let mut change = take_key(ctx, Modifiers::NONE, Key::Enter).then_some(now.selected);
    let mut resets = false;
    let response = Modal::new(Id::unique("columns")).show(ctx, |ui| {
        ui.set_width(width(ctx, 560.0));
        ui.heading("Columns of the table");
        let edit = TextEdit::singleline(&mut now.search).hint_text("Find a field").desired_width(f32::INFINITY);
        let edit = ui.add(edit);
        edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Find a field"));
        edit.request_focus();
        if edit.changed() {
            now.selected = 0;
        }
        ui.add_space(4.0);
        // As high with few as with many, so that nothing moves under the pointer.
        ScrollArea::vertical().max_height(380.0).min_scrolled_height(380.0).auto_shrink([false, false]).show(
            ui,
            |ui| {
                for (position, entry) in entries.iter().enumerate() {
                    if entry_ui(ui, entry, position == now.selected, by != 0 || shift != 0) {
                        (now.selected, change) = (position, Some(position));
                    }
                }
            },
        );
        ui.add_space(4.0);
        ui.label(RichText::new("Enter shows or hides a column, Alt+↑ and Alt+↓ move it").small().weak());
        footer_ui(ui, sink, |ui, _| resets = ui.button("The usual columns").clicked());
    });
    let name = |at: usize| entries.get(at).map(|entry| entry.name.as_str());
    let ask = |sink: &mut CommandSink, columns| sink.push(Action::Ask(AskRequest::Columns(columns)));
    if resets {
        ask(sink, Vec::new());
    } else if let Some(name) = change.and_then(name) {
        ask(sink, toggled(shown, name));
    } else if let Some(name) = name(now.selected).filter(|_| shift != 0) {
        let names = moved(shown, name, shift);
        now.selected = names.iter().position(|other| other == name).unwrap_or(now.selected);
        ask(sink, names);
    }
    if now != *draft {
        sink.push(Action::SetDialog(Some(DialogState::Columns(now))));
    }
    close_on_escape(&response, sink);
}

fn entry_ui(ui: &mut Ui, entry: &ColumnEntry, selected: bool, scrolls: bool) -> bool {
    let tokens = Tokens::of(ui);
    // Reached with the arrows, so no stop of Tab.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::CLICK);
    let name = format!("Column {}", entry.title);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, entry.shown, &name));
    if selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        if scrolls {
            ui.scroll_to_rect(rect, None);
        }
    }
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))), |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let sign = RichText::new(if entry.shown { "✔" } else { "    " }).color(tokens.accent);
            ui.add(Label::new(sign).selectable(false));
            ui.add(Label::new(RichText::new(&entry.title).color(tokens.text)).selectable(false));
            let detail = RichText::new(&entry.detail).small().color(tokens.muted);
            ui.add(Label::new(detail).truncate().selectable(false));
        });
    });
    response.clicked()
}
