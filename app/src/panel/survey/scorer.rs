//! How well a scorer does: what matters most in numbers, its mistakes as lists, its tables.

use eframe::egui::{CornerRadius, Frame, Grid, Label, Margin, RichText, Role, Stroke, Ui, WidgetInfo};
use stepscope_core::evaluate::Table;

use crate::command::{Action, CommandSink};
use crate::state::survey::SurveyRequest;
use crate::ui_kit::Tokens;
use crate::ui_kit::tokens::{Space, type_size};
use crate::view_model::survey::{ScorerModel, TileModel};

/// Width of the widest table, in points.
const TABLE: f32 = 740.0;

/// Paints the numbers that matter most, and the mistakes.
pub(super) fn summary_ui(ui: &mut Ui, model: &ScorerModel, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    ui.horizontal_wrapped(|ui| model.tiles.iter().for_each(|tile| tile_ui(ui, tile, &tokens)));
    ui.add_space(Space::of(ui).small);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(format!("{} · list:", model.threshold)).small().color(tokens.muted));
        for wrong in &model.wrong {
            let text = format!("{} {}", wrong.traces, wrong.title);
            let button = ui.add_enabled(wrong.traces > 0, eframe::egui::Button::new(&text));
            button.widget_info(|| WidgetInfo::labeled(Role::Button, wrong.traces > 0, format!("List {text}")));
            if button.on_hover_text(&wrong.hint).clicked() {
                sink.push(Action::Survey(SurveyRequest::Wrong(wrong.failure)));
            }
        }
    });
    for note in &model.notes {
        ui.add(Label::new(RichText::new(format!("Note: {note}")).small().color(tokens.muted)).wrap());
    }
    ui.add_space(Space::of(ui).small);
}

pub(super) fn tile_ui(ui: &mut Ui, tile: &TileModel, tokens: &Tokens) {
    let frame = Frame::new()
        .fill(tokens.card)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(CornerRadius::same(5))
        .inner_margin(Margin::symmetric(10, 6));
    let shown = frame.show(ui, |ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.add(Label::new(RichText::new(tile.title).small().color(tokens.muted)).selectable(false));
            ui.label(RichText::new(&tile.value).size(type_size::HEADING).strong());
            ui.add(Label::new(RichText::new(&tile.detail).small().color(tokens.muted)).selectable(false));
        });
    });
    shown.response.on_hover_text(tile.hint);
}

/// Paints the tables, as many side by side as have room.
pub(super) fn tables_ui(ui: &mut Ui, tables: &[Table]) {
    let tokens = Tokens::of(ui);
    ui.add_space(Space::of(ui).large);
    let mut across = 1;
    while across < 4 && ui.available_width() / ((across + 1) as f32) >= TABLE {
        across += 1;
    }
    ui.columns(across, |columns| {
        for (number, table) in tables.iter().enumerate() {
            if let Some(column) = columns.get_mut(number % across) {
                table_ui(column, number, table, &tokens);
                column.add_space(Space::of(column).large);
            }
        }
    });
    ui.add_space(Space::of(ui).wide);
}

fn table_ui(ui: &mut Ui, number: usize, table: &Table, tokens: &Tokens) {
    ui.spacing_mut().item_spacing = eframe::egui::vec2(12.0, 3.0);
    ui.label(RichText::new(&table.title).strong());
    Grid::new(("survey table", number)).striped(true).show(ui, |ui| {
        for head in &table.heads {
            ui.label(RichText::new(head).small().color(tokens.muted));
        }
        ui.end_row();
        for row in &table.rows {
            for (column, cell) in row.iter().enumerate() {
                let colour = if column == 0 { tokens.text } else { tokens.muted };
                ui.label(RichText::new(cell).small().color(colour));
            }
            ui.end_row();
        }
    });
}
