//! CSV and its kin: a line of names, then cells between commas, semicolons or tabs; cells may hold JSON.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde::de::IgnoredAny;

use super::bytes::ByteSource;
use super::rows::{ROW_LIMIT, RawRow};
use crate::import::ImportError;

/// Separators, in the order in which they are tried.
const DELIMITERS: [u8; 4] = [b'\t', b',', b';', b'|'];

/// More columns are not looked for.
const COLUMNS: usize = 4096;

/// Longer texts are no names of columns.
const NAME: usize = 80;

/// Cells of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cells {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// False where the line was longer than a row may be.
    whole: bool,
}

impl Cells {
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| self.text.get(start..end).unwrap_or_default())
    }
}

/// Reads the lines of a sheet, fed chunk by chunk.
struct Lines {
    reader: Reader,
    cells: Cells,
    text: usize,
    ends: usize,
}

impl Lines {
    fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { reader, cells: Cells { whole: true, ..Cells::default() }, text: 0, ends: 0 }
    }

    /// Takes bytes, none at the end of the file. Gives how many were used, and whether a line or the file ended.
    fn feed(&mut self, mut input: &[u8]) -> (usize, Option<bool>) {
        let mut used = 0;
        loop {
            let text = self.cells.text.get_mut(self.text..).unwrap_or_default();
            let ends = self.cells.ends.get_mut(self.ends..).unwrap_or_default();
            let (result, taken, written, ended) = self.reader.read_record(input, text, ends);
            used += taken;
            self.text += written;
            self.ends += ended;
            input = input.get(taken..).unwrap_or_default();
            match result {
                ReadRecordResult::InputEmpty => return (used, None),
                ReadRecordResult::OutputFull if self.text >= ROW_LIMIT => {
                    self.cells.whole = false;
                    self.text = 0;
                }
                ReadRecordResult::OutputFull => self.cells.text.resize((self.text * 2).max(4096), 0),
                ReadRecordResult::OutputEndsFull if self.ends >= 1 << 20 => {
                    self.cells.whole = false;
                    self.ends = 0;
                }
                ReadRecordResult::OutputEndsFull => self.cells.ends.resize((self.ends * 2).max(64), 0),
                ReadRecordResult::Record => return (used, Some(true)),
                ReadRecordResult::End => return (used, Some(false)),
            }
        }
    }

    /// The line that has ended.
    fn take(&mut self) -> Cells {
        let mut cells = std::mem::replace(&mut self.cells, Cells { whole: true, ..Cells::default() });
        cells.text.truncate(self.text);
        cells.ends.truncate(self.ends);
        (self.text, self.ends) = (0, 0);
        cells
    }
}

/// Rows of a sheet.
pub(super) struct Sheet<'a> {
    source: ByteSource<'a>,
    lines: Lines,
    /// The names, as the start of an entry of a JSON object.
    names: Option<Vec<String>>,
    number: u64,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(source: ByteSource<'a>, delimiter: u8) -> Self {
        Self { source, lines: Lines::new(delimiter), names: None, number: 0 }
    }

    pub(super) fn finish(self) -> Result<(String, u64), ImportError> {
        self.source.finish()
    }

    /// The next row as a JSON object.
    pub(super) fn next(&mut self) -> Result<Option<RawRow>, ImportError> {
        loop {
            let Some(cells) = self.next_line()? else { return Ok(None) };
            let Some(names) = &self.names else {
                let name = |cell: &[u8]| serde_json::to_string(&String::from_utf8_lossy(cell)).unwrap_or_default();
                self.names = Some(cells.iter().map(name).collect());
                continue;
            };
            self.number += 1;
            return Ok(Some(row(self.number, names, &cells)));
        }
    }

    fn next_line(&mut self) -> Result<Option<Cells>, ImportError> {
        loop {
            let (used, ended) = self.lines.feed(self.source.rest()?);
            self.source.consume(used);
            match ended {
                None => {}
                Some(true) => return Ok(Some(self.lines.take())),
                Some(false) => return Ok(None),
            }
        }
    }
}

fn row(number: u64, names: &[String], cells: &Cells) -> RawRow {
    let mut row = RawRow { number, ..RawRow::default() };
    row.extend(b"{");
    for (name, cell) in names.iter().zip(cells.iter()) {
        row.extend(if row.len() > 1 { b"," } else { b"" });
        row.extend(name.as_bytes());
        row.extend(b":");
        match cell {
            b"" => row.extend(b"null"),
            json if is_json(json) => row.extend(json),
            text => row.extend(serde_json::to_string(&String::from_utf8_lossy(text)).unwrap_or_default().as_bytes()),
        }
    }
    row.extend(b"}");
    if !cells.whole {
        row.fault = Some(format!("the row is longer than {} MiB; is a quote never closed?", ROW_LIMIT >> 20));
    } else if cells.ends.len() != names.len() {
        row.fault = Some(format!(
            "the row has {} cells, but there are {} columns; put quotes around cells that hold the separator",
            cells.ends.len(),
            names.len()
        ));
    }
    row
}

/// True for a cell that is a JSON list, object, number, or true or false; texts stay as they are.
fn is_json(cell: &[u8]) -> bool {
    let start = cell.first().is_some_and(|byte| b"[{-0123456789tf".contains(byte));
    start && serde_json::from_slice::<IgnoredAny>(cell).is_ok()
}

/// The separator of a sheet, by its first lines. `named` says that the file is named like one.
pub(super) fn delimiter(head: &[u8], complete: bool, named: bool) -> Option<u8> {
    DELIMITERS.into_iter().find(|&delimiter| fits(head, complete, named, delimiter))
}

fn fits(head: &[u8], complete: bool, named: bool, delimiter: u8) -> bool {
    let mut lines = Lines::new(delimiter);
    let mut rest = head;
    let mut found: Vec<Cells> = Vec::new();
    while found.len() < 50 {
        let (used, mut ended) = lines.feed(rest);
        rest = rest.get(used..).unwrap_or_default();
        if ended.is_none() && complete {
            ended = lines.feed(b"").1;
        }
        if ended != Some(true) {
            break;
        }
        found.push(lines.take());
    }
    let Some((names, rows)) = found.split_first() else { return false };
    let columns = names.ends.len();
    if !(2..=COLUMNS).contains(&columns) || rows.is_empty() || !names.iter().all(|name| is_name(name, named)) {
        return false;
    }
    let even = rows.iter().filter(|row| row.ends.len() == columns).count();
    // A cell cut off or a stray separator spoils a row, not the sheet.
    if named { even * 2 > rows.len() } else { even == rows.len() }
}

/// True where it may head a column: in a file that is not named as a sheet, a single word.
fn is_name(cell: &[u8], named: bool) -> bool {
    let Ok(name) = std::str::from_utf8(cell) else { return false };
    let word = |c: char| c.is_alphanumeric() || "_-.:/#".contains(c);
    name.len() <= NAME
        && name.parse::<f64>().is_err()
        && if named { !name.contains('\n') } else { !name.is_empty() && name.chars().all(word) }
}
