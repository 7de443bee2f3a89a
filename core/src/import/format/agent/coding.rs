//! Logs of coding agents and editors: one format per program, sessions as traces.

pub(super) mod claude;
pub(super) mod codex;
pub(super) mod editor;
pub(super) mod gemini;
pub(super) mod kiro;
pub(super) mod pi;
mod tree;

use serde_json::{Map, Value};

use super::run::{Run, beside_text, content_text, part_beside_text, rename};
use crate::import::RowError;
use crate::model::{Metadata, StepFlag, StepIndex, StepKind};

/// The rows of a session: a list of objects.
fn rows_of(row: Value) -> Result<Vec<Map<String, Value>>, RowError> {
    let rows = if let Value::Array(rows) = row { rows } else { vec![row] };
    let objects = rows.into_iter().map(|row| match row {
        Value::Object(map) => Ok(map),
        _ => Err(RowError::new("a row of the session is no object; expected `type`")),
    });
    objects.collect()
}

/// The blocks of a message: texts, reasoning, calls and results. Gives how many blocks of reasoning were empty.
fn blocks(run: &mut Run, place: &str, author: &str, content: Value) -> usize {
    let parts = match content {
        Value::Array(parts) => parts,
        Value::Null => return 0,
        other => {
            run.push(StepKind::Message, content_text(&other), author);
            return 0;
        }
    };
    let mut empty = 0;
    for part in parts {
        let text_at = |key: &str| part[key].as_str().map(str::to_owned);
        match part["type"].as_str() {
            Some("thinking" | "reasoning" | "redacted_thinking") => {
                let text = text_at("thinking").or_else(|| text_at("reasoning")).or_else(|| text_at("text"));
                match text.filter(|text| !text.trim().is_empty()) {
                    Some(text) => drop(run.push(StepKind::Thought, text, author)),
                    None => empty += 1,
                }
            }
            Some("tool_use" | "toolCall" | "server_tool_use") => {
                let arguments = part.get("input").or_else(|| part.get("arguments")).unwrap_or(&Value::Null);
                run.call(place, text_at("name").unwrap_or_default(), arguments, text_at("id"), author);
            }
            Some("tool_result") => {
                let content = &part["content"];
                let step = run.result(place, text_at("tool_use_id"), None, content_text(content));
                if part["is_error"] == true {
                    run.flag(Some(step), StepFlag::Failed);
                }
                run.note(Some(step), "content", beside_text(content).unwrap_or_default());
            }
            _ => {
                let step = run.push(StepKind::Message, super::run::part_text(&part), author);
                run.note(Some(step), "content", part_beside_text(&part).unwrap_or_default());
            }
        }
    }
    empty
}

/// What the usage of a message says, under the names used for steps.
fn usage(run: &mut Run, step: Option<StepIndex>, usage: Option<Value>) {
    let Some(Value::Object(mut usage)) = usage else { return };
    for (from, to) in [("input", "input_tokens"), ("output", "output_tokens")] {
        rename(&mut usage, from, to);
    }
    if let Some(cost) = usage.get("cost").map(|cost| cost["total"].clone()).filter(Value::is_number) {
        usage.insert("cost_usd".into(), cost);
    }
    run.note_all(step, usage);
}

/// Keys of rows that mostly say the same for the whole session; there they stand once.
fn of_session(metadata: &mut Metadata, row: &mut Map<String, Value>, keys: &[&str]) {
    for key in keys {
        let Some(value) = row.get(*key).filter(|value| !value.is_null()) else {
            row.shift_remove(*key);
            continue;
        };
        if metadata.get(*key).is_none_or(|known| known == value)
            && let Some(value) = row.shift_remove(*key)
        {
            metadata.insert((*key).into(), value);
        }
    }
}
