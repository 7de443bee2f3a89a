//! The model solutions of GSM8K: for each question one solution of each of four models, with its outcome
//! (openai/grade-school-math).

use serde_json::Value;

use crate::import::fields::{Fields, push_split, take_outcome};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Problem, Splitter, TraceBuilder};

/// Reads the model solutions of GSM8K.
pub(super) struct Gsm8kModels;

impl Importer for Gsm8kModels {
    fn name(&self) -> &'static str {
        "gsm8k_models"
    }

    fn caption(&self) -> &'static str {
        "GSM8K model solutions: one per model, with outcome"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[
            &["question"],
            &["ground_truth"],
            &["175b_verification", "175b_finetuning", "6b_verification", "6b_finetuning"],
        ]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`question`, `ground_truth` and objects with `solution` and `is_correct`", |row| {
            row["question"].is_string()
                && row["ground_truth"].is_string()
                && row.as_object().is_some_and(|row| row.values().any(is_candidate))
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let models: Vec<String> = row
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| is_candidate(value))
            .map(|(model, _)| model.clone())
            .collect();
        if models.is_empty() {
            return Err(RowError::new("no key holds an object with `solution` and `is_correct`; add one per model"));
        }
        let mut fields = Fields::new(row)?;
        let candidates: Vec<Value> = models.iter().filter_map(|model| fields.take(model)).collect();
        let mut problem = Problem { prompt: fields.prompt(&["question"])?, ..Problem::default() };
        problem.solution = fields.text("ground_truth");
        problem.answer = problem.solution.as_deref().and_then(final_answer).map(str::to_owned);
        problem.metadata = fields.rest();
        let mut found = Vec::with_capacity(models.len());
        for (model, candidate) in models.into_iter().zip(candidates) {
            let mut fields = Fields::new(candidate)?;
            let mut builder = TraceBuilder::new(problem.clone()).generator(model);
            let text = fields.text("solution").unwrap_or_default();
            push_split(&mut builder, &text, &sample.splitter_or(Splitter::Line));
            take_outcome(&mut builder, &mut fields, "is_correct");
            builder.trace_mut().metadata.extend(fields.rest());
            found.push(builder.into());
        }
        Ok(found)
    }
}

fn is_candidate(value: &Value) -> bool {
    value["solution"].is_string() && value.get("is_correct").is_some()
}

/// What stands behind `A:` in the last line.
fn final_answer(text: &str) -> Option<&str> {
    Some(text.trim_end().lines().next_back()?.trim_start().strip_prefix("A:")?.trim())
}
