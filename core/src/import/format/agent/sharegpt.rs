//! Conversations in `ShareGPT`'s shape, with tools as LLaMA-Factory adds them (hiyouga/LLaMA-Factory: data/README.md).
//!
//! Turns have `from` and `value`. A call of a tool is a turn of its own, with JSON in a text; so is what it returned.

use serde_json::Value;

use super::run::Run;
use crate::import::fields::{Fields, scalar_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{StepKind, ToolCall};

const TURNS: &[&str] = &["conversations", "conversation"];

/// Reads conversations of turns with `from` and `value`.
pub(super) struct ShareGpt;

impl Importer for ShareGpt {
    fn name(&self) -> &'static str {
        "sharegpt"
    }

    fn caption(&self) -> &'static str {
        "ShareGPT conversations, with tool calls"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[TURNS]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("conversations of turns with `from` and `value`", |row| {
            // Pairs and thumbs are for training, with formats of their own.
            let judged = row.get("chosen").is_some() || row.get("rejected").is_some() || row["label"].is_boolean();
            let turns = TURNS.iter().find_map(|key| row[*key].as_array());
            !judged && turns.is_some_and(|turns| !turns.is_empty() && turns.iter().all(is_turn))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let turns = fields.list(TURNS)?;
        let mut run = Run::default();
        if let Some(system) = fields.text("system").filter(|text| !text.is_empty()) {
            run.ask("system", system);
        }
        for (index, turn) in turns.into_iter().enumerate() {
            let from = turn["from"].as_str().unwrap_or_default().to_owned();
            let value = match turn {
                Value::Object(mut turn) => turn.shift_remove("value").unwrap_or_default(),
                _ => return Err(RowError::new(format!("turn {index} (from 0) is no object with `from` and `value`"))),
            };
            read_turn(&mut run, index, &from, &value);
        }
        let trace = run.builder.trace_mut();
        if let Some(tools) = fields.take("tools") {
            trace.problem.metadata.insert("tools".into(), tools);
        }
        trace.source_id = fields.text_of(&["id"]);
        trace.generator = fields.text_of(&["model"]);
        trace.metadata.extend(fields.rest());
        Ok(vec![run.finish().into()])
    }
}

fn is_turn(turn: &Value) -> bool {
    turn["from"].is_string() && turn.get("value").is_some()
}

fn read_turn(run: &mut Run, index: usize, from: &str, value: &Value) {
    let place = format!("turn {index} (from 0)");
    let text = scalar_text(value).unwrap_or_else(|| if value.is_null() { String::new() } else { value.to_string() });
    match from {
        "system" if run.at.is_none() => run.ask("system", text),
        "human" | "user" if run.at.is_none() => run.ask("user", text),
        "system" => drop(run.push(StepKind::System, text, from)),
        "function_call" | "tool_call" => call(run, &place, from, &text),
        "observation" | "tool" | "function" | "function_response" | "tool_response" => {
            run.result(&place, None, None, text);
        }
        _ => drop(run.push(StepKind::Message, text, from)),
    }
}

/// A call, or a list of them, as JSON in a text; sometimes broken, and then kept as it is.
fn call(run: &mut Run, place: &str, from: &str, text: &str) {
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    let calls = match parsed {
        Some(Value::Array(calls)) => calls,
        Some(call) => vec![call],
        None => Vec::new(),
    };
    if calls.is_empty() || calls.iter().any(|call| !call["name"].is_string()) {
        run.warn(format!("the call in {place} is no JSON object with a name; its text is kept as it is"));
        run.called(text.into(), ToolCall { arguments: text.into(), ..ToolCall::default() }, from);
        return;
    }
    for call in calls {
        run.call(place, call["name"].as_str().unwrap_or_default().into(), &call["arguments"], None, from);
    }
}
