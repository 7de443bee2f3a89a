//! What gives scores, whatever is behind it: a model, or the fake of tests and demonstrations.

use serde::{Deserialize, Serialize};

use super::worker::Capabilities;
use super::{
    DeviceChoice, NumberFormat, Recipe, ScoringError, TextEncoder, TreeScores, TreeText, WorkerError, Writing,
};
use crate::job::{JobError, Progress};
use crate::model::ScoreKind;

/// Who gives scores and what they mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// Where weights were rounded: how far that moved the farthest score of a short text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<f32>,
}

/// Told how far loading got, also when there is nothing new; an error stops it.
pub type Watch<'a> = &'a mut dyn FnMut(Progress) -> Result<(), JobError>;

/// What comes out of scoring, as it comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ScoreEvent {
    /// A trace is scored.
    Scored {
        /// Its position in the request, from 0.
        tree: usize,
        /// Its scores.
        scores: TreeScores,
    },
    /// A trace cannot be scored; the others of the request go on.
    Failed {
        /// Its position in the request, from 0.
        tree: usize,
        /// Why.
        error: WorkerError,
    },
    /// A judge has written more of its critique of a step.
    Critique {
        /// Its position in the request, from 0.
        tree: usize,
        /// The step, from 0.
        step: u32,
        /// Which of several critiques, from 0.
        sample: u32,
        /// What was added.
        text: String,
    },
}

/// Hears how scoring goes.
pub trait Listener {
    /// Told how far it got, in tokens, also when there is nothing new; an error stops the scoring.
    fn progress(&mut self, progress: Progress) -> Result<(), JobError>;

    /// Told what came out.
    fn tell(&mut self, event: ScoreEvent);
}

/// Keeps what it hears; for callers that want it all at the end.
#[derive(Debug, Default)]
pub struct Heard(pub Vec<ScoreEvent>);

impl Listener for Heard {
    fn progress(&mut self, _: Progress) -> Result<(), JobError> {
        Ok(())
    }

    fn tell(&mut self, event: ScoreEvent) {
        self.0.push(event);
    }
}

/// Text in, scores out.
pub trait StepScorer {
    /// Who it is.
    fn info(&self) -> &ScorerInfo;

    /// Scores every step of some traces and tells of each trace once, in any order. A step that cannot be scored is
    /// told apart, with the reason. Traces given together may share computation.
    fn score(&mut self, trees: &[TreeText], listener: &mut dyn Listener) -> Result<(), ScoringError>;
}

/// Scores one trace and waits for it.
pub fn score_one(scorer: &mut dyn StepScorer, tree: &TreeText) -> Result<TreeScores, ScoringError> {
    let mut heard = Heard::default();
    scorer.score(std::slice::from_ref(tree), &mut heard)?;
    let last = heard.0.into_iter().find_map(|event| match event {
        ScoreEvent::Scored { scores, .. } => Some(Ok(scores)),
        ScoreEvent::Failed { error, .. } => Some(Err(ScoringError::Worker(error))),
        ScoreEvent::Critique { .. } => None,
    });
    last.unwrap_or_else(|| Err(ScoringError::Compute("the scorer gave nothing".into())))
}

/// What to load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelSource {
    /// The model folder, on the computer that runs it.
    pub folder: String,
    /// How to read it; none to find out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// The number format.
    #[serde(default)]
    pub format: NumberFormat,
    /// For judges that can: write critiques instead of giving verdicts at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writing: Option<Writing>,
}

/// Makes scorers; what a worker needs to know of models.
pub trait ScorerFactory {
    /// Where its scorers run.
    fn device(&self) -> &DeviceChoice;

    /// What it can load, for the greeting of a worker.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Loads one.
    fn load(&mut self, source: &ModelSource, watch: Watch<'_>) -> Result<Box<dyn StepScorer>, ScoringError>;

    /// Loads a sentence encoder.
    fn load_encoder(&mut self, _folder: &str, _watch: Watch<'_>) -> Result<Box<dyn TextEncoder>, ScoringError> {
        Err(ScoringError::Worker(WorkerError::BadRequest("this worker runs no sentence encoders".into())))
    }
}
