//! Reading a log: whole lines into the fold, what cannot be read into warnings, a torn last line aside.

use std::fs;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, Purpose, RealDisk, read_from};
use super::error::AnnotationError;
use super::event::LOG_VERSION;
use super::line::read_record;
use super::name::{LogPaths, annotator_of};
use super::place::{InMemory, LineSource as _, OnDisk};
use super::replay::{Progress, Stop, replay};
use super::snapshot::{self, Start};
use super::state::Annotations;
use super::sum::LogSum;
use crate::model::{AnnotatorId, Timestamp};

/// So many last bytes of a log tell whether another program has added to it or replaced it.
pub(super) const TAIL: usize = 4096;

/// What was found while reading a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Records read, the unknown ones among them.
    pub records: u64,
    /// Records of kinds that only a later version knows; kept in the file, without effect here.
    pub unknown: u64,
    /// Where the torn last line was moved, if there was one.
    pub torn: Option<PathBuf>,
    /// Files with labels that could not be added to the log when it was closed.
    pub rescued: Vec<PathBuf>,
    /// What is wrong with single lines.
    pub warnings: Vec<LineWarning>,
}

/// Something wrong with one line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWarning {
    /// The line, from 1; 0 for the log as a whole.
    pub line: u64,
    /// What is wrong, and what became of it.
    pub message: String,
}

/// A log as read, before anything is repaired.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) progress: Progress,
    /// When the last record was said.
    pub(super) last_at: Option<Timestamp>,
    /// Length of the whole lines in bytes, without those of a gesture that is not all there.
    pub(super) whole: u64,
    /// What follows them.
    pub(super) torn: Vec<u8>,
    /// Sums and last bytes of the whole lines.
    pub(super) sum: LogSum,
    pub(super) tail: Vec<u8>,
    /// Records that the snapshot held, if there was one that fits.
    pub(super) snapshot: Option<u64>,
}

/// Reads what an annotator said, without the right to write: nothing is locked, repaired or created.
pub fn read(folder: &Path, annotator: &AnnotatorId) -> Result<(Annotations, LoadReport), AnnotationError> {
    let loaded = load(&(Arc::new(RealDisk) as Arc<dyn Disk>), &LogPaths::new(folder, annotator)?, annotator)?;
    Ok((Arc::unwrap_or_clone(loaded.progress.fold.state), loaded.progress.report))
}

/// The annotators who have a log in that folder, in the order of their names. A missing folder has none.
pub fn list_annotators(folder: &Path) -> Result<Vec<AnnotatorId>, AnnotationError> {
    let doing = "list the annotation logs";
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(AnnotationError::io(doing, folder)(error)),
    };
    let mut annotators = Vec::new();
    for entry in entries {
        let entry = entry.map_err(AnnotationError::io(doing, folder))?;
        annotators.extend(entry.file_name().to_str().and_then(annotator_of));
    }
    annotators.sort();
    Ok(annotators)
}

/// Folds the whole lines of a log, from its snapshot on if one fits. A missing log is an empty one.
pub(super) fn load(disk: &Arc<dyn Disk>, paths: &LogPaths, annotator: &AnnotatorId) -> Result<Loaded, AnnotationError> {
    let start = snapshot::read(&**disk, paths).ok();
    let mut loaded = match start {
        Some(start) => match load_from(disk, paths, annotator, start)? {
            Some(loaded) => loaded,
            None => load_all(disk, paths, annotator)?,
        },
        None => load_all(disk, paths, annotator)?,
    };
    let rescued = (1..=u32::MAX).map(|number| paths.rescued(number));
    loaded.progress.report.rescued = rescued.take_while(|file| disk.exists(file)).collect();
    Ok(loaded)
}

/// Folds every line of a log, whatever snapshot there is.
pub(super) fn load_all(
    disk: &Arc<dyn Disk>,
    paths: &LogPaths,
    annotator: &AnnotatorId,
) -> Result<Loaded, AnnotationError> {
    let loaded = load_from(disk, paths, annotator, Start::default())?;
    loaded.ok_or_else(|| AnnotationError::NotSaved("The log could not be read from its beginning".into()))
}

