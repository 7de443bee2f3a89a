//! Reads files one after another: looks at each, chooses its importer, hands on what its rows give.

use std::path::{Path, PathBuf};

use super::files::{self, Found};
use super::read::{ByteSource, Framing, RowReader, Share, take_sample};
use super::report::FileReport;
use super::{
    FileFault, ImportError, ImportOptions, Importer, InspectReport, Sample, Sink, SourceFile, Unit, detect, importer,
};
use crate::job::JobContext;
use crate::model::{SourceRef, Trace};
use crate::store::{Reject, sha256_file};

/// Counts what the files hold; keeps nothing.
pub fn inspect(paths: &[PathBuf], options: &ImportOptions, context: &JobContext) -> Result<InspectReport, ImportError> {
    read(paths, options, context, &mut Nothing)
}

/// Reads all files of `paths`, folders opened, and hands what they hold to `sink`.
///
/// A file that cannot be read is a reject with row 0. Fails only if no file could be read, if the job was cancelled
/// (seen every 64 KiB), or if the sink fails; what the sink got until then is for its owner to discard.
pub fn read(
    paths: &[PathBuf],
    options: &ImportOptions,
    context: &JobContext,
    sink: &mut dyn Sink,
) -> Result<InspectReport, ImportError> {
    let forced = match &options.format {
        Some(name) => Some(importer(name).ok_or_else(|| ImportError::UnknownFormat(name.clone()))?),
        None => None,
    };
    let (found, unreachable) = files::find(paths);
    let mut run = Run { context, sink, forced, reports: Vec::new(), failures: Vec::new() };
    for (path, error) in unreachable {
        run.fail(&path, error)?;
    }
    let total = found.iter().map(|file| file.bytes).sum();
    let mut before = 0;
    for file in &found {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        run.file(file, Share { before, total, note: format!("Reading {name}") })?;
        before += file.bytes;
    }
    run.finish()
}

/// The files that [`read`] would look at, folders opened.
pub fn source_files(paths: &[PathBuf]) -> Vec<PathBuf> {
    files::find(paths).0.into_iter().map(|found| found.path).collect()
}

struct Run<'a> {
    context: &'a JobContext,
    sink: &'a mut dyn Sink,
    forced: Option<&'static dyn Importer>,
    reports: Vec<FileReport>,
    failures: Vec<ImportError>,
}

