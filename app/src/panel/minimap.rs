//! Paints the map of the whole trace; a click shows the step there, a drag scrolls.

use eframe::egui::{
    Color32, CornerRadius, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo,
};
use eframe::egui::{pos2, vec2};
use stepscope_core::model::StepKind;

use crate::ui_kit::{Tokens, focus_ring};
use crate::view_model::minimap::{Band, Mark, MinimapModel};

/// Width of the strip, in points.
pub const MAP_WIDTH: f32 = 76.0;

/// What the pointer asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pointed {
    /// To show the step at that position of the path.
    Show(usize),
    /// To scroll to that step, so far into it.
    Scroll(usize, f32),
}

/// Left edges and widths of the columns, in points.
const KIND: (f32, f32) = (3.0, 10.0);
const BAR: (f32, f32) = (16.0, 26.0);
const OWN: f32 = 50.0;
const IMPORTED: f32 = 62.0;
const FOUND: (f32, f32) = (70.0, 6.0);

/// Paints the map. `hover` tells what is said of the step at a position.
pub fn minimap_ui(ui: &mut Ui, model: &MinimapModel, hover: impl Fn(usize) -> Option<String>) -> Option<Pointed> {
    let tokens = Tokens::of(ui);
    let size = vec2(MAP_WIDTH, ui.available_height());
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let name = format!("Map of the trace, step {} of {}", model.selected + 1, model.steps);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    focus_ring(ui, &response, &tokens);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, CornerRadius::same(3), tokens.panel);
    let mut shapes = Vec::with_capacity(model.bands.len() * 3);
    for band in &model.bands {
        band_shapes(&mut shapes, band, rect.min, model, &tokens);
    }
    painter.extend(shapes);
    frames_ui(&painter, rect, model, &tokens);
    let pointed = response.interact_pointer_pos().and_then(|at| model.at(at.y - rect.top()));
    let under = response.hover_pos().and_then(|at| model.at(at.y - rect.top())).map(|(position, _)| position);
    if let Some(text) = under.filter(|_| !response.dragged()).and_then(hover) {
        response.clone().on_hover_text_at_pointer(text);
    }
    match pointed {
        Some((position, _)) if response.clicked() => Some(Pointed::Show(position)),
        Some((position, share)) if response.dragged() => Some(Pointed::Scroll(position, share)),
        _ => None,
    }
}

/// What is on screen, and the selected step, above the bands.
fn frames_ui(painter: &Painter, rect: Rect, model: &MinimapModel, tokens: &Tokens) {
    if let Some((top, bottom)) = model.frame {
        let frame = Rect::from_min_max(rect.min + vec2(0.5, top), pos2(rect.right() - 0.5, rect.top() + bottom));
        let frame = frame.expand2(vec2(0.0, (6.0 - frame.height()).max(0.0) / 2.0));
        painter.rect_filled(frame, CornerRadius::same(2), tokens.accent.gamma_multiply(0.10));
        painter.rect_stroke(frame, CornerRadius::same(2), Stroke::new(1.0, tokens.muted), StrokeKind::Inside);
    }
    if let Some((top, bottom)) = model.edges(model.selected) {
        let middle = rect.top() + f32::midpoint(top, bottom);
        let line = Rect::from_min_max(
            pos2(rect.left(), (rect.top() + top).min(middle - 1.0)),
            pos2(rect.left() + 2.5, (rect.top() + bottom).max(middle + 1.0)),
        );
        painter.rect_filled(line, CornerRadius::ZERO, tokens.accent);
        let arrow = [
            pos2(rect.left() + 2.0, middle - 4.0),
            pos2(rect.left() + 8.0, middle),
            pos2(rect.left() + 2.0, middle + 4.0),
        ];
        painter.add(Shape::convex_polygon(arrow.to_vec(), tokens.accent, Stroke::new(1.0, tokens.panel)));
    }
}

