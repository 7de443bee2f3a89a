//! Cuts rows out of a file: lines, elements of a list, entries of an object, documents, cells, records of a table.

use std::collections::VecDeque;

use serde_json::Value;

use super::bytes::{ByteSource, Share, whole_file};
use super::input::Input;
use super::json::{Parsed, parse};
use super::layout::{Framing, Layout};
use super::records::Records;
use super::sheet::Sheet;
use super::value_end::ValueEnd;
use super::{columns, yaml};
use crate::import::{FileFault, ImportError};
use crate::job::{JobContext, Progress};

/// Longer rows are not kept: parsed and turned into traces they would not fit into memory.
pub(super) const ROW_LIMIT: usize = 256 << 20;

/// What is wrong with a row that the file ends in.
const CUT: &str = "the row ends before it is complete; the file may have been cut off";

/// Of a rejected row this much is kept.
const TEXT_LIMIT: usize = 64 * 1024;

/// Under which key a row of an object finds the key it stood under.
const KEY: &str = "_key";

/// One row, not yet parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawRow {
    /// From 1: the line, the element, the document.
    pub(crate) number: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) fault: Option<String>,
    /// The key it stood under.
    pub(super) key: Option<String>,
    /// True where the bytes are a text and no JSON.
    pub(super) text: bool,
}

impl RawRow {
    /// A row that was cut out elsewhere.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into(), ..Self::default() }
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The row as a value, or what is wrong with it. The values of keys in `repeats` are passed over.
    pub(crate) fn parse(&self, repeats: &[&str]) -> Result<Parsed, String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if self.text {
            return Ok(self.as_text());
        }
        let mut parsed = parse(&self.bytes, repeats)?;
        if let (Some(key), Value::Object(row)) = (&self.key, &mut parsed.value)
            && !row.contains_key(KEY)
        {
            row.insert(KEY.into(), key.clone().into());
        }
        Ok(parsed)
    }

    fn as_text(&self) -> Parsed {
        let text = String::from_utf8_lossy(&self.bytes);
        let lossy = matches!(text, std::borrow::Cow::Owned(_));
        let repairs = if lossy {
            vec!["the text is not valid UTF-8; such bytes are replaced by \u{FFFD}, so save the file as UTF-8".into()]
        } else {
            Vec::new()
        };
        Parsed { value: text.into_owned().into(), repairs }
    }

    /// The row as a line of JSON, or what is wrong with it.
    pub(super) fn line(&self) -> Result<&str, String> {
        match &self.fault {
            Some(fault) => Err(fault.clone()),
            None => std::str::from_utf8(&self.bytes).map_err(|error| error.to_string()),
        }
    }

    /// The row for the list of rejects; undecodable bytes replaced.
    pub(crate) fn text(&self) -> String {
        let end = self.bytes.len().min(TEXT_LIMIT);
        let mut text = String::from_utf8_lossy(self.bytes.get(..end).unwrap_or_default()).into_owned();
        if end < self.bytes.len() {
            // The cut may have gone through a character.
            while text.ends_with(char::REPLACEMENT_CHARACTER) {
                text.pop();
            }
            text.push('…');
        }
        text
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        if self.bytes.len().saturating_add(bytes.len()) > ROW_LIMIT {
            self.fault = Some(format!("the row is longer than {} MiB; split it", ROW_LIMIT >> 20));
            self.bytes.truncate(TEXT_LIMIT + 1);
        } else if self.fault.is_none() {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

/// What a file was when it had been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileSum {
    /// SHA-256 of what was read; empty for a part of an archive.
    pub(crate) sha256: String,
    /// Length of what was read.
    pub(crate) bytes: u64,
    /// Bytes behind it: of a last line that waits to be complete.
    pub(crate) waiting: u64,
}

/// Gives the rows of a file in order.
pub(crate) struct RowReader<'a>(Rows<'a>);

