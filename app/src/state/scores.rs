//! The scores of one scorer, in the form that the table's query reads.

use stepscope_core::annotation::{Annotations, KnownAnswers, Others};
use stepscope_core::job::{JobContext, JobError};
use stepscope_core::model::StepHash;
use stepscope_core::query::{Aids, Query, Scores, run_with};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::Store;

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
    /// Which answers are known, and the share of such traces.
    pub gold: Option<(KnownAnswers, f64)>,
}

impl QueryAids {
    /// Runs a query with them.
    pub fn run(
        &self,
        query: &Query,
        store: &Store,
        said: &Annotations,
        ctx: &JobContext,
    ) -> Result<Vec<u32>, JobError> {
        let aids = Aids {
            scores: self.scores.as_ref().map(|scores| scores as &dyn Scores),
            others: &self.others,
            annotator: &self.annotator,
            gold: self.gold.as_ref().map(|(known, rate)| (known, *rate)),
        };
        run_with(query, store, said, &aids, ctx)
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
