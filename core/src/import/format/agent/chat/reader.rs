//! Turns chat messages into steps.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::super::run::{Run, beside_text, content_text, part_beside_text, part_text, rename, take_text};
use crate::import::fields::scalar_text;
use crate::model::{Metadata, StepFlag, StepIndex, StepKind};

const REASONING: &[&str] = &["reasoning_content", "reasoning", "thinking"];

/// Turns messages into steps.
#[derive(Default)]
pub(in super::super) struct Reader {
    pub(in super::super) run: Run,
    /// What a message says besides its steps.
    pub(in super::super) extras: Metadata,
    /// The last step of each message.
    pub(in super::super) message_steps: HashMap<usize, StepIndex>,
}

impl Reader {
    pub(in super::super) fn prompt(&mut self, index: usize, mut message: Map<String, Value>) {
        let role = take_text(&mut message, "role").unwrap_or_default();
        let text = take_content(&mut message);
        self.keep(index, message);
        self.run.ask(&role, text);
    }

    pub(in super::super) fn message(&mut self, index: usize, mut message: Map<String, Value>) {
        let before = self.run.len();
        let role = take_text(&mut message, "role").unwrap_or_default();
        let name = take_text(&mut message, "name");
        let author = name.clone().unwrap_or_else(|| role.clone());
        for key in REASONING {
            if message.get(*key).and_then(Value::as_str).is_some_and(|text| !text.is_empty()) {
                let text = take_text(&mut message, key).unwrap_or_default();
                self.run.push(StepKind::Thought, text, &author);
                break;
            }
        }
        if matches!(role.as_str(), "tool" | "function") {
            self.result_message(index, name, &mut message);
        } else {
            self.content(index, &mut message, &author);
        }
        self.tool_calls(index, &mut message, &author);
        if self.run.len() == before {
            // Also a message without text is a turn, and may carry a label.
            self.run.push(StepKind::Message, take_text(&mut message, "content").unwrap_or_default(), &author);
        }
        if let Some(step) = self.run.at {
            self.message_steps.insert(index, step);
        }
        for key in ["timestamp", "created_at"] {
            rename(&mut message, key, "started_at");
        }
        if let Some(time) = message.shift_remove("started_at") {
            self.run.note(StepIndex::try_from(before).ok(), "started_at", time);
        }
        self.run.asked_last = matches!(role.as_str(), "user" | "system" | "developer");
        self.keep(index, message);
    }

    fn result_message(&mut self, index: usize, name: Option<String>, message: &mut Map<String, Value>) {
        let call_id = take_text(message, "tool_call_id");
        let text = take_content(message);
        self.run.result(&place(index), call_id, name, text);
    }

    /// The text of a message, or its parts.
    fn content(&mut self, index: usize, message: &mut Map<String, Value>, author: &str) {
        match message.get("content") {
            // Blanks beside tool calls are no step; they stay among the extras.
            Some(Value::String(text)) if !text.trim().is_empty() => {
                let text = take_text(message, "content").unwrap_or_default();
                self.run.push(StepKind::Message, text, author);
            }
            Some(Value::Array(parts)) => {
                let parts = parts.clone();
                // Every part gives its step, whatever is left of the others.
                let left = parts.iter().filter(|part| !self.part(index, part, author)).count();
                if left == 0 {
                    message.shift_remove("content");
                }
            }
            Some(value @ (Value::Object(_) | Value::Number(_) | Value::Bool(_))) => {
                let text = value.to_string();
                self.run.push(StepKind::Message, text, author);
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
                self.run.push(StepKind::Thought, text.unwrap_or_default(), author);
                part.as_object().is_some_and(|map| map.len() == 2)
            }
            Some("tool_use") => {
                let name = text_at("name").unwrap_or_default();
                self.run.call(&place(index), name, &part["input"], text_at("id"), author);
                true
            }
            Some("tool_result") => {
                let step = self.run.result(&place(index), text_at("tool_use_id"), None, content_text(&part["content"]));
                if part["is_error"] == true {
                    self.run.flag(Some(step), StepFlag::Failed);
                }
                beside_text(&part["content"]).is_none()
            }
            _ => {
                self.run.push(StepKind::Message, part_text(part), author);
                part_beside_text(part).is_none()
            }
        }
    }

    fn tool_calls(&mut self, index: usize, message: &mut Map<String, Value>, author: &str) {
        if let Some(Value::Object(call)) = message.get("function_call")
            && let Some(name) = call.get("name").and_then(Value::as_str)
        {
            let (name, arguments) = (name.to_owned(), call.get("arguments").cloned().unwrap_or_default());
            message.shift_remove("function_call");
            self.run.call(&place(index), name, &arguments, None, author);
        }
        let Some(Value::Array(calls)) = message.get("tool_calls") else { return };
        let calls = calls.clone();
        let mut kept = false;
        for call in &calls {
            let function = if call["function"].is_object() { &call["function"] } else { call };
            if let Some(name) = function["name"].as_str() {
                let id = scalar_text(&call["id"]);
                self.run.call(&place(index), name.into(), &function["arguments"], id, author);
            } else {
                self.run.warn(format!("a tool call in {} has no name; kept in the metadata", place(index)));
                kept = true;
            }
        }
        if !kept {
            message.shift_remove("tool_calls");
        }
    }

    fn keep(&mut self, index: usize, mut message: Map<String, Value>) {
        message.retain(|_, value| !value.is_null());
        if !message.is_empty() {
            self.extras.insert(index.to_string(), message.into());
        }
    }
}

/// Takes the text of a message; what its parts say besides stays.
fn take_content(message: &mut Map<String, Value>) -> String {
    let content = message.shift_remove("content").unwrap_or_default();
    if let Some(rest) = beside_text(&content) {
        message.insert("content".into(), rest);
    }
    content_text(&content)
}

fn place(index: usize) -> String {
    format!("message {index} (from 0)")
}
