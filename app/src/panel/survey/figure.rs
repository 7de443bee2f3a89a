//! One figure: its frame, its menu, and what is asked of it with the mouse.

use std::ops::Range;

use eframe::egui::{
    Align, Id, Label, Layout, Popup, Pos2, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    Vec2, WidgetInfo, pos2,
};

use super::paint::{axes_ui, legend_ui, marks_ui, meant_ui};
use super::plane::Plane;
use crate::ui_kit::{Tokens, clicked_for_others};
use crate::view_model::survey::{FigureModel, FigureShape, MarkModel, number_text};

/// What was asked of a figure.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FigureAsk {
    Select,
    Enlarge,
    /// Series, and which of its counted marks.
    List(usize, usize),
    /// The same, of what the mark does not count.
    ListOthers(usize, usize),
    Span(Range<usize>),
    /// All of these: series and marks.
    Marks(Vec<(usize, usize)>),
    Line(f64),
    Svg,
    Csv,
    Hide,
    Copy,
}

/// How a figure is shown.
pub(super) struct FigureFrame {
    pub(super) at: usize,
    pub(super) selected: bool,
    pub(super) enlarged: bool,
    /// The mark that the keys go to.
    pub(super) mark: Option<usize>,
}

/// Figures with fewer marks than this name each of them.
const NAMED: usize = 48;

/// With the keys that facets know, all others are meant.
fn clicked_mark(ui: &Ui, series: usize, mark: usize) -> FigureAsk {
    if clicked_for_others(ui) { FigureAsk::ListOthers(series, mark) } else { FigureAsk::List(series, mark) }
}

/// Paints a figure of that size; gives what was asked of it.
pub(super) fn figure_ui(ui: &mut Ui, model: &FigureModel, size: Vec2, frame: &FigureFrame) -> Option<FigureAsk> {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK | Sense::DRAG);
    if !ui.is_rect_visible(rect) {
        name(&response, model);
        return None;
    }
    let edge = if frame.selected { tokens.accent } else { tokens.line };
    ui.painter().rect(rect, 5.0, tokens.card, Stroke::new(1.0, edge), StrokeKind::Inside);
    name(&response, model);
    let inner = rect.shrink2(eframe::egui::vec2(10.0, 7.0));
    let mut asked = head_ui(ui, inner, model, frame);
    let painter = ui.painter_at(rect);
    let below = Rect::from_min_max(pos2(inner.left(), inner.top() + 22.0), inner.max);
    let top = legend_ui(ui, &painter, below, model, &tokens);
    let room = Rect::from_min_max(pos2(below.left(), top), below.max);
    let plane = axes_ui(ui, &painter, room, model, &tokens);
    marks_ui(ui, &painter, &plane, &tokens);
    let pointer = response.hover_pos();
    let mut meant = pointer.and_then(|at| plane.meant(at));
    if let Some(clicked) = named_marks(ui, &plane, frame) {
        asked = asked.or(Some(clicked));
        meant = None;
    }
    let by_key = frame.mark.and_then(|mark| nth(model, mark));
    for place in meant.into_iter().chain(by_key) {
        meant_ui(&painter, &plane, place, &tokens);
    }
    if let Some((series, at)) = meant.or(by_key)
        && let Some(mark) = model.series.get(series).and_then(|series| series.marks.get(at))
    {
        if meant.is_some() {
            response.clone().on_hover_text_at_pointer(told(mark));
        } else {
            painter.text(
                room.right_top(),
                eframe::egui::Align2::RIGHT_TOP,
                mark.text.replace('\n', " · "),
                eframe::egui::TextStyle::Small.resolve(ui.style()),
                tokens.accent,
            );
        }
    }
    let dragged = dragged_ui(ui, &response, &plane, frame, &tokens);
    if response.double_clicked() && meant.is_none() {
        return Some(FigureAsk::Enlarge);
    }
    let clicked = response.clicked().then(|| match meant {
        Some((series, at)) if model.can_list => {
            let number = model.series.get(series).and_then(|series| series.marks.get(at)).map(|mark| mark.number);
            number.map_or(FigureAsk::Select, |number| clicked_mark(ui, series, number))
        }
        _ => FigureAsk::Select,
    });
    asked.or(dragged).or(clicked)
}

fn name(response: &Response, model: &FigureModel) {
    let count: usize = model.series.iter().map(|series| series.marks.len()).sum();
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Figure {}, {count} marks", model.title)));
}

/// The title, what has to be known, and the menu.
fn head_ui(ui: &mut Ui, inner: Rect, model: &FigureModel, frame: &FigureFrame) -> Option<FigureAsk> {
    let head = Rect::from_min_size(inner.min, eframe::egui::vec2(inner.width(), 20.0));
    let mut asked = None;
    // A child that leaves the place of the next figure alone.
    let mut ui = ui.new_child(UiBuilder::new().max_rect(head).id_salt(("figure", frame.at)));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        asked = menu_ui(ui, model, frame);
        let (sign, what) = if frame.enlarged { ("▣", "All figures") } else { ("□", "Enlarge") };
        let enlarge = ui.small_button(sign).on_hover_text(what);
        enlarge.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{what}: {}", model.title)));
        if enlarge.clicked() {
            asked = Some(FigureAsk::Enlarge);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let title = Label::new(RichText::new(&model.title).strong()).truncate().selectable(false);
            let title = ui.add(title);
            if !model.note.is_empty() {
                title.on_hover_text(&model.note);
                let note = RichText::new(&model.note).small().color(Tokens::of(ui).muted);
                // A text that is cut short shows itself whole under the pointer.
                ui.add(Label::new(note).truncate().selectable(false));
            }
        });
    });
    asked
}

