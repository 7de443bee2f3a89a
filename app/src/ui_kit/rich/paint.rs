//! Paints the pieces of a text that are in sight: their words, what is pointed out in them, what stands in the margin.

use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::ops::Range;
use std::sync::Arc;

use eframe::egui::epaint::mutex::Mutex;
use eframe::egui::style::ScrollStyle;
use eframe::egui::text_selection::LabelSelectionState;
use eframe::egui::{
    self, Align2, Color32, CursorIcon, Id, OpenUrl, Pos2, Rect, Response, ScrollArea, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::cache::Cache;
use super::divide::{self, Division, Part, Piece, divide};
use super::edges::edges_ui;
use super::flow::{Laid, dotted, underline};
use super::style::{HEADINGS, Sizes};
use super::{Mark, MarkKind, Rich, code, json, picture, prose};
use crate::text::{Block, BlockKind, Code, Formula, InlineKind, Terminal};
use crate::ui_kit::Tokens;

/// What all pieces of a text share.
pub(super) struct Painter<'a> {
    pub(super) text: Rich<'a>,
    pub(super) sizes: Sizes,
    pub(super) tokens: Tokens,
    cache: Cache,
    /// Tells the text and how it looks from all others.
    pub(super) stamp: u64,
    /// The marks lie in order, so that those of a piece are found without a look at all of them.
    in_order: bool,
}

impl<'a> Painter<'a> {
    pub(super) fn new(ui: &Ui, text: &Rich<'a>) -> Self {
        let sizes = Sizes::of(ui, text.size);
        let mut hasher = DefaultHasher::new();
        (text.id, divide::stamp(text), ui.visuals().dark_mode, text.colour, text.size).hash(&mut hasher);
        (&sizes.font, &sizes.code, ui.pixels_per_point().to_bits()).hash(&mut hasher);
        let in_order =
            text.marks.is_sorted_by_key(|mark| mark.range.start) && text.marks.is_sorted_by_key(|mark| mark.range.end);
        Self { text: *text, cache: Cache::of(ui), tokens: Tokens::of(ui), stamp: hasher.finish(), sizes, in_order }
    }

    /// How the text is divided at this width.
    pub(super) fn division(&self, width: f32) -> Arc<Mutex<Division>> {
        self.cache.division((self.stamp, width.to_bits()), || divide(&self.text, &self.sizes, width))
    }

    /// A layout of this text, made if it is not there.
    pub(super) fn laid(&self, key: impl Hash, make: impl FnOnce() -> Laid) -> Arc<Laid> {
        self.cache.laid((self.stamp, key), make)
    }

