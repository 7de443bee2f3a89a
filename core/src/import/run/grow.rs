//! Reads only what has been added to the files of a project, where that gives what reading all of them would.

use std::path::PathBuf;

use super::{FileRows, Item, Look, Run, Task, plan};
use crate::import::detect::Choice;
use crate::import::read::{Archive, Framing, Input, RowReader};
use crate::import::report::FileReport;
use crate::import::{
    ImportError, ImportOptions, Importer, InspectReport, Sample, Sink, SourceFile, Unit, files, importer, mapping,
};
use crate::job::JobContext;
use crate::store::SourceEntry;

/// The name of files that were left out.
const UNKNOWN: &str = "unknown";

/// What has been added to the files of a project.
pub(in crate::import) struct Growth<'a> {
    tails: Vec<Tail<'a>>,
    /// Files that are new.
    fresh: Vec<Item>,
}

/// The rows behind those that are known.
struct Tail<'a> {
    input: Input,
    importer: &'static dyn Importer,
    sample: Sample,
    reason: String,
    rows: RowReader<'a>,
}

/// Finds what has been added to the files that `sources` were when they were read.
///
/// `None` where more than that has happened, or where rows cannot be read without those before them or those of other
/// files.
pub(in crate::import) fn growth<'a>(
    sources: &[SourceEntry],
    paths: &[PathBuf],
    options: &ImportOptions,
    context: &'a JobContext,
) -> Result<Option<Growth<'a>>, ImportError> {
    let forced = options.format.as_deref().and_then(importer);
    if forced.is_none() && options.format.is_some() || !sources.iter().all(|entry| stands_alone(entry, options)) {
        return Ok(None);
    }
    let (found, unreachable) = files::find(paths);
    let mut items = Vec::new();
    for task in plan(found.into_iter().map(Item::from), forced) {
        let Task::File(item, _) = task else { return Ok(None) };
        let Some(Ok(full)) = item.input.file().map(std::path::absolute) else { return Ok(None) };
        let name = full.to_string_lossy();
        items.push((sources.iter().find(|entry| entry.path == name), item));
    }
    if !unreachable.is_empty() || items.iter().filter(|(entry, _)| entry.is_some()).count() != sources.len() {
        return Ok(None);
    }
    let mut nothing = super::Nothing;
    let run = Run::new(options, forced, context, &mut nothing);
    let mut growth = Growth { tails: Vec::new(), fresh: Vec::new() };
    for (entry, item) in items {
        context.checkpoint()?;
        let (Some(entry), Some(path)) = (entry, item.input.file()) else {
            growth.fresh.push(item);
            continue;
        };
        // Of a longer file the sum is taken on the way to what was added.
        if item.bytes <= entry.bytes + entry.waiting {
            let is_current = entry.is_current(path, context);
            context.checkpoint()?;
            if is_current.unwrap_or(false) {
                continue;
            }
        }
        match run.tail(&item.input, entry, context) {
            Ok(Some(tail)) => growth.tails.push(tail),
            Err(error) if error.is_fatal() => return Err(error),
            Ok(None) | Err(_) => return Ok(None),
        }
    }
    for item in &growth.fresh {
        if !run.is_fresh(item)? {
            return Ok(None);
        }
    }
    Ok(Some(growth))
}

/// Whether the rows of a file mean the same without other files and, as far as can be told from outside, for ever.
fn stands_alone(entry: &SourceEntry, options: &ImportOptions) -> bool {
    if entry.format == UNKNOWN {
        return true;
    }
    // A file that gave no trace may hold labels for the traces of others. A mapping found by the keys may have changed.
    let by_known_mapping = entry.format == mapping::NAME && options.map.is_none();
    entry.traces > 0 && !by_known_mapping && importer(&entry.format).is_some_and(|format| !format.shares_siblings())
}

impl<'a> Growth<'a> {
    /// Hands what has been added to the sink. Of each file the counts are those of its new rows.
    pub(in crate::import) fn read(
        self,
        options: &ImportOptions,
        context: &'a JobContext,
        sink: &mut dyn Sink,
    ) -> Result<InspectReport, ImportError> {
        let mut run = Run::new(options, options.format.as_deref().and_then(importer), context, sink);
        for tail in self.tails {
            let Tail { input, importer, sample, reason, mut rows } = tail;
            rows.let_last_line_wait();
            let path = input.to_string();
            let mut report = FileReport::new(&path, importer.name());
            report.why = reason;
            report.number = run.reports.len();
            let joiner = &mut run.joiner;
            let mut file = FileRows { importer, sample: &sample, report, first_fault: None, joiner };
            let sum = file.read_all(rows, Unit::Row, context, run.sink)?;
            let mut report = file.report;
            report.tell_waiting(sum.waiting);
            let traces = report.counts.traces;
            run.reports.push(report);
            run.sink.source(SourceFile::new(path, sum, importer.name(), traces))?;
        }
        for item in self.fresh {
            run.task(Task::File(item, None))?;
        }
        Ok(InspectReport::new(run.reports))
    }
}

impl Run<'_> {
    /// The rows of a file behind those that are known.
    fn tail<'a>(
        &self,
        input: &Input,
        entry: &SourceEntry,
        context: &'a JobContext,
    ) -> Result<Option<Tail<'a>>, ImportError> {
        let Some(path) = input.file() else { return Ok(None) };
        let is_archive = Archive::is_at(path, self.context);
        if is_archive || path.metadata().is_ok_and(|found| found.len() < entry.bytes) {
            return Ok(None);
        }
        let before = self.look(&Input::Start(path.to_owned(), entry.bytes))?;
        let now = self.look(input)?;
        let of_format = |(look, choice): &(Look, Choice)| {
            let is_lines = look.layout.framing == Framing::Lines && !look.layout.comments && !look.head.recoded;
            is_lines && choice.recognition.unit == Unit::Row && choice.importer.name() == entry.format
        };
        if !of_format(&before) || !of_format(&now) {
            return Ok(None);
        }
        let ((before, _), (Look { sample, .. }, Choice { importer, recognition, .. })) = (before, now);
        if !reads_alike(importer, &before.sample, &sample) {
            return Ok(None);
        }
        let rows = RowReader::open_behind(input, &entry.sha256, entry.bytes, context)?;
        Ok(rows.map(|rows| Tail { input: input.clone(), importer, sample, reason: recognition.reason, rows }))
    }

    /// Whether a new file stands alone.
    fn is_fresh(&self, item: &Item) -> Result<bool, ImportError> {
        self.context.checkpoint()?;
        if item.input.file().is_some_and(|path| Archive::is_at(path, self.context)) {
            return Ok(false);
        }
        match self.look(&item.input) {
            Err(error) if error.is_fatal() => Err(error),
            // It is complained about when its turn comes.
            Err(_) => Ok(true),
            Ok((_, choice)) => Ok(choice.recognition.unit != Unit::Attachment && !choice.importer.shares_siblings()),
        }
    }
}

/// Whether the rows that were known mean the same beside those that were added: some formats settle by all rows of the
/// sample what a single row leaves open.
fn reads_alike(importer: &dyn Importer, before: &Sample, now: &Sample) -> bool {
    before.rows.iter().all(|row| {
        let read = |sample| importer.read_row(row.clone(), sample).ok();
        read(before) == read(now)
    })
}
