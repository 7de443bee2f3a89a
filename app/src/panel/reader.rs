//! Paints the problem and the steps of the chosen path. Cards out of sight are only measured.

use eframe::egui::{Id, Rect, RichText, ScrollArea, Ui, vec2};

use super::card::{note_ui, step_card_ui};
use crate::command::CommandSink;
use crate::ui_kit::tokens::GUTTER;
use crate::ui_kit::{Tokens, chip_ui};
use crate::view_model::card::StepCardModel;
use crate::view_model::reader::ReaderModel;

/// Widest a card becomes, in points.
const MOST_WIDTH: f32 = 1100.0;

/// Heights of the cards of one trace at one width, so that those out of sight need no layout.
type Heights = Vec<f32>;

/// Paints the reader; scrolls the selected step into view where asked.
pub fn reader_ui(ui: &mut Ui, model: &ReaderModel<'_>, scroll_to_selected: bool, key: u64, sink: &mut CommandSink) {
    // The scroll position belongs to the trace: coming back finds the place again.
    ScrollArea::vertical().id_salt(("reader", key)).auto_shrink([false, false]).show(ui, |ui| {
        // Lines longer than this are hard to read, however wide the window is.
        ui.set_max_width(MOST_WIDTH.min(ui.available_width()));
        problem_ui(ui, model);
        ui.add_space(6.0);
        let width = ui.available_width();
        let id = Id::unique(("card heights", key, width.round().to_bits()));
        let mut heights: Heights = ui.data_mut(|data| data.get_temp(id)).unwrap_or_default();
        heights.resize(model.cards.len(), 0.0);
        for (card, height) in model.cards.iter().zip(&mut heights) {
            let guess = if *height > 0.0 { *height } else { guess_height(card, width) };
            let rect = Rect::from_min_size(ui.cursor().min, vec2(width, guess));
            let must_show = scroll_to_selected && card.selected;
            // The keys of the caret are read where it is painted.
            if !ui.is_rect_visible(rect) && !must_show && card.caret.is_none() {
                ui.allocate_space(rect.size());
                continue;
            }
            let response = step_card_ui(ui, card, model.has_scores, sink);
            *height = response.rect.height();
            if must_show {
                ui.scroll_to_rect(response.rect.expand(8.0), None);
            }
        }
        ui.data_mut(|data| data.insert_temp(id, heights));
        ui.add_space(24.0);
    });
}

/// Rough, for cards never laid out: lines of the text at its usual width.
fn guess_height(card: &StepCardModel<'_>, width: f32) -> f32 {
    let columns = ((width - GUTTER - 40.0) / 6.5).max(20.0);
    let lines: f32 = card.body.lines().map(|line| (line.len() as f32 / columns).ceil().max(1.0)).sum();
    lines * 17.0 + 40.0
}

fn problem_ui(ui: &mut Ui, model: &ReaderModel<'_>) {
    let tokens = Tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&model.title).strong());
        for chip in &model.chips {
            chip_ui(ui, chip);
        }
    });
    for (role, text) in &model.prompt {
        if !role.is_empty() {
            ui.label(RichText::new(*role).small().color(tokens.muted));
        }
        ui.label(RichText::new(*text).size(14.5));
    }
    if let Some(answer) = model.answer {
        ui.label(RichText::new(format!("Reference answer  {answer}")).color(tokens.muted));
    }
    for warning in model.warnings {
        ui.label(RichText::new(format!("⚠ {warning}")).color(tokens.unsure));
    }
    if !model.note.is_empty() {
        note_ui(ui, model.note, &tokens);
    }
}
