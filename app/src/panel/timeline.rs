//! Paints the run of an agent over time: a lane for whoever did something; a click shows the step.

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Painter, Pos2, Rect, Role, Sense, Stroke, StrokeKind, TextStyle, Ui,
    WidgetInfo, pos2, vec2,
};
use stepscope_core::model::StepIndex;

use crate::ui_kit::{Tokens, focus_ring};
use crate::view_model::timeline::{Bar, BarKind, Lane, TimelineModel};

/// Height of a lane, of the line above them and of the room around, in points.
const LANE: f32 = 15.0;
const HEADER: f32 = 17.0;
const AROUND: f32 = 7.0;

/// Room for the names of the lanes, as a part of the width and at most, in points.
const NAMES: (f32, f32) = (0.2, 150.0);

/// A failed call is at least so wide, in points.
const LEAST_FAILED: f32 = 5.0;

/// How high the whole is.
pub fn height_of(model: &TimelineModel) -> f32 {
    HEADER + model.lanes.len() as f32 * LANE + AROUND
}

/// Paints the timeline and gives the step of the bar that was clicked. `hover` tells what is said of a bar.
pub fn timeline_ui(
    ui: &mut Ui,
    model: &TimelineModel,
    selected: StepIndex,
    hover: impl Fn(&Bar) -> Option<String>,
) -> Option<StepIndex> {
    let tokens = Tokens::of(ui);
    let size = vec2(ui.available_width(), HEADER + model.lanes.len() as f32 * LANE);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Timeline, {}", model.header)));
    focus_ring(ui, &response, &tokens);
    let painter = ui.painter_at(rect);
    let font = TextStyle::Small.resolve(ui.style());
    let middle = rect.top() + HEADER / 2.0 - 1.0;
    let drawn = painter.text(pos2(rect.left(), middle), Align2::LEFT_CENTER, &model.header, font.clone(), tokens.text);
    if !model.remark.is_empty() && rect.right() - drawn.right() > 220.0 {
        painter.text(pos2(rect.right(), middle), Align2::RIGHT_CENTER, model.remark, font.clone(), tokens.muted);
    }
    let names = (rect.width() * NAMES.0).min(NAMES.1);
    let area = Rect::from_min_max(rect.min + vec2(names, HEADER), rect.max);
    let place = Place { area, tokens: &tokens, font: &font };
    let chosen = model.bar_of(selected).map(|(_, bar)| bar.step);
    for (at, lane) in model.lanes.iter().enumerate() {
        place.name(&painter, at, lane, rect.left());
        place.lane(&painter, at, lane, chosen);
    }
    for pause in &model.pauses {
        place.pause(&painter, pause.edges);
    }
    if let Some((_, bar)) = model.bar_of(selected) {
        let x = place.x(f32::midpoint(bar.edges.0, bar.edges.1));
        painter.vline(x, area.y_range(), Stroke::new(1.0, tokens.accent.gamma_multiply(0.6)));
    }
    let under = |at: Pos2| {
        let lane = ((at.y - area.top()) / LANE).floor();
        let lane = (0..model.lanes.len()).find(|&number| (number as f32 - lane).abs() < 0.5)?;
        model.bar_at(lane, (at.x - area.left()) / area.width().max(1.0), 4.0 / area.width().max(1.0))
    };
    let pause = |at: Pos2| {
        let x = (at.x - area.left()) / area.width().max(1.0);
        let pause = model.pauses.iter().find(|pause| (pause.edges.0..=pause.edges.1).contains(&x))?;
        Some(format!("A pause of {}", pause.text))
    };
    let told = |at: Pos2| under(at).map_or_else(|| pause(at), &hover);
    if let Some(text) = response.hover_pos().and_then(told) {
        response.clone().on_hover_text_at_pointer(text);
    }
    let clicked = response.clicked().then(|| response.interact_pointer_pos()).flatten();
    clicked.and_then(under).map(|bar| bar.step)
}

/// Where the bars are, and how they look.
struct Place<'a> {
    area: Rect,
    tokens: &'a Tokens,
    font: &'a FontId,
}

