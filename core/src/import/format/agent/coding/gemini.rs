//! Sessions of Gemini CLI: `{sessionId, messages: [{type: user|gemini, content, thoughts, tokens, toolCalls?}]}`
//! (google-gemini/gemini-cli: packages/core/src/services/chatRecordingService.ts).

use serde_json::{Map, Value};

use super::super::run::{Run, beside_text, content_text, rename, take_text};
use crate::import::fields::{Fields, scalar_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{StepFlag, StepIndex, StepKind};

/// Reads Gemini CLI sessions.
pub(in super::super) struct Gemini;

impl Importer for Gemini {
    fn name(&self) -> &'static str {
        "gemini_cli"
    }

    fn caption(&self) -> &'static str {
        "Gemini CLI sessions"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["messages"], &["sessionId"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`sessionId` and messages with `type`", |row| {
            let is_message = |m: &Value| m["type"].is_string() && m.get("content").is_some() && m.get("role").is_none();
            row["sessionId"].is_string() && row["messages"].as_array().is_some_and(|list| list.iter().all(is_message))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut run = Run::default();
        for (index, message) in fields.list(&["messages"])?.into_iter().enumerate() {
            let Value::Object(message) = message else {
                return Err(RowError::new(format!("message {index} (from 0) is no object; expected `type`")));
            };
            read(&mut run, index, message);
        }
        let trace = run.builder.trace_mut();
        trace.source_id = fields.text("sessionId");
        let first = trace.steps.iter().find_map(|step| step.metadata.get("model"));
        trace.generator = first.and_then(Value::as_str).map(str::to_owned);
        trace.metadata.extend(fields.rest());
        Ok(vec![run.finish().into()])
    }
}

fn read(run: &mut Run, index: usize, mut message: Map<String, Value>) {
    let kind = take_text(&mut message, "type").unwrap_or_default();
    let content = message.shift_remove("content").unwrap_or_default();
    let text = content_text(&content);
    let place = format!("message {index} (from 0)");
    let first = run.len();
    if kind == "user" && run.at.is_none() {
        rename(&mut message, "timestamp", "started_at");
        return run.ask_with("user", text, message);
    }
    for thought in list(&mut message, "thoughts") {
        let parts = ["subject", "description"].iter().filter_map(|key| thought[*key].as_str());
        let step = run.push(StepKind::Thought, parts.collect::<Vec<_>>().join("\n"), &kind);
        run.note(Some(step), "started_at", thought["timestamp"].clone());
    }
    let calls = list(&mut message, "toolCalls");
    if !text.trim().is_empty() || calls.is_empty() && run.len() == first {
        let own = match kind.as_str() {
            "info" | "error" | "warning" => StepKind::Note,
            _ => StepKind::Message,
        };
        run.push(own, text, &kind);
    }
    for call in calls {
        let id = scalar_text(&call["id"]);
        let name = call["name"].as_str().unwrap_or_default().to_owned();
        let step = run.call(&place, name, &call["args"], id.clone(), &kind);
        run.note(Some(step), "started_at", call["timestamp"].clone());
        if call["result"].is_null() && call["status"].is_null() {
            continue;
        }
        let step = run.result(&place, id, None, result_text(&call["result"]));
        if call["status"].as_str().is_some_and(|status| status != "success") {
            run.flag(Some(step), StepFlag::Failed);
            run.note(Some(step), "status", call["status"].clone());
        }
    }
    let step = StepIndex::try_from(first).ok();
    if let Some(Value::Object(mut tokens)) = message.shift_remove("tokens") {
        rename(&mut tokens, "input", "input_tokens");
        rename(&mut tokens, "output", "output_tokens");
        run.note_all(step, tokens);
    }
    run.note(step, "content", beside_text(&content).unwrap_or_default());
    rename(&mut message, "timestamp", "started_at");
    run.note_all(step, message);
}

fn list(message: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match message.shift_remove(key) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// A result is a text, or parts with `functionResponse: {response: {output}}`.
fn result_text(result: &Value) -> String {
    let Some(parts) = result.as_array() else { return content_text(result) };
    let text = |part: &Value| {
        let response = &part["functionResponse"]["response"];
        response["output"]
            .as_str()
            .map_or_else(|| if response.is_null() { content_text(part) } else { response.to_string() }, str::to_owned)
    };
    parts.iter().map(text).collect::<Vec<_>>().join("\n")
}