    /// Paints a piece; the response has its true height.
    pub(super) fn piece(
        &self,
        ui: &mut Ui,
        index: usize,
        piece: &Piece,
        place: Rect,
        byte: Option<usize>,
    ) -> Option<Response> {
        let block = self.text.document.blocks.get(piece.block)?;
        let id = self.text.id.with(("piece", index));
        let mut inner = place;
        inner.min.x += self.sizes.indent(block).min(place.width() - 40.0);
        let mut middle = 0.5 * self.sizes.line;
        let response = match (&block.kind, &piece.part) {
            (BlockKind::Text(line), Part::Flow) => {
                let laid = self.laid((index, inner.width().to_bits()), || {
                    let setting = self.sizes.setting(&self.text, 1.0);
                    prose::lay(ui, &self.text, line, &piece.source, setting, false, inner.width())
                });
                middle = laid.first_middle().unwrap_or(middle);
                self.words(ui, id, &laid, inner.min, byte)
            }
            (BlockKind::Heading(level, line), Part::Flow) => {
                let factor = HEADINGS.get(usize::from(level.saturating_sub(1))).copied().unwrap_or(1.0);
                let laid = self.laid((index, inner.width().to_bits()), || {
                    let setting = self.sizes.setting(&self.text, factor);
                    prose::lay(ui, &self.text, line, &piece.source, setting, true, inner.width())
                });
                middle = laid.first_middle().unwrap_or(middle);
                self.words(ui, id, &laid, inner.min, byte)
            }
            (BlockKind::Text(line) | BlockKind::Heading(_, line), Part::Alone(at)) => match &line.get(*at)?.kind {
                InlineKind::Formula(formula) => self.formula(ui, id, index, piece, formula, inner, byte),
                InlineKind::Image(image) => picture::picture_ui(ui, id, image, inner, self.sizes.line),
                _ => return None,
            },
            (BlockKind::Formula(formula), _) => self.formula(ui, id, index, piece, formula, inner, byte),
            (BlockKind::Code(code), Part::Lines(lines)) => self.code(ui, id, index, piece, (code, lines), inner, byte),
            (BlockKind::Terminal(terminal), Part::Lines(lines)) => {
                self.terminal(ui, id, index, piece, (terminal, lines), inner, byte)
            }
            (BlockKind::Json(lines), _) => json::json_ui(ui, id, lines, inner, &self.text, byte),
            (BlockKind::Table(table), _) => self.table(ui, id, index, table, inner, byte),
            (BlockKind::Image(image), _) => picture::picture_ui(ui, id, image, inner, self.sizes.line),
            (BlockKind::Rule, _) => {
                ui.painter().hline(inner.x_range(), inner.min.y + 4.5, Stroke::new(1.0, self.tokens.line));
                ui.interact(Rect::from_min_size(inner.min, vec2(inner.width(), 9.0)), id, Sense::hover())
            }
            _ => return None,
        };
        let height = response.rect.height();
        self.margin(ui, (piece, block), place, inner.min.x, height, middle);
        Some(response)
    }

    /// The bar of a quotation and the marker of a list.
    fn margin(&self, ui: &Ui, (piece, block): (&Piece, &Block), place: Rect, left: f32, height: f32, middle: f32) {
        if block.quoted {
            let x = (left - 0.7 * self.sizes.font.size).max(place.min.x + 1.5);
            let bar = Rect::from_min_max(pos2(x - 1.5, place.min.y), pos2(x + 1.5, place.min.y + height));
            ui.painter().rect_filled(bar, 1, self.tokens.line.lerp_to_gamma(self.tokens.muted, 0.35));
        }
        if let (Some(marker), true) = (&block.marker, piece.is_first) {
            let at = pos2(left - 0.45 * self.sizes.font.size, place.min.y + middle);
            ui.painter().text(at, Align2::RIGHT_CENTER, marker, self.sizes.font.clone(), self.tokens.muted);
        }
    }

