//! `LangChain` runs as its tracer writes them: one tree of runs, each with its inputs and outputs.

use serde_json::Value;

use super::attributes::work;
use super::span::{Span, Told, Work, is_nothing, tell};
use crate::import::fields::scalar_text;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::Metadata;

/// Reads trees of `LangChain` runs.
pub(super) struct LangChain;

impl Importer for LangChain {
    fn name(&self) -> &'static str {
        "langchain"
    }

    fn caption(&self) -> &'static str {
        "LangChain runs"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["run_type"], &["inputs"], &["child_runs", "outputs"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`run_type`, `inputs` and `child_runs`", |row| {
            // Rows that name the run above them are read as spans, all of a trace together.
            let is_tree = row["child_runs"].is_array() || row["parent_run_id"].is_null();
            row["run_type"].is_string() && row["inputs"].is_object() && is_tree
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut spans = Vec::new();
        let mut todo = vec![(row, None)];
        while let Some((run, parent)) = todo.pop() {
            let Value::Object(mut run) = run else {
                return Err(RowError::new("an entry of `child_runs` is no object; expected a run"));
            };
            let mut text = |key: &str| run.shift_remove(key).as_ref().and_then(scalar_text);
            // Runs without an id are told apart by their number.
            let id = text("id").unwrap_or_else(|| format!("#{}", spans.len() + 1));
            let kind = text("run_type").unwrap_or_default();
            let name = text("name").unwrap_or_default();
            let failure = text("error");
            if let Some(Value::Array(children)) = run.shift_remove("child_runs") {
                todo.extend(children.into_iter().rev().map(|child| (child, Some(id.clone()))));
            }
            let mut take = |key: &str| run.shift_remove(key);
            let (started, ended) = (take("start_time"), take("end_time"));
            let (input, output) = (take("inputs").unwrap_or_default(), take("outputs").unwrap_or_default());
            let parameters = &run.get("extra").and_then(|extra| extra.get("invocation_params")).cloned();
            let model = parameters.as_ref().and_then(|given| given.get("model").or_else(|| given.get("model_name")));
            let model = model.and_then(scalar_text);
            for key in ["parent_run_id", "trace_id", "dotted_order", "serialized", "child_run_ids"] {
                run.shift_remove(key);
            }
            let facts: Metadata = run.into_iter().filter(|(_, value)| !is_nothing(value)).collect();
            let work = work(&kind);
            let (input, output) =
                if work == Work::Tool { (argument(input), argument(output)) } else { (input, output) };
            spans.push(Span { id, parent, work, kind, name, started, ended, input, output, model, failure, facts });
        }
        let id = spans.first().map(|span| span.id.clone());
        let Told { mut builder, .. } = tell(&spans, None);
        builder.trace_mut().source_id = id;
        Ok(vec![builder.into()])
    }
}

/// Tools get and give an object with one text in it.
fn argument(value: Value) -> Value {
    let inner =
        value.as_object().filter(|map| map.len() == 1).and_then(|map| map.get("input").or_else(|| map.get("output")));
    inner.cloned().unwrap_or(value)
}
