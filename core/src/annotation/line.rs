//! One line of a log: a record as JSON whose last field is a checksum over all bytes before it.
//!
//! ```text
//! {"v":2,"seq":7,…,"event":{…},"sum":"5a0c31f2"}
//! ```
//!
//! The sum, a CRC-32, stays as it is in later versions. Lines of version 1 have none, and a line that was put right by
//! hand needs none.

use std::borrow::Cow;

use flate2::Crc;
use serde::Deserialize;

use super::error::AnnotationError;
use super::event::{Event, GestureId, LOG_VERSION, Record};
use super::fact::Fact;
use super::quick;

/// What stands before the eight digits of the sum, and after them.
const SUM: &[u8] = b",\"sum\":\"";
const END: &[u8] = b"\"}";
const DIGITS: usize = 8;

/// What a line says, as far as the state needs it.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) v: u16,
    pub(super) seq: u64,
    pub(super) by: Cow<'a, str>,
    pub(super) gesture: GestureId,
    pub(super) of: u32,
    pub(super) spent_ms: u32,
    pub(super) what: What<'a>,
}

/// What an event does.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the largest one, and a box each would cost time")]
pub(super) enum What<'a> {
    Said(Fact<'a>),
    Undone(GestureId),
    Redone(GestureId),
    /// Of a later version.
    Unknown,
    /// A known kind that cannot be read, in a line without a checksum.
    Damaged(&'static str),
}

/// What became of a line.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the largest one, and a box each would cost time")]
pub(super) enum Parsed<'a> {
    Line(Line<'a>),
    /// A later version wrote it, and this one would misread it.
    TooNew(u16),
    /// Why it is left out.
    Unreadable(String),
}

/// Whether the bytes are those that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    Absent,
    Fits,
    Broken,
}

/// A record as a line with its end.
pub(super) fn write_line(record: &Record) -> Result<Vec<u8>, AnnotationError> {
    let mut line = serde_json::to_vec(record)?;
    line.pop();
    let sum = crc(&line);
    line.extend_from_slice(SUM);
    line.extend_from_slice(format!("{sum:08x}").as_bytes());
    line.extend_from_slice(END);
    line.push(b'\n');
    Ok(line)
}

/// Reads a line, with or without its end.
pub(super) fn read_line(line: &[u8]) -> Parsed<'_> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    match check_sum(line) {
        Sum::Broken => Parsed::Unreadable("does not fit its checksum and was left out".into()),
        // What was written as it stands need not be checked field by field.
        Sum::Fits => quick::read(line).map_or_else(|| read_all(line, true), Parsed::Line),
        Sum::Absent => read_all(line, false),
    }
}

/// The whole record of a line that counts; `None` for others.
pub(super) fn read_record(line: &[u8]) -> Option<Record> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    if check_sum(line) == Sum::Broken {
        return None;
    }
    serde_json::from_slice(line).ok()
}

/// Every field of a record, the slow way.
fn read_all(line: &[u8], is_intact: bool) -> Parsed<'static> {
    let parsed = serde_json::from_slice::<Record>(line);
    let version = match &parsed {
        Ok(record) => Some(record.v),
        Err(_) => serde_json::from_slice::<Version>(line).ok().map(|line| line.v),
    };
    if let Some(version) = version.filter(|version| *version > LOG_VERSION) {
        return Parsed::TooNew(version);
    }
    match parsed {
        Ok(record) => Parsed::Line(line_of(record, is_intact)),
        Err(error) => Parsed::Unreadable(format!("cannot be read and was left out: {error}")),
    }
}

/// All that is needed of a line to know whether it may be read.
#[derive(Deserialize)]
struct Version {
    v: u16,
}

fn line_of(record: Record, is_intact: bool) -> Line<'static> {
    // An intact line of a known kind that cannot be read is of a later version, which knows more of the kind.
    let damaged = if is_intact { None } else { record.event.damaged_kind() };
    let what = match record.event {
        Event::Undone { gesture } => What::Undone(gesture),
        Event::Redone { gesture } => What::Redone(gesture),
        event => match (damaged, event.after()) {
            (Some(kind), _) => What::Damaged(kind),
            (None, Some(fact)) => What::Said(fact.into_owned()),
            (None, None) => What::Unknown,
        },
    };
    Line {
        v: record.v,
        seq: record.seq,
        by: Cow::Owned(record.by.as_str().to_owned()),
        gesture: record.gesture,
        of: record.of,
        spent_ms: record.under.spent_ms,
        what,
    }
}

