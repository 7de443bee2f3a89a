//! Paints what stands beside the open trace; only the steps in sight are laid out.

use eframe::egui::{
    self, Align, Color32, CornerRadius, CursorIcon, DragAndDrop, Frame, Id, Label, Layout, Margin, Rect, Response,
    RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use crate::command::{Action, Command, CommandEnv, CommandSink, KeyMap};
use crate::state::beside::BesideRequest;
use crate::text::{Reading, TextKey, TextKind, Texts};
use crate::ui_kit::rich::{Rich, RichSize, rich_ui};
use crate::ui_kit::{Tokens, chip_ui, command_button, diff_summary_ui, diff_ui, word_diff};
use crate::view_model::beside::{BesideCard, BesideModel, link_text};

/// What painting needs besides the model.
pub struct BesideFrame<'a> {
    /// Texts made ready.
    pub texts: &'a Texts,
    /// Texts are shown as they are written.
    pub as_written: bool,
    /// The selected step is to be brought into view.
    pub scroll: bool,
    /// The same as long as the same stands there.
    pub id: u64,
    /// Which commands can run.
    pub env: CommandEnv,
}

/// A step of the side that is being dragged, to be dropped on the step that it corresponds to.
struct Dragged(usize);

/// Heights of the steps at one width, so that those out of sight need no layout.
type Heights = Vec<f32>;

/// Paints the side.
pub fn beside_ui(ui: &mut Ui, model: &BesideModel<'_>, frame: &BesideFrame<'_>, sink: &mut CommandSink) {
    heading_ui(ui, model, frame, sink);
    if !model.empty.is_empty() {
        ui.add_space(12.0);
        let text = RichText::new(KeyMap::of(ui).fill(model.empty)).weak();
        ui.vertical_centered(|ui| ui.add(Label::new(text).wrap()));
        return;
    }
    let steady = Id::unique("beside kept in step");
    let left: u8 = ui.data(|data| data.get_temp(steady)).unwrap_or_default();
    let left = if frame.scroll { STEADY } else { left.saturating_sub(1) };
    ui.data_mut(|data| data.insert_temp(steady, left));
    if left > 0 {
        ui.ctx().request_repaint();
    }
    let area = ScrollArea::vertical().id_salt(("beside", frame.id)).auto_shrink([false, false]);
    area.show(ui, |ui| {
        if let Some((text, unfolded)) = &model.shared {
            let arrow = if *unfolded { "▾" } else { "▸" };
            let button = ui.button(RichText::new(format!("{arrow} {text}")).small());
            if button.on_hover_text("Show them one by one, or in one line").clicked() {
                sink.push(Action::Beside(BesideRequest::Unfold));
            }
        }
        let width = ui.available_width();
        let id = Id::unique(("beside heights", frame.id, model.diff, frame.as_written, width.round().to_bits()));
        let mut heights: Heights = ui.data_mut(|data| data.get_temp(id)).unwrap_or_default();
        heights.resize(model.cards.last().map_or(0, |card| card.at + 1), 0.0);
        for card in &model.cards {
            let Some(height) = heights.get_mut(card.at) else { continue };
            // Guessed once: in every frame it would read every text of the side.
            if *height <= 0.0 {
                *height = guess_height(card, width);
            }
            let rect = Rect::from_min_size(ui.cursor().min, vec2(width, *height));
            let must_show = left > 0 && card.selected;
            if !ui.is_rect_visible(rect) && !must_show {
                ui.allocate_space(rect.size());
                continue;
            }
            let response = card_ui(ui, card, frame, sink);
            *height = response.rect.height();
            if must_show {
                bring_beside(ui, response.rect);
            }
        }
        ui.data_mut(|data| data.insert_temp(id, heights));
        ui.add_space(24.0);
    });
}

/// Frames for which the side is kept in step after the selected step changed: the reader may still be on its way.
const STEADY: u8 = 8;

/// Brings a step to the height of the one selected in the reader, where that is known.
fn bring_beside(ui: &Ui, rect: Rect) {
    let selected: Option<f32> = ui.data(|data| data.get_temp(Id::unique(TOP_OF_SELECTED)));
    match selected.filter(|top| ui.clip_rect().y_range().contains(*top)) {
        Some(top) => ui.scroll_with_delta_animation(vec2(0.0, top - rect.top()), egui::style::ScrollAnimation::none()),
        None => ui.scroll_to_rect(rect.expand(8.0), None),
    }
}

/// Notes where the step selected in the reader is painted.
pub fn note_selected(ui: &Ui, rect: Rect) {
    ui.data_mut(|data| data.insert_temp(Id::unique(TOP_OF_SELECTED), rect.top()));
}

const TOP_OF_SELECTED: &str = "top of the selected step";

fn guess_height(card: &BesideCard<'_>, width: f32) -> f32 {
    let columns = ((width - 60.0) / 6.5).max(20.0);
    let lines: f32 = card.text.lines().map(|line| (line.len() as f32 / columns).ceil().max(1.0)).sum();
    lines * 17.0 + 40.0
}

