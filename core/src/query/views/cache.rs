//! Columns that take long to make, kept until what they were made from has changed.

use std::any::Any;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::annotation::Annotations;
use crate::model::AnnotatorId;
use crate::query::language::{Field, Part, Said};
use crate::scoring::ScoreBook;
use crate::store::Store;

/// Keeps columns from one query to the next. A clone is the same cache.
#[derive(Clone, Default)]
pub struct ViewCache(Arc<[Mutex<Shelf>; 4]>);

/// What a column was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Store,
    Labels,
    Scores,
    /// Both labels and scores.
    Judged,
}

/// So many label sources that were asked about are kept: each takes a number per step, and while a threshold is typed
/// there are more and more of them.
const JUDGED: usize = 8;

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Shape,
    Column(Field),
    Coded(Field),
    Marks(Said),
    /// Of the data.
    Scorers,
    InData,
    Judged(String),
    StepScores(Option<String>),
    TraceScores(Option<String>, Part),
    Labels,
    OwnLabels,
    Meta,
    StepMeta,
}

/// A state of what columns are made from.
#[derive(Clone)]
pub(super) struct Stamp {
    /// The project; number of the import, traces, steps.
    store: (PathBuf, u64, usize, usize),
    /// What each annotator said. Held so that no other state can stand at the same place.
    said: Vec<Weak<Annotations>>,
    scores: u64,
}

impl std::fmt::Debug for ViewCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ViewCache").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Shelf {
    stamp: Option<Stamp>,
    kept: HashMap<Key, Arc<dyn Any + Send + Sync>>,
}

impl Stamp {
    pub(super) fn of_store(store: &Store) -> Self {
        let project = store.dir().path().to_path_buf();
        Self { store: (project, store.generation(), store.len(), store.step_total()), said: Vec::new(), scores: 0 }
    }

    pub(super) fn of_labels(store: &Store, said: &[(AnnotatorId, Arc<Annotations>)]) -> Self {
        Self { said: said.iter().map(|(_, said)| Arc::downgrade(said)).collect(), ..Self::of_store(store) }
    }

    pub(super) fn of_scores(store: &Store, book: &ScoreBook) -> Self {
        Self { scores: book.revision(), ..Self::of_store(store) }
    }

    pub(super) fn of_both(store: &Store, said: &[(AnnotatorId, Arc<Annotations>)], book: &ScoreBook) -> Self {
        Self { scores: book.revision(), ..Self::of_labels(store, said) }
    }
}

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        self.store == other.store
            && self.scores == other.scores
            && self.said.len() == other.said.len()
            && self.said.iter().zip(&other.said).all(|(a, b)| a.ptr_eq(b))
    }
}

impl ViewCache {
    fn shelf(&self, layer: Layer) -> &Mutex<Shelf> {
        let [store, labels, scores, judged] = &*self.0;
        match layer {
            Layer::Store => store,
            Layer::Labels => labels,
            Layer::Scores => scores,
            Layer::Judged => judged,
        }
    }

    pub(super) fn get<T: Send + Sync + 'static>(&self, layer: Layer, stamp: &Stamp, key: &Key) -> Option<Arc<T>> {
        let shelf = self.shelf(layer).lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.stamp.as_ref() != Some(stamp) {
            return None;
        }
        Arc::clone(shelf.kept.get(key)?).downcast().ok()
    }

    pub(super) fn put<T: Send + Sync + 'static>(&self, layer: Layer, stamp: Stamp, key: Key, made: &Arc<T>) {
        let mut shelf = self.shelf(layer).lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.stamp.as_ref() != Some(&stamp) {
            shelf.kept.clear();
            shelf.stamp = Some(stamp);
        }
        let made: Arc<T> = Arc::clone(made);
        let is_judged = |key: &Key| matches!(key, Key::Judged(_));
        if is_judged(&key) && shelf.kept.keys().filter(|key| is_judged(key)).count() >= JUDGED {
            shelf.kept.retain(|key, _| !is_judged(key));
        }
        shelf.kept.insert(key, made);
    }
}
