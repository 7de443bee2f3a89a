//! Paints the problem and the steps of the chosen path. Only the cards on screen are built and painted; the heights of
//! the others are remembered or guessed, and a guess that was wrong moves nothing that is being read.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use eframe::egui::layers::ShapeIdx;
use eframe::egui::{Align, Id, Layout, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, Vec2, vec2};
use stepscope_core::model::{StepHash, StepIndex, Trace, TraceId};

use super::card::{CardFrame, fold_bar_ui, note_ui, step_card_ui, text_span};
use super::heights::Heights;
use super::sources::{LINE, sources_head_ui};
use super::text::{Shown, key_of, mark, pictures_ui, text_ui};
use crate::command::{Action, CommandSink};
use crate::state::OpenTrace;
use crate::state::reading::{Folds, FoundIn, ReadRequest, ReadState, Spot};
use crate::text::{TextKind, Texts};
use crate::ui_kit::rich::MarkKind;
use crate::ui_kit::tokens::GUTTER;
use crate::ui_kit::{Tokens, chip_ui, focus_ring};
use crate::view_model::fold::{cut, lines_after};
use crate::view_model::reader::ReaderModel;
use crate::view_model::section::{Section, sections};

/// Widest a card becomes, in points.
const MOST_WIDTH: f32 = 1100.0;

/// Height of the heading of a section.
const SECTION: f32 = 30.0;

/// What is left free above and below a step that is scrolled to.
const AIR: f32 = 8.0;

/// The lists of so many traces are remembered.
const MOST_LISTS: usize = 24;

/// What the reader needs besides its model.
pub struct ReaderFrame<'a> {
    /// How the trace is read.
    pub read: &'a ReadState,
    /// Texts made ready.
    pub texts: &'a Texts,
    /// The selected step shall be in view.
    pub show_selected: bool,
}

/// The list of steps of one trace as it was painted last.
#[derive(Default)]
struct List {
    /// The trace as it was read then.
    trace: Weak<Trace>,
    /// The path: how many steps, and the last one.
    path: (usize, Option<StepIndex>),
    /// What heights depend on: width, size of letters, spacing, as written, folded, label sources shown.
    look: (u32, u32, u32, bool, Option<bool>, bool),
    /// Letters of a usual line, their size, and the height of what stands between heading and text.
    letters: (f32, f32, f32),
    heights: Heights,
    sections: Vec<Section>,
    /// Sections that the heights count as folded, by the first step of each.
    folded: Vec<StepHash>,
    /// Height of what stands above the steps; a guess until it was painted.
    header: f32,
    is_header_measured: bool,
    /// What is being read, and where on screen it was.
    anchor: Option<Place>,
    /// What is to stay where it was until the heights around it are known.
    hold: Option<Place>,
    /// Where to scroll to in the next frame.
    next_offset: Option<f32>,
    /// A step that is to be in view as soon as its height is known, and whether it was jumped to.
    pending: Option<(usize, bool)>,
    /// The same of a place in a step.
    pending_spot: Option<(usize, f32)>,
    /// Upper edge of the window in the list, on screen, and its height.
    edge: f32,
    window: f32,
    offset: f32,
}

/// A place in a card, and where on screen it is.
#[derive(Clone, Copy)]
struct Place {
    /// Position of the step on the path.
    at: usize,
    /// Which share of the card's height is above the place.
    within: f32,
    /// How far the place is below the upper edge of the window.
    below: f32,
}

/// The lists of the traces seen last, newest last.
#[derive(Clone, Default)]
struct Lists(VecDeque<(TraceId, Arc<Mutex<List>>)>);

fn list_of(ui: &Ui, trace: &TraceId) -> Arc<Mutex<List>> {
    ui.data_mut(|data| {
        let lists: &mut Lists = data.get_temp_mut_or_default(Id::unique("reader lists"));
        let known = lists.0.iter().position(|(id, _)| id == trace).and_then(|at| lists.0.remove(at));
        let entry = known.unwrap_or_else(|| (trace.clone(), Arc::default()));
        let list = Arc::clone(&entry.1);
        lists.0.push_back(entry);
        if lists.0.len() > MOST_LISTS {
            lists.0.pop_front();
        }
        list
    })
}

