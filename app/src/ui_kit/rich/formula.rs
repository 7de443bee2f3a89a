//! Formulas as triangles: glyphs from the font atlas, lines and curves as coverage of whole pixels, so that they are as
//! crisp as the words around them at any zoom.
#![expect(clippy::cast_possible_truncation, reason = "places of signs are small numbers")]

use eframe::egui::epaint::{Mesh, Vertex};
use eframe::egui::text::{ByteIndex, LayoutJob, LayoutSection, TextFormat};
use eframe::egui::{Color32, FontFamily, FontId, Rect, Ui, Vec2, pos2, vec2};
use ratex_types::color::Color;
use ratex_types::display_item::{DisplayItem, DisplayList};
use ratex_types::path_command::PathCommand;
use resvg::tiny_skia;

use crate::ui_kit::{Tokens, fonts};

/// The fonts of formulas are drawn smaller than those of the window; so much larger do they look alike.
const EM: f32 = 1.16;

/// Curves are drawn up to this many pixels each way. Beyond lies what `KaTeX` draws to be cut off.
const MOST_PIXELS: f32 = 8192.0;

/// Something drawn that stands in a line of text. The baseline lies at y = 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Ink {
    pub(super) width: f32,
    /// How far it rises above the baseline.
    pub(super) above: f32,
    /// How far it hangs below the baseline.
    pub(super) below: f32,
    /// Its places in the font texture are in texels, as in a galley.
    pub(super) mesh: Mesh,
}

/// Written smaller than this, what is raised and lowered in a formula can no longer be read.
const SMALLEST: f32 = 0.7;

/// By which factor a formula is written smaller so that it fits into the room; whole where that would be too small.
pub(super) fn fitting(width: f32, room: f32) -> f32 {
    let factor = (room - 0.5) / width.max(1.0);
    if factor < SMALLEST { 1.0 } else { factor.min(1.0) }
}

/// How wide a formula is in a text of this size.
pub(super) fn width(list: &DisplayList, size: f32) -> f32 {
    list.width as f32 * size * EM
}

/// Draws a formula for a text of this size.
pub(super) fn ink(ui: &Ui, list: &DisplayList, size: f32, colour: Color32) -> Ink {
    let pen = Pen {
        tokens: Tokens::of(ui),
        colour,
        em: size * EM,
        pixels: ui.pixels_per_point(),
        baseline: list.height as f32,
    };
    let mut mesh = Mesh::default();
    pen.glyphs(ui, list, &mut mesh);
    let transfer = ui.fonts(|fonts| fonts.options().color_transfer_function);
    for item in &list.items {
        match item {
            DisplayItem::GlyphPath { .. } => {}
            DisplayItem::Line { x, y, width, thickness, color, dashed } => {
                pen.line([*x, *y, *width, *thickness], *dashed, pen.colour_of(color), &mut mesh);
            }
            DisplayItem::Rect { x, y, width, height, color } => {
                let [left, top] = pen.at(*x, *y);
                let size = vec2(*width as f32, *height as f32) * pen.em;
                let rect = pen.snap(Rect::from_min_size(pos2(left, top), size));
                // A ground lies beneath the signs, and these were drawn already.
                let mut ground = Mesh::default();
                ground.add_colored_rect(rect, pen.ground_of(color));
                ground.append(std::mem::take(&mut mesh));
                mesh = ground;
            }
            DisplayItem::Path { x, y, commands, fill, color } => {
                if let Some(mask) = pen.mask([*x, *y], commands, *fill) {
                    let colour = pen.colour_of(color);
                    mask.paint(pen.pixels, &mut mesh, |share| {
                        colour.gamma_multiply(transfer.alpha_from_coverage(share))
                    });
                }
            }
        }
    }
    Ink { width: width(list, size), above: pen.em * list.height as f32, below: pen.em * list.depth as f32, mesh }
}

struct Pen {
    tokens: Tokens,
    colour: Color32,
    /// Points of one unit of the formula.
    em: f32,
    /// Pixels of one point.
    pixels: f32,
    baseline: f32,
}

impl Pen {
    /// A place of the formula in points, from where its baseline begins.
    fn at(&self, x: f64, y: f64) -> [f32; 2] {
        [x as f32 * self.em, (y as f32 - self.baseline) * self.em]
    }

    fn round(&self, points: f32) -> f32 {
        (points * self.pixels).round() / self.pixels
    }

    /// To whole pixels; what is thinner than one is one.
    fn snap(&self, rect: Rect) -> Rect {
        let least = 1.0 / self.pixels;
        let min = pos2(self.round(rect.min.x), self.round(rect.min.y));
        let size = vec2(self.round(rect.width()).max(least), self.round(rect.height()).max(least));
        Rect::from_min_size(min, size)
    }

