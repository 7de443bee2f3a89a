//! Runs of `AgentBench` (THUDM/AgentBench: `runs.jsonl`, `error.jsonl`).
//!
//! Roles are `user`, which is the environment after the first message, and `agent`. A run that failed may have no
//! history: it is a trace without steps.

use serde_json::Value;

use super::chat::EXTRAS;
use super::chat::reader::Reader;
use crate::import::detect::Neighbour;
use crate::import::fields::{Fields, scalar_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{StepFlag, StepKind};

/// The table of results beside the runs.
pub(super) const SUMMARY: Neighbour = Neighbour {
    what: "a table of results of AgentBench (overall.json), without the runs themselves",
    fits: |sample| {
        let is_table = |row: &Value| row["total"].is_number() && row["validation"].is_object();
        !sample.rows.is_empty() && sample.rows.iter().all(is_table)
    },
};

/// Reads `AgentBench` runs.
pub(super) struct AgentBench;

impl Importer for AgentBench {
    fn name(&self) -> &'static str {
        "agentbench"
    }

    fn caption(&self) -> &'static str {
        "AgentBench runs"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["output"], &["index"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("an `output` with `status` and `history`", |row| {
            let output = &row["output"];
            let history = output.get("history").or_else(|| output.is_null().then_some(&Value::Null));
            row.get("index").is_some()
                && row.get("error").is_some()
                && (output.is_null() || output["status"].is_string())
                && history.is_some_and(|h| h.is_null() || h.as_array().is_some_and(|list| list.iter().all(is_turn)))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut output = match fields.take("output") {
            Some(Value::Object(output)) => output,
            None | Some(Value::Null) => serde_json::Map::new(),
            Some(_) => return Err(RowError::new("`output` is no object; expected `status` and `history`")),
        };
        let history = match output.shift_remove("history") {
            Some(Value::Array(history)) => history,
            None | Some(Value::Null) => Vec::new(),
            Some(_) => return Err(RowError::new("`output.history` is no list of messages with `role` and `content`")),
        };
        let mut reader = Reader::default();
        for (index, turn) in history.iter().enumerate() {
            let role = turn["role"].as_str().unwrap_or_default();
            let text = || super::run::content_text(&turn["content"]);
            match (role, turn) {
                ("user" | "system", _) if reader.run.at.is_none() => reader.run.ask(role, text()),
                ("user", _) => drop(reader.run.push(StepKind::Observation, text(), role)),
                ("agent", _) => drop(reader.run.push(StepKind::Action, text(), role)),
                // Newer runs call tools.
                (_, Value::Object(turn)) => reader.message(index, turn.clone()),
                _ => {}
            }
        }
        let Reader { mut run, extras, .. } = reader;
        let trace = run.builder.trace_mut();
        let index = fields.get("index").and_then(scalar_text).unwrap_or_default();
        // A task that failed is mostly run again: the time tells such runs apart.
        let time = fields.get("time").filter(|_| history.is_empty()).and_then(|time| scalar_text(&time["timestamp"]));
        trace.source_id = Some(time.map_or(index.clone(), |time| format!("{index} at {time}")));
        output.retain(|_, value| !value.is_null());
        trace.metadata.extend(fields.rest());
        trace.metadata.retain(|_, value| !value.is_null());
        trace.metadata.insert("output".into(), output.into());
        if !extras.is_empty() {
            trace.metadata.insert(EXTRAS.into(), extras.into());
        }
        // The last action is the answer where the run came to its end.
        if trace.metadata["output"]["status"] == "completed"
            && let Some(last) = trace.steps.last_mut().filter(|step| step.kind == StepKind::Action)
        {
            last.kind = StepKind::Answer;
        }
        if trace.metadata["output"]["status"].as_str().is_some_and(|status| status.contains("invalid action"))
            && let Some(last) = trace.steps.last_mut()
        {
            last.flags.push(StepFlag::Failed);
        }
        if history.is_empty() {
            let error = trace.metadata.get("error").and_then(Value::as_str).unwrap_or("no error is told");
            let text = format!("the run failed before its first step ({error}); there is no problem and no step");
            trace.warnings.push(text);
            return Ok(vec![run.builder.into()]);
        }
        Ok(vec![run.finish().into()])
    }
}

fn is_turn(turn: &Value) -> bool {
    turn["role"].is_string() && (turn.get("content").is_some() || turn.get("tool_calls").is_some())
}
