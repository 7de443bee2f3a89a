//! What a text is made of: blocks one below the other, with the place of every piece in the source.
//!
//! Every range is of bytes of the source, so that found words, marked words and what is copied are always those of the
//! text as it was imported, whatever is shown in its place.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use ratex_types::display_item::DisplayList;

/// A text made ready to be read.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The blocks, in the order of the source; together they cover all of it but white space.
    pub blocks: Vec<Block>,
}

impl Document {
    /// Pictures one below the other, without words.
    pub(super) fn of_pictures(pictures: Vec<Image>) -> Self {
        let block =
            |image| Block { source: 0..0, depth: 0, marker: None, quoted: false, kind: BlockKind::Image(image) };
        Self { blocks: pictures.into_iter().map(block).collect() }
    }
}

/// A part of a text that is laid out by itself, below the one before it.
#[derive(Clone, Debug)]
pub struct Block {
    /// Where it stands in the source, with its markup.
    pub source: Range<usize>,
    /// How deep it stands in lists and quotations.
    pub depth: u8,
    /// What stands before its first line in a list: a bullet or a number.
    pub marker: Option<String>,
    /// In a quotation.
    pub quoted: bool,
    /// What it is.
    pub kind: BlockKind,
}

/// What a block is.
#[derive(Clone, Debug)]
pub enum BlockKind {
    /// Lines of text that flow.
    Text(Vec<Inline>),
    /// A heading, from 1 to 6.
    Heading(u8, Vec<Inline>),
    /// A formula on a line of its own.
    Formula(Arc<Formula>),
    /// Program text, a proof, a difference between two texts.
    Code(Code),
    /// What a terminal showed.
    Terminal(Terminal),
    /// Structured values as lines that can be folded.
    Json(Vec<JsonLine>),
    /// A table.
    Table(Table),
    /// A picture.
    Image(Image),
    /// A line across.
    Rule,
}

/// A piece of a line.
#[derive(Clone, Debug)]
pub struct Inline {
    /// Where it stands in the source, with its markup: what is copied.
    pub source: Range<usize>,
    /// What it is.
    pub kind: InlineKind,
}

/// What a piece of a line is.
#[derive(Clone, Debug)]
pub enum InlineKind {
    /// Words as they stand in the source, at this place of it: the source without the markup around it.
    Text(Range<usize>, Style),
    /// Words that the source writes otherwise: an entity, an escaped character.
    Other(String, Style),
    /// A formula.
    Formula(Arc<Formula>),
    /// A control character, a character without width or one that turns the direction of writing, by its name.
    Sign(String),
    /// A picture in a line.
    Image(Image),
    /// The end of a line.
    Break,
}

/// How words look.
#[expect(clippy::struct_excessive_bools, reason = "each is a look of its own")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Bold.
    pub strong: bool,
    /// Italic.
    pub emphasis: bool,
    /// Struck through.
    pub struck: bool,
    /// In a font of fixed width.
    pub code: bool,
    /// Where it leads.
    pub link: Option<Arc<str>>,
}

/// A formula and what became of it.
#[derive(Clone, Debug)]
pub struct Formula {
    /// The formula without the signs around it.
    pub tex: String,
    /// On a line of its own.
    pub display: bool,
    /// What became of it.
    pub state: FormulaState,
}

/// What became of a formula.
#[derive(Clone, Debug)]
pub enum FormulaState {
    /// Glyphs and lines; units are those of the font size, the baseline lies at `height`.
    Typeset(DisplayList),
    /// It is shown as written, for this reason.
    Failed(String),
}

/// Program text.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// The language, as the source names it or as it was recognised; empty where unknown.
    pub language: String,
    /// Its lines.
    pub lines: Vec<CodeLine>,
    /// How many lines of the same text stand in blocks before this one: long ones are cut.
    pub before: usize,
}

/// A line of program text.
#[derive(Clone, Debug, Default)]
pub struct CodeLine {
    /// Where it stands in the source, without the end of the line.
    pub source: Range<usize>,
    /// The pieces that have a meaning, in order, as bytes of the source.
    pub scopes: Vec<(Range<usize>, Scope)>,
    /// Put in, taken out or neither, where this is a difference between two texts.
    pub look: Look,
    /// Characters that cannot be seen or that turn the direction of writing, by name.
    pub signs: Vec<(Range<usize>, String)>,
}

/// What a piece of program text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A word of the language.
    Keyword,
    /// A text.
    Text,
    /// A number or another constant.
    Number,
    /// A comment.
    Comment,
    /// The name of a function.
    Function,
    /// The name of a type.
    Type,
    /// An operator or a bracket.
    Operator,
    /// A name of something else that is worth telling apart: an attribute, a tag, a key.
    Name,
}

/// Whether a line was put in or taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Neither.
    #[default]
    Plain,
    /// Put in.
    Added,
    /// Taken out.
    Removed,
    /// The head of a difference.
    Head,
}

/// What a terminal showed.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    /// Its lines, each of pieces in one style. What was overwritten or only moved the cursor is left out.
    pub lines: Vec<Vec<TerminalRun>>,
}

/// A piece of what a terminal showed, in one style.
#[expect(clippy::struct_excessive_bools, reason = "each is a look of its own")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerminalRun {
    /// Where it stands in the source.
    pub source: Range<usize>,
    /// Colour of the letters: 0 to 15 of the terminal's own, 16 to 255 of its cube and greys, or one written out.
    pub colour: Option<TerminalColour>,
    /// Colour behind them.
    pub ground: Option<TerminalColour>,
    /// Bold.
    pub strong: bool,
    /// Faint.
    pub faint: bool,
    /// Italic.
    pub emphasis: bool,
    /// Underlined.
    pub underlined: bool,
    /// A character that cannot be seen, by name: it stands alone.
    pub sign: Option<String>,
}

/// A colour of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalColour {
    /// One of its 256.
    Indexed(u8),
    /// One written out.
    Rgb(u8, u8, u8),
}

/// A line of a structured value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonLine {
    /// Where the value stands in the source, with its key.
    pub source: Range<usize>,
    /// How deep it lies.
    pub depth: u16,
    /// Its key, or its number in a list.
    pub key: Option<String>,
    /// The value on one line; of a list or an object how much it holds.
    pub value: String,
    /// What the value is.
    pub scope: Option<Scope>,
    /// How many of the lines below belong to it; they are folded together.
    pub below: usize,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The rows, the first of them the head where `has_head`; each cell is a line of pieces.
    pub rows: Vec<Vec<Vec<Inline>>>,
    /// The first row names the columns.
    pub has_head: bool,
    /// For each column whether its numbers stand at the right.
    pub right: Vec<bool>,
    /// Cells that are pointed out, as row and column.
    pub marked: Vec<(usize, usize)>,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// Where it comes from.
    pub from: ImageFrom,
    /// What it shows, in words.
    pub alt: String,
    /// Parts of it that are pointed out: left, top, right, bottom as shares of its size, and a word.
    pub regions: Vec<([f32; 4], String)>,
}

/// Where a picture comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ImageFrom {
    /// A file of this computer, perhaps beside the data.
    File(PathBuf),
    /// Encoded bytes of a picture, as a data address holds them.
    Bytes(Arc<[u8]>),
    /// An address that is not fetched: nothing leaves the computer.
    Address(String),
    /// It could not be read, for this reason.
    #[default]
    Missing,
}
