//! Reads what models were told and what they said, in any of the shapes in which logs keep it.
//!
//! Logs record the payloads of whatever library was used: messages of OpenAI, Anthropic, Gemini or `LangChain`, items of
//! the Responses interface, `parts` of OpenTelemetry, and wrappers of all of these, sometimes as JSON inside texts.

use serde_json::{Map, Value};

use super::part;
use crate::model::{Metadata, Step, StepKind};

/// Wrappers in wrappers deeper than this are not looked into; the deepest seen are four.
const DEPTH: usize = 12;

// Whose words stand under which key; the first key that is there decides.
const TOLD: &[&str] = &["messages", "input_messages", "contents", "prompt", "prompts"];
const SAID: &[&str] = &["messages", "choices", "candidates", "generations", "message", "output", "output_messages"];
const ANSWERS: &[&str] = &["content", "text", "answer", "response", "completion"];
const QUESTIONS: &[&str] = &["message", "question", "query", "input"];

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    System,
    User,
    Assistant,
    Tool,
}

/// What one message says, as steps that nobody has put into a trace yet.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) role: Role,
    /// The role as the source writes it.
    pub(super) role_name: String,
    /// What it says, in order. Empty where the message is blank.
    pub(super) steps: Vec<Step>,
    /// What the message says besides.
    pub(super) extras: Metadata,
}

impl Role {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "system" | "developer" | "SystemMessage" => Some(Self::System),
            "user" | "human" | "HumanMessage" | "HumanMessageChunk" => Some(Self::User),
            "assistant" | "ai" | "model" | "AIMessage" | "AIMessageChunk" => Some(Self::Assistant),
            "tool" | "function" | "ToolMessage" | "FunctionMessage" => Some(Self::Tool),
            _ => None,
        }
    }

    /// The usual name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    pub(super) const fn kind(self) -> StepKind {
        match self {
            Self::System => StepKind::System,
            Self::User | Self::Assistant => StepKind::Message,
            Self::Tool => StepKind::ToolResult,
        }
    }
}

/// The messages in a payload. `speaker` is whose words a bare text is. Empty where nothing in it is a message.
pub(super) fn turns(payload: &Value, speaker: Role) -> Vec<Turn> {
    let mut turns = Vec::new();
    collect(payload, speaker, DEPTH, &mut turns);
    turns
}

/// JSON that was written into a text, taken out of it; up to three times.
pub(super) fn decoded(value: &Value) -> Option<Value> {
    let mut found: Option<Value> = None;
    for _ in 0..3 {
        let Value::String(text) = found.as_ref().unwrap_or(value) else { break };
        if !text.trim_start().starts_with(['{', '[', '"']) {
            break;
        }
        let Ok(inner) = serde_json::from_str(text) else { break };
        found = Some(inner);
    }
    found
}

/// A payload as text: a text as it is, also one that was encoded once more; anything else as JSON.
pub(super) fn payload_text(payload: &Value) -> String {
    match decoded(payload) {
        Some(Value::String(text)) => text,
        _ => payload.as_str().map_or_else(|| payload.to_string(), str::to_owned),
    }
}

