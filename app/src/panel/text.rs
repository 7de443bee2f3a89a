//! Paints a text of the trace: typeset as soon as it is ready, as written until then.

use std::hash::Hash;
use std::ops::Range;

use eframe::egui::{Color32, Id, Response, Ui};
use stepscope_core::model::Metadata;

use crate::text::{Block, BlockKind, Document, Inline, InlineKind, Reading, Style, TextKey, TextKind, Texts};
use crate::ui_kit::rich::{Mark, Rich, RichSize, rich_ui};

/// Of a text that is being made ready no more than this is shown, in bytes: laying out more would take longer than
/// making it ready.
const WHILE_PENDING: usize = 8_000;

/// A text and how it is painted.
pub struct Shown<'a> {
    /// The text.
    pub text: &'a str,
    /// As which it is kept, and how it is read.
    pub reading: &'a (TextKey, TextKind),
    /// Its colour.
    pub colour: Color32,
    /// What is pointed out in it.
    pub marks: &'a [Mark],
    /// A byte of it to bring into view.
    pub scroll_to: Option<usize>,
}

/// Paints it.
pub fn text_ui(ui: &mut Ui, texts: &Texts, shown: &Shown<'_>) -> Response {
    let (key, kind) = shown.reading;
    let paint = |ui: &mut Ui, document: &Document, source: &str| {
        let rich = Rich {
            document,
            source,
            id: Id::unique(("text", key)),
            colour: shown.colour,
            size: RichSize::Body,
            marks: shown.marks,
            scroll_to: shown.scroll_to,
        };
        rich_ui(ui, &rich).response
    };
    match texts.get(key, shown.text, kind) {
        Reading::Ready(document) => paint(ui, &document, shown.text),
        Reading::Pending => {
            let end = (0..=WHILE_PENDING.min(shown.text.len())).rev().find(|&end| shown.text.is_char_boundary(end));
            let source = shown.text.get(..end.unwrap_or_default()).unwrap_or_default();
            paint(ui, &as_written(source.len()), source)
        }
    }
}

/// Paints the pictures that stand beside a text, where its metadata name any.
pub fn pictures_ui(ui: &mut Ui, texts: &Texts, key: &TextKey, metadata: &Metadata, colour: Color32) {
    let Some(document) = texts.pictures(key, metadata) else { return };
    let id = Id::unique(("pictures", key));
    let rich = Rich { document: &document, source: "", id, colour, size: RichSize::Body, marks: &[], scroll_to: None };
    rich_ui(ui, &rich);
}

/// A text in which nothing means anything else.
fn as_written(length: usize) -> Document {
    let words = Inline { source: 0..length, kind: InlineKind::Text(0..length, Style::default()) };
    let kind = BlockKind::Text(vec![words]);
    Document { blocks: vec![Block { source: 0..length, depth: 0, marker: None, quoted: false, kind }] }
}

/// A number for a text that no step has.
pub fn key_of(what: impl Hash) -> TextKey {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    TextKey::Of(hasher.finish())
}

/// A part that is pointed out.
pub fn mark(range: Range<usize>, kind: crate::ui_kit::rich::MarkKind, hint: String) -> Mark {
    Mark { range, kind, hint }
}
