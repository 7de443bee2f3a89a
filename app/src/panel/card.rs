//! Paints one step: its scores beside it, its heading, its text and what is said of it.

use eframe::egui::epaint::Mesh;
use eframe::egui::{
    self, Align, Color32, CornerRadius, Frame, Id, Label, Layout, Margin, Pos2, Rangef, Rect, Response, RichText, Role,
    Sense, Shape, Stroke, TextStyle, Ui, Vec2, pos2, vec2,
};

use super::caret::caret_ui;
use super::sources::sources_row_ui;
use super::text::{Shown, mark, pictures_ui, text_ui};
use crate::command::{Action, CommandSink, KeyMap};
use crate::state::reading::ReadRequest;
use crate::text::Texts;
use crate::ui_kit::rich::{Mark, MarkKind};
use crate::ui_kit::tokens::GUTTER;
use crate::ui_kit::{Tokens, chip_ui, focus_ring};
use crate::view_model::card::{ScoreChip, StepCardModel};

/// Height of the last lines of a text shown short, which fade into its card.
const FADE: f32 = 30.0;

/// What a card needs besides its model.
pub struct CardFrame<'a> {
    /// Texts made ready.
    pub texts: &'a Texts,
    /// Some step has a score.
    pub has_gutter: bool,
    /// How high the card was before.
    pub height: f32,
    /// The match gone to shall be brought into view.
    pub reveal: bool,
}

/// Where the text of a card stands, in a list that begins at `left` and is so wide.
pub fn text_span(ui: &Ui, left: f32, width: f32, has_gutter: bool) -> Rangef {
    let gutter = if has_gutter { GUTTER + ui.spacing().item_spacing.x } else { 0.0 };
    Rangef::new(left + gutter + 11.0, left + width - 18.0)
}

/// Paints a note.
pub fn note_ui(ui: &mut Ui, note: &str, tokens: &Tokens) {
    ui.label(RichText::new(format!("Note  {note}")).italics().color(tokens.accent));
}

/// Paints one step with its scores beside it; a click selects it.
pub fn step_card_ui(ui: &mut Ui, model: &StepCardModel<'_>, frame: &CardFrame<'_>, sink: &mut CommandSink) -> Rect {
    let tokens = Tokens::of(ui);
    let layout = Layout::left_to_right(Align::Min);
    let row = ui.with_layout(layout, |ui| {
        if frame.has_gutter {
            gutter_ui(ui, model, &tokens);
        }
        card_ui(ui, model, frame, &tokens, sink);
    });
    row.response.rect
}

fn card_ui(ui: &mut Ui, model: &StepCardModel<'_>, frame: &CardFrame<'_>, tokens: &Tokens, sink: &mut CommandSink) {
    let width = ui.available_width() - 8.0;
    // Below what it holds, so that links and folds in it can be clicked. Where its height has changed, that is known one
    // frame later.
    let area = Rect::from_min_size(ui.cursor().min, vec2(width, frame.height.max(20.0)));
    let response = ui.interact(area, ui.scope_id().with(("step", model.step)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, model.selected, card_name(model)));
    let stroke = if model.selected { Stroke::new(1.5, tokens.accent) } else { Stroke::new(1.0, tokens.line) };
    let fill = if model.selected { tokens.selected } else { tokens.card };
    let panel = Frame::new().fill(fill).stroke(stroke).corner_radius(CornerRadius::same(5)).inner_margin(Margin {
        left: 10,
        right: 10,
        top: 4,
        bottom: 6,
    });
    let card = panel.show(ui, |ui| {
        ui.set_width((width - 20.0).max(0.0));
        ui.vertical(|ui| {
            heading_ui(ui, model, tokens);
            if let Some(row) = &model.sources {
                sources_row_ui(ui, row, Id::unique(("sources of step", model.step)));
            }
            match model.caret {
                Some(at) => {
                    caret_ui(ui, model.body, at, model.is_code, sink);
                    false
                }
                None => body_ui(ui, model, frame, fill, tokens, sink),
            }
        })
        .inner
    });
    let rect = card.response.rect;
    if let Some(tone) = model.tone {
        let edge = Rect::from_min_size(rect.min, vec2(4.0, rect.height()));
        ui.painter().rect_filled(edge, CornerRadius { nw: 5, sw: 5, ..CornerRadius::ZERO }, tokens.tone(tone));
    }
    focus_ring(ui, &response, tokens);
    super::beside::drop_ui(ui, &response, model.number - 1, sink);
    if model.selected {
        super::beside::note_selected(ui, rect);
    }
    if response.clicked() || card.inner {
        sink.push(Action::ShowStep(model.step));
    }
}

/// The name by which assistive technology and tests find the card.
fn card_name(model: &StepCardModel<'_>) -> String {
    let chips = model.chips.iter().map(|chip| chip.text.clone());
    let parts: Vec<String> = std::iter::once(format!("Step {}", model.number)).chain(chips).collect();
    parts.join(", ")
}

