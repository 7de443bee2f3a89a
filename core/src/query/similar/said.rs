//! How steps that say the same were labelled.

use serde::Serialize;

use super::StepAt;
use crate::job::{JobContext, JobError};
use crate::labels::{Corpus, LabelSource, Panel, Place};
use crate::model::StepRating;

/// What one label source says of some steps, and of how many it says this.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TextSaid {
    /// The source.
    pub source: LabelSource,
    /// What it takes them for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<StepRating>,
    /// Their soft label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft: Option<f64>,
    /// They are where their trace first goes wrong.
    pub first_error: bool,
    /// Of how many steps it says so.
    pub steps: usize,
}

/// What annotators, and the labels that came with the data, say of the first `most` of these steps. What is said most
/// often comes first. Can be stopped after each step.
pub fn said_of(
    steps: &[StepAt],
    most: usize,
    corpus: &dyn Corpus,
    ctx: &JobContext,
) -> Result<Vec<TextSaid>, JobError> {
    let mut said: Vec<TextSaid> = Vec::new();
    for &StepAt { row, step } in steps.iter().take(most) {
        ctx.checkpoint()?;
        let trace = corpus.trace(row).map_err(JobError::Failed)?;
        let panel = Panel::of_trace(corpus, &trace).map_err(|error| JobError::from_error(&error))?;
        let all = panel.side_by_side(&trace);
        for says in all.steps.get(step as usize).into_iter().flatten() {
            let place = all.sources.iter().find(|source| source.source == says.source);
            let first_error = place.and_then(|source| source.first_error) == Some(Place::Step(step));
            let one =
                TextSaid { source: says.source.clone(), rating: says.rating, soft: says.soft, first_error, steps: 1 };
            match said.iter_mut().find(|known| TextSaid { steps: 1, ..(*known).clone() } == one) {
                Some(known) => known.steps += 1,
                None => said.push(one),
            }
        }
    }
    said.sort_by_key(|said| std::cmp::Reverse(said.steps));
    Ok(said)
}
