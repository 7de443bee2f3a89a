//! Program text and what terminals showed.

use std::ops::Range;

use eframe::egui::text::TextFormat;
use eframe::egui::{Align2, Rect, Stroke, Ui, pos2};

use super::divide::Piece;
use super::flow::{Flow, Laid};
use super::style::{self, Sizes};
use super::{Rich, prose};
use crate::text::{Code, CodeLine, Look, Terminal};
use crate::ui_kit::{Tokens, colours};

/// Room around program text on its ground.
pub(super) const PADDING: f32 = 6.0;

/// Room for the numbers of the lines.
pub(super) fn gutter(code: &Code, sizes: &Sizes) -> f32 {
    let signs = signs(code);
    let last = code.before + code.lines.len();
    let digits = if last > 1 { last.to_string().len() } else { 0 };
    if digits + signs == 0 { 0.0 } else { (digits + signs) as f32 * sizes.code_letter + 14.0 }
}

/// Columns for the signs of a difference.
fn signs(code: &Code) -> usize {
    usize::from(code.lines.iter().any(|line| line.look != Look::Plain))
}

/// Lays out lines of program text.
pub(super) fn lay(ui: &Ui, text: &Rich<'_>, lines: &[CodeLine], range: &Range<usize>, width: f32) -> Laid {
    let (sizes, tokens) = (Sizes::of(ui, text.size), Tokens::of(ui));
    let mut flow = Flow::new(text.source, range.start, sizes.code_setting(text));
    let plain = flow.plain();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            flow.next_line(line.source.start);
        }
        let clip = |part: &Range<usize>| part.start.max(range.start)..part.end.min(range.end);
        let plain = match line.look {
            Look::Head => TextFormat { color: tokens.muted, ..plain.clone() },
            _ => plain.clone(),
        };
        // Signs lie within words of some meaning or between them.
        let mut signs = line.signs.iter().peekable();
        let mut show = |flow: &mut Flow<'_>, part: Range<usize>, format: &TextFormat| {
            let part = clip(&part);
            let mut at = part.start;
            while let Some((sign, name)) = signs.next_if(|(sign, _)| sign.start < part.end) {
                flow.show(&(at..sign.start), format.clone(), false);
                flow.draw(ui, &clip(sign), prose::sign(ui, name, sizes.code.size, tokens.unsure));
                at = sign.end.max(at);
            }
            flow.show(&(at..part.end), format.clone(), false);
        };
        let mut at = line.source.start;
        for (part, scope) in &line.scopes {
            show(&mut flow, at..part.start, &plain);
            let color = style::scope_colour(text, &tokens, *scope);
            show(&mut flow, part.clone(), &TextFormat { color, ..plain.clone() });
            at = at.max(part.end);
        }
        show(&mut flow, at..line.source.end, &plain);
    }
    flow.lay(ui, range.end, width)
}

/// Lays out lines of a terminal; the signs that steer it are not copied.
pub(super) fn lay_terminal(
    ui: &Ui,
    text: &Rich<'_>,
    all: &Terminal,
    lines: &Range<usize>,
    range: &Range<usize>,
    width: f32,
) -> Laid {
    let (sizes, tokens) = (Sizes::of(ui, text.size), Tokens::of(ui));
    let mut flow = Flow::new(text.source, range.start, sizes.code_setting(text)).dropping();
    let plain = flow.plain();
    for (index, line) in all.lines.get(lines.clone()).unwrap_or_default().iter().enumerate() {
        if index > 0 {
            let before = line.first().map_or(range.end, |run| run.source.start);
            flow.next_line(before);
        }
        for run in line {
            let mut format = plain.clone();
            if let Some(colour) = run.colour {
                format.color = tokens.legible(colours::terminal(colour));
            }
            if let Some(ground) = run.ground {
                format.background = tokens.ground(colours::terminal(ground));
            }
            if run.faint {
                format.color = tokens.muted;
            }
            if run.underlined {
                format.underline = Stroke::new(1.0, format.color);
            }
            format.italics = run.emphasis;
            let part = run.source.start.max(range.start)..run.source.end.min(range.end);
            match &run.sign {
                Some(name) => flow.draw(ui, &part, prose::sign(ui, name, sizes.code.size, tokens.unsure)),
                None => flow.show(&part, format, run.strong),
            }
        }
    }
    flow.lay(ui, range.end, width)
}

/// Paints what lies behind lines of program text: whether they were put in or taken out, and their numbers.
pub(super) fn paint_behind(
    ui: &Ui,
    text: &Rich<'_>,
    code: &Code,
    piece: &Piece,
    lines: &Range<usize>,
    laid: &Laid,
    place: Rect,
) {
    let (sizes, tokens) = (Sizes::of(ui, text.size), Tokens::of(ui));
    let (gutter, signs) = (gutter(code, &sizes), signs(code));
    let words = place.min.x + PADDING + gutter;
    for (index, line) in lines.clone().zip(code.lines.get(lines.clone()).unwrap_or_default()) {
        let Some((top, _)) = laid.row_of(text.source, line.source.start.max(piece.source.start)) else { continue };
        let Some((_, bottom)) = laid.row_of(text.source, line.source.end.min(piece.source.end)) else { continue };
        let (top, bottom) = (place.min.y + top, place.min.y + bottom);
        if !ui.clip_rect().y_range().intersects(eframe::egui::Rangef::new(top, bottom)) {
            continue;
        }
        let row = Rect::from_min_max(pos2(place.min.x, top), pos2(place.max.x, bottom));
        let (sign, colour) = match line.look {
            Look::Added => ("+", tokens.good),
            Look::Removed => ("−", tokens.bad),
            Look::Plain | Look::Head => ("", tokens.muted),
        };
        if !sign.is_empty() {
            ui.painter().rect_filled(row, 0, tokens.changed(line.look == Look::Added));
        }
        // The rest of a line that was divided has no number of its own.
        if line.source.start < piece.source.start || gutter == 0.0 {
            continue;
        }
        let middle = top + 0.5 * sizes.code_line;
        // Where the text has its own sign, none is put before it.
        let is_signed = text.source.get(line.source.clone()).is_some_and(|text| text.starts_with(['+', '-']));
        if !sign.is_empty() && !is_signed {
            let at = pos2(words - 4.0, middle);
            ui.painter().text(at, Align2::RIGHT_CENTER, sign, sizes.code.clone(), colour);
        }
        if code.before + code.lines.len() > 1 {
            let number = (code.before + index + 1).to_string();
            let at = pos2(words - 9.0 - signs as f32 * sizes.code_letter, middle);
            ui.painter().text(at, Align2::RIGHT_CENTER, number, sizes.code.clone(), tokens.muted);
        }
    }
}
