//! Questions in SQL: the question, the answer as a table, and what can be done with it.

use eframe::egui::{
    self, Align, Button, Context, EventFilter, Id, Key, Label, Layout, Modal, Modifiers, Rect, RichText, Role, Sense,
    TextEdit, Ui, WidgetInfo, pos2,
};
use egui_extras::{Column, TableBuilder};
use stepscope_core::query::{COLUMNS, Table};

use super::{close_on_escape, footer_ui, width};
use crate::command::{Action, CommandSink};
use crate::state::DialogState;
use crate::state::asking::AskRequest;
use crate::ui_kit::{Tokens, focus_ring};
use crate::view_model::sql::SqlModel;

/// What the dialog shows.
pub struct SqlFrame<'a> {
    /// What is said of the answer.
    pub model: &'a SqlModel,
    /// The answer.
    pub table: Option<&'a Table>,
    /// The question is being answered.
    pub is_running: bool,
    /// The row of the answer that the keys are at.
    pub at: usize,
}

/// Paints the dialog.
pub fn sql_ui(ctx: &Context, text: &str, frame: &SqlFrame<'_>, sink: &mut CommandSink) {
    let ask = |sink: &mut CommandSink, request| sink.push(Action::Ask(request));
    let mut runs = ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
    let mut now = text.to_owned();
    let response = Modal::new(Id::unique("question in SQL")).show(ctx, |ui| {
        ui.set_width(width(ctx, 900.0));
        let tokens = Tokens::of(ui);
        ui.heading("Question in SQL");
        ui.horizontal(|ui| {
            ui.label(RichText::new("Only SELECT, of the tables").small().weak());
            for (table, columns) in tables() {
                let name = ui.label(RichText::new(table).small().underline());
                name.on_hover_text(columns.join(", "));
            }
        });
        let id = Id::unique("text of the question in SQL");
        let edit = TextEdit::multiline(&mut now).id(id).code_editor().desired_rows(4).desired_width(f32::INFINITY);
        let edit = ui.add(edit.lock_focus(false));
        edit.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, "Question in SQL"));
        if ui.memory(|memory| memory.focused().is_none()) {
            edit.request_focus();
        }
        ui.horizontal(|ui| {
            runs |= ui.add(Button::new("Ask").shortcut_text("Ctrl+Enter")).clicked();
            if frame.is_running {
                ui.spinner();
            }
            ui.label(RichText::new(&frame.model.count).color(tokens.muted));
            if frame.model.can_list {
                ui.label(RichText::new("A click or Enter on a row opens its trace").small().weak());
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let has_answer = frame.table.is_some() && !frame.is_running;
                if ui.add_enabled(has_answer, Button::new("Save as CSV…")).clicked() {
                    ask(sink, AskRequest::AskSave);
                }
                let list = Button::new("List these traces");
                let list = ui.add_enabled(has_answer && frame.model.can_list, list);
                let list = list.on_disabled_hover_text("The answer needs a column `row`, `trace` or `id`");
                if list.clicked() {
                    ask(sink, AskRequest::ListAnswer);
                }
            });
        });
        let height = (ctx.content_rect().height() - 330.0).max(120.0);
        let top = ui.cursor().top();
        if let Some(problem) = &frame.model.problem {
            ui.add(Label::new(RichText::new(problem).color(tokens.bad)).wrap());
        }
        if frame.table.is_none() && frame.model.problem.is_none() {
            tables_ui(ui, height);
        }
        if let Some(table) = frame.table {
            let height = height - (ui.cursor().top() - top);
            let request = ui.push_id("answer", |ui| answer_ui(ui, table, frame, height)).inner;
            if let Some(request) = request.filter(|_| !frame.is_running) {
                ask(sink, request);
            }
        }
        // As high without an answer as with one, so that nothing moves under the pointer.
        ui.add_space((height + 40.0 - (ui.cursor().top() - top)).max(0.0));
        footer_ui(ui, sink, |_, _| {});
    });
    if now != text {
        sink.push(Action::SetDialog(Some(DialogState::Sql(now))));
    }
    if runs && !frame.is_running {
        ask(sink, AskRequest::RunSql);
    }
    close_on_escape(&response, sink);
}

/// Each table with its columns.
fn tables() -> Vec<(&'static str, Vec<&'static str>)> {
    let by_table = COLUMNS.chunk_by(|(a, ..), (b, ..)| a == b);
    by_table.filter_map(|of| Some((of.first()?.0, of.iter().map(|(_, name, _)| *name).collect()))).collect()
}

