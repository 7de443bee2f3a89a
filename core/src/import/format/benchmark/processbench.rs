//! ProcessBench: solutions in steps with the index of the first error, counted from 0, or −1.

use serde_json::Value;

use crate::import::fields::{Fields, mark_first_error, own_step_texts, raw_text, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Problem, Step, StepKind, TraceBuilder, Verdict};

/// All steps once more, in one text (R-PRM).
const MERGED: &str = "steps-merge";

/// Reads ProcessBench.
pub(super) struct ProcessBench;

impl Importer for ProcessBench {
    fn name(&self) -> &'static str {
        "processbench"
    }

    fn caption(&self) -> &'static str {
        "ProcessBench: steps with the first error"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["problem"], &["steps"], &["label"], &["final_answer_correct"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`problem`, `steps`, a step number in `label` and `final_answer_correct`", |row| {
            row["problem"].is_string()
                && row["steps"].is_array()
                && whole_number(&row["label"]).is_some()
                && row["final_answer_correct"].is_boolean()
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        fields.take(MERGED);
        let problem = Problem { prompt: fields.prompt(&["problem"])?, ..Problem::default() };
        let steps = fields.list(&["steps"])?;
        let label = fields.take("label");
        let mut builder = TraceBuilder::new(problem);
        let last = steps.len().saturating_sub(1);
        builder.trace_mut().steps.reserve_exact(steps.len());
        for (index, text) in own_step_texts("steps", steps, &mut builder)?.into_iter().enumerate() {
            let kind = if index == last { StepKind::Answer } else { StepKind::Thought };
            let parent = builder.last_step();
            builder.push(Step { parent, kind, text, on_path: true, ..Step::default() });
        }
        match label {
            Some(label) => mark_first_error(&mut builder, "label", "human", label),
            None => warn(&mut builder, "`label` is missing; the trace has no first-error label"),
        }
        let trace = builder.trace_mut();
        trace.source_id = fields.text("id");
        trace.generator = fields.text("generator");
        trace.outcome.verdict = fields.bool_of(&["final_answer_correct"]).map_or(Verdict::Unknown, Verdict::from_bool);
        if let Some(odd) = fields.get("final_answer_correct") {
            let message = format!("`final_answer_correct` is {}, neither true nor false", raw_text(odd));
            trace.warnings.push(message);
        }
        trace.metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }

    fn repeats(&self) -> &'static [&'static str] {
        &[MERGED]
    }
}
