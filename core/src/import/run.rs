//! Reads files one after another: looks at each, chooses its importer, hands on what its rows give.

pub(super) mod grow;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::detect::{self, Choice};
use super::files::{self, Found};
use super::join::Joiner;
use super::pipeline::FileRows;
use super::read::{
    Archive, FileSum, Framing, Head, Input, Layout, Members, Parsed, RowReader, Share, look_at, read_whole, take_sample,
};
use super::report::FileReport;
use super::{
    Bundle, FileFault, ImportError, ImportOptions, Importer, InspectReport, Recognition, Sample, Sink, SourceFile,
    Unit, importer, importers,
};
use crate::job::{JobContext, Progress};
use crate::model::{Metadata, Trace};
use crate::store::{Reject, sha256_file};

/// Files that were left out are told one by one up to this many.
const LEFT_OUT: usize = 1000;

/// Of so many files it is kept what they are, from the look for labels to the reading.
const KNOWN: usize = 100_000;

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
    let mut run = Run { total, ..Run::new(options, forced, context, sink) };
    for (path, error) in unreachable {
        run.fail(&Input::File(path), error)?;
    }
    for task in run.attachments_first(plan(found.into_iter().map(Item::from), forced))? {
        run.task(task)?;
    }
    run.finish()
}

/// The files that [`read`] would look at, folders opened.
pub fn source_files(paths: &[PathBuf]) -> Vec<PathBuf> {
    files::find(paths).0.into_iter().map(|found| found.path).collect()
}

/// The first rows of a file, and what it was taken for.
pub(super) fn look(
    file: &Path,
    options: &ImportOptions,
    context: &JobContext,
) -> Result<(Sample, Result<Choice, ImportError>), ImportError> {
    let mut nothing = Nothing;
    let run = Run::new(options, None, context, &mut nothing);
    let input = Input::from(file);
    match run.look(&input) {
        Ok((look, choice)) => Ok((look.sample, Ok(choice))),
        Err(error) if error.is_fatal() => Err(error),
        Err(error) => {
            let head = look_at(&input, context)?;
            Ok((take_sample(&input, &head, head.layout, context)?, Err(error)))
        }
    }
}

/// A file on disk or in an archive.
struct Item {
    input: Input,
    /// Its path below the folder that the user gave, or in the archive, with `/`.
    name: String,
    /// What holds it: the path that the user gave, or the archive.
    root: Arc<Path>,
    /// Its size on disk.
    bytes: u64,
    /// Worth a complaint if it cannot be read.
    expected: bool,
    /// True where the user named it.
    named: bool,
}

impl From<Found> for Item {
    fn from(found: Found) -> Self {
        let Found { path, bytes, expected, root } = found;
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        Self { name, bytes, expected, named: *path == *root, root, input: Input::File(path) }
    }
}

/// Something to read.
enum Task {
    File(Item, Option<Box<Known>>),
    /// Files that make sense together only.
    Bundle {
        importer: &'static dyn Importer,
        bundle: Bundle,
        files: HashMap<String, Item>,
    },
}

