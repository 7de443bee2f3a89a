//! The history: what was said, newest first, with a way to its place and a way back to it.

use eframe::egui::{self, Context, Id, Key, Label, Modal, Modifiers, RichText, ScrollArea, Sense, TextEdit, Ui, vec2};

use super::choice::{take_arrows, take_key};
use crate::command::{Action, CommandSink};
use crate::state::DialogState;
use crate::state::history::{HistoryDraft, HistoryList, HistoryRow};
use crate::ui_kit::Tokens;
use crate::view_model::history::HistoryLine;

const LINE: f32 = 22.0;
/// How many gestures Page Down moves by.
const PAGE: isize = 15;

/// What the dialog needs besides its choices.
pub struct HistoryFrame<'a> {
    /// What is listed.
    pub list: &'a HistoryList,
    /// Days since 1970 today, in the user's time.
    pub today: i64,
    /// Something is being undone or redone.
    pub busy: bool,
    /// Labels can be written.
    pub can_write: bool,
}

/// Paints the dialog; `line` gives the words of a gesture, asked for those on screen only.
pub fn history_ui(
    ctx: &Context,
    draft: &HistoryDraft,
    frame: &HistoryFrame<'_>,
    line: impl Fn(HistoryRow) -> Option<HistoryLine>,
    sink: &mut CommandSink,
) {
    let mut next = HistoryDraft { scroll: false, ..draft.clone() };
    let selected = draft.selected.or_else(|| frame.list.first());
    let mut jump = None;
    let keys = keys(ctx);
    if keys.by != 0 {
        next.selected = frame.list.beside(selected, keys.by);
        (next.scroll, next.confirm) = (true, None);
        jump = next.selected;
    }
    let response = Modal::new(Id::unique("history")).show(ctx, |ui| {
        ui.set_width(super::width(ctx, 760.0));
        ui.heading("History");
        filter_ui(ui, &mut next, frame.list);
        let height = (ctx.content_rect().height() - 220.0).max(120.0);
        let area = ScrollArea::vertical().auto_shrink([false, false]).max_height(height).min_scrolled_height(height);
        let area = match draft.scroll.then(|| position(frame.list, selected)).flatten() {
            Some(at) => area.vertical_scroll_offset((at as f32 * LINE - height * 0.4).max(0.0)),
            None => area,
        };
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            area.show_rows(ui, LINE, frame.list.rows.len(), |ui, range| {
                for row in frame.list.rows.get(range).unwrap_or_default() {
                    if row_ui(ui, *row, frame, selected, &line) {
                        jump = row.gesture();
                        (next.selected, next.confirm) = (jump, None);
                    }
                }
            });
        });
        ui.separator();
        back_ui(ui, &mut next, frame, selected, keys.back, sink)
    });
    if let Some(gesture) = jump {
        sink.push(Action::ShowGesture(gesture));
    }
    if keys.enter
        && let Some(gesture) = selected.filter(|_| draft.confirm.is_none())
    {
        sink.push(Action::SetDialog(None));
        sink.push(Action::ShowGesture(gesture));
    } else if response.inner || super::is_left(&response) {
        sink.push(Action::SetDialog(None));
    } else if next != *draft {
        sink.push(Action::SetDialog(Some(DialogState::History(next))));
    }
}

struct Keys {
    by: isize,
    enter: bool,
    back: bool,
}

/// Taken before the field for the filter sees them; Enter and Delete only where no button has the keyboard.
fn keys(ctx: &Context) -> Keys {
    let pages = ctx.input_mut(|input| {
        let mut pressed = |key| input.count_and_consume_key(Modifiers::NONE, key).cast_signed();
        pressed(Key::PageDown) - pressed(Key::PageUp)
    });
    Keys {
        by: take_arrows(ctx) + pages * PAGE,
        enter: take_key(ctx, Modifiers::NONE, Key::Enter),
        back: take_key(ctx, Modifiers::NONE, Key::Delete),
    }
}

fn position(list: &HistoryList, gesture: Option<u64>) -> Option<usize> {
    list.rows.iter().position(|row| gesture.is_some() && row.gesture() == gesture)
}

