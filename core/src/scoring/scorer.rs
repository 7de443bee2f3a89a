//! What gives scores, whatever is behind it: a model, or the fake of tests and demonstrations.

use serde::{Deserialize, Serialize};

use super::{DeviceChoice, NumberFormat, Recipe, ScoringError, TreeScores, TreeText};
use crate::job::{JobError, Progress};
use crate::model::ScoreKind;

/// Who gives scores and what they mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScorerInfo {
    /// Name in the project and in the window; that of the model folder.
    pub name: String,
    /// Names model, recipe and number format by content: two scorers with the same one give the same scores.
    pub fingerprint: String,
    /// What the scores mean.
    pub kind: ScoreKind,
    /// The recipe.
    #[serde(default)]
    pub recipe: String,
    /// Where the model lay.
    #[serde(default)]
    pub model: String,
    /// The number format.
    #[serde(default)]
    pub format: NumberFormat,
}

/// Told how far scoring got, also when there is nothing new; an error stops it.
pub type Watch<'a> = &'a mut dyn FnMut(Progress) -> Result<(), JobError>;

/// Text in, scores out.
pub trait StepScorer {
    /// Who it is.
    fn info(&self) -> &ScorerInfo;

    /// Scores every step of a trace. A step that cannot be scored is told apart, with the reason.
    fn score(&mut self, tree: &TreeText, watch: Watch<'_>) -> Result<TreeScores, ScoringError>;
}

/// What to load.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSource {
    /// The model folder, on the computer that runs it.
    pub folder: String,
    /// How to read it; none to find out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// The number format.
    #[serde(default)]
    pub format: NumberFormat,
}

/// Makes scorers; what a worker needs to know of models.
pub trait ScorerFactory {
    /// Where its scorers run.
    fn device(&self) -> &DeviceChoice;

    /// Loads one.
    fn load(&mut self, source: &ModelSource, watch: Watch<'_>) -> Result<Box<dyn StepScorer>, ScoringError>;
}
