//! A document as pieces one below the other, each small enough to be laid out at once. Only those in sight are.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use super::Rich;
use super::formula;
use super::style::Sizes;
use crate::text::{Block, BlockKind, Formula, FormulaState, Inline, InlineKind};

/// A piece that can end at the end of a line has at least this many bytes.
const ENOUGH: usize = 1200;

/// A piece ends between two words where it has this many bytes and no end of a line.
const MUCH: usize = 6000;

/// Lines of program text in one piece.
const LINES: usize = 40;

/// A piece of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) block: usize,
    pub(super) part: Part,
    /// The first of its block.
    pub(super) is_first: bool,
    /// Free room above it.
    pub(super) gap: f32,
    /// The bytes of the source that it shows.
    pub(super) source: Range<usize>,
}

/// What a piece shows of its block.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// The words and formulas of these bytes of the source.
    Flow,
    /// The formula or picture at this place of the line, on a line of its own.
    Alone(usize),
    /// These lines.
    Lines(Range<usize>),
    /// All of it.
    Whole,
}

/// How a document is divided at one width.
#[derive(Clone, Debug, Default)]
pub(super) struct Division {
    pub(super) pieces: Vec<Piece>,
    /// As measured, or guessed before that.
    pub(super) heights: Vec<f32>,
}

/// Tells documents of one text apart: a text first comes as it is written and is read later.
pub(super) fn stamp(text: &Rich<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.source.len().hash(&mut hasher);
    for block in &text.document.blocks {
        block.source.hash(&mut hasher);
        std::mem::discriminant(&block.kind).hash(&mut hasher);
        match &block.kind {
            BlockKind::Text(line) | BlockKind::Heading(_, line) => line.len().hash(&mut hasher),
            BlockKind::Json(lines) => lines.len().hash(&mut hasher),
            BlockKind::Code(code) => code.lines.len().hash(&mut hasher),
            _ => {}
        }
    }
    hasher.finish()
}

/// Divides a document.
pub(super) fn divide(text: &Rich<'_>, sizes: &Sizes, width: f32) -> Division {
    let mut division = Division::default();
    let mut before: Option<&Block> = None;
    for (index, block) in text.document.blocks.iter().enumerate() {
        let gap = before.map_or(0.0, |before| gap(before, block, sizes));
        before = Some(block);
        let width = (width - sizes.indent(block)).max(40.0);
        let first = division.pieces.len();
        let mut add = |part: Part, source: Range<usize>, height: f32| {
            let is_first = division.pieces.len() == first;
            let gap = if is_first { gap } else { 0.0 };
            division.pieces.push(Piece { block: index, part, is_first, gap, source });
            division.heights.push(height);
        };
        match &block.kind {
            BlockKind::Text(line) | BlockKind::Heading(_, line) => {
                flow(text.source, block, line, sizes, width, &mut add);
            }
            BlockKind::Code(code) => {
                let sources: Vec<_> = code.lines.iter().map(|line| line.source.clone()).collect();
                lines(text.source, &sources, sizes, width, &mut add);
            }
            BlockKind::Terminal(terminal) => {
                let mut at = block.source.start;
                let sources: Vec<_> = terminal
                    .lines
                    .iter()
                    .map(|line| {
                        let start = line.first().map_or(at, |run| run.source.start);
                        at = line.last().map_or(at, |run| run.source.end).max(at);
                        start..at.max(start)
                    })
                    .collect();
                lines(text.source, &sources, sizes, width, &mut add);
            }
            BlockKind::Formula(formula) => {
                add(Part::Whole, trim(text.source, &block.source), formula_height(formula, sizes));
            }
            BlockKind::Json(lines) => {
                add(Part::Whole, block.source.clone(), lines.len() as f32 * sizes.code_line);
            }
            BlockKind::Table(table) => {
                add(Part::Whole, block.source.clone(), table.rows.len() as f32 * (sizes.line + 8.0));
            }
            BlockKind::Image(_) => add(Part::Whole, block.source.clone(), 160.0),
            BlockKind::Rule => add(Part::Whole, block.source.clone(), 9.0),
        }
    }
    division
}

/// Free room between two blocks.
fn gap(before: &Block, block: &Block, sizes: &Sizes) -> f32 {
    match (&before.kind, &block.kind) {
        // Long program text is cut into blocks, but is one.
        (BlockKind::Code(_), BlockKind::Code(code)) if code.before > 0 => 0.0,
        (_, BlockKind::Heading(..)) => sizes.line * 0.7,
        (BlockKind::Heading(..), _) => sizes.line * 0.3,
        (BlockKind::Text(_), BlockKind::Text(_)) if block.marker.is_some() => sizes.line * 0.2,
        _ => sizes.line * 0.5,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "heights of formulas are small numbers")]
fn formula_height(formula: &Formula, sizes: &Sizes) -> f32 {
    match &formula.state {
        FormulaState::Typeset(list) => (list.height + list.depth) as f32 * sizes.font.size * 1.2 + 8.0,
        FormulaState::Failed(_) => sizes.line,
    }
}