    /// What a formula writes in black is written in the colour of the text around it.
    fn colour_of(&self, color: &Color) -> Color32 {
        if *color == Color::BLACK { self.colour } else { self.tokens.legible(bytes(color)) }
    }

    fn ground_of(&self, color: &Color) -> Color32 {
        if *color == Color::BLACK { self.colour } else { self.tokens.ground(bytes(color)) }
    }

    /// Lays out every glyph by itself, so that none joins the next; its place and so its sub-pixel is that of the
    /// formula.
    fn glyphs(&self, ui: &Ui, list: &DisplayList, mesh: &mut Mesh) {
        let mut job = LayoutJob::default();
        // With a limit egui does not keep every one of these lines as a text of its own.
        job.wrap.max_rows = usize::MAX - 1;
        let mut places = Vec::new();
        for item in &list.items {
            let DisplayItem::GlyphPath { x, y, scale, font, char_code, color } = item else { continue };
            let Some(letter) = char::from_u32(*char_code).filter(|letter| !letter.is_control()) else { continue };
            let start = job.text.len();
            job.text.push(letter);
            job.text.push('\n');
            let font_id = FontId::new(*scale as f32 * self.em, family(ui, font, letter));
            job.sections.push(LayoutSection {
                leading_space: *x as f32 * self.em,
                byte_range: ByteIndex(start)..ByteIndex(job.text.len()),
                format: TextFormat { font_id, ..TextFormat::default() },
            });
            places.push((self.at(*x, *y)[1], self.colour_of(color)));
        }
        if places.is_empty() {
            return;
        }
        let galley = ui.painter().layout_job(job);
        for (row, (baseline, colour)) in galley.rows.iter().zip(places) {
            for glyph in row.glyphs.iter().filter(|glyph| !glyph.uv_rect.is_nothing()) {
                let uv = glyph.uv_rect;
                let corner = pos2(glyph.pos.x, self.round(baseline)) + uv.offset;
                let corner = pos2(self.round(corner.x), self.round(corner.y));
                let texels = Rect::from_min_max(
                    pos2(f32::from(uv.min[0]), f32::from(uv.min[1])),
                    pos2(f32::from(uv.max[0]), f32::from(uv.max[1])),
                );
                mesh.add_rect_with_uv(Rect::from_min_size(corner, uv.size), texels, colour);
            }
        }
    }

    fn line(&self, [x, y, width, thickness]: [f64; 4], dashed: bool, colour: Color32, mesh: &mut Mesh) {
        let [left, middle] = self.at(x, y);
        let thick = (thickness as f32 * self.em * self.pixels).round().max(1.0);
        let top = (middle * self.pixels - thick / 2.0).round();
        let (top, bottom) = (top / self.pixels, (top + thick) / self.pixels);
        let right = left + width as f32 * self.em;
        let dash = if dashed { 3.0 * thick / self.pixels } else { right - left };
        let mut from = left;
        while from < right {
            let to = (from + dash).min(right);
            let rect = Rect::from_min_max(pos2(self.round(from), top), pos2(self.round(to), bottom));
            mesh.add_colored_rect(rect, colour);
            // A line of no length would never end.
            from += (2.0 * dash).max(1.0 / self.pixels);
        }
    }

    /// Which share of every pixel a curve covers.
    fn mask(&self, at: [f64; 2], commands: &[PathCommand], fill: bool) -> Option<Coverage> {
        let [x, y] = self.at(at[0], at[1]);
        let map = |px: f64, py: f64| ((x + px as f32 * self.em) * self.pixels, (y + py as f32 * self.em) * self.pixels);
        let mut paths = Vec::new();
        let mut builder = tiny_skia::PathBuilder::new();
        for command in commands {
            match *command {
                PathCommand::MoveTo { x, y } => {
                    // Parts are filled one by one, as `KaTeX` means them.
                    paths.extend(std::mem::replace(&mut builder, tiny_skia::PathBuilder::new()).finish());
                    let (x, y) = map(x, y);
                    builder.move_to(x, y);
                }
                PathCommand::LineTo { x, y } => {
                    let (x, y) = map(x, y);
                    builder.line_to(x, y);
                }
                PathCommand::QuadTo { x1, y1, x, y } => {
                    let ((x1, y1), (x, y)) = (map(x1, y1), map(x, y));
                    builder.quad_to(x1, y1, x, y);
                }
                PathCommand::CubicTo { x1, y1, x2, y2, x, y } => {
                    let ((x1, y1), (x2, y2), (x, y)) = (map(x1, y1), map(x2, y2), map(x, y));
                    builder.cubic_to(x1, y1, x2, y2, x, y);
                }
                PathCommand::Close => builder.close(),
            }
        }
        paths.extend(builder.finish());
        if !fill {
            let stroke = tiny_skia::Stroke { width: (self.em * self.pixels / 27.0).max(1.0), ..Default::default() };
            paths = paths.into_iter().filter_map(|path| path.stroke(&stroke, 1.0)).collect();
        }
        Coverage::of(&paths)
    }
}

