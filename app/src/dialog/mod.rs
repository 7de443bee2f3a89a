//! Windows that ask or show something and go away: palette, keys, rejected rows, export, how files are read.

pub mod beside;
mod choice;
pub mod columns;
pub mod compare;
pub mod export;
pub mod files;
pub mod history;
pub mod import;
pub mod keys;
pub mod many;
pub mod models;
pub mod old_text;
pub mod palette;
pub mod query_help;
pub mod queue;
pub mod rejects;
pub mod report;
pub mod schema;
pub mod similar;
pub mod sitting;
pub mod sources;
pub mod sql;
pub mod take;
pub mod verify;
pub mod views;
pub mod write;

use eframe::egui::style::ScrollAnimation;
use eframe::egui::{Context, Key, ModalResponse, Modifiers, Sides, Ui, vec2};

use crate::command::{Action, CommandSink};

/// The last line of a dialog that only shows: Close, and what else it can do beside it.
fn footer_ui(ui: &mut Ui, sink: &mut CommandSink, more: impl FnOnce(&mut Ui, &mut CommandSink)) {
    ui.add_space(6.0);
    Sides::new().show(
        ui,
        |_| {},
        |ui| {
            if ui.button("Close").clicked() {
                sink.push(Action::SetDialog(None));
            }
            more(ui, sink);
        },
    );
}

/// The width of a dialog that would like to be so wide: never wider than the window.
fn width(ctx: &Context, wanted: f32) -> f32 {
    wanted.min(ctx.content_rect().width() - 48.0)
}

/// No field and no button has the keyboard any more.
fn leave_focus(ctx: &Context) {
    ctx.memory_mut(|memory| {
        if let Some(id) = memory.focused() {
            memory.surrender_focus(id);
        }
    });
}

/// Nothing has the keyboard, or a text field has it: Enter is not meant for a button.
fn has_no_button(ctx: &Context) -> bool {
    ctx.text_edit_focused() || ctx.memory(|memory| memory.focused().is_none())
}

/// Moves a text that is only read by the keys for it: arrows by lines, pages, Home and End.
fn scroll_by_keys(ui: &Ui) {
    let (line, page) = (3.0 * ui.spacing().interact_size.y, 0.9 * ui.clip_rect().height());
    let by = ui.input_mut(|input| {
        let mut pressed = |key, points: f32| input.count_and_consume_key(Modifiers::NONE, key) as f32 * points;
        pressed(Key::ArrowDown, line) - pressed(Key::ArrowUp, line) + pressed(Key::PageDown, page)
            - pressed(Key::PageUp, page)
            + pressed(Key::End, TO_THE_END)
            - pressed(Key::Home, TO_THE_END)
    });
    if by != 0.0 {
        ui.scroll_with_delta_animation(vec2(0.0, -by), ScrollAnimation::none());
    }
}

/// Higher than any text, in points.
const TO_THE_END: f32 = 1e6;

/// Escape was pressed. A click beside leaves no dialog: what is typed next would be keys that label.
fn is_left<T>(response: &ModalResponse<T>) -> bool {
    response.should_close() && !response.backdrop_response.clicked()
}

/// Escape closes the dialog.
fn close_on_escape(response: &ModalResponse<()>, sink: &mut CommandSink) {
    if is_left(response) {
        sink.push(Action::SetDialog(None));
    }
}
