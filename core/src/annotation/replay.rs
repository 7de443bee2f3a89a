//! Lines of a log into the fold. Parsed on all cores in pieces, taken in one after the other.

use std::collections::HashMap;
use std::mem;

use rayon::prelude::*;
use serde::Deserialize;

use super::event::{GestureId, LOG_VERSION};
use super::fold::Fold;
use super::line::{Line, Parsed, What, read_line};
use super::load::{LineWarning, LoadReport};
use super::place::{InMemory, Lines};
use crate::model::AnnotatorId;

/// Bytes that are parsed at one go.
const PIECE: usize = 256 << 10;
/// Pieces that are parsed while as many are taken in.
const PIECES: usize = 8;

/// Everything that is known after some lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Progress {
    pub(super) fold: Fold,
    pub(super) report: LoadReport,
    /// The highest number so far.
    pub(super) last_seq: u64,
    /// Lines since the last one that could be read.
    pub(super) unread: u64,
    /// Lines so far.
    pub(super) lines: u64,
    pub(super) strange_author: bool,
    /// There are lines of an older version, and lines of this one.
    pub(super) has_old: bool,
    pub(super) has_new: bool,
}

/// Why lines could not be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A line of a later version.
    TooNew { line: u64, found: u16 },
    /// What stands before these lines must be read as well.
    NeedsAll,
}

/// Takes in the lines of `source`, each with its end. Gives where the last gesture begins if not all of it is there.
pub(super) fn replay(
    source: &InMemory<'_>,
    annotator: &AnnotatorId,
    progress: &mut Progress,
) -> Result<Option<u64>, Stop> {
    let mut reader = Reader { source, annotator, progress, at: 0, pending: None, earlier: None };
    let mut pieces = pieces(source.bytes);
    let mut ready: Vec<Vec<(Parsed<'_>, usize)>> = Vec::new();
    loop {
        let next: Vec<&[u8]> = pieces.by_ref().take(PIECES).collect();
        if next.is_empty() && ready.is_empty() {
            break;
        }
        let (taken, parsed) =
            rayon::join(|| reader.take_all(mem::take(&mut ready)), || next.into_par_iter().map(parse).collect());
        taken?;
        ready = parsed;
    }
    reader.finish()
}

/// Whole lines, together about as long as a piece.
fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let end = bytes.len().min(PIECE);
        let rest = bytes.get(end..)?;
        let end = end + memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        let (piece, later) = bytes.split_at(end);
        bytes = later;
        (!piece.is_empty()).then_some(piece)
    })
}

fn parse(piece: &[u8]) -> Vec<(Parsed<'_>, usize)> {
    piece.split_inclusive(|byte| *byte == b'\n').map(|line| (read_line(line), line.len())).collect()
}

struct Reader<'a> {
    source: &'a InMemory<'a>,
    annotator: &'a AnnotatorId,
    progress: &'a mut Progress,
    /// Where the next line begins, in the bytes at hand.
    at: usize,
    pending: Option<Pending<'a>>,
    /// Where records stood, by number. Made when a number comes again, which is rare.
    earlier: Option<HashMap<u64, (usize, usize)>>,
}

/// A gesture of which not all records have come yet.
struct Pending<'a> {
    gesture: GestureId,
    of: u32,
    line: u64,
    start: usize,
    seq_before: u64,
    /// Something else stands between its records.
    is_broken: bool,
    records: Vec<(Line<'a>, Lines)>,
}

