//! Turns chat messages into steps.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::import::fields::{scalar_text, warn};
use crate::model::{ChatMessage, Metadata, Step, StepIndex, StepKind, ToolCall, TraceBuilder};

const REASONING: &[&str] = &["reasoning_content", "reasoning", "thinking"];

/// Turns messages into steps.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) builder: TraceBuilder,
    /// What a message says besides its steps.
    pub(super) extras: Metadata,
    /// Names of the tools called, by the id of the call.
    calls: HashMap<String, String>,
    /// The last step of each message.
    pub(super) message_steps: HashMap<usize, StepIndex>,
    /// Role of the message read last.
    pub(super) last_speaker: String,
}

impl Reader {
    pub(super) fn prompt(&mut self, index: usize, mut message: Map<String, Value>) -> ChatMessage {
        let role = take_text(&mut message, "role").unwrap_or_default();
        let content = match message.get("content") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(_)) => take_text(&mut message, "content").unwrap_or_default(),
            Some(Value::Array(parts)) => {
                let texts: Vec<String> = parts.iter().map(part_text).collect();
                if parts.iter().all(is_plain_text) {
                    message.shift_remove("content");
                }
                texts.join("\n")
            }
            Some(other) => other.to_string(),
        };
        self.keep(index, message);
        ChatMessage { role, content }
    }

    pub(super) fn message(&mut self, index: usize, mut message: Map<String, Value>) {
        let before = self.builder.last_step();
        let role = take_text(&mut message, "role").unwrap_or_default();
        let name = take_text(&mut message, "name");
        let author = name.clone().unwrap_or_else(|| role.clone());
        for key in REASONING {
            if message.get(*key).and_then(Value::as_str).is_some_and(|text| !text.is_empty()) {
                let text = take_text(&mut message, key).unwrap_or_default();
                self.push(StepKind::Thought, text, &author, None);
                break;
            }
        }
        if matches!(role.as_str(), "tool" | "function") {
            self.result_message(index, name, &mut message);
        } else {
            self.content(index, &mut message, &author);
        }
        self.tool_calls(index, &mut message, &author);
        if self.builder.last_step() == before {
            // Also a message without text is a turn, and may carry a label.
            self.push(StepKind::Message, take_text(&mut message, "content").unwrap_or_default(), &author, None);
        }
        if let Some(step) = self.builder.last_step() {
            self.message_steps.insert(index, step);
        }
        self.last_speaker = role;
        self.keep(index, message);
    }

    fn result_message(&mut self, index: usize, name: Option<String>, message: &mut Map<String, Value>) {
        let call_id = take_text(message, "tool_call_id");
        let text = match message.shift_remove("content") {
            Some(Value::Array(parts)) => {
                let texts: Vec<String> = parts.iter().map(part_text).collect();
                if !parts.iter().all(is_plain_text) {
                    message.insert("content".into(), Value::Array(parts));
                }
                texts.join("\n")
            }
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        self.result(index, call_id, name, text);
    }

    fn result(&mut self, index: usize, call_id: Option<String>, name: Option<String>, text: String) {
        let called = call_id.as_ref().map(|id| self.calls.get(id).cloned());
        if let (Some(None), Some(id)) = (&called, &call_id) {
            warn(
                &mut self.builder,
                format!("the tool result in message {index} (from 0) answers no call of the trace: {id}"),
            );
        }
        let name = name.or(called.flatten()).unwrap_or_default();
        let author = if name.is_empty() { "tool".to_owned() } else { name.clone() };
        let tool = ToolCall { name, arguments: String::new(), call_id };
        self.push(StepKind::ToolResult, text, &author, Some(tool));
    }

    /// The text of a message, or its parts.
    fn content(&mut self, index: usize, message: &mut Map<String, Value>, author: &str) {
        match message.get("content") {
            // Blanks beside tool calls are no step; they stay among the extras.
            Some(Value::String(text)) if !text.trim().is_empty() => {
                let text = take_text(message, "content").unwrap_or_default();
                self.push(StepKind::Message, text, author, None);
            }
            Some(Value::Array(parts)) => {
                let parts = parts.clone();
                if parts.iter().all(|part| self.part(index, part, author)) {
                    message.shift_remove("content");
                }
            }
            Some(value @ (Value::Object(_) | Value::Number(_) | Value::Bool(_))) => {
                let text = value.to_string();
                self.push(StepKind::Message, text, author, None);
            }
            Some(Value::String(text)) if text.is_empty() => {
                message.shift_remove("content");
            }
            _ => {}
        }
    }

    /// One part of a message. True where the steps hold all of it.
    fn part(&mut self, index: usize, part: &Value, author: &str) -> bool {
        let text_at = |key: &str| part[key].as_str().map(str::to_owned);
        match part["type"].as_str() {
            Some("thinking" | "reasoning") => {
                let text = text_at("thinking").or_else(|| text_at("reasoning")).or_else(|| text_at("text"));
                self.push(StepKind::Thought, text.unwrap_or_default(), author, None);
                part.as_object().is_some_and(|map| map.len() == 2)
            }
            Some("tool_use") => {
                let name = text_at("name").unwrap_or_default();
                self.call(index, name, &part["input"], text_at("id"), author);
                true
            }
            Some("tool_result") => {
                let text = match &part["content"] {
                    Value::Array(parts) => parts.iter().map(part_text).collect::<Vec<_>>().join("\n"),
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => other.to_string(),
                };
                self.result(index, text_at("tool_use_id"), None, text);
                part["content"].is_string()
            }
            _ => {
                self.push(StepKind::Message, part_text(part), author, None);
                is_plain_text(part)
            }
        }
    }

    fn tool_calls(&mut self, index: usize, message: &mut Map<String, Value>, author: &str) {
        if let Some(Value::Object(call)) = message.get("function_call")
            && let Some(name) = call.get("name").and_then(Value::as_str)
        {
            let (name, arguments) = (name.to_owned(), call.get("arguments").cloned().unwrap_or_default());
            message.shift_remove("function_call");
            self.call(index, name, &arguments, None, author);
        }
        let Some(Value::Array(calls)) = message.get("tool_calls") else { return };
        let calls = calls.clone();
        let mut kept = false;
        for call in &calls {
            let function = if call["function"].is_object() { &call["function"] } else { call };
            if let Some(name) = function["name"].as_str() {
                self.call(index, name.into(), &function["arguments"], scalar_text(&call["id"]), author);
            } else {
                warn(
                    &mut self.builder,
                    format!("a tool call in message {index} (from 0) has no name; kept in the metadata"),
                );
                kept = true;
            }
        }
        if !kept {
            message.shift_remove("tool_calls");
        }
    }

    fn call(&mut self, index: usize, name: String, arguments: &Value, call_id: Option<String>, author: &str) {
        let arguments = match arguments {
            Value::String(text) => {
                if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
                    warn(
                        &mut self.builder,
                        format!("the arguments of {name} in message {index} (from 0) are not valid JSON"),
                    );
                }
                text.clone()
            }
            Value::Null => String::new(),
            other => other.to_string(),
        };
        if let Some(id) = &call_id {
            self.calls.insert(id.clone(), name.clone());
        }
        let text = format!("{name}({arguments})");
        self.push(StepKind::ToolCall, text, author, Some(ToolCall { name, arguments, call_id }));
    }

    fn push(&mut self, kind: StepKind, text: String, author: &str, tool: Option<ToolCall>) {
        let author = (!author.is_empty()).then(|| author.to_owned());
        let parent = self.builder.last_step();
        self.builder.push(Step { parent, kind, text, author, tool, on_path: true, ..Step::default() });
    }

    fn keep(&mut self, index: usize, mut message: Map<String, Value>) {
        message.retain(|_, value| !value.is_null());
        if !message.is_empty() {
            self.extras.insert(index.to_string(), message.into());
        }
    }
}

fn take_text(message: &mut Map<String, Value>, key: &str) -> Option<String> {
    if message.get(key)?.is_string()
        && let Some(Value::String(text)) = message.shift_remove(key)
    {
        return Some(text);
    }
    None
}

/// The text of a part; for pictures and files a word in their place.
fn part_text(part: &Value) -> String {
    if let Some(text) = part.as_str().or_else(|| part["text"].as_str()) {
        return text.to_owned();
    }
    format!("[{}]", part["type"].as_str().unwrap_or("part of unknown type"))
}

fn is_plain_text(part: &Value) -> bool {
    part.is_string()
        || part.as_object().is_some_and(|map| map.len() == 2 && part["text"].is_string() && part["type"].is_string())
}
