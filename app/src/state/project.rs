//! The open project: its traces, the annotator's log, the scores.

use std::sync::Arc;

use stepscope_core::annotation::{
    Access, AnnotationLog, Annotations, Context, KnownAnswers, LabelSchema, Others, TraceAnnotation,
};
use stepscope_core::import::{ImportPreview, InspectReport};
use stepscope_core::model::TraceId;
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::{Placement, ProjectDir, Reject, Store};
use stepscope_core::watch::{Change, Watcher};

/// The open project. Changed by `dispatch` and `jobs` only.
pub struct Project {
    pub(crate) store: Store,
    pub(crate) placement: Placement,
    pub(crate) log: AnnotationLog,
    pub(crate) scores: ScoreBook,
    pub(crate) schema: LabelSchema,
    /// What other annotators had said when the project was opened.
    pub(crate) others: Others,
    pub(crate) rejects: Arc<Vec<Reject>>,
    pub(crate) watcher: Option<Watcher>,
    pub(crate) report: Option<Arc<InspectReport>>,
    /// Set where these are only the first traces of files that are still being read.
    pub(crate) preview: Option<ImportPreview>,
}

impl Project {
    /// The traces.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The project folder.
    pub fn dir(&self) -> &ProjectDir {
        self.store.dir()
    }

    /// Beside the sources, or elsewhere because that place is read-only.
    pub fn placement(&self) -> Placement {
        self.placement
    }

    /// What the annotator has said.
    pub fn annotations(&self) -> &Annotations {
        self.log.annotations()
    }

    /// What the annotator has said of that trace.
    pub fn said(&self, trace: &TraceId) -> Option<&TraceAnnotation> {
        self.log.annotations().trace(trace)
    }

    /// The annotator's log.
    pub fn log(&self) -> &AnnotationLog {
        &self.log
    }

    /// What annotators are asked for.
    pub fn schema(&self) -> &LabelSchema {
        &self.schema
    }

    /// What other annotators had said when the project was opened.
    pub fn others(&self) -> &Others {
        &self.others
    }

    /// The known answers that the schema names, and the share of such traces.
    pub fn gold(&self) -> Option<(KnownAnswers, f64)> {
        let gold = self.schema.gold.as_ref()?;
        Some((KnownAnswers::new(gold, self.log.annotator(), &self.others)?, gold.rate))
    }

    /// What annotators are asked for, as records bear it. Nobody has chosen the schema of a project that has none saved.
    pub fn asked(&self) -> Context {
        let schema = Some(&self.schema).filter(|schema| schema.revision > 0);
        Context {
            schema: schema.map_or(0, |schema| schema.revision),
            guideline: schema.map(|schema| schema.guideline.version.clone()).unwrap_or_default(),
            ..Context::default()
        }
    }

    /// The scores computed here.
    pub fn scores(&self) -> &ScoreBook {
        &self.scores
    }

    /// Rows that could not be read.
    pub fn rejects(&self) -> &Arc<Vec<Reject>> {
        &self.rejects
    }

    /// What the import found, where the files were read since the project was opened.
    pub fn report(&self) -> Option<&InspectReport> {
        self.report.as_deref()
    }

    /// Sources that have changed since the last call.
    pub fn source_changes(&self) -> Vec<Change> {
        self.watcher.as_ref().map(Watcher::poll).unwrap_or_default()
    }

    /// Labels can be written.
    pub fn can_write(&self) -> bool {
        self.preview.is_none() && *self.log.access() == Access::Writable
    }
}
