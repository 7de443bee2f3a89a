//! A short word in a coloured box: filled for what was said here, outlined for what came with the data.

use eframe::egui::{CornerRadius, Frame, Margin, Response, RichText, Stroke, TextStyle, Ui};

use super::Tokens;
use crate::command::KeyMap;
use crate::view_model::Chip;

/// Paints a chip.
pub fn chip_ui(ui: &mut Ui, chip: &Chip) -> Response {
    let tokens = Tokens::of(ui);
    let colour = tokens.tone(chip.tone);
    let (fill, text) = if chip.imported { (tokens.card, colour) } else { (colour, tokens.background) };
    // Begun at the end of a line, a chip would break its word into letters.
    let font = TextStyle::Small.resolve(ui.style());
    let width = ui.painter().layout_no_wrap(chip.text.clone(), font, text).size().x + 12.0;
    if ui.layout().main_wrap && ui.available_size_before_wrap().x < width {
        ui.end_row();
    }
    Frame::new()
        .fill(fill)
        .stroke(Stroke::new(1.0, colour))
        .corner_radius(CornerRadius::same(4))
        .inner_margin(Margin::symmetric(5, 0))
        .show(ui, |ui| {
            ui.add(eframe::egui::Label::new(RichText::new(&chip.text).small().color(text)).selectable(false));
        })
        .response
        .on_hover_text(KeyMap::of(ui).fill(&chip.hint))
}
