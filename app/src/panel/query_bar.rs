//! Paints the field in which traces are asked for, what could be written next, and the conditions in force.

use std::ops::Range;

use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::text_edit::{TextEditOutput, TextEditState};
use eframe::egui::{
    self, Align, Area, Button, EventFilter, Frame, Id, Key, Label, Layout, Modifiers, Order, Rect, RichText, Role,
    ScrollArea, Sense, Stroke, TextEdit, Ui, UiBuilder, WidgetInfo, scroll_area::ScrollBarVisibility, vec2,
};

use crate::command::{Action, Command, CommandSink, KeyMap};
use crate::state::asking::AskRequest;
use crate::ui_kit::{Tokens, focus_ring};
use crate::view_model::Tone;
use crate::view_model::query_bar::{OfferModel, QueryBarModel};

/// Height of the line of conditions.
const LINE: f32 = 22.0;
/// Offers in sight at once, in points of height.
const OFFERS: f32 = 220.0;

/// The field, so that others can tell whether it has the keyboard.
pub fn filter_id() -> Id {
    Id::unique("filter")
}

/// What is wished for in this frame, and what the buttons beside the conditions show.
#[derive(Clone, Copy, Debug, Default)]
pub struct BarFrame {
    /// The field wants the keyboard.
    pub focus: bool,
    /// The cursor is to be put at that byte.
    pub put_cursor: Option<usize>,
    /// The facets are shown.
    pub has_facets: bool,
}

/// Paints field and conditions.
pub fn query_bar_ui(ui: &mut Ui, model: &QueryBarModel, frame: BarFrame, sink: &mut CommandSink) {
    let field = ui.horizontal(|ui| field_ui(ui, model, frame, sink)).inner;
    let is_below = field.has_focus() || is_over_offers(ui);
    line_ui(ui, model, frame, is_below, sink);
    below_ui(ui, model, &field, is_below, sink);
}

fn ask(sink: &mut CommandSink, request: AskRequest) {
    sink.push(Action::Ask(request));
}

fn field_ui(ui: &mut Ui, model: &QueryBarModel, frame: BarFrame, sink: &mut CommandSink) -> egui::Response {
    let id = filter_id();
    if let Some(byte) = frame.put_cursor {
        let at = CCursor::new(model.text.get(..byte).unwrap_or(&model.text).chars().count());
        let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
        state.cursor.set_char_range(Some(CCursorRange::one(at)));
        state.store(ui.ctx(), id);
    }
    let is_offering = !model.offers.is_empty();
    if ui.memory(|memory| memory.has_focus(id)) {
        keys(ui, model, sink);
    }
    let mut text = model.text.clone();
    let hint = KeyMap::of(ui).fill("Filter: words, or conditions such as steps > 5   {trace.filter}");
    let filter = EventFilter {
        // From a question that is not finished it does not lead away: what is typed next would label traces.
        tab: is_offering || matches!(model.message, Some((_, Tone::Bad))),
        escape: is_offering,
        horizontal_arrows: true,
        vertical_arrows: true,
    };
    let width = ui.available_width() - 30.0;
    let edit = TextEdit::singleline(&mut text).id(id).hint_text(hint).desired_width(width).event_filter(filter);
    let output = edit.show(ui);
    underline(ui, &model.text, &model.marks, &output);
    let response = output.response.response.clone();
    let what = model.message.as_ref().map(|(message, _)| KeyMap::of(ui).fill(message));
    let name = what.map_or("Filter traces".to_owned(), |what| format!("Filter traces. {what}"));
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, &name));
    if frame.focus {
        response.request_focus();
    }
    let cursor = output.cursor_range.map(|range| byte_of(&text, range.primary.index.0));
    let remembered = ui.ctx().data(|data| data.get_temp::<usize>(id));
    if response.changed() {
        ask(sink, AskRequest::Type(text.clone(), cursor.unwrap_or(text.len())));
    } else if let Some(cursor) = cursor.filter(|cursor| response.has_focus() && remembered != Some(*cursor)) {
        ask(sink, AskRequest::Move(cursor));
    }
    if let Some(cursor) = cursor {
        ui.ctx().data_mut(|data| data.insert_temp(id, cursor));
    }
    if response.lost_focus() {
        if ui.input(|input| input.key_pressed(Key::Escape)) && !model.text.is_empty() {
            sink.push(Action::FilterBy(String::new()));
        }
        if !is_over_offers(ui) {
            ask(sink, AskRequest::Left);
        }
    }
    let help = ui.add(Button::new("?").small()).on_hover_text("How to ask: the language and all fields");
    help.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Language of the filter"));
    if help.clicked() {
        sink.run(Command::QueryHelp);
    }
    response
}

