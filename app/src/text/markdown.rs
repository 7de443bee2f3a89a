//! Reads prose: markdown with formulas in it, each piece with its place in the source.

use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use super::flow::{self, Place};
use super::formulas::{self, Found, FoundKind};
use super::mask::masked;
use super::read::{Lines, Reader};
use super::{Block, BlockKind, Image, Inline, InlineKind, Style, Table, images, language, signs};

/// Indented text in indented text is followed this deep.
const DEEPEST: u8 = 4;

/// A table is cut after so many rows.
const ROWS: usize = 200;

/// The blocks of a prose text.
pub(super) fn blocks(reader: &Reader<'_>) -> Vec<Block> {
    let found = formulas::find(reader.text);
    let text = masked(reader.text, &found);
    let piece = Piece { starts: vec![(0, 0)], text };
    let mut walk = Walk::new(reader, &found, &piece, 0);
    walk.run();
    walk.blocks
}

/// A covered text, and where its parts stand in the source.
struct Piece {
    text: String,
    /// Places in `text` from which on it runs along with the source, and the places there.
    starts: Vec<(usize, usize)>,
}

impl Piece {
    fn source(&self, at: usize) -> usize {
        let part = self.starts.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.starts.get(part).map_or(at, |(start, source)| source + (at - start))
    }

    fn range(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.source(range.start);
        // The end of a part, not the start of the next one.
        let end = if range.end > range.start { self.source(range.end - 1) + 1 } else { start };
        start..end.max(start)
    }

    /// Lines of this text without what indents all of them.
    fn dedented(&self, range: &Range<usize>) -> Self {
        let words = self.text.get(range.clone()).unwrap_or_default();
        let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        // The range begins behind the indentation of its first line.
        let before = self.text.get(..range.start).unwrap_or_default();
        let first = indent(words) + (before.len() - before.trim_end_matches([' ', '\t']).len());
        let rest = words.lines().skip(1).filter(|line| !line.trim().is_empty()).map(indent).min();
        let common = rest.map_or(first, |rest| rest.min(first));
        let (mut text, mut starts, mut at) = (String::new(), Vec::new(), range.start);
        for (count, line) in words.split_inclusive('\n').enumerate() {
            let skip = if count == 0 { indent(line) } else { indent(line).min(common) };
            starts.push((text.len(), self.source(at + skip)));
            text.push_str(line.get(skip..).unwrap_or_default());
            at += line.len();
        }
        Self { text, starts }
    }
}

/// What is being gathered.
enum Leaf {
    Text,
    Heading(u8),
    Cell,
}

struct Walk<'a> {
    reader: &'a Reader<'a>,
    formulas: &'a [Found],
    piece: &'a Piece,
    level: u8,
    blocks: Vec<Block>,
    /// Depth in lists and quotations, and in quotations alone.
    lists: usize,
    quotes: usize,
    marker: Option<String>,
    leaf: Option<(Leaf, Vec<Inline>)>,
    strong: usize,
    emphasis: usize,
    struck: usize,
    links: Vec<Option<Arc<str>>>,
    image: Option<(Range<usize>, String, String)>,
    code: Option<(String, Vec<Range<usize>>, bool)>,
    table: Option<(Range<usize>, Table)>,
}

impl<'a> Walk<'a> {
    fn new(reader: &'a Reader<'a>, formulas: &'a [Found], piece: &'a Piece, level: u8) -> Self {
        Self {
            reader,
            formulas,
            piece,
            level,
            blocks: Vec::new(),
            lists: 0,
            quotes: 0,
            marker: None,
            leaf: None,
            strong: 0,
            emphasis: 0,
            struck: 0,
            links: Vec::new(),
            image: None,
            code: None,
            table: None,
        }
    }

    fn run(&mut self) {
        let piece = self.piece;
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        for (event, range) in Parser::new_ext(&piece.text, options).into_offset_iter() {
            match event {
                Event::Start(tag) => self.start(tag, &range),
                Event::End(tag) => self.end(tag, &range),
                Event::Text(words) => self.words(&words, &range),
                Event::Code(_) => self.code_span(&range),
                Event::SoftBreak | Event::HardBreak => self.line_break(&range),
                Event::Rule => self.alone(&range, BlockKind::Rule),
                Event::Html(_) | Event::InlineHtml(_) => self.plain_lines(&range),
                _ => {}
            }
        }
        self.close();
    }

