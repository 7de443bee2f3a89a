//! Paints the tree as a picture: pan with the mouse, zoom with the wheel and Ctrl, choose with a click.

use eframe::egui::epaint::{CircleShape, Mesh, PathShape, TextShape, Vertex, WHITE_UV};
use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{
    self, Align2, Color32, CornerRadius, FontId, Painter, Pos2, Rect, Response, RichText, Role, Sense, Shape, Slider,
    Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use crate::command::{Action, Command, CommandSink, KeyMap};
use crate::state::OpenTrace;
use crate::state::canvas::{CanvasRequest, CanvasState};
use crate::ui_kit::Tokens;
use crate::view_model::canvas::Canvas;
use crate::view_model::canvas::look::{CARD_HEIGHT, Detail};
use crate::view_model::canvas::scene::{Edge, EdgeStyle, Node, Scene, hit, words_of};
use crate::view_model::canvas::shade::{Shade, colour_text};
use crate::view_model::canvas::svg::sign;
use crate::view_model::canvas::tip::Tip;
use crate::view_model::scores::ScoreSeries;

/// More edges than this are straight.
const CURVED: usize = 500;
/// Points of a curve.
const POINTS: u8 = 10;

/// What is needed to paint it.
pub struct CanvasFrame<'a> {
    /// The tree made ready.
    pub canvas: &'a Canvas,
    /// From where it is seen.
    pub state: &'a CanvasState,
    /// The trace.
    pub open: &'a OpenTrace,
    /// The scores that may be seen.
    pub series: &'a [ScoreSeries],
    /// The keys in use.
    pub keys: &'a KeyMap,
}

/// Paints the picture with its legend above and the iterations of the search below.
pub fn canvas_ui(ui: &mut Ui, frame: &CanvasFrame<'_>, sink: &mut CommandSink) {
    let mut ask = |request| sink.push(Action::Canvas(request));
    legend_ui(ui, frame, &mut ask);
    let iteration = frame.canvas.iteration(frame.state);
    let foot = if iteration.is_some() { ui.spacing().interact_size.y + 8.0 } else { 0.0 };
    let size = (ui.available_size() - vec2(0.0, foot)).max(vec2(40.0, 40.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let dark = ui.visuals().dark_mode;
    let is_other = (frame.state.size[0] - size.x).abs() > 0.1 || (frame.state.size[1] - size.y).abs() > 0.1;
    if is_other || frame.state.dark != dark {
        ask(CanvasRequest::Resize { size: [size.x, size.y], dark });
    }
    picture_ui(ui, frame, rect, &response, sink);
    if let Some((now, count)) = iteration {
        ui.add_space(4.0);
        iteration_ui(ui, now, count, frame.keys, sink);
    }
}

fn picture_ui(ui: &mut Ui, frame: &CanvasFrame<'_>, rect: Rect, response: &Response, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter_at(rect);
    painter.rect(rect, CornerRadius::same(6), tokens.panel, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
    let found = frame.canvas.look(frame.state, [rect.width(), rect.height()]);
    let scene = found.and_then(|(_, look)| frame.canvas.scene(frame.open, look));
    let (Some((picture, look)), Some(scene)) = (found, scene) else {
        let text = format!("Laying out {} nodes…", frame.open.trace.steps.len());
        painter.text(rect.center(), Align2::CENTER_CENTER, text, TextStyle::Body.resolve(ui.style()), tokens.muted);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Tree, being laid out"));
        return;
    };
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Image, true, "Tree");
        // The picture may still be that of the trace before it was read again.
        let hidden = frame.open.trace.steps.len().saturating_sub(picture.shown);
        let folded = if hidden > 0 { format!(", {hidden} folded away") } else { String::new() };
        info.current_text_value = Some(format!("{} nodes{folded}, {:?}", picture.shown, scene.detail).to_lowercase());
        info
    });
    paint(ui, &painter, rect, &scene, &tokens);
    if scene.detail >= Detail::Labels {
        nodes_ui(ui, frame, rect, &scene, sink);
    }
    // What the hand does.
    let mut ask = |request| sink.push(Action::Canvas(request));
    if response.dragged() && response.drag_delta() != egui::Vec2::ZERO {
        let by = response.drag_delta();
        ask(CanvasRequest::Look(look.moved([by.x, by.y], picture)));
    }
    let pointer = ui.ctx().pointer_hover_pos().filter(|at| rect.contains(*at));
    if let Some(at) = pointer.filter(|_| ui.rect_contains_pointer(rect)) {
        let point = [at.x - rect.left(), at.y - rect.top()];
        let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
        if (zoom - 1.0).abs() > f32::EPSILON {
            ask(CanvasRequest::Look(look.zoomed(zoom, point, picture)));
        } else if scroll != egui::Vec2::ZERO {
            ask(CanvasRequest::Look(look.moved([scroll.x, scroll.y], picture)));
        }
        let under = hit(picture, &look, point);
        if let Some(step) = under {
            if response.double_clicked() {
                ask(CanvasRequest::Fold(step));
            } else if response.clicked() {
                sink.push(Action::ShowStep(step));
            }
            if !response.dragged() {
                response.clone().on_hover_ui_at_pointer(|ui| tip_ui(ui, frame, step));
            }
        }
    }
}

