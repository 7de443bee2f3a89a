//! Comparing the alternatives of a step: two side by side, more one below the other, each with what differs.

use eframe::egui::{
    self, Context, CornerRadius, Frame, Id, Key, Label, Margin, Modal, Modifiers, RichText, ScrollArea, Sense, Sides,
    Stroke, Ui, WidgetInfo,
};

use stepscope_core::model::StepRating;

use crate::command::{Action, CommandSink};
use crate::state::comparing::{CompareDraft, CompareMode, CompareRequest};
use crate::state::writing::WriteRequest;
use crate::ui_kit::{Tokens, chip_ui, diff_summary_ui, diff_ui, word_diff};
use crate::view_model::compare::{CompareCard, CompareModel};

const DIGITS: [Key; 10] =
    [Key::Num0, Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

/// Paints the dialog.
pub fn compare_ui(ctx: &Context, draft: &CompareDraft, model: &CompareModel, sink: &mut CommandSink) {
    let mut ask = |request| sink.push(Action::Write(WriteRequest::Compare(request)));
    let busy = draft.mode != CompareMode::Rate;
    let request = key_request(ctx, draft);
    let given_up = busy && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let screen = ctx.content_rect();
    let mut close = false;
    let response = Modal::new(Id::unique("compare")).show(ctx, |ui| {
        let width = (screen.width() - 80.0).clamp(480.0, 1240.0);
        ui.set_width(width);
        let height = (screen.height() - 210.0).clamp(160.0, 760.0);
        Sides::new().show(
            ui,
            |ui| ui.heading(&model.title),
            |ui| {
                close = ui.button("Close").clicked();
                if let Some(criterion) = &model.criterion {
                    let button = egui::Button::new(criterion).right_text(RichText::new("C").small().weak());
                    if ui.add(button).on_hover_text("In what respect two are compared").clicked() {
                        ask(CompareRequest::Criterion);
                    }
                }
            },
        );
        ui.add_space(4.0);
        let area = ScrollArea::vertical().id_salt("alternatives").max_height(height).auto_shrink([false, true]);
        area.show(ui, |ui| {
            let columns = if model.cards.len() == 2 && width > 760.0 { 2 } else { 1 };
            ui.columns(columns, |columns| {
                let count = columns.len();
                for (position, card) in model.cards.iter().enumerate() {
                    let Some(ui) = columns.get_mut(position % count) else { continue };
                    if card_ui(ui, card, draft.moved) {
                        let ranks = matches!(draft.mode, CompareMode::Rank(_));
                        let looks = CompareRequest::Look(position);
                        ask(if ranks { CompareRequest::RankNext(position) } else { looks });
                    }
                    ui.add_space(4.0);
                }
            });
        });
        footer_ui(ui, draft, model, &mut ask);
    });
    if let Some(request) = request {
        ask(request);
    } else if given_up {
        ask(CompareRequest::Cancel);
    } else if close || (super::is_left(&response) && !busy) {
        sink.push(Action::SetDialog(None));
    }
}

/// What a key asks for; digits mean what the mode says. Enter and Space press the button that has the keyboard.
fn key_request(ctx: &Context, draft: &CompareDraft) -> Option<CompareRequest> {
    let last = draft.steps.len().saturating_sub(1);
    let on_button = !super::has_no_button(ctx);
    ctx.input_mut(|input| {
        let mut pressed = |keys: &[Key]| keys.iter().any(|key| input.consume_key(Modifiers::NONE, *key));
        let digit = DIGITS.iter().position(|key| pressed(&[*key])).and_then(|digit| u8::try_from(digit).ok());
        if pressed(&[Key::J, Key::ArrowDown, Key::Period]) {
            return Some(CompareRequest::Look((draft.at + 1).min(last)));
        }
        if pressed(&[Key::K, Key::ArrowUp, Key::Comma]) {
            return Some(CompareRequest::Look(draft.at.saturating_sub(1)));
        }
        let enter = !on_button && pressed(&[Key::Enter]);
        match &draft.mode {
            CompareMode::Rank(_) => match digit {
                Some(digit) if digit > 0 => Some(CompareRequest::RankNext(usize::from(digit) - 1)),
                _ if !on_button && pressed(&[Key::Space]) => Some(CompareRequest::RankNext(draft.at)),
                _ => enter.then_some(CompareRequest::EndRank),
            },
            CompareMode::Prefer(_) => digit.filter(|digit| *digit <= 3).map(CompareRequest::Strength),
            CompareMode::Rate => {
                let pair = draft.other().is_some();
                match digit {
                    Some(digit @ 1..=4) => Some(CompareRequest::Rate(digit)),
                    _ if enter => Some(CompareRequest::Choose),
                    // The earlier one stands at the left, or above.
                    _ if pressed(&[Key::ArrowLeft]) && pair => Some(CompareRequest::Better(draft.at < draft.with)),
                    _ if pressed(&[Key::ArrowRight]) && pair => Some(CompareRequest::Better(draft.at > draft.with)),
                    _ if pressed(&[Key::B]) => Some(CompareRequest::Best),
                    _ if pressed(&[Key::R]) => Some(CompareRequest::BeginRank),
                    _ if pressed(&[Key::A]) => Some(CompareRequest::CompareWith),
                    _ if pressed(&[Key::C]) => Some(CompareRequest::Criterion),
                    _ if pressed(&[Key::U]) || input.consume_key(Modifiers::COMMAND, Key::Z) => {
                        Some(CompareRequest::Undo)
                    }
                    _ => None,
                }
            }
        }
    })
}

/// Paints an alternative; true where it was clicked.
fn card_ui(ui: &mut Ui, card: &CompareCard, scroll: bool) -> bool {
    let tokens = Tokens::of(ui);
    let stroke = if card.selected { Stroke::new(1.5, tokens.accent) } else { Stroke::new(1.0, tokens.line) };
    let frame = Frame::new()
        .fill(if card.selected { tokens.selected } else { tokens.card })
        .stroke(stroke)
        .corner_radius(CornerRadius::same(5))
        .inner_margin(Margin::symmetric(10, 6));
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            ui.add(Label::new(RichText::new(card.number.to_string()).strong()).selectable(false));
            if let Some(place) = card.place {
                let text = RichText::new(format!("place {place}")).small().strong().color(tokens.accent);
                ui.add(Label::new(text).selectable(false));
            }
            for chip in &card.chips {
                chip_ui(ui, chip);
            }
            if let Some(score) = &card.score {
                let text = RichText::new(format!("score {}", score.text)).small().color(tokens.tone(score.tone));
                ui.add(Label::new(text).selectable(false)).on_hover_text(&score.hint);
            }
        });
        if !card.facts.is_empty() {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = 14.0;
                for fact in &card.facts {
                    let text = RichText::new(&fact.text).small().color(tokens.tone(fact.tone));
                    ui.add(Label::new(text).selectable(false)).on_hover_text(&fact.hint);
                }
            });
        }
        match &card.against {
            Some(against) => {
                let diff = word_diff(ui, against, &card.text);
                if diff.is_another_text() {
                    plain_ui(ui, card, &tokens);
                } else {
                    diff_ui(ui, &diff, card.is_code);
                }
                diff_summary_ui(ui, &diff);
            }
            None => plain_ui(ui, card, &tokens),
        }
    });
    let rect = shown.response.rect;
    // Reached with J and K, so no stop of Tab.
    let response = ui.interact(rect, ui.scope_id().with(("alternative", card.number)), Sense::CLICK);
    let chips = card.chips.iter().map(|chip| chip.text.clone());
    let name: Vec<String> = std::iter::once(format!("Alternative {}", card.number)).chain(chips).collect();
    let name = name.join(", ");
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, card.selected, &name));
    if card.selected && scroll {
        ui.scroll_to_rect(rect, None);
    }
    response.clicked()
}

