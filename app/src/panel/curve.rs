//! Paints the curve of scores; a click selects the step.

use eframe::egui::{Role, Ui, WidgetInfo};
use egui_plot::{Line, Plot, PlotPoints, Points, VLine, uniform_grid_spacer};

use crate::ui_kit::Tokens;
use crate::view_model::curve::CurveModel;

/// Paints the curve and gives the number of the clicked step, from 1.
pub fn curve_ui(ui: &mut Ui, model: &CurveModel) -> Option<usize> {
    let tokens = Tokens::of(ui);
    let last = (model.steps as f64).max(1.0);
    let mut plot = Plot::new("scores over steps")
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_background(false)
        .include_x(0.5)
        .include_x(last + 0.5)
        .x_axis_label("step")
        .x_axis_formatter(|mark, _| whole(mark.value))
        .y_axis_formatter(|mark, _| format!("{:.2}", mark.value))
        .y_axis_min_width(30.0)
        .x_grid_spacer(uniform_grid_spacer(|_| [1.0, 5.0, 25.0]));
    if model.lines.len() > 1 || model.own_error.is_some() || model.imported_error.is_some() {
        plot = plot.legend(egui_plot::Legend::default().position(egui_plot::Corner::LeftBottom));
    }
    if model.unit {
        plot = plot.include_y(0.0).include_y(1.0).y_grid_spacer(uniform_grid_spacer(|_| [0.25, 0.5, 1.0]));
    }
    let response = plot.show(ui, |plot| {
        plot.vline(VLine::new("", model.selected as f64).color(tokens.accent).width(1.0));
        if let Some(error) = model.own_error {
            plot.vline(VLine::new("first error (you)", error as f64).color(tokens.bad).width(1.5));
        }
        if let Some(error) = model.imported_error {
            let style = egui_plot::LineStyle::dashed_dense();
            plot.vline(VLine::new("first error (data)", error as f64).color(tokens.bad).width(1.0).style(style));
        }
        for (line, colour) in model.lines.iter().zip(tokens.series.into_iter().cycle()) {
            plot.line(Line::new(&line.name, PlotPoints::from(line.points.clone())).color(colour).width(1.8));
            plot.points(Points::new(&line.name, PlotPoints::from(line.points.clone())).color(colour).radius(3.0));
        }
        plot.response().clicked().then(|| plot.pointer_coordinate()).flatten()
    });
    let name = format!("Curve of scores, step {} of {}", model.selected, model.steps);
    response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let clicked = response.inner?.x.round().clamp(1.0, last);
    (1..=model.steps).find(|&number| (number as f64 - clicked).abs() < 0.5)
}

fn whole(value: f64) -> String {
    if value.fract().abs() < 1e-6 && value >= 1.0 { format!("{value:.0}") } else { String::new() }
}