/// Paints the reader.
pub fn reader_ui(ui: &mut Ui, model: &ReaderModel<'_>, frame: &ReaderFrame<'_>, sink: &mut CommandSink) {
    let open = model.open();
    let list = list_of(ui, &open.trace.id);
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    // Lines longer than this are hard to read, however wide the window is.
    let width = MOST_WIDTH.min(ui.available_width());
    if let Some(sources) = &model.sources {
        let span = text_span(ui, ui.cursor().left(), width, model.has_scores);
        sources_head_ui(ui, sources, span, sink);
    }
    list.window = ui.available_height();
    // Who scrolls goes elsewhere, whatever is still to be brought into view.
    if ui.input(|input| input.smooth_scroll_delta() != Vec2::ZERO || input.pointer.is_decidedly_dragging()) {
        (list.hold, list.pending, list.pending_spot) = (None, None, None);
    }
    list.prepare(ui, model, frame, width);
    let wanted = list.wanted(model, frame);
    // The scroll position belongs to the trace: coming back finds the place again.
    let mut area =
        ScrollArea::vertical().id_salt(("reader", &open.trace.id)).auto_shrink([false, false]).animated(false);
    if let Some(offset) = wanted {
        // Beyond the end that the list had in the last frame nobody has pulled it: it must not spring back.
        ui.spacing_mut().scroll.kinetic.rubber_band = false;
        area = area.vertical_scroll_offset(offset);
    }
    let output = area.show_viewport(ui, |ui, viewport| {
        ui.set_max_width(width);
        let more = list.paint(ui, viewport, model, frame, sink);
        let total = list.length();
        ui.set_height(total);
        more
    });
    list.offset = output.state.unclamped_offset().y;
    // What was measured above the part that is read moves it in the list, not on screen.
    if output.inner.abs() > 0.1 {
        list.next_offset = Some(list.offset + output.inner);
        ui.request_repaint();
    }
    if list.pending.is_some() || list.pending_spot.is_some() || list.hold.is_some() {
        ui.request_repaint();
    }
}

impl List {
    /// Guesses heights anew where path or look have changed, and keeps the place.
    fn prepare(&mut self, ui: &Ui, model: &ReaderModel<'_>, frame: &ReaderFrame<'_>, width: f32) {
        let open = model.open();
        // What stands above the list may wrap as well.
        let lowered = ui.cursor().top() - std::mem::replace(&mut self.edge, ui.cursor().top());
        let font = eframe::egui::TextStyle::Body.resolve(ui.style()).size;
        let space = ui.spacing().item_spacing.y;
        let folds = frame.read.folds.get(&open.trace.id);
        let all = folds.and_then(|folds| folds.all);
        let has_sources = model.sources.as_ref().is_some_and(|sources| !sources.heads.is_empty());
        let look = (width.to_bits(), font.to_bits(), space.to_bits(), frame.read.as_written, all, has_sources);
        let path = (open.path.len(), open.path.last().copied());
        // A trace that was read again, cut or joined may have as many steps as before.
        let is_other = self.path != path || !std::ptr::eq(self.trace.as_ptr(), Arc::as_ptr(&open.trace));
        if is_other {
            (self.sections, self.trace) = (sections(open), Arc::downgrade(&open.trace));
        }
        if (path, look) == (self.path, self.look) {
            return self.follow_folds(open, folds);
        }
        let is_new = self.path == (0, None);
        let between = if has_sources { LINE + space } else { 0.0 };
        self.letters = (((width - GUTTER - 40.0) / (font * 0.5)).max(20.0), font, between);
        let guess = |&step: &StepIndex| guess_height(open, folds, step, self.letters);
        self.heights = Heights::new(open.path.iter().map(guess));
        (self.path, self.look) = (path, look);
        self.folded.clear();
        self.follow_folds(open, folds);
        self.is_header_measured = false;
        if is_new {
            self.header = 60.0;
        } else if let Some(place) = self.hold.or(self.anchor).filter(|place| place.at < path.0) {
            if self.offset > 0.0 {
                self.hold = Some(Place { below: place.below - lowered, ..place });
            } else {
                // The beginning stays the beginning, as long as what is being read can be seen from there.
                self.pending = Some((place.at, false));
            }
        }
    }

    /// Guesses how high the steps of a section are that was folded or unfolded since: those out of sight too.
    fn follow_folds(&mut self, open: &OpenTrace, folds: Option<&Folds>) {
        let folded: &[StepHash] = folds.map(|folds| folds.sections.as_slice()).unwrap_or_default();
        if self.folded == folded {
            return;
        }
        for section in &self.sections {
            let is_folded = folded.contains(&section.first);
            if is_folded == self.folded.contains(&section.first) {
                continue;
            }
            for at in section.steps.clone() {
                let step = open.path.get(at).filter(|_| !is_folded);
                let card = step.map_or(0.0, |&step| guess_height(open, folds, step, self.letters));
                let heading = if at == section.steps.start { SECTION } else { 0.0 };
                self.heights.forget(at, heading + card);
            }
        }
        self.folded = folded.to_vec();
    }

