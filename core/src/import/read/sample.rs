//! Looks into a file: its layout, rows from its start and, in a long file of lines, from its middle and end.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::bytes::ByteSource;
use super::layout::{Framing, Layout, layout};
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

/// What a look into the file shows.
pub(crate) struct Look {
    pub(crate) layout: Layout,
    pub(crate) sample: Sample,
    /// True where the file is not in UTF-8.
    pub(crate) recoded: bool,
}

/// Looks into a file.
pub(crate) fn take_sample(path: &Path, context: &JobContext) -> Result<Look, ImportError> {
    let (head, complete, recoded) = read_head(path, context)?;
    let layout = layout(&head, complete).map_err(|fault| fault.at(path))?;
    drop(head);
    let mut rows = open_rows(path, layout, context)?;
    let mut sample = Sample { in_list: layout.framing == Framing::List, first_row: 1, ..Sample::default() };
    let mut bytes = 0;
    let mut fault: Option<(u64, String)> = None;
    let mut seen = 0;
    while seen < ROWS && (bytes < BYTES || sample.rows.is_empty()) {
        let Some(row) = rows.next()? else { break };
        bytes += row.len();
        match row.parse() {
            Ok(value) => {
                if sample.rows.is_empty() {
                    sample.first_row = row.number;
                }
                sample.rows.push(value);
                seen += 1;
            }
            Err(reason) => {
                fault.get_or_insert((row.number, reason));
            }
        }
    }
    if layout.framing == Framing::Lines && !layout.comments && !recoded {
        later_rows(path, bytes as u64, &mut sample).map_err(|error| FileFault::from(error).at(path))?;
    }
    match (sample.rows.is_empty(), fault) {
        (false, _) => Ok(Look { layout, sample, recoded }),
        (true, Some((row, reason))) => Err(FileFault::NotJson { row, reason }.at(path)),
        (true, None) => Err(FileFault::NoRows("an empty list".into()).at(path)),
    }
}

/// Opens the file for reading rows, without progress.
fn open_rows<'a>(path: &Path, layout: Layout, context: &'a JobContext) -> Result<RowReader<'a>, ImportError> {
    let mut source = ByteSource::open(path, None, context)?;
    if layout.comments {
        source.skip_comments();
    }
    Ok(RowReader::new(source, layout.framing))
}

/// The first bytes as text, whether they are all, and whether they had to be recoded.
fn read_head(path: &Path, context: &JobContext) -> Result<(Vec<u8>, bool, bool), ImportError> {
    let mut source = ByteSource::open(path, None, context)?;
    let mut head = Vec::new();
    let mut complete = false;
    // Blanks do not count, so that a file that starts with many is judged by its text.
    source.skip_blanks(b"")?;
    while head.len() < HEAD && !complete {
        let rest = source.rest()?;
        complete = rest.is_empty();
        head.extend_from_slice(rest);
        let count = rest.len();
        source.consume(count);
    }
    Ok((head, complete, source.is_recoded()))
}

fn later_rows(path: &Path, seen: u64, sample: &mut Sample) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    for start in [size / 2, size.saturating_sub(WINDOW)] {
        if start < seen + WINDOW {
            continue;
        }
        file.seek(SeekFrom::Start(start))?;
        let mut window = Vec::new();
        file.by_ref().take(WINDOW).read_to_end(&mut window)?;
        // The first line is cut, and the last one may be.
        let lines: Vec<&[u8]> = window.split(|&byte| byte == b'\n').skip(1).collect();
        let whole = lines.len().saturating_sub(1);
        let values = lines.iter().take(whole).filter_map(|line| RawRow::from_bytes(line).parse().ok());
        sample.rows.extend(values.take(LATER_ROWS));
    }
    Ok(())
}