fn check_sum(line: &[u8]) -> Sum {
    let Some(start) = line.len().checked_sub(SUM.len() + DIGITS + END.len()) else { return Sum::Absent };
    let (body, tail) = line.split_at(start);
    let Some(digits) = tail.strip_prefix(SUM) else { return Sum::Absent };
    let stated = digits.strip_suffix(END).and_then(|digits| std::str::from_utf8(digits).ok());
    let stated = stated.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    if stated == Some(crc(body)) { Sum::Fits } else { Sum::Broken }
}

/// CRC-32 of some bytes.
pub(super) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotation::{Context, Target};
    use crate::model::{AnnotatorId, Timestamp, TraceId};

    fn record() -> Record {
        let target = Target::Trace(TraceId::new("t"));
        let event = Event::NoteWritten { target, text: "≠ \"x\"\n".into(), before: String::new() };
        let (at, by) = (Timestamp(1_795_000_000_123), AnnotatorId::new("ann"));
        Record { v: LOG_VERSION, seq: 7, at, by, gesture: 7, of: 0, event, under: Context::default() }
    }

    #[test]
    fn a_line_ends_with_the_sum_of_what_stands_before() {
        let line = write_line(&record()).unwrap();
        let text = String::from_utf8(line.clone()).unwrap();
        let (body, end) = text.rsplit_once(",\"sum\":").unwrap();
        assert_eq!(end, format!("\"{:08x}\"}}\n", crc(body.as_bytes())));
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record(), "still one JSON object");
        assert_eq!(read_record(&line), Some(record()));
    }

    /// Whatever happens to one byte, the line says what it said, or nothing.
    #[test]
    fn a_changed_byte_is_noticed() {
        let line = write_line(&record()).unwrap();
        let (sum, end) = (line.len() - SUM.len() - DIGITS - END.len() - 1, line.len() - 1);
        let mut noticed = 0;
        for at in 0..end {
            for bit in 0..8 {
                let mut changed = line.clone();
                changed[at] ^= 1 << bit;
                match read_record(&changed) {
                    None => noticed += 1,
                    // Only its own name lost, the sum is like that of a line that has none.
                    Some(read) => assert!(read == record() && at >= sum, "byte {at}, bit {bit}"),
                }
                let quick = matches!(read_line(&changed), Parsed::Line(_));
                assert_eq!(quick, read_record(&changed).is_some(), "byte {at}, bit {bit}");
            }
        }
        assert!(noticed >= sum * 8, "{noticed}");
    }

    #[test]
    fn an_intact_line_of_an_unknown_sort_is_from_the_future_and_not_damaged() {
        let check = |event: &str| {
            let body = format!(
                "{{\"v\":2,\"seq\":1,\"at\":\"2026-11-21T10:00:00.000Z\",\"by\":\"ann\",\"gesture\":1,\"event\":{event}"
            );
            let line = format!("{body},\"sum\":\"{:08x}\"}}\n", crc(body.as_bytes()));
            let Parsed::Line(read) = read_line(line.as_bytes()) else { panic!("{line}") };
            assert!(matches!(read.what, What::Unknown), "{read:?}");
            let Parsed::Line(read) = read_line(format!("{body}}}\n").leak().as_bytes()) else { panic!("{line}") };
            read.what
        };
        let label = "{\"labelled\":{\"target\":{\"trace\":\"t\"},\"label\":{\"mood\":3},\"before\":null}}";
        assert!(matches!(check(label), What::Damaged("labelled")));
        assert!(matches!(check("{\"step_painted\":{\"tag\":\"algebra\"}}"), What::Unknown));
        assert!(matches!(check("\"session_opened\""), What::Unknown));
    }
}
