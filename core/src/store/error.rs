//! What can go wrong with a project folder, each with its remedy.

use std::io;
use std::path::{Path, PathBuf};

use crate::job::JobError;

/// Why a project could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is one that the project was made from or lives in.
    #[error("refused to write over a file of the project; choose another name than {}", path.display())]
    Protected {
        /// The file.
        path: PathBuf,
    },
    /// There is no project at that place.
    #[error("no project here yet; import traces first: {}", path.display())]
    NotAProject {
        /// The project folder.
        path: PathBuf,
    },
    /// The project was written by a later version.
    #[error("the project is of format {found}, newer than this version reads; use a newer Stepscope: {}", path.display())]
    Newer {
        /// What the project says of its format.
        found: String,
        /// Its `project.toml`.
        path: PathBuf,
    },
    /// `project.toml` cannot be understood.
    #[error("the project file is not readable ({reason}); import the sources again: {}", path.display())]
    Manifest {
        /// What is wrong with it.
        reason: String,
        /// Its `project.toml`.
        path: PathBuf,
    },
    /// A data file is missing, cut or changed.
    #[error("a data file of the project is damaged ({reason}); import the sources again: {}", path.display())]
    Damaged {
        /// What is wrong with it.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// Another import writes to the project at this moment.
    #[error("another import into this project is running; try again when it is done: {}", path.display())]
    Busy {
        /// The project folder.
        path: PathBuf,
    },
    /// The tables cannot hold that much.
    #[error("too much for one project ({what}); split the sources: {}", path.display())]
    TooLarge {
        /// What there is too much of.
        what: String,
        /// The file being written.
        path: PathBuf,
    },
    /// A table could not be written.
    #[error("could not write a data file ({reason}): {}", path.display())]
    Write {
        /// What the columnar library says.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// There is no trace of that number.
    #[error("no trace number {row}; the project has {len}: {}", path.display())]
    NoSuchRow {
        /// The number asked for, from 0.
        row: u32,
        /// How many traces there are.
        len: usize,
        /// The project folder.
        path: PathBuf,
    },
    /// The system refused a file operation.
    #[error("could not {action}: {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Stopped on request.
    #[error(transparent)]
    Job(#[from] JobError),
}

impl StoreError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { reason: reason.into(), path: path.to_path_buf() }
    }
}
