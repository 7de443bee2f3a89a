//! Attempts at programming problems with reflections between them (noahshinn/reflexion: `programming_runs`).
//!
//! The file has the last solution and all reflections; some also have the attempts before and what the tests said.

use serde_json::Value;

use super::run::Run;
use crate::import::fields::{Fields, step_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Prompt, StepKind, Verdict};

/// Reads code attempts.
pub(super) struct CodeAttempts;

impl Importer for CodeAttempts {
    fn name(&self) -> &'static str {
        "code_attempts"
    }

    fn caption(&self) -> &'static str {
        "Code attempts with reflections"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["prompt"], &["solution"], &["is_solved"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`prompt`, `solution` and `is_solved`", |row| {
            row["prompt"].is_string() && row.get("solution").is_some() && row["is_solved"].is_boolean()
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let prompt = fields.text("prompt").unwrap_or_default();
        let mut run = Run::default();
        let solution = fields.text("solution");
        let attempts = texts(&mut fields, "implementations")?;
        let feedback = texts(&mut fields, "test_feedback")?;
        let reflections = texts(&mut fields, "reflections")?;
        // The last attempt is the solution once more.
        let before = attempts.len().saturating_sub(usize::from(attempts.last() == solution.as_ref()));
        let turns = before.max(reflections.len()).max(feedback.len());
        for turn in 0..turns {
            if let Some(code) = attempts.get(turn).filter(|_| turn < before) {
                run.push(StepKind::Code, code.as_str(), "assistant");
            }
            if let Some(said) = feedback.get(turn) {
                run.push(StepKind::Observation, said.as_str(), "tests");
            }
            if let Some(said) = reflections.get(turn) {
                run.push(StepKind::Critique, said.as_str(), "assistant");
            }
        }
        match solution {
            Some(solution) => drop(run.push(StepKind::Code, solution, "assistant")),
            None => run.warn("`solution` is null; the trace ends without code"),
        }
        let trace = run.builder.trace_mut();
        trace.source_id = fields.text_of(&["task_id", "name"]);
        trace.problem.prompt = Prompt::Text(prompt);
        trace.problem.solution = fields.text_of(&["canonical_solution", "cannonical_solution"]);
        for key in ["test", "entry_point"] {
            if let Some(value) = fields.take(key) {
                trace.problem.metadata.insert(key.into(), value);
            }
        }
        trace.outcome.verdict = fields.bool_of(&["is_solved"]).map_or(Verdict::Unknown, Verdict::from_bool);
        trace.metadata.extend(fields.rest());
        Ok(vec![run.finish().into()])
    }
}

/// The texts of a list that may be missing.
fn texts(fields: &mut Fields, key: &str) -> Result<Vec<String>, RowError> {
    if fields.get(key).is_none_or(Value::is_null) {
        return Ok(Vec::new());
    }
    let list = fields.list(&[key])?;
    let text = |entry: &Value| step_text(entry).or_else(|| Some(entry.to_string()));
    Ok(list.iter().filter_map(text).collect())
}