enum Rows<'a> {
    Text(TextRows<'a>),
    Sheet(Box<Sheet<'a>>),
    /// Rows that were made from the whole file.
    Made {
        rows: VecDeque<RawRow>,
        number: u64,
        source: ByteSource<'a>,
    },
    Records(Box<RecordRows<'a>>),
}

impl<'a> RowReader<'a> {
    /// Opens the file. Progress is reported where `share` says of what.
    pub(crate) fn open(
        input: &Input,
        layout: Layout,
        share: Option<Share>,
        context: &'a JobContext,
    ) -> Result<Self, ImportError> {
        if let Framing::Parquet | Framing::Arrow | Framing::ArrowStream = layout.framing {
            return Ok(Self(Rows::Records(Box::new(RecordRows::open(input, layout.framing, share, context)?))));
        }
        let mut source = ByteSource::open(input, share, context)?;
        if layout.comments {
            source.skip_comments();
        }
        let made = |rows: Vec<RawRow>, source| Rows::Made { rows: rows.into(), number: 0, source };
        Ok(Self(match layout.framing {
            Framing::Sheet(delimiter) => Rows::Sheet(Box::new(Sheet::new(source, delimiter))),
            Framing::Columns => made(columns::rows(&mut source).map_err(|fault| fault.of(input))?, source),
            Framing::Yaml => made(yaml::rows(&mut source).map_err(|fault| fault.of(input))?, source),
            framing => Rows::Text(TextRows::new(source, framing)),
        }))
    }

    /// Opens a file of lines behind what was read of it before. `None` where it does not begin so any more, or where it
    /// goes on in the middle of a row.
    pub(crate) fn open_behind(
        input: &Input,
        sha256: &str,
        bytes: u64,
        context: &'a JobContext,
    ) -> Result<Option<Self>, ImportError> {
        let Some((source, number, at_line)) = ByteSource::open_behind(input, sha256, bytes, context)? else {
            return Ok(None);
        };
        let mut rows = TextRows { number, ..TextRows::new(source, Framing::Lines) };
        // What was read last had no end of line yet.
        let row = if at_line { None } else { rows.cut_line()? };
        Ok(row.is_none_or(|(row, _)| row.bytes.trim_ascii().is_empty()).then_some(Self(Rows::Text(rows))))
    }

    /// A last line that is not complete is no row, as it is still being written.
    pub(crate) fn let_last_line_wait(&mut self) {
        if let Rows::Text(rows) = &mut self.0 {
            rows.waits = rows.framing == Framing::Lines && rows.source.is_lines_of_text();
        }
    }

    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RawRow>, ImportError> {
        match &mut self.0 {
            Rows::Text(rows) => rows.next(),
            Rows::Sheet(rows) => rows.next(),
            Rows::Made { rows, number, .. } => {
                *number += 1;
                Ok(rows.pop_front().map(|row| RawRow { number: *number, ..row }))
            }
            Rows::Records(rows) => rows.next(),
        }
    }

    /// What the file was.
    pub(crate) fn finish(self) -> Result<FileSum, ImportError> {
        let (sha256, bytes) = match self.0 {
            Rows::Text(rows) if rows.waiting => {
                let (sha256, bytes, waiting) = rows.source.finish_lines();
                return Ok(FileSum { sha256, bytes, waiting });
            }
            Rows::Text(rows) => rows.source.finish()?,
            Rows::Sheet(rows) => rows.finish()?,
            Rows::Made { source, .. } => source.finish()?,
            Rows::Records(rows) => whole_file(&rows.input, rows.context)?,
        };
        Ok(FileSum { sha256, bytes, waiting: 0 })
    }
}

/// What went wrong while a whole file was turned into rows.
pub(super) enum MakeFault {
    File(FileFault),
    Import(ImportError),
}

impl MakeFault {
    fn of(self, input: &Input) -> ImportError {
        match self {
            Self::File(fault) => input.fault(fault),
            Self::Import(error) => error,
        }
    }
}

impl From<FileFault> for MakeFault {
    fn from(fault: FileFault) -> Self {
        Self::File(fault)
    }
}

impl From<ImportError> for MakeFault {
    fn from(error: ImportError) -> Self {
        Self::Import(error)
    }
}

/// Records of a table in columns, as JSON.
struct RecordRows<'a> {
    input: Input,
    context: &'a JobContext,
    records: Records,
    share: Option<Share>,
    bytes: u64,
    number: u64,
}

impl<'a> RecordRows<'a> {
    fn open(
        input: &Input,
        framing: Framing,
        share: Option<Share>,
        context: &'a JobContext,
    ) -> Result<Self, ImportError> {
        let file = input.on_disk(context);
        context.checkpoint()?;
        let file = file.map_err(|error| input.fault(error))?;
        let bytes = input.file().map_or(Ok(0), |path| path.metadata().map(|about| about.len()));
        let bytes = bytes.map_err(|error| input.fault(error))?;
        let records = Records::open(file, framing).map_err(|fault| input.fault(fault))?;
        Ok(Self { input: input.clone(), context, records, share, bytes, number: 0 })
    }

    fn next(&mut self) -> Result<Option<RawRow>, ImportError> {
        self.context.checkpoint()?;
        let row = self.records.next().map_err(|fault| self.input.fault(fault))?;
        self.number += 1;
        if let Some(share) = self.share.as_ref().filter(|_| row.is_none() || self.number.is_multiple_of(256)) {
            let part = if row.is_none() { 1.0 } else { self.records.part_done() };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a size")]
            let done = share.before + (self.bytes as f64 * part) as u64;
            self.context.report(Progress { done, total: Some(share.total.max(done)), note: share.note.clone() });
        }
        Ok(row.map(|bytes| RawRow { number: self.number, ..RawRow::from_bytes(&bytes) }))
    }
}

/// Rows of a text file.
struct TextRows<'a> {
    source: ByteSource<'a>,
    framing: Framing,
    number: u64,
    /// Lists, or the object, around the next row.
    depth: usize,
    /// The key of the list whose elements are read.
    key: Option<String>,
    /// Whether a last line that is not complete is no row.
    waits: bool,
    /// Whether there was one.
    waiting: bool,
}

