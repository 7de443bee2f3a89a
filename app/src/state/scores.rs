//! The scores of one scorer, in the form that the table's query reads.

use std::sync::Arc;

use stepscope_core::annotation::{Annotations, KnownAnswers, Others};
use stepscope_core::job::{JobContext, JobError};
use stepscope_core::labels::{LabelSource, Panel};
use stepscope_core::model::{AnnotatorId, StepHash};
use stepscope_core::query::{Aids, Found, Query, QueueOrder, Scores, Sort, ViewCache, Views, find, sort_by};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::Store;

use super::asking::FieldSort;
use super::corpus::ProjectCorpus;
use super::sources::{offered, scorers, usual};

/// One scorer of a score book.
pub struct ChosenScorer {
    book: ScoreBook,
    name: String,
}

/// The scorer of that name, else the first one; `None` where nothing was scored here.
pub fn chosen(book: &ScoreBook, name: Option<&str>) -> Option<ChosenScorer> {
    let scorers = book.scorers();
    let info = scorers.iter().find(|info| Some(info.name.as_str()) == name).or(scorers.first())?;
    Some(ChosenScorer { name: info.name.clone(), book: book.clone() })
}

/// What the order of traces depends on, for a job.
pub struct QueryAids {
    /// The scores to sort by.
    pub scores: Option<ChosenScorer>,
    /// What others have said.
    pub others: Others,
    /// Who asks.
    pub annotator: String,
    /// Between whom traces are disputed; `None` for the usual label sources.
    pub sources: Option<Vec<LabelSource>>,
    /// Which answers are known, and the share of such traces.
    pub gold: Option<(KnownAnswers, f64)>,
    /// All scores of the project.
    pub book: ScoreBook,
    /// What queries keep from one to the next.
    pub cache: ViewCache,
    /// The field to sort by, where it is none of the usual keys.
    pub by: Option<FieldSort>,
    /// Only these traces are listed.
    pub among: Option<Arc<Vec<u32>>>,
}

impl QueryAids {
    /// Runs a query with them.
    pub fn run(
        &self,
        query: &Query,
        store: &Store,
        said: &Arc<Annotations>,
        ctx: &JobContext,
    ) -> Result<Found, JobError> {
        let views = self.views(store, said);
        let compares = query.queue.order == QueueOrder::Disagreement && query.sort == Sort::default();
        let corpus = compares.then(|| self.corpus(store, said));
        let panel = corpus.as_ref().map(|corpus| self.panel(corpus, &views)).transpose()?;
        let aids = Aids {
            scores: self.scores.as_ref().map(|scores| scores as &dyn Scores),
            others: &self.others,
            annotator: &self.annotator,
            gold: self.gold.as_ref().map(|(known, rate)| (known, *rate)),
            panel: panel.as_ref(),
            views: Some(&views),
        };
        let mut found = find(query, store, said, &aids, ctx)?;
        if let Some(among) = &self.among {
            found.rows.retain(|row| among.binary_search(row).is_ok());
        }
        if let Some(by) = &self.by {
            found.rows = sort_by(&views, found.rows, &by.field, by.descending, ctx)?;
        }
        Ok(found)
    }

    /// The moment of the project that label sources are compared in.
    fn corpus(&self, store: &Store, said: &Arc<Annotations>) -> ProjectCorpus {
        let own = (AnnotatorId::new(&self.annotator), Arc::clone(said));
        let annotators = std::iter::once(own).chain(self.others.iter().cloned()).collect();
        ProjectCorpus::of(store.clone(), annotators, self.book.clone())
    }

    /// The label sources that are compared.
    fn panel<'a>(&self, corpus: &'a ProjectCorpus, views: &Views) -> Result<Panel<'a>, JobError> {
        let sources = match &self.sources {
            Some(sources) => sources.clone(),
            None => usual(&offered(corpus, &self.annotator, &scorers(&self.book), &*views.in_data()?)).to_vec(),
        };
        Panel::new(&sources, corpus).map_err(|error| JobError::from_error(&error))
    }

    /// The moment of the project that queries are asked of.
    pub fn views(&self, store: &Store, said: &Arc<Annotations>) -> Views {
        let own = (AnnotatorId::new(&self.annotator), Arc::clone(said));
        let scorer = self.scores.as_ref().map(|scores| scores.name.clone());
        Views::new(store.clone(), own, &self.others, self.book.clone(), scorer, &self.cache)
    }
}

impl Scores for ChosenScorer {
    fn step(&self, hash: &StepHash) -> Option<f32> {
        self.book.get(&self.name, hash)
    }

    fn spread(&self, hash: &StepHash) -> Option<f32> {
        self.book.full(&self.name, hash)?.spread
    }
}