/// Puts together the files that belong together. A format that the user chose bundles alone.
fn plan(items: impl Iterator<Item = Item>, forced: Option<&'static dyn Importer>) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut items = items.peekable();
    while let Some(first) = items.next() {
        let root = Arc::clone(&first.root);
        let mut together = vec![first];
        while let Some(next) = items.next_if(|item| item.root == root) {
            together.push(next);
        }
        let mut bundles: Vec<(&'static dyn Importer, Bundle)> = Vec::new();
        let mut taken: HashMap<String, usize> = HashMap::new();
        if together.len() > 1 {
            let paths: Vec<&str> = together.iter().map(|item| item.name.as_str()).collect();
            let there: HashSet<&str> = paths.iter().copied().collect();
            for importer in forced.into_iter().chain(importers().filter(|_| forced.is_none())) {
                for bundle in importer.bundles(&paths) {
                    let members = || bundle.shared.iter().chain(&bundle.each);
                    let free = |member: &String| there.contains(member.as_str()) && !taken.contains_key(member);
                    if members().next().is_some() && members().all(free) {
                        taken.extend(members().map(|member| (member.clone(), bundles.len())));
                        bundles.push((importer, bundle));
                    }
                }
            }
        }
        let mut files: Vec<HashMap<String, Item>> = bundles.iter().map(|_| HashMap::new()).collect();
        for item in together {
            match taken.get(&item.name).and_then(|&number| files.get_mut(number)) {
                Some(bundled) => drop(bundled.insert(item.name.clone(), item)),
                None => tasks.push(Task::File(item, None)),
            }
        }
        let bundled = bundles.into_iter().zip(files);
        tasks.extend(bundled.map(|((importer, bundle), files)| Task::Bundle { importer, bundle, files }));
    }
    tasks
}

/// What is known of a file before it is read.
struct Look {
    head: Head,
    layout: Layout,
    sample: Sample,
}

/// What is kept of an early look at a file until its turn comes: too many samples would fill the memory.
type Known = Result<(Head, Layout, Choice), ImportError>;

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
    first_failure: Option<ImportError>,
    failures: usize,
    /// Files that were left out and are only counted.
    left_out: usize,
    /// Warnings of all files read.
    listed: usize,
}