fn filter_ui(ui: &mut Ui, next: &mut HistoryDraft, list: &HistoryList) {
    let edit = TextEdit::singleline(&mut next.filter).hint_text("Words to look for").desired_width(f32::INFINITY);
    let edit = ui.add(edit);
    edit.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find in the history"));
    if ui.memory(|memory| memory.focused().is_none()) {
        edit.request_focus();
    }
    if edit.changed() {
        (next.selected, next.confirm) = (None, None);
    }
    let text = match (list.total(), list.is_unfinished(), next.filter.trim().is_empty()) {
        (0, ..) => "Nothing was said yet".to_owned(),
        (total, false, true) => format!("{total} gestures: each is one key press or one dialog, and one undo"),
        (total, false, false) => format!("{} of {total} gestures have these words", list.len()),
        (total, true, _) => format!("{} of {total} gestures so far…", list.len()),
    };
    ui.label(RichText::new(text).small().weak());
}

fn row_ui(
    ui: &mut Ui,
    row: HistoryRow,
    frame: &HistoryFrame<'_>,
    selected: Option<u64>,
    line: &impl Fn(HistoryRow) -> Option<HistoryLine>,
) -> bool {
    let tokens = Tokens::of(ui);
    let size = vec2(ui.available_width(), LINE);
    if let HistoryRow::Day(day) = row {
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let text = RichText::new(crate::view_model::history::day_text(day, frame.today)).small().strong();
        ui.put(rect.shrink2(vec2(6.0, 0.0)), |ui: &mut Ui| {
            ui.horizontal_centered(|ui| ui.add(Label::new(text.color(tokens.muted)).selectable(false))).inner
        });
        return false;
    }
    let Some(model) = line(row) else { return false };
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    let is_selected = row.gesture() == selected;
    let undone = if model.undone { ", undone" } else { "" };
    let name = format!("{} {} · {}{undone}", model.time, model.words, model.place);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_selected, &name));
    if is_selected {
        ui.painter().rect_filled(rect, 4.0, tokens.selected);
    }
    if frame.list.is_boundary(row) {
        ui.painter().hline(rect.x_range(), rect.top(), egui::Stroke::new(1.0, tokens.accent));
    }
    let colour = if model.undone { tokens.muted.gamma_multiply(0.8) } else { tokens.text };
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| {
            ui.add(Label::new(RichText::new(&model.time).monospace().color(tokens.muted)).selectable(false));
            if model.undone {
                ui.add(Label::new(RichText::new("undone").small().color(tokens.unsure)).selectable(false));
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add(Label::new(RichText::new(&model.place).small().color(tokens.muted)).selectable(false));
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(Label::new(RichText::new(&model.words).color(colour)).truncate().selectable(false));
                });
            });
        });
    });
    response.clicked()
}

/// The last line: the way back to the selected gesture; true where the dialog is to be closed.
fn back_ui(
    ui: &mut Ui,
    next: &mut HistoryDraft,
    frame: &HistoryFrame<'_>,
    selected: Option<u64>,
    asked: bool,
    sink: &mut CommandSink,
) -> bool {
    let mut close = false;
    ui.horizontal_wrapped(|ui| {
        close = ui.button("Close").clicked();
        let back = selected.and_then(|gesture| frame.list.way_to(gesture));
        let words = match back {
            Some((0, _)) | None => "Undo back to here".to_owned(),
            Some((count, false)) => format!("Undo back to here: {}…", gestures(count)),
            Some((count, true)) => format!("Redo up to here: {}…", gestures(count)),
        };
        let way = selected.zip(back).filter(|(_, (count, _))| *count > 0 && frame.can_write && !frame.busy);
        let is_asking = next.confirm.is_some() && next.confirm == selected;
        if !is_asking {
            let button = ui.add_enabled(way.is_some(), egui::Button::new(words));
            let hint = "The selected line stays; what was said after it is undone, one gesture after the other";
            let button = button.on_hover_text(hint).on_disabled_hover_text("The newest that counts is here already");
            if button.clicked() || asked && way.is_some() {
                next.confirm = selected;
                super::leave_focus(ui.ctx());
            }
            return;
        }
        let Some((gesture, (count, redo))) = way else { return };
        let words =
            if redo { format!("Yes, redo {}", gestures(count)) } else { format!("Yes, undo {}", gestures(count)) };
        let yes = ui.button(words);
        if super::has_no_button(ui.ctx()) {
            yes.request_focus();
        }
        if yes.clicked() {
            sink.push(Action::GoBackTo(gesture));
            next.confirm = None;
        }
        if ui.button("No").clicked() {
            next.confirm = None;
        }
    });
    close
}

fn gestures(count: usize) -> String {
    if count == 1 { "1 gesture".into() } else { format!("{count} gestures") }
}
