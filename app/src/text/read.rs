//! Reads a text by its kind.

use std::ops::Range;

use super::flow::Place;
use super::{
    Block, BlockKind, Code, CodeLine, Document, Formulas, Inline, InlineKind, Style, TextKind, diff, json, language,
    markdown, scopes, signs, sniff, terminal,
};

/// How many lines of what a tool returned are looked at for a difference.
const LOOKED_AT: usize = 40;

/// Lines of one block of program text.
const LINES: usize = 200;

impl Document {
    /// Makes a text ready to be read.
    pub fn read(text: &str, kind: &TextKind) -> Self {
        Self::read_with(text, kind, &Formulas::default())
    }

    /// Makes a text ready to be read, with formulas that were set before.
    pub fn read_with(text: &str, kind: &TextKind, formulas: &Formulas) -> Self {
        let reader = Reader { text, formulas };
        let mut blocks = match kind {
            TextKind::Prose => markdown::blocks(&reader),
            // Some sources keep the fence around it.
            TextKind::Code(_) if text.trim_start().starts_with("```") => markdown::blocks(&reader),
            TextKind::Code(language) => reader.code(language),
            TextKind::Output => reader.output(),
            TextKind::Value => json::blocks(text).unwrap_or_else(|| reader.code("")),
            TextKind::Plain => reader.plain(0..text.len()),
        };
        reader.cover(&mut blocks);
        Self { blocks }
    }
}

/// A text that is being read.
pub(super) struct Reader<'a> {
    pub text: &'a str,
    pub formulas: &'a Formulas,
}

impl Reader<'_> {
    /// What a tool returned.
    fn output(&self) -> Vec<Block> {
        if terminal::is_terminal(self.text) {
            return terminal::blocks(self.text);
        }
        if let Some(blocks) = json::blocks(self.text) {
            return blocks;
        }
        if diff::is_diff(self.text.lines().take(LOOKED_AT)) {
            return self.code("diff");
        }
        if sniff::is_prose(self.text) {
            return markdown::blocks(self);
        }
        self.code("text")
    }

    /// All of the text as program text.
    fn code(&self, language: &str) -> Vec<Block> {
        let lines = Lines::new(self.text, 0..self.text.len()).map(|(line, _)| line).collect();
        self.code_blocks(0..self.text.len(), language, lines, &mut Place::default())
    }

    /// Program text, in blocks that are not too long. The language is recognised where it is not named.
    pub(super) fn code_blocks(
        &self,
        source: Range<usize>,
        language: &str,
        lines: Vec<Range<usize>>,
        place: &mut Place,
    ) -> Vec<Block> {
        let mut lines: Vec<CodeLine> = lines
            .into_iter()
            .map(|source| CodeLine { signs: signs::signs(self.text, source.clone()), source, ..CodeLine::default() })
            .collect();
        let words = lines.iter().map(|line| self.text.get(line.source.clone()).unwrap_or_default());
        let language = match language {
            "" => language::recognised(words),
            "text" | "txt" | "plaintext" => "",
            named => named,
        };
        if matches!(language, "diff" | "patch") {
            diff::look(self.text, &mut lines);
        } else {
            scopes::colour(self.text, language, &mut lines);
        }
        let mut blocks = Vec::new();
        let mut start = source.start;
        let count = lines.chunks(LINES).len();
        for (at, part) in lines.chunks(LINES).enumerate() {
            let last = part.last().map_or(start, |line| line.source.end).max(start);
            let end = if at + 1 == count { source.end.max(start) } else { last };
            let code = Code { language: language.to_owned(), lines: part.to_vec(), before: at * LINES };
            blocks.push(place.block(start..end, BlockKind::Code(code)));
            start = end;
        }
        if blocks.is_empty() && !source.is_empty() {
            blocks
                .push(place.block(source, BlockKind::Code(Code { language: language.to_owned(), ..Code::default() })));
        }
        blocks
    }

    /// Whether lines that are only indented are program text.
    pub(super) fn is_clearly_code(&self, lines: &[Range<usize>]) -> bool {
        let words = lines.iter().map(|line| self.text.get(line.clone()).unwrap_or_default());
        // What a shell is told reads like prose too often.
        !matches!(language::recognised(words), "" | "bash")
    }

    /// Lines of text without any markup.
    pub(super) fn plain(&self, range: Range<usize>) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut inlines = Vec::new();
        let mut count = 0;
        for (line, end) in Lines::new(self.text, range) {
            let mut at = line.start;
            for (place, name) in signs::signs(self.text, line.clone()) {
                push_text(&mut inlines, at..place.start);
                inlines.push(Inline { source: place.clone(), kind: InlineKind::Sign(name) });
                at = place.end;
            }
            push_text(&mut inlines, at..line.end);
            count += 1;
            inlines.push(Inline { source: end, kind: InlineKind::Break });
            if count >= LINES {
                blocks.extend(super::flow::blocks(
                    self.text,
                    std::mem::take(&mut inlines),
                    Place::default(),
                    self.formulas,
                ));
                count = 0;
            }
        }
        blocks.extend(super::flow::blocks(self.text, inlines, Place::default(), self.formulas));
        blocks
    }

    /// Puts the ranges of blocks in order and gives what lies between them to one of its neighbours.
    fn cover(&self, blocks: &mut Vec<Block>) {
        let mut whole: Vec<Block> = Vec::with_capacity(blocks.len());
        let mut at = 0;
        for mut block in blocks.drain(..) {
            if let Some(content) = content(&block) {
                block.source = block.source.start.min(content.start)..block.source.end.max(content.end);
            }
            block.source.start = self.boundary(block.source.start.max(at));
            block.source.end = self.boundary(block.source.end.max(block.source.start));
            self.fill(&mut whole, at, Some(&mut block));
            at = block.source.end;
            whole.push(block);
        }
        self.fill(&mut whole, at, None);
        *blocks = whole;
    }

    /// Gives what lies before a block, or behind the last one, to the blocks around it; words get a block of their own.
    fn fill(&self, before: &mut Vec<Block>, at: usize, next: Option<&mut Block>) {
        let end = next.as_ref().map_or(self.text.len(), |block| block.source.start);
        let gap = super::markdown::trimmed(self.text, at..end);
        let Some(words) = self.text.get(gap.clone()).filter(|words| !words.is_empty()) else { return };
        let is_markup = words.len() < 200 && !words.contains(char::is_alphabetic);
        if !is_markup {
            return before.extend(self.plain(gap));
        }
        // What follows at once closes the markup of the block before.
        let closing = if gap.start == at { words.find(char::is_whitespace).unwrap_or(words.len()) } else { 0 };
        let mut rest = gap.clone();
        if let Some(last) = before.last_mut()
            && (closing > 0 || next.is_none())
        {
            rest.start = if next.is_none() { gap.end } else { gap.start + closing };
            last.source.end = rest.start;
        }
        let rest = super::markdown::trimmed(self.text, rest);
        match next {
            Some(block) if !rest.is_empty() => block.source.start = rest.start,
            None if !rest.is_empty() => before.extend(self.plain(rest)),
            _ => {}
        }
    }

    /// The place, or the next one that begins a character.
    fn boundary(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at += 1;
        }
        at
    }
}

