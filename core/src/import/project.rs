//! From files into a project folder, into a report, or one row at a time: what the program does with [`read`](super::read).

use std::path::{Path, PathBuf};

use super::early::{Collector, Early};
use super::pending::Added;
use super::run::grow::growth;
use super::threaded::Threaded;
use super::{Carried, ImportError, ImportOptions, InspectReport, Sink, SourceFile, read};
use crate::job::{JobContext, JobError};
use crate::model::{Timestamp, Trace};
use crate::store::{ProjectDir, Reject, SourceEntry, Store, StoreError, StoreWriter};

/// What an import made.
pub struct ImportOutcome {
    /// The tables.
    pub store: Store,
    /// What was found.
    pub report: InspectReport,
}

/// Reads all files of `paths` into a project folder, in place of what its tables hold now.
///
/// Labels and scores of native files wait in the folder as [`Pending`](super::Pending). Stopped or failed, it leaves the
/// folder as it was.
pub fn import(
    paths: &[PathBuf],
    dir: &ProjectDir,
    options: &ImportOptions,
    now: Timestamp,
    ctx: &JobContext,
) -> Result<ImportOutcome, ImportError> {
    import_showing(paths, dir, options, now, ctx, None)
}

/// As [`import`], and shows the first traces while the rest is read.
pub fn import_showing(
    paths: &[PathBuf],
    dir: &ProjectDir,
    options: &ImportOptions,
    now: Timestamp,
    ctx: &JobContext,
    early: Option<Early<'_>>,
) -> Result<ImportOutcome, ImportError> {
    let writer = StoreWriter::create(dir).map_err(store_failed)?;
    let early = early.and_then(Collector::start);
    let mut sink = StoreSink { writer: Threaded::start(writer)?, early, carried: Vec::new(), sources: Vec::new(), now };
    let read = read(paths, options, ctx, &mut sink);
    let StoreSink { writer, carried, sources, .. } = sink;
    // Ends the writing in any case; where that failed, the reading failed for it.
    let (report, writer) = match (read, writer.end()) {
        (Err(ImportError::Sink(_)) | Ok(_), Err(error)) => return Err(store_failed(error)),
        (Err(error), _) => return Err(error),
        (Ok(report), Ok(writer)) => (report, writer),
    };
    // Before the new tables are valid: from then on the files need not be read again.
    let added = Added::put(dir, &carried).map_err(store_failed)?;
    options.save(dir).map_err(store_failed)?;
    match writer.finish(sources) {
        Ok(store) => Ok(ImportOutcome { store, report }),
        Err(error) => {
            added.take_back();
            Err(store_failed(error))
        }
    }
}

/// Reads changed sources again; `old` are the tables as they were read before.
///
/// Where files of lines have only grown, or new files have come, nothing else is read and the new traces stand behind the
/// old ones; the report then tells of these. In any other case everything is imported. A last line that is not complete
/// waits.
pub fn refresh(
    old: &Store,
    paths: &[PathBuf],
    options: &ImportOptions,
    now: Timestamp,
    ctx: &JobContext,
) -> Result<ImportOutcome, ImportError> {
    let options = ImportOptions { follow: true, ..options.clone() };
    match append(old, paths, &options, now, ctx)? {
        Some(outcome) => Ok(outcome),
        None => import(paths, old.dir(), &options, now, ctx),
    }
}

/// Reads what has been added to the sources; `None` where everything has to be imported.
fn append(
    old: &Store,
    paths: &[PathBuf],
    options: &ImportOptions,
    now: Timestamp,
    ctx: &JobContext,
) -> Result<Option<ImportOutcome>, ImportError> {
    let dir = old.dir();
    if !ImportOptions::load(dir).is_ok_and(|kept| kept.decides_like(options)) {
        return Ok(None);
    }
    let Some(growth) = growth(old.sources(), paths, options, ctx)? else { return Ok(None) };
    let writer = match StoreWriter::append(old) {
        Ok(Some(writer)) => writer,
        Err(error @ StoreError::Busy { .. }) => return Err(store_failed(error)),
        // An import makes the tables anew.
        Ok(None) | Err(_) => return Ok(None),
    };
    let writer = Threaded::start(writer)?;
    let mut sink = StoreSink { writer, early: None, carried: Vec::new(), sources: Vec::new(), now };
    let read = growth.read(options, ctx, &mut sink);
    let StoreSink { writer, carried, sources: added, .. } = sink;
    let (report, writer) = match (read, writer.end()) {
        (Err(ImportError::Sink(_)) | Ok(_), Err(error)) => return Err(store_failed(error)),
        (Err(error), _) if error.is_fatal() => return Err(error),
        (Err(_), _) => return Ok(None),
        (Ok(report), Ok(writer)) => (report, writer),
    };
    let mut sources = old.sources().to_vec();
    for mut entry in added {
        match sources.iter_mut().find(|known| known.path == entry.path) {
            Some(known) => {
                entry.traces += known.traces;
                *known = entry;
            }
            None => sources.push(entry),
        }
    }
    let added = Added::put(dir, &carried).map_err(store_failed)?;
    match writer.finish(sources) {
        Ok(store) => Ok(Some(ImportOutcome { store, report })),
        Err(error) => {
            added.take_back();
            Err(store_failed(error))
        }
    }
}

