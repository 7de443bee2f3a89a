//! Texts made ready to be read: what their markup means and where each piece stands in the source. Knows no window.
//!
//! A text is read once, off the window's thread where it is long, and kept ([`Texts`]). Painting is the business of
//! `ui_kit::rich`.

pub mod document;
pub mod kind;
pub mod texts;

pub use document::{
    Block, BlockKind, Code, CodeLine, Document, Formula, FormulaState, Image, ImageFrom, Inline, InlineKind, JsonLine,
    Look, Scope, Style, Table, Terminal, TerminalColour, TerminalRun,
};
pub use kind::TextKind;
pub use texts::{Reading, TextKey, Texts};