    /// Paints words with what is pointed out in them; they can be selected.
    pub(super) fn words(&self, ui: &mut Ui, id: Id, laid: &Laid, at: Pos2, byte: Option<usize>) -> Response {
        // A point between two pixels would blur lines that are one pixel thick.
        let pixels = ui.pixels_per_point();
        let at = pos2((at.x * pixels).round() / pixels, (at.y * pixels).round() / pixels);
        let rect = Rect::from_min_size(at, laid.galley.size());
        let mut sense = Sense::click_and_drag();
        sense -= Sense::FOCUSABLE;
        let response = ui.interact(rect, id, sense);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, ui.is_enabled(), laid.galley.text()));
        let marks = self.marks(&laid.source());
        let rects = |range: &Range<usize>| {
            laid.rects(self.text.source, range).into_iter().map(move |rect| rect.translate(at.to_vec2()))
        };
        for mark in marks.clone() {
            if let Some(ground) = self.ground(mark.kind) {
                for rect in rects(&mark.range) {
                    let rect = Rect::from_min_size(rect.min, rect.size().max(vec2(2.0, 0.0)));
                    ui.painter().rect_filled(rect.shrink2(vec2(0.0, 1.0)), 2, ground);
                }
            }
        }
        let galley = Arc::clone(&laid.galley);
        LabelSelectionState::label_text_selection(ui, &response, at, galley, self.text.colour, Stroke::NONE);
        let pointer = response.hover_pos();
        let (mut hints, mut link): (Vec<&str>, Option<&str>) = (Vec::new(), None);
        for mark in marks {
            for rect in rects(&mark.range) {
                if mark.kind == MarkKind::Span {
                    underline(ui, rect, self.tokens.unsure);
                }
                if !mark.hint.is_empty() && pointer.is_some_and(|pointer| rect.contains(pointer)) {
                    hints.push(&mark.hint);
                }
            }
        }
        for remark in &laid.remarks {
            for rect in rects(&remark.source) {
                if let Some(colour) = remark.dots {
                    dotted(ui, rect, colour);
                }
                if pointer.is_some_and(|pointer| rect.contains(pointer)) {
                    hints.push(&remark.hint);
                    link = link.or(remark.link.as_deref());
                }
            }
        }
        if let Some(link) = link.filter(|_| ui.input(|input| input.modifiers.command)) {
            ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
            if response.clicked() {
                // The system opens it; nothing is fetched here.
                ui.ctx().open_url(OpenUrl::new_tab(link));
            }
        }
        if let Some((top, bottom)) = byte.and_then(|byte| laid.row_of(self.text.source, byte)) {
            let rows = Rect::from_x_y_ranges(rect.x_range(), at.y + top..=at.y + bottom);
            ui.scroll_to_rect(rows.expand2(vec2(0.0, 3.0 * self.sizes.line)), None);
        }
        if hints.is_empty() { response } else { response.on_hover_text_at_pointer(hints.join("\n")) }
    }

    /// The marks that touch these bytes of the source.
    fn marks(&self, source: &Range<usize>) -> impl Iterator<Item = &'a Mark> + Clone + use<'a> {
        let marks = self.text.marks;
        let (first, last) = if self.in_order {
            let first = marks.partition_point(|mark| mark.range.end <= source.start);
            let last = marks.partition_point(|mark| mark.range.start < source.end);
            (first, last.max(first))
        } else {
            (0, marks.len())
        };
        let source = source.clone();
        let near = marks.get(first..last).unwrap_or_default().iter();
        near.filter(move |mark| mark.range.start < source.end && source.start < mark.range.end)
    }

    fn ground(&self, kind: MarkKind) -> Option<Color32> {
        match kind {
            MarkKind::Found => Some(self.tokens.found(false)),
            MarkKind::FoundCurrent => Some(self.tokens.found(true)),
            MarkKind::Picked => Some(self.tokens.accent.gamma_multiply(0.45)),
            MarkKind::Span => None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a piece is, and where it is painted")]
    fn formula(
        &self,
        ui: &mut Ui,
        id: Id,
        index: usize,
        piece: &Piece,
        formula: &Formula,
        place: Rect,
        byte: Option<usize>,
    ) -> Response {
        let width = place.width();
        let laid = self.laid((index, width.to_bits()), || {
            prose::lay_formula(ui, &self.text, &piece.source, &formula.state, width)
        });
        let size = laid.galley.size();
        let height = size.y + 6.0;
        let mut response = if size.x <= width {
            let left =
                if formula.display { place.min.x + ((width - size.x) / 2.0).min(width * 0.5) } else { place.min.x };
            self.words(ui, id, &laid, pos2(left, place.min.y + 3.0), byte)
        } else {
            let place = Rect::from_min_size(place.min, vec2(width, height + 8.0));
            let mut inner = ui.new_child(UiBuilder::new().max_rect(place).id_salt(id));
            inner.spacing_mut().scroll = ScrollStyle::thin();
            let words = ScrollArea::horizontal().id_salt(id).auto_shrink([false, true]).show(&mut inner, |ui| {
                let (room, _) = ui.allocate_exact_size(vec2(size.x, height), Sense::hover());
                self.words(ui, id, &laid, room.min + vec2(0.0, 3.0), byte)
            });
            let room = Rect::from_min_size(place.min, vec2(width, height));
            edges_ui(ui, room, words.state.unclamped_offset().x, size.x);
            words.inner
        };
        let bar = if size.x <= width { 0.0 } else { 8.0 };
        response.rect = Rect::from_min_size(place.min, vec2(width, height + bar));
        response
    }

    /// The ground of program text, round where it begins and ends; and where its words begin.
    fn code_ground(&self, ui: &Ui, piece: &Piece, place: Rect, height: f32) -> (Rect, f32) {
        let (is_first, is_last) = self.ends(piece);
        let above = if is_first { code::PADDING } else { 0.0 };
        let below = if is_last { code::PADDING } else { 0.0 };
        let rect = Rect::from_min_size(place.min, vec2(place.width(), above + height + below));
        let (top, bottom) = (if is_first { 4 } else { 0 }, if is_last { 4 } else { 0 });
        let corners = egui::CornerRadius { nw: top, ne: top, sw: bottom, se: bottom };
        ui.painter().rect_filled(rect, corners, self.tokens.code_ground());
        (rect, rect.min.y + above)
    }

    /// Whether a piece of program text is the first and the last of it.
    fn ends(&self, piece: &Piece) -> (bool, bool) {
        let blocks = &self.text.document.blocks;
        let goes_on = |at: usize| matches!(blocks.get(at).map(|block| &block.kind), Some(BlockKind::Code(code)) if code.before > 0);
        let lines = match blocks.get(piece.block).map(|block| &block.kind) {
            Some(BlockKind::Code(code)) => code.lines.len(),
            Some(BlockKind::Terminal(terminal)) => terminal.lines.len(),
            _ => 0,
        };
        let is_last = match (&piece.part, blocks.get(piece.block).map(|block| &block.kind)) {
            (Part::Lines(shown), Some(BlockKind::Code(code))) => {
                let end = code.lines.last().map_or(0, |line| line.source.end);
                shown.end == lines && piece.source.end >= end && !goes_on(piece.block + 1)
            }
            (Part::Lines(shown), _) => shown.end == lines,
            _ => true,
        };
        (piece.is_first && !goes_on(piece.block), is_last)
    }

    #[expect(clippy::too_many_arguments, reason = "what a piece is, and where it is painted")]
    fn code(
        &self,
        ui: &mut Ui,
        id: Id,
        index: usize,
        piece: &Piece,
        (code, lines): (&Code, &Range<usize>),
        place: Rect,
        byte: Option<usize>,
    ) -> Response {
        let gutter = code::gutter(code, &self.sizes);
        let width = (place.width() - gutter - 2.0 * code::PADDING).max(40.0);
        let laid = self.laid((index, width.to_bits()), || {
            let lines = code.lines.get(lines.clone()).unwrap_or_default();
            code::lay(ui, &self.text, lines, &piece.source, width)
        });
        let (ground, top) = self.code_ground(ui, piece, place, laid.galley.size().y);
        let rows = Rect::from_min_max(pos2(ground.min.x, top), ground.max);
        code::paint_behind(ui, &self.text, code, piece, lines, &laid, rows);
        let mut response = self.words(ui, id, &laid, rows.min + vec2(code::PADDING + gutter, 0.0), byte);
        if piece.is_first && code.before == 0 && !code.language.is_empty() && code.lines.len() > 1 {
            let at = pos2(ground.max.x - 6.0, ground.min.y + 3.0);
            let font = egui::TextStyle::Small.resolve(ui.style());
            ui.painter().text(at, Align2::RIGHT_TOP, &code.language, font, self.tokens.muted);
        }
        response.rect = ground;
        response
    }

    #[expect(clippy::too_many_arguments, reason = "what a piece is, and where it is painted")]
    fn terminal(
        &self,
        ui: &mut Ui,
        id: Id,
        index: usize,
        piece: &Piece,
        (terminal, lines): (&Terminal, &Range<usize>),
        place: Rect,
        byte: Option<usize>,
    ) -> Response {
        let width = (place.width() - 2.0 * code::PADDING).max(40.0);
        let laid = self.laid((index, width.to_bits()), || {
            code::lay_terminal(ui, &self.text, terminal, lines, &piece.source, width)
        });
        let (ground, top) = self.code_ground(ui, piece, place, laid.galley.size().y);
        let mut response = self.words(ui, id, &laid, pos2(ground.min.x + code::PADDING, top), byte);
        response.rect = ground;
        response
    }
}