    /// Where the upper edge of a card is, below that of the first.
    #[expect(clippy::cast_possible_truncation, reason = "a length on screen")]
    fn top(&self, at: usize) -> f32 {
        self.heights.top(at) as f32
    }

    /// Where to scroll to so that a place is where it was on screen.
    fn offset_of(&self, place: Place) -> f32 {
        self.header + self.top(place.at) + self.heights.size(place.at) * place.within - place.below
    }

    /// The upper edge of a card seen from that offset, or what of the card is at the upper edge of the window.
    fn place(&self, at: usize, offset: f32) -> Place {
        let (below, size) = (self.header + self.top(at) - offset, self.heights.size(at));
        let within = if size > 0.0 { (-below / size).clamp(0.0, 1.0) } else { 0.0 };
        Place { at, within, below: below.max(0.0) }
    }

    /// The length of everything, with some air below the last card.
    fn length(&self) -> f32 {
        self.header + self.top(self.heights.count()) + 24.0
    }

    /// Where to scroll to before anything is painted.
    fn wanted(&mut self, model: &ReaderModel<'_>, frame: &ReaderFrame<'_>) -> Option<f32> {
        let mut offset = self.hold.map(|place| self.offset_of(place)).or(self.next_offset);
        self.next_offset = None;
        if frame.show_selected || frame.read.scroll_to.is_some() || frame.read.find.scrolls() {
            self.hold = None;
        }
        let here = offset.unwrap_or(self.offset);
        let position = frame.show_selected.then_some(model.open().at);
        let caret = model.caret().filter(|at| !frame.read.visible().contains(at));
        let pending = self.pending.take().filter(|_| position.is_none() && caret.is_none());
        let sought = position.or(caret).map(|at| (at, None)).or(pending.map(|(at, is_jump)| (at, Some(is_jump))));
        if let Some((at, pending)) = sought
            && let Some(found) = self.in_view(at, here, pending)
        {
            offset = Some(found);
        }
        let again = self.pending_spot.take().map(|(at, within)| Spot::Step(at, within));
        offset = match frame.read.scroll_to.or(again.filter(|_| position.is_none())) {
            Some(Spot::Problem) => Some(0.0),
            Some(Spot::Step(at, within)) => {
                let at = at.min(self.path.0.saturating_sub(1));
                self.pending_spot = (!self.heights.is_measured(at) && at < self.path.0).then_some((at, within));
                let place = self.header + self.top(at) + self.heights.size(at) * within.clamp(0.0, 1.0);
                Some(place - self.window / 2.0)
            }
            Some(Spot::InView(at)) => {
                let open = model.open();
                let folds = frame.read.folds.get(&open.trace.id);
                if let Some(&step) = open.path.get(at) {
                    // It was asked for because it has been folded or unfolded.
                    self.heights.forget(at, guess_height(open, folds, step, self.letters));
                }
                self.in_view(at, here, None).or(offset)
            }
            None => offset,
        };
        if frame.read.find.scrolls() {
            // The match is scrolled to where it is painted; the beginning of its step must not take its place.
            self.pending = None;
        }
        let most = (self.length() - self.window).max(0.0);
        offset.map(|offset| offset.clamp(0.0, most))
    }

    /// The least scrolling that shows a card; `None` where it is in view. `pending` says that its height was waited for,
    /// and whether it was jumped to: then nothing of it has been read yet, and it may move further.
    fn in_view(&mut self, at: usize, offset: f32, pending: Option<bool>) -> Option<f32> {
        if at >= self.heights.count() {
            return None;
        }
        let (top, height) = (self.header + self.top(at), self.heights.size(at));
        let bottom = top + height;
        if !self.heights.is_measured(at) {
            self.pending = Some((at, pending.unwrap_or(true)));
        }
        // The problem is read before the first step.
        if at == 0 && bottom + AIR <= self.window {
            return (offset > 0.0).then_some(0.0);
        }
        if at == 0 && offset <= 0.0 && top + 60.0 < self.window {
            return None;
        }
        let is_above = top < offset + AIR;
        if height > self.window - 2.0 * AIR {
            // Too high to be seen at once: its beginning is shown, unless it is being read already.
            let is_inside = top <= offset && bottom >= offset + self.window;
            let lowest = if pending == Some(true) { AIR } else { self.window * 0.4 };
            return (!is_inside && (is_above || top > offset + lowest)).then_some(top - AIR);
        }
        if is_above {
            Some(top - AIR)
        } else if bottom > offset + self.window - AIR {
            let lowest = bottom + AIR - self.window;
            // What was never seen may turn out higher.
            let has_room = self.heights.is_measured(at);
            Some(if has_room { lowest } else { top - self.window * 0.3 })
        } else {
            None
        }
    }

