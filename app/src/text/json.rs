//! Structured values as lines that can be folded, each with its place in the source.

use std::ops::Range;

use super::flow::Place;
use super::{Block, BlockKind, JsonLine, Scope, signs};

/// Values that would take more lines than this stay text.
const LINES: usize = 20_000;

/// Values deeper than this stay text.
const DEEPEST: u16 = 100;

/// A text of more lines than one is shown line by line, up to so many.
const TEXT_LINES: usize = 2_000;

/// The values of a text, one or one per line; `None` where something else stands in it.
pub(super) fn blocks(text: &str) -> Option<Vec<Block>> {
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, lines: Vec::new() };
    parser.space();
    if !matches!(parser.peek(), Some(b'{' | b'[')) {
        return None;
    }
    while parser.peek().is_some() {
        // Values stand below each other, not side by side.
        if !matches!(parser.peek(), Some(b'{' | b'[')) {
            return None;
        }
        parser.value(None, parser.at, 0)?;
        let end = parser.at;
        parser.space();
        let gap = text.get(end..parser.at)?;
        if parser.peek().is_some() && !gap.contains('\n') {
            return None;
        }
    }
    let source = super::markdown::trimmed(text, 0..text.len());
    Some(vec![Place::default().block(source, BlockKind::Json(parser.lines))])
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    lines: Vec<JsonLine>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// One value and all in it. `start` is where its key stands.
    fn value(&mut self, key: Option<String>, start: usize, depth: u16) -> Option<()> {
        if depth > DEEPEST || self.lines.len() >= LINES {
            return None;
        }
        let line = self.lines.len();
        self.lines.push(JsonLine { source: start..start, depth, key, ..JsonLine::default() });
        let begin = self.at;
        let (value, scope) = match self.peek()? {
            b'{' => (self.members(depth, b'}')?, None),
            b'[' => (self.members(depth, b']')?, None),
            b'"' => {
                self.string()?;
                self.words(begin..self.at, depth)
            }
            _ => (self.word()?, Some(Scope::Number)),
        };
        let below = self.lines.len() - line - 1;
        let line = self.lines.get_mut(line)?;
        (line.source.end, line.value, line.scope, line.below) = (self.at, value, scope, below);
        Some(())
    }

    /// What a list or an object holds; says how much that is.
    fn members(&mut self, depth: u16, close: u8) -> Option<String> {
        self.at += 1;
        let mut count = 0_usize;
        self.space();
        while self.peek()? != close {
            let start = self.at;
            let key = if close == b'}' { self.key()? } else { count.to_string() };
            self.value(Some(key), start, depth + 1)?;
            count += 1;
            self.space();
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    self.space();
                    if self.peek()? == close {
                        return None;
                    }
                }
                byte if byte == close => {}
                _ => return None,
            }
        }
        self.at += 1;
        Some(match (close, count) {
            (b'}', 0) => "{}".to_owned(),
            (b'}', _) => format!("{{{count}}}"),
            (_, 0) => "[]".to_owned(),
            _ => format!("[{count}]"),
        })
    }

    fn key(&mut self) -> Option<String> {
        let begin = self.at;
        self.string()?;
        let key = self.text.get(begin + 1..self.at - 1)?;
        self.space();
        (self.peek()? == b':').then(|| self.at += 1)?;
        self.space();
        Some(signs::named(key))
    }

    /// Goes behind a text in quotation marks.
    fn string(&mut self) -> Option<()> {
        (self.peek()? == b'"').then(|| self.at += 1)?;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                b'\n' => return None,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }

    /// A number as it is written, or one of the words that stand for a value.
    fn word(&mut self) -> Option<String> {
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
            self.at += 1;
        }
        let word = self.text.get(begin..self.at)?;
        let is_known = matches!(word, "true" | "false" | "null" | "NaN" | "Infinity" | "-Infinity");
        (is_known || word.parse::<f64>().is_ok()).then(|| word.to_owned())
    }

    /// A text; one of several lines is shown line by line below its key.
    fn words(&mut self, quoted: Range<usize>, depth: u16) -> (String, Option<Scope>) {
        let inner = quoted.start + 1..quoted.end - 1;
        let ends = line_ends(self.text, inner.clone());
        if ends.is_empty() || ends.len() > TEXT_LINES || self.lines.len() + ends.len() >= LINES {
            return (signs::named(self.text.get(quoted).unwrap_or_default()), Some(Scope::Text));
        }
        let mut start = inner.start;
        // The end of the last line begins no other.
        let is_ended = ends.last().is_some_and(|(_, next)| *next == inner.end);
        let last = (!is_ended).then_some((inner.end, inner.end));
        let count = ends.len() + usize::from(!is_ended);
        for (end, next) in ends.into_iter().chain(last) {
            let value = unescaped(self.text.get(start..end).unwrap_or_default());
            let line = JsonLine {
                source: start..end,
                depth: depth + 1,
                value,
                scope: Some(Scope::Text),
                ..JsonLine::default()
            };
            self.lines.push(line);
            start = next;
        }
        (if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }, None)
    }
}

/// Where the lines of a quoted text end, and where the next ones begin.
fn line_ends(text: &str, range: Range<usize>) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut ends = Vec::new();
    let mut carriage = None;
    let mut at = range.start;
    while at < range.end {
        if bytes.get(at) == Some(&b'\\') {
            match bytes.get(at + 1) {
                // An `r` behind an escaped backslash is a letter.
                Some(b'n') => ends.push((carriage.filter(|start| start + 2 == at).unwrap_or(at), at + 2)),
                Some(b'r') => carriage = Some(at),
                _ => {}
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    ends
}

/// A line of a quoted text as it was before it was quoted.
fn unescaped(line: &str) -> String {
    let words = serde_json::from_str::<String>(&format!("\"{line}\"")).unwrap_or_else(|_| line.to_owned());
    signs::named(&words.replace('\n', " "))
}
