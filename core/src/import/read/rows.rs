//! Cuts rows out of a file: lines, elements of a list, or documents one after another.

use serde_json::Value;

use super::bytes::ByteSource;
use super::layout::Framing;
use super::value_end::ValueEnd;
use crate::import::ImportError;

/// Longer rows are not kept: they would not fit into memory once parsed.
const ROW_LIMIT: usize = 1 << 30;

/// Of a rejected row this much is kept.
const TEXT_LIMIT: usize = 64 * 1024;

/// One row, not yet parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawRow {
    /// From 1: the line, the element, the document.
    pub(crate) number: u64,
    bytes: Vec<u8>,
    fault: Option<&'static str>,
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

    /// The row as JSON, or what is wrong with it.
    pub(crate) fn parse(&self) -> Result<Value, String> {
        if let Some(fault) = self.fault {
            return Err(fault.into());
        }
        if let Err(error) = std::str::from_utf8(&self.bytes) {
            return Err(format!(
                "byte {} of the row is not valid UTF-8; save the file as UTF-8",
                error.valid_up_to() + 1
            ));
        }
        serde_json::from_slice(&self.bytes).map_err(|error| {
            if error.is_eof() {
                "the row ends before it is complete; the file may have been cut off".into()
            } else if let Some(word) = bare_number(&self.bytes) {
                format!("the bare word {word} is not JSON; write null or a number ({error})")
            } else {
                format!("not valid JSON: {error}; correct the row")
            }
        })
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

    fn extend(&mut self, bytes: &[u8]) {
        if self.bytes.len().saturating_add(bytes.len()) > ROW_LIMIT {
            self.fault = Some("the row is longer than 1 GiB; split it");
            self.bytes.truncate(TEXT_LIMIT + 1);
        } else if self.fault.is_none() {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

/// `NaN` and the like, outside texts, as some writers put them.
fn bare_number(row: &[u8]) -> Option<&'static str> {
    let mut in_text = false;
    let mut escaped = false;
    for (index, &byte) in row.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'N' | b'I' if !in_text => {
                let rest = row.get(index..).unwrap_or_default();
                if let Some(word) = ["NaN", "Infinity"].into_iter().find(|word| rest.starts_with(word.as_bytes())) {
                    return Some(word);
                }
            }
            _ => {}
        }
    }
    None
}

/// Gives the rows of a file in order.
pub(crate) struct RowReader<'a> {
    source: ByteSource<'a>,
    framing: Framing,
    number: u64,
    in_list: bool,
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(source: ByteSource<'a>, framing: Framing) -> Self {
        Self { source, framing, number: 0, in_list: false }
    }

    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RawRow>, ImportError> {
        match self.framing {
            Framing::Lines => self.next_line(),
            Framing::List => self.next_element(),
            Framing::Documents => match self.source.skip_blanks(b"")? {
                Some(_) => self.next_value().map(Some),
                None => Ok(None),
            },
        }
    }

    /// The SHA-256 of the whole file and its size.
    pub(crate) fn finish(self) -> Result<(String, u64), ImportError> {
        self.source.finish()
    }

    fn next_line(&mut self) -> Result<Option<RawRow>, ImportError> {
        loop {
            self.number += 1;
            let mut row = RawRow { number: self.number, ..RawRow::default() };
            let mut any = false;
            loop {
                let rest = self.source.rest()?;
                if rest.is_empty() {
                    break;
                }
                any = true;
                let end = memchr::memchr(b'\n', rest);
                row.extend(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
                let used = end.map_or(rest.len(), |end| end + 1);
                self.source.consume(used);
                if end.is_some() {
                    break;
                }
            }
            if !row.bytes.trim_ascii().is_empty() {
                return Ok(Some(row));
            }
            if !any {
                return Ok(None);
            }
        }
    }

    fn next_element(&mut self) -> Result<Option<RawRow>, ImportError> {
        // A comma too many does no harm; after one list another may follow.
        loop {
            let also: &[u8] = if self.in_list { b"," } else { b"" };
            match self.source.skip_blanks(also)? {
                None if self.in_list => {
                    self.in_list = false;
                    self.number += 1;
                    let fault = Some("the list is never closed; the file may have been cut off");
                    return Ok(Some(RawRow { number: self.number, bytes: Vec::new(), fault }));
                }
                None => return Ok(None),
                Some(b']') if self.in_list => {
                    self.source.consume(1);
                    self.in_list = false;
                }
                Some(b'[') if !self.in_list => {
                    self.source.consume(1);
                    self.in_list = true;
                }
                Some(_) => {
                    let row = self.next_value()?;
                    if row.fault.is_some() && self.source.rest()?.is_empty() {
                        // The cut-off row says it all.
                        self.in_list = false;
                    }
                    return Ok(Some(row));
                }
            }
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
                    row.fault =
                        row.fault.or(Some("the row ends before it is complete; the file may have been cut off"));
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
