//! What can go wrong with a whole import, with a file, and with one row.

use std::path::{Path, PathBuf};

use super::IMPORTERS;
use crate::job::JobError;

/// Why a file, or a whole import, could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Nothing is at the path.
    #[error("there is no file or folder with this name; check the spelling: {}", .0.display())]
    Missing(PathBuf),
    /// The system refuses to read it.
    #[error("cannot read ({source}); check its permissions: {}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A pipe, a device, a socket.
    #[error("neither a file nor a folder; copy its content into a file first: {}", .0.display())]
    NotAFile(PathBuf),
    /// A folder without files.
    #[error("the folder holds no files to read; choose a file with traces: {}", .0.display())]
    EmptyFolder(PathBuf),
    /// No bytes, or blanks only.
    #[error("the file is empty; choose a file with at least one trace ({}): {}", known(), .0.display())]
    Empty(PathBuf),
    /// A compressed, columnar or otherwise binary file.
    #[error("the file is {what}, which cannot be read yet; convert it to JSON Lines: {}", path.display())]
    Binary {
        /// The file.
        path: PathBuf,
        /// What its first bytes say.
        what: &'static str,
    },
    /// Text that is no JSON.
    #[error("row {row} is not JSON, nor is any other row ({reason}); expected {}: {}", known(), path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// The first row that is no JSON.
        row: u64,
        /// How it starts, or what the parser says.
        reason: String,
    },
    /// JSON without rows: `null`, a number, an empty list.
    #[error("row 1: the file holds {what}, not traces; expected {}: {}", known(), path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
        /// What it holds.
        what: String,
    },
    /// JSON of a shape that no importer knows.
    #[error("row {row} has a shape that is not known: {seen}. {near}Known: {}: {}", known(), path.display())]
    UnknownShape {
        /// The file.
        path: PathBuf,
        /// The first row that was looked at.
        row: u64,
        /// The keys, or what stands in their place.
        seen: String,
        /// Which formats are close and what is lacking for them; empty or a sentence with a space after it.
        near: String,
    },
    /// Every row was rejected.
    #[error("all {count} rows were rejected; row {row}: {reason}: {}", path.display())]
    AllRejected {
        /// The file.
        path: PathBuf,
        /// How many rows.
        count: u64,
        /// The first of them.
        row: u64,
        /// What was wrong with it.
        reason: String,
    },
    /// The file was read by the format the user chose, or recognised, but gave no trace and no reject.
    #[error("the format is not known; choose one of {}: {}", known(), .0)]
    UnknownFormat(String),
    /// Several files failed and none was read.
    #[error("{first} ({others} more could not be read either)")]
    Several {
        /// What was wrong with the first.
        first: Box<ImportError>,
        /// How many others failed.
        others: usize,
    },
    /// The one row that was asked for cannot be had.
    #[error("row {row} cannot be shown: {reason}: {}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The row, from 1.
        row: u64,
        /// Why.
        reason: String,
    },
    /// The owner of the job asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// The receiver of the traces failed.
    #[error("cannot keep what was read: {0}")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ImportError {
    /// True where reading further files makes no sense.
    pub const fn is_fatal(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Sink(_) | Self::UnknownFormat(_))
    }

    /// What the system said about a path.
    pub(super) fn from_io(path: &Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::NotFound {
            Self::Missing(path.into())
        } else {
            Self::Unreadable { path: path.into(), source }
        }
    }
}

impl From<JobError> for ImportError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Cancelled => Self::Cancelled,
            JobError::Failed(_) => Self::Sink(Box::new(error)),
        }
    }
}

impl From<ImportError> for JobError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Cancelled => Self::Cancelled,
            other => Self::from_error(&other),
        }
    }
}

fn known() -> String {
    let names: Vec<&str> = IMPORTERS.iter().map(|importer| importer.name()).collect();
    names.join(", ")
}

/// Why one row could not be read, and what to do about it. Without file and row: the caller knows them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RowError(pub String);

impl RowError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