fn paint(ui: &Ui, painter: &Painter, rect: Rect, scene: &Scene, tokens: &Tokens) {
    let at = |[x, y]: [f32; 2]| pos2(rect.left() + x, rect.top() + y);
    let mut mesh = Mesh::default();
    for funnel in &scene.funnels {
        let ([x, y], [left, right, low]) = (funnel.from, funnel.to);
        let (top, bottom) = (tokens.muted.gamma_multiply(0.55), tokens.line.gamma_multiply(0.55));
        quad(&mut mesh, [at([x - 0.8, y]), at([x + 0.8, y]), at([right, low]), at([left, low])], top, bottom);
    }
    for band in &scene.bands {
        let [x, y, width, height] = band.rect;
        let colour = tokens.shade(band.shade).gamma_multiply(0.3 + 0.7 * band.density);
        let (left, right, low) = (x, x + width, y + height);
        quad(&mut mesh, [at([left, y]), at([right, y]), at([right, low]), at([left, low])], colour, colour);
    }
    if !mesh.is_empty() {
        painter.add(Shape::mesh(mesh));
    }
    let curved = scene.edges.len() <= CURVED;
    painter.extend(scene.edges.iter().flat_map(|edge| edge_shapes(edge, at, curved, tokens)));
    if let Some(problem) = scene.problem {
        let square = Rect::from_center_size(at(problem), vec2(9.0, 9.0));
        painter.rect_filled(square, CornerRadius::same(2), tokens.muted);
    }
    if scene.detail == Detail::Cards {
        for node in &scene.nodes {
            card(ui, painter, at(node.at), scene.card_width, node, tokens);
        }
    } else {
        dots(ui, painter, scene, at, tokens);
    }
}

/// A quadrilateral whose first two corners have one colour and the others another.
fn quad(mesh: &mut Mesh, corners: [Pos2; 4], first: Color32, second: Color32) {
    let base = u32::try_from(mesh.vertices.len()).unwrap_or_default();
    let colours = [first, first, second, second];
    let vertex = |(pos, color)| Vertex { pos, uv: WHITE_UV, color };
    mesh.vertices.extend(corners.into_iter().zip(colours).map(vertex));
    mesh.indices.extend([0, 1, 2, 0, 2, 3].map(|corner| base + corner));
}

