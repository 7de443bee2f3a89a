//! Reads files one after another: looks at each, chooses its importer, hands on what its rows give.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::detect::{self, Choice};
use super::files::{self, Found};
use super::join::Joiner;
use super::pipeline::FileRows;
use super::read::{ByteSource, Framing, Look, RowReader, Share, read_whole, take_sample};
use super::report::FileReport;
use super::{
    Bundle, FileFault, ImportError, ImportOptions, Importer, InspectReport, Recognition, Sample, Sink, SourceFile,
    Unit, importer, importers,
};
use crate::job::{JobContext, Progress};
use crate::model::{Metadata, Trace};
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
    let total = found.iter().map(|file| file.bytes).sum();
    let mut run = Run {
        context,
        sink,
        forced,
        options,
        total,
        before: 0,
        joiner: Joiner::default(),
        reports: Vec::new(),
        failures: Vec::new(),
    };
    for (path, error) in unreachable {
        run.fail(&path, error)?;
    }
    for task in run.attachments_first(plan(found, forced))? {
        run.task(task)?;
    }
    run.finish()
}

/// The files that [`read`] would look at, folders opened.
pub fn source_files(paths: &[PathBuf]) -> Vec<PathBuf> {
    files::find(paths).0.into_iter().map(|found| found.path).collect()
}

/// Something to read.
enum Task {
    File(Found),
    /// Files that make sense together only.
    Bundle {
        importer: &'static dyn Importer,
        bundle: Bundle,
        root: PathBuf,
        bytes: u64,
    },
}

/// Puts together the files that belong together. A format that the user chose bundles alone.
fn plan(found: Vec<Found>, forced: Option<&'static dyn Importer>) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut files = found.into_iter().peekable();
    while let Some(first) = files.next() {
        let root = first.root.clone();
        let mut together = vec![first];
        while let Some(next) = files.next_if(|file| file.root == root) {
            together.push(next);
        }
        let names: Vec<String> = together.iter().map(|file| relative(&file.path, &root)).collect();
        let mut taken: HashSet<String> = HashSet::new();
        let mut bundled = Vec::new();
        if together.len() > 1 {
            let paths: Vec<&str> = names.iter().map(String::as_str).collect();
            for importer in forced.into_iter().chain(importers().filter(|_| forced.is_none())) {
                for bundle in importer.bundles(&paths) {
                    let members = || bundle.shared.iter().chain(&bundle.each);
                    if members().any(|member| taken.contains(member)) {
                        continue;
                    }
                    taken.extend(members().cloned());
                    let size = |name: &String| {
                        names.iter().position(|n| n == name).and_then(|at| Some(together.get(at)?.bytes))
                    };
                    let bytes = members().filter_map(size).sum();
                    bundled.push(Task::Bundle { importer, bundle, root: root.clone(), bytes });
                }
            }
        }
        let alone = together.into_iter().zip(&names).filter(|(_, name)| !taken.contains(*name));
        tasks.extend(alone.map(|(file, _)| Task::File(file)));
        tasks.extend(bundled);
    }
    tasks
}

/// The path of a file below the folder that the user gave, with `/`.
fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

struct Run<'a> {
    context: &'a JobContext,
    sink: &'a mut dyn Sink,
    forced: Option<&'static dyn Importer>,
    options: &'a ImportOptions,
    /// Bytes of all files, and of those that are done.
    total: u64,
    before: u64,
    joiner: Joiner,
    reports: Vec<FileReport>,
    failures: Vec<ImportError>,
}

