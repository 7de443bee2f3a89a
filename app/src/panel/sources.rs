//! Paints label sources side by side: their names above the steps, and under each step what each of them says, in the
//! same columns.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    Align, Color32, FontId, Galley, Id, Label, Layout, Rangef, Rect, RichText, Role, Sense, Stroke, StrokeKind,
    TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use crate::command::{Command, CommandSink, KeyMap};
use crate::ui_kit::Tokens;
use crate::view_model::sources::{SourceHead, SourcesModel, SourcesRow};

/// Height of the line under a step, in points.
pub const LINE: f32 = 18.0;

/// Where the sign of a difference stands.
const SIGN: f32 = 18.0;

/// Narrowest and widest column: so wide that “✖ first error” can be read, and no wider than the eye follows.
const COLUMN: (f32, f32) = (78.0, 150.0);

/// How strongly a step on which sources differ is marked.
const TINT: f32 = 0.13;

/// Where the columns stand.
#[derive(Clone, Copy)]
struct Columns {
    left: f32,
    width: f32,
    /// How many there is room for.
    shown: usize,
}

impl Columns {
    fn new(span: Rangef, count: usize) -> Self {
        let room = (span.span() - SIGN).max(0.0);
        let mut shown = count;
        while shown > 1 && room / (shown as f32) < COLUMN.0 {
            shown -= 1;
        }
        let width = (room / shown.max(1) as f32).min(COLUMN.1);
        Self { left: span.min + SIGN, width, shown }
    }

    fn at(&self, number: usize) -> Rangef {
        let left = self.left + self.width * number as f32;
        Rangef::new(left, left + self.width)
    }
}

/// Paints the line above the steps; `span` is where the texts of the cards stand.
pub fn sources_head_ui(ui: &mut Ui, model: &SourcesModel, span: Rangef, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.add_space((span.min - ui.cursor().left()).max(0.0));
        ui.add(Label::new(RichText::new("Sources").small().strong().color(tokens.muted)).selectable(false));
        let right = ui.max_rect().right() - span.max;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(right.max(0.0));
            let choose = ui.small_button("Choose…").on_hover_ui(|ui| {
                ui.label(KeyMap::of(ui).fill("Which label sources are compared, {view.choose_sources}"));
            });
            choose.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Choose label sources"));
            if choose.clicked() {
                sink.run(Command::ChooseSources);
            }
            for (sign, command, name) in [
                ("▼", Command::NextDisagreement, "Next disagreement"),
                ("▲", Command::PreviousDisagreement, "Previous disagreement"),
            ] {
                if !model.differ {
                    continue;
                }
                let button = ui.small_button(sign).on_hover_ui(|ui| {
                    ui.label(KeyMap::of(ui).fill(&format!("{name}, {{{}}}", command.spec().id)));
                });
                button.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
                if button.clicked() {
                    sink.run(command);
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let colour = if model.differ { tokens.unsure } else { tokens.muted };
                let text = KeyMap::of(ui).fill(&model.summary);
                ui.add(Label::new(RichText::new(text).small().color(colour)).truncate());
            });
        });
    });
    if model.heads.is_empty() {
        return;
    }
    let columns = Columns::new(span, model.heads.len());
    let small = TextStyle::Small.resolve(ui.style());
    let heads = model.heads.iter().take(columns.shown);
    let names: Vec<Arc<Galley>> =
        heads.clone().map(|head| name_galley(ui, &head.name, columns.width - 6.0, &small, tokens.text)).collect();
    let above = names.iter().map(|name| name.size().y).fold(0.0, f32::max);
    let size = vec2(ui.available_width(), above + small.size + 6.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    for (number, (head, name)) in heads.zip(names).enumerate() {
        let place = Rect::from_x_y_ranges(columns.at(number), rect.y_range());
        // At the foot of the line, so that first errors stand side by side under them.
        let foot = place.top() + above;
        ui.painter().galley(pos2(place.left(), foot - name.size().y), name, tokens.text);
        text_ui(
            ui,
            &head.first_error,
            pos2(place.left(), foot + 1.0),
            place.width() - 6.0,
            &small,
            tokens.tone(head.tone),
        );
        hint_ui(ui, head, place, number);
    }
    let left_out = model.heads.len() - columns.shown;
    if left_out > 0 {
        let text = format!("{left_out} more have no room; hide a panel, or choose fewer");
        ui.label(RichText::new(text).small().color(tokens.muted));
    }
    ui.painter().hline(span, ui.cursor().top(), Stroke::new(1.0, tokens.line));
    ui.add_space(6.0);
}