    /// Paints what is on screen; gives by how much what lies above the part that is read is higher than was thought.
    fn paint(
        &mut self,
        ui: &mut Ui,
        viewport: Rect,
        model: &ReaderModel<'_>,
        frame: &ReaderFrame<'_>,
        sink: &mut CommandSink,
    ) -> f32 {
        let origin = ui.max_rect().left_top();
        let mut more = 0.0;
        if viewport.top() < self.header || !self.is_header_measured && viewport.top() <= 0.0 {
            let place = Rect::from_min_size(origin, vec2(ui.available_width(), f32::INFINITY));
            let header = UiBuilder::new().scope_id(Id::unique("reader header")).max_rect(place);
            let mut child = ui.new_child(header.layout(Layout::top_down(Align::Min)));
            header_ui(&mut child, model, frame, sink);
            let height = child.min_rect().height() + AIR;
            if !self.is_header_measured && viewport.top() > 0.0 {
                more += height - self.header;
            }
            (self.header, self.is_header_measured) = (height, true);
        }
        let from = f64::from(viewport.top() - self.header);
        let first = self.heights.at(from);
        // From here on everything is painted where it belongs, whatever the heights above turn out to be.
        let hidden = |at: usize| self.top(at) < viewport.top() - self.header;
        let anchor =
            if hidden(first) && first + 1 < self.path.0 && !self.fills(first, viewport) { first + 1 } else { first };
        let held = self.hold.filter(|place| place.at >= first && self.header + self.top(place.at) <= viewport.bottom());
        let (anchor, within) = held.map_or((anchor.max(first), 0.0), |place| (place.at, place.within));
        let mut is_settled = self.is_header_measured || viewport.top() >= self.header;
        let mut y = origin.y + self.header + self.top(first);
        let mut above: Vec<(Range<usize>, f32)> = Vec::new();
        let bottom = origin.y + viewport.bottom();
        let mut at = first;
        while at < self.path.0 && (at <= anchor || y < bottom) {
            let (begin, late) = (next_shape(ui), frame.texts.late());
            let height = self.item_ui(ui, at, y, model, frame, sink);
            is_settled &= at > anchor || self.heights.is_measured(at);
            let grown = self.heights.set(at, height);
            if frame.texts.late() != late {
                // Its text is still being made ready and may become another height.
                self.heights.forget(at, height);
            }
            // Which share of what it has grown by is above the place that stays.
            let share = if at < anchor { 1.0 } else { within };
            if at <= anchor && share > 0.0 {
                above.push((begin..next_shape(ui), grown * share));
                more += grown * share;
                y += height - grown * share;
            } else {
                y += height;
            }
            at += 1;
        }
        shift(ui, &above);
        if first < self.path.0 {
            let selected = self.place(model.open().at, viewport.top() + more);
            let is_seen = (first..at).contains(&selected.at) && selected.within < 1.0 && selected.below < self.window;
            self.anchor = Some(if is_seen { selected } else { self.place(anchor, viewport.top() + more) });
        }
        if is_settled && more.abs() <= 0.1 {
            self.hold = None;
        }
        frame.read.set_visible(first..at);
        more
    }

    /// True where a card covers all of the window from its upper edge on.
    fn fills(&self, at: usize, viewport: Rect) -> bool {
        self.header + self.top(at) + self.heights.size(at) >= viewport.bottom()
    }