fn plain_ui(ui: &mut Ui, card: &CompareCard, tokens: &Tokens) {
    let text = RichText::new(&card.text).color(tokens.text);
    ui.add(Label::new(if card.is_code { text.monospace() } else { text }).wrap());
}

fn footer_ui(ui: &mut Ui, draft: &CompareDraft, model: &CompareModel, ask: &mut impl FnMut(CompareRequest)) {
    let tokens = Tokens::of(ui);
    ui.add_space(6.0);
    let colour = if model.asks { tokens.accent } else { tokens.muted };
    ui.add(Label::new(RichText::new(&model.prompt).color(colour)).wrap());
    ui.add_space(4.0);
    let here = model.cards.get(draft.at);
    let mut wish = None;
    ui.horizontal_wrapped(|ui| {
        let ratings = [
            (StepRating::Good, "✔ Good", 1),
            (StepRating::Neutral, "● Neutral", 2),
            (StepRating::Bad, "✖ Bad", 3),
            (StepRating::Unsure, "? Unsure", 4),
        ];
        for (rating, title, key) in ratings.into_iter().filter(|(rating, ..)| model.ratings.contains(rating)) {
            let given = here.is_some_and(|card| card.rating == Some(rating));
            if ui.selectable_label(given, title).clicked() {
                wish = Some(CompareRequest::Rate(key));
            }
        }
        ui.separator();
        for (title, request) in [("★ Best", CompareRequest::Best), ("Order", CompareRequest::BeginRank)] {
            if ui.button(title).clicked() {
                wish = Some(request);
            }
        }
        if draft.other().is_some() {
            let mut pair = [(false, draft.with), (true, draft.at)];
            pair.sort_unstable_by_key(|(_, position)| *position);
            for (better, winner) in pair {
                if ui.button(format!("{} is better", winner + 1)).clicked() {
                    wish = Some(CompareRequest::Better(better));
                }
            }
        }
        if matches!(draft.mode, CompareMode::Prefer(_)) {
            for strength in 0..4 {
                let text = crate::view_model::alternatives::strength_text(strength);
                if ui.button(format!("{strength} {text}")).clicked() {
                    wish = Some(CompareRequest::Strength(strength));
                }
            }
        }
    });
    if let Some(wish) = wish {
        ask(wish);
    }
}
