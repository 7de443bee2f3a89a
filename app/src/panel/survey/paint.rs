//! Paints axes, marks and legend of a figure.

use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, TextStyle, Ui, pos2, vec2,
};

use super::plane::{Plane, fitted};
use crate::ui_kit::Tokens;
use crate::ui_kit::colours::contrast;
use crate::view_model::survey::{FigureModel, FigureShape, SeriesModel};

/// Height of a line of small text, in points.
pub(super) const LINE: f32 = 14.0;

/// Lines of fewer points than this have dots.
const DOTTED: usize = 40;

/// The field between the axes, and what stands around it.
pub(super) fn axes_ui<'a>(
    ui: &Ui,
    painter: &Painter,
    room: Rect,
    figure: &'a FigureModel,
    tokens: &Tokens,
) -> Plane<'a> {
    let colour = tokens.muted;
    let widest = if figure.y.is_named { room.width() * 0.36 } else { 60.0 };
    let texts = figure.y.ticks.iter().map(|(at, text)| (*at, fitted(ui, text, widest, colour)));
    let texts: Vec<_> = texts.collect();
    let left = texts.iter().map(|(_, text)| text.size().x).fold(0.0, f32::max) + 6.0;
    // The name of the vertical axis stands above it.
    let top = match (figure.y.label.is_empty(), figure.y.is_named) {
        (true, _) => 4.0,
        (false, true) => LINE + 1.0,
        // Its highest number needs room as well.
        (false, false) => LINE + 7.0,
    };
    let under = if figure.x.label.is_empty() { LINE } else { 2.0 * LINE };
    let rect = Rect::from_min_max(room.min + vec2(left, top), room.max - vec2(8.0, under));
    let plane = Plane { rect, figure };
    let faint = Stroke::new(1.0, tokens.line);
    if !figure.y.label.is_empty() {
        let label = fitted(ui, &figure.y.label, room.width(), colour);
        painter.galley(room.min, label, colour);
    }
    let mut free = f32::INFINITY;
    for (at, text) in texts {
        let y = plane.y(at);
        if !figure.y.is_named {
            painter.hline(rect.x_range(), y, faint);
        }
        let size = text.size();
        if y + size.y / 2.0 <= free || figure.y.is_named && (y - free).abs() >= size.y {
            painter.galley(pos2(rect.left() - 5.0 - size.x, y - size.y / 2.0), text, colour);
            free = if figure.y.is_named { y } else { y - size.y / 2.0 };
        }
    }
    x_axis(ui, painter, &plane, tokens);
    if figure.diagonal {
        let ends = [rect.left_bottom(), rect.right_top()];
        painter.extend(Shape::dashed_line(&ends, Stroke::new(1.0, colour), 4.0, 4.0));
    }
    plane
}

fn x_axis(ui: &Ui, painter: &Painter, plane: &Plane<'_>, tokens: &Tokens) {
    let (rect, axis) = (plane.rect, &plane.figure.x);
    painter.hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, tokens.muted.gamma_multiply(0.6)));
    let count = u16::try_from(axis.ticks.len()).unwrap_or(u16::MAX).max(1);
    let room = if axis.is_named { rect.width() / f32::from(count) - 4.0 } else { 60.0 };
    let mut free = f32::NEG_INFINITY;
    for (at, text) in &axis.ticks {
        let x = plane.x(*at);
        if plane.figure.y.is_named && plane.figure.shape == FigureShape::Bars {
            painter.vline(x, rect.y_range(), Stroke::new(1.0, tokens.line));
        }
        let text = fitted(ui, text, room, tokens.muted);
        let left = x - text.size().x / 2.0;
        if left >= free {
            free = left + text.size().x + 6.0;
            painter.galley(pos2(left, rect.bottom() + 2.0), text, tokens.muted);
        }
    }
    if !axis.label.is_empty() {
        let label = fitted(ui, &axis.label, rect.width() + 40.0, tokens.muted);
        painter.galley(pos2(rect.right() - label.size().x, rect.bottom() + 2.0 + LINE), label, tokens.muted);
    }
}

/// The names of the series, as many as have room; gives where the next line begins.
pub(super) fn legend_ui(ui: &Ui, painter: &Painter, room: Rect, figure: &FigureModel, tokens: &Tokens) -> f32 {
    let named: Vec<&SeriesModel> =
        figure.series.iter().filter(|series| !series.faint && !series.marks.is_empty()).collect();
    if figure.shape == FigureShape::Cells || named.len() < 2 {
        return room.top();
    }
    let mut at = room.min;
    let mut lines = 1;
    for series in &named {
        let text = fitted(ui, &series.name, 150.0, tokens.muted);
        let width = text.size().x + 13.0;
        if at.x + width > room.right() && at.x > room.left() {
            at = pos2(room.left(), at.y + LINE);
            lines += 1;
            if lines > 3 {
                break;
            }
        }
        let (top, height) = if series.dashed { (6.0, 2.5) } else { (3.0, 8.0) };
        let swatch = Rect::from_min_size(at + vec2(0.0, top), vec2(8.0, height));
        painter.rect_filled(swatch, 2.0, tokens.shade(series.shade));
        painter.galley(at + vec2(12.0, 0.0), text, tokens.muted);
        at.x += width + 10.0;
    }
    at.y + LINE + 2.0
}

