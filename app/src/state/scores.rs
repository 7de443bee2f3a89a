//! The scores of one scorer, in the form that the table's query reads.

use stepscope_core::model::StepHash;
use stepscope_core::query::Scores;
use stepscope_core::scoring::ScoreBook;

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

impl Scores for ChosenScorer {
    fn step(&self, hash: &StepHash) -> Option<f32> {
        self.book.get(&self.name, hash)
    }
}