fn edge_shapes(edge: &Edge, at: impl Fn([f32; 2]) -> Pos2, curved: bool, tokens: &Tokens) -> Vec<Shape> {
    let (from, to) = (at(edge.from), at(edge.to));
    let (colour, more) = match edge.style {
        EdgeStyle::Later => (tokens.line.gamma_multiply(0.6), 0.0),
        EdgeStyle::Pruned => (tokens.muted.gamma_multiply(0.7), 0.0),
        EdgeStyle::Plain => (tokens.muted.gamma_multiply(0.45), 0.0),
        EdgeStyle::Returned => (tokens.text.gamma_multiply(0.75), 0.6),
        EdgeStyle::Chosen => (tokens.accent, 1.0),
    };
    let stroke = Stroke::new(edge.width + more, colour);
    let points: Vec<Pos2> = if curved && (from.x - to.x).abs() > 2.0 {
        // Leaves downwards and arrives downwards.
        (0..=POINTS)
            .map(|step| {
                let along = f32::from(step) / f32::from(POINTS);
                let smooth = along * along * (3.0 - 2.0 * along);
                pos2(from.x + (to.x - from.x) * smooth, from.y + (to.y - from.y) * along)
            })
            .collect()
    } else {
        vec![from, to]
    };
    match edge.style {
        EdgeStyle::Pruned => Shape::dashed_line(&points, stroke, 4.0, 3.5),
        EdgeStyle::Later => Shape::dotted_line(&points, colour, 5.0, 0.9),
        _ if points.len() > 2 => vec![Shape::Path(PathShape::line(points, stroke))],
        _ => vec![Shape::line_segment([from, to], stroke)],
    }
}

fn dots(ui: &Ui, painter: &Painter, scene: &Scene, at: impl Fn([f32; 2]) -> Pos2, tokens: &Tokens) {
    let small = FontId::proportional(TextStyle::Small.resolve(ui.style()).size - 1.0);
    let has_words = scene.detail == Detail::Labels;
    let mut shapes = Vec::with_capacity(scene.nodes.len() * 2);
    for node in &scene.nodes {
        let middle = at(node.at);
        let shade = tokens.shade(node.shade);
        let faint = if node.signs.later { 0.25 } else { 1.0 };
        if node.signs.selected {
            shapes.push(Shape::circle_filled(middle, node.radius + 7.0, tokens.accent.gamma_multiply(0.25)));
        }
        // Given up or without a number: hollow.
        let hollow = node.signs.pruned || node.shade == Shade::None;
        let (fill, stroke) = if hollow { (tokens.panel, shade) } else { (shade, tokens.panel) };
        shapes.push(Shape::Circle(CircleShape {
            center: middle,
            radius: node.radius,
            fill: fill.gamma_multiply(faint),
            stroke: Stroke::new(if hollow { 1.4 } else { 0.6 }, stroke.gamma_multiply(faint)),
        }));
        if node.signs.pruned && node.radius > 3.0 {
            let half = node.radius * 0.7;
            let line = [middle - vec2(half, half), middle + vec2(half, half)];
            shapes.push(Shape::line_segment(line, Stroke::new(1.2, shade)));
        }
        let rings = [
            (node.signs.returned && !node.signs.later, 2.2, 1.2, tokens.text),
            (node.signs.chosen, 2.2, 1.8, tokens.accent),
            (node.signs.selected, 5.0, 2.4, tokens.accent),
        ];
        for (_, wider, thick, colour) in rings.into_iter().filter(|(there, ..)| *there) {
            shapes.push(Shape::circle_stroke(middle, node.radius + wider, Stroke::new(thick, colour)));
        }
        if node.signs.found {
            let square = Rect::from_center_size(middle, egui::Vec2::splat(node.radius * 2.0 + 7.0));
            shapes.push(Shape::rect_stroke(
                square,
                CornerRadius::same(1),
                Stroke::new(1.8, tokens.unsure),
                StrokeKind::Middle,
            ));
        }
        if node.folded.is_some() {
            let low = middle + vec2(0.0, node.radius + 4.0);
            let corners = vec![low + vec2(-4.0, 0.0), low + vec2(4.0, 0.0), low + vec2(0.0, 5.0)];
            shapes.push(Shape::convex_polygon(corners, tokens.muted, Stroke::NONE));
        }
    }
    painter.extend(shapes);
    // Words last, over everything.
    for node in scene.nodes.iter().filter(|_| has_words || scene.detail == Detail::Dots) {
        let low = at(node.at) + vec2(0.0, node.radius + if node.signs.selected { 6.0 } else { 2.5 });
        let write = |low: Pos2, text: &str, colour: Color32| {
            let galley = painter.layout_no_wrap(text.to_owned(), small.clone(), colour);
            let area = Align2::CENTER_TOP.anchor_size(low, galley.size());
            // Lines run below it.
            painter.rect_filled(area.shrink2(vec2(-1.0, 2.0)), CornerRadius::same(2), tokens.panel.gamma_multiply(0.8));
            painter.galley(area.min, galley, colour);
            pos2(low.x, area.bottom() - 2.0)
        };
        let low = match (sign(node.outcome).filter(|_| node.radius >= 4.0), node.outcome) {
            (Some(sign), Some(right)) => write(low, sign, if right { tokens.good } else { tokens.bad }),
            _ => low,
        };
        if !has_words {
            continue;
        }
        let low = node.score.as_ref().map_or(low, |score| write(low, score, tokens.muted));
        if let Some(count) = node.folded {
            write(low + vec2(0.0, 6.0), &format!("+{count}"), tokens.text);
        }
    }
}

