//! Paints one step: its score beside it, its heading, its text and what is said of it.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{
    self, Align, CornerRadius, Frame, Label, Layout, Margin, Rect, Response, RichText, Sense, Stroke, Ui, vec2,
};

use super::caret::caret_ui;
use crate::command::{Action, CommandSink, KeyMap};
use crate::ui_kit::tokens::GUTTER;
use crate::ui_kit::{Tokens, chip_ui, focus_ring};
use crate::view_model::card::{ScoreChip, StepCardModel};

/// Paints a note.
pub fn note_ui(ui: &mut Ui, note: &str, tokens: &Tokens) {
    ui.label(RichText::new(format!("Note  {note}")).italics().color(tokens.accent));
}

/// Paints one step with its score beside it; a click selects it.
pub fn step_card_ui(ui: &mut Ui, model: &StepCardModel<'_>, has_gutter: bool, sink: &mut CommandSink) -> Response {
    let tokens = Tokens::of(ui);
    let layout = Layout::left_to_right(Align::Min);
    let row = ui.with_layout(layout, |ui| {
        if has_gutter {
            gutter_ui(ui, model.score.as_ref(), &tokens);
        }
        let width = ui.available_width();
        let stroke = if model.selected { Stroke::new(1.5, tokens.accent) } else { Stroke::new(1.0, tokens.line) };
        let frame = Frame::new()
            .fill(if model.selected { tokens.selected } else { tokens.card })
            .stroke(stroke)
            .corner_radius(CornerRadius::same(5))
            .inner_margin(Margin { left: 10, right: 8, top: 4, bottom: 6 });
        let card = frame.show(ui, |ui| {
            ui.set_width(width - 28.0);
            ui.vertical(|ui| {
                heading_ui(ui, model, &tokens);
                match model.caret {
                    Some(at) => {
                        caret_ui(ui, model.body, at, model.is_code, sink);
                        false
                    }
                    None => body_ui(ui, model, &tokens).clicked(),
                }
            })
            .inner
        });
        (card.response, card.inner)
    });
    let (card, text_clicked) = row.inner;
    if let Some(tone) = model.tone {
        let edge = Rect::from_min_size(card.rect.min, vec2(4.0, card.rect.height()));
        ui.painter().rect_filled(edge, CornerRadius { nw: 5, sw: 5, ..CornerRadius::ZERO }, tokens.tone(tone));
    }
    let response = ui.interact(card.rect, ui.scope_id().with(("step", model.step)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, model.selected, card_name(model)));
    focus_ring(ui, &response, &tokens);
    super::beside::drop_ui(ui, &response, model.number - 1, sink);
    if model.selected {
        super::beside::note_selected(ui, card.rect);
    }
    if response.clicked() || text_clicked {
        sink.push(Action::ShowStep(model.step));
    }
    row.response
}

/// The name by which assistive technology and tests find the card.
fn card_name(model: &StepCardModel<'_>) -> String {
    let chips = model.chips.iter().map(|chip| chip.text.clone());
    let parts: Vec<String> = std::iter::once(format!("Step {}", model.number)).chain(chips).collect();
    parts.join(", ")
}

fn heading_ui(ui: &mut Ui, model: &StepCardModel<'_>, tokens: &Tokens) {
    ui.horizontal_wrapped(|ui| {
        let number = RichText::new(model.number.to_string()).small().strong().color(tokens.muted);
        ui.add(Label::new(number).selectable(false));
        if !model.heading.is_empty() {
            ui.add(Label::new(RichText::new(&model.heading).small().color(tokens.muted)).selectable(false));
        }
        if let Some((which, of)) = model.branch {
            let text = RichText::new(format!("⋎ {which} of {of}")).small().color(tokens.accent);
            ui.add(Label::new(text).selectable(false)).on_hover_ui(|ui| {
                ui.label(KeyMap::of(ui).fill("Alternatives: {branch.previous} and {branch.next} go through them"));
            });
        }
        for chip in &model.chips {
            chip_ui(ui, chip);
        }
        if model.unjudged {
            let text = RichText::new("unjudged").small().color(tokens.muted);
            ui.add(Label::new(text).selectable(false)).on_hover_text("After the first error; rate it to judge it");
        }
    });
}

