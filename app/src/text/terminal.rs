//! What a terminal showed: colours, and what was written over is left out.

use std::ops::Range;

use anstyle_parse::{DefaultCharAccumulator, Params, Parser, Perform};

use super::flow::Place;
use super::{Block, BlockKind, Terminal, TerminalColour, TerminalRun, signs};

/// Lines of one block.
const LINES: usize = 200;

/// Whether a text holds orders to a terminal.
pub(super) fn is_terminal(text: &str) -> bool {
    text.contains("\u{1b}[") || text.contains("\u{1b}]") || overwrites(text)
}

/// Lines that were written over, as bars of progress are.
fn overwrites(text: &str) -> bool {
    text.match_indices('\r').any(|(at, _)| !matches!(text.as_bytes().get(at + 1), None | Some(b'\n' | b'\r')))
}

/// The blocks of what a terminal showed.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut screen =
        Screen { at: 0, text, style: TerminalRun::default(), column: 0, cells: Vec::new(), lines: Vec::new() };
    let mut parser = Parser::<DefaultCharAccumulator>::new();
    let mut starts = vec![0];
    for (at, byte) in text.bytes().enumerate() {
        screen.at = at;
        parser.advance(&mut screen, byte);
        if byte == b'\n' {
            // Nothing but the style lasts over the end of a line: an order that was cut off hides no more than its line.
            parser = Parser::<DefaultCharAccumulator>::new();
            screen.end_line();
            starts.push(at + 1);
        }
    }
    if !text.ends_with('\n') {
        screen.end_line();
        starts.push(text.len());
    }
    let lines = screen.lines;
    lines
        .chunks(LINES)
        .enumerate()
        .map(|(at, part)| {
            let start = starts.get(at * LINES).copied().unwrap_or(text.len());
            let end = starts.get(at * LINES + part.len()).copied().unwrap_or(text.len());
            Place::default().block(start..end, BlockKind::Terminal(Terminal { lines: part.to_vec() }))
        })
        .collect()
}

struct Screen<'a> {
    text: &'a str,
    at: usize,
    style: TerminalRun,
    column: usize,
    /// Where the character in each column stands, and how it looks.
    cells: Vec<(Range<usize>, TerminalRun)>,
    lines: Vec<Vec<TerminalRun>>,
}

impl Screen<'_> {
    fn put(&mut self, range: Range<usize>) {
        let cell = (range, self.style.clone());
        match self.cells.get_mut(self.column) {
            Some(before) => *before = cell,
            None => self.cells.push(cell),
        }
        self.column += 1;
    }

    /// Joins the characters of the line to pieces of one style.
    fn end_line(&mut self) {
        let mut runs: Vec<TerminalRun> = Vec::new();
        for (range, style) in self.cells.drain(..) {
            let before = range.start.checked_sub(1).and_then(|_| self.text.get(..range.start)?.chars().next_back());
            let mut chars = self.text.get(range.start..).unwrap_or_default().chars();
            let sign = chars.next().and_then(|c| signs::sign(c, before, chars.next()));
            match runs.last_mut() {
                Some(last)
                    if last.source.end == range.start
                        && sign.is_none()
                        && last.sign.is_none()
                        && is_alike(last, &style) =>
                {
                    last.source.end = range.end;
                }
                _ => runs.push(TerminalRun { source: range, sign, ..style }),
            }
        }
        self.lines.push(runs);
        self.column = 0;
    }

    fn colours(&mut self, params: &Params) {
        let values: Vec<u16> = params.iter().flatten().copied().collect();
        let mut rest = values.iter().copied();
        if values.is_empty() {
            self.style = TerminalRun::default();
        }
        while let Some(value) = rest.next() {
            let style = &mut self.style;
            match value {
                0 => *style = TerminalRun::default(),
                1 => style.strong = true,
                2 => style.faint = true,
                3 => style.emphasis = true,
                4 => style.underlined = true,
                7 => std::mem::swap(&mut style.colour, &mut style.ground),
                22 => (style.strong, style.faint) = (false, false),
                23 => style.emphasis = false,
                24 => style.underlined = false,
                30..=37 => style.colour = indexed(value - 30),
                38 => style.colour = extended(&mut rest),
                39 => style.colour = None,
                40..=47 => style.ground = indexed(value - 40),
                48 => style.ground = extended(&mut rest),
                49 => style.ground = None,
                90..=97 => style.colour = indexed(value - 90 + 8),
                100..=107 => style.ground = indexed(value - 100 + 8),
                _ => {}
            }
        }
    }
}

fn is_alike(one: &TerminalRun, other: &TerminalRun) -> bool {
    let look = |run: &TerminalRun| (run.colour, run.ground, run.strong, run.faint, run.emphasis, run.underlined);
    look(one) == look(other)
}

fn indexed(value: u16) -> Option<TerminalColour> {
    u8::try_from(value).ok().map(TerminalColour::Indexed)
}

/// A colour of 256, or one written out.
fn extended(rest: &mut impl Iterator<Item = u16>) -> Option<TerminalColour> {
    let mut byte = || rest.next().and_then(|value| u8::try_from(value).ok());
    match byte()? {
        5 => byte().map(TerminalColour::Indexed),
        2 => Some(TerminalColour::Rgb(byte()?, byte()?, byte()?)),
        _ => None,
    }
}

impl Perform for Screen<'_> {
    fn print(&mut self, c: char) {
        let end = self.at + 1;
        let start = end.saturating_sub(c.len_utf8());
        // A broken character would be one that the source does not hold.
        if self.text.get(start..end).is_some_and(|one| one.starts_with(c)) {
            self.put(start..end);
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => {}
            b'\r' => self.column = 0,
            b'\x08' => self.column = self.column.saturating_sub(1),
            _ if self.text.is_char_boundary(self.at) && self.text.is_char_boundary(self.at + 1) => {
                self.put(self.at..self.at + 1);
            }
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: u8) {
        if ignore || !intermediates.is_empty() {
            return;
        }
        match action {
            b'm' => self.colours(params),
            // Clearing a line takes with it what stands in it.
            b'K' => {
                let first = params.iter().flatten().next().copied().unwrap_or(0);
                match first {
                    0 => self.cells.truncate(self.column),
                    2 => {
                        self.cells.clear();
                        self.column = 0;
                    }
                    _ => {}
                }
            }
            b'G' => self.column = 0,
            _ => {}
        }
    }
}