/// All marks, those of single traces behind.
pub(super) fn marks_ui(ui: &Ui, painter: &Painter, plane: &Plane<'_>, tokens: &Tokens) {
    let painter = painter.with_clip_rect(plane.rect.expand(4.0).intersect(painter.clip_rect()));
    let (faint, main): (Vec<&SeriesModel>, Vec<&SeriesModel>) =
        plane.figure.series.iter().partition(|series| series.faint);
    for series in faint.into_iter().chain(main.into_iter().rev()) {
        let colour = tokens.shade(series.shade);
        match plane.figure.shape {
            FigureShape::Bars => bars(ui, &painter, plane, series, colour, tokens),
            FigureShape::Lines => line(&painter, plane, series, colour, tokens),
            FigureShape::Cells => cells(ui, &painter, plane, series, colour, tokens),
        }
    }
}

fn bars(ui: &Ui, painter: &Painter, plane: &Plane<'_>, series: &SeriesModel, colour: Color32, tokens: &Tokens) {
    for mark in &series.marks {
        let area = plane.area(mark);
        painter.rect_filled(area, CornerRadius::ZERO, colour);
        let Some([low, high]) = mark.interval else { continue };
        if !mark.words.is_empty() && area.height() >= LINE - 3.0 {
            let behind = plane.x(high.max(mark.x[1])) + 4.0;
            let words = fitted(ui, &mark.words, 90.0, tokens.muted);
            // Where there is no room behind, it stands in the bar.
            let room = plane.rect.right() + 4.0 - words.size().x;
            let within =
                if contrast(tokens.text, colour) > contrast(tokens.card, colour) { tokens.text } else { tokens.card };
            let (left, colour) =
                if behind <= room { (behind, tokens.muted) } else { (plane.rect.left() + 4.0, within) };
            painter.galley_with_override_text_color(pos2(left, area.center().y - words.size().y / 2.0), words, colour);
        }
        let stroke = Stroke::new(1.0, tokens.text.gamma_multiply(0.7));
        if plane.figure.y.is_named {
            painter.hline(plane.x(low)..=plane.x(high), area.center().y, stroke);
        } else {
            painter.vline(area.center().x, plane.y(high)..=plane.y(low), stroke);
        }
    }
}

fn line(painter: &Painter, plane: &Plane<'_>, series: &SeriesModel, colour: Color32, tokens: &Tokens) {
    let colour = if series.faint { tokens.muted.gamma_multiply(0.35) } else { colour };
    let stroke = Stroke::new(if series.faint { 1.0 } else { 1.8 }, colour);
    let draw = |run: Vec<Pos2>| {
        if series.dashed {
            painter.extend(Shape::dashed_line(&run, stroke, 6.0, 4.0));
        } else {
            painter.line(run, stroke);
        }
    };
    let mut run: Vec<Pos2> = Vec::new();
    let mut last = None;
    for mark in &series.marks {
        // Where nothing was counted between two points, there is no line.
        if last.is_some_and(|last| mark.number > last + 1) {
            draw(std::mem::take(&mut run));
        }
        run.push(plane.point(mark));
        last = Some(mark.number);
        if !series.faint
            && let Some([low, high]) = mark.interval
        {
            let whisker = Stroke::new(1.0, colour.gamma_multiply(0.45));
            painter.vline(plane.point(mark).x, plane.y(high)..=plane.y(low), whisker);
        }
    }
    draw(run);
    if !series.faint && series.marks.len() <= DOTTED {
        series.marks.iter().for_each(|mark| _ = painter.circle_filled(plane.point(mark), 2.4, colour));
    }
}

fn cells(ui: &Ui, painter: &Painter, plane: &Plane<'_>, series: &SeriesModel, colour: Color32, tokens: &Tokens) {
    let (font, small) = (TextStyle::Heading.resolve(ui.style()), TextStyle::Small.resolve(ui.style()));
    for mark in &series.marks {
        let area = plane.area(mark).shrink(if mark.words.is_empty() { 0.0 } else { 1.5 });
        // A little of it also where it is rare.
        let strength = 0.08 + 0.6 * mark.strength;
        painter.rect_filled(area, 2.0, tokens.card.lerp_to_gamma(colour, strength));
        let Some((count, share)) = mark.words.split_once('\n') else { continue };
        let middle = area.center();
        painter.text(middle, Align2::CENTER_BOTTOM, count, font.clone(), tokens.text);
        painter.text(middle, Align2::CENTER_TOP, share, small.clone(), tokens.text);
    }
}

/// A line around the mark that is meant.
pub(super) fn meant_ui(painter: &Painter, plane: &Plane<'_>, (series, at): (usize, usize), tokens: &Tokens) {
    let Some(mark) = plane.figure.series.get(series).and_then(|series| series.marks.get(at)) else { return };
    if plane.figure.shape == FigureShape::Lines {
        painter.circle_stroke(plane.point(mark), 5.0, Stroke::new(1.5, tokens.accent));
    } else {
        painter.rect_stroke(plane.area(mark), 1.0, Stroke::new(1.5, tokens.accent), StrokeKind::Outside);
    }
}
