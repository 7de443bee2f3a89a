//! A list to choose from by arrows, Enter or the mouse: title, explanation, and what is chosen. And the keys of lists.

use eframe::egui::{
    Align, Context, Key, Label, Layout, Modifiers, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2,
};

use crate::ui_kit::Tokens;

/// The keys that a list takes before anything else sees them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ListKeys {
    /// Entries to move down, or up where negative.
    pub(super) by: isize,
    /// Right, or left where false.
    pub(super) change: Option<bool>,
    /// Enter.
    pub(super) chosen: bool,
}

/// Takes the keys of this frame.
pub(super) fn list_keys(ctx: &Context) -> ListKeys {
    let change = ctx.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        match (pressed(Key::ArrowRight), pressed(Key::ArrowLeft)) {
            (false, false) => None,
            (right, _) => Some(right),
        }
    });
    ListKeys { by: take_arrows(ctx), change, chosen: take_key(ctx, Modifiers::NONE, Key::Enter) }
}

/// Takes the arrows up and down of this frame: entries to move down, or up where negative.
pub(super) fn take_arrows(ctx: &Context) -> isize {
    ctx.input_mut(|input| {
        let mut pressed = |key| input.count_and_consume_key(Modifiers::NONE, key).cast_signed();
        pressed(Key::ArrowDown) - pressed(Key::ArrowUp)
    })
}

/// Takes a key of this frame, unless a button has the keyboard: then the key is meant for the button.
pub(super) fn take_key(ctx: &Context, modifiers: Modifiers, key: Key) -> bool {
    super::has_no_button(ctx) && ctx.input_mut(|input| input.consume_key(modifiers, key))
}

/// Paints an entry; true where it was clicked.
pub(super) fn entry_ui(ui: &mut Ui, title: &str, detail: &str, selected: bool) -> bool {
    let tokens = Tokens::of(ui);
    // Reached with the arrows, so no stop of Tab.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, selected, title));
    if selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        ui.scroll_to_rect(rect, None);
    }
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| {
            ui.add(Label::new(RichText::new(if selected { "●" } else { "○" }).color(tokens.accent)).selectable(false));
            ui.add(Label::new(RichText::new(title).color(tokens.text)).selectable(false));
            ui.add(Label::new(RichText::new(detail).small().color(tokens.muted)).truncate().selectable(false));
        });
    });
    response.clicked()
}

/// One line of a list of marks, under that name; true where it was clicked. Reached with the arrows, so no stop of Tab.
pub(super) fn marked_ui(ui: &mut Ui, line: &MarkedLine<'_>, selected: bool, scrolls: bool) -> bool {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, line.marked, &line.name));
    if selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
        if scrolls {
            ui.scroll_to_rect(rect, None);
        }
    }
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))), |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let sign = RichText::new(if line.marked { "✔" } else { "    " }).color(tokens.accent);
            ui.add(Label::new(sign).selectable(false));
            ui.add(Label::new(RichText::new(line.title).color(tokens.text)).truncate().selectable(false));
            let detail = RichText::new(line.detail).small().color(tokens.muted);
            ui.add(Label::new(detail).truncate().selectable(false));
        });
    });
    response.clicked()
}

/// What stands in such a line.
pub(super) struct MarkedLine<'a> {
    /// Its accessible name.
    pub(super) name: String,
    pub(super) title: &'a str,
    pub(super) detail: &'a str,
    pub(super) marked: bool,
}
