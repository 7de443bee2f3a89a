//! Conversations of Kiro: turns of user and assistant as tagged unions, `{"assistant": {"ToolUse": {…}}}`.

use serde_json::{Map, Value};

use super::super::run::{Run, content_text, rename, take_text};
use crate::import::fields::Fields;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{StepFlag, StepIndex, StepKind};

/// Reads Kiro exports.
pub(in super::super) struct Kiro;

impl Importer for Kiro {
    fn name(&self) -> &'static str {
        "kiro"
    }

    fn caption(&self) -> &'static str {
        "Kiro conversations"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["history"], &["conversation_id"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a `history` of tagged turns", |row| {
            let is_turn = |turn: &Value| turn["user"]["content"].is_object() && turn["assistant"].is_object();
            row["history"].as_array().is_some_and(|turns| !turns.is_empty() && turns.iter().all(is_turn))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut run = Run::default();
        for (index, turn) in fields.list(&["history"])?.into_iter().enumerate() {
            let place = format!("turn {index} (from 0)");
            let Value::Object(mut turn) = turn else {
                return Err(RowError::new(format!("{place} is no object with `user` and `assistant`")));
            };
            let first = run.len();
            if let Some(Value::Object(said)) = turn.shift_remove("user") {
                user(&mut run, &place, said);
            }
            if let Some(Value::Object(said)) = turn.shift_remove("assistant") {
                assistant(&mut run, &place, said);
            }
            let step = StepIndex::try_from(first).ok().filter(|_| run.len() > first);
            run.note_all(step, turn);
        }
        let trace = run.builder.trace_mut();
        trace.source_id = fields.text("conversation_id");
        trace.metadata.extend(fields.rest());
        Ok(vec![run.finish().into()])
    }
}

fn user(run: &mut Run, place: &str, mut said: Map<String, Value>) {
    let Some(Value::Object(content)) = said.shift_remove("content") else { return };
    rename(&mut said, "timestamp", "started_at");
    let first = run.len();
    for (tag, value) in content {
        let results = if tag == "Prompt" { None } else { results(&value) };
        let prompt = value.as_str().or_else(|| value["prompt"].as_str()).filter(|text| !text.is_empty());
        for result in results.unwrap_or_default() {
            let text = result["content"].as_array().map_or_else(
                || content_text(&result["content"]),
                |parts| parts.iter().map(tagged_text).collect::<Vec<_>>().join("\n"),
            );
            let id = result["tool_use_id"].as_str().map(str::to_owned);
            let step = run.result(place, id, None, text);
            if result["status"].as_str().is_some_and(|status| status != "Success") {
                run.flag(Some(step), StepFlag::Failed);
                run.note(Some(step), "status", result["status"].clone());
            }
        }
        match prompt {
            Some(prompt) if run.at.is_none() => run.ask_with("user", prompt.to_owned(), std::mem::take(&mut said)),
            Some(prompt) => drop(run.push(StepKind::Message, prompt, "user")),
            None if results_of(&value) => {}
            None => drop(run.push(StepKind::Other, value.to_string(), "user")),
        }
    }
    let step = StepIndex::try_from(first).ok().filter(|_| run.len() > first);
    run.note_all(step, said);
}

fn results_of(value: &Value) -> bool {
    results(value).is_some()
}

/// Results of tools, alone or beside a prompt.
fn results(value: &Value) -> Option<Vec<Value>> {
    value.as_array().or_else(|| value["tool_use_results"].as_array()).cloned()
}

fn tagged_text(part: &Value) -> String {
    part["Text"]
        .as_str()
        .map_or_else(|| part.get("Json").map_or_else(|| content_text(part), Value::to_string), str::to_owned)
}

fn assistant(run: &mut Run, place: &str, said: Map<String, Value>) {
    for (tag, value) in said {
        let Value::Object(mut value) = value else {
            run.push(StepKind::Other, value.to_string(), "assistant");
            continue;
        };
        let first = run.len();
        let calls = match value.shift_remove("tool_uses") {
            Some(Value::Array(calls)) => calls,
            _ => Vec::new(),
        };
        let text = take_text(&mut value, "content").unwrap_or_default();
        if !text.trim().is_empty() || calls.is_empty() {
            run.push(StepKind::Message, text, "assistant");
        }
        for call in calls {
            let name = call["name"].as_str().unwrap_or_default().to_owned();
            run.call(place, name, &call["args"], call["id"].as_str().map(str::to_owned), "assistant");
        }
        let step = StepIndex::try_from(first).ok();
        if !matches!(tag.as_str(), "ToolUse" | "Response") {
            run.note(step, "tag", tag);
        }
        run.note_all(step, value);
    }
}
