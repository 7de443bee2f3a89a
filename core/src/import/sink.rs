//! Where what was read goes: the store, a counter, a preview.

use serde::{Deserialize, Serialize};

use super::ImportError;
use super::native::{NativeAnnotation, NativeScores};
use super::read::FileSum;
use crate::model::{Trace, TraceId};
use crate::store::Reject;

/// Receives what [`read`](super::read) finds, in the order of the files and rows. Only traces are asked of everyone.
pub trait Sink {
    /// A trace, with the row it was read from.
    fn trace(&mut self, row: u64, trace: Trace) -> Result<(), ImportError>;

    /// A row, or (row 0) a whole file, that could not be read.
    fn reject(&mut self, _reject: Reject) -> Result<(), ImportError> {
        Ok(())
    }

    /// Labels and scores that a native file brings for the trace given just before.
    fn carried(&mut self, _carried: Carried) -> Result<(), ImportError> {
        Ok(())
    }

    /// A file that has been read to its end, or left out; the latter has the format `unknown`.
    fn source(&mut self, _source: SourceFile) -> Result<(), ImportError> {
        Ok(())
    }
}

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFile {
    /// Path as the user gave it.
    pub path: String,
    /// SHA-256 of the bytes that were read, hexadecimal.
    pub sha256: String,
    /// How many bytes were read: all, but for a last line that waits.
    pub bytes: u64,
    /// Bytes of a last line that waits to be complete; see [`ImportOptions::follow`](super::ImportOptions::follow).
    pub waiting: u64,
    /// Name of the format.
    pub format: String,
    /// Traces read from it.
    pub traces: u64,
}

impl SourceFile {
    pub(super) fn new(path: String, sum: FileSum, format: &str, traces: u64) -> Self {
        let FileSum { sha256, bytes, waiting } = sum;
        Self { path, sha256, bytes, waiting, format: format.into(), traces }
    }
}

/// What a native file says about a trace besides the trace: labels of annotators and scores of the project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// The trace.
    pub trace: TraceId,
    /// What each annotator said.
    pub annotations: Vec<NativeAnnotation>,
    /// What each scorer gave.
    pub scores: Vec<NativeScores>,
}
