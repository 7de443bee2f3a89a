//! ReasonEval (GAIR-NLP/ReasonEval, "Evaluating Mathematical Reasoning Beyond Accuracy"): solutions whose steps are
//! lists of lines, with the first invalid or the redundant steps, and reference solutions that were damaged on purpose.
//!
//! Of a damaged solution the row gives two traces: what was made of the reference, and the reference itself.

mod perturbation;
mod sidecar;

use serde_json::Value;

pub(super) use self::sidecar::ReasonEvalScores;
use crate::import::detect::kind;
use crate::import::fields::{Fields, mark_first_error_from, raw_text, says_none, ternary, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Problem, StepKind, TraceBuilder, Verdict};

const STEPS: &str = "model_output_step_format";
const FIRST_ERROR: &str = "model_output_solution_first_error_step";
const SOLUTION: &str = "model_output_solution_correctness";
const ANSWER: &str = "model_output_answer_correctness";
/// Under this key a step keeps the number of its last line, from 0 in the trace, where scores are given by lines.
const LAST_LINE: &str = "last_line";

/// Reads solutions with invalid or redundant steps, and damaged ones.
pub(super) struct ReasonEval;

impl Importer for ReasonEval {
    fn name(&self) -> &'static str {
        "reasoneval"
    }

    fn caption(&self) -> &'static str {
        "ReasonEval: invalid, redundant or damaged steps"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["question"], &[STEPS, "hypothesis_steps"], &[FIRST_ERROR, "rating", "error_type"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`question` and steps as lists of lines, or damaged steps beside the reference", |row| {
            let lines = |step: &Value| step.as_array().is_some_and(|lines| lines.iter().all(Value::is_string));
            let steps = |key: &str| row[key].as_array().is_some_and(|steps| steps.iter().all(Value::is_string));
            let graded = row[STEPS].as_array().is_some_and(|steps| steps.iter().all(lines))
                && (row.get(FIRST_ERROR).is_some() || row["rating"].is_array());
            let damaged = steps("reference_steps") && steps("hypothesis_steps") && row["error_type"].is_string();
            row["question"].is_string() && (graded || damaged)
        })
    }

    fn shares_siblings(&self) -> bool {
        true
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        if fields.get("hypothesis_steps").is_some() {
            return perturbation::read(fields);
        }
        let mut builder = TraceBuilder::new(problem(&mut fields)?);
        push_steps(&fields.list(&[STEPS])?, &mut builder)?;
        if let Some(value) = fields.take(FIRST_ERROR) {
            let wrong = fields.get(SOLUTION).is_some_and(|value| raw_text(value) == "wrong");
            if wrong && says_none(&value) {
                builder.label(None, ImportedValue::ErrorSomewhere, "human", SOLUTION, "wrong");
                warn(&mut builder, format!("`{SOLUTION}` is \"wrong\", but `{FIRST_ERROR}` names no step"));
            } else {
                mark_first_error_from(1, &mut builder, FIRST_ERROR, "human", value);
            }
        }
        rate(&mut builder, &mut fields);
        let trace = builder.trace_mut();
        let id = fields.text("id");
        let dataset = sample.path.file_stem().unwrap_or_default().to_string_lossy();
        let join = id.as_ref().map(|id| join_key(&dataset, id));
        trace.source_id = id;
        trace.generator = fields.text("generator");
        let verdict = match fields.get(ANSWER).and_then(Value::as_str) {
            Some("correct") => Some(Verdict::Correct),
            Some("wrong" | "incorrect") => Some(Verdict::Incorrect),
            _ => None,
        };
        if let Some(verdict) = verdict {
            fields.take(ANSWER);
            trace.outcome.verdict = verdict;
        }
        trace.metadata.extend(fields.rest());
        Ok(vec![Imported { join, ..builder.into() }])
    }
}

/// Scores find their trace by the data set and its number there. Ids of MR-GSM8K are unique by themselves, and the
/// traces may as well be those of MR-GSM8K.
fn join_key(dataset: &str, id: &str) -> String {
    let is_uuid = id.len() == 36 && id.bytes().filter(|byte| *byte == b'-').count() == 4;
    if is_uuid { format!("mr_gsm8k:{id}") } else { format!("reasoneval:{dataset}:{id}") }
}

fn problem(fields: &mut Fields) -> Result<Problem, RowError> {
    let prompt = fields.prompt(&["question"])?;
    Ok(Problem { prompt, answer: fields.text("ground_truth_answer"), ..Problem::default() })
}

/// Makes a step of each list of lines. Where a step has several, all keep the number of their last one, for the scores.
fn push_steps(steps: &[Value], builder: &mut TraceBuilder) -> Result<(), RowError> {
    if steps.is_empty() {
        warn(builder, format!("`{STEPS}` is empty; the trace has no steps"));
    }
    let mut ends = Vec::with_capacity(steps.len());
    let mut count = 0_u64;
    for (index, step) in steps.iter().enumerate() {
        let fault = |value: &Value| {
            let place = format!("entry {} of `{STEPS}`", index + 1);
            RowError::new(format!("{place} is or holds {}; expected a list of lines", kind(value)))
        };
        let lines = step.as_array().ok_or_else(|| fault(step))?;
        let lines: Result<Vec<&str>, RowError> =
            lines.iter().map(|line| line.as_str().ok_or_else(|| fault(line))).collect();
        let lines = lines?;
        count += lines.len() as u64;
        ends.push(count.saturating_sub(1));
        builder.chain(StepKind::Thought, lines.join("\n"));
    }
    if count > steps.len() as u64 {
        for (step, end) in builder.trace_mut().steps.iter_mut().zip(ends) {
            step.metadata.insert(LAST_LINE.into(), end.into());
        }
    }
    Ok(())
}

/// Ratings of each step: 1 adds something, 0 is correct but redundant.
fn rate(builder: &mut TraceBuilder, fields: &mut Fields) {
    let Some(Value::Array(ratings)) = fields.get("rating") else { return };
    let ratings = ratings.clone();
    let steps = builder.trace_mut().steps.len();
    if ratings.len() != steps {
        let message = format!("`rating` has {} entries for {steps} steps; those that fit are used", ratings.len());
        warn(builder, message);
    }
    let mut kept = ratings.len() > steps;
    for (step, rating) in (0..).zip(ratings.iter().take(steps)) {
        match whole_number(rating).filter(|number| (0..=1).contains(number)).and_then(ternary) {
            Some(value) => {
                builder.label(Some(step), ImportedValue::Rating(value), "human", "rating", &raw_text(rating));
            }
            None if rating.is_null() => {}
            None => {
                warn(
                    builder,
                    format!("`rating` of step {} is {rating}, neither 1 nor 0; kept in the metadata", step + 1),
                );
                kept = true;
            }
        }
    }
    if !kept {
        fields.take("rating");
    }
}
