//! BIG-Bench-Mistake: chains of thought with the index of the first mistake, counted from 0, or null
//! (WHGTyen/BIG-Bench-Mistake).

use serde_json::Value;

use crate::import::fields::{Fields, mark_first_error, push_solution, scalar_text, step_texts, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Problem, TraceBuilder, Verdict};

/// Reads BIG-Bench-Mistake.
pub(super) struct BigBenchMistake;

impl Importer for BigBenchMistake {
    fn name(&self) -> &'static str {
        "bbmistake"
    }

    fn caption(&self) -> &'static str {
        "BIG-Bench-Mistake: steps with the first mistake"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["input"], &["steps"], &["target"], &["mistake_index"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`input`, `steps`, `target` and a step number or null in `mistake_index`", |row| {
            row["input"].is_string()
                && row["steps"].is_array()
                && row.get("target").is_some()
                && row.get("mistake_index").is_some_and(|index| index.is_null() || whole_number(index).is_some())
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let problem =
            Problem { prompt: fields.prompt(&["input"])?, answer: fields.text("target"), ..Problem::default() };
        // A solution that never came to an answer did not give the right one.
        let verdict = match (fields.get("answer"), &problem.answer) {
            (Some(answer), Some(target)) => Verdict::from_bool(scalar_text(answer).as_ref() == Some(target)),
            _ => Verdict::Unknown,
        };
        let steps = fields.list(&["steps"])?;
        let mut builder = TraceBuilder::new(problem).verdict(verdict);
        let texts = step_texts("steps", &steps, &mut builder)?;
        push_solution(&mut builder, texts);
        match fields.take("mistake_index") {
            Some(Value::Null) => {
                builder.label(None, ImportedValue::NoError, "human", "mistake_index", "null");
                if let Some(label) = builder.last_label() {
                    label.base = Some(0);
                }
            }
            Some(index) => mark_first_error(&mut builder, "mistake_index", "human", index),
            None => warn(&mut builder, "`mistake_index` is missing; the trace has no first-error label"),
        }
        builder.trace_mut().metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}
