//! Paints the curve of scores with the lengths of the steps below it; a click selects the step.

use eframe::egui::{Color32, CornerRadius, Label, Rect, Response, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_plot::{
    HLine, Line, LineStyle, MarkerShape, Plot, PlotPoints, PlotTransform, Points, VLine, uniform_grid_spacer,
};

use crate::ui_kit::Tokens;
use crate::view_model::curve::CurveModel;
use crate::view_model::scores::score_text;

/// Height of the bars that show how long the steps are, in points.
const BARS: f32 = 22.0;

/// Lines differ in more than their colour.
const STYLES: [LineStyle; 3] =
    [LineStyle::Solid, LineStyle::Dashed { length: 8.0 }, LineStyle::Dotted { spacing: 5.0 }];

/// Forms of the dots, in the same order.
const DOTS: [MarkerShape; 4] = [MarkerShape::Circle, MarkerShape::Square, MarkerShape::Up, MarkerShape::Plus];

/// Paints the curve and gives the number of the clicked step, from 1. `hover` tells what is said of a step.
pub fn curve_ui(ui: &mut Ui, model: &CurveModel, hover: impl Fn(usize) -> Option<String>) -> Option<usize> {
    let tokens = Tokens::of(ui);
    let named = legend_ui(ui, model, &tokens);
    // All of the room and no more: a panel grows with what is in it.
    ui.spacing_mut().item_spacing.y = 0.0;
    let bars = if ui.available_height() > 70.0 { BARS } else { 0.0 };
    let (response, transform) = plot_ui(ui, model, (ui.available_height() - bars).floor().max(30.0), &tokens);
    let name = format!("Curve of scores, step {} of {}", model.selected, model.steps);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let number = |x: f32| {
        let number = transform.value_from_position(pos2(x, 0.0)).x.round().clamp(1.0, (model.steps as f64).max(1.0));
        (1..=model.steps).find(|&step| (step as f64 - number).abs() < 0.5)
    };
    let response = if bars > 0.0 { response | bars_ui(ui, model, &transform, bars, &tokens) } else { response };
    if let Some(text) = response.hover_pos().and_then(|at| number(at.x)).and_then(hover) {
        response.clone().on_hover_text_at_pointer(text);
    }
    let clicked = response.clicked().then(|| response.interact_pointer_pos()).flatten();
    named.or_else(|| number(clicked?.x))
}

/// The names of the lines and what is worth knowing of them; a click goes to the step.
fn legend_ui(ui: &mut Ui, model: &CurveModel, tokens: &Tokens) -> Option<usize> {
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        for (at, line) in model.lines.iter().enumerate() {
            let sign = ["●", "■", "▲", "+"].get(at % 4).copied().unwrap_or("●");
            let text = RichText::new(format!("{sign} {}", line.name)).small().color(series_colour(tokens, at));
            ui.add(Label::new(text).selectable(false).extend());
        }
        for (sign, words, step) in model.remarks() {
            let text = RichText::new(format!("{sign} {words}")).small().color(tokens.muted);
            let Some(step) = step else {
                ui.add(Label::new(text).selectable(false).extend());
                continue;
            };
            let label = Label::new(text).selectable(false).extend().sense(Sense::click());
            if ui.add(label).on_hover_text("Show that step").clicked() {
                chosen = Some(step);
            }
        }
    });
    chosen
}

fn series_colour(tokens: &Tokens, at: usize) -> Color32 {
    tokens.series.into_iter().cycle().nth(at % tokens.series.len()).unwrap_or(tokens.accent)
}

