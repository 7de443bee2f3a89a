//! Paints the bars above the steps.

use eframe::egui::{Align, CornerRadius, Frame, Label, Layout, Margin, RichText, Stroke, Ui};

use crate::command::{CommandEnv, CommandSink, KeyMap};
use crate::ui_kit::{Tokens, command_button};
use crate::view_model::Tone;
use crate::view_model::work::WorkBarModel;

/// Paints them.
pub fn work_bars_ui(ui: &mut Ui, bars: &[WorkBarModel], env: CommandEnv, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    for bar in bars {
        Frame::new()
            .fill(tokens.panel)
            .stroke(Stroke::new(1.0, if bar.tone == Tone::Muted { tokens.line } else { tokens.tone(bar.tone) }))
            .corner_radius(CornerRadius::same(5))
            .inner_margin(Margin::symmetric(10, 5))
            .show(ui, |ui| {
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    ui.set_width(ui.available_width());
                    ui.horizontal_wrapped(|ui| {
                        ui.label(RichText::new(&bar.title).strong().color(tokens.tone(bar.tone)));
                        if !bar.detail.is_empty() {
                            ui.add(
                                Label::new(RichText::new(KeyMap::of(ui).fill(&bar.detail)).color(tokens.muted)).wrap(),
                            );
                        }
                    });
                    if !bar.buttons.is_empty() {
                        ui.horizontal_wrapped(|ui| {
                            for (title, command) in &bar.buttons {
                                command_button(ui, *command, title, false, env, sink);
                            }
                        });
                    }
                });
            });
        ui.add_space(4.0);
    }
}
