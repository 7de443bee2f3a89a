//! What queries run on: the tables of the store, joined with labels and scores, column by column.
//!
//! Columns are made when a query first asks for them. Those that take long are kept in a [`ViewCache`], and dropped
//! there when what they were made from has changed: the traces, what annotators said, the scores.

mod cache;
mod coded;
mod columns;
mod facts;
mod frames;
mod in_data;
mod judged;
mod known;
mod labels;
mod marks;
mod meta;
mod scores;
mod shape;
mod spans;
mod values;

use std::sync::Arc;

pub use self::cache::ViewCache;
use self::cache::{Key, Layer, Stamp};
pub(super) use self::coded::{Coded, Counts};
pub use self::frames::COLUMNS;
pub(super) use self::frames::TABLES;
pub use self::in_data::InData;
use self::labels::{LabelRow, Labels, NOTHING};
pub(super) use self::marks::Marks;
pub(super) use self::shape::Shape;
pub(super) use self::values::{Many, Names, Numbers, Values};
use crate::annotation::Annotations;
use crate::job::JobError;
use crate::model::AnnotatorId;
use crate::scoring::ScoreBook;
use crate::store::Store;

/// A moment of a project, ready to be asked about. Cheap to clone; made anew for each job.
#[derive(Clone)]
pub struct Views {
    store: Store,
    /// What the annotator in charge said; always among `said`.
    own: AnnotatorId,
    said: Vec<(AnnotatorId, Arc<Annotations>)>,
    book: ScoreBook,
    /// The scorer whose scores are in force; without one, or where it gave none, the imported ones are.
    scorer: Option<String>,
    cache: ViewCache,
}

impl Views {
    /// The traces of a project with what was said of them. `own` is who asks, and `scorer` whose scores are meant where
    /// none is named. `cache` keeps what takes long from one query to the next of the same project.
    pub fn new(
        store: Store,
        own: (AnnotatorId, Arc<Annotations>),
        others: &[(AnnotatorId, Arc<Annotations>)],
        book: ScoreBook,
        scorer: Option<String>,
        cache: &ViewCache,
    ) -> Self {
        let name = own.0.clone();
        let others = others.iter().filter(|(other, _)| *other != name).cloned();
        let said = std::iter::once(own).chain(others).collect();
        Self { store, own: name, said, book, scorer, cache: cache.clone() }
    }

    /// The same moment, but that the annotator who asks has said something else by now.
    #[must_use]
    pub fn with_own(mut self, said: Arc<Annotations>) -> Self {
        if let Some((_, own)) = self.said.iter_mut().find(|(name, _)| *name == self.own) {
            *own = said;
        }
        self
    }

    /// The traces.
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn own(&self) -> &AnnotatorId {
        &self.own
    }

    pub(super) fn said(&self) -> &[(AnnotatorId, Arc<Annotations>)] {
        &self.said
    }

    pub(super) fn said_by(&self, name: Option<&str>) -> Option<&(AnnotatorId, Arc<Annotations>)> {
        let name = name.unwrap_or(self.own.as_str());
        self.said.iter().find(|(annotator, _)| annotator.as_str() == name)
    }

    /// How many traces there are, and how many steps.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.store.len(), self.store.step_total())
    }

    /// What is kept under that key, or is made now.
    fn kept<T: Send + Sync + 'static>(
        &self,
        layer: Layer,
        key: Key,
        make: impl FnOnce() -> Result<T, JobError>,
    ) -> Result<Arc<T>, JobError> {
        let stamp = match layer {
            Layer::Store => Stamp::of_store(&self.store),
            Layer::Labels => Stamp::of_labels(&self.store, &self.said),
            Layer::Scores => Stamp::of_scores(&self.store, &self.book),
            Layer::Judged => Stamp::of_both(&self.store, &self.said, &self.book),
        };
        if let Some(kept) = self.cache.get(layer, &stamp, &key) {
            return Ok(kept);
        }
        let made = Arc::new(make()?);
        self.cache.put(layer, stamp, key, &made);
        Ok(made)
    }
}