fn band_shapes(shapes: &mut Vec<Shape>, band: &Band, origin: Pos2, model: &MinimapModel, tokens: &Tokens) {
    let (top, bottom) = (origin.y + band.edges.0, origin.y + band.edges.1);
    // A thin gap tells neighbours apart where there is room for one.
    let bottom = if bottom - top > 4.0 { bottom - 1.0 } else { bottom };
    let mut fill = |left: f32, width: f32, colour: Color32| {
        let area = Rect::from_min_max(pos2(origin.x + left, top), pos2(origin.x + left + width, bottom));
        shapes.push(Shape::rect_filled(area, CornerRadius::ZERO, colour));
    };
    let (from, to, colour) = kind_look(band.kind, tokens);
    fill(KIND.0 + from * KIND.1, (to - from) * KIND.1, colour);
    match band.score {
        Some((share, tone)) => {
            fill(BAR.0, BAR.1, tokens.line.gamma_multiply(0.5));
            fill(BAR.0, (BAR.1 * share).max(1.5), tokens.tone(tone));
        }
        None if !model.has_scores => fill(BAR.0, (BAR.1 * band.length).max(1.0), tokens.muted.gamma_multiply(0.55)),
        None => {}
    }
    if band.found {
        fill(FOUND.0, FOUND.1, tokens.unsure);
    }
    let middle = f32::midpoint(top, bottom);
    if let Some(mark) = band.own {
        mark_shapes(shapes, mark, pos2(origin.x + OWN, middle), true, tokens);
    }
    if let Some(mark) = band.imported {
        mark_shapes(shapes, mark, pos2(origin.x + IMPORTED, middle), false, tokens);
    }
    if band.failed {
        let at = pos2(origin.x + KIND.0 + KIND.1 / 2.0, middle);
        cross(shapes, at, 4.0, Stroke::new(3.5, tokens.panel));
        cross(shapes, at, 4.0, Stroke::new(1.8, tokens.bad));
    }
}

/// Where across its column a kind is drawn, and in which colour: neither alone has to be told.
const fn kind_look(kind: StepKind, tokens: &Tokens) -> (f32, f32, Color32) {
    match kind {
        StepKind::Thought => (0.0, 1.0, tokens.neutral),
        StepKind::Answer => (0.0, 1.0, tokens.accent),
        StepKind::ToolCall | StepKind::Action => (0.0, 0.45, tokens.series[1]),
        StepKind::ToolResult | StepKind::Observation => (0.55, 1.0, tokens.series[1]),
        StepKind::Message => (0.15, 0.85, tokens.series[0]),
        StepKind::Code => (0.25, 0.75, tokens.series[2]),
        StepKind::Critique => (0.6, 1.0, tokens.series[2]),
        StepKind::System | StepKind::State | StepKind::Note | StepKind::Other => (0.35, 0.65, tokens.muted),
    }
}

/// Each mark has a form of its own; those of the data are drawn thin.
fn mark_shapes(shapes: &mut Vec<Shape>, mark: Mark, at: Pos2, is_own: bool, tokens: &Tokens) {
    let colour = tokens.tone(mark.tone());
    let line = Stroke::new(if is_own { 2.0 } else { 1.2 }, colour);
    match mark {
        Mark::FirstError => {
            let flag = [at + vec2(-5.0, -4.5), at + vec2(5.0, -4.5), at + vec2(0.0, 4.5)];
            let fill = if is_own { colour } else { Color32::TRANSPARENT };
            shapes.push(Shape::convex_polygon(flag.to_vec(), fill, line));
        }
        Mark::Bad => cross(shapes, at, 3.0, line),
        Mark::Good if is_own => shapes.push(Shape::circle_filled(at, 3.2, colour)),
        Mark::Good => shapes.push(Shape::circle_stroke(at, 2.6, line)),
        Mark::Neutral => shapes.push(Shape::line_segment([at - vec2(3.5, 0.0), at + vec2(3.5, 0.0)], line)),
        Mark::Unsure => {
            let up = [at + vec2(-3.5, 2.5), at + vec2(0.0, -3.0), at + vec2(3.5, 2.5)];
            shapes.push(Shape::line(up.to_vec(), line));
        }
        Mark::Other => shapes.push(Shape::circle_filled(at, 1.6, colour)),
    }
}

fn cross(shapes: &mut Vec<Shape>, at: Pos2, size: f32, line: Stroke) {
    shapes.push(Shape::line_segment([at - vec2(size, size), at + vec2(size, size)], line));
    shapes.push(Shape::line_segment([at + vec2(-size, size), at + vec2(size, -size)], line));
}
