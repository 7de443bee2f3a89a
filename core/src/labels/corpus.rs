//! The traces of a project with all that was said of them. The window and the command line implement it once.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::annotation::TraceAnnotation;
use crate::import::native::NativeScores;
use crate::model::{AnnotatorId, ProblemId, Trace, TraceId, TraceStatus};

/// A project, or a selection of it. Gives traces one at a time, so that a large project is never in memory.
pub trait Corpus: Sync {
    /// How many traces there are. A selection of a project counts from 0 as well.
    fn len(&self) -> usize;

    /// True where there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The trace at that position, complete. The error is a sentence for the user.
    fn trace(&self, row: u32) -> Result<Trace, String>;

    /// The problem that the trace at that position tries to solve. Asked of every trace before pairs are made, so a
    /// source that knows it without reading the trace says so.
    fn problem(&self, row: u32) -> Result<ProblemId, String> {
        self.trace(row).map(|trace| trace.problem.id())
    }

    /// Everyone with a log in the project.
    fn annotators(&self) -> Vec<AnnotatorId>;

    /// What that annotator says of that trace.
    fn annotation(&self, annotator: &AnnotatorId, trace: &TraceId) -> Option<&TraceAnnotation>;

    /// True where that annotator has labelled any trace of the project; see [`TraceAnnotation::is_labelled`].
    fn has_labels(&self, annotator: &AnnotatorId) -> bool;

    /// What the scorers of the project gave for that trace, or for what an annotator made of it.
    fn scores(&self, trace: &Trace) -> Vec<NativeScores>;

    /// The files that the project was made from.
    fn sources(&self) -> Vec<SourceFile>;

    /// Further files and folders that no export may be written over or into.
    fn protected(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// A file that the project was made from, as the manifest names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its path when it was imported.
    pub path: String,
    /// The SHA-256 of its content then, in hexadecimal digits.
    pub sha256: String,
    /// The format it was read as.
    pub format: String,
    /// How many traces it gave.
    pub traces: u64,
}

/// What can be said of a trace beside its labels, gathered from the annotators that count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    /// Marked as done.
    pub finished: bool,
    /// Skipped or given up.
    pub skipped: bool,
    /// Its problem is flagged as defective.
    pub defective: bool,
}

impl Standing {
    /// Counts what one annotator says.
    pub fn add(&mut self, status: TraceStatus) {
        match status {
            TraceStatus::Open => {}
            TraceStatus::Done => self.finished = true,
            TraceStatus::Skipped | TraceStatus::GivenUp => self.skipped = true,
            TraceStatus::Defective => self.defective = true,
        }
    }
}