    /// Paints a card, and the heading of the section that begins with it; gives their height.
    fn item_ui(
        &self,
        ui: &mut Ui,
        at: usize,
        y: f32,
        model: &ReaderModel<'_>,
        frame: &ReaderFrame<'_>,
        sink: &mut CommandSink,
    ) -> f32 {
        let space = ui.spacing().item_spacing.y.max(4.0);
        let mut place = Rect::from_min_size(ui.max_rect().left_top(), vec2(ui.available_width(), 0.0));
        place.set_top(y);
        let mut height = 0.0;
        let section = self.section_of(at);
        let folds = frame.read.folds.get(&model.open().trace.id);
        let is_folded =
            section.is_some_and(|section| folds.is_some_and(|folds| folds.sections.contains(&section.first)));
        if let Some(section) = section.filter(|section| section.steps.start == at) {
            let rect = Rect::from_min_size(place.min, vec2(place.width(), SECTION));
            section_ui(ui, rect, section, is_folded, sink);
            height += SECTION;
        }
        if is_folded {
            return height;
        }
        let Some(card) = model.card(at) else { return height };
        let rect = Rect::from_min_size(place.min + vec2(0.0, height), vec2(place.width(), f32::INFINITY));
        let id = Id::unique(("step card", &model.open().trace.id, card.step));
        let builder = UiBuilder::new().scope_id(id).max_rect(rect).layout(Layout::top_down(Align::Min));
        let mut child = ui.new_child(builder);
        let reveal = frame.read.find.scrolls();
        let before = self.heights.size(at) - height - space;
        let card_frame = CardFrame { texts: frame.texts, has_gutter: model.has_scores, height: before, reveal };
        let painted = step_card_ui(&mut child, &card, &card_frame, sink);
        height + painted.height() + space
    }

    fn section_of(&self, at: usize) -> Option<&Section> {
        let after = self.sections.partition_point(|section| section.steps.start <= at);
        self.sections.get(after.checked_sub(1)?)
    }
}

fn next_shape(ui: &Ui) -> usize {
    ui.ctx().graphics(|graphics| graphics.get(ui.layer_id()).map_or(0, |list| list.next_idx().0))
}

/// Moves what was painted above the anchor up by as much as it was higher than thought, so that it ends where it should.
fn shift(ui: &Ui, above: &[(Range<usize>, f32)]) {
    let mut by = 0.0;
    for (shapes, grown) in above.iter().rev() {
        by += grown;
        if by != 0.0 {
            ui.ctx().graphics_mut(|graphics| {
                let list = graphics.entry(ui.layer_id());
                for shape in shapes.clone() {
                    list.mutate_shape(ShapeIdx(shape), |clipped| clipped.shape.translate(vec2(0.0, -by)));
                }
            });
        }
    }
}

/// Rough, for cards never laid out: lines of the text at its usual width.
fn guess_height(open: &OpenTrace, folds: Option<&Folds>, step: StepIndex, letters: (f32, f32, f32)) -> f32 {
    let (columns, font, between) = letters;
    let Some(step) = open.trace.step(step) else { return 0.0 };
    let is_short = folds.is_none_or(|folds| folds.is_short(&step.hash));
    let arguments = step.tool.as_ref().map_or("", |tool| tool.arguments.as_str());
    let mut lines = 0.0;
    for text in [step.text.as_str(), arguments] {
        let shown = cut(text).filter(|_| is_short).and_then(|cut| text.get(..cut)).unwrap_or(text);
        lines += shown.lines().map(|line| (line.len() as f32 / columns).ceil().max(1.0)).sum::<f32>();
        lines += if shown.len() < text.len() { 1.0 } else { 0.0 };
    }
    lines.max(1.0) * font * 1.3 + 38.0 + between
}

/// Paints the heading of a section; a click folds it.
fn section_ui(ui: &mut Ui, rect: Rect, section: &Section, is_folded: bool, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    let id = Id::unique(("section", &section.first));
    let place = rect.shrink2(vec2(0.0, 4.0));
    let response = ui.interact(place, id, Sense::click());
    let name = format!("{} section {}, {}", if is_folded { "Show" } else { "Fold" }, section.title, section.count);
    response.widget_info(|| eframe::egui::WidgetInfo::selected(eframe::egui::Role::Button, true, !is_folded, &name));
    let style = ui.style();
    let (body, small) = (eframe::egui::TextStyle::Button.resolve(style), eframe::egui::TextStyle::Small.resolve(style));
    let colour = if response.hovered() { tokens.accent } else { tokens.text };
    let sign = if is_folded { "▸" } else { "▾" };
    let left = place.left_center() + vec2(4.0, 0.0);
    let align = eframe::egui::Align2::LEFT_CENTER;
    let title = ui.painter().text(left, align, format!("{sign}  {}", section.title), body, colour);
    let count = ui.painter().text(title.right_center() + vec2(10.0, 1.0), align, &section.count, small, tokens.muted);
    let line = count.right() + 10.0..=rect.right() - 8.0;
    ui.painter().hline(line, place.center().y, eframe::egui::Stroke::new(1.0, tokens.line));
    focus_ring(ui, &response, &tokens);
    if response.clicked() {
        sink.push(Action::Read(ReadRequest::FoldSection(section.steps.start)));
    }
}

