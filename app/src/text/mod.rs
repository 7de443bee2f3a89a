//! Texts made ready to be read: what their markup means and where each piece stands in the source. Knows no window.
//!
//! A text is read once, off the window's thread where it is long, and kept ([`Texts`]). Painting is the business of
//! `ui_kit::rich`.

#[cfg(any(test, feature = "testing"))]
pub mod compact;
mod diff;
pub mod document;
mod flow;
mod formulas;
pub mod images;
mod json;
mod language;
mod likely;
mod markdown;
mod mask;
mod read;
mod repair;
mod scopes;
pub mod signs;
mod sniff;
mod terminal;
pub mod texts;
pub mod typeset;
mod weight;

pub use crate::state::text_kind::TextKind;
pub use document::{
    Block, BlockKind, Code, CodeLine, Document, Formula, FormulaState, Image, ImageFrom, Inline, InlineKind, JsonLine,
    Look, Scope, Style, Table, Terminal, TerminalColour, TerminalRun,
};
pub use texts::{Reading, TextKey, Texts};
pub use typeset::Formulas;

#[cfg(test)]
mod tests;
