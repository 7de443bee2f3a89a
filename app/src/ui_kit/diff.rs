//! Two texts as one, with what went struck out and what came underlined.

use eframe::egui::cache::{ComputerMut, FrameCache};
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{FontId, Label, Response, RichText, Stroke, TextStyle, Ui};

use super::Tokens;
use crate::view_model::word_diff::{Piece, WordDiff};

/// Compares two texts, once for as long as they are shown.
#[derive(Default)]
struct Comparer;

impl ComputerMut<(&str, &str), WordDiff> for Comparer {
    fn compute(&mut self, (old, new): (&str, &str)) -> WordDiff {
        WordDiff::new(old, new)
    }
}

/// What was changed between two texts; kept while it is asked for in every frame.
pub fn word_diff(ui: &Ui, old: &str, new: &str) -> WordDiff {
    ui.memory_mut(|memory| memory.caches.cache::<FrameCache<WordDiff, Comparer>>().get((old, new)).clone())
}

/// Paints the differences as running text.
pub fn diff_ui(ui: &mut Ui, diff: &WordDiff, is_code: bool) -> Response {
    let tokens = Tokens::of(ui);
    let font = if is_code { TextStyle::Monospace } else { TextStyle::Body }.resolve(ui.style());
    ui.add(Label::new(job(diff, &font, &tokens)).wrap())
}

/// Paints in one line how much was changed.
pub fn diff_summary_ui(ui: &mut Ui, diff: &WordDiff) -> Response {
    let tokens = Tokens::of(ui);
    ui.label(RichText::new(diff.summary()).small().color(tokens.muted))
}

fn job(diff: &WordDiff, font: &FontId, tokens: &Tokens) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (piece, text) in &diff.pieces {
        let plain = TextFormat::simple(font.clone(), tokens.text);
        let format = match piece {
            Piece::Kept => plain,
            Piece::Removed => TextFormat {
                color: tokens.bad,
                background: tokens.bad.gamma_multiply(Tokens::TINT),
                strikethrough: Stroke::new(1.0, tokens.bad),
                ..plain
            },
            Piece::Added => TextFormat {
                color: tokens.good,
                background: tokens.good.gamma_multiply(Tokens::TINT),
                underline: Stroke::new(1.0, tokens.good),
                ..plain
            },
        };
        job.append(text, 0.0, format);
    }
    job
}
