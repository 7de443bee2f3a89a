//! Turns the pieces of a paragraph into blocks: formulas and pictures on lines of their own, and no block too long.

use std::ops::Range;
use std::sync::Arc;

use super::{Block, BlockKind, Formulas, Inline, InlineKind};

/// A paragraph longer than this, in bytes, is cut.
const LONGEST: usize = 4_000;

/// Where a block stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub depth: u8,
    pub marker: Option<String>,
    pub quoted: bool,
}

impl Place {
    /// A block here. A marker stands before the first block only.
    pub(super) fn block(&mut self, source: Range<usize>, kind: BlockKind) -> Block {
        Block { source, depth: self.depth, marker: self.marker.take(), quoted: self.quoted, kind }
    }
}

/// The blocks of a paragraph.
pub(super) fn blocks(text: &str, inlines: Vec<Inline>, mut place: Place, formulas: &Formulas) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut line: Vec<Inline> = Vec::new();
    let mut rest = inlines.into_iter().peekable();
    while let Some(inline) = rest.next() {
        let alone = match &inline.kind {
            InlineKind::Formula(formula) if formula.display => {
                // A full stop behind it stays with it.
                let stop = rest.peek().and_then(|next| stop(text, next));
                let (source, formula) = match stop {
                    Some(stop) => {
                        rest.next();
                        let words = text.get(stop.clone()).unwrap_or_default();
                        (inline.source.start..stop.end, formulas.get(&format!("{} {words}", formula.tex), true))
                    }
                    None => (inline.source.clone(), Arc::clone(formula)),
                };
                Some((source, BlockKind::Formula(formula)))
            }
            InlineKind::Image(image) if begins_line(&line) && rest.peek().is_none_or(is_break) => {
                Some((inline.source.clone(), BlockKind::Image(image.clone())))
            }
            _ => None,
        };
        match alone {
            Some((source, kind)) => {
                flush(text, &mut line, &mut place, &mut blocks);
                blocks.push(place.block(source, kind));
            }
            None => line.push(inline),
        }
    }
    flush(text, &mut line, &mut place, &mut blocks);
    blocks
}

fn is_break(inline: &Inline) -> bool {
    matches!(inline.kind, InlineKind::Break)
}

fn begins_line(line: &[Inline]) -> bool {
    line.last().is_none_or(is_break)
}

/// A sign that ends a sentence, where it is all of a line behind a formula.
fn stop(text: &str, inline: &Inline) -> Option<Range<usize>> {
    let InlineKind::Text(range, _) = &inline.kind else { return None };
    matches!(text.get(range.clone())?.trim_end(), "." | "," | ";").then(|| range.start..range.start + 1)
}

/// Makes blocks of what was gathered, without the ends of lines around it.
fn flush(text: &str, line: &mut Vec<Inline>, place: &mut Place, blocks: &mut Vec<Block>) {
    while line.last().is_some_and(|inline| is_blank(text, inline)) {
        line.pop();
    }
    let start = line.iter().position(|inline| !is_blank(text, inline)).unwrap_or(line.len());
    line.drain(..start);
    for part in cut(text, std::mem::take(line)) {
        let source = span(&part);
        blocks.push(place.block(source, BlockKind::Text(part)));
    }
}

fn is_blank(text: &str, inline: &Inline) -> bool {
    match &inline.kind {
        InlineKind::Break => true,
        InlineKind::Text(range, _) => text.get(range.clone()).is_none_or(|words| words.trim().is_empty()),
        _ => false,
    }
}

/// From the first piece to the last.
pub(super) fn span(inlines: &[Inline]) -> Range<usize> {
    let start = inlines.first().map_or(0, |inline| inline.source.start);
    start..inlines.last().map_or(start, |inline| inline.source.end)
}

/// Cuts a long line of pieces, at the ends of lines, of sentences or of words; never inside of a formula.
fn cut(text: &str, inlines: Vec<Inline>) -> Vec<Vec<Inline>> {
    if inlines.is_empty() {
        return Vec::new();
    }
    if span(&inlines).len() <= LONGEST {
        return vec![inlines];
    }
    let mut parts: Vec<Vec<Inline>> = Vec::new();
    let mut part: Vec<Inline> = Vec::new();
    let mut length = 0;
    for inline in inlines.into_iter().flat_map(|inline| cut_words(text, inline)) {
        let size = inline.source.len();
        let is_full = length > 0 && length + size > LONGEST;
        if is_full || (length > LONGEST / 2 && is_break(&inline)) {
            // The end of a line becomes the end of the block.
            let is_end = is_break(&inline);
            parts.push(std::mem::take(&mut part));
            length = 0;
            if is_end {
                continue;
            }
        }
        length += size;
        part.push(inline);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts.retain(|part| !part.iter().all(|inline| is_blank(text, inline)));
    parts
}

/// Cuts long words into pieces of an eighth of what a block may hold.
fn cut_words(text: &str, inline: Inline) -> Vec<Inline> {
    const PIECE: usize = LONGEST / 8;
    let InlineKind::Text(range, style) = &inline.kind else { return vec![inline] };
    if range.len() <= PIECE {
        return vec![inline];
    }
    let mut pieces = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let end = if range.end - start <= PIECE { range.end } else { good_end(text, start, start + PIECE) };
        let source = if start == range.start { inline.source.start } else { start };
        let source_end = if end == range.end { inline.source.end } else { end };
        pieces.push(Inline { source: source..source_end, kind: InlineKind::Text(start..end, style.clone()) });
        start = end;
    }
    pieces
}

/// The last end of a sentence before `limit`, else of a word, else of a character.
fn good_end(text: &str, start: usize, limit: usize) -> usize {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let words = text.get(start..end).unwrap_or_default();
    let half = words.len() / 2;
    let sentence = words.rmatch_indices([' ', '\u{3000}', '。', '！', '？']).find(|(at, sign)| {
        *at >= half && (*sign != " " || words.get(..*at).is_some_and(|before| before.ends_with(['.', '!', '?'])))
    });
    let word = || words.rmatch_indices(char::is_whitespace).next();
    match sentence.or_else(word) {
        Some((at, sign)) => start + at + sign.len(),
        None if end > start => end,
        None => limit,
    }
}