fn card(ui: &Ui, painter: &Painter, middle: Pos2, width: f32, node: &Node, tokens: &Tokens) {
    let rect = Rect::from_center_size(middle, vec2(width, CARD_HEIGHT));
    let faint = if node.signs.later { 0.35 } else { 1.0 };
    let corner = CornerRadius::same(5);
    if node.folded.is_some() {
        // A pile.
        for by in [6.0, 3.0] {
            let under = rect.translate(vec2(by, by));
            painter.rect(under, corner, tokens.card, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
        }
    }
    let stroke = match () {
        () if node.signs.selected => Stroke::new(2.2, tokens.accent),
        () if node.signs.chosen => Stroke::new(1.4, tokens.accent),
        () if node.signs.returned => Stroke::new(1.4, tokens.text.gamma_multiply(faint)),
        () => Stroke::new(1.0, tokens.line),
    };
    let fill = if node.signs.selected { tokens.selected } else { tokens.card };
    if node.signs.pruned && !node.signs.chosen {
        painter.rect_filled(rect, corner, fill);
        let border = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
        painter.extend(Shape::dashed_line(&border, Stroke::new(1.0, tokens.muted), 4.0, 3.0));
    } else {
        painter.rect(rect, corner, fill.gamma_multiply(faint), stroke, StrokeKind::Inside);
    }
    let strip = Rect::from_min_size(rect.min + vec2(2.0, 5.0), vec2(4.0, CARD_HEIGHT - 10.0));
    painter.rect_filled(strip, CornerRadius::same(2), tokens.shade(node.shade).gamma_multiply(faint));
    if node.signs.found {
        painter.rect_stroke(rect.expand(2.5), corner, Stroke::new(1.8, tokens.unsure), StrokeKind::Outside);
    }
    let small = TextStyle::Small.resolve(ui.style());
    let (number, words) = node.words.as_ref().map_or((0, ""), |(number, words)| (*number, words.as_str()));
    let mut right = rect.right() - 7.0;
    let mut write = |text: &str, colour: Color32| {
        let place = pos2(right, rect.top() + 4.0);
        right = painter.text(place, Align2::RIGHT_TOP, text, small.clone(), colour.gamma_multiply(faint)).left() - 6.0;
    };
    if let (Some(sign), Some(is_right)) = (sign(node.outcome), node.outcome) {
        write(sign, if is_right { tokens.good } else { tokens.bad });
    }
    if let Some(score) = &node.score {
        write(score, tokens.text);
    }
    let left = rect.left() + 11.0;
    let number = if node.signs.pruned { format!("{number} given up") } else { number.to_string() };
    painter.text(
        pos2(left, rect.top() + 4.0),
        Align2::LEFT_TOP,
        number,
        small.clone(),
        tokens.muted.gamma_multiply(faint),
    );
    let (text, colour) = match (node.folded, &node.hidden) {
        (Some(count), Some(hidden)) => (format!("▸ {count} folded, {hidden}"), tokens.muted),
        (Some(count), None) => (format!("▸ {count} folded"), tokens.muted),
        (None, _) => (String::new(), tokens.text),
    };
    let room = rect.right() - left - 6.0;
    let place = pos2(left, rect.top() + 18.0);
    let rows = if text.is_empty() { 2 } else { 1 };
    let galley =
        ui.fonts_mut(|fonts| fonts.layout_job(wrapped(words, &small, tokens.text.gamma_multiply(faint), room, rows)));
    painter.add(Shape::Text(TextShape::new(place, galley, tokens.text)));
    if !text.is_empty() {
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(wrapped(&text, &small, colour, room, 1)));
        painter.add(Shape::Text(TextShape::new(place + vec2(0.0, 14.0), galley, colour)));
    }
}