fn header_ui(ui: &mut Ui, model: &ReaderModel<'_>, frame: &ReaderFrame<'_>, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&model.title).strong());
        for chip in &model.chips {
            chip_ui(ui, chip);
        }
    });
    let trace = &model.open().trace;
    for (number, (role, text)) in model.prompt.iter().enumerate() {
        if !role.is_empty() {
            ui.add_space(2.0);
            ui.label(RichText::new(*role).small().strong().color(tokens.muted));
        }
        if text.trim().is_empty() {
            ui.label(RichText::new("The problem has no text").color(tokens.muted).italics());
            continue;
        }
        prompt_ui(ui, number, text, &trace.id, frame, sink);
    }
    for (which, metadata) in [("problem", &trace.problem.metadata), ("trace", &trace.metadata)] {
        pictures_ui(ui, frame.texts, &key_of((which, &trace.id)), metadata, tokens.text);
    }
    if let Some(answer) = model.answer {
        ui.add_space(4.0);
        ui.label(RichText::new("Reference answer").small().strong().color(tokens.muted));
        let kind = if frame.read.as_written { TextKind::Plain } else { TextKind::Prose };
        let reading = (key_of(("answer", frame.read.as_written, answer)), kind);
        let shown = Shown { text: answer, reading: &reading, colour: tokens.neutral, marks: &[], scroll_to: None };
        text_ui(ui, frame.texts, &shown);
    }
    for warning in model.warnings {
        ui.label(RichText::new(format!("⚠ {warning}")).color(tokens.unsure));
    }
    if !model.note.is_empty() {
        note_ui(ui, model.note, &tokens);
    }
    if model.is_empty() {
        ui.add_space(18.0);
        ui.label(RichText::new("This trace has no steps").size(15.0).color(tokens.muted));
        ui.label(
            RichText::new("Its source holds the problem only, or an answer in a field that is not read")
                .color(tokens.muted),
        );
    }
}

/// Paints a message of the prompt; a long one can be shown short.
fn prompt_ui(ui: &mut Ui, number: usize, text: &str, trace: &TraceId, frame: &ReaderFrame<'_>, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    let is_whole = frame.read.folds.get(trace).is_some_and(|folds| folds.prompt.contains(&number));
    let cut = cut(text);
    let shown = cut.filter(|_| !is_whole).unwrap_or(text.len());
    let matches = match frame.read.find.searched() {
        Some(searched) if searched.trace.id == *trace => {
            frame.read.matches(&searched.trace).of(FoundIn::Prompt(number))
        }
        _ => &[],
    };
    let current = frame.read.find.searched().and_then(|searched| frame.read.find.current(&searched.trace));
    let kind = |is_current| if is_current { MarkKind::FoundCurrent } else { MarkKind::Found };
    let marks: Vec<_> =
        matches.iter().map(|found| mark(found.range.clone(), kind(current == Some(found)), String::new())).collect();
    let goes_to = matches.iter().find(|found| current == Some(*found)).filter(|_| frame.read.find.scrolls());
    let reading = if frame.read.as_written { TextKind::Plain } else { TextKind::Prose };
    let reading = (key_of(("prompt", trace, number, shown, frame.read.as_written)), reading);
    let shown_text = Shown {
        text: text.get(..shown).unwrap_or(text),
        reading: &reading,
        colour: tokens.text,
        marks: &marks,
        scroll_to: goes_to.map(|found| found.range.start),
    };
    text_ui(ui, frame.texts, &shown_text);
    let Some(cut) = cut else { return };
    let bar = if is_whole {
        "▴  show less".to_owned()
    } else {
        let hidden = matches.iter().filter(|found| found.range.end > shown).count();
        let found = if hidden > 0 { format!(" · {hidden} matches") } else { String::new() };
        format!("▾  {} more lines{found}", lines_after(text, cut))
    };
    let name = format!("{} the problem", if is_whole { "Fold" } else { "Unfold" });
    if fold_bar_ui(ui, Id::unique(("fold prompt", trace, number)), &bar, &name, &tokens) {
        sink.push(Action::Read(ReadRequest::FoldPrompt(number)));
    }
}
