//! Results of environments with the reflections on failed trials (noahshinn/reflexion: `env_results_trial_*.json`).
//!
//! Nothing tells what was asked or done: a trace has the reflections as its steps, and the outcome.

use serde_json::Value;

use super::run::Run;
use crate::import::fields::{Fields, step_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Prompt, StepKind, Verdict};

/// Reads results of environments.
pub(super) struct EnvResults;

impl Importer for EnvResults {
    fn name(&self) -> &'static str {
        "env_results"
    }

    fn caption(&self) -> &'static str {
        "Reflexion: results of environments"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["name"], &["memory"], &["is_success"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`name`, `memory` and `is_success`", |row| {
            row["name"].is_string() && row["memory"].is_array() && row["is_success"].is_boolean()
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let Some(name) = fields.text("name") else {
            return Err(RowError::new("`name` is missing; expected the name of the environment"));
        };
        let mut run = Run::default();
        for (index, memory) in fields.list(&["memory"])?.iter().enumerate() {
            let text = step_text(memory).ok_or_else(|| {
                RowError::new(format!("entry {} of `memory` is no text; expected a reflection", index + 1))
            })?;
            run.push(StepKind::Critique, text, "agent");
        }
        let trace = run.builder.trace_mut();
        let verdict = fields.bool_of(&["is_success"]).map_or(Verdict::Unknown, Verdict::from_bool);
        trace.outcome.verdict = verdict;
        // The environment is all that is known of the problem.
        trace.problem.prompt = Prompt::Text(name);
        trace.metadata.extend(fields.rest());
        // Most environments were solved without a reflection: no steps is no fault here.
        Ok(vec![run.builder.into()])
    }
}
