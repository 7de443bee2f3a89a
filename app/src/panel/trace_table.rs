//! Paints the table of traces: only the visible rows are built.

use std::ops::Range;

use eframe::egui::{self, Align, Label, Layout, RichText, Sense, Ui};
use egui_extras::{Column, TableBuilder};

use stepscope_core::query::{Sort, SortKey};

use crate::command::{Action, Command, CommandSink, SelectRequest};
use crate::state::asking::{AskRequest, FieldSort};
use crate::ui_kit::tokens::Space;
use crate::ui_kit::{Tokens, focus_ring};
use crate::view_model::columns::{moved, name_of, toggled};
use crate::view_model::trace_table::{ColumnModel, ColumnWhat, TraceRowModel};

/// What the table needs besides its rows.
pub struct TableFrame<'a> {
    /// Number of rows.
    pub rows: usize,
    /// The row of the open trace.
    pub selected: Option<usize>,
    /// Scroll so that the selected row shows.
    pub scroll_to_selected: bool,
    /// What the table is narrowed to besides.
    pub only: Option<&'a str>,
    /// The columns.
    pub columns: Vec<ColumnModel>,
    /// The user has chosen them.
    pub is_chosen: bool,
    /// Their names.
    pub names: Vec<String>,
    /// The present order.
    pub sort: Sort,
    /// The present order, where it is by a field.
    pub by: Option<&'a FieldSort>,
    /// What to say where there are no rows.
    pub empty: &'a str,
    /// The table is being filtered or sorted for a while already; its rows are still those from before.
    pub is_sorting: bool,
}

/// In a table narrower than this, in points, less important columns give way.
const NARROW: f32 = 370.0;

/// Paints the table; `row` gives the model of a row. Gives the rows in sight.
pub fn trace_table_ui(
    ui: &mut Ui,
    frame: &TableFrame<'_>,
    row: impl Fn(usize) -> Option<TraceRowModel>,
    sink: &mut CommandSink,
) -> Range<usize> {
    if let Some(only) = frame.only {
        only_ui(ui, only, sink);
    }
    if frame.is_sorting {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(RichText::new("Looking through the traces; below are those from before").small().weak());
        });
    }
    if frame.rows == 0 {
        ui.add_space(12.0);
        ui.vertical_centered(|ui| ui.label(RichText::new(frame.empty).weak()));
        return 0..0;
    }
    let (tokens, row_height) = (Tokens::of(ui), Space::of(ui).row);
    let columns = visible_columns(frame, ui.available_width());
    let (ctx, id) = (ui.ctx().clone(), ui.scope_id().with(egui::IdSalt::new(salt(&columns))));
    let mut table = TableBuilder::new(ui)
        .id_salt(salt(&columns))
        .striped(false)
        // Reached with the keys for traces; as stops of Tab, so many cells would be in the way.
        .sense(Sense::CLICK)
        .cell_layout(Layout::left_to_right(Align::Center))
        .auto_shrink([false, false]);
    for column in &columns {
        table = table.column(match column.width {
            Some(width) => Column::initial(width).at_least(28.0).clip(true).resizable(true),
            None => Column::remainder().at_least(80.0).clip(true),
        });
    }
    if let Some(selected) = frame.selected.filter(|_| frame.scroll_to_selected) {
        table = table.scroll_to_row(selected, None);
    }
    let header = |mut header: egui_extras::TableRow<'_, '_>| {
        for column in &columns {
            header.col(|ui| {
                let descending = match (&column.what, frame.by) {
                    (ColumnWhat::Field(name, _), Some(by)) if by.field == *name => Some(by.descending),
                    (ColumnWhat::Key(key), None) if frame.sort.key == *key => Some(frame.sort.descending),
                    _ => None,
                };
                let arrow = match descending {
                    None => "",
                    Some(false) => " ▲",
                    Some(true) => " ▼",
                };
                let text = RichText::new(format!("{}{arrow}", column.title)).small().color(tokens.muted);
                let label = ui.add(Label::new(text).sense(Sense::click()).selectable(false));
                let order = match arrow.trim() {
                    "▲" => ", ascending",
                    "▼" => ", descending",
                    _ => "",
                };
                let name = format!("Sort by {}{order}", column.title);
                label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
                focus_ring(ui, &label, &tokens);
                header_menu(&label, column, &frame.names, sink);
                if label.on_hover_text(format!("{}. Click to sort", column.hint)).clicked() {
                    sink.push(match &column.what {
                        ColumnWhat::Key(key) => Action::SortBy(*key),
                        ColumnWhat::Field(name, _) => Action::Ask(AskRequest::SortBy(name.clone())),
                    });
                }
            });
        }
    };
    let table = table.header(20.0, header);
    let mut shown = 0..0;
    table.body(|body| {
        body.rows(row_height, frame.rows, |mut line| {
            let index = line.index();
            shown = if shown.is_empty() { index..index + 1 } else { shown.start.min(index)..shown.end.max(index + 1) };
            line.set_selected(frame.selected == Some(index));
            if let Some(model) = row(index) {
                row_ui(&mut line, &model, frame, &columns, &tokens);
                if model.selected {
                    mark_ui(&line.response(), &tokens);
                }
            }
            let response = line.response();
            if response.clicked() {
                let held = response.ctx.input(|input| input.modifiers);
                sink.push(match (held.command, held.shift) {
                    (true, _) => Action::Select(SelectRequest::Toggle(index)),
                    (false, true) => Action::Select(SelectRequest::UpTo(index)),
                    (false, false) => Action::ShowTrace(index),
                });
            }
        });
    });
    name_splitters(&ctx, id, &columns);
    shown
}