/// What can be asked of, where the answer will stand.
fn tables_ui(ui: &mut Ui, height: f32) {
    let tokens = Tokens::of(ui);
    egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        for columns in COLUMNS.chunk_by(|(a, ..), (b, ..)| a == b) {
            ui.add_space(6.0);
            let table = columns.first().map_or("", |(table, ..)| *table);
            ui.label(RichText::new(table).strong());
            egui::Grid::new(table).num_columns(2).spacing([16.0, 2.0]).show(ui, |ui| {
                for (_, name, says) in columns {
                    ui.label(RichText::new(*name).monospace());
                    ui.label(RichText::new(*says).small().color(tokens.muted));
                    ui.end_row();
                }
            });
        }
    });
}

/// The keys of the rows of an answer: where they go to, and whether that row is to be opened.
fn row_keys(ui: &Ui, at: usize, count: usize) -> (usize, bool) {
    let page = 10;
    ui.input_mut(|input| {
        let mut pressed = |key| input.count_and_consume_key(Modifiers::NONE, key);
        let down = pressed(Key::ArrowDown) + page * pressed(Key::PageDown);
        let up = pressed(Key::ArrowUp) + page * pressed(Key::PageUp);
        let at = if pressed(Key::Home) > 0 { 0 } else { at };
        let at = if pressed(Key::End) > 0 { count } else { at };
        ((at + down).saturating_sub(up).min(count.saturating_sub(1)), pressed(Key::Enter) > 0)
    })
}

/// Paints the answer; gives which row of it was gone to or opened. Only the rows in sight are built.
fn answer_ui(ui: &mut Ui, table: &Table, frame: &SqlFrame<'_>, height: f32) -> Option<AskRequest> {
    let (tokens, model) = (Tokens::of(ui), frame.model);
    let id = Id::unique("rows of the answer in SQL");
    let has_keys = model.can_list && ui.memory(|memory| memory.has_focus(id));
    let (at, mut opened) = if has_keys { row_keys(ui, frame.at, table.rows.len()) } else { (frame.at, false) };
    let mut chosen = at;
    let top = ui.cursor().min;
    egui::ScrollArea::horizontal().show(ui, |ui| {
        let mut builder = TableBuilder::new(ui)
            .id_salt(&model.columns)
            .striped(true)
            // Reached with the arrows, so no stop of Tab.
            .sense(if model.can_list { Sense::CLICK } else { Sense::hover() })
            .max_scroll_height(height)
            .min_scrolled_height(height.min(120.0))
            .cell_layout(Layout::left_to_right(Align::Center));
        for _ in &model.columns {
            builder =
                builder.column(Column::auto_with_initial_suggestion(120.0).at_least(40.0).at_most(420.0).clip(true));
        }
        if at != frame.at {
            builder = builder.scroll_to_row(at, None);
        }
        let builder = builder.header(20.0, |mut header| {
            for name in &model.columns {
                header.col(|ui| {
                    ui.label(RichText::new(name).small().color(tokens.muted));
                });
            }
        });
        builder.body(|body| {
            body.rows(20.0, table.rows.len(), |mut line| {
                let row = line.index();
                line.set_selected(has_keys && row == at);
                for column in 0..model.columns.len() {
                    line.col(|ui| {
                        ui.add(Label::new(SqlModel::cell(table, row, column)).truncate().selectable(!model.can_list));
                    });
                }
                if model.can_list {
                    let response = line.response().on_hover_cursor(egui::CursorIcon::PointingHand);
                    response.widget_info(|| {
                        let name = format!("Open row {} of the answer", row + 1);
                        WidgetInfo::selected(Role::RadioButton, true, has_keys && row == at, name)
                    });
                    if response.clicked() {
                        (chosen, opened) = (row, true);
                    }
                }
            });
        });
    });
    if model.can_list {
        let area = Rect::from_min_max(top, pos2(ui.max_rect().right(), ui.cursor().top()));
        let response = ui.interact(area, id, Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, "Rows of the answer"));
        focus_ring(ui, &response, &tokens);
        let keys = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, keys));
    }
    if opened && !table.rows.is_empty() {
        return Some(AskRequest::OpenAnswer(chosen));
    }
    (at != frame.at).then_some(AskRequest::PickAnswer(at))
}