fn body_ui(ui: &mut Ui, model: &StepCardModel<'_>, tokens: &Tokens) -> Response {
    let colour = if model.unjudged || model.dimmed { tokens.muted } else { tokens.text };
    let mut response = if model.spans.is_empty() && model.picked.is_none() {
        let mut text = RichText::new(model.body).color(colour);
        if model.is_code {
            text = text.monospace();
        }
        ui.add(Label::new(text).wrap())
    } else {
        marked_ui(ui, model, colour, tokens)
    };
    if let Some(arguments) = model.arguments {
        response |= ui.add(Label::new(RichText::new(arguments).monospace().color(tokens.neutral)).wrap());
    }
    if !model.links.is_empty() {
        ui.label(RichText::new(&model.links).small().color(tokens.muted));
    }
    for remark in &model.remarks {
        ui.label(RichText::new(remark).italics().color(tokens.neutral));
    }
    if !model.note.is_empty() {
        note_ui(ui, model.note, tokens);
    }
    response
}

/// The text with marked words underlined, and those being picked on another ground.
fn marked_ui(ui: &mut Ui, model: &StepCardModel<'_>, colour: egui::Color32, tokens: &Tokens) -> Response {
    let style = if model.is_code { egui::TextStyle::Monospace } else { egui::TextStyle::Body };
    let plain = TextFormat { font_id: style.resolve(ui.style()), color: colour, ..TextFormat::default() };
    let mut cuts = vec![0, model.body.len()];
    cuts.extend(model.spans.iter().flat_map(|(start, end, _)| [*start, *end]));
    cuts.extend(model.picked.into_iter().flat_map(|(start, end)| [start, end]));
    cuts.sort_unstable();
    cuts.dedup();
    let mut job = LayoutJob::default();
    for (start, end) in cuts.iter().zip(cuts.iter().skip(1)) {
        // A mark on an older text may end in the middle of a letter; then nothing is cut there.
        let Some(piece) = model.body.get(*start..*end) else { continue };
        let mut format = plain.clone();
        if model.spans.iter().any(|(from, to, _)| from <= start && end <= to) {
            format.underline = Stroke::new(2.0, tokens.unsure);
        }
        if model.picked.is_some_and(|(from, to)| from <= *start && *end <= to) {
            format.background = tokens.accent.gamma_multiply(0.45);
        }
        job.append(piece, 0.0, format);
    }
    // Whatever the marks say, no word of the text is left out.
    if job.text != model.body {
        job = LayoutJob::single_section(model.body.to_owned(), plain);
    }
    let says: Vec<String> = model
        .spans
        .iter()
        .map(|(start, end, says)| {
            let words = model.body.get(*start..*end).unwrap_or_default();
            if says.is_empty() { format!("“{words}” marked") } else { format!("“{words}” {says}") }
        })
        .collect();
    let response = ui.add(Label::new(job).wrap());
    if says.is_empty() { response } else { response.on_hover_text(says.join("\n")) }
}

fn gutter_ui(ui: &mut Ui, score: Option<&ScoreChip>, tokens: &Tokens) {
    let (rect, response) = ui.allocate_exact_size(vec2(GUTTER, 34.0), Sense::hover());
    let Some(score) = score else { return };
    let colour = tokens.tone(score.tone);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let at = rect.right_top() + vec2(-6.0, 4.0);
    ui.painter().text(at, egui::Align2::RIGHT_TOP, &score.text, font, colour);
    if let Some(fraction) = score.fraction {
        let bar = Rect::from_min_size(rect.left_top() + vec2(4.0, 24.0), vec2(GUTTER - 10.0, 4.0));
        ui.painter().rect_filled(bar, CornerRadius::same(2), tokens.line);
        let filled = Rect::from_min_size(bar.min, vec2(bar.width() * fraction, bar.height()));
        ui.painter().rect_filled(filled, CornerRadius::same(2), colour);
    }
    response.on_hover_text(&score.hint);
}
