//! What can go wrong with annotation logs, in words for the user.

use std::io;
use std::path::{Path, PathBuf};

/// Why something could not be done with an annotation log.
#[derive(Debug, thiserror::Error)]
pub enum AnnotationError {
    /// The annotator's name cannot be a file name.
    #[error("The annotator name “{name}” cannot be used: {reason}")]
    Name {
        /// The name.
        name: String,
        /// Why, and what would do.
        reason: &'static str,
    },
    /// A later version wrote lines that this one would misread.
    #[error(
        "These labels were written by a later Stepscope (log version {found}, this one reads up to {known}). \
         Update Stepscope to open them; nothing was changed. Line {line} of {}", path.display()
    )]
    TooNew {
        /// The log.
        path: PathBuf,
        /// The first such line, from 1.
        line: u64,
        /// Its version.
        found: u16,
        /// The latest version this program reads.
        known: u16,
    },
    /// The file system refused.
    #[error("Could not {doing}: {source}. Check that it can be read and written: {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The log was opened without the right to write.
    #[error("Labels cannot be changed here: {reason}")]
    ReadOnly {
        /// Why.
        reason: String,
    },
    /// Labels are in memory but not on disk.
    #[error("{0}")]
    NotSaved(String),
    /// A value that is infinite or no number.
    #[error("“{name}” was given a value that is no number. Give one, or take the label away")]
    Value {
        /// The scale, or the sort of label.
        name: String,
    },
    /// A record could not be written as a line.
    #[error("Could not encode a label: {0}")]
    Encode(#[from] serde_json::Error),
}

impl AnnotationError {
    /// Wraps an error of the file system.
    pub(super) fn io<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { doing, path: path.into(), source }
    }
}