/// `None` where all of the log must be read.
fn load_from(
    disk: &Arc<dyn Disk>,
    paths: &LogPaths,
    annotator: &AnnotatorId,
    start: Start,
) -> Result<Option<Loaded>, AnnotationError> {
    let path = paths.log();
    let before = OnDisk { disk: Arc::clone(disk), path: path.clone() };
    let bytes = match read_from(&**disk, &path, start.length) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(AnnotationError::io("read the annotation log", &path)(error)),
    };
    let Start { length, mut progress, mut sum, records } = start;
    let lines = memchr::memrchr(b'\n', &bytes).map_or(0, |newline| newline + 1);
    let source = InMemory { start: length, bytes: bytes.get(..lines).unwrap_or_default(), before: &before };
    let whole = match replay(&source, annotator, &mut progress) {
        Ok(whole) => whole.unwrap_or(length + lines as u64),
        Err(Stop::NeedsAll) => return Ok(None),
        Err(Stop::TooNew { line, found }) => {
            return Err(AnnotationError::TooNew { path, line, found, known: LOG_VERSION });
        }
    };
    // Their numbers are not given again, so that a line repaired by hand finds its place.
    progress.last_seq = progress.last_seq.saturating_add(mem::take(&mut progress.unread));
    let (kept, torn) = bytes.split_at(usize::try_from(whole - length).unwrap_or(lines));
    let tail = tail(&before, length, kept).map_err(AnnotationError::io("read the annotation log", &path))?;
    let last = tail.strip_suffix(b"\n").unwrap_or(&tail);
    let last = &tail[memchr::memrchr(b'\n', last).map_or(0, |newline| newline + 1)..];
    let last_at = read_record(last).map(|record| record.at);
    match length {
        0 => sum = LogSum::of(kept),
        _ => sum.add(kept),
    }
    let torn = torn.to_vec();
    Ok(Some(Loaded { progress, last_at, whole, torn, sum, tail, snapshot: (length > 0).then_some(records) }))
}

/// The last bytes of the whole lines, of which `kept` are in memory and `start` more stand before.
fn tail(log: &OnDisk, start: u64, kept: &[u8]) -> io::Result<Vec<u8>> {
    let wanted = |there: usize| there.saturating_sub(TAIL);
    if start == 0 || kept.len() >= TAIL {
        return Ok(kept[wanted(kept.len())..].to_vec());
    }
    let more = start.min((TAIL - kept.len()) as u64);
    let mut tail = log.read(start - more, u32::try_from(more).map_err(io::Error::other)?)?.into_owned();
    tail.extend_from_slice(kept);
    Ok(tail)
}

/// Sets what is torn at the end aside and cuts it off. Only for who holds the lock: to others it may be a line being
/// written.
pub(super) fn repair(disk: &dyn Disk, paths: &LogPaths, loaded: &mut Loaded) -> Result<(), AnnotationError> {
    if loaded.torn.is_empty() {
        return Ok(());
    }
    let aside = set_aside(disk, "set a torn line aside", |number| paths.torn(number), &loaded.torn)?;
    disk.sync_folder(paths.folder()).ok();
    let path = paths.log();
    cut(disk, &path, loaded.whole).map_err(AnnotationError::io("cut a torn line off the annotation log", &path))?;
    loaded.torn.clear();
    loaded.progress.report.torn = Some(aside);
    Ok(())
}

/// Shortens a file, durably.
pub(super) fn cut(disk: &dyn Disk, path: &Path, length: u64) -> io::Result<()> {
    disk.open(path, Purpose::Mend)?.cut(length)
}

/// Writes a new file of the first name that is free; nothing stays of one that could not be written whole.
pub(super) fn set_aside(
    disk: &dyn Disk,
    doing: &'static str,
    name: impl Fn(u32) -> PathBuf,
    bytes: &[u8],
) -> Result<PathBuf, AnnotationError> {
    for number in 1..=u32::MAX {
        let path = name(number);
        match disk.open(&path, Purpose::New) {
            Ok(mut file) => {
                if let Err(error) = file.write_all(bytes).and_then(|()| file.sync()) {
                    disk.remove(&path).ok();
                    return Err(AnnotationError::io(doing, &path)(error));
                }
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(AnnotationError::io(doing, &path)(error)),
        }
    }
    Err(AnnotationError::NotSaved("There are too many lines set aside; move some of those files away".into()))
}
