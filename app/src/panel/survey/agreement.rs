//! Paints how far label sources agree: all together, and each with each as a matrix.

use eframe::egui::{
    Align2, Id, Label, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, pos2,
    vec2,
};

use crate::command::{Action, Command, CommandSink, KeyMap};
use crate::panel::sources::name_galley;
use crate::state::sources::SourcesRequest;
use crate::state::survey::{Measure, SurveyRequest, SurveyState};
use crate::ui_kit::tokens::{Space, type_size};
use crate::ui_kit::{Tokens, focus_ring};
use crate::view_model::canvas::shade::Shade;
use crate::view_model::survey::{AgreementCell, AgreementModel, measure_name};

/// Smallest and largest cell, in points.
const CELL: (f32, f32) = (84.0, 132.0);
const HEIGHT: f32 = 56.0;

/// Width of the names at the left.
const NAMES: f32 = 120.0;

/// Height of the names above.
const HEADS: f32 = 34.0;

/// How strongly a cell has its colour.
const TINT: f32 = 0.16;

/// Paints what can be chosen.
pub(super) fn agreement_controls_ui(ui: &mut Ui, state: &SurveyState, sink: &mut CommandSink) {
    for measure in [Measure::Alpha, Measure::Kappa, Measure::FirstError] {
        let name = measure_name(measure);
        if ui.selectable_label(state.measure == measure, name).clicked() {
            sink.push(Action::Survey(SurveyRequest::Measure(measure)));
        }
    }
    let choose = ui.button("Label sources…").on_hover_ui(|ui| {
        ui.label(KeyMap::of(ui).fill("Which are compared, {view.choose_sources}"));
    });
    if choose.clicked() {
        sink.run(Command::ChooseSources);
    }
}

/// Paints the page.
pub(super) fn agreement_ui(ui: &mut Ui, model: &AgreementModel, state: &SurveyState, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    if let Some(problem) = &model.problem {
        ui.add_space(Space::of(ui).wide);
        let text = KeyMap::of(ui).fill(problem);
        ui.vertical_centered(|ui| ui.add(Label::new(RichText::new(text).weak()).wrap()));
        return;
    }
    ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| model.tiles.iter().for_each(|tile| super::scorer::tile_ui(ui, tile, &tokens)));
        ui.add_space(Space::of(ui).small);
        ui.add(Label::new(RichText::new(model.caption).small().color(tokens.muted)).wrap());
        ui.add_space(Space::of(ui).small);
        matrix_ui(ui, model, state, &tokens, sink);
    });
}

fn matrix_ui(ui: &mut Ui, model: &AgreementModel, state: &SurveyState, tokens: &Tokens, sink: &mut CommandSink) {
    let count = model.names.len();
    let room = (ui.clip_rect().width() - NAMES - 12.0) / count.max(1) as f32;
    let size = vec2(room.clamp(CELL.0, CELL.1).floor(), HEIGHT);
    let whole = vec2(NAMES + size.x * count as f32, HEADS + size.y * count as f32);
    let (rect, _) = ui.allocate_exact_size(whole, Sense::hover());
    let small = TextStyle::Small.resolve(ui.style());
    for (number, (name, written)) in model.names.iter().enumerate() {
        let along = number as f32;
        let head = Rect::from_min_size(rect.min + vec2(NAMES + size.x * along, 0.0), vec2(size.x, HEADS));
        let side = Rect::from_min_size(rect.min + vec2(0.0, HEADS + size.y * along), vec2(NAMES, size.y));
        for (which, place) in [("above", head), ("left", side)] {
            let galley = name_galley(ui, name, place.width() - 8.0, &small, tokens.text);
            let room = place.size() - galley.size();
            let at = if which == "above" { vec2(room.x / 2.0, room.y - 3.0) } else { vec2(2.0, room.y / 2.0) };
            ui.painter().galley(place.min + at, galley, tokens.text);
            let response = ui.interact(place, Id::unique(("agreement name", which, number)), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
            response.on_hover_text(written);
        }
    }
    for (row, cells) in model.cells.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let at = vec2(NAMES + size.x * column as f32, HEADS + size.y * row as f32);
            let place = Rect::from_min_size(rect.min + at, size).shrink(1.5);
            let is_selected = state.at == row * count + column;
            ui.painter().rect_filled(place, 4.0, if cell.is_some() { tokens.card } else { tokens.panel });
            if let Some(cell) = cell {
                cell_ui(ui, cell, place, (row, column), is_selected, sink);
            }
            if is_selected {
                ui.painter().rect_stroke(place, 4.0, Stroke::new(1.5, tokens.accent), StrokeKind::Inside);
                if state.scroll {
                    ui.scroll_to_rect(place, None);
                }
            }
        }
    }
}

fn cell_ui(ui: &Ui, cell: &AgreementCell, place: Rect, at: (usize, usize), is_selected: bool, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    let response = ui.interact(place, Id::unique(("agreement cell", at)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, &cell.name));
    if let Some(share) = cell.share {
        #[expect(clippy::cast_possible_truncation, reason = "a colour")]
        let colour = tokens.shade(Shade::Scale(share as f32));
        ui.painter().rect_filled(place, 4.0, colour.gamma_multiply(TINT));
    }
    let small = TextStyle::Small.resolve(ui.style());
    let large = eframe::egui::FontId { size: type_size::HEADING, ..small.clone() };
    let centre = place.center().x;
    let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
    painter.text(pos2(centre, place.top() + 13.0), Align2::CENTER_CENTER, &cell.value, large, tokens.text);
    painter.text(pos2(centre, place.top() + 29.0), Align2::CENTER_CENTER, &cell.interval, small.clone(), tokens.muted);
    painter.text(pos2(centre, place.top() + 43.0), Align2::CENTER_CENTER, &cell.count, small, tokens.muted);
    focus_ring(ui, &response, &tokens);
    if response.hovered() {
        ui.painter().rect_stroke(place, 4.0, Stroke::new(1.0, tokens.accent), StrokeKind::Inside);
    }
    if response.on_hover_text(&cell.hint).clicked() {
        let [a, b] = cell.pair.clone();
        sink.push(Action::Sources(SourcesRequest::ListDisputed(a, b)));
    }
}