    fn place(&mut self) -> Place {
        let depth = u8::try_from(self.lists + self.quotes).unwrap_or(u8::MAX);
        Place { depth, marker: self.marker.take(), quoted: self.quotes > 0 }
    }

    fn start(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Paragraph => self.open(Leaf::Text),
            Tag::Heading { level, .. } => self.open(Leaf::Heading(heading(level))),
            Tag::BlockQuote(_) => {
                self.close();
                self.quotes += 1;
            }
            Tag::List(_) => {
                self.close();
                self.lists += 1;
            }
            Tag::Item => {
                self.close();
                self.marker = Some(self.item_marker(range));
            }
            Tag::CodeBlock(kind) => {
                self.close();
                let (language, is_fenced) = match kind {
                    CodeBlockKind::Fenced(language) => (language.to_string(), true),
                    CodeBlockKind::Indented => (String::new(), false),
                };
                self.code = Some((language, Vec::new(), is_fenced));
            }
            Tag::Table(alignments) => {
                self.close();
                let right = alignments.iter().map(|side| *side == pulldown_cmark::Alignment::Right).collect();
                self.table = Some((self.piece.range(range), Table { has_head: true, right, ..Table::default() }));
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some((_, table)) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::TableCell => self.open(Leaf::Cell),
            Tag::Emphasis => self.emphasis += 1,
            Tag::Strong => self.strong += 1,
            Tag::Strikethrough => self.struck += 1,
            Tag::Link { dest_url, link_type, .. } => {
                let target =
                    if link_type == LinkType::Email { format!("mailto:{dest_url}") } else { dest_url.to_string() };
                let is_link = images::is_address(&target);
                self.links.push(is_link.then(|| Arc::from(target.as_str())));
                if !is_link {
                    let start = self.piece.source(range.start);
                    self.push_words(start..start + 1);
                }
            }
            Tag::Image { dest_url, .. } => {
                self.image = Some((self.piece.range(range), dest_url.to_string(), String::new()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: &Range<usize>) {
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) => self.close(),
            TagEnd::BlockQuote(_) => {
                self.close();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.close();
                self.lists = self.lists.saturating_sub(1);
            }
            TagEnd::Item => {
                self.close();
                if self.marker.is_some() {
                    self.alone(range, BlockKind::Text(Vec::new()));
                }
            }
            TagEnd::CodeBlock => self.end_code(range),
            TagEnd::TableCell => {
                if let (Some((_, cell)), Some((_, table))) = (self.leaf.take(), &mut self.table)
                    && let Some(row) = table.rows.last_mut()
                {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.end_table(),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Link => self.end_link(range),
            TagEnd::Image => {
                if let Some((source, from, alt)) = self.image.take() {
                    let image = Image { from: images::from_address(&from), alt, regions: Vec::new() };
                    self.push(source, InlineKind::Image(image));
                }
            }
            _ => {}
        }
    }

    /// What led nowhere is shown with its brackets.
    fn end_link(&mut self, range: &Range<usize>) {
        if self.links.pop() != Some(None) {
            return;
        }
        let end = self.piece.range(range).end;
        let last = self.leaf.as_ref().and_then(|(_, inlines)| inlines.last());
        let from = last.map_or(end, |last| last.source.end);
        self.push_words(from.min(end)..end);
    }

    fn open(&mut self, leaf: Leaf) {
        self.close();
        self.leaf = Some((leaf, Vec::new()));
    }

    fn close(&mut self) {
        let Some((leaf, inlines)) = self.leaf.take() else { return };
        if inlines.is_empty() {
            return;
        }
        let mut place = self.place();
        match leaf {
            Leaf::Heading(level) => {
                let source = flow::span(&inlines);
                self.blocks.push(place.block(source, BlockKind::Heading(level, inlines)));
            }
            Leaf::Text | Leaf::Cell => {
                let more = flow::blocks(self.reader.text, inlines, place, self.reader.formulas);
                self.blocks.extend(more);
            }
        }
    }

    /// A block that is no text, where it stands in the text that is read.
    fn alone(&mut self, range: &Range<usize>, kind: BlockKind) {
        self.close();
        let source = trimmed(self.reader.text, self.piece.range(range));
        let block = self.place().block(source, kind);
        self.blocks.push(block);
    }

    fn style(&self) -> Style {
        Style {
            strong: self.strong > 0,
            emphasis: self.emphasis > 0,
            struck: self.struck > 0,
            code: false,
            link: self.links.iter().rev().find_map(Clone::clone),
        }
    }

    fn push(&mut self, source: Range<usize>, kind: InlineKind) {
        let (_, inlines) = self.leaf.get_or_insert_with(|| (Leaf::Text, Vec::new()));
        inlines.push(Inline { source, kind });
    }

    fn words(&mut self, words: &str, range: &Range<usize>) {
        let source = self.piece.range(range);
        let is_same = self.piece.text.get(range.clone()) == Some(words);
        if let Some((_, lines, _)) = &mut self.code {
            if is_same || words.ends_with('\n') {
                lines.push(source);
            }
        } else if let Some((_, _, alt)) = &mut self.image {
            alt.push_str(if is_same { self.reader.text.get(source).unwrap_or_default() } else { words });
        } else if is_same {
            self.push_words(source);
        } else {
            let style = self.style();
            self.push(source, InlineKind::Other(signs::named(words), style));
        }
    }

    /// Words and the formulas among them.
    fn push_words(&mut self, source: Range<usize>) {
        let formulas = self.formulas;
        let first = formulas.partition_point(|found| found.source.end <= source.start);
        let mut at = source.start;
        for found in formulas.get(first..).unwrap_or_default() {
            if found.source.start >= source.end {
                break;
            }
            if found.source.start < at || found.source.end > source.end {
                continue;
            }
            self.push_text(at..found.source.start, self.style());
            let in_line = matches!(self.leaf, Some((Leaf::Heading(_) | Leaf::Cell, _)));
            match found.kind {
                FoundKind::Drawing if in_line => self.push_text(found.source.clone(), self.style()),
                FoundKind::Drawing => self.drawing(found),
                FoundKind::Inline | FoundKind::Display => {
                    let tex = self.reader.text.get(found.tex.clone()).unwrap_or_default();
                    let formula = self.reader.formulas.get(tex, found.kind == FoundKind::Display && !in_line);
                    self.push(found.source.clone(), InlineKind::Formula(formula));
                }
            }
            at = found.source.end;
        }
        self.push_text(at..source.end, self.style());
    }

    fn drawing(&mut self, found: &Found) {
        self.close();
        let lines = Lines::new(self.reader.text, found.tex.clone()).map(|(line, _)| line);
        let lines = lines.filter(|line| !line.is_empty()).collect();
        let mut place = self.place();
        let more = self.reader.code_blocks(found.source.clone(), "asy", lines, &mut place);
        self.blocks.extend(more);
        self.open(Leaf::Text);
    }

    /// Words without formulas; signs among them are named.
    fn push_text(&mut self, range: Range<usize>, style: Style) {
        let mut at = range.start;
        for (place, name) in signs::signs(self.reader.text, range.clone()) {
            if place.start > at {
                self.push(at..place.start, InlineKind::Text(at..place.start, style.clone()));
            }
            self.push(place.clone(), InlineKind::Sign(name));
            at = place.end;
        }
        if at < range.end {
            self.push(at..range.end, InlineKind::Text(at..range.end, style));
        }
    }

    fn line_break(&mut self, range: &Range<usize>) {
        let source = self.piece.range(range);
        match &mut self.image {
            Some((_, _, alt)) => alt.push(' '),
            None => self.push(source, InlineKind::Break),
        }
    }

    /// Code in a line, without the signs around it.
    fn code_span(&mut self, range: &Range<usize>) {
        let source = self.piece.range(range);
        let text = self.reader.text;
        let whole = text.get(source.clone()).unwrap_or_default();
        if let Some((_, _, alt)) = &mut self.image {
            return alt.push_str(whole.trim_matches('`'));
        }
        let ticks = whole.len() - whole.trim_start_matches('`').len();
        let mut inner = source.start + ticks..source.end.saturating_sub(ticks).max(source.start + ticks);
        let words = text.get(inner.clone()).unwrap_or_default();
        if words.len() > 2 && words.starts_with(' ') && words.ends_with(' ') && !words.trim().is_empty() {
            inner = inner.start + 1..inner.end - 1;
        }
        let style = Style { code: true, ..self.style() };
        self.lines_of(inner.clone(), &style);
        // What is copied is the source with its signs.
        let Some((_, inlines)) = &mut self.leaf else { return };
        if let Some(last) = inlines.last_mut().filter(|last| last.source.end == inner.end) {
            last.source.end = source.end;
        }
        if let Some(first) = inlines.iter_mut().rev().find(|inline| inline.source.start == inner.start) {
            first.source.start = source.start;
        }
    }

    /// Lines of words that hold no markup.
    fn lines_of(&mut self, range: Range<usize>, style: &Style) {
        let text = self.reader.text;
        for (line, end) in Lines::new(text, range) {
            self.push_text(line, style.clone());
            if !end.is_empty() {
                self.push(end, InlineKind::Break);
            }
        }
    }

    fn plain_lines(&mut self, range: &Range<usize>) {
        let source = self.piece.range(range);
        self.lines_of(source, &self.style());
    }

    fn item_marker(&self, range: &Range<usize>) -> String {
        let source = self.piece.range(range);
        let words = self.reader.text.get(source).unwrap_or_default().trim_start();
        let digits = words.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            return words.get(..=digits).unwrap_or(words).to_owned();
        }
        let sign = words.get(..1).unwrap_or("•");
        // It may be a minus: `- 3 = 2`.
        let follows = words.get(1..).unwrap_or_default().trim_start();
        let is_minus = follows.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '$' | '\\' | '('));
        if sign == "*" || (sign == "-" && !is_minus) { "•".to_owned() } else { sign.to_owned() }
    }

    fn end_code(&mut self, range: &Range<usize>) {
        let Some((language, parts, is_fenced)) = self.code.take() else { return };
        let source = trimmed(self.reader.text, self.piece.range(range));
        let lines: Vec<Range<usize>> =
            parts.into_iter().flat_map(|part| Lines::new(self.reader.text, part).map(|(line, _)| line)).collect();
        let lines = without_empty_ends(self.reader.text, lines);
        let mut place = self.place();
        if is_fenced || self.level >= DEEPEST || self.reader.is_clearly_code(&lines) {
            let language = language::from_fence(&language);
            // GitHub's way to write a formula.
            if language == "math"
                && let (Some(first), Some(last)) = (lines.first(), lines.last())
            {
                let tex = self.reader.text.get(first.start..last.end).unwrap_or_default();
                let kind = BlockKind::Formula(self.reader.formulas.get(tex, true));
                return self.blocks.push(place.block(source, kind));
            }
            let more = self.reader.code_blocks(source, &language, lines, &mut place);
            return self.blocks.extend(more);
        }
        // Language models indent prose.
        let piece = self.piece.dedented(range);
        let mut walk = Walk::new(self.reader, self.formulas, &piece, self.level + 1);
        (walk.lists, walk.quotes, walk.marker) = (self.lists, self.quotes, place.marker);
        walk.run();
        self.blocks.append(&mut walk.blocks);
    }

    fn end_table(&mut self) {
        let Some((source, mut table)) = self.table.take() else { return };
        let mut place = self.place();
        let mut rows = std::mem::take(&mut table.rows);
        let mut start = source.start;
        while rows.len() > ROWS {
            let rest = rows.split_off(ROWS);
            let end = row_start(&rest).unwrap_or(start).max(start);
            let part = Table { rows, ..table.clone() };
            self.blocks.push(place.block(trimmed(self.reader.text, start..end), BlockKind::Table(part)));
            (start, rows, table.has_head) = (end, rest, false);
        }
        let end = source.end.max(start);
        let block = place.block(trimmed(self.reader.text, start..end), BlockKind::Table(Table { rows, ..table }));
        self.blocks.push(block);
    }
}

fn row_start(rows: &[Vec<Vec<Inline>>]) -> Option<usize> {
    rows.first()?.iter().flatten().next().map(|inline| inline.source.start)
}

fn heading(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// A range without the white space at its ends.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(words) = text.get(range.clone()) else { return range };
    let start = range.start + (words.len() - words.trim_start().len());
    start..start + words.trim().len()
}

fn without_empty_ends(text: &str, mut lines: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let is_empty = |line: &Range<usize>| text.get(line.clone()).is_none_or(|line| line.trim().is_empty());
    while lines.last().is_some_and(is_empty) {
        lines.pop();
    }
    lines
}
