//! Looks into a file: its layout, rows from its start and, in a long file of lines, from its middle and end.

use std::io::{Read as _, Seek as _, SeekFrom};

use serde_json::Value;

use super::bytes::ByteSource;
use super::input::Input;
use super::layout::{Framing, Layout, layout, start_of};
use super::rows::{RawRow, RowReader};
use crate::import::{FileFault, ImportError, Sample};
use crate::job::JobContext;

/// Bytes that decide the layout.
const HEAD: usize = 1 << 20;
/// Rows taken from the start, as long as they are not longer than `BYTES` together.
const ROWS: usize = 64;
const BYTES: usize = 4 << 20;
/// Rows taken from the middle and from the end, out of a window of `WINDOW` bytes.
const LATER_ROWS: usize = 4;
const WINDOW: u64 = 1 << 20;

/// What the start of a file shows.
pub(crate) struct Head {
    pub(crate) layout: Layout,
    /// True where the file is not in UTF-8.
    pub(crate) recoded: bool,
    /// True where the file is read as it is on disk.
    plain: bool,
    /// How it starts, for a message.
    start: String,
}

impl Head {
    /// Other ways to lay out the rows, for when those of the first way are not known.
    pub(crate) fn others(&self, sample: Option<&Sample>) -> Vec<Framing> {
        let rows = sample.map_or(&[][..], |sample| &sample.rows);
        let json = self.start.starts_with(['{', '[']);
        let lists = !rows.is_empty() && rows.iter().all(Value::is_array);
        match self.layout.framing {
            Framing::Lines | Framing::Documents if rows.len() < 2 && self.start.starts_with('{') => {
                vec![Framing::Keyed { open: true }, Framing::Keyed { open: false }, Framing::Columns]
            }
            Framing::Lines | Framing::Documents if lists => vec![Framing::List, Framing::Lists],
            Framing::List if lists => vec![Framing::Lists],
            Framing::Lines | Framing::Sheet(_) | Framing::Yaml if !json => vec![Framing::Text],
            _ => Vec::new(),
        }
    }

    /// What is wrong with a file that is only text.
    pub(crate) fn not_rows(&self) -> Option<FileFault> {
        let reason = || format!("it starts with `{}`", self.start.escape_debug());
        (self.layout.framing == Framing::Text).then(|| FileFault::NotJson { row: 1, reason: reason() })
    }
}

/// Looks at the start of a file.
pub(crate) fn look_at(input: &Input, context: &JobContext) -> Result<Head, ImportError> {
    let mut source = ByteSource::open(input, None, context)?;
    let mut head = Vec::new();
    let mut complete = false;
    // Blanks do not count, so that a file that starts with many is judged by its text.
    source.skip_blanks(b"")?;
    while head.len() < HEAD && !complete {
        let rest = match source.rest() {
            Ok(rest) => rest,
            // What comes before the damage is worth reading.
            Err(error) if !head.is_empty() && !error.is_fatal() => break,
            Err(error) => return Err(error),
        };
        complete = rest.is_empty();
        head.extend_from_slice(rest);
        let count = rest.len();
        source.consume(count);
    }
    let layout = layout(&head, complete, &input.name()).map_err(|fault| input.fault(fault))?;
    Ok(Head { layout, recoded: source.is_recoded(), plain: source.is_plain(), start: start_of(&head) })
}

/// Takes rows out of a file.
pub(crate) fn take_sample(
    input: &Input,
    head: &Head,
    layout: Layout,
    context: &JobContext,
) -> Result<Sample, ImportError> {
    let in_list = matches!(layout.framing, Framing::List | Framing::Lists);
    let mut sample = Sample { in_list, first_row: 1, ..Sample::default() };
    if layout.framing == Framing::Text {
        sample.rows.push(first_text(input, context)?.into());
        return Ok(sample);
    }
    let mut rows = RowReader::open(input, layout, None, context)?;
    let mut bytes = 0;
    let mut fault: Option<(u64, String)> = None;
    let mut seen = 0;
    while seen < ROWS && (bytes < BYTES || sample.rows.is_empty()) {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) if !sample.rows.is_empty() && !error.is_fatal() => break,
            Err(error) => return Err(error),
        };
        bytes += row.len();
        match row.parse(&[]) {
            Ok(parsed) => {
                if sample.rows.is_empty() {
                    sample.first_row = row.number;
                }
                sample.rows.push(parsed.value);
                seen += 1;
            }
            Err(reason) => {
                fault.get_or_insert((row.number, reason));
            }
        }
    }
    if layout.framing == Framing::Lines && !layout.comments && !head.recoded && head.plain {
        later_rows(input, bytes as u64, &mut sample).map_err(|error| input.fault(error))?;
    }
    match (sample.rows.is_empty(), fault) {
        (false, _) => Ok(sample),
        (true, Some((row, reason))) => Err(input.fault(FileFault::NotJson { row, reason })),
        (true, None) => Err(input.fault(FileFault::NoRows("an empty list".into()))),
    }
}

/// The start of a text.
fn first_text(input: &Input, context: &JobContext) -> Result<String, ImportError> {
    let mut source = ByteSource::open(input, None, context)?;
    let mut text = Vec::new();
    while text.len() < HEAD {
        let rest = source.rest()?;
        if rest.is_empty() {
            break;
        }
        text.extend_from_slice(rest);
        let count = rest.len();
        source.consume(count);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn later_rows(input: &Input, seen: u64, sample: &mut Sample) -> std::io::Result<()> {
    let Some((mut file, size)) = input.extent()? else { return Ok(()) };
    if size < seen + 2 * WINDOW {
        return Ok(());
    }
    for start in [size / 2, size.saturating_sub(WINDOW)] {
        if start < seen + WINDOW {
            continue;
        }
        file.seek(SeekFrom::Start(start))?;
        let mut window = Vec::new();
        file.by_ref().take(WINDOW.min(size - start)).read_to_end(&mut window)?;
        // The first line is cut, and the last one may be.
        let lines: Vec<&[u8]> = window.split(|&byte| byte == b'\n').skip(1).collect();
        let whole = lines.len().saturating_sub(1);
        let values = lines.iter().take(whole).filter_map(|line| RawRow::from_bytes(line).parse(&[]).ok());
        sample.rows.extend(values.take(LATER_ROWS).map(|parsed| parsed.value));
    }
    Ok(())
}