impl<'a> TextRows<'a> {
    fn new(source: ByteSource<'a>, framing: Framing) -> Self {
        Self { source, framing, number: 0, depth: 0, key: None, waits: false, waiting: false }
    }

    fn next(&mut self) -> Result<Option<RawRow>, ImportError> {
        match self.framing {
            Framing::Lines => self.next_line(),
            Framing::List => self.next_element(1),
            Framing::Lists => self.next_element(2),
            Framing::Keyed { open } => self.next_entry(open),
            Framing::Text => self.whole_text(),
            _ => match self.source.skip_blanks(b"")? {
                Some(_) => self.next_value().map(Some),
                None => Ok(None),
            },
        }
    }

    fn next_line(&mut self) -> Result<Option<RawRow>, ImportError> {
        while let Some((row, ended)) = self.cut_line()? {
            if row.bytes.trim_ascii().is_empty() {
                continue;
            }
            if self.waits && !ended && row.parse(&[]).is_err() {
                self.waiting = true;
                return Ok(None);
            }
            return Ok(Some(row));
        }
        Ok(None)
    }

    /// The next line, blank or not, and whether its end was there; `None` at the end of the file.
    fn cut_line(&mut self) -> Result<Option<(RawRow, bool)>, ImportError> {
        self.number += 1;
        let mut row = RawRow { number: self.number, ..RawRow::default() };
        let mut any = false;
        loop {
            let rest = self.source.rest()?;
            if rest.is_empty() {
                return Ok(any.then_some((row, false)));
            }
            any = true;
            let end = memchr::memchr(b'\n', rest);
            row.extend(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
            let used = end.map_or(rest.len(), |end| end + 1);
            self.source.consume(used);
            if end.is_some() {
                return Ok(Some((row, true)));
            }
        }
    }

    /// The next element of lists so deep within each other.
    fn next_element(&mut self, levels: usize) -> Result<Option<RawRow>, ImportError> {
        // A comma too many does no harm; after one list another may follow.
        loop {
            let also: &[u8] = if self.depth > 0 { b"," } else { b"" };
            match self.source.skip_blanks(also)? {
                None if self.depth > 0 => return Ok(Some(self.never_closed("the list is"))),
                None => return Ok(None),
                Some(b']') if self.depth > 0 => {
                    self.source.consume(1);
                    self.depth -= 1;
                }
                Some(b'[') if self.depth < levels => {
                    self.source.consume(1);
                    self.depth += 1;
                }
                Some(_) => {
                    let row = self.next_value()?;
                    if row.fault.is_some() && self.source.rest()?.is_empty() {
                        // The cut-off row says it all.
                        self.depth = 0;
                    }
                    return Ok(Some(row));
                }
            }
        }
    }

    fn never_closed(&mut self, what: &str) -> RawRow {
        self.depth = 0;
        self.key = None;
        self.number += 1;
        let fault = Some(format!("{what} never closed; the file may have been cut off"));
        RawRow { number: self.number, fault, ..RawRow::default() }
    }

    /// The next entry of an object; with `open`, the next element where the entry is a list.
    fn next_entry(&mut self, open: bool) -> Result<Option<RawRow>, ImportError> {
        loop {
            let also: &[u8] = if self.depth > 0 { b"," } else { b"" };
            let next = self.source.skip_blanks(also)?;
            match (next, &self.key) {
                (None, _) if self.depth > 0 => return Ok(Some(self.never_closed("the object is"))),
                (None, _) => return Ok(None),
                (Some(b'{'), _) if self.depth == 0 => {
                    self.source.consume(1);
                    self.depth = 1;
                }
                (Some(b'}'), None) => {
                    self.source.consume(1);
                    self.depth = 0;
                }
                (Some(b']'), Some(_)) => {
                    self.source.consume(1);
                    self.key = None;
                }
                (Some(_), Some(key)) => {
                    let key = Some(key.clone());
                    return self.entry_value(key).map(Some);
                }
                (Some(b'"'), None) => {
                    let name = self.next_value()?;
                    self.number -= 1;
                    let colon = self.source.skip_blanks(b"")? == Some(b':');
                    if !colon || name.fault.is_some() {
                        return Ok(Some(self.not_an_entry()?));
                    }
                    self.source.consume(1);
                    let key = parse(&name.bytes, &[]).ok().and_then(|parsed| parsed.value.as_str().map(str::to_owned));
                    if self.source.skip_blanks(b"")? == Some(b'[') && open {
                        self.source.consume(1);
                        self.key = Some(key.unwrap_or_default());
                    } else {
                        return self.entry_value(key).map(Some);
                    }
                }
                (Some(_), None) => return Ok(Some(self.not_an_entry()?)),
            }
        }
    }

    fn entry_value(&mut self, key: Option<String>) -> Result<RawRow, ImportError> {
        if self.source.skip_blanks(b"")?.is_none() {
            return Ok(self.never_closed("the object is"));
        }
        let row = self.next_value()?;
        if row.fault.is_some() && self.source.rest()?.is_empty() {
            self.depth = 0;
            self.key = None;
        }
        Ok(RawRow { key, ..row })
    }

    /// What follows cannot be told apart any more.
    fn not_an_entry(&mut self) -> Result<RawRow, ImportError> {
        loop {
            let count = self.source.rest()?.len();
            if count == 0 {
                break;
            }
            self.source.consume(count);
        }
        let mut row = self.never_closed("");
        row.fault = Some("an entry of the object has no key and colon, so the rest cannot be read; correct it".into());
        Ok(row)
    }

    /// All of the file as one row.
    fn whole_text(&mut self) -> Result<Option<RawRow>, ImportError> {
        self.number += 1;
        let mut row = RawRow { number: self.number, text: true, ..RawRow::default() };
        loop {
            let rest = self.source.rest()?;
            if rest.is_empty() {
                return Ok(Some(row).filter(|row| !row.bytes.is_empty() || row.fault.is_some()));
            }
            row.extend(rest);
            let count = rest.len();
            self.source.consume(count);
        }
    }

    /// The value that starts here, as one row.
    fn next_value(&mut self) -> Result<RawRow, ImportError> {
        self.number += 1;
        let mut row = RawRow { number: self.number, ..RawRow::default() };
        let mut end = ValueEnd::default();
        loop {
            let rest = self.source.rest()?;
            if rest.is_empty() {
                if !end.may_end_here() {
                    row.fault.get_or_insert_with(|| CUT.into());
                }
                return Ok(row);
            }
            let found = end.feed(rest);
            let used = found.unwrap_or(rest.len());
            row.extend(rest.get(..used).unwrap_or_default());
            self.source.consume(used);
            if found.is_some() {
                return Ok(row);
            }
        }
    }
}