fn heading_ui(ui: &mut Ui, model: &StepCardModel<'_>, tokens: &Tokens) {
    let small = |text: &str, colour| Label::new(RichText::new(text).small().color(colour)).selectable(false);
    ui.horizontal_wrapped(|ui| {
        let number = RichText::new(model.number.to_string()).small().strong().color(tokens.muted);
        ui.add(Label::new(number).selectable(false));
        if !model.sign.is_empty() {
            ui.add(small(model.sign, tokens.accent));
        }
        if !model.heading.is_empty() {
            ui.add(small(&model.heading, tokens.muted));
        }
        if let Some(call) = &model.call {
            let text = RichText::new(call).small().color(tokens.muted);
            ui.add(Label::new(text).selectable(false)).on_hover_ui(|ui| {
                ui.label(KeyMap::of(ui).fill("{step.partner} goes from a call to its result, or back"));
            });
        }
        if let Some((which, of)) = model.branch {
            ui.add(small(&format!("⋎ {which} of {of}"), tokens.accent)).on_hover_ui(|ui| {
                ui.label(KeyMap::of(ui).fill("Alternatives: {branch.previous} and {branch.next} go through them"));
            });
        }
        let critiques = model.critique_chip();
        for chip in model.chips.iter().chain(&model.evidence).chain(&critiques) {
            chip_ui(ui, chip);
        }
        if model.unjudged {
            ui.add(small("unjudged", tokens.muted)).on_hover_text("After the first error; rate it to judge it");
        }
        for fact in &model.facts {
            ui.add(small(&fact.text, tokens.muted)).on_hover_text(&fact.hint);
        }
    });
}

/// Paints the text, the arguments and what is said of them; true where the text was clicked.
fn body_ui(
    ui: &mut Ui,
    model: &StepCardModel<'_>,
    frame: &CardFrame<'_>,
    fill: Color32,
    tokens: &Tokens,
    sink: &mut CommandSink,
) -> bool {
    let colour = if model.unjudged || model.dimmed { tokens.muted } else { tokens.text };
    let goes_to = |found: &[(std::ops::Range<usize>, bool)]| {
        let current = found.iter().find(|(_, is_current)| *is_current).filter(|_| frame.reveal);
        current.map(|(range, _)| range.start)
    };
    let mut clicked = false;
    if !model.body.is_empty() || model.arguments.is_none() {
        let marks = body_marks(model);
        let text = model.body.get(..model.shown.0).unwrap_or(model.body);
        let scroll_to = goes_to(&model.found);
        let shown = Shown { text, reading: &model.reading, colour, marks: &marks, scroll_to };
        clicked |= text_ui(ui, frame.texts, &shown).clicked();
    }
    pictures_ui(ui, frame.texts, &model.pictures.0, model.pictures.1, colour);
    if let Some(arguments) = model.arguments {
        let marks = found_marks(&model.found_in_arguments);
        let text = arguments.get(..model.shown.1).unwrap_or(arguments);
        let colour = if model.unjudged || model.dimmed { tokens.muted } else { tokens.neutral };
        let scroll_to = goes_to(&model.found_in_arguments);
        let shown = Shown { text, reading: &model.arguments_reading, colour, marks: &marks, scroll_to };
        clicked |= text_ui(ui, frame.texts, &shown).clicked();
    }
    if let Some(fold) = &model.fold {
        if fold.is_short {
            fade_ui(ui, fill);
        }
        let name = if fold.is_short { "Unfold" } else { "Fold" };
        let name = format!("{name} step {}", model.number);
        if fold_bar_ui(ui, Id::unique(("fold", model.step)), &fold.text(), &name, tokens) {
            sink.push(Action::Read(ReadRequest::Fold(model.step)));
        }
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
    clicked
}

fn found_marks(found: &[(std::ops::Range<usize>, bool)]) -> Vec<Mark> {
    let kind = |is_current| if is_current { MarkKind::FoundCurrent } else { MarkKind::Found };
    found.iter().map(|(range, is_current)| mark(range.clone(), kind(*is_current), String::new())).collect()
}

/// Marked words, those being picked, and what was looked for.
fn body_marks(model: &StepCardModel<'_>) -> Vec<Mark> {
    let span = |(start, end, says): &(usize, usize, String)| {
        let words = model.body.get(*start..*end).unwrap_or_default();
        let says = if says.is_empty() { "marked" } else { says.as_str() };
        mark(*start..*end, MarkKind::Span, format!("“{words}” {says}"))
    };
    let picked = model.picked.map(|(start, end)| mark(start..end, MarkKind::Picked, String::new()));
    model.spans.iter().map(span).chain(found_marks(&model.found)).chain(picked).collect()
}

/// Lets the last lines fade into the card.
fn fade_ui(ui: &Ui, fill: Color32) {
    let end = ui.min_rect().bottom();
    let rect = Rect::from_x_y_ranges(ui.max_rect().x_range(), (end - FADE).max(ui.min_rect().top())..=end);
    let mut mesh = Mesh::default();
    for (at, colour) in [
        (rect.left_top(), Color32::TRANSPARENT),
        (rect.right_top(), Color32::TRANSPARENT),
        (rect.right_bottom(), fill),
        (rect.left_bottom(), fill),
    ] {
        mesh.colored_vertex(at, colour);
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(0, 2, 3);
    ui.painter().add(Shape::mesh(mesh));
}

/// Paints the bar that folds and unfolds; true where it was pressed.
pub fn fold_bar_ui(ui: &mut Ui, id: Id, text: &str, name: &str, tokens: &Tokens) -> bool {
    let font = TextStyle::Small.resolve(ui.style());
    let height = ui.spacing().interact_size.y.min(18.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let response = ui.interact(rect, id, Sense::click());
    let label = format!("{name}, {}", text.trim_start_matches(['▾', '▴', ' ']));
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, &label));
    let ground = if response.hovered() { tokens.line } else { tokens.line.gamma_multiply(0.45) };
    ui.painter().rect_filled(rect, 3.0, ground);
    let colour = if response.hovered() { tokens.text } else { tokens.accent };
    // The reasons may be many; what does not fit is in the tooltip.
    let galley = ui.painter().layout_job(egui::text::LayoutJob {
        wrap: egui::text::TextWrapping::truncate_at_width(rect.width() - 16.0),
        ..egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour)
    });
    let at = pos2(rect.left() + 8.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, colour);
    focus_ring(ui, &response, tokens);
    response
        .on_hover_ui(|ui| {
            ui.label(
                KeyMap::of(ui).fill("{read.fold} folds and unfolds the selected step, {read.fold_all} all of them"),
            );
            ui.label(text.trim_start_matches(['▾', '▴', ' ']));
        })
        .clicked()
}

