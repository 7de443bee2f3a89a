//! Reading a log: whole lines into the fold, what cannot be read into warnings, a torn last line aside.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::error::AnnotationError;
use super::event::{Event, LOG_VERSION, Record};
use super::fold::Fold;
use super::lock::sync_folder;
use super::name::{LogPaths, annotator_of};
use super::state::Annotations;
use crate::model::AnnotatorId;

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
    pub(super) fold: Fold,
    pub(super) report: LoadReport,
    /// The highest number in the log.
    pub(super) last_seq: u64,
    /// Length of the whole lines in bytes.
    pub(super) whole: u64,
    /// What follows the last whole line.
    pub(super) torn: Vec<u8>,
}

/// Reads what an annotator said, without the right to write: nothing is locked, repaired or created.
pub fn read(folder: &Path, annotator: &AnnotatorId) -> Result<(Annotations, LoadReport), AnnotationError> {
    let loaded = load(&LogPaths::new(folder, annotator)?, annotator)?;
    Ok((Arc::unwrap_or_clone(loaded.fold.state), loaded.report))
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

/// Folds the whole lines of a log. A missing log is an empty one.
pub(super) fn load(paths: &LogPaths, annotator: &AnnotatorId) -> Result<Loaded, AnnotationError> {
    let path = paths.log();
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(AnnotationError::io("read the annotation log", &path)(error)),
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let (lines, torn) = bytes.split_at(whole);
    let mut reader =
        Reader { annotator, seen: HashMap::new(), loaded: Loaded::default(), unread: 0, strange_author: false };
    for (line, number) in lines.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        reader.line(line, number).map_err(|found| AnnotationError::TooNew {
            path: path.clone(),
            line: number,
            found,
            known: LOG_VERSION,
        })?;
    }
    // Their numbers are not given again, so that a line repaired by hand finds its place.
    let last_seq = reader.loaded.last_seq.saturating_add(reader.unread);
    let mut loaded = Loaded { last_seq, whole: whole as u64, torn: torn.to_vec(), ..reader.loaded };
    let rescued = (1..=u32::MAX).map(|number| paths.rescued(number));
    loaded.report.rescued = rescued.take_while(|file| file.exists()).collect();
    Ok(loaded)
}

/// Sets the torn last line aside and cuts it off. Only for who holds the lock: to others it may be a line being written.
pub(super) fn repair(paths: &LogPaths, loaded: &mut Loaded) -> Result<(), AnnotationError> {
    if loaded.torn.is_empty() {
        return Ok(());
    }
    let aside = set_aside("set a torn line aside", |number| paths.torn(number), &loaded.torn)?;
    sync_folder(paths);
    let path = paths.log();
    cut(&path, loaded.whole).map_err(AnnotationError::io("cut a torn line off the annotation log", &path))?;
    loaded.torn.clear();
    loaded.report.torn = Some(aside);
    Ok(())
}

/// Shortens a file, durably.
pub(super) fn cut(path: &Path, length: u64) -> io::Result<()> {
    // A handle that only appends could not do this on every system.
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

/// Writes a new file of the first name that is free; nothing stays of one that could not be written whole.
pub(super) fn set_aside(
    doing: &'static str,
    name: impl Fn(u32) -> PathBuf,
    bytes: &[u8],
) -> Result<PathBuf, AnnotationError> {
    for number in 1..=u32::MAX {
        let path = name(number);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
                    fs::remove_file(&path).ok();
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

/// All that is needed of a line to know whether it may be read.
#[derive(Deserialize)]
struct Version {
    v: u16,
}

struct Reader<'a> {
    annotator: &'a AnnotatorId,
    seen: HashMap<u64, &'a [u8]>,
    loaded: Loaded,
    /// Lines since the last record that could not be read.
    unread: u64,
    strange_author: bool,
}

impl<'a> Reader<'a> {
    /// Takes one line in. The error is the version of a line that is too new.
    fn line<'b: 'a>(&mut self, line: &'b [u8], number: u64) -> Result<(), u16> {
        let parsed = serde_json::from_slice::<Record>(line);
        let version = match &parsed {
            Ok(record) => Some(record.v),
            Err(_) => serde_json::from_slice::<Version>(line).ok().map(|line| line.v),
        };
        if let Some(version) = version.filter(|version| *version > LOG_VERSION) {
            return Err(version);
        }
        match parsed {
            Ok(record) => self.record(&record, line, number),
            Err(error) => {
                self.unread += 1;
                self.warn(number, format!("cannot be read and was left out: {error}"));
            }
        }
        Ok(())
    }

    fn record(&mut self, record: &Record, line: &'a [u8], number: u64) {
        let last = self.loaded.last_seq;
        if record.seq == 0 || record.seq == u64::MAX {
            return self.warn(number, format!("has the impossible number {} and was left out", record.seq));
        }
        let unread = mem::take(&mut self.unread);
        // A line that cannot be read explains one missing number.
        if record.seq - 1 > last.saturating_add(unread) {
            let (from, to) = (last + 1, record.seq - 1);
            let missing = if from == to { format!("record {to} is") } else { format!("records {from} to {to} are") };
            self.warn(number, format!("comes where {missing} missing"));
        } else if record.seq <= last {
            if self.seen.get(&record.seq) == Some(&line) {
                return self.warn(number, format!("repeats record {} and was left out", record.seq));
            }
            self.warn(
                number,
                format!("has the number {}, but {last} came before it; it was read all the same", record.seq),
            );
        }
        self.seen.insert(record.seq, line);
        self.loaded.last_seq = last.max(record.seq);
        if record.by != *self.annotator && !self.strange_author {
            self.strange_author = true;
            self.warn(number, format!("was said by “{}”, not by “{}” whose log this is", record.by, self.annotator));
        }
        if let Some(kind) = record.event.damaged_kind() {
            return self.warn(number, format!("is a damaged “{kind}” and was left out"));
        }
        self.loaded.report.records += 1;
        self.loaded.report.unknown += u64::from(matches!(record.event, Event::Unknown(_)));
        if let Err(message) = self.loaded.fold.apply(record) {
            self.warn(number, message);
        }
    }

    fn warn(&mut self, line: u64, message: String) {
        self.loaded.report.warnings.push(LineWarning { line, message });
    }
}
