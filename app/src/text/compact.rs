//! A document as a few lines of text, for tests.

use std::fmt::Write as _;
use std::ops::Range;

use super::{Block, BlockKind, Document, FormulaState, Image, ImageFrom, Inline, InlineKind, Look, Style, signs};

/// A line or more for each block: what it is, where it stands, and its pieces.
pub fn compact(document: &Document, text: &str) -> String {
    let mut out = String::new();
    for block in &document.blocks {
        let place = format!("{}..{}", block.source.start, block.source.end);
        let marker = block.marker.as_ref().map(|marker| format!(" {marker:?}")).unwrap_or_default();
        let quoted = if block.quoted { " quoted" } else { "" };
        let depth = if block.depth > 0 { format!(" depth {}", block.depth) } else { String::new() };
        writeln!(out, "{place}{depth}{marker}{quoted} {}", kind(block, text)).ok();
    }
    out
}

fn kind(block: &Block, text: &str) -> String {
    match &block.kind {
        BlockKind::Text(inlines) => format!("text {}", line(inlines, text)),
        BlockKind::Heading(level, inlines) => format!("heading {level} {}", line(inlines, text)),
        BlockKind::Formula(formula) => format!("formula {:?}{}", formula.tex, failed(&formula.state)),
        BlockKind::Code(code) => {
            let mut out = format!("code {:?}", code.language);
            for line in &code.lines {
                let look = match line.look {
                    Look::Plain => ' ',
                    Look::Added => '+',
                    Look::Removed => '-',
                    Look::Head => '@',
                };
                write!(out, "\n  {look}|{}|", signs::named(slice(text, &line.source))).ok();
                for (range, scope) in &line.scopes {
                    write!(out, " {scope:?}:{}", slice(text, range)).ok();
                }
            }
            out
        }
        BlockKind::Terminal(terminal) => {
            let mut out = "terminal".to_owned();
            for runs in &terminal.lines {
                out.push_str("\n  |");
                for run in runs {
                    let colour = run.colour.map(|colour| format!("{{{colour:?}}}")).unwrap_or_default();
                    let strong = if run.strong { "{bold}" } else { "" };
                    write!(out, "{colour}{strong}{}|", slice(text, &run.source)).ok();
                }
            }
            out
        }
        BlockKind::Json(lines) => {
            let mut out = "json".to_owned();
            for line in lines {
                let indent = "  ".repeat(usize::from(line.depth) + 1);
                let key = line.key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
                let below = if line.below > 0 { format!(" +{}", line.below) } else { String::new() };
                write!(out, "\n{indent}{key}{}{below} @{:?}", line.value, line.source).ok();
            }
            out
        }
        BlockKind::Table(table) => {
            let mut out = format!("table head {} right {:?}", table.has_head, table.right);
            for row in &table.rows {
                let cells: Vec<String> = row.iter().map(|cell| line(cell, text)).collect();
                write!(out, "\n  {}", cells.join(" | ")).ok();
            }
            out
        }
        BlockKind::Image(image) => format!("image {}", shown(image)),
        BlockKind::Rule => "rule".to_owned(),
    }
}

fn line(inlines: &[Inline], text: &str) -> String {
    inlines.iter().map(|inline| piece(inline, text)).collect()
}

fn piece(inline: &Inline, text: &str) -> String {
    match &inline.kind {
        InlineKind::Text(range, style) => styled(slice(text, range), style),
        InlineKind::Other(words, style) => format!("<other {}>", styled(words, style)),
        InlineKind::Formula(formula) => {
            let sign = if formula.display { "$$" } else { "$" };
            format!("{sign}{}{sign}{}", formula.tex, failed(&formula.state))
        }
        InlineKind::Sign(name) => format!("<{name}>"),
        InlineKind::Image(image) => format!("<image {}>", shown(image)),
        InlineKind::Break => "⏎".to_owned(),
    }
}

fn styled(words: &str, style: &Style) -> String {
    let mut out = words.to_owned();
    for (is_set, sign) in [(style.code, "`"), (style.emphasis, "/"), (style.strong, "*"), (style.struck, "~")] {
        if is_set {
            out = format!("{sign}{out}{sign}");
        }
    }
    style.link.as_ref().map_or_else(|| out.clone(), |link| format!("[{out}]({link})"))
}

fn failed(state: &FormulaState) -> String {
    match state {
        FormulaState::Typeset(_) => String::new(),
        FormulaState::Failed(reason) => format!("<{reason}>"),
    }
}

fn shown(image: &Image) -> String {
    let from = match &image.from {
        ImageFrom::File(path) => path.display().to_string(),
        ImageFrom::Bytes(bytes) => format!("{} bytes", bytes.len()),
        ImageFrom::Address(address) => address.clone(),
        ImageFrom::Missing => "missing".to_owned(),
    };
    format!("{:?} {from}", image.alt)
}

fn slice<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or("<outside>")
}