/// Which share of every pixel of a box is covered.
struct Coverage {
    left: f32,
    top: f32,
    mask: tiny_skia::Mask,
}

impl Coverage {
    #[expect(clippy::cast_sign_loss, reason = "the box is bounded above")]
    fn of(paths: &[tiny_skia::Path]) -> Option<Self> {
        let mut all: Option<tiny_skia::Rect> = None;
        for path in paths {
            let own = path.bounds();
            all = Some(match all {
                None => own,
                Some(before) => tiny_skia::Rect::from_ltrb(
                    before.left().min(own.left()),
                    before.top().min(own.top()),
                    before.right().max(own.right()),
                    before.bottom().max(own.bottom()),
                )?,
            });
        }
        let all = all?;
        let (left, top) = (all.left().floor().max(-MOST_PIXELS), all.top().floor().max(-MOST_PIXELS));
        let width = (all.right().ceil() - left).clamp(1.0, MOST_PIXELS);
        let height = (all.bottom().ceil() - top).clamp(1.0, MOST_PIXELS);
        let mut mask = tiny_skia::Mask::new(width as u32, height as u32)?;
        let shift = tiny_skia::Transform::from_translate(-left, -top);
        for path in paths {
            mask.fill_path(path, tiny_skia::FillRule::Winding, true, shift);
        }
        Some(Self { left, top, mask })
    }

    /// Adds it as rectangles of whole pixels: one for neighbours that are covered alike, in a row and below.
    fn paint(&self, pixels: f32, mesh: &mut Mesh, colour: impl Fn(f32) -> Color32) {
        // What was open in the row above: first pixel, one past the last, coverage, first row.
        let mut open: Vec<(usize, usize, u8, usize)> = Vec::new();
        let width = self.mask.width() as usize;
        let mut close = |(from, to, share, first): (usize, usize, u8, usize), row: usize| {
            let corner = |x: usize, y: usize| pos2((self.left + x as f32) / pixels, (self.top + y as f32) / pixels);
            let rect = Rect::from_min_max(corner(from, first), corner(to, row));
            mesh.add_colored_rect(rect, colour(f32::from(share) / 255.0));
        };
        let rows = self.mask.data().chunks_exact(width);
        let count = rows.len();
        for (row, line) in rows.enumerate() {
            let mut now = Vec::new();
            let mut from = 0;
            for run in line.chunk_by(|a, b| a == b) {
                let to = from + run.len();
                if let Some(&share) = run.first().filter(|&&share| share > 0) {
                    let above = open.iter().position(|&(a, b, s, _)| (a, b, s) == (from, to, share));
                    let first = above.map_or(row, |at| open.swap_remove(at).3);
                    now.push((from, to, share, first));
                }
                from = to;
            }
            for done in std::mem::replace(&mut open, now) {
                close(done, row);
            }
        }
        for done in open {
            close(done, count);
        }
    }
}

/// The family of a font of formulas, or the window's own where that lacks the letter.
fn family(ui: &Ui, font: &str, letter: char) -> FontFamily {
    let Some(family) = fonts::formula_family(font) else { return FontFamily::Proportional };
    let id = FontId::new(12.0, family);
    if ui.fonts_mut(|fonts| fonts.has_glyph(&id, letter)) { id.family } else { FontFamily::Proportional }
}

#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn bytes(color: &Color) -> [u8; 3] {
    [color.r, color.g, color.b].map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// Adds what was drawn to a mesh, its beginning and baseline at this place.
pub(super) fn stamp(ink: &Mesh, at: Vec2, mesh: &mut Mesh) {
    let first = u32::try_from(mesh.vertices.len()).unwrap_or(u32::MAX);
    mesh.indices.extend(ink.indices.iter().map(|index| index + first));
    mesh.vertices.extend(ink.vertices.iter().map(|vertex| Vertex { pos: vertex.pos + at, ..*vertex }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_that_is_a_little_too_wide_is_written_smaller() {
        let check = |width: f32, room, expected: f32| {
            let factor = fitting(width, room);
            assert!((factor - expected).abs() < 1e-3, "{width} in {room}: {factor}");
            assert!(factor >= 1.0 || width * factor <= room, "{width} in {room} is cut off");
        };
        check(100.0, 300.0, 1.0);
        check(300.0, 300.5, 1.0);
        check(300.0, 240.5, 0.8);
        check(300.0, 211.0, 0.7017);
        check(300.0, 200.0, 1.0);
        check(0.0, 200.0, 1.0);
    }
}