fn heading_ui(ui: &mut Ui, model: &BesideModel<'_>, frame: &BesideFrame<'_>, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&model.title).strong());
        for chip in &model.chips {
            chip_ui(ui, chip);
        }
        if !model.summary.is_empty() {
            ui.label(RichText::new(&model.summary).small().color(tokens.muted));
        }
    });
    ui.horizontal_wrapped(|ui| {
        command_button(ui, Command::ChooseBeside, "Choose…", false, frame.env, sink);
        if model.empty.is_empty() {
            command_button(ui, Command::ToggleDiff, "Differences", model.diff, frame.env, sink);
            if model.shared.is_some() {
                command_button(ui, Command::Parting, "Where they part", false, frame.env, sink);
            }
            command_button(ui, Command::LinkBeside, "Link", false, frame.env, sink);
        }
    });
    ui.add_space(4.0);
}

fn card_ui(ui: &mut Ui, card: &BesideCard<'_>, frame: &BesideFrame<'_>, sink: &mut CommandSink) -> Response {
    let tokens = Tokens::of(ui);
    let stroke = match (card.selected, card.is_partner) {
        (true, _) => Stroke::new(1.5, tokens.accent),
        (false, true) => Stroke::new(1.0, tokens.accent),
        (false, false) => Stroke::new(1.0, tokens.line),
    };
    let fill = if card.is_partner { tokens.selected } else { tokens.card };
    let margin = Margin { left: 10, right: 8, top: 4, bottom: 6 };
    let outer = Frame::new().fill(fill).stroke(stroke).corner_radius(CornerRadius::same(5)).inner_margin(margin);
    let width = ui.available_width();
    let shown = outer.show(ui, |ui| {
        // Margins, and the line at both sides where it is thickest.
        ui.set_width((width - 24.0).max(0.0));
        ui.horizontal_wrapped(|ui| {
            handle_ui(ui, card, &tokens);
            for link in &card.links {
                let colour = if link.own { tokens.accent } else { tokens.muted };
                let text = RichText::new(link_text(&link.number.to_string(), link.own)).small().color(colour);
                let mark = ui.add(Label::new(text).sense(Sense::click()).selectable(false));
                let name = format!("Corresponds to step {}", link.number);
                mark.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
                if mark.on_hover_text("Shows that step").on_hover_cursor(CursorIcon::PointingHand).clicked() {
                    sink.push(Action::Beside(BesideRequest::Follow(card.at)));
                }
            }
        });
        body_ui(ui, card, frame, &tokens);
    });
    let rect = shown.response.rect;
    // Reached with its own keys, so no stop of Tab.
    let response = ui.interact(rect, ui.scope_id().with(("beside", card.at)), Sense::CLICK);
    let name = format!("Beside, step {}", card.number);
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, card.selected, &name));
    if response.clicked() {
        sink.push(Action::Beside(BesideRequest::Select(card.at)));
    }
    shown.response
}

/// The number of a step, to be dragged onto the step that it corresponds to.
fn handle_ui(ui: &mut Ui, card: &BesideCard<'_>, tokens: &Tokens) {
    let text = RichText::new(card.number).small().strong().color(tokens.muted);
    let handle = ui.add(Label::new(text).sense(Sense::drag()).selectable(false));
    let name = format!("Drag step {} onto the step it corresponds to", card.number);
    handle.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &name));
    handle.dnd_set_drag_payload(Dragged(card.at));
    if handle.dragged() {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    handle.on_hover_text(name).on_hover_cursor(CursorIcon::Grab);
}

/// Takes a step of the side that is dropped on a step of the open trace.
pub fn drop_ui(ui: &Ui, card: &Response, position: usize, sink: &mut CommandSink) {
    if DragAndDrop::has_payload_of_type::<Dragged>(ui.ctx()) && card.contains_pointer() {
        let stroke = Stroke::new(2.0, Tokens::of(ui).accent);
        ui.painter().rect_stroke(card.rect, 5.0, stroke, StrokeKind::Inside);
    }
    if let Some(dragged) = card.dnd_release_payload::<Dragged>() {
        sink.push(Action::Beside(BesideRequest::Link(position, dragged.0)));
    }
}

fn body_ui(ui: &mut Ui, card: &BesideCard<'_>, frame: &BesideFrame<'_>, tokens: &Tokens) {
    let colour = if card.is_shared { tokens.muted } else { tokens.text };
    let is_code = matches!(card.reads, TextKind::Code(_) | TextKind::Output);
    if let Some(against) = card.against {
        let diff = word_diff(ui, against, card.text);
        if !diff.is_another_text() {
            diff_ui(ui, &diff, is_code);
            let summary = if diff.is_empty() { "The same".to_owned() } else { diff.summary() };
            ui.label(RichText::new(summary).small().color(tokens.muted));
            return;
        }
        text_ui(ui, card, frame, colour, is_code);
        diff_summary_ui(ui, &diff);
        return;
    }
    text_ui(ui, card, frame, colour, is_code);
}

fn text_ui(ui: &mut Ui, card: &BesideCard<'_>, frame: &BesideFrame<'_>, colour: Color32, is_code: bool) {
    let ready = frame.texts.get(&TextKey::Of(card.key), card.text, card.reads);
    if let (Reading::Ready(document), false) = (ready, frame.as_written) {
        // By what it says: two texts of one length that are divided alike share their layout under one name.
        let id = Id::unique(("beside text", frame.id, card.at, card.key));
        let text = Rich {
            document: &document,
            source: card.text,
            id,
            colour,
            size: RichSize::Body,
            marks: &[],
            scroll_to: None,
        };
        ui.with_layout(Layout::top_down(Align::Min), |ui| rich_ui(ui, &text));
    } else {
        let text = RichText::new(card.text).color(colour);
        ui.add(Label::new(if is_code { text.monospace() } else { text }).wrap());
    }
}
