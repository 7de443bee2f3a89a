//! Paints a text that was made ready: prose with formulas, program text, tables, pictures. What is selected is copied
//! as it stands in the source.

mod cache;
mod code;
mod divide;
mod edges;
mod flow;
mod formula;
mod json;
mod paint;
mod picture;
mod prose;
mod style;
mod table;

use std::ops::Range;

use eframe::egui::{Color32, Id, Rect, Response, Sense, Ui, pos2, vec2};

use self::divide::Division;
use self::paint::Painter;
pub use self::picture::look_beside;
use crate::text::Document;

/// A text to be painted.
#[derive(Clone, Copy, Debug)]
pub struct Rich<'a> {
    /// The text made ready.
    pub document: &'a Document,
    /// The text as it is written; the ranges of the document are bytes of it.
    pub source: &'a str,
    /// The same for the same text: what is folded and how high its blocks are is kept by it.
    pub id: Id,
    /// The colour of plain words.
    pub colour: Color32,
    /// How large it is written.
    pub size: RichSize,
    /// What is pointed out in it.
    pub marks: &'a [Mark],
    /// A byte of the source to bring into view.
    pub scroll_to: Option<usize>,
}

/// How large a text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RichSize {
    /// What is read.
    #[default]
    Body,
    /// What stands beside it.
    Small,
}

/// A part of the text that is pointed out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Bytes of the source.
    pub range: Range<usize>,
    /// Why.
    pub kind: MarkKind,
    /// Shown while the pointer is over it; may be empty.
    pub hint: String,
}

/// Why a part of the text is pointed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// It was looked for.
    Found,
    /// It was looked for and is the one gone to.
    FoundCurrent,
    /// Something was said of it.
    Span,
    /// It is being picked.
    Picked,
}

/// What became of a painted text.
#[derive(Clone, Debug)]
pub struct RichResponse {
    /// Of its whole area.
    pub response: Response,
}

/// Paints a text; blocks out of sight are only measured.
pub fn rich_ui(ui: &mut Ui, text: &Rich<'_>) -> RichResponse {
    let painter = Painter::new(ui, text);
    let width = ui.available_width().max(40.0);
    let corner = ui.cursor().min;
    let division = painter.division(width);
    let mut division = division.lock();
    let Division { pieces, heights } = &mut *division;
    let wanted = text.scroll_to.and_then(|byte| {
        pieces.iter().position(|piece| byte < piece.source.end).or_else(|| pieces.len().checked_sub(1))
    });
    let mut top = corner.y;
    let mut response: Option<Response> = None;
    for (index, (piece, height)) in pieces.iter().zip(heights.iter_mut()).enumerate() {
        top += piece.gap;
        let place = Rect::from_min_size(pos2(corner.x, top), vec2(width, *height));
        let byte = text.scroll_to.filter(|_| wanted == Some(index));
        if (byte.is_some() || ui.is_rect_visible(place.expand(2.0)))
            && let Some(painted) = painter.piece(ui, index, piece, place, byte)
        {
            *height = painted.rect.height();
            response = Some(response.map_or_else(|| painted.clone(), |before| before | painted.clone()));
        }
        top += *height;
    }
    let all = Rect::from_min_max(corner, pos2(corner.x + width, top));
    let area = ui.allocate_rect(all, Sense::hover());
    let response = response.map_or(area, |mut response| {
        response.rect = all;
        response
    });
    RichResponse { response }
}
