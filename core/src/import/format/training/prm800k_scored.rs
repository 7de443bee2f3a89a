//! Solutions scored by the reward models of "Let's Verify Step by Step": for each step the probability of the three
//! ratings, for the solution one number of each reward model. From the PRM800K repository's scored samples.

use serde_json::Value;

use crate::import::fields::{Fields, float, step_text, step_texts, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Problem, ScoreKind, StepIndex, TraceBuilder, Verdict};

const PROBS: &str = "rating_probs";
const CLASSES: [&str; 3] = ["-1", "0", "1"];

/// Reads scored solutions.
pub(super) struct Prm800kScored;

impl Importer for Prm800kScored {
    fn name(&self) -> &'static str {
        "prm800k_scored"
    }

    fn caption(&self) -> &'static str {
        "PRM800K solutions with the reward model's rating probabilities"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["problem"], &["steps"], &[PROBS]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`steps` and `rating_probs` of each", |row| {
            row["problem"].is_string()
                && row["steps"].as_array().is_some_and(|steps| steps.iter().all(|step| step_text(step).is_some()))
                && row[PROBS].as_array().is_some_and(|probs| probs.iter().all(|p| p.is_object() || p.is_null()))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let reference = fields.text("ground_truth_answer");
        let problem = Problem { prompt: fields.prompt(&["problem"])?, answer: reference, ..Problem::default() };
        let mut builder = TraceBuilder::new(problem);
        for text in step_texts("steps", &fields.list(&["steps"])?, &mut builder)? {
            builder = builder.thought(text);
        }
        let steps = builder.trace_mut().steps.len();
        let probs = fields.list(&[PROBS])?;
        if probs.len() != steps {
            let text =
                format!("`{PROBS}` has {} entries for {steps} steps; attached from the first step on", probs.len());
            warn(&mut builder, text);
        }
        let mut kept = probs.len() > steps;
        for (step, classes) in (0 as StepIndex..).zip(&probs).take(steps) {
            kept |= !score_classes(&mut builder, step, classes);
        }
        if kept {
            warn(&mut builder, format!("some entries of `{PROBS}` were not understood; all are kept in the metadata"));
            builder.trace_mut().metadata.insert(PROBS.into(), probs.into());
        }
        for key in ["orm_score", "prm_score"] {
            if let Some(value) = fields.get(key).and_then(float) {
                fields.take(key);
                builder.score(None, key, ScoreKind::Correctness, value);
            }
        }
        let trace = builder.trace_mut();
        let correct = fields.bool_of(&["is_correct"]);
        trace.outcome.verdict = correct.map_or(Verdict::Unknown, Verdict::from_bool);
        trace.metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// True where nothing but the three classes was there.
fn score_classes(builder: &mut TraceBuilder, step: StepIndex, classes: &Value) -> bool {
    let Some(map) = classes.as_object() else { return classes.is_null() };
    let mut understood = true;
    for (class, value) in map {
        match float(value).filter(|_| CLASSES.contains(&class.as_str())) {
            Some(value) => builder.score(Some(step), &format!("{PROBS}.{class}"), ScoreKind::ClassProbability, value),
            None => understood = false,
        }
    }
    understood
}
