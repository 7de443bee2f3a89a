//! Paints the middle while it shows no trace.

use eframe::egui::{Button, Label, ProgressBar, RichText, Ui, vec2};

use crate::command::{Action, Availability, CommandEnv, CommandSink, KeyMap};
use crate::ui_kit::Tokens;
use crate::ui_kit::tokens::{Space, type_size};
use crate::view_model::empty::EmptyModel;

/// Widest text, in points.
const MOST_WIDTH: f32 = 460.0;

/// Paints what is the matter and what can be done about it.
pub fn empty_ui(ui: &mut Ui, model: &EmptyModel, env: CommandEnv, sink: &mut CommandSink) {
    let (tokens, space) = (Tokens::of(ui), Space::of(ui));
    let keys = KeyMap::of(ui);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.24).max(space.wide));
        let width = MOST_WIDTH.min(ui.available_width());
        ui.set_max_width(width);
        ui.add(Label::new(RichText::new(&model.title).size(type_size::HEADING).strong()).wrap());
        if !model.detail.is_empty() {
            ui.add_space(space.small);
            ui.add(Label::new(RichText::new(keys.fill(&model.detail)).color(tokens.muted)).wrap());
        }
        if let Some(progress) = model.progress {
            ui.add_space(space.large);
            match progress {
                Some(fraction) => {
                    ui.add(ProgressBar::new(fraction).desired_width(width.min(280.0)).desired_height(6.0));
                }
                None => {
                    ui.spinner();
                }
            }
        }
        ui.add_space(space.wide);
        for (command, what) in &model.ways {
            let button =
                Button::new(command.spec().title).right_text(RichText::new(keys.first(*command)).small().weak());
            let is_ready = command.availability(env) == Availability::Ready;
            let button = button.min_size(vec2(width.min(280.0), space.row + 4.0));
            if ui.add_enabled(is_ready, button).clicked() {
                sink.run(*command);
            }
            ui.label(RichText::new(*what).small().color(tokens.muted));
            ui.add_space(space.medium);
        }
        if model.can_clear && ui.button("Clear the filter").clicked() {
            sink.push(Action::FilterBy(String::new()));
        }
    });
}
