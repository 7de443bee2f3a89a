//! What is judged, by whose labels.

use crate::labels::LabelSource;

/// What is judged: numbers, or another source of labels.
#[derive(Clone, Debug, PartialEq)]
pub enum Rater {
    /// A scorer by its name: computed scores first, else imported ones.
    Scorer(String),
    /// A label source, as if its labels were scores: good and neutral steps 1, bad ones 0, soft labels as they are.
    Labels(LabelSource),
}

impl Rater {
    /// The name in reports.
    pub fn name(&self) -> String {
        match self {
            Self::Scorer(name) => name.clone(),
            Self::Labels(source) => source.to_string(),
        }
    }
}

/// What is collected.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What is judged, the first before all; further ones to compare it with.
    pub raters: Vec<Rater>,
    /// Whose labels count as true; `None`: own ones, else imported ones where nobody has labelled.
    pub labels: Option<LabelSource>,
    /// A soft label of at least this says good.
    pub soft_from: f64,
    /// Steps that labels pass over are good: for data that list every wrong step, as PRMBench does.
    pub unjudged_good: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self { raters: Vec::new(), labels: None, soft_from: 0.5, unjudged_good: false }
    }
}

impl Request {
    /// One scorer against the labels that are there.
    pub fn of_scorer(name: impl Into<String>) -> Self {
        Self { raters: vec![Rater::Scorer(name.into())], ..Self::default() }
    }
}
