//! Some traces of a corpus, as a corpus of its own.

use std::path::PathBuf;

use crate::annotation::TraceAnnotation;
use crate::import::native::NativeScores;
use crate::model::{AnnotatorId, ProblemId, Trace, TraceId};

use super::{Corpus, Provenance, SourceFile};

/// Some traces of a corpus. Whose labels are used does not depend on the selection: the default label source is settled
/// for the whole corpus, so that a filter never changes whose word counts.
pub struct Selection<'a> {
    corpus: &'a dyn Corpus,
    rows: Vec<u32>,
}

impl<'a> Selection<'a> {
    /// The traces at those positions of `corpus`, in that order. Positions that it does not have are left out.
    pub fn new(corpus: &'a dyn Corpus, mut rows: Vec<u32>) -> Self {
        let len = corpus.len();
        rows.retain(|&row| (row as usize) < len);
        Self { corpus, rows }
    }

    /// The position in the corpus of what stands at `row` here.
    fn there(&self, row: u32) -> Result<u32, String> {
        self.rows.get(row as usize).copied().ok_or_else(|| "it is not in the selection".into())
    }
}

impl Corpus for Selection<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        self.corpus.trace(self.there(row)?)
    }

    fn problem(&self, row: u32) -> Result<ProblemId, String> {
        self.corpus.problem(self.there(row)?)
    }

    fn annotators(&self) -> Vec<AnnotatorId> {
        self.corpus.annotators()
    }

    fn annotation(&self, annotator: &AnnotatorId, trace: &TraceId) -> Option<&TraceAnnotation> {
        self.corpus.annotation(annotator, trace)
    }

    fn has_labels(&self, annotator: &AnnotatorId) -> bool {
        self.corpus.has_labels(annotator)
    }

    fn scores(&self, trace: &Trace) -> Vec<NativeScores> {
        self.corpus.scores(trace)
    }

    fn sources(&self) -> Vec<SourceFile> {
        self.corpus.sources()
    }

    fn provenance(&self) -> Result<Provenance, String> {
        self.corpus.provenance()
    }

    fn protected(&self) -> Vec<PathBuf> {
        self.corpus.protected()
    }
}
