//! Paints notices over the lower right corner.

use eframe::egui::{Align2, Area, Context, CornerRadius, Frame, Id, Label, Margin, Order, RichText, Stroke, vec2};

use crate::command::{Action, CommandSink};
use crate::state::{Level, Notice};
use crate::ui_kit::Tokens;

/// Paints the notices on screen.
pub fn notices_ui(ctx: &Context, notices: &[Notice], sink: &mut CommandSink) {
    if notices.is_empty() {
        return;
    }
    Area::new(Id::unique("notices")).order(Order::Foreground).anchor(Align2::RIGHT_BOTTOM, vec2(-12.0, -34.0)).show(
        ctx,
        |ui| {
            ui.set_max_width(440.0);
            for notice in notices {
                let tokens = Tokens::of(ui);
                let (sign, colour) = match notice.level {
                    Level::Info => ("ℹ", tokens.accent),
                    Level::Warning => ("⚠", tokens.unsure),
                    Level::Error => ("✖", tokens.bad),
                };
                let frame = Frame::new()
                    .fill(tokens.card)
                    .stroke(Stroke::new(1.0, colour))
                    .corner_radius(CornerRadius::same(6))
                    .inner_margin(Margin::symmetric(10, 6));
                frame.show(ui, |ui| {
                    ui.horizontal(|ui| {
                        ui.label(RichText::new(sign).color(colour));
                        ui.add(Label::new(RichText::new(&notice.title).strong()).wrap());
                        if ui.small_button("Dismiss").clicked() {
                            sink.push(Action::DismissNotice(notice.id));
                        }
                    });
                    if !notice.detail.is_empty() {
                        ui.add(Label::new(RichText::new(&notice.detail).color(tokens.muted)).wrap());
                    }
                });
            }
        },
    );
}