impl Run<'_> {
    fn file(&mut self, file: &Found, share: Share) -> Result<(), ImportError> {
        self.context.checkpoint()?;
        match self.read_file(&file.path, share) {
            Err(error) if error.is_fatal() => Err(error),
            // A picture or a note in a folder of traces is no fault of the user's.
            Err(error) if !file.expected => {
                let mut report = FileReport::new(&file.path.display().to_string(), "unknown");
                report.warn(0, format!("left out: {}", error.reason()));
                self.reports.push(report);
                self.failures.push(error);
                self.left_out(&file.path)
            }
            Err(error) => self.fail(&file.path, error),
            Ok(()) => Ok(()),
        }
    }

    fn fail(&mut self, path: &Path, error: ImportError) -> Result<(), ImportError> {
        let file = path.display().to_string();
        let mut report = FileReport::new(&file, "unknown");
        report.counts.rejected = 1;
        report.warn(0, format!("rejected: {}", error.reason()));
        self.reports.push(report);
        self.sink.reject(Reject { file, row: 0, reason: error.reason(), text: String::new() })?;
        self.failures.push(error);
        self.left_out(path)
    }

    /// A file that was left out is a source all the same: the import must be done again when it changes.
    fn left_out(&mut self, path: &Path) -> Result<(), ImportError> {
        let (Ok(found), Ok(sha256)) = (path.metadata(), sha256_file(path, self.context)) else { return Ok(()) };
        let (path, format) = (path.display().to_string(), "unknown".into());
        self.sink.source(SourceFile { path, sha256, bytes: found.len(), format, traces: 0 })
    }

    fn read_file(&mut self, path: &Path, share: Share) -> Result<(), ImportError> {
        let look = take_sample(path, self.context)?;
        let (importer, recognition) = if let Some(importer) = self.forced {
            (importer, importer.recognise(&look.sample))
        } else {
            let (importer, recognition) = detect::choose(&look.sample).map_err(|fault| fault.at(path))?;
            (importer, Some(recognition))
        };
        let why = match (&recognition, self.forced) {
            (Some(recognition), None) => recognition.reason.clone(),
            _ => "chosen by the user".into(),
        };
        let whole = recognition.is_some_and(|recognition| recognition.unit == Unit::Document);
        let framing = if whole { Framing::Documents } else { look.layout.framing };
        let mut source = ByteSource::open(path, Some(share), self.context)?;
        if look.layout.comments {
            source.skip_comments();
        }
        let file = path.display().to_string();
        let mut report = FileReport::new(&file, importer.name());
        report.why = why;
        if look.recoded {
            report.warn(0, "the file is in UTF-16; it was read as such".into());
        }
        let mut rows = FileRows { importer, sample: &look.sample, report, first_fault: None };
        // What was read before a failure has reached the sink, so it is counted as well.
        let ended = rows.read_all(RowReader::new(source, framing), self.context, self.sink);
        let FileRows { report, first_fault, .. } = rows;
        let counts = report.counts;
        self.reports.push(report);
        let (sha256, bytes) = match ended {
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) if counts.traces > 0 => return self.broke_off(file, &error),
            Err(error) => {
                self.reports.pop();
                return Err(error);
            }
            Ok(ended) => ended,
        };
        if counts.traces == 0 {
            let (row, reason) = first_fault.unwrap_or_default();
            self.failures.push(FileFault::AllRejected { count: counts.rejected, row, reason }.at(path));
        }
        let format = importer.name().into();
        self.sink.source(SourceFile { path: file, sha256, bytes, format, traces: counts.traces })
    }

    /// The file could not be read to its end; what came before stays.
    fn broke_off(&mut self, file: String, error: &ImportError) -> Result<(), ImportError> {
        if let Some(report) = self.reports.last_mut() {
            report.counts.rejected += 1;
        }
        let reason = format!("the file could not be read to its end: {}", error.reason());
        self.sink.reject(Reject { file, row: 0, reason, text: String::new() })
    }

    fn finish(mut self) -> Result<InspectReport, ImportError> {
        if self.reports.iter().all(|report| report.counts.traces == 0) && !self.failures.is_empty() {
            let first = self.failures.remove(0);
            return Err(match self.failures.len() {
                0 => first,
                others => ImportError::Several { first: Box::new(first), others },
            });
        }
        Ok(InspectReport::new(self.reports))
    }
}

/// The rows of one file on their way to the sink.
struct FileRows<'a> {
    importer: &'static dyn Importer,
    sample: &'a Sample,
    report: FileReport,
    first_fault: Option<(u64, String)>,
}

impl FileRows<'_> {
    fn read_all(
        &mut self,
        mut rows: RowReader<'_>,
        context: &JobContext,
        sink: &mut dyn Sink,
    ) -> Result<(String, u64), ImportError> {
        while let Some(row) = rows.next()? {
            context.checkpoint()?;
            let read =
                row.parse().and_then(|value| self.importer.read_row(value, self.sample).map_err(|error| error.0));
            match read {
                Ok(found) => {
                    for imported in found {
                        self.accept(row.number, imported, sink)?;
                    }
                }
                Err(reason) => {
                    self.report.counts.rejected += 1;
                    self.report.warn(row.number, format!("rejected: {reason}"));
                    self.first_fault.get_or_insert_with(|| (row.number, reason.clone()));
                    sink.reject(Reject { file: self.report.file.clone(), row: row.number, reason, text: row.text() })?;
                }
            }
        }
        rows.finish()
    }

    fn accept(&mut self, row: u64, imported: super::Imported, sink: &mut dyn Sink) -> Result<(), ImportError> {
        let mut trace = imported.trace;
        // Our own format remembers where the trace was first read.
        if trace.source.file.is_empty() {
            trace.source = SourceRef { file: self.report.file.clone(), row, format: self.importer.name().into() };
        }
        self.report.add(row, &trace);
        sink.trace(row, trace)?;
        imported.carried.map_or(Ok(()), |carried| sink.carried(carried))
    }
}

/// Keeps nothing.
struct Nothing;

impl Sink for Nothing {
    fn trace(&mut self, _: u64, _: Trace) -> Result<(), ImportError> {
        Ok(())
    }
}
