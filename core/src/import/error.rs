//! What can go wrong with a whole import, with a file, and with one row.

use std::path::{Path, PathBuf};

use super::{Importer, importers};
use crate::job::JobError;

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file or folder could not be read.
    #[error("{fault}: {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// Several files could not be read, and none could.
    #[error("{first} ({others} more could not be read either)")]
    Several {
        /// What is wrong with the first.
        first: Box<ImportError>,
        /// How many others.
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
    /// The user chose a format that does not exist.
    #[error("the format {0} is not known; choose one of {known}", known = known())]
    UnknownFormat(String),
    /// The owner of the job asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// The receiver of the traces failed.
    #[error("cannot keep what was read: {0}")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is wrong with a file, and what to do about it. The path is told by [`ImportError::File`].
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// Nothing is there.
    #[error("there is no file or folder with this name; check the spelling")]
    Missing,
    /// The system refuses to read it.
    #[error("cannot be read ({0}); check its permissions")]
    Unreadable(std::io::Error),
    /// A pipe, a device, a socket.
    #[error("neither a file nor a folder; copy its content into a file first")]
    NotAFile,
    /// A folder without files.
    #[error("the folder holds no files to read; choose one with traces")]
    EmptyFolder,
    /// No bytes, or blanks only.
    #[error("the file is empty; choose one with at least one trace in {}", known())]
    Empty,
    /// A binary file that holds no rows, or none that can be got at.
    #[error("the file is {0}")]
    Binary(&'static str),
    /// Compressed, or in an archive, and not to be had.
    #[error("cannot be unpacked: {0}")]
    Packed(String),
    /// A table in columns that cannot be read to its end.
    #[error("the table cannot be read: {0}; write it again, or as JSON Lines")]
    Table(String),
    /// An archive without files.
    #[error("the archive holds no files to read; choose one with traces")]
    EmptyArchive,
    /// Text that is no JSON.
    #[error("no row is JSON; row {row}: {reason}; expected {}", known())]
    NotJson {
        /// The first row.
        row: u64,
        /// How it starts, or what the parser says.
        reason: String,
    },
    /// JSON without rows: `null`, a number, an empty list.
    #[error("row 1: the file holds {0}, not traces; expected {known}", known = known())]
    NoRows(String),
    /// A file that lies beside traces and is none; named by what it is.
    #[error("the file is {0}, not traces; choose the file with the traces themselves")]
    NotTraces(&'static str),
    /// A file that has to be taken as one value is too long for that.
    #[error("the file is longer than {} MiB, and it can only be read whole; write it as JSON Lines", limit >> 20)]
    TooLong {
        /// The most that is read.
        limit: usize,
    },
    /// JSON of a shape that no importer knows.
    #[error("row {row} has a shape that is not known: {seen}. {near}Known formats: {}", known())]
    UnknownShape {
        /// The first row that was looked at.
        row: u64,
        /// The keys, or what stands in their place.
        seen: String,
        /// Which formats are close and what is lacking for them; empty or a sentence with a space after it.
        near: String,
    },
    /// The format is known, but every row was rejected.
    #[error("none of {count} rows could be read; row {row}: {reason}")]
    AllRejected {
        /// How many rows.
        count: u64,
        /// The first of them.
        row: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl FileFault {
    /// The fault of the file at that path.
    pub(super) fn at(self, path: &Path) -> ImportError {
        ImportError::File { path: path.into(), fault: self }
    }
}

impl ImportError {
    /// True where reading further files makes no sense.
    pub const fn is_fatal(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Sink(_) | Self::UnknownFormat(_))
    }

    /// True where the file was recognised as something else than traces.
    pub(super) const fn is_not_traces(&self) -> bool {
        matches!(self, Self::File { fault: FileFault::NotTraces(_), .. })
    }

    /// The message without the path, for places that show the path beside it.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::File { fault, .. } => fault.to_string(),
            other => other.to_string(),
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
    let names: Vec<&str> = importers().map(Importer::name).collect();
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
