//! The traces of a project with all that was said of them. The window and the command line implement it once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::annotation::{Annotations, TraceAnnotation};
use crate::import::native::NativeScores;
use crate::job::{JobContext, JobError, Progress};
use crate::model::{AnnotatorId, ProblemId, Trace, TraceId, TraceStatus};
use crate::scoring::ScoreBook;

/// Traces that are compared at once on all cores; between two such lots progress is told.
const LOT: usize = 512;

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

    /// What everyone with a log in the project said. A source that keeps it otherwise answers the next three itself.
    fn logs(&self) -> &[(AnnotatorId, Arc<Annotations>)] {
        &[]
    }

    /// Everyone with a log in the project.
    fn annotators(&self) -> Vec<AnnotatorId> {
        self.logs().iter().map(|(name, _)| name.clone()).collect()
    }

    /// What that annotator says of that trace.
    fn annotation(&self, annotator: &AnnotatorId, trace: &TraceId) -> Option<&TraceAnnotation> {
        log_of(self.logs(), annotator)?.trace(trace)
    }

    /// True where that annotator has labelled any trace of the project; see [`TraceAnnotation::is_labelled`].
    fn has_labels(&self, annotator: &AnnotatorId) -> bool {
        log_of(self.logs(), annotator).is_some_and(|said| said.traces().any(|(_, said)| said.is_labelled()))
    }

    /// What the scorers of the project gave for that trace, or for what an annotator made of it.
    fn scores(&self, _trace: &Trace) -> Vec<NativeScores> {
        Vec::new()
    }

    /// The files that the project was made from.
    fn sources(&self) -> Vec<SourceFile> {
        Vec::new()
    }

    /// The records that what is said of the traces comes from. Reads them once.
    fn provenance(&self) -> Result<Provenance, String> {
        Ok(Provenance::default())
    }

    /// Further files and folders that no export may be written over or into.
    fn protected(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// Reads these traces, several at the same time, and hands what is made of each to `take`, in their order. Stops at each
/// when asked to.
pub(crate) fn compare_traces<T: Send>(
    corpus: &dyn Corpus,
    rows: &[u32],
    ctx: &JobContext,
    work: impl Fn(u32, Trace) -> T + Sync,
    mut take: impl FnMut(T),
) -> Result<(), JobError> {
    let of_row = |&row: &u32| {
        ctx.checkpoint()?;
        Ok(work(row, corpus.trace(row).map_err(JobError::Failed)?))
    };
    let (total, mut done) = (Some(rows.len() as u64), 0);
    for lot in rows.chunks(LOT) {
        let made: Vec<T> = lot.par_iter().map(of_row).collect::<Result<_, JobError>>()?;
        made.into_iter().for_each(&mut take);
        done += lot.len() as u64;
        ctx.report(Progress { done, total, note: "traces compared".into() });
    }
    Ok(())
}

/// The rows of all traces of a corpus.
pub(crate) fn all_rows(corpus: &dyn Corpus) -> Vec<u32> {
    (0..u32::try_from(corpus.len()).unwrap_or(u32::MAX)).collect()
}

fn log_of<'a>(logs: &'a [(AnnotatorId, Arc<Annotations>)], annotator: &AnnotatorId) -> Option<&'a Annotations> {
    logs.iter().find(|(name, _)| name == annotator).map(|(_, said)| said.as_ref())
}

/// What the scorers of a book gave for that trace, or those of these names; only those that gave something.
pub fn scores_of(book: &ScoreBook, trace: &Trace, names: Option<&[String]>) -> Vec<NativeScores> {
    let keys = trace.score_keys();
    let scorers = book.scorers().into_iter().filter(|scorer| names.is_none_or(|names| names.contains(&scorer.name)));
    let all = scorers.map(|scorer| NativeScores {
        values: keys.iter().map(|key| book.get(&scorer.name, key)).collect(),
        scorer: scorer.name,
        fingerprint: scorer.fingerprint,
        kind: scorer.kind,
        more: BTreeMap::new(),
    });
    all.filter(|scores| scores.values.iter().any(Option::is_some)).collect()
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

/// Which state of a project something was made of, beside its [`SourceFile`]s.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The revision of what annotators are asked for; `None` where nothing was set up.
    pub label_schema: Option<u32>,
    /// Logs of annotators and files of scores, in this order and by name.
    pub records: Vec<RecordFile>,
}

/// A log of annotations or a file of scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFile {
    /// What it holds.
    pub kind: RecordKind,
    /// Whose labels or scores these are.
    pub name: String,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl RecordFile {
    /// Reads a record. The error is a sentence for the user.
    pub fn read(kind: RecordKind, name: &str, path: &Path) -> Result<Self, String> {
        let failed = |error: io::Error| format!("{error}: {}", path.display());
        let mut hash = Sha256::new();
        let bytes = io::copy(&mut File::open(path).map_err(failed)?, &mut hash).map_err(failed)?;
        Ok(Self { kind, name: name.into(), sha256: format!("{:x}", hash.finalize()), bytes })
    }
}

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// Labels of an annotator.
    Annotations,
    /// Scores of a scorer.
    Scores,
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
