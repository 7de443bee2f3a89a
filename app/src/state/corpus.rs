//! A project as the source of an export: its traces, everyone's labels, the scores. Window and command line share it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use stepscope_core::annotation::{self, Annotations, LabelSchema};
use stepscope_core::import::native::NativeScores;
use stepscope_core::job::JobError;
use stepscope_core::labels::{Corpus, Provenance, RecordFile, RecordKind, SourceFile, scores_of};
use stepscope_core::model::{AnnotatorId, ProblemId, Trace, TraceId};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::Store;

use super::Project;
use super::open::failed;

/// A moment of a project, ready to be exported on another thread.
pub struct ProjectCorpus {
    store: Store,
    annotators: Vec<(AnnotatorId, Arc<Annotations>)>,
    scores: ScoreBook,
}

impl ProjectCorpus {
    /// The open project as it is now. The logs of other annotators are read when it is called: on the job's thread.
    pub fn later(project: &Project) -> impl FnOnce() -> Result<Self, JobError> + Send + use<> {
        let own = (project.log.annotator().clone(), project.log.snapshot());
        let (store, scores) = (project.store.clone(), project.scores.clone());
        move || Self::new(store, Some(own), scores)
    }

    /// A project on disk. `own` replaces the log of that annotator by what is in memory.
    pub fn new(
        store: Store,
        own: Option<(AnnotatorId, Arc<Annotations>)>,
        scores: ScoreBook,
    ) -> Result<Self, JobError> {
        let folder = store.dir().annotations();
        let mut annotators: Vec<(AnnotatorId, Arc<Annotations>)> = Vec::new();
        for annotator in annotation::list_annotators(&folder).map_err(failed)? {
            if own.as_ref().is_none_or(|(name, _)| *name != annotator) {
                let (said, _) = annotation::read(&folder, &annotator).map_err(failed)?;
                annotators.push((annotator, Arc::new(said)));
            }
        }
        annotators.extend(own);
        annotators.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Self { store, annotators, scores })
    }

    /// The same where everyone's labels are at hand.
    pub const fn of(store: Store, annotators: Vec<(AnnotatorId, Arc<Annotations>)>, scores: ScoreBook) -> Self {
        Self { store, annotators, scores }
    }

    /// The rows to be exported, in the order of the project: those that a question `found`, else those that were
    /// `picked`, else all. With them, in a sentence, how many of the picked ones are gone.
    pub fn chosen(&self, found: Option<Vec<u32>>, picked: Option<&[TraceId]>) -> (Vec<u32>, Option<String>) {
        let Some(picked) = picked.filter(|_| found.is_none()) else {
            let all = || (0..u32::try_from(self.store.len()).unwrap_or(u32::MAX)).collect();
            return (found.unwrap_or_else(all), None);
        };
        let mut rows: Vec<u32> = picked.iter().filter_map(|id| self.store.row_of(id)).collect();
        let gone = picked.len() - rows.len();
        rows.sort_unstable();
        (rows, (gone > 0).then(|| format!("{gone} of the {} picked traces are no longer there", picked.len())))
    }
}

impl Corpus for ProjectCorpus {
    fn len(&self) -> usize {
        self.store.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        self.store.trace(row).map_err(|error| error.to_string())
    }

    fn problem(&self, row: u32) -> Result<ProblemId, String> {
        let summary = self.store.summary(row).ok_or_else(|| "its summary is missing".to_owned())?;
        Ok(summary.problem_id)
    }

    fn logs(&self) -> &[(AnnotatorId, Arc<Annotations>)] {
        &self.annotators
    }

    fn scores(&self, trace: &Trace) -> Vec<NativeScores> {
        scores_of(&self.scores, trace, None)
    }

    fn sources(&self) -> Vec<SourceFile> {
        // Files that were looked at and left out gave nothing to export.
        let sources = self.store.sources().iter().filter(|source| source.traces > 0);
        sources
            .map(|source| SourceFile {
                path: source.path.clone(),
                sha256: source.sha256.clone(),
                format: source.format.clone(),
                traces: source.traces,
            })
            .collect()
    }

    fn provenance(&self) -> Result<Provenance, String> {
        let (dir, mut records) = (self.store.dir(), Vec::new());
        let folder = dir.annotations();
        for annotator in annotation::list_annotators(&folder).map_err(|error| error.to_string())? {
            let stem = annotation::file_stem(&annotator).map_err(|error| error.to_string())?;
            let log = folder.join(format!("{stem}.jsonl"));
            records.push(RecordFile::read(RecordKind::Annotations, annotator.as_str(), &log)?);
        }
        let scores = fs::read_dir(dir.scores()).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let mut scores: Vec<PathBuf> =
            scores.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
        scores.sort();
        for path in scores {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            records.push(RecordFile::read(RecordKind::Scores, &name, &path)?);
        }
        let schema = LabelSchema::load(dir).map_err(|error| error.to_string())?;
        Ok(Provenance { label_schema: Some(schema.revision).filter(|&revision| revision > 0), records })
    }

    fn protected(&self) -> Vec<PathBuf> {
        // All of them: also a file that gave no trace is the user's.
        let sources = self.store.sources().iter().map(|source| PathBuf::from(&source.path));
        sources.chain([self.store.dir().path().to_owned()]).collect()
    }
}
