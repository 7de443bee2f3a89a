//! Tables: columns as wide as what stands in them, as far as there is room; rows out of sight are only measured.

use eframe::egui::style::ScrollStyle;
use eframe::egui::{Id, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};

use super::edges::edges_ui;
use super::formula;
use super::paint::Painter;
use super::prose;
use crate::text::{FormulaState, Inline, InlineKind, Table};

/// Room around what stands in a cell.
const PADDING: [f32; 2] = [8.0, 3.0];

/// A column is not made narrower than this where there is room to scroll.
const LEAST: f32 = 56.0;

/// A column becomes no wider than this while others need room.
const MOST: f32 = 420.0;

impl Painter<'_> {
    pub(super) fn table(
        &self,
        ui: &mut Ui,
        id: Id,
        index: usize,
        table: &Table,
        place: Rect,
        byte: Option<usize>,
    ) -> Response {
        let widths = self.column_widths(table, place.width());
        let total: f32 = widths.iter().sum();
        let mut response = if total <= place.width() + 0.5 {
            self.rows(ui, id, index, table, &widths, place, byte)
        } else {
            let mut inner = ui.new_child(UiBuilder::new().max_rect(place).id_salt(id));
            inner.spacing_mut().scroll = ScrollStyle::thin();
            let scroll = ScrollArea::horizontal().id_salt(id).auto_shrink([false, true]);
            let rows = scroll.show(&mut inner, |ui| {
                let corner = ui.cursor().min;
                let place = Rect::from_min_size(corner, vec2(total, place.height()));
                let mut rows = self.rows(ui, id, index, table, &widths, place, byte);
                ui.allocate_rect(rows.rect, Sense::hover());
                rows.rect.max.y += 8.0;
                rows
            });
            let room = Rect::from_min_size(place.min, vec2(place.width(), rows.inner.rect.height() - 8.0));
            edges_ui(ui, room, rows.state.unclamped_offset().x, total);
            rows.inner
        };
        response.rect = Rect::from_min_size(place.min, vec2(place.width(), response.rect.height()));
        response
    }

    /// From how much stands in each column; nothing is laid out for it.
    fn column_widths(&self, table: &Table, room: f32) -> Vec<f32> {
        let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![LEAST / 2.0; columns];
        for row in &table.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = width.max(self.natural_width(cell) + 2.0 * PADDING[0]);
            }
        }
        let total: f32 = widths.iter().sum();
        if total <= room {
            return widths;
        }
        // The widest give way first.
        let (mut low, mut high) = (LEAST, MOST);
        for _ in 0..20 {
            let middle = 0.5 * (low + high);
            if widths.iter().map(|width| width.min(middle)).sum::<f32>() > room { high = middle } else { low = middle }
        }
        widths.iter().map(|width| width.min(low).floor()).collect()
    }

    fn natural_width(&self, cell: &[Inline]) -> f32 {
        let letter = self.sizes.font.size * 0.56;
        let letters =
            |words: &str| words.chars().map(|sign| if sign.is_ascii() { letter } else { letter * 1.8 }).sum::<f32>();
        cell.iter()
            .map(|inline| match &inline.kind {
                InlineKind::Text(words, style) => {
                    let words = self.text.source.get(words.clone()).unwrap_or_default();
                    let wider = if style.code || style.strong { 1.12 } else { 1.0 };
                    letters(words) * wider
                }
                InlineKind::Other(words, _) | InlineKind::Sign(words) => letters(words),
                InlineKind::Formula(formula) => match &formula.state {
                    FormulaState::Typeset(list) => formula::width(list, self.sizes.font.size) + 2.0,
                    FormulaState::Failed(_) => letters(&formula.tex) * 1.2,
                },
                InlineKind::Image(image) => letters(&image.alt) + letter,
                InlineKind::Break => 0.0,
            })
            .sum()
    }

    #[expect(clippy::too_many_arguments, reason = "what a table is, and where it is painted")]
    fn rows(
        &self,
        ui: &mut Ui,
        id: Id,
        index: usize,
        table: &Table,
        widths: &[f32],
        place: Rect,
        byte: Option<usize>,
    ) -> Response {
        let kept = id.with(("heights", place.width().to_bits(), self.stamp));
        let mut heights: Vec<f32> = ui.data_mut(|data| data.get_temp(kept)).unwrap_or_default();
        heights.resize(table.rows.len(), self.sizes.line + 2.0 * PADDING[1]);
        let line = Stroke::new(1.0, self.tokens.line);
        let mut top = place.min.y;
        let mut response = ui.interact(place, id, Sense::hover());
        for (row, (cells, height)) in table.rows.iter().zip(&mut heights).enumerate() {
            let rect = Rect::from_min_size(pos2(place.min.x, top), vec2(widths.iter().sum(), *height));
            let wanted = byte.filter(|byte| cells.iter().flatten().any(|inline| inline.source.contains(byte)));
            if !ui.clip_rect().intersects(rect) && wanted.is_none() {
                top += *height;
                continue;
            }
            let is_head = table.has_head && row == 0;
            let mut left = place.min.x;
            let mut tallest = self.sizes.line;
            let mut laid_cells = Vec::new();
            for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
                let room = (width - 2.0 * PADDING[0]).max(8.0);
                let (Some(first), Some(last)) = (cell.first(), cell.last()) else {
                    left += width;
                    continue;
                };
                let source = first.source.start..last.source.end;
                let laid = self.laid(("cell", index, row, column, room.to_bits()), || {
                    let setting = self.sizes.setting(&self.text, 1.0);
                    prose::lay(ui, &self.text, cell, &source, setting, is_head, room)
                });
                tallest = tallest.max(laid.galley.size().y);
                laid_cells.push((column, left, *width, laid));
                left += width;
            }
            *height = tallest + 2.0 * PADDING[1];
            if is_head {
                let rect = Rect::from_min_size(rect.min, vec2(rect.width(), *height));
                ui.painter().rect_filled(rect, 0, self.tokens.code_ground());
            }
            let mut left = place.min.x;
            for (column, width) in widths.iter().enumerate() {
                let cell = Rect::from_min_size(pos2(left, top), vec2(*width, *height));
                if table.marked.contains(&(row, column)) {
                    ui.painter().rect_filled(cell, 0, self.tokens.found(false));
                }
                ui.painter().rect_stroke(cell, 0, line, StrokeKind::Middle);
                left += width;
            }
            for (column, left, width, laid) in laid_cells {
                let free = (width - 2.0 * PADDING[0] - laid.galley.size().x).max(0.0);
                let is_right = table.right.get(column).is_some_and(|right| *right);
                let x = left + PADDING[0] + if is_right { free } else { 0.0 };
                let cell = id.with((row, column));
                response |= self.words(ui, cell, &laid, pos2(x, top + PADDING[1]), wanted);
            }
            top += *height;
        }
        ui.data_mut(|data| data.insert_temp(kept, heights));
        response.rect = Rect::from_min_max(place.min, pos2(place.max.x, top));
        response
    }
}