/// Rough, for what was never laid out.
fn guess(source: &str, range: &Range<usize>, columns: f32, line: f32) -> f32 {
    let text = source.get(range.clone()).unwrap_or_default();
    text.split('\n').map(|text| (text.len() as f32 / columns).ceil().max(1.0)).sum::<f32>() * line
}

/// Whether a piece of a line stands alone because it is no word or wider than the line.
fn stands_alone(inline: &Inline, sizes: &Sizes, width: f32) -> bool {
    match &inline.kind {
        InlineKind::Image(_) => true,
        InlineKind::Formula(formula) => match &formula.state {
            FormulaState::Typeset(list) => formula::width(list, sizes.font.size) > width,
            FormulaState::Failed(_) => false,
        },
        _ => false,
    }
}

fn flow(
    source: &str,
    block: &Block,
    line: &[Inline],
    sizes: &Sizes,
    width: f32,
    add: &mut impl FnMut(Part, Range<usize>, f32),
) {
    let columns = (width / (sizes.font.size * 0.5)).max(10.0);
    let Range { mut start, end } = trim(source, &block.source);
    let close = |from: usize, to: usize, add: &mut dyn FnMut(Part, Range<usize>, f32)| {
        if from < to && line.iter().any(|inline| inline.source.start < to && from < inline.source.end) {
            add(Part::Flow, from..to, guess(source, &(from..to), columns, sizes.line));
        }
    };
    for (index, inline) in line.iter().enumerate() {
        if stands_alone(inline, sizes, width) {
            close(start, inline.source.start, add);
            let height = match &inline.kind {
                InlineKind::Formula(formula) => formula_height(formula, sizes),
                _ => 160.0,
            };
            add(Part::Alone(index), inline.source.clone(), height);
            start = inline.source.end;
            // The end of a line that follows is already one.
            continue;
        }
        match &inline.kind {
            InlineKind::Text(range, _) => {
                let mut at = range.start.max(start);
                while let Some(cut) = cut(source, start, at..range.end) {
                    close(start, cut.0, add);
                    (start, at) = (cut.1, cut.1);
                }
            }
            InlineKind::Break if inline.source.start >= start + ENOUGH => {
                close(start, inline.source.start, add);
                start = inline.source.end;
            }
            _ => {}
        }
    }
    close(start, end, add);
}

/// Without the white space around it.
pub(super) fn trim(source: &str, range: &Range<usize>) -> Range<usize> {
    let text = source.get(range.clone()).unwrap_or_default();
    let start = range.start + text.len() - text.trim_start().len();
    start..(start + text.trim().len())
}

/// Where a piece that began at `start` ends within these words, and where the next one begins.
fn cut(source: &str, start: usize, words: Range<usize>) -> Option<(usize, usize)> {
    if words.end <= start + ENOUGH {
        return None;
    }
    let bytes = source.as_bytes().get(..words.end)?;
    let from = words.start.max(start + ENOUGH);
    let newline = bytes.get(from..)?.iter().position(|&byte| byte == b'\n').map(|at| from + at);
    let far = newline.unwrap_or(words.end) > start + MUCH;
    match newline {
        Some(at) if !far => (at + 1 < words.end).then_some((at, at + 1)),
        _ if far => {
            let from = words.start.max(start + MUCH);
            let space = bytes.get(from..)?.iter().take(ENOUGH).position(|&byte| byte == b' ').map(|at| from + at + 1);
            let at = space.or_else(|| (from..words.end).find(|&at| source.is_char_boundary(at)))?;
            (at > start && at < words.end).then_some((at, at))
        }
        _ => None,
    }
}

/// Divides lines so that no piece is long; a very long line is divided itself.
fn lines(
    source: &str,
    sources: &[Range<usize>],
    sizes: &Sizes,
    width: f32,
    add: &mut impl FnMut(Part, Range<usize>, f32),
) {
    let columns = ((width - 48.0) / sizes.code_letter).max(10.0);
    let height = |range: &Range<usize>| guess(source, range, columns, sizes.code_line);
    let mut first = 0;
    while let Some(from) = sources.get(first) {
        if from.len() > MUCH {
            let mut at = from.start;
            while at < from.end {
                let end = (at + MUCH).min(from.end);
                let end = (end..from.end).find(|&end| source.is_char_boundary(end)).unwrap_or(from.end);
                add(Part::Lines(first..first + 1), at..end, height(&(at..end)));
                at = end;
            }
            first += 1;
            continue;
        }
        let mut last = first + 1;
        while let Some(next) = sources.get(last) {
            if last - first >= LINES || next.len() > MUCH || next.end.saturating_sub(from.start) > MUCH {
                break;
            }
            last += 1;
        }
        let end = sources.get(last - 1).map_or(from.end, |last| last.end).max(from.start);
        add(Part::Lines(first..last), from.start..end, height(&(from.start..end)));
        first = last;
    }
}