/// From the first piece of a block to the last.
fn content(block: &Block) -> Option<Range<usize>> {
    let join = |first: Option<&Range<usize>>, last: Option<&Range<usize>>| Some(first?.start..last?.end);
    match &block.kind {
        BlockKind::Text(inlines) | BlockKind::Heading(_, inlines) => {
            join(inlines.first().map(|inline| &inline.source), inlines.last().map(|inline| &inline.source))
        }
        BlockKind::Code(code) => {
            join(code.lines.first().map(|line| &line.source), code.lines.last().map(|line| &line.source))
        }
        BlockKind::Table(table) => {
            let mut cells = table.rows.iter().flatten().flatten();
            let first = cells.next();
            join(first.map(|inline| &inline.source), cells.last().or(first).map(|inline| &inline.source))
        }
        _ => None,
    }
}

fn push_text(inlines: &mut Vec<Inline>, range: Range<usize>) {
    if !range.is_empty() {
        inlines.push(Inline { source: range.clone(), kind: InlineKind::Text(range, Style::default()) });
    }
}

/// The lines of a part of a text, each with the place of its end.
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str, range: Range<usize>) -> Self {
        Self { text, at: range.start, end: range.end }
    }
}

impl Iterator for Lines<'_> {
    type Item = (Range<usize>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.at..self.end).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let whole = rest.get(..length).unwrap_or(rest);
        let words = whole.strip_suffix('\n').map_or(whole, |words| words.strip_suffix('\r').unwrap_or(words));
        let line = self.at..self.at + words.len();
        self.at += length;
        Some((line.clone(), line.end..self.at))
    }
}