fn plot_ui(ui: &mut Ui, model: &CurveModel, height: f32, tokens: &Tokens) -> (Response, PlotTransform) {
    let last = (model.steps as f64).max(1.0);
    let spacing = match model.steps {
        0..=60 => [1.0, 5.0, 25.0],
        61..=600 => [10.0, 50.0, 250.0],
        _ => [100.0, 500.0, 2_500.0],
    };
    let mut plot = Plot::new("scores over steps")
        .height(height)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_background(false)
        .show_x(false)
        .show_y(false)
        .cursor_color(tokens.line)
        .grid_color(tokens.line)
        .label_formatter(|_| None)
        .sense(Sense::click())
        .include_x(0.5)
        .include_x(last + 0.5)
        .x_axis_formatter(|mark, _| whole(mark.value))
        .y_axis_formatter(|mark, _| score_text(mark.value))
        .y_axis_min_width(30.0)
        .x_grid_spacer(uniform_grid_spacer(move |_| spacing));
    if model.unit {
        plot = plot.include_y(0.0).include_y(1.0).y_grid_spacer(uniform_grid_spacer(|_| [0.25, 0.5, 1.0]));
    }
    let response = plot.show(ui, |plot| {
        let vertical = |at: usize, colour, width, style| {
            VLine::new("", at as f64).color(colour).width(width).style(style).allow_hover(false)
        };
        for number in &model.sections {
            let between = VLine::new("", *number as f64 - 0.5).color(tokens.line).width(1.0).allow_hover(false);
            plot.vline(between);
        }
        if let Some(threshold) = model.threshold {
            let line = HLine::new("", threshold).color(tokens.muted).width(1.0).allow_hover(false);
            plot.hline(line.style(LineStyle::dashed_dense()));
        }
        plot.vline(vertical(model.selected, tokens.accent, 1.0, LineStyle::Solid));
        if let Some(error) = model.own_error {
            plot.vline(vertical(error, tokens.bad, 1.5, LineStyle::Solid));
        }
        if let Some(error) = model.imported_error {
            plot.vline(vertical(error, tokens.bad, 1.0, LineStyle::dashed_dense()));
        }
        for (at, line) in model.lines.iter().enumerate().rev() {
            let (colour, points) = (series_colour(tokens, at), || PlotPoints::from(line.points.clone()));
            let style = STYLES.get(at % STYLES.len()).copied().unwrap_or(LineStyle::Solid);
            plot.line(Line::new(&line.name, points()).color(colour).width(1.8).style(style).allow_hover(false));
            if model.dotted {
                let dots = DOTS.get(at % DOTS.len()).copied().unwrap_or(MarkerShape::Circle);
                plot.points(Points::new(&line.name, points()).color(colour).radius(3.0).shape(dots).allow_hover(false));
            }
        }
        if let Some((number, value)) = model.first_below {
            plot.points(marker([number as f64, value], MarkerShape::Down, tokens.bad));
        }
        if let Some((number, _, value)) =
            model.largest_drop.filter(|drop| Some(drop.0) != model.first_below.map(|f| f.0))
        {
            plot.points(marker([number as f64, value], MarkerShape::Diamond, tokens.unsure));
        }
    });
    (response.response, response.transform)
}

fn marker<'a>(at: [f64; 2], shape: MarkerShape, colour: Color32) -> Points<'a> {
    Points::new("", vec![at]).shape(shape).radius(6.0).color(colour).allow_hover(false)
}

/// How long the steps are, each below its scores.
fn bars_ui(ui: &mut Ui, model: &CurveModel, transform: &PlotTransform, height: f32, tokens: &Tokens) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, format!("Lengths of the steps in {}", model.length_unit))
    });
    let painter = ui.painter_at(rect);
    let x = |number: f64| transform.position_from_point_x(number);
    for bar in &model.lengths {
        let (left, right) = (x(bar.first as f64 - 0.5), x(bar.last as f64 + 0.5));
        let gap = if right - left > 3.0 { (right - left) * 0.12 } else { 0.0 };
        let top = rect.bottom() - (bar.share * (height - 4.0)).max(1.0);
        let area = Rect::from_min_max(pos2(left + gap, top), pos2(right - gap, rect.bottom()));
        let is_selected = (bar.first..=bar.last).contains(&model.selected);
        let colour = if is_selected { tokens.accent } else { tokens.neutral.gamma_multiply(0.55) };
        painter.rect_filled(area, CornerRadius::ZERO, colour);
    }
    let font = eframe::egui::TextStyle::Small.resolve(ui.style());
    let place = pos2(rect.left(), rect.bottom());
    painter.text(place, eframe::egui::Align2::LEFT_BOTTOM, model.length_unit, font, tokens.muted);
    response
}

fn whole(value: f64) -> String {
    if value.fract().abs() < 1e-6 && value >= 1.0 { format!("{value:.0}") } else { String::new() }
}