fn hint_ui(ui: &Ui, head: &SourceHead, place: Rect, number: usize) {
    let response = ui.interact(place, Id::unique(("label source", number)), Sense::hover());
    let words = format!("Source {}: {}", head.name, head.first_error);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    response.on_hover_text(&head.hint);
}

/// The name of a source on two lines at most: names of models begin alike and differ at their ends.
pub(crate) fn name_galley(ui: &Ui, name: &str, room: f32, font: &FontId, colour: Color32) -> Arc<Galley> {
    let wrap = TextWrapping { max_width: room.max(1.0), max_rows: 2, break_anywhere: true, ..TextWrapping::default() };
    ui.painter().layout_job(LayoutJob { wrap, ..LayoutJob::simple(name.to_owned(), font.clone(), colour, room) })
}

/// Paints what the sources say of one step, in the room of its card.
pub fn sources_row_ui(ui: &mut Ui, row: &SourcesRow, id: Id) {
    let tokens = Tokens::of(ui);
    let span = ui.max_rect().x_range();
    let (rect, _) = ui.allocate_exact_size(vec2(span.span(), LINE), Sense::hover());
    let columns = Columns::new(rect.x_range(), row.cells.len());
    let painter = ui.painter();
    let small = TextStyle::Small.resolve(ui.style());
    let top = rect.center().y - small.size * 0.65;
    if row.differs {
        let shown = columns.at(columns.shown.saturating_sub(1)).max;
        let band = Rect::from_x_y_ranges(rect.left()..=shown, rect.y_range());
        painter.rect_filled(band, 3.0, tokens.unsure.gamma_multiply(TINT));
        text_ui(ui, "≠", pos2(rect.left() + 4.0, top), SIGN, &small, tokens.unsure);
    }
    for (number, cell) in row.cells.iter().take(columns.shown).enumerate() {
        let (place, colour) = (columns.at(number), tokens.tone(cell.tone));
        let width = text_ui(ui, &cell.text, pos2(place.min, top), place.span() - 6.0, &small, colour);
        if cell.is_first {
            let around = Rect::from_x_y_ranges(
                place.min - 4.0..=place.min + width + 4.0,
                rect.shrink2(vec2(0.0, 1.5)).y_range(),
            );
            ui.painter().rect_stroke(around, 3.0, Stroke::new(1.2, colour), StrokeKind::Inside);
        }
    }
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &row.name));
}

/// Paints a text on one line, cut where it has no room; gives its width.
fn text_ui(ui: &Ui, text: &str, at: eframe::egui::Pos2, room: f32, font: &FontId, colour: Color32) -> f32 {
    let galley = ui.painter().layout_job(LayoutJob {
        wrap: TextWrapping::truncate_at_width(room.max(1.0)),
        ..LayoutJob::simple_singleline(text.to_owned(), font.clone(), colour)
    });
    let width = galley.size().x;
    ui.painter().galley(at, galley, colour);
    width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_can_be_read() {
        let columns = |room: f32, count: usize| {
            let columns = Columns::new(Rangef::new(10.0, 10.0 + SIGN + room), count);
            (columns.shown, columns.width)
        };
        assert_eq!(columns(500.0, 4), (4, 125.0));
        assert_eq!(columns(1000.0, 3), (3, 150.0), "the eye need not jump");
        assert_eq!(columns(400.0, 9), (5, 80.0), "what has no room is counted, not squeezed");
        assert_eq!(columns(20.0, 2).0, 1);
        assert_eq!(columns(300.0, 0).0, 0);
    }
}