impl Run<'_> {
    /// Reads the files with labels for other files' traces, and gives what is left to read.
    ///
    /// A file that cannot be looked at is left for its turn, when it is complained about.
    fn attachments_first(&mut self, tasks: Vec<Task>) -> Result<Vec<Task>, ImportError> {
        if tasks.len() < 2 {
            return Ok(tasks);
        }
        let mut rest = Vec::with_capacity(tasks.len());
        for task in tasks {
            match task {
                Task::File(file) if self.is_attachment(&file.path)? => self.task(Task::File(file))?,
                task => rest.push(task),
            }
        }
        Ok(rest)
    }

    fn is_attachment(&self, path: &Path) -> Result<bool, ImportError> {
        self.context.checkpoint()?;
        match self.look(path) {
            Err(error) if error.is_fatal() => Err(error),
            Err(_) => Ok(false),
            Ok((_, choice)) => Ok(choice.recognition.unit == Unit::Attachment),
        }
    }

    fn look(&self, path: &Path) -> Result<(Look, Choice), ImportError> {
        let mut look = take_sample(path, self.context)?;
        look.sample.splitter.clone_from(&self.options.splitter);
        let choice = match self.forced {
            Some(importer) => {
                let recognition = importer.recognise(&look.sample);
                let recognition =
                    recognition.unwrap_or(Recognition { share: 0.0, reason: String::new(), unit: Unit::Row });
                let recognition = Recognition { reason: "chosen by the user".into(), ..recognition };
                Choice { importer, recognition, runner_up: None }
            }
            None => detect::choose(&look.sample).map_err(|fault| fault.at(path))?,
        };
        Ok((look, choice))
    }

    fn task(&mut self, task: Task) -> Result<(), ImportError> {
        self.context.checkpoint()?;
        match task {
            Task::File(file) => {
                let bytes = file.bytes;
                self.file(&file)?;
                self.before += bytes;
            }
            Task::Bundle { importer, bundle, root, bytes } => {
                self.bundle(importer, &bundle, &root)?;
                self.before += bytes;
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &Found) -> Result<(), ImportError> {
        match self.read_file(&file.path) {
            Err(error) if error.is_fatal() => Err(error),
            // A picture or a note in a folder of traces is no fault of the user's.
            Err(error) if !file.expected || error.is_not_traces() && file.path != file.root => {
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

    /// Reads files that belong together, one row per file of `each`.
    fn bundle(&mut self, importer: &'static dyn Importer, bundle: &Bundle, root: &Path) -> Result<(), ImportError> {
        let all = || bundle.shared.iter().chain(&bundle.each);
        let file = all().next().map_or_else(|| root.to_path_buf(), |name| root.join(name));
        let mut report = FileReport::new(&file.display().to_string(), importer.name());
        report.why = format!("{} files that belong together", all().count());
        let mut shared = Metadata::new();
        for name in &bundle.shared {
            self.context.checkpoint()?;
            match read_whole(&root.join(name), self.context) {
                Ok(Some(value)) => drop(shared.insert(name.clone(), value)),
                Ok(None) => {}
                Err(error) if error.is_fatal() => return Err(error),
                Err(error) => report.warn(0, format!("{name}: {}", error.reason())),
            }
        }
        let sample = Sample { splitter: self.options.splitter.clone(), ..Sample::default() };
        let mut rows = FileRows { importer, sample: &sample, report, first_fault: None, joiner: &mut self.joiner };
        if bundle.each.is_empty() {
            rows.read_value(1, Ok(shared.into()), String::new, self.sink)?;
        } else {
            for (number, name) in (1..).zip(&bundle.each) {
                self.context.checkpoint()?;
                let done = self.before;
                self.context.report(Progress {
                    done,
                    total: Some(self.total.max(done)),
                    note: format!("Reading {name}"),
                });
                let row = match read_whole(&root.join(name), self.context) {
                    Ok(Some(value)) => {
                        let mut row = shared.clone();
                        row.insert(String::new(), name.clone().into());
                        row.insert(name.clone(), value);
                        Ok(row.into())
                    }
                    Ok(None) => Err(format!("{name} is no text")),
                    Err(error) if error.is_fatal() => return Err(error),
                    Err(error) => Err(format!("{name}: {}", error.reason())),
                };
                rows.read_value(number, row, || name.clone(), self.sink)?;
            }
        }
        let report = rows.report;
        let (traces, format) = (report.counts.traces, importer.name());
        self.reports.push(report);
        for name in all() {
            let path = root.join(name);
            let bytes = path.metadata().map_or(0, |about| about.len());
            let sha256 = sha256_file(&path, self.context).map_err(|error| ImportError::Sink(Box::new(error)))?;
            // The traces are counted once, with the first file.
            let traces = if path == file { traces } else { 0 };
            self.sink.source(SourceFile {
                path: path.display().to_string(),
                sha256,
                bytes,
                format: format.into(),
                traces,
            })?;
        }
        Ok(())
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

    fn read_file(&mut self, path: &Path) -> Result<(), ImportError> {
        let (look, choice) = self.look(path)?;
        let Choice { importer, recognition, runner_up } = choice;
        let framing = if recognition.unit == Unit::Document { Framing::Documents } else { look.layout.framing };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let share = Share { before: self.before, total: self.total, note: format!("Reading {name}") };
        let mut source = ByteSource::open(path, Some(share), self.context)?;
        if look.layout.comments {
            source.skip_comments();
        }
        let file = path.display().to_string();
        let mut report = FileReport::new(&file, importer.name());
        report.why = recognition.reason;
        report.runner_up = runner_up.map(Importer::name);
        if look.recoded {
            report.warn(0, "the file is in UTF-16; it was read as such".into());
        }
        report.number = self.reports.len();
        let joiner = &mut self.joiner;
        let mut rows = FileRows { importer, sample: &look.sample, report, first_fault: None, joiner };
        // What was read before a failure has reached the sink, so it is counted as well.
        let ended = rows.read_all(RowReader::new(source, framing), recognition.unit, self.context, self.sink);
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
        if counts.traces == 0 && recognition.unit != Unit::Attachment {
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
        let waiting = self.joiner.waiting();
        for (number, report) in self.reports.iter_mut().enumerate() {
            if let Some(&count) = waiting.get(&number) {
                report.wait(count);
            }
        }
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

/// Keeps nothing.
struct Nothing;

impl Sink for Nothing {
    fn trace(&mut self, _: u64, _: Trace) -> Result<(), ImportError> {
        Ok(())
    }
}
