//! The rows of one file on their way to the sink: parsed and read by several threads, handed on in their order.

use std::path::Path;

use serde_json::Value;

use super::batch::{self, Made, ReadRow};
use super::join::Joiner;
use super::read::{FileSum, Parsed, RawRow, RowReader};
use super::report::{FileReport, Tally};
use super::{ImportError, Importer, Sample, Sink, Unit};
use crate::job::JobContext;
use crate::model::SourceRef;
use crate::store::Reject;

/// Rows of one trace are in memory together; of longer ones, no traces could be made.
const GROUP_BYTES: usize = 128 << 20;

/// The rows of one file on their way to the sink.
pub(super) struct FileRows<'a> {
    pub(super) importer: &'static dyn Importer,
    pub(super) sample: &'a Sample,
    pub(super) report: FileReport,
    pub(super) first_fault: Option<(u64, String)>,
    pub(super) joiner: &'a mut Joiner,
}

/// Rows of one trace, as far as they are read.
#[derive(Default)]
struct Group {
    number: u64,
    rows: Vec<Value>,
    /// Of their text.
    bytes: usize,
}

impl FileRows<'_> {
    /// Reads all rows, and gives what the file was.
    pub(super) fn read_all(
        &mut self,
        mut rows: RowReader<'_>,
        unit: Unit,
        context: &JobContext,
        sink: &mut dyn Sink,
    ) -> Result<FileSum, ImportError> {
        match unit {
            Unit::Row | Unit::Document => {
                let (importer, sample) = (self.importer, self.sample);
                batch::read(
                    &mut || rows.next(),
                    &|row| batch::read_row(importer, sample, row),
                    context,
                    &mut |made| self.take(made, sink),
                )?;
            }
            Unit::Group => self.read_groups(&mut rows, context, sink)?,
            Unit::Attachment => {
                while let Some(row) = rows.next()? {
                    context.checkpoint()?;
                    let parsed = row.parse(self.importer.repeats());
                    match parsed.map(|parsed| self.repaired(row.number, parsed)) {
                        Ok(value) => self.read_attachments(&row, value, sink)?,
                        Err(reason) => self.read_value(row.number, Err(reason), || row.text(), sink)?,
                    }
                }
            }
        }
        rows.finish()
    }

    fn read_groups(
        &mut self,
        rows: &mut RowReader<'_>,
        context: &JobContext,
        sink: &mut dyn Sink,
    ) -> Result<(), ImportError> {
        let mut group = Group::default();
        while let Some(row) = rows.next()? {
            context.checkpoint()?;
            let parsed = row.parse(self.importer.repeats());
            match parsed.map(|parsed| self.repaired(row.number, parsed)) {
                Ok(value) => {
                    let more = !group.rows.is_empty();
                    if more && !self.importer.continues(&group.rows, &value) {
                        self.end_group(&mut group, sink)?;
                    } else if more && group.bytes + row.len() > GROUP_BYTES {
                        let limit = GROUP_BYTES >> 20;
                        let reason =
                            format!("the rows of this trace are longer than {limit} MiB; it goes on in another");
                        self.report.warn(row.number, reason);
                        self.end_group(&mut group, sink)?;
                    }
                    if group.rows.is_empty() {
                        group.number = row.number;
                    }
                    group.bytes += row.len();
                    group.rows.push(value);
                }
                Err(reason) => self.read_value(row.number, Err(reason), || row.text(), sink)?,
            }
        }
        self.end_group(&mut group, sink)
    }

    /// The value of a row; what had to be changed in it is told.
    pub(super) fn repaired(&mut self, row: u64, parsed: Parsed) -> Value {
        self.tell_repairs(row, parsed.repairs);
        parsed.value
    }

    fn tell_repairs(&mut self, row: u64, repairs: Vec<String>) {
        self.report.counts.repaired += u64::from(!repairs.is_empty());
        for repair in repairs {
            self.report.warn(row, format!("repaired: {repair}"));
        }
    }

    /// The rows of a trace are complete.
    fn end_group(&mut self, group: &mut Group, sink: &mut dyn Sink) -> Result<(), ImportError> {
        let Group { number, rows, .. } = std::mem::take(group);
        let Some(more) = rows.len().checked_sub(1) else { return Ok(()) };
        self.report.counts.rows += more as u64;
        self.report.counts.merged += more as u64;
        self.read_value(number, Ok(rows.into()), String::new, sink)
    }

    fn read_attachments(&mut self, row: &RawRow, value: Value, sink: &mut dyn Sink) -> Result<(), ImportError> {
        match self.importer.read_attachments(value, self.sample) {
            Err(error) => self.read_value(row.number, Err(error.0), || row.text(), sink),
            Ok(attachments) => {
                let name = Path::new(&self.report.file).file_name().unwrap_or_default().to_string_lossy();
                self.report.counts.rows += attachments.len().max(1) as u64;
                self.report.counts.merged += attachments.len().max(1) as u64;
                for attachment in attachments {
                    self.joiner.hold(self.report.number, &name, attachment);
                }
                Ok(())
            }
        }
    }

    /// Reads a row, or rejects it.
    pub(super) fn read_value(
        &mut self,
        number: u64,
        parsed: Result<Value, String>,
        text: impl FnOnce() -> String,
        sink: &mut dyn Sink,
    ) -> Result<(), ImportError> {
        let made = batch::made(self.importer, self.sample, parsed, text);
        self.take(ReadRow { number, repairs: Vec::new(), made }, sink)
    }

    /// Counts what a row gave and hands it on.
    fn take(&mut self, row: ReadRow, sink: &mut dyn Sink) -> Result<(), ImportError> {
        let number = row.number;
        self.tell_repairs(number, row.repairs);
        self.report.counts.rows += 1;
        match row.made {
            Ok(found) => {
                if found.is_empty() {
                    self.report.counts.merged += 1;
                }
                for (place, made) in found.into_iter().enumerate() {
                    if place > 0 {
                        if self.importer.shares_siblings() && self.joiner.is_repeated(&made.imported.trace) {
                            continue;
                        }
                        self.report.counts.expanded += 1;
                    }
                    self.accept(number, made, sink)?;
                }
                Ok(())
            }
            Err((reason, text)) => {
                self.report.counts.rejected += 1;
                self.report.warn(number, format!("rejected: {reason}"));
                self.first_fault.get_or_insert_with(|| (number, reason.clone()));
                sink.reject(Reject { file: self.report.file.clone(), row: number, reason, text })
            }
        }
    }

    fn accept(&mut self, row: u64, made: Made, sink: &mut dyn Sink) -> Result<(), ImportError> {
        let Made { mut imported, mut tally } = made;
        if self.joiner.holds_any() {
            self.joiner.attach(&mut imported);
            tally = Tally::new(&imported.trace);
        }
        let mut trace = imported.trace;
        // Our own format remembers where the trace was first read.
        if trace.source.file.is_empty() {
            trace.source = SourceRef { file: self.report.file.clone(), row, format: self.importer.name().into() };
        }
        self.report.add(row, &trace, tally);
        sink.trace(row, trace)?;
        imported.carried.map_or(Ok(()), |carried| sink.carried(carried))
    }
}