impl<'a> Reader<'a> {
    fn take_all(&mut self, pieces: Vec<Vec<(Parsed<'a>, usize)>>) -> Result<(), Stop> {
        for (parsed, length) in pieces.into_iter().flatten() {
            self.progress.lines += 1;
            match parsed {
                Parsed::Line(line) => self.line(line, length)?,
                Parsed::TooNew(found) => return Err(Stop::TooNew { line: self.progress.lines, found }),
                Parsed::Unreadable(message) => {
                    self.progress.unread += 1;
                    if let Some(pending) = &mut self.pending {
                        pending.is_broken = true;
                    }
                    self.warn(self.progress.lines, message)?;
                }
            }
            self.at += length;
        }
        Ok(())
    }

    fn line(&mut self, line: Line<'a>, length: usize) -> Result<(), Stop> {
        let last = self.progress.last_seq;
        let number = self.progress.lines;
        if line.seq == 0 || line.seq == u64::MAX {
            return self.warn(number, format!("has the impossible number {} and was left out", line.seq));
        }
        let unread = mem::take(&mut self.progress.unread);
        // A line that cannot be read explains one missing number.
        if line.seq - 1 > last.saturating_add(unread) {
            let (from, to) = (last + 1, line.seq - 1);
            let missing = if from == to { format!("record {to} is") } else { format!("records {from} to {to} are") };
            self.warn(number, format!("comes where {missing} missing"))?;
        } else if line.seq <= last {
            if self.is_repeated(line.seq, length)? {
                return self.warn(number, format!("repeats record {} and was left out", line.seq));
            }
            let seq = line.seq;
            self.warn(number, format!("has the number {seq}, but {last} came before it; it was read all the same"))?;
        }
        if let Some(earlier) = &mut self.earlier {
            earlier.insert(line.seq, (self.at, length));
        }
        self.progress.last_seq = last.max(line.seq);
        if *line.by != *self.annotator.as_str() && !self.progress.strange_author {
            self.progress.strange_author = true;
            let (by, annotator) = (&line.by, self.annotator);
            self.warn(number, format!("was said by “{by}”, not by “{annotator}” whose log this is"))?;
        }
        if let What::Damaged(kind) = line.what {
            return self.warn(number, format!("is a damaged “{kind}” and was left out"));
        }
        self.progress.has_old |= line.v < LOG_VERSION;
        self.progress.has_new |= line.v == LOG_VERSION;
        let lines = Lines::new(self.source.start + self.at as u64, length);
        self.gather(line, lines, last)
    }

    /// Takes a record in at once, or when the last one of its gesture has come.
    fn gather(&mut self, line: Line<'a>, lines: Lines, seq_before: u64) -> Result<(), Stop> {
        if self.pending.as_ref().is_some_and(|pending| pending.gesture != line.gesture || pending.of != line.of) {
            self.drop_pending()?;
        }
        if line.of <= 1 {
            return self.take(line, lines);
        }
        let (start, number) = (self.at, self.progress.lines);
        let pending = self.pending.get_or_insert_with(|| Pending {
            gesture: line.gesture,
            of: line.of,
            line: number,
            start,
            seq_before,
            is_broken: false,
            records: Vec::new(),
        });
        pending.records.push((line, lines));
        if pending.records.len() < pending.of as usize {
            return Ok(());
        }
        let records = self.pending.take().into_iter().flat_map(|pending| pending.records);
        for (line, lines) in records {
            self.take(line, lines)?;
        }
        Ok(())
    }

    fn take(&mut self, line: Line<'a>, lines: Lines) -> Result<(), Stop> {
        let Progress { fold, report, .. } = &mut *self.progress;
        report.records += 1;
        let taken = match line.what {
            What::Said(fact) => {
                fold.say(line.gesture, line.spent_ms, lines, fact);
                Ok(())
            }
            What::Undone(gesture) => fold.undo(gesture, self.source),
            What::Redone(gesture) => fold.redo(gesture, self.source),
            What::Unknown | What::Damaged(_) => {
                report.unknown += 1;
                fold.pass(line.gesture);
                Ok(())
            }
        };
        taken.or_else(|message| self.warn(self.progress.lines, message))
    }

    /// A gesture counts as a whole or not at all.
    fn drop_pending(&mut self) -> Result<(), Stop> {
        let Some(Pending { gesture, of, line, records, .. }) = self.pending.take() else { return Ok(()) };
        let there = records.len();
        self.warn(
            line,
            format!("begins gesture {gesture}, of which {there} of {of} records are there; it was left out"),
        )
    }

    fn finish(mut self) -> Result<Option<u64>, Stop> {
        match self.pending.take() {
            // The last lines of a write that was cut short: as if they had not been there.
            Some(pending) if !pending.is_broken => {
                self.progress.last_seq = pending.seq_before;
                self.progress.lines = pending.line - 1;
                Ok(Some(self.source.start + pending.start as u64))
            }
            pending => {
                self.pending = pending;
                self.drop_pending()?;
                Ok(None)
            }
        }
    }

    /// True where the same line stood in the log before.
    fn is_repeated(&mut self, seq: u64, length: usize) -> Result<bool, Stop> {
        if self.source.start > 0 {
            return Err(Stop::NeedsAll);
        }
        let bytes = self.source.bytes;
        let earlier = self.earlier.get_or_insert_with(|| numbers(&bytes[..self.at]));
        let line = &bytes[self.at..self.at + length];
        Ok(earlier.get(&seq).is_some_and(|&(start, length)| bytes.get(start..start + length) == Some(line)))
    }

    /// Of a log that is not as it should be, all is read, so that what is said of it is always the same.
    fn warn(&mut self, line: u64, message: String) -> Result<(), Stop> {
        if self.source.start > 0 {
            return Err(Stop::NeedsAll);
        }
        self.progress.report.warnings.push(LineWarning { line, message });
        Ok(())
    }
}

#[derive(Deserialize)]
struct Number {
    seq: u64,
}

/// Where each record stands, the last one of each number.
fn numbers(bytes: &[u8]) -> HashMap<u64, (usize, usize)> {
    let mut at = 0;
    let mut found = HashMap::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if let (Parsed::Line(_), Ok(Number { seq })) = (read_line(line), serde_json::from_slice(line)) {
            found.insert(seq, (at, line.len()));
        }
        at += line.len();
    }
    found
}