impl Place<'_> {
    fn x(&self, part: f32) -> f32 {
        self.area.left() + part * self.area.width()
    }

    fn row(&self, at: usize) -> (f32, f32) {
        let top = self.area.top() + at as f32 * LANE;
        (top + 1.5, top + LANE - 1.5)
    }

    fn name(&self, painter: &Painter, at: usize, lane: &Lane, left: f32) {
        let (top, bottom) = self.row(at);
        let indent = 10.0 * lane.depth as f32;
        let clip = Rect::from_min_max(pos2(left, top - 2.0), pos2(self.area.left() - 6.0, bottom + 2.0));
        let colour = if lane.depth == 0 { self.tokens.text } else { self.tokens.muted };
        let place = pos2(left + indent, f32::midpoint(top, bottom));
        painter.with_clip_rect(clip.intersect(painter.clip_rect())).text(
            place,
            Align2::LEFT_CENTER,
            &lane.name,
            self.font.clone(),
            colour,
        );
    }

    /// The bars of a lane. Those too near to be told apart are one; failed ones are drawn last, so that none is hidden.
    fn lane(&self, painter: &Painter, at: usize, lane: &Lane, chosen: Option<StepIndex>) {
        let (top, bottom) = self.row(at);
        let ground = Rect::from_min_max(pos2(self.area.left(), top), pos2(self.area.right(), bottom));
        painter.rect_filled(ground, CornerRadius::same(2), self.tokens.background);
        let mut open: Option<(f32, f32, BarKind)> = None;
        let draw = |(left, right, kind): (f32, f32, BarKind)| {
            let bar = Rect::from_min_max(pos2(left, top), pos2(right, bottom));
            match kind {
                BarKind::Wait => {
                    let stroke = Stroke::new(1.0, self.tokens.muted);
                    painter.rect_stroke(bar, CornerRadius::same(2), stroke, StrokeKind::Inside)
                }
                kind => painter.rect_filled(bar, CornerRadius::same(2), self.colour(kind)),
            };
        };
        for bar in &lane.bars {
            let (left, right) = self.edges(bar, 2.0);
            match &mut open {
                // What begins within a point of the end before it is drawn with it.
                Some((_, end, kind)) if *kind == bar.kind && left < *end && right - left < 3.0 => *end = end.max(right),
                _ => {
                    open.replace((left, right, bar.kind)).map(draw);
                }
            }
        }
        open.map(draw);
        let marked = lane.bars.iter().filter(|bar| bar.failed);
        let mut last = f32::MIN;
        for bar in marked {
            let (left, right) = self.edges(bar, LEAST_FAILED);
            if right - last < 1.0 {
                continue;
            }
            last = right;
            let area = Rect::from_min_max(pos2(left, top), pos2(right, bottom));
            painter.rect_filled(area, CornerRadius::same(1), self.tokens.bad);
            if area.width() > 7.0 {
                let centre = area.center();
                let stroke = Stroke::new(1.6, self.tokens.background);
                painter.line_segment([centre - vec2(2.5, 2.5), centre + vec2(2.5, 2.5)], stroke);
                painter.line_segment([centre + vec2(-2.5, 2.5), centre + vec2(2.5, -2.5)], stroke);
            } else {
                // Too narrow for a cross: it stands out above its lane.
                let tip = [pos2(left - 1.5, top - 1.5), pos2(right + 1.5, top - 1.5)];
                painter.line_segment(tip, Stroke::new(2.0, self.tokens.bad));
            }
        }
        if let Some(bar) = lane.bars.iter().find(|bar| Some(bar.step) == chosen) {
            let (left, right) = self.edges(bar, 4.0);
            let area = Rect::from_min_max(pos2(left, top), pos2(right, bottom)).expand(1.0);
            painter.rect_stroke(area, CornerRadius::same(2), Stroke::new(2.0, self.tokens.accent), StrokeKind::Outside);
        }
    }

    fn edges(&self, bar: &Bar, least: f32) -> (f32, f32) {
        let (left, right) = (self.x(bar.edges.0), self.x(bar.edges.1));
        // A thin gap tells neighbours apart.
        let right = if right - left > 4.0 { right - 1.0 } else { right };
        let left = left.min(self.area.right() - least);
        (left, right.max(left + least))
    }

    fn pause(&self, painter: &Painter, edges: (f32, f32)) {
        let (left, right) = (self.x(edges.0), self.x(edges.1));
        let middle = f32::midpoint(left, right);
        let line = Stroke::new(1.0, self.tokens.muted);
        for x in [middle - 2.0, middle + 2.0] {
            painter.extend(eframe::egui::Shape::dashed_line(
                &[pos2(x, self.area.top()), pos2(x, self.area.bottom())],
                line,
                3.0,
                3.0,
            ));
        }
    }

    const fn colour(&self, kind: BarKind) -> Color32 {
        match kind {
            BarKind::Turn => self.tokens.neutral,
            BarKind::Call => self.tokens.series[1],
            BarKind::Wait => self.tokens.muted,
        }
    }
}
