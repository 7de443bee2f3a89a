//! A project on disk with labels of two annotators, so that questions and evaluations can be asked of the same.

use std::sync::Arc;

use tempfile::TempDir;

use crate::annotation::{AnnotationLog, Annotations, Change, StepRef};
use crate::job::JobContext;
use crate::labels::Corpus;
use crate::model::{AnnotatorId, FirstError, FixedClock, StepRating, Trace};
use crate::query::{Fields, Filter, ViewCache, Views};
use crate::scoring::ScoreBook;
use crate::store::{ProjectDir, Store, StoreWriter};

/// A project on disk.
pub(super) struct Disk {
    _folder: TempDir,
    pub(super) store: Store,
    pub(super) said: Vec<(AnnotatorId, Arc<Annotations>)>,
}

impl Disk {
    /// Writes these traces, of which `ann` and `bob` label most: each in another way, and mostly the same.
    pub(super) fn new(traces: &[Trace]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = ProjectDir::new(folder.path().join("p.stepscope"));
        let mut writer = StoreWriter::create(&dir).unwrap();
        for trace in traces {
            writer.push(trace).unwrap();
        }
        let store = writer.finish(Vec::new()).unwrap();
        let said = ["ann", "bob"].map(|name| (AnnotatorId::new(name), Arc::new(labelled(&dir, &store, name)))).into();
        Self { _folder: folder, store, said }
    }

    /// The same without what annotators said.
    pub(super) fn unlabelled(traces: &[Trace]) -> Self {
        Self { said: vec![(AnnotatorId::new("ann"), Arc::default())], ..Self::new(traces) }
    }

    /// As `ann` asks.
    pub(super) fn views(&self) -> Views {
        let [own, others @ ..] = self.said.as_slice() else { panic!("somebody has to ask") };
        Views::new(self.store.clone(), own.clone(), others, ScoreBook::default(), None, &ViewCache::default())
    }
}

/// The rows that a question finds.
pub(super) fn rows(text: &str, views: &Views) -> Vec<u32> {
    let ctx = JobContext::foreground(None);
    let filter = Filter::parse(text, &Fields::default()).unwrap_or_else(|error| panic!("{text}: {error}"));
    filter.rows(views, &ctx).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn labelled(dir: &ProjectDir, store: &Store, name: &str) -> Annotations {
    let clock = Arc::new(FixedClock::default());
    let (mut log, _) =
        AnnotationLog::open(&dir.annotations(), &AnnotatorId::new(name), clock, Arc::new(|| {})).unwrap();
    let mut changes = Vec::new();
    for row in 0..u32::try_from(store.len()).unwrap() {
        let trace = store.trace(row).unwrap();
        let path = trace.tree().main_path(&trace.steps);
        // Bob differs in every fifth trace.
        let turn = row as usize + usize::from(name == "bob" && row % 5 == 0);
        let at = path.get(turn / 4 % path.len().max(1)).and_then(|step| trace.step(*step));
        let Some((error, last)) = at.zip(path.last().and_then(|step| trace.step(*step))) else { continue };
        let mark = |mark| Change::MarkFirstError { trace: trace.id.clone(), mark: Some(mark) };
        match turn % 4 {
            0 => changes.push(mark(FirstError::At(error.hash.clone()))),
            1 => changes.push(mark(FirstError::NoneUpTo(last.hash.clone()))),
            2 => {
                for (place, step) in path.iter().filter_map(|step| trace.step(*step)).enumerate() {
                    let rating = if place % 3 == turn % 3 { StepRating::Bad } else { StepRating::Good };
                    let step = StepRef { trace: trace.id.clone(), step: step.hash.clone() };
                    changes.push(Change::RateStep { step, rating: Some(rating) });
                }
            }
            _ => {}
        }
    }
    log.commit(changes).unwrap();
    log.flush().unwrap();
    log.annotations().clone()
}

impl Corpus for Disk {
    fn len(&self) -> usize {
        self.store.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        self.store.trace(row).map_err(|error| error.to_string())
    }

    fn logs(&self) -> &[(AnnotatorId, Arc<Annotations>)] {
        &self.said
    }
}
