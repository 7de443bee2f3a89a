//! What was known after so many bytes of a log, so that a long log opens quickly. Made from the log at will and never
//! the truth: one that does not fit the log's bytes is ignored.
//!
//! ```text
//! stepscope.snapshot/1⏎
//! {"length":…,"sums":[…],…}⏎      which log, and what is short
//! …                               the fold, packed
//! 4 bytes                         CRC-32 of all before
//! ```

use std::io::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::disk::{Disk, Purpose, read_from};
use super::event::LOG_VERSION;
use super::fold::Fold;
use super::fold_pack::{pack, unpack};
use super::line::crc;
use super::load::{LineWarning, LoadReport};
use super::log_file::LogFile;
use super::name::LogPaths;
use super::replay::Progress;
use super::sum::LogSum;

/// First line; another number is another shape.
const MAGIC: &[u8] = b"stepscope.snapshot/1\n";

/// What was known after the first `length` bytes of a log.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub(super) length: u64,
    pub(super) progress: Progress,
    pub(super) sum: LogSum,
    pub(super) records: u64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    log_version: u16,
    length: u64,
    sums: Vec<u32>,
    last_seq: u64,
    lines: u64,
    records: u64,
    unknown: u64,
    warnings: Vec<(u64, String)>,
    strange_author: bool,
    has_old: bool,
    has_new: bool,
}

/// Writes the snapshot of what is there for good, in place of the one before.
pub(super) fn write(file: &LogFile, progress: &Progress) -> io::Result<()> {
    let (length, sums) = file.durable();
    let LoadReport { records, unknown, ref warnings, .. } = progress.report;
    let Progress { last_seq, lines, strange_author, has_old, has_new, .. } = *progress;
    let warnings = warnings.iter().map(|warning| (warning.line, warning.message.clone())).collect();
    let log_version = LOG_VERSION;
    let header = Header {
        log_version,
        length,
        sums,
        last_seq,
        lines,
        records,
        unknown,
        warnings,
        strange_author,
        has_old,
        has_new,
    };
    let mut bytes = MAGIC.to_vec();
    serde_json::to_writer(&mut bytes, &header)?;
    bytes.push(b'\n');
    pack(&progress.fold, &mut bytes);
    bytes.extend_from_slice(&crc(&bytes).to_le_bytes());

    let (disk, paths) = (file.disk(), file.paths());
    let path = paths.snapshot();
    let unfinished = path.with_added_extension("part");
    let mut file = disk.open(&unfinished, Purpose::Replace)?;
    file.write_all(&bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(&unfinished, &path)
}

/// What is wrong with a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// There is none.
    Absent,
    /// It is damaged, or another version wrote it.
    Unreadable,
    /// It is of another log, or this one was changed.
    OfOther,
}

/// The snapshot, if it can be read and belongs to the log as it is.
pub(super) fn read(disk: &dyn Disk, paths: &LogPaths) -> Result<Start, Unfit> {
    let bytes = match read_from(disk, &paths.snapshot(), 0) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unfit::Absent),
        Err(_) => return Err(Unfit::Unreadable),
        Ok(bytes) => bytes,
    };
    let (body, sum) = bytes.split_last_chunk::<4>().ok_or(Unfit::Unreadable)?;
    if crc(body) != u32::from_le_bytes(*sum) {
        return Err(Unfit::Unreadable);
    }
    let rest = body.strip_prefix(MAGIC).ok_or(Unfit::Unreadable)?;
    let end = memchr::memchr(b'\n', rest).ok_or(Unfit::Unreadable)?;
    let header: Header = serde_json::from_slice(&rest[..end]).ok().ok_or(Unfit::Unreadable)?;
    if header.log_version != LOG_VERSION {
        return Err(Unfit::Unreadable);
    }
    // Parsed on one core while the log is read on another.
    let (fold, sum) =
        rayon::join(|| unpack(&rest[end + 1..]), || LogSum::of_file(disk, &paths.log(), header.length, &header.sums));
    let sum = sum.ok().flatten().ok_or(Unfit::OfOther)?;
    Ok(start(header, fold.ok_or(Unfit::Unreadable)?, sum))
}

fn start(header: Header, fold: Fold, sum: LogSum) -> Start {
    let Header { length, last_seq, lines, records, unknown, warnings, strange_author, has_old, has_new, .. } = header;
    let warnings = warnings.into_iter().map(|(line, message)| LineWarning { line, message }).collect();
    let report = LoadReport { records, unknown, warnings, ..LoadReport::default() };
    let progress = Progress { fold, report, last_seq, unread: 0, lines, strange_author, has_old, has_new };
    Start { length, progress, sum, records }
}
