//! Sessions of Codex: JSON Lines of `session_meta`, `response_item` and more (openai/codex: codex-rs/protocol).
//!
//! `event_msg` rows repeat the items and are counted only. Older logs have the items as rows of their own.

use serde_json::{Map, Value};

use super::super::run::{Run, content_text, rename, take_text};
use super::rows_of;
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Metadata, StepFlag, StepIndex, StepKind};

const ROWS: &[&str] = &["session_meta", "response_item", "event_msg", "turn_context", "compacted"];
const ITEMS: &[&str] = &["message", "reasoning", "function_call", "function_call_output"];

/// Reads Codex logs.
pub(in super::super) struct Codex;

impl Importer for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn caption(&self) -> &'static str {
        "Codex sessions"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["type"], &["payload", "call_id", "role"], &["timestamp", "record_type"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let is_item = |row: &Value| row["type"] == "response_item" && row["payload"].is_object() || is_bare_item(row);
        if !sample.rows.iter().any(is_item) {
            return None;
        }
        let found = sample.recognise("`response_item` and its kin", |row| {
            let typed = row["type"].as_str().is_some_and(|kind| ROWS.contains(&kind)) && row["payload"].is_object();
            let head = row.get("instructions").is_some() && row.get("timestamp").is_some();
            typed || is_bare_item(row) || head || row.get("record_type").is_some()
        })?;
        Some(Recognition { unit: if sample.in_list { Unit::Document } else { Unit::Group }, ..found })
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        row["type"] != "session_meta" || group.last().is_some_and(|row| row["type"] == "session_meta")
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut session = Session::default();
        for (index, row) in rows_of(row)?.into_iter().enumerate() {
            session.row(index, row);
        }
        let Session { mut run, metadata, events, empty, model } = session;
        let trace = run.builder.trace_mut();
        let head = metadata.get("session_meta").cloned().unwrap_or_default();
        trace.source_id = head["id"].as_str().map(str::to_owned);
        trace.generator = model;
        trace.metadata = metadata;
        if !events.is_empty() {
            trace.metadata.insert("event_msg".into(), events.into());
        }
        if empty > 0 {
            trace.metadata.insert("empty_thinking".into(), empty.into());
        }
        Ok(vec![run.finish().into()])
    }
}

fn is_bare_item(row: &Value) -> bool {
    let kind = row["type"].as_str().unwrap_or_default();
    let filled = match kind {
        "message" => row["role"].is_string() && row["content"].is_array(),
        "reasoning" => row["summary"].is_array(),
        _ => row["call_id"].is_string(),
    };
    ITEMS.contains(&kind) && filled && row.get("message").is_none()
}

#[derive(Default)]
struct Session {
    run: Run,
    metadata: Metadata,
    /// How many of each kind of event there are.
    events: Metadata,
    empty: usize,
    model: Option<String>,
}

impl Session {
    fn row(&mut self, index: usize, mut row: Map<String, Value>) {
        let kind = row.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let time = row.get("timestamp").cloned();
        match kind.as_str() {
            "response_item" => {
                if let Some(Value::Object(item)) = row.shift_remove("payload") {
                    self.item(index, item, time);
                }
            }
            "event_msg" => {
                let kind = row.get("payload").and_then(|payload| payload["type"].as_str()).unwrap_or("unknown");
                let count = self.events.get(kind).and_then(Value::as_u64).unwrap_or_default();
                self.events.insert(kind.into(), (count + 1).into());
            }
            "compacted" => {
                let text = row.get("payload").map(|payload| content_text(&payload["message"])).unwrap_or_default();
                let step = self.run.push(StepKind::Note, text, "system");
                self.run.note(Some(step), "started_at", time.unwrap_or_default());
            }
            "session_meta" | "turn_context" => {
                let payload = row.shift_remove("payload").unwrap_or_default();
                if self.model.is_none() {
                    self.model = payload["model"].as_str().map(str::to_owned);
                }
                // The first says it for the session; later ones only where they differ.
                if self.metadata.get(&kind).is_none_or(|known| *known == payload) {
                    self.metadata.insert(kind, payload);
                } else {
                    let key = format!("{kind} before step {}", self.run.len());
                    self.metadata.insert(key, payload);
                }
            }
            _ if is_bare_item(&Value::Object(row.clone())) => self.item(index, row, time),
            _ if index == 0 => drop(self.metadata.insert("session_meta".into(), row.into())),
            _ => {
                let others = self.metadata.entry("other_rows").or_insert_with(|| Value::Array(Vec::new()));
                if let Some(others) = others.as_array_mut() {
                    others.push(row.into());
                }
            }
        }
    }

    fn item(&mut self, index: usize, mut item: Map<String, Value>, time: Option<Value>) {
        let kind = take_text(&mut item, "type").unwrap_or_default();
        let place = format!("row {} of the session", index + 1);
        let first = self.run.len();
        let call_id = take_text(&mut item, "call_id");
        match kind.as_str() {
            "message" => {
                let role = take_text(&mut item, "role").unwrap_or_default();
                let text = content_text(&item.shift_remove("content").unwrap_or_default());
                match role.as_str() {
                    "user" | "system" | "developer" if self.run.at.is_none() => {
                        item.insert("started_at".into(), time.unwrap_or_default());
                        return self.run.ask_with(&role, text, item);
                    }
                    "system" | "developer" => drop(self.run.push(StepKind::System, text, &role)),
                    _ => drop(self.run.push(StepKind::Message, text, &role)),
                }
            }
            "reasoning" => {
                let said = |key: &str| item.get(key).map(content_text).filter(|text| !text.trim().is_empty());
                if let Some(text) = said("content").or_else(|| said("summary")) {
                    self.run.push(StepKind::Thought, text, "assistant");
                } else {
                    self.empty += 1;
                }
                for key in ["content", "summary", "encrypted_content"] {
                    item.shift_remove(key);
                }
            }
            "function_call_output" | "custom_tool_call_output" => {
                let output = item.shift_remove("output").unwrap_or_default();
                let inner = if output["content"].is_string() { &output["content"] } else { &output };
                let step = self.run.result(&place, call_id, None, content_text(inner));
                if output["success"] == false {
                    self.run.flag(Some(step), StepFlag::Failed);
                }
            }
            _ => {
                let given = ["arguments", "input", "action"].iter().find_map(|key| item.shift_remove(*key));
                let Some(given) = given else {
                    let step = self.run.push(StepKind::Other, Value::Object(item).to_string(), "assistant");
                    return self.run.note(Some(step), "type", kind);
                };
                let name = take_text(&mut item, "name").unwrap_or_else(|| kind.trim_end_matches("_call").to_owned());
                if let (Value::String(input), "custom_tool_call") = (&given, kind.as_str()) {
                    // Free text, such as a patch; not JSON.
                    let tool = crate::model::ToolCall { name, arguments: input.clone(), call_id };
                    self.run.called(input.clone(), tool, "assistant");
                } else {
                    self.run.call(&place, name, &given, call_id, "assistant");
                }
            }
        }
        rename(&mut item, "timestamp", "started_at");
        let step = StepIndex::try_from(first).ok();
        self.run.note(step, "started_at", time.unwrap_or_default());
        self.run.note_all(step, item);
    }
}