fn wrapped(text: &str, font: &FontId, colour: Color32, width: f32, rows: usize) -> LayoutJob {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font.clone(), colour));
    job.wrap = TextWrapping { max_width: width, max_rows: rows, break_anywhere: rows == 1, ..TextWrapping::default() };
    job
}

/// Nodes as buttons, for those who do not see the picture.
fn nodes_ui(ui: &Ui, frame: &CanvasFrame<'_>, area: Rect, scene: &Scene, sink: &mut CommandSink) {
    let size = match scene.detail {
        Detail::Cards => vec2(scene.card_width, CARD_HEIGHT),
        _ => vec2(28.0, 30.0),
    };
    for node in &scene.nodes {
        let middle = pos2(area.left() + node.at[0], area.top() + node.at[1]);
        let rect = Rect::from_center_size(middle, size).intersect(area);
        if !rect.is_positive() {
            continue;
        }
        // Reached with the keys of the tree, so no stop of Tab.
        let response = ui.interact(rect, ui.scope_id().with(("node", node.step)), Sense::CLICK);
        response.widget_info(|| {
            let words = frame.open.trace.step(node.step).map(|step| words_of(step, 60)).unwrap_or_default();
            let score = node.score.as_ref().map_or_else(String::new, |score| format!(", {score}"));
            let end = match node.outcome {
                Some(true) => ", right",
                Some(false) => ", wrong",
                None => "",
            };
            let name = format!("Node {words}{score}{end}");
            WidgetInfo::selected(Role::Button, true, node.signs.selected, name)
        });
        if response.double_clicked() {
            sink.push(Action::Canvas(CanvasRequest::Fold(node.step)));
        } else if response.clicked() {
            sink.push(Action::ShowStep(node.step));
        }
        response.on_hover_ui_at_pointer(|ui| tip_ui(ui, frame, node.step));
    }
}

fn tip_ui(ui: &mut Ui, frame: &CanvasFrame<'_>, step: u32) {
    let tip = Tip::new(frame.open, &frame.canvas.skeleton, &frame.canvas.shades, frame.series, step);
    let Some(tip) = tip else { return };
    ui.set_max_width(380.0);
    ui.label(RichText::new(&tip.title).strong());
    ui.label(&tip.text);
    if tip.facts.is_empty() {
        return;
    }
    ui.separator();
    egui::Grid::new("node facts").num_columns(2).spacing([12.0, 2.0]).show(ui, |ui| {
        for (name, value) in &tip.facts {
            ui.label(RichText::new(name).small().weak());
            ui.label(RichText::new(value).small());
            ui.end_row();
        }
    });
}

