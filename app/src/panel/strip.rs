//! Paints the strip of keys in one line; what does not fit is left out from the end.

use eframe::egui::{Align2, FontId, Role, Sense, TextStyle, Ui, WidgetInfo, vec2};

use crate::ui_kit::Tokens;
use crate::view_model::strip::StripModel;

/// Space between a key and its words, and between two entries, in points.
const GAPS: (f32, f32) = (5.0, 16.0);

/// Paints the strip.
pub fn strip_ui(ui: &mut Ui, model: &StripModel) {
    let tokens = Tokens::of(ui);
    let (words, keys) = (TextStyle::Small.resolve(ui.style()), FontId::monospace(11.0));
    let height = ui.text_style_height(&TextStyle::Small) + 4.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let text = |at: f32, text: &str, font: &FontId, colour| {
        ui.painter().text(eframe::egui::pos2(at, rect.center().y), Align2::LEFT_CENTER, text, font.clone(), colour)
    };
    let width =
        |text: &str, font: &FontId| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), tokens.text).size().x;
    let mut at = text(rect.left(), model.title, &words, tokens.muted).right() + GAPS.1;
    let mut shown = vec![model.title.to_owned()];
    for item in &model.items {
        let needed = width(&item.keys, &keys) + GAPS.0 + width(item.words, &words);
        if at + needed > rect.right() {
            break;
        }
        at = text(at, &item.keys, &keys, tokens.accent).right() + GAPS.0;
        at = text(at, item.words, &words, tokens.muted).right() + GAPS.1;
        shown.push(format!("{} {}", item.keys, item.words));
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, shown.join(", ")));
}