/// Hands every trace to `each`; an error of its stops the reading.
pub fn each_trace(
    paths: &[PathBuf],
    options: &ImportOptions,
    ctx: &JobContext,
    each: &mut dyn FnMut(Trace) -> Result<(), JobError>,
) -> Result<InspectReport, ImportError> {
    read(paths, options, ctx, &mut EachTrace(each))
}

/// The trace in that row of a file, from 1.
pub fn read_row(path: &Path, row: u64, options: &ImportOptions, ctx: &JobContext) -> Result<Trace, ImportError> {
    let mut sink = OneRow { row, found: None, rejected: None };
    let ended = read(&[path.to_owned()], options, ctx, &mut sink);
    match (sink.found, sink.rejected, ended) {
        // Finding the row stops the reading, which is no error.
        (Some(trace), _, _) => Ok(trace),
        (None, Some(reason), _) => Err(ImportError::Row { path: path.into(), row, reason }),
        (None, None, Err(error)) => Err(error),
        (None, None, Ok(report)) => {
            let reason = format!("there is no such row; the file gave {} traces", report.counts.traces);
            Err(ImportError::Row { path: path.into(), row, reason })
        }
    }
}

/// The first traces of some files, for a preview.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct First {
    /// The traces, with the row of each.
    pub traces: Vec<(u64, Trace)>,
    /// The rows among them that cannot be read.
    pub rejects: Vec<Reject>,
}

/// Reads until `count` traces or as many rejects are found.
pub fn first_traces(
    paths: &[PathBuf],
    count: usize,
    options: &ImportOptions,
    ctx: &JobContext,
) -> Result<First, ImportError> {
    let mut sink = FirstRows { count, first: First::default(), full: false };
    match read(paths, options, ctx, &mut sink) {
        // That there are enough stops the reading, which is no error.
        Err(error) if !sink.full && sink.first.rejects.is_empty() => Err(error),
        _ => Ok(sink.first),
    }
}

struct FirstRows {
    count: usize,
    first: First,
    full: bool,
}

impl FirstRows {
    fn stop_when_full(&mut self) -> Result<(), ImportError> {
        self.full = self.first.traces.len().max(self.first.rejects.len()) >= self.count;
        if self.full { Err(ImportError::Cancelled) } else { Ok(()) }
    }
}

impl Sink for FirstRows {
    fn trace(&mut self, row: u64, trace: Trace) -> Result<(), ImportError> {
        self.first.traces.push((row, trace));
        self.stop_when_full()
    }

    fn reject(&mut self, reject: Reject) -> Result<(), ImportError> {
        self.first.rejects.push(reject);
        self.stop_when_full()
    }
}

struct StoreSink<'a> {
    writer: Threaded,
    /// Until the first traces are shown.
    early: Option<Collector<'a>>,
    carried: Vec<Carried>,
    sources: Vec<SourceEntry>,
    now: Timestamp,
}

impl Sink for StoreSink<'_> {
    fn trace(&mut self, _row: u64, trace: Trace) -> Result<(), ImportError> {
        self.early = self.early.take().and_then(|early| early.add(&trace));
        self.writer.push(trace)
    }

    fn reject(&mut self, reject: Reject) -> Result<(), ImportError> {
        self.writer.reject(reject)
    }

    fn carried(&mut self, carried: Carried) -> Result<(), ImportError> {
        self.carried.push(carried);
        Ok(())
    }

    fn source(&mut self, source: SourceFile) -> Result<(), ImportError> {
        let SourceFile { path, sha256, bytes, waiting, format, traces } = source;
        // The project is opened from other folders too: watched, read again, kept from being written over.
        let path = std::path::absolute(&path).map_or(path, |path| path.display().to_string());
        self.sources.push(SourceEntry { path, sha256, bytes, waiting, format, traces, imported_at: self.now });
        Ok(())
    }
}

struct EachTrace<'a>(&'a mut dyn FnMut(Trace) -> Result<(), JobError>);

impl Sink for EachTrace<'_> {
    fn trace(&mut self, _row: u64, trace: Trace) -> Result<(), ImportError> {
        (self.0)(trace).map_err(|error| match error {
            JobError::Cancelled => ImportError::Cancelled,
            failed @ JobError::Failed(_) => ImportError::Sink(Box::new(failed)),
        })
    }
}

struct OneRow {
    row: u64,
    found: Option<Trace>,
    rejected: Option<String>,
}

impl Sink for OneRow {
    fn trace(&mut self, row: u64, trace: Trace) -> Result<(), ImportError> {
        if row == self.row && self.found.is_none() {
            self.found = Some(trace);
            return Err(ImportError::Cancelled);
        }
        Ok(())
    }

    fn reject(&mut self, reject: Reject) -> Result<(), ImportError> {
        if reject.row == self.row {
            self.rejected = Some(reject.reason);
        }
        Ok(())
    }
}

fn store_failed(error: StoreError) -> ImportError {
    ImportError::Sink(Box::new(error))
}