/// What colours mean, as a menu, and how to see more or less.
fn legend_ui(ui: &mut Ui, frame: &CanvasFrame<'_>, ask: &mut impl FnMut(CanvasRequest)) {
    let tokens = Tokens::of(ui);
    let legend = frame.canvas.legend();
    ui.horizontal(|ui| {
        let title = format!("Colour: {}", if legend.title.is_empty() { "…" } else { &legend.title });
        let response = ui.menu_button(title, |ui| {
            for choice in &frame.canvas.choices {
                let text = colour_text(choice, frame.series);
                if ui.selectable_label(frame.canvas.colour.as_ref() == Some(choice), text).clicked() {
                    ask(CanvasRequest::Colour(choice.clone()));
                    ui.close();
                }
            }
        });
        response
            .response
            .on_hover_text(frame.keys.fill("What the colour of nodes means; {canvas.colour} goes through all"));
        let room = ui.available_width() - 96.0;
        swatches_ui(ui, frame, room, &tokens);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let button = |ui: &mut Ui, text: &str, command: Command| {
                let spec = command.spec();
                let response = ui.small_button(text);
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spec.title));
                response.on_hover_text(frame.keys.fill(&format!("{} {{{}}}", spec.title, spec.id))).clicked()
            };
            let size = [ui.available_width(), frame.state.size[1]];
            let found = frame.canvas.look(frame.state, if frame.state.size[0] > 0.0 { frame.state.size } else { size });
            let middle = frame.state.size.map(|side| side / 2.0);
            if button(ui, "+", Command::CanvasLarger)
                && let Some((picture, look)) = found
            {
                ask(CanvasRequest::Look(look.zoomed(1.4, middle, picture)));
            }
            if button(ui, "−", Command::CanvasSmaller)
                && let Some((picture, look)) = found
            {
                ask(CanvasRequest::Look(look.zoomed(1.0 / 1.4, middle, picture)));
            }
            if button(ui, "Fit", Command::CanvasFit) {
                ask(CanvasRequest::Fit);
            }
        });
    });
}

fn swatches_ui(ui: &mut Ui, frame: &CanvasFrame<'_>, room: f32, tokens: &Tokens) {
    let legend = frame.canvas.legend();
    let small = |text: &str| RichText::new(text).small().color(tokens.muted);
    if let Some((low, high)) = &legend.ends
        && room > 130.0
    {
        ui.label(small(low));
        let (rect, _) = ui.allocate_exact_size(vec2(60.0, 8.0), Sense::hover());
        let mut mesh = Mesh::default();
        for at in 0..20_u8 {
            let x = |at: u8| rect.left() + rect.width() * f32::from(at) / 20.0;
            let colour = |at: u8| tokens.shade(Shade::Scale(f32::from(at) / 20.0));
            let (left, right) = (x(at), x(at + 1));
            // Left to right, so the corners begin at the left.
            let corners = [
                pos2(left, rect.bottom()),
                pos2(left, rect.top()),
                pos2(right, rect.top()),
                pos2(right, rect.bottom()),
            ];
            quad(&mut mesh, corners, colour(at), colour(at + 1));
        }
        ui.painter().add(Shape::mesh(mesh));
        ui.label(small(high));
    }
    let mut left = room;
    for (shade, name) in &legend.sorts {
        left -= 18.0 + name.len() as f32 * 6.0;
        if left < 0.0 {
            break;
        }
        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 4.0, tokens.shade(*shade));
        ui.label(small(name));
    }
    if room > 320.0 && legend.sorts.is_empty() {
        ui.label(small(&format!("size: {}", legend.size)));
    }
}

/// How the tree was after each iteration of the search.
fn iteration_ui(ui: &mut Ui, now: u32, count: u32, keys: &KeyMap, sink: &mut CommandSink) {
    ui.horizontal(|ui| {
        let mut chosen = now;
        ui.spacing_mut().slider_width = (ui.available_width() - 170.0).max(60.0);
        let response = ui.add(Slider::new(&mut chosen, 1..=count).show_value(false));
        response.widget_info(|| WidgetInfo::slider(true, f64::from(now), "Iteration of the search"));
        let response = response
            .on_hover_text(keys.fill("The tree as it was then; {canvas.earlier} and {canvas.later} go back and forth"));
        if response.changed() {
            let iteration = (chosen < count).then_some(chosen);
            sink.push(Action::Canvas(CanvasRequest::Iteration(iteration)));
        }
        ui.label(RichText::new(format!("iteration {now} of {count}")).small());
    });
}
