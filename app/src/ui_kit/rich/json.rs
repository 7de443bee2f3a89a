//! Structured values as lines that can be folded. All lines are equally high, so only those in sight cost anything.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::text_selection::LabelSelectionState;
use eframe::egui::{self, Id, Key, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::code::PADDING;
use super::style::{Sizes, scope_colour};
use super::{MarkKind, Rich};
use crate::text::{JsonLine, Scope};
use crate::ui_kit::{Tokens, focus_ring};

/// In values with more lines than this, what lies deep is folded at first.
const LONG: usize = 60;

/// How deep lists and objects are open at first in such values.
const OPEN_DEPTH: u16 = 2;

/// Letters shown of a value; the rest is shown while the pointer is over it.
const LETTERS: usize = 400;

/// Letters of a value shown while the pointer is over it.
const HINT_LETTERS: usize = 4000;

/// Paints the lines; returns the response of all of them.
pub(super) fn json_ui(
    ui: &mut Ui,
    id: Id,
    lines: &[JsonLine],
    place: Rect,
    text: &Rich<'_>,
    byte: Option<usize>,
) -> Response {
    let (sizes, tokens) = (Sizes::of(ui, text.size), Tokens::of(ui));
    let mut turned: BTreeSet<usize> = ui.data_mut(|data| data.get_temp(id)).unwrap_or_default();
    let is_folded = |turned: &BTreeSet<usize>, index: usize, line: &JsonLine| {
        let at_first = lines.len() > LONG && line.depth >= OPEN_DEPTH;
        line.below > 0 && at_first != turned.contains(&index)
    };
    let wanted = byte.and_then(|byte| lines.iter().rposition(|line| line.source.contains(&byte)));
    if let Some(wanted) = wanted {
        for (index, line) in lines.iter().enumerate().take(wanted) {
            if index + line.below >= wanted && is_folded(&turned, index, line) && !turned.remove(&index) {
                turned.insert(index);
            }
        }
    }
    let rows = shown(lines, |index, line| is_folded(&turned, index, line));
    let height = rows.len() as f32 * sizes.code_line + 2.0 * PADDING;
    let all = Rect::from_min_size(place.min, vec2(place.width(), height));
    ui.painter().rect_filled(all, 4, tokens.code_ground());
    let mut response: Option<Response> = None;
    for (row, &index) in rows.iter().enumerate() {
        let Some(line) = lines.get(index) else { continue };
        let top = place.min.y + PADDING + row as f32 * sizes.code_line;
        let rect = Rect::from_min_size(pos2(place.min.x, top), vec2(place.width(), sizes.code_line));
        if wanted == Some(index) {
            ui.scroll_to_rect(rect.expand(3.0 * sizes.line), None);
        }
        if !ui.clip_rect().intersects(rect) {
            continue;
        }
        let folded = (line.below > 0).then(|| is_folded(&turned, index, line));
        let (own, turn) = line_ui(ui, id.with(index), line, folded, rect, text, &sizes, &tokens);
        if turn && !turned.remove(&index) {
            turned.insert(index);
        }
        response = Some(match response {
            Some(before) => before | own,
            None => own,
        });
    }
    ui.data_mut(|data| data.insert_temp(id, turned));
    let mut response = response.unwrap_or_else(|| ui.interact(all, id, Sense::hover()));
    response.rect = all;
    response
}

/// The lines that no folded line hides.
fn shown(lines: &[JsonLine], is_folded: impl Fn(usize, &JsonLine) -> bool) -> Vec<usize> {
    let mut rows = Vec::new();
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        rows.push(index);
        index += 1 + if is_folded(index, line) { line.below } else { 0 };
    }
    rows
}

/// One line; tells whether it is to be folded or unfolded.
#[expect(clippy::too_many_arguments, reason = "one line, where it stands and how it looks")]
fn line_ui(
    ui: &mut Ui,
    id: Id,
    line: &JsonLine,
    folded: Option<bool>,
    rect: Rect,
    text: &Rich<'_>,
    sizes: &Sizes,
    tokens: &Tokens,
) -> (Response, bool) {
    let indent = PADDING + f32::from(line.depth.min(40)) * sizes.code_letter * 2.0;
    let left = rect.min.x + indent + sizes.code_letter * 2.0;
    let font = sizes.code.clone();
    let format = |color| TextFormat { font_id: font.clone(), color, ..TextFormat::default() };
    let mut job = LayoutJob::default();
    if let Some(key) = &line.key {
        job.append(&format!("{key}: "), 0.0, format(scope_colour(text, tokens, Scope::Name)));
    }
    let colour = line.scope.map_or(tokens.muted, |scope| scope_colour(text, tokens, scope));
    let letters = line.value.chars().count();
    let value: String = line.value.chars().take(LETTERS).collect();
    job.append(&value, 0.0, format(colour));
    job.wrap.max_width = rect.max.x - left - PADDING;
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = ui.painter().layout_job(job);
    let is_cut = galley.elided || letters > LETTERS;
    for mark in text.marks.iter().filter(|mark| overlaps(line, &mark.range)) {
        let colour = match mark.kind {
            MarkKind::Found => tokens.found(false),
            MarkKind::FoundCurrent => tokens.found(true),
            MarkKind::Picked => tokens.accent.gamma_multiply(0.45),
            MarkKind::Span => tokens.unsure.gamma_multiply(0.3),
        };
        ui.painter().rect_filled(Rect::from_min_size(pos2(left - 2.0, rect.min.y), galley.size()), 2, colour);
    }
    let mut sense = Sense::click_and_drag();
    sense -= Sense::FOCUSABLE;
    let at = pos2(left, rect.min.y + ((rect.height() - galley.size().y) / 2.0).max(0.0));
    let words = ui.interact(Rect::from_min_size(at, galley.size()), id.with("words"), sense);
    words.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, galley.text()));
    LabelSelectionState::label_text_selection(ui, &words, at, galley, colour, Stroke::NONE);
    let words = if is_cut && words.hovered() {
        let mut hint: String = line.value.chars().take(HINT_LETTERS).collect();
        if letters > HINT_LETTERS {
            write!(hint, "… ({letters} letters)").ok();
        }
        words.on_hover_text(hint)
    } else {
        words
    };
    let Some(folded) = folded else { return (words, false) };
    let arrow = Rect::from_min_max(pos2(rect.min.x + indent - 2.0, rect.min.y), pos2(left, rect.max.y));
    let response = ui.interact(arrow, id, Sense::click());
    let name = line.key.as_deref().unwrap_or("value");
    let says = if folded { format!("Unfold {name}") } else { format!("Fold {name}") };
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &says));
    focus_ring(ui, &response, tokens);
    let sign = if folded { "▸" } else { "▾" };
    let colour = if response.hovered() { tokens.accent } else { tokens.muted };
    ui.painter().text(arrow.center(), egui::Align2::CENTER_CENTER, sign, sizes.code.clone(), colour);
    let key = response.has_focus() && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Space));
    let turn = response.clicked() || key;
    (words | response.on_hover_text(says), turn)
}

/// What is pointed out in the line itself, not only in lines folded below it.
fn overlaps(line: &JsonLine, range: &std::ops::Range<usize>) -> bool {
    let own_end = if line.below == 0 {
        line.source.end
    } else {
        line.source.start + line.key.as_ref().map_or(1, |key| key.len() + 2)
    };
    range.start < own_end && line.source.start < range.end
}