/// The keys that the field takes for what it offers.
fn keys(ui: &Ui, model: &QueryBarModel, sink: &mut CommandSink) {
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if model.offers.is_empty() {
        if model.remedy.is_some() && pressed(Key::Tab) {
            ask(sink, AskRequest::TakeRemedy);
        } else if model.can_recall && pressed(Key::ArrowUp) {
            ask(sink, AskRequest::Recall(1));
        } else if model.can_recall && pressed(Key::ArrowDown) {
            ask(sink, AskRequest::Recall(-1));
        }
        return;
    }
    if pressed(Key::ArrowDown) {
        ask(sink, AskRequest::Pick(1));
    } else if pressed(Key::ArrowUp) {
        ask(sink, AskRequest::Pick(-1));
    } else if pressed(Key::Escape) {
        ask(sink, AskRequest::CloseOffers);
    } else if pressed(Key::Tab) {
        ask(sink, AskRequest::Take(model.picked.unwrap_or_default()));
    } else if let Some(picked) = model.picked
        && pressed(Key::Enter)
    {
        // Without an offer chosen, Enter goes back to the traces, as ever.
        ask(sink, AskRequest::Take(picked));
    }
}

fn byte_of(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(byte, _)| byte)
}

/// Draws a line under what is wrong in a field with that text.
pub(crate) fn underline(ui: &Ui, text: &str, marks: &[(Range<usize>, Tone)], output: &TextEditOutput) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(output.text_clip_rect);
    for (range, tone) in marks {
        let character = |byte: usize| text.get(..byte).map_or(0, |before| before.chars().count());
        let place = |byte: usize| output.galley.pos_from_cursor(CCursor::new(character(byte)));
        let (from, to) = (place(range.start), place(range.end));
        let offset = output.galley_pos.to_vec2();
        // What is lacking has a place and no width.
        let right = to.right().max(from.left() + 6.0);
        let y = from.bottom() + offset.y - 1.0;
        painter.hline(from.left() + offset.x..=right + offset.x, y, Stroke::new(2.0, tokens.tone(*tone)));
    }
}

/// The line under the field: conditions in force, or what is wrong; and buttons. It is always there, so that nothing
/// jumps.
fn line_ui(ui: &mut Ui, model: &QueryBarModel, frame: BarFrame, is_below: bool, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), LINE), Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        let mut button = |command: Command, title: &str, selected: bool| {
            let spec = command.spec();
            let button = Button::new(RichText::new(title).small()).selected(selected).small();
            let response = ui.add(button).on_hover_ui(|ui| {
                ui.label(KeyMap::of(ui).fill(&format!("{}   {{{}}}", spec.hint, spec.id)));
            });
            if response.clicked() {
                sink.run(command);
            }
        };
        button(Command::Columns, "Columns", false);
        button(Command::Views, "Views", false);
        button(Command::ToggleFacets, "Facets", frame.has_facets);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.set_height(LINE);
            // While it is typed, it stands below in full.
            if let Some((message, tone)) = model.message.as_ref().filter(|_| !is_below) {
                let text = RichText::new(KeyMap::of(ui).fill(message)).small().color(tokens.tone(*tone));
                ui.add(Label::new(text).truncate());
                return;
            }
            // A bar would lie over what is to be clicked.
            let chips = ScrollArea::horizontal().scroll_bar_visibility(ScrollBarVisibility::AlwaysHidden);
            chips.auto_shrink([false, true]).show(ui, |ui| {
                ui.horizontal(|ui| {
                    for chip in &model.chips {
                        let text = RichText::new(format!("{} ✕", chip.text)).small();
                        let response = ui
                            .add(Button::new(text).small())
                            .on_hover_text(format!("{}\nClick takes it away", chip.full));
                        let name = chip.name();
                        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                        if response.clicked() {
                            let drop = chip.places.clone().map_or(AskRequest::DropAmong, AskRequest::Drop);
                            ask(sink, drop);
                        }
                    }
                    if model.chips.len() > 1
                        && ui.add(Button::new(RichText::new("Save view").small()).small()).clicked()
                    {
                        sink.run(Command::SaveView);
                    }
                });
            });
        });
    });
}