/// Widths are remembered for these columns in this order.
fn salt(columns: &[ColumnModel]) -> (&'static str, String) {
    ("traces", columns.iter().map(|column| column.title.as_str()).collect::<Vec<_>>().join(" "))
}

/// The lines between the columns can only be dragged: they get a name, and Tab goes on past them.
fn name_splitters(ctx: &egui::Context, table: egui::Id, columns: &[ColumnModel]) {
    for (number, column) in columns.iter().enumerate() {
        let Some(line) = ctx.read_response(table.with("resize_column").with(number)) else { continue };
        let name = format!("Width of {}", column.title);
        line.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Splitter, true, &name));
        if line.has_focus() {
            let back = ctx.input(|input| input.modifiers.shift);
            let way = if back { egui::FocusDirection::Previous } else { egui::FocusDirection::Next };
            ctx.memory_mut(|memory| memory.move_focus(way));
            ctx.request_repaint();
        }
    }
}

/// What the table is narrowed to, and a way back.
pub fn only_ui(ui: &mut Ui, only: &str, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let close = ui.small_button("✕").on_hover_text("List all again");
        close.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "List all again"));
        if close.clicked() {
            sink.push(Action::ListOnly(None));
        }
        let text = RichText::new(format!("Only {only}")).small().color(tokens.accent);
        ui.add(Label::new(text).truncate().selectable(false)).on_hover_text(only);
    });
}

/// The columns that have room. Those that were chosen are all shown.
fn visible_columns(frame: &TableFrame<'_>, width: f32) -> Vec<ColumnModel> {
    let spare = |column: &ColumnModel| matches!(column.key(), Some(SortKey::Generator | SortKey::LastScore));
    let has_room = |column: &&ColumnModel| frame.is_chosen || width >= NARROW || !spare(column);
    frame.columns.iter().filter(has_room).cloned().collect()
}

/// What a right click on a title offers.
fn header_menu(label: &egui::Response, column: &ColumnModel, names: &[String], sink: &mut CommandSink) {
    let name = match &column.what {
        ColumnWhat::Key(key) => name_of(*key).to_owned(),
        ColumnWhat::Field(name, _) => name.clone(),
    };
    label.context_menu(|ui| {
        let mut ask = |columns| sink.push(Action::Ask(AskRequest::Columns(columns)));
        if ui.button("Move left").clicked() {
            ask(moved(names, &name, -1));
        }
        if ui.button("Move right").clicked() {
            ask(moved(names, &name, 1));
        }
        if ui.button("Hide column").clicked() {
            ask(toggled(names, &name));
        }
        if ui.button("Columns…").clicked() {
            sink.run(Command::Columns);
        }
    });
}

fn row_ui(
    line: &mut egui_extras::TableRow<'_, '_>,
    model: &TraceRowModel,
    frame: &TableFrame<'_>,
    columns: &[ColumnModel],
    tokens: &Tokens,
) {
    let is_open = frame.selected == Some(line.index());
    for (number, column) in columns.iter().enumerate() {
        let muted = |text: &str| RichText::new(text).color(tokens.muted);
        let text = match column.what {
            ColumnWhat::Field(_, at) => muted(model.more.get(at).map(String::as_str).unwrap_or_default()),
            ColumnWhat::Key(key) => match key {
                SortKey::State => RichText::new(&model.state.0).color(tokens.tone(model.state.1)),
                SortKey::Problem => RichText::new(&model.problem).color(tokens.text),
                SortKey::Generator => muted(&model.generator).small(),
                SortKey::Steps => muted(&model.steps),
                SortKey::Outcome => RichText::new(model.outcome.0).color(tokens.tone(model.outcome.1)),
                SortKey::PathScore => muted(&model.path_score),
                SortKey::LastScore => muted(&model.last_score),
                SortKey::Row => RichText::default(),
            },
        };
        let (_, response) = line.col(|ui| {
            ui.add(Label::new(text).truncate().selectable(false));
        });
        if number == 0 {
            let name = model.name();
            response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Row, true, is_open, &name));
        }
    }
}

/// Shades a selected row, and puts a bar before it: the open one is shaded too.
fn mark_ui(row: &egui::Response, tokens: &Tokens) {
    let painter = row.ctx.layer_painter(row.layer_id);
    let rect = egui::Rect::from_x_y_ranges(row.rect.x_range(), row.interact_rect.y_range());
    painter.rect_filled(rect, 0.0, tokens.accent.gamma_multiply(0.14));
    let bar = egui::Rect::from_min_size(rect.min - egui::vec2(5.0, 0.0), egui::vec2(3.0, rect.height()));
    painter.rect_filled(bar, 1.0, tokens.accent);
}
