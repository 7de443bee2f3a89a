//! Paints a text that was made ready: prose with formulas, program text, tables, pictures. What is selected is copied
//! as it stands in the source.

use std::ops::Range;

use eframe::egui::{self, Color32, Id, Label, Response, RichText, Ui};

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
    let style = match text.size {
        RichSize::Body => egui::TextStyle::Body,
        RichSize::Small => egui::TextStyle::Small,
    };
    let words = RichText::new(text.source).color(text.colour).text_style(style);
    RichResponse { response: ui.add(Label::new(words).wrap()) }
}
