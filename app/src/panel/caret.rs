//! The text of a step that is being cut: the caret, and the keys that move it.

use std::sync::Arc;

use eframe::egui::text::CCursor;
use eframe::egui::{Galley, Key, Modifiers, Rect, RichText, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo, vec2};

use crate::command::{Action, CommandSink};
use crate::state::splitting::{CaretMove, SplitRequest, moved};
use crate::state::writing::WriteRequest;
use crate::ui_kit::Tokens;
use crate::view_model::one_line;

/// Paints the text with the caret so many bytes into it.
pub fn caret_ui(ui: &mut Ui, text: &str, at: usize, is_code: bool, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    let style = if is_code { TextStyle::Monospace } else { TextStyle::Body };
    let width = ui.available_width();
    let galley = ui.painter().layout(text.to_owned(), style.resolve(ui.style()), tokens.text, width);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::click());
    let rest = one_line(text.get(at..).unwrap_or_default(), 40);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Place to cut, before “{rest}”")));
    let caret = galley.pos_from_cursor(cursor(text, at)).translate(rect.min.to_vec2());
    ui.painter().galley(rect.min, Arc::clone(&galley), tokens.text);
    caret_line(ui, caret, &tokens);
    let clicked = response.interact_pointer_pos().filter(|_| response.clicked());
    let request = match clicked {
        Some(place) => Some(SplitRequest::MoveTo(byte(text, galley.cursor_from_pos(place - rect.min)))),
        None => key_request(ui, text, at, &galley),
    };
    if let Some(SplitRequest::MoveTo(to)) = request {
        let there = galley.pos_from_cursor(cursor(text, to)).translate(rect.min.to_vec2());
        ui.scroll_to_rect(there.expand(20.0), None);
    }
    if let Some(request) = request {
        sink.push(Action::Write(WriteRequest::Split(request)));
    }
    let keys = "Enter cuts here · Tab next sentence · ← → letter · W B word · ↑ ↓ line · Escape leaves it whole";
    ui.label(RichText::new(keys).small().color(tokens.accent));
}

fn caret_line(ui: &Ui, caret: Rect, tokens: &Tokens) {
    let stroke = Stroke::new(2.0, tokens.accent);
    let x = caret.center().x;
    ui.painter().vline(x, caret.y_range(), stroke);
    // Small bars above and below, so that it is found in a long text.
    for y in [caret.top(), caret.bottom()] {
        ui.painter().hline(x - 4.0..=x + 4.0, y, stroke);
    }
}

fn key_request(ui: &Ui, text: &str, at: usize, galley: &Galley) -> Option<SplitRequest> {
    // Tab moves the caret here; what it gave the keyboard to meanwhile would be pressed by Enter.
    ui.memory_mut(|memory| {
        if let Some(focused) = memory.focused() {
            memory.surrender_focus(focused);
        }
    });
    let move_to = |by, forward| Some(SplitRequest::MoveTo(moved(text, at, by, forward)));
    ui.ctx().input_mut(|input| {
        let mut pressed = |modifiers, keys: &[Key]| keys.iter().any(|key| input.consume_key(modifiers, *key));
        match () {
            () if pressed(Modifiers::NONE, &[Key::Escape]) => Some(SplitRequest::Leave),
            () if pressed(Modifiers::NONE, &[Key::Enter]) => Some(SplitRequest::Cut),
            () if pressed(Modifiers::SHIFT, &[Key::Tab]) => move_to(CaretMove::Sentence, false),
            () if pressed(Modifiers::NONE, &[Key::Tab]) => move_to(CaretMove::Sentence, true),
            () if pressed(Modifiers::COMMAND, &[Key::ArrowRight]) => move_to(CaretMove::Word, true),
            () if pressed(Modifiers::COMMAND, &[Key::ArrowLeft]) => move_to(CaretMove::Word, false),
            () if pressed(Modifiers::NONE, &[Key::W]) => move_to(CaretMove::Word, true),
            () if pressed(Modifiers::NONE, &[Key::B]) => move_to(CaretMove::Word, false),
            () if pressed(Modifiers::NONE, &[Key::ArrowRight, Key::L]) => move_to(CaretMove::Character, true),
            () if pressed(Modifiers::NONE, &[Key::ArrowLeft, Key::H]) => move_to(CaretMove::Character, false),
            () if pressed(Modifiers::NONE, &[Key::End]) => move_to(CaretMove::End, true),
            () if pressed(Modifiers::NONE, &[Key::Home]) => move_to(CaretMove::End, false),
            () => {
                let down = pressed(Modifiers::NONE, &[Key::ArrowDown, Key::J]);
                let up = pressed(Modifiers::NONE, &[Key::ArrowUp, Key::K]);
                (down || up).then(|| {
                    let here = galley.pos_from_cursor(cursor(text, at));
                    let by = if down { here.height() } else { -here.height() };
                    SplitRequest::MoveTo(byte(text, galley.cursor_from_pos(here.center().to_vec2() + vec2(0.0, by))))
                })
            }
        }
    })
}

fn cursor(text: &str, at: usize) -> CCursor {
    CCursor::new(text.get(..at).unwrap_or(text).chars().count())
}

fn byte(text: &str, cursor: CCursor) -> usize {
    let index = usize::from(cursor.index);
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
}