fn collect(payload: &Value, speaker: Role, depth: usize, turns: &mut Vec<Turn>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match payload {
        Value::String(text) => match decoded(payload) {
            Some(inner) if !inner.is_string() => {
                let before = turns.len();
                collect(&inner, speaker, depth, turns);
                if turns.len() == before && speaker != Role::User {
                    // JSON, but no message: an answer in JSON, for instance.
                    turns.push(Turn::text(speaker, text));
                }
            }
            Some(Value::String(inner)) => turns.push(Turn::text(speaker, &inner)),
            _ if text.trim().is_empty() => {}
            _ => turns.push(Turn::text(speaker, text)),
        },
        Value::Array(list) => {
            // Texts in a list of messages are messages; a list of other things is none.
            let plain = list.iter().all(|item| !item.is_string()) || speaker == Role::Assistant;
            for item in list.iter().filter(|item| plain || !item.is_string()) {
                collect(item, speaker, depth, turns);
            }
        }
        Value::Object(map) => object(map, payload, speaker, depth, turns),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn object(map: &Map<String, Value>, payload: &Value, speaker: Role, depth: usize, turns: &mut Vec<Turn>) {
    if let Some(turn) = message(map) {
        return turns.push(turn);
    }
    if part::is_part(payload) {
        let mut steps = Vec::new();
        part::read(payload, speaker, &mut steps);
        let role = if steps.iter().all(|step| step.kind == StepKind::ToolResult) { Role::Tool } else { speaker };
        let extras = Metadata::new();
        return turns.push(Turn { role, role_name: role.name().into(), steps, extras });
    }
    // Instructions may stand beside a question.
    let instructions = ["system", "system_instruction", "instructions"];
    for text in instructions.iter().filter_map(|key| map.get(*key).or_else(|| map.get("config")?.get(*key))) {
        if !matches!(text, Value::Null) && speaker == Role::User {
            collect(text, Role::System, depth, turns);
        }
    }
    let (keys, last): (&[&str], &[&str]) = if speaker == Role::User { (TOLD, QUESTIONS) } else { (SAID, ANSWERS) };
    for key in keys.iter().chain(last) {
        if let Some(inner) = map.get(*key).filter(|inner| !inner.is_null()) {
            return collect(inner, speaker, depth, turns);
        }
    }
}

/// A message, where the object is one.
fn message(map: &Map<String, Value>) -> Option<Turn> {
    if let Some(inner) = map.get("message").and_then(Value::as_object).filter(|inner| inner.contains_key("role")) {
        // OpenInference wraps each message once more.
        return message(inner);
    }
    if let (Some(kwargs), Some(id)) = (map.get("kwargs").and_then(Value::as_object), map.get("id")) {
        // LangChain writes objects as the call that makes them.
        let class = id.as_array()?.last()?.as_str()?;
        return Some(said(Role::from_name(class)?, class, kwargs));
    }
    if let Some(turn) = response_item(map) {
        return Some(turn);
    }
    let name = map.get("role").or_else(|| map.get("type"))?.as_str()?;
    let speaks = ["content", "parts", "tool_calls", "contents", "function_call", "reasoning_content"];
    if !speaks.iter().any(|key| map.contains_key(*key)) {
        return None;
    }
    // A library puts the tools that it offers among the messages.
    if map.get("content").is_some_and(part::is_declaration) {
        return None;
    }
    Some(said(Role::from_name(name)?, name, map))
}

fn said(role: Role, role_name: &str, map: &Map<String, Value>) -> Turn {
    let mut extras = map.clone();
    let mut steps = Vec::new();
    part::message(role, &mut extras, &mut steps);
    let author = map.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(role_name);
    for step in &mut steps {
        step.author.get_or_insert_with(|| author.to_owned());
    }
    for key in ["role", "type", "name", "lc"] {
        extras.shift_remove(key);
    }
    extras.retain(|_, value| !is_nothing(value));
    Turn { role, role_name: role_name.into(), steps, extras }
}

/// Items of OpenAI's Responses interface.
fn response_item(map: &Map<String, Value>) -> Option<Turn> {
    let (role, part) = match map.get("type")?.as_str()? {
        "function_call" if map.contains_key("name") => (Role::Assistant, Value::Object(map.clone())),
        "function_call_output" => (Role::Tool, Value::Object(map.clone())),
        "reasoning" if map.contains_key("summary") => (Role::Assistant, Value::Object(map.clone())),
        _ => return None,
    };
    let mut steps = Vec::new();
    part::read(&part, role, &mut steps);
    Some(Turn { role, role_name: role.name().into(), steps, extras: Metadata::new() })
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

impl Turn {
    pub(super) fn text(role: Role, text: &str) -> Self {
        let author = Some(role.name().to_owned());
        let step = Step { kind: role.kind(), text: text.into(), author, on_path: true, ..Step::default() };
        Self { role, role_name: role.name().into(), steps: vec![step], extras: Metadata::new() }
    }

    /// Words only: nothing that a prompt could not hold.
    pub(super) fn is_plain(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.kind, StepKind::Message | StepKind::System))
    }

    /// The words as one text.
    pub(super) fn words(&self) -> String {
        let texts: Vec<&str> = self.steps.iter().map(|step| step.text.as_str()).collect();
        texts.join("\n")
    }
}