fn below_id() -> Id {
    Id::unique("below the filter")
}

/// The pointer is over what is offered: a press there takes the keyboard, and must not close it.
fn is_over_offers(ui: &Ui) -> bool {
    let place = ui.ctx().data(|data| data.get_temp::<Rect>(below_id()));
    let pointer = ui.input(|input| input.pointer.interact_pos());
    place.zip(pointer).is_some_and(|(place, pointer)| place.contains(pointer))
}

/// What is wrong in full, what was probably meant, and what could be written: over the table, which does not move.
fn below_ui(ui: &Ui, model: &QueryBarModel, field: &egui::Response, is_below: bool, sink: &mut CommandSink) {
    let has_content = model.message.is_some() || !model.offers.is_empty();
    if !has_content || !is_below {
        ui.ctx().data_mut(|data| data.remove::<Rect>(below_id()));
        return;
    }
    let tokens = Tokens::of(ui);
    let width = field.rect.width().max(280.0);
    let corner = field.rect.left_bottom() + vec2(0.0, LINE + 8.0);
    let area = Area::new(below_id()).order(Order::Foreground).fixed_pos(corner).show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).show(ui, |ui| {
            ui.set_width(width);
            if let Some((message, tone)) = &model.message {
                let text = RichText::new(KeyMap::of(ui).fill(message)).color(tokens.tone(*tone));
                ui.add(Label::new(text).wrap());
            }
            if let Some(remedy) = &model.remedy {
                let response = ui.button(format!("Write {remedy}")).on_hover_text("Tab does the same");
                if response.clicked() {
                    ask(sink, AskRequest::TakeRemedy);
                }
            }
            ScrollArea::vertical().max_height(OFFERS).show(ui, |ui| {
                for (at, offer) in model.offers.iter().enumerate() {
                    if offer_ui(ui, offer, model.picked == Some(at), &tokens) {
                        ask(sink, AskRequest::Take(at));
                    }
                }
            });
            if !model.offers.is_empty() {
                ui.label(RichText::new("↑ ↓ choose, Tab takes, Escape closes").small().color(tokens.muted));
            }
        });
    });
    ui.ctx().data_mut(|data| data.insert_temp(below_id(), area.response.rect));
}

fn offer_ui(ui: &mut Ui, offer: &OfferModel, picked: bool, tokens: &Tokens) -> bool {
    // Reached with the arrows, so no stop of Tab.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::CLICK);
    let name = offer.name();
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, picked, &name));
    if picked || response.hovered() {
        ui.painter().rect_filled(rect, 3.0, tokens.selected);
    }
    if picked {
        ui.scroll_to_rect(rect, None);
    }
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(4.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| {
            ui.add(Label::new(RichText::new(&offer.text).monospace().color(tokens.text)).selectable(false));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if !offer.count.is_empty() {
                    ui.add(Label::new(RichText::new(&offer.count).small().color(tokens.accent)).selectable(false));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let detail = RichText::new(&offer.detail).small().color(tokens.muted);
                    ui.add(Label::new(detail).truncate().selectable(false));
                });
            });
        });
    });
    focus_ring(ui, &response, tokens);
    response.clicked()
}