impl<'a> Run<'a> {
    fn new(
        options: &'a ImportOptions,
        forced: Option<&'static dyn Importer>,
        context: &'a JobContext,
        sink: &'a mut dyn Sink,
    ) -> Self {
        Self {
            context,
            sink,
            forced,
            options,
            total: 0,
            before: 0,
            joiner: Joiner::default(),
            reports: Vec::new(),
            first_failure: None,
            failures: 0,
            left_out: 0,
            listed: 0,
        }
    }
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
            let Task::File(item, _) = task else {
                rest.push(task);
                continue;
            };
            let known = self.look_early(&item.input)?;
            let choice = known.as_ref().and_then(|known| known.as_ref().ok()).map(|(_, _, choice)| choice);
            let is_attachment = choice.is_some_and(|choice| choice.recognition.unit == Unit::Attachment);
            let task = Task::File(item, known.filter(|_| rest.len() < KNOWN).map(Box::new));
            if is_attachment { self.task(task)? } else { rest.push(task) }
        }
        Ok(rest)
    }

    /// What a file is, before its turn comes; nothing of an archive.
    fn look_early(&self, input: &Input) -> Result<Option<Known>, ImportError> {
        self.context.checkpoint()?;
        if input.file().is_some_and(|path| Archive::is_at(path, self.context)) {
            return Ok(None);
        }
        match self.look(input) {
            Err(error) if error.is_fatal() => Err(error),
            Err(error) => Ok(Some(Err(error))),
            Ok((look, choice)) => Ok(Some(Ok((look.head, look.layout, choice)))),
        }
    }

    /// Finds out what a file is. Where its rows are not known as they are laid out, other ways are tried.
    fn look(&self, input: &Input) -> Result<(Look, Choice), ImportError> {
        let head = look_at(input, self.context)?;
        let first = self.look_as(input, &head, head.layout);
        let (sample, error) = match first {
            Ok((sample, Ok(choice))) => {
                return Ok((Look { layout: head.layout, head, sample }, choice));
            }
            Ok((_, Err(fault @ FileFault::NotTraces(_)))) => return Err(input.fault(fault)),
            Ok((sample, Err(fault))) => (Some(sample), input.fault(head.not_rows().unwrap_or(fault))),
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => (None, error),
        };
        for framing in head.others(sample.as_ref()) {
            let layout = Layout { framing, ..head.layout };
            match self.look_as(input, &head, layout) {
                Ok((sample, Ok(choice))) => return Ok((Look { head, layout, sample }, choice)),
                Err(error) if error.is_fatal() => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Err(error)
    }

    /// What the rows are when they are laid out like that.
    fn look_as(
        &self,
        input: &Input,
        head: &Head,
        layout: Layout,
    ) -> Result<(Sample, Result<Choice, FileFault>), ImportError> {
        let sample = self.sample(input, head, layout)?;
        let choice = match self.forced {
            Some(importer) => {
                let recognition = importer.recognise(&sample);
                if recognition.is_none() && layout != head.layout {
                    return Ok((sample, Err(FileFault::NotTraces("of another format"))));
                }
                let recognition =
                    recognition.unwrap_or(Recognition { share: 0.0, reason: String::new(), unit: Unit::Row });
                let recognition = Recognition { reason: "chosen by the user".into(), ..recognition };
                Ok(Choice { importer, recognition, runner_up: None })
            }
            None => detect::choose(&sample),
        };
        Ok((sample, choice))
    }

    fn sample(&self, input: &Input, head: &Head, layout: Layout) -> Result<Sample, ImportError> {
        let mut sample = take_sample(input, head, layout, self.context)?;
        sample.set_options(self.options);
        sample.path = input.place();
        Ok(sample)
    }

    fn task(&mut self, task: Task) -> Result<(), ImportError> {
        self.context.checkpoint()?;
        match task {
            Task::File(item, known) => {
                let before = self.before;
                self.file(&item, known.map(|known| *known))?;
                self.before = before + item.bytes;
            }
            Task::Bundle { importer, bundle, files } => self.bundle(importer, &bundle, &files)?,
        }
        Ok(())
    }

    fn file(&mut self, item: &Item, known: Option<Known>) -> Result<(), ImportError> {
        // What is known is no archive.
        let read = match item.input.file().filter(|_| known.is_none()) {
            Some(path) => match Archive::open(path, self.context) {
                Ok(Some(members)) => return self.archive(item, members),
                Ok(None) => self.read_file(&item.input, None),
                Err(error) => {
                    self.context.checkpoint()?;
                    Err(item.input.fault(error))
                }
            },
            None => self.read_file(&item.input, known),
        };
        match read {
            Err(error) if error.is_fatal() => Err(error),
            // A picture or a note in a folder of traces is no fault of the user's.
            Err(error) if !item.expected || error.is_not_traces() && !item.named => {
                if self.reports.len() < LEFT_OUT {
                    let mut report = FileReport::new(&item.input.to_string(), "unknown");
                    report.warn(0, format!("left out: {}", error.reason()));
                    self.reports.push(report);
                } else {
                    self.left_out += 1;
                }
                self.failed(error);
                self.left_out(&item.input)
            }
            Err(error) => self.fail(&item.input, error),
            Ok(()) => Ok(()),
        }
    }

    /// Reads the members of an archive like the files of a folder.
    fn archive(&mut self, item: &Item, members: Members) -> Result<(), ImportError> {
        let Members { archive, entries, superseded } = members;
        if entries.is_empty() {
            return self.fail(&item.input, item.input.fault(FileFault::EmptyArchive));
        }
        let first = self.reports.len();
        if superseded > 0 {
            let mut report = FileReport::new(&item.input.to_string(), "unknown");
            report.warn(0, format!("{superseded} members have the name of a later one, which is read in their place"));
            self.reports.push(report);
        }
        let root: Arc<Path> = PathBuf::from(item.input.to_string()).into();
        let items = entries.into_iter().map(|entry| Item {
            name: entry.name.clone(),
            root: Arc::clone(&root),
            bytes: entry.packed,
            expected: files::is_named_like_json(Path::new(&entry.name)),
            named: false,
            input: Input::Member(Arc::clone(&archive), Arc::new(entry)),
        });
        for task in self.attachments_first(plan(items, self.forced))? {
            self.task(task)?;
        }
        let reports = self.reports.get(first..).unwrap_or_default();
        let read = || reports.iter().filter(|report| report.counts.traces > 0);
        let format = read().next().map_or("unknown", |report| report.format.as_str()).to_owned();
        let traces = read().map(|report| report.counts.traces).sum();
        self.source(&item.input, &format, traces)
    }

    /// Tells the sink of a file on disk, where it can be read.
    fn source(&mut self, input: &Input, format: &str, traces: u64) -> Result<(), ImportError> {
        // Opening a pipe would wait for who writes into it.
        let Some(path) = input.file().filter(|path| path.is_file()) else { return Ok(()) };
        let (found, sha256) = (path.metadata(), sha256_file(path, self.context));
        self.context.checkpoint()?;
        let (Ok(found), Ok(sha256)) = (found, sha256) else { return Ok(()) };
        let sum = FileSum { sha256, bytes: found.len(), waiting: 0 };
        self.sink.source(SourceFile::new(path.display().to_string(), sum, format, traces))
    }

    /// Reads files that belong together, one row per file of `each`.
    fn bundle(
        &mut self,
        importer: &'static dyn Importer,
        bundle: &Bundle,
        files: &HashMap<String, Item>,
    ) -> Result<(), ImportError> {
        let all: Vec<&Item> = bundle.shared.iter().chain(&bundle.each).filter_map(|name| files.get(name)).collect();
        let Some(first) = all.first() else { return Ok(()) };
        // An archive is one file to the user.
        let file =
            if first.input.file().is_some() { first.input.to_string() } else { first.root.display().to_string() };
        let mut report = FileReport::new(&file, importer.name()).after(self.listed);
        report.why = format!("{} files that belong together", all.len());
        report.number = self.reports.len();
        let mut shared = Metadata::new();
        for name in &bundle.shared {
            let Some(item) = files.get(name) else { continue };
            self.context.checkpoint()?;
            self.before += item.bytes;
            match read_whole(&item.input, importer.repeats(), self.context) {
                Ok(Some(Parsed { value, repairs })) => {
                    for repair in repairs {
                        report.warn(0, format!("repaired: {name}: {repair}"));
                    }
                    shared.insert(name.clone(), value);
                }
                Ok(None) => {}
                Err(error) if error.is_fatal() => return Err(error),
                Err(error) => report.warn(0, format!("{name}: {}", error.reason())),
            }
        }
        let mut sample = Sample { path: first.root.to_path_buf(), ..Sample::default() };
        sample.set_options(self.options);
        let mut rows = FileRows { importer, sample: &sample, report, first_fault: None, joiner: &mut self.joiner };
        if bundle.each.is_empty() {
            rows.read_value(1, Ok(shared.into()), String::new, self.sink)?;
        } else {
            for (number, name) in (1..).zip(&bundle.each) {
                let Some(item) = files.get(name) else { continue };
                self.context.checkpoint()?;
                let done = self.before;
                self.context.report(Progress {
                    done,
                    total: Some(self.total.max(done)),
                    note: format!("Reading {name}"),
                });
                let row = match read_whole(&item.input, importer.repeats(), self.context) {
                    Ok(Some(parsed)) => {
                        let mut row = shared.clone();
                        row.insert(String::new(), name.clone().into());
                        row.insert(name.clone(), rows.repaired(number, parsed));
                        Ok(row.into())
                    }
                    Ok(None) => Err(format!("{name} is no text")),
                    Err(error) if error.is_fatal() => return Err(error),
                    Err(error) => Err(format!("{name}: {}", error.reason())),
                };
                rows.read_value(number, row, || name.clone(), self.sink)?;
                self.before += item.bytes;
            }
        }
        let FileRows { report, first_fault, .. } = rows;
        let (counts, format) = (report.counts, importer.name());
        self.listed += report.warnings.len();
        self.reports.push(report);
        if let (0, Some((row, reason))) = (counts.traces, first_fault) {
            let fault = FileFault::AllRejected { count: counts.rejected, row, reason };
            self.failed(ImportError::File { path: file.into(), fault });
        }
        for (number, item) in all.iter().enumerate() {
            // The traces are counted once, with the first file.
            self.source(&item.input, format, if number == 0 { counts.traces } else { 0 })?;
        }
        Ok(())
    }

    fn failed(&mut self, error: ImportError) {
        self.failures += 1;
        self.first_failure.get_or_insert(error);
    }

    fn fail(&mut self, input: &Input, error: ImportError) -> Result<(), ImportError> {
        let file = input.to_string();
        let mut report = FileReport::new(&file, "unknown");
        report.counts.rows = 1;
        report.counts.rejected = 1;
        report.warn(0, format!("rejected: {}", error.reason()));
        self.reports.push(report);
        self.sink.reject(Reject { file, row: 0, reason: error.reason(), text: String::new() })?;
        self.failed(error);
        self.left_out(input)
    }

    /// A file that was left out is a source all the same: the import must be done again when it changes.
    fn left_out(&mut self, input: &Input) -> Result<(), ImportError> {
        self.source(input, "unknown", 0)
    }

    fn read_file(&mut self, input: &Input, known: Option<Known>) -> Result<(), ImportError> {
        let (look, choice) = match known {
            None => self.look(input)?,
            Some(known) => {
                let (head, layout, choice) = known?;
                (Look { sample: self.sample(input, &head, layout)?, head, layout }, choice)
            }
        };
        let Choice { importer, recognition, runner_up } = choice;
        let framing = match (recognition.unit, look.layout.framing) {
            (Unit::Document, Framing::Lines | Framing::List) => Framing::Documents,
            (_, framing) => framing,
        };
        let layout = Layout { framing, ..look.layout };
        let share = Share { before: self.before, total: self.total, note: format!("Reading {}", input.name()) };
        let mut reader = RowReader::open(input, layout, Some(share), self.context)?;
        if self.options.follow {
            reader.let_last_line_wait();
        }
        let file = input.to_string();
        let mut report = FileReport::new(&file, importer.name()).after(self.listed);
        report.why = recognition.reason;
        report.runner_up = runner_up.map(Importer::name);
        if look.head.recoded {
            report.warn(0, "the file is in UTF-16; it was read as such".into());
        }
        report.number = self.reports.len();
        let joiner = &mut self.joiner;
        let mut rows = FileRows { importer, sample: &look.sample, report, first_fault: None, joiner };
        // What was read before a failure has reached the sink, so it is counted as well.
        let ended = rows.read_all(reader, recognition.unit, self.context, self.sink);
        let FileRows { mut report, first_fault, .. } = rows;
        if let Ok(sum) = &ended {
            report.tell_waiting(sum.waiting);
        }
        let counts = report.counts;
        self.listed += report.warnings.len();
        self.reports.push(report);
        let sum = match ended {
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) if counts.rows > 0 => {
                self.broke_off(input, importer.name(), &error)?;
                if counts.traces == 0 {
                    self.failed(error);
                }
                return Ok(());
            }
            Err(error) => {
                self.reports.pop();
                return Err(error);
            }
            Ok(ended) => ended,
        };
        if counts.traces == 0 && recognition.unit != Unit::Attachment {
            let (row, reason) = first_fault.unwrap_or_default();
            self.failed(input.fault(FileFault::AllRejected { count: counts.rejected, row, reason }));
        }
        if input.file().is_none() {
            return Ok(());
        }
        self.sink.source(SourceFile::new(file, sum, importer.name(), counts.traces))
    }

    /// The file could not be read to its end; what came before stays.
    fn broke_off(&mut self, input: &Input, format: &str, error: &ImportError) -> Result<(), ImportError> {
        let reason = format!("the file could not be read to its end: {}", error.reason());
        let mut traces = 0;
        if let Some(report) = self.reports.last_mut() {
            report.counts.rows += 1;
            report.counts.rejected += 1;
            traces = report.counts.traces;
            report.warn(0, reason.clone());
        }
        self.sink.reject(Reject { file: input.to_string(), row: 0, reason, text: String::new() })?;
        self.source(input, format, traces)
    }

    fn finish(mut self) -> Result<InspectReport, ImportError> {
        let waiting = self.joiner.waiting();
        for (number, report) in self.reports.iter_mut().enumerate() {
            if let Some(&count) = waiting.get(&number) {
                report.wait(count);
            }
        }
        if self.reports.iter().all(|report| report.counts.traces == 0)
            && let Some(first) = self.first_failure
        {
            return Err(match self.failures - 1 {
                0 => first,
                others => ImportError::Several { first: Box::new(first), others },
            });
        }
        if self.left_out > 0
            && let Some(last) = self.reports.last_mut()
        {
            last.warn(0, format!("{} further files were left out, as they hold no traces", self.left_out));
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
