//! What must hold of every text, whatever stands in it.

use std::ops::Range;

use proptest::prelude::*;

use super::{Block, BlockKind, Document, Inline, InlineKind, TextKind};

/// Parts that mean something in one of the kinds of text.
const PARTS: [&str; 72] = [
    "$",
    "$$",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "\\begin{align*}",
    "\\end{align*}",
    "\\boxed{",
    "}",
    "{",
    "\\frac{1}{2}",
    "\\\\",
    "&",
    "x^2",
    "5",
    "*",
    "**",
    "_",
    "__init__",
    "`",
    "```",
    "```python\n",
    "~~~",
    "~",
    "\n",
    "\n\n",
    "    ",
    "\t",
    "- ",
    "1. ",
    "> ",
    "# ",
    "---",
    "===",
    "| a | b |\n|---|--:|\n| ",
    "|",
    "<think>",
    "</b>",
    "<http://a.b>",
    "[a](b.png)",
    "![a](data:image/png;base64,AAAA)",
    "[x]: ",
    "&lt;",
    "\\*",
    "日本語",
    "é",
    "\u{200b}",
    "\u{202e}",
    "\u{0}",
    "\r\n",
    "\r",
    "\u{1b}[31m",
    "\u{1b}[0m",
    "\u{1b}[38;2;1;2;3m",
    "\u{1b}]0;t\u{7}",
    "{\"a\": [1, 2",
    "\"b\": null}",
    "]",
    ",",
    "@@ -1 +1 @@\n",
    "--- a\n+++ b\n",
    "+x\n",
    "-y\n",
    "def f(x):\n",
    "theorem t : 1 = 1 := by",
    " word",
    "a sentence. ",
    "\\",
    "%",
    "\u{feff}",
    "\u{2028}",
];

fn kinds() -> Vec<TextKind> {
    let languages = ["", "python", "lean", "diff", "no such"];
    let mut kinds = vec![TextKind::Prose, TextKind::Output, TextKind::Value, TextKind::Plain];
    kinds.extend(languages.map(|language| TextKind::Code(language.to_owned())));
    kinds
}

/// Reads a text and checks what painting relies on.
fn check(text: &str, kind: &TextKind) {
    let document = Document::read(text, kind);
    let mut at = 0;
    for block in &document.blocks {
        let seen = format!("{kind:?} {:?} of {text:?}", block.source);
        assert!(text.get(block.source.clone()).is_some(), "outside: {seen}");
        assert!(block.source.start >= at, "not in order: {seen}");
        let gap = &text[at..block.source.start];
        assert!(gap.trim().is_empty(), "left out {gap:?} before {seen}");
        at = block.source.end;
        check_block(text, block, &seen);
    }
    assert!(text[at..].trim().is_empty(), "{kind:?} left out {:?} at the end of {text:?}", &text[at..]);
}

fn check_block(text: &str, block: &Block, seen: &str) {
    let inside = |range: &Range<usize>| {
        assert!(text.get(range.clone()).is_some(), "outside {range:?}: {seen}");
        assert!(range.start >= block.source.start && range.end <= block.source.end, "{range:?} not in block: {seen}");
    };
    match &block.kind {
        BlockKind::Text(inlines) | BlockKind::Heading(_, inlines) => check_inlines(text, inlines, &inside, seen),
        BlockKind::Table(table) => {
            for cell in table.rows.iter().flatten() {
                check_inlines(text, cell, &inside, seen);
            }
        }
        BlockKind::Code(code) => {
            assert!(code.lines.len() <= 200, "{seen}");
            for line in &code.lines {
                inside(&line.source);
                assert!(!text[line.source.clone()].contains('\n'), "{seen}");
                let mut at = line.source.start;
                for range in line.scopes.iter().map(|(range, _)| range).chain(line.signs.iter().map(|(range, _)| range))
                {
                    inside(range);
                    assert!(range.end <= line.source.end, "{seen}");
                }
                for (range, _) in &line.scopes {
                    assert!(range.start >= at, "scopes: {seen}");
                    at = range.end;
                }
            }
        }
        BlockKind::Terminal(terminal) => {
            assert!(terminal.lines.len() <= 200, "{seen}");
            for run in terminal.lines.iter().flatten() {
                inside(&run.source);
                assert!(!text[run.source.clone()].contains('\n'), "{seen}");
            }
        }
        BlockKind::Json(lines) => {
            for (at, line) in lines.iter().enumerate() {
                inside(&line.source);
                assert!(at + line.below < lines.len(), "{seen}");
            }
        }
        BlockKind::Formula(_) | BlockKind::Image(_) | BlockKind::Rule => {}
    }
}

fn check_inlines(text: &str, inlines: &[Inline], inside: &dyn Fn(&Range<usize>), seen: &str) {
    let mut at = 0;
    for inline in inlines {
        inside(&inline.source);
        assert!(inline.source.start >= at, "inlines: {:?} {seen}", inline.source);
        at = inline.source.end;
        if let InlineKind::Text(range, _) = &inline.kind {
            inside(range);
            assert!(range.start >= inline.source.start && range.end <= inline.source.end, "{range:?}: {seen}");
            assert!(!text[range.clone()].contains('\n'), "{range:?}: {seen}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_parts_are_read_whole(parts in prop::collection::vec(0..PARTS.len(), 0..40)) {
        let text: String = parts.into_iter().map(|part| PARTS[part]).collect();
        for kind in kinds() {
            check(&text, &kind);
        }
    }

    #[test]
    fn any_text_is_read_whole(text in ".{0,200}") {
        for kind in kinds() {
            check(&text, &kind);
        }
    }
}