fn menu_ui(ui: &mut Ui, model: &FigureModel, frame: &FigureFrame) -> Option<FigureAsk> {
    let button = ui.small_button("⋯").on_hover_text("Copy, save, leave out");
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Menu of {}", model.title)));
    let mut asked = None;
    Popup::menu(&button).id(Id::unique(("figure menu", frame.at))).show(|ui| {
        for (title, ask) in [
            ("Copy as image", FigureAsk::Copy),
            ("Save figure as SVG…", FigureAsk::Svg),
            ("Save data as CSV…", FigureAsk::Csv),
        ] {
            if ui.button(title).clicked() {
                asked = Some(ask);
            }
        }
        if model.can_list && ui.button("Leave this figure out").clicked() {
            asked = Some(FigureAsk::Hide);
        }
    });
    asked
}

/// The mark at that place among all of those that the keys go to.
fn nth(model: &FigureModel, number: usize) -> Option<(usize, usize)> {
    let all = model.series.iter().enumerate().filter(|(_, series)| !series.faint);
    all.flat_map(|(series, of)| (0..of.marks.len()).map(move |at| (series, at))).nth(number)
}

/// Few marks have a name each, so that they can be found and pressed without a mouse.
fn named_marks(ui: &Ui, plane: &Plane<'_>, frame: &FigureFrame) -> Option<FigureAsk> {
    let model = plane.figure;
    let all = || {
        let series = model.series.iter().enumerate().filter(|(_, series)| !series.faint);
        series.flat_map(|(number, series)| series.marks.iter().map(move |mark| (number, mark)))
    };
    if !model.can_list || all().count() > NAMED {
        return None;
    }
    let mut clicked = None;
    for (series, mark) in all() {
        let area = plane.area(mark);
        let response = ui.interact(area, Id::unique(("mark", frame.at, series, mark.number)), Sense::CLICK);
        let text = format!("{}: {}", model.title, mark.text.replace('\n', ", "));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
        if response.clicked() {
            clicked = Some(clicked_mark(ui, series, mark.number));
        }
        if response.hovered() {
            meant_ui(ui.painter(), plane, (series, series_place(model, series, mark.number)), &Tokens::of(ui));
            response.on_hover_text_at_pointer(told(mark));
        }
    }
    clicked
}

/// What a mark tells, and what a click on it does.
fn told(mark: &MarkModel) -> String {
    if mark.hint.is_empty() { mark.text.clone() } else { format!("{}\n{}", mark.text, mark.hint) }
}

fn series_place(model: &FigureModel, series: usize, number: usize) -> usize {
    let marks = model.series.get(series).map(|series| series.marks.as_slice()).unwrap_or_default();
    marks.iter().position(|mark| mark.number == number).unwrap_or(usize::MAX)
}

/// A stretch that is marked out by dragging, or the line that is dragged.
fn dragged_ui(
    ui: &Ui,
    response: &Response,
    plane: &Plane<'_>,
    frame: &FigureFrame,
    tokens: &Tokens,
) -> Option<FigureAsk> {
    let (rect, model) = (plane.rect, plane.figure);
    let painter = ui.painter_at(rect.expand(6.0));
    let begun = Id::unique(("survey drag", frame.at));
    let pointer = response.interact_pointer_pos().filter(|_| response.dragged() || response.drag_stopped());
    if let Some(line) = model.line {
        let moved = pointer.map(|at| plane.value(at.x));
        let x = plane.x(moved.unwrap_or(line));
        painter.vline(x, rect.y_range(), Stroke::new(1.5, tokens.accent));
        if let Some(moved) = moved {
            let font = eframe::egui::TextStyle::Small.resolve(ui.style());
            painter.text(
                pos2(x + 4.0, rect.top()),
                eframe::egui::Align2::LEFT_TOP,
                number_text(moved),
                font,
                tokens.accent,
            );
        }
        return moved.filter(|_| response.drag_stopped()).map(FigureAsk::Line);
    }
    if !model.can_brush && !model.can_box {
        return None;
    }
    if response.drag_started() {
        let from = ui.input(|input| input.pointer.press_origin()).filter(|at| rect.expand(6.0).contains(*at));
        ui.data_mut(|data| match from {
            Some(from) => _ = data.insert_temp(begun, from),
            None => data.remove::<Pos2>(begun),
        });
    }
    let from = ui.data(|data| data.get_temp::<Pos2>(begun))?;
    let mut band = Rect::from_two_pos(from, pointer?).intersect(rect);
    // A stretch of one axis is as wide as the other.
    if model.can_brush {
        band = Rect::from_x_y_ranges(band.x_range(), rect.y_range());
    } else if model.shape == FigureShape::Bars {
        band = Rect::from_x_y_ranges(rect.x_range(), band.y_range());
    }
    painter.rect_filled(band, 0.0, tokens.accent.gamma_multiply(0.18));
    if !response.drag_stopped() {
        return None;
    }
    ui.data_mut(|data| data.remove::<Pos2>(begun));
    if model.can_box {
        let marks = plane.within(band);
        return (!marks.is_empty() && band.width().max(band.height()) > 3.0).then_some(FigureAsk::Marks(marks));
    }
    let (left, right) = (band.left(), band.right());
    let whole = crate::view_model::canvas::whole;
    #[expect(clippy::cast_possible_truncation, reason = "a bin")]
    let bin = |x: f32| plane.value(x) as f32;
    let bins = whole(bin(left).floor())..whole(bin(right).ceil());
    (!bins.is_empty() && right - left > 3.0).then_some(FigureAsk::Span(bins))
}
