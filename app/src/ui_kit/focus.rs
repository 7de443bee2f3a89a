//! Shows where the keyboard is, for widgets that do not show it themselves.

use eframe::egui::{Response, Stroke, StrokeKind, Ui};

use super::Tokens;

/// Width of the line around what has the keyboard, in points.
pub const FOCUS_WIDTH: f32 = 2.0;

/// Draws a line around a widget that has the keyboard.
pub fn focus_ring(ui: &Ui, response: &Response, tokens: &Tokens) {
    if response.has_focus() {
        let stroke = Stroke::new(FOCUS_WIDTH, tokens.accent);
        ui.painter().rect_stroke(response.rect.expand(1.0), 4.0, stroke, StrokeKind::Outside);
    }
}
