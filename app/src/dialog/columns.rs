//! Chooses what the table shows of each trace, and in which order.

use eframe::egui::{Context, Id, Key, Modal, Modifiers, RichText, Role, ScrollArea, TextEdit, WidgetInfo};

use super::choice::{MarkedLine, marked_ui, take_arrows, take_key};
use super::{close_on_escape, footer_ui, width};
use crate::command::{Action, CommandSink};
use crate::state::asking::AskRequest;
use crate::state::{ColumnsDraft, DialogState};
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
                    let line = MarkedLine {
                        name: format!("Column {}", entry.title),
                        title: &entry.title,
                        detail: &entry.detail,
                        marked: entry.shown,
                    };
                    if marked_ui(ui, &line, position == now.selected, by != 0 || shift != 0) {
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
