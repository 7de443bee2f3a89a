//! Why an export failed as a whole. What concerns one trace is a [`LeftOut`](super::LeftOut) instead.

use std::io;
use std::path::PathBuf;

use super::LeftOut;
use super::split::SplitError;
use crate::import::ImportError;
use crate::job::JobError;
use crate::labels::LabelError;
use crate::model::TraceId;

/// Why an export failed as a whole. Neither the file nor its manifest has been written then.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No format has that name.
    #[error("unknown export format `{name}`; choose one of {known}")]
    UnknownFormat {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// No policy option has that name.
    #[error("unknown export option `{name}`; choose one of {known}")]
    UnknownOption {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The option has no such value.
    #[error("`{value}` is no value of `{option}`; choose one of {known}")]
    UnknownValue {
        /// The option.
        option: &'static str,
        /// What was asked for.
        value: String,
        /// The values there are.
        known: String,
    },
    /// A template or a map of fields cannot be read.
    #[error("the house format cannot be read: {reason}")]
    Template {
        /// Where and why.
        reason: String,
    },
    /// The label source cannot be used.
    #[error(transparent)]
    Labels(#[from] LabelError),
    /// No trace became a row.
    #[error("no row to write: all {traces} traces are left out: {reasons}")]
    NothingToWrite {
        /// How many traces there are.
        traces: usize,
        /// The most frequent reasons, with counts.
        reasons: String,
    },
    /// Something is left out, and nothing may be.
    #[error("nothing written: {count} traces would be left out, first {}: {}", .first.trace, .first.reason)]
    Strict {
        /// How many traces, or paths of traces.
        count: u64,
        /// The first of them.
        first: LeftOut,
    },
    /// Rows cannot be written into such a file.
    #[error("rows are written as .jsonl, .json or .csv, also .gz or .zst, or as .parquet: {path}")]
    Container {
        /// The file.
        path: PathBuf,
    },
    /// The format has no columns.
    #[error("rows of {format} have no common columns, which Parquet needs; choose .jsonl instead of {path}")]
    NoColumns {
        /// The format.
        format: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// No format is recognised.
    #[error("no known training format; name one of {known}: {path}")]
    Unrecognised {
        /// The file.
        path: PathBuf,
        /// The formats there are.
        known: String,
    },
    /// The file is one that the project was made from or lives in.
    #[error("refused to write over a file of the project; choose another name than {path}")]
    Protected {
        /// The file.
        path: PathBuf,
    },
    /// A row that its own format would refuse: a fault of this program, caught before writing.
    #[error("internal error: the row of trace {trace} breaks its format: {reason}")]
    BrokenRow {
        /// The trace.
        trace: TraceId,
        /// The rule it breaks.
        reason: String,
    },
    /// A trace could not be read.
    #[error("trace in row {row} of the project cannot be read: {reason}; run `stepscope check` on the project")]
    Trace {
        /// Position in the project, from 0.
        row: u32,
        /// What went wrong.
        reason: String,
    },
    /// A file could not be written.
    #[error("{doing} failed: {path}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The problems cannot be divided.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A file of test problems names none.
    #[error("no problem to test with is found in the file; give traces or a problem a line: {path}")]
    NoProblems {
        /// The file.
        path: PathBuf,
    },
    /// A trace could not be read while pseudonyms were made.
    #[error("a trace of the project cannot be read: {0}; run `stepscope check` on the project")]
    Names(String),
    /// What the labels and scores come from could not be read.
    #[error("logs and scores of the project cannot be read: {0}")]
    Provenance(String),
    /// The file is no manifest of an export.
    #[error("not a manifest of an export that can be run again: {reason}: {path}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The pseudonyms of the manifest cannot be made again.
    #[error("{}", if *.needed { "the pseudonyms were made with a key; give it again" } else { "the pseudonyms were made without this key" })]
    PseudonymKey {
        /// Whether one is needed.
        needed: bool,
    },
    /// The manifest could not be put into JSON.
    #[error("manifest cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A table could not be read.
    #[error(transparent)]
    Table(#[from] ImportError),
    /// The job was stopped.
    #[error(transparent)]
    Job(#[from] JobError),
}

impl From<ExportError> for JobError {
    /// Keeps a stop a stop, so that a cancelled export is not reported as failed.
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Job(error) | ExportError::Split(SplitError::Job(error)) => error,
            ExportError::Table(error) => error.into(),
            error => Self::from_error(&error),
        }
    }
}