/// Height of the chosen scorer's place, and of each other one's, in points.
const CHOSEN: f32 = 38.0;
const OTHER: f32 = 15.0;

fn gutter_ui(ui: &mut Ui, model: &StepCardModel<'_>, tokens: &Tokens) {
    let height = CHOSEN + OTHER * model.others.len() as f32;
    let (rect, _) = ui.allocate_exact_size(vec2(GUTTER, height), Sense::hover());
    if let Some(score) = &model.score {
        let place = Rect::from_min_size(rect.min, vec2(GUTTER, CHOSEN));
        chosen_ui(ui, place, score, tokens);
        hint_ui(ui, place, score, (model.step, 0));
    }
    for (number, score) in model.others.iter().enumerate() {
        let place = Rect::from_min_size(rect.min + vec2(0.0, CHOSEN + OTHER * number as f32), vec2(GUTTER, OTHER));
        let font = TextStyle::Small.resolve(ui.style());
        let colour = tokens.tone(score.tone);
        ui.painter().text(
            place.right_top() + vec2(-6.0, 0.0),
            egui::Align2::RIGHT_TOP,
            &score.text,
            font,
            tokens.muted,
        );
        if let Some(fraction) = score.fraction {
            bar_ui(ui, place.left_top() + vec2(4.0, 12.0), vec2(GUTTER - 10.0, 2.0), fraction, colour, tokens);
        }
        hint_ui(ui, place, score, (model.step, number + 1));
    }
}

fn chosen_ui(ui: &Ui, rect: Rect, score: &ScoreChip, tokens: &Tokens) {
    let (body, small) = (TextStyle::Body.resolve(ui.style()), TextStyle::Small.resolve(ui.style()));
    let colour = tokens.tone(score.tone);
    let right = rect.right_top() + vec2(-6.0, 2.0);
    ui.painter().text(right, egui::Align2::RIGHT_TOP, &score.text, body, colour);
    if let Some(fraction) = score.fraction {
        bar_ui(ui, rect.left_top() + vec2(4.0, 19.0), vec2(GUTTER - 10.0, 4.0), fraction, colour, tokens);
    }
    if let Some((delta, tone)) = &score.delta {
        let small = egui::FontId { size: small.size - 1.0, ..small };
        ui.painter().text(right + vec2(0.0, 22.0), egui::Align2::RIGHT_TOP, delta, small, tokens.tone(*tone));
    }
}

fn bar_ui(ui: &Ui, at: Pos2, size: Vec2, fraction: f32, colour: Color32, tokens: &Tokens) {
    let bar = Rect::from_min_size(at, size);
    ui.painter().rect_filled(bar, 2.0, tokens.line);
    ui.painter().rect_filled(Rect::from_min_size(at, vec2(size.x * fraction, size.y)), 2.0, colour);
}

fn hint_ui(ui: &Ui, rect: Rect, score: &ScoreChip, which: (u32, usize)) -> Response {
    let id = ui.scope_id().with(("score", which));
    let delta = score.delta.as_ref().map(|(delta, _)| format!("\n{delta} since the step before")).unwrap_or_default();
    ui.interact(rect, id, Sense::hover()).on_hover_text(format!("{}{delta}", score.hint))
}
