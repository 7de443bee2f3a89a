//! How much memory a document takes, about.

use super::{Block, BlockKind, Document, FormulaState, Inline, InlineKind};

/// A piece with its place.
const PIECE: usize = 112;

/// A glyph or line of a formula, with the name of its font.
const GLYPH: usize = 128;

impl Document {
    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        // Also without a block it is kept under a name.
        PIECE + self.blocks.iter().map(block).sum::<usize>()
    }
}

fn block(block: &Block) -> usize {
    let inner = match &block.kind {
        BlockKind::Text(inlines) | BlockKind::Heading(_, inlines) => line(inlines),
        BlockKind::Formula(formula) => glyphs(&formula.state),
        BlockKind::Code(code) => {
            code.lines.iter().map(|line| PIECE + 24 * line.scopes.len() + 48 * line.signs.len()).sum()
        }
        BlockKind::Terminal(terminal) => terminal.lines.iter().map(|runs| 24 + PIECE * runs.len()).sum(),
        BlockKind::Json(lines) => lines.iter().map(|line| PIECE + line.value.len()).sum(),
        BlockKind::Table(table) => table.rows.iter().flatten().map(|cell| 24 + line(cell)).sum(),
        BlockKind::Image(image) => picture(image),
        BlockKind::Rule => 0,
    };
    PIECE + inner
}

fn line(inlines: &[Inline]) -> usize {
    let inner = |inline: &Inline| match &inline.kind {
        InlineKind::Formula(formula) => glyphs(&formula.state),
        InlineKind::Image(image) => picture(image),
        InlineKind::Other(words, _) => words.len(),
        InlineKind::Text(..) | InlineKind::Sign(_) | InlineKind::Break => 0,
    };
    inlines.iter().map(|inline| PIECE + inner(inline)).sum()
}

fn glyphs(state: &FormulaState) -> usize {
    match state {
        FormulaState::Typeset(list) => GLYPH * list.items.len(),
        FormulaState::Failed(reason) => reason.len(),
    }
}

fn picture(image: &super::Image) -> usize {
    match &image.from {
        super::ImageFrom::Bytes(bytes) => bytes.len(),
        _ => PIECE,
    }
}
