//! Puts the run of an agent together, step after step: what the formats of this folder share.
//!
//! A run is one chain in the order of the source: reasoning, message, tool calls, results. A result names its call by
//! the id in its payload. What sub-agents did, and what was given up, goes aside.

use std::collections::HashMap;

use serde_json::Value;

use crate::import::fields::warn;
use crate::model::{
    ChatMessage, Metadata, NOT_THE_AGENT, Prompt, Step, StepFlag, StepIndex, StepKind, ToolCall, TraceBuilder,
};

/// A run on its way to a trace.
#[derive(Default)]
pub(super) struct Run {
    pub(super) builder: TraceBuilder,
    /// The messages before the first step.
    pub(super) prompt: Vec<ChatMessage>,
    /// What these say besides, by their number from 0.
    prompt_extras: Metadata,
    /// The step that the next one continues.
    pub(super) at: Option<StepIndex>,
    /// Whether the next steps lie off the main path.
    pub(super) aside: bool,
    /// The named part that the next steps belong to.
    pub(super) section: Option<String>,
    /// What became of the next steps.
    pub(super) flags: Vec<StepFlag>,
    /// Whether the last step is not the agent's, whatever its author is called.
    pub(super) asked_last: bool,
    /// Names of the tools called, by the id of the call.
    calls: HashMap<String, String>,
}

impl Run {
    /// Adds a message before the first step.
    pub(super) fn ask(&mut self, role: &str, content: String) {
        self.prompt.push(ChatMessage { role: role.into(), content });
    }

    /// The same, with what the source says of the message besides.
    pub(super) fn ask_with(&mut self, role: &str, content: String, mut extras: Metadata) {
        extras.retain(|_, value| !value.is_null());
        if !extras.is_empty() {
            self.prompt_extras.insert(self.prompt.len().to_string(), extras.into());
        }
        self.ask(role, content);
    }

    /// Continues the run.
    pub(super) fn push(&mut self, kind: StepKind, text: impl Into<String>, author: &str) -> StepIndex {
        self.add(kind, text.into(), author, None)
    }

    /// A call of a tool, with its arguments as the source writes them. `place` tells the user where.
    pub(super) fn call(
        &mut self,
        place: &str,
        name: String,
        arguments: &Value,
        call_id: Option<String>,
        author: &str,
    ) -> StepIndex {
        let arguments = match arguments {
            Value::String(text) => {
                if !text.trim().is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
                    warn(&mut self.builder, format!("the arguments of {name} in {place} are not valid JSON"));
                }
                text.clone()
            }
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let text = format!("{name}({arguments})");
        self.called(text, ToolCall { name, arguments, call_id }, author)
    }

    /// A call whose text is its own, such as a line for a shell.
    pub(super) fn called(&mut self, text: String, tool: ToolCall, author: &str) -> StepIndex {
        if let Some(id) = &tool.call_id {
            self.calls.insert(id.clone(), tool.name.clone());
        }
        self.add(StepKind::ToolCall, text, author, Some(tool))
    }

    /// What a tool returned. Without a name of its own it has that of the call: by the id, else the call right before.
    pub(super) fn result(
        &mut self,
        place: &str,
        call_id: Option<String>,
        name: Option<String>,
        text: String,
    ) -> StepIndex {
        let called = call_id.as_ref().map(|id| self.calls.get(id).cloned());
        if let (Some(None), Some(id)) = (&called, &call_id) {
            warn(&mut self.builder, format!("the tool result in {place} answers no call of the trace: {id}"));
        }
        let before = if call_id.is_none() { self.at.and_then(|at| self.step_mut(at)) } else { None };
        let before = before.filter(|step| step.kind == StepKind::ToolCall).and_then(|step| step.tool.as_ref());
        let before = before.map(|tool| tool.name.clone());
        let name = name.or(called.flatten()).or(before).unwrap_or_default();
        let author = if name.is_empty() { "tool".to_owned() } else { name.clone() };
        let tool = ToolCall { name, arguments: String::new(), call_id };
        self.add(StepKind::ToolResult, text, &author, Some(tool))
    }

    fn add(&mut self, kind: StepKind, text: String, author: &str, tool: Option<ToolCall>) -> StepIndex {
        let step = Step {
            parent: self.at,
            kind,
            text,
            author: (!author.is_empty()).then(|| author.to_owned()),
            tool,
            on_path: !self.aside,
            section: self.section.clone(),
            flags: self.flags.clone(),
            ..Step::default()
        };
        let index = self.builder.push(step);
        self.at = Some(index);
        index
    }

    /// How many steps there are.
    pub(super) fn len(&mut self) -> usize {
        self.builder.trace_mut().steps.len()
    }

    pub(super) fn step_mut(&mut self, index: StepIndex) -> Option<&mut Step> {
        self.builder.trace_mut().steps.get_mut(index as usize)
    }

    /// Keeps what the source says of a step; null says nothing.
    pub(super) fn note(&mut self, step: Option<StepIndex>, key: &str, value: impl Into<Value>) {
        let value = value.into();
        if !value.is_null()
            && let Some(step) = step.and_then(|step| self.step_mut(step))
        {
            step.metadata.insert(key.into(), value);
        }
    }

    /// Keeps all of it.
    pub(super) fn note_all(&mut self, step: Option<StepIndex>, notes: Metadata) {
        for (key, value) in notes {
            self.note(step, &key, value);
        }
    }

    pub(super) fn flag(&mut self, step: Option<StepIndex>, flag: StepFlag) {
        if let Some(step) = step.and_then(|step| self.step_mut(step))
            && !step.flags.contains(&flag)
        {
            step.flags.push(flag);
        }
    }

    pub(super) fn warn(&mut self, message: impl Into<String>) {
        warn(&mut self.builder, message);
    }

    /// The trace: the prompt in its place, the last word of the agent as the answer.
    pub(super) fn finish(mut self) -> TraceBuilder {
        let trace = self.builder.trace_mut();
        if !self.prompt.is_empty() {
            trace.problem.prompt = Prompt::Messages(std::mem::take(&mut self.prompt));
        }
        if trace.problem.text().is_empty() {
            trace.warnings.push("no message asks anything before the first answer; the problem is empty".into());
        }
        if trace.steps.is_empty() {
            trace.warnings.push("no message answers; the trace has no steps".into());
        }
        if !self.prompt_extras.is_empty() {
            trace.metadata.insert("prompt_extras".into(), self.prompt_extras.into());
        }
        if let Some(last) = trace.steps.iter_mut().rfind(|step| step.on_path)
            && !self.asked_last
            && last.kind == StepKind::Message
            && !NOT_THE_AGENT.contains(&last.author.as_deref().unwrap_or_default().to_lowercase().as_str())
        {
            last.kind = StepKind::Answer;
        }
        self.builder
    }
}

/// The text of a message: its own, or that of its parts, a line each.
pub(super) fn content_text(content: &Value) -> String {
    match content {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(part_text).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

/// The text of a part; for pictures and files a word in their place.
pub(super) fn part_text(part: &Value) -> String {
    if let Some(text) = part.as_str().or_else(|| part["text"].as_str()) {
        return text.to_owned();
    }
    format!("[{}]", part["type"].as_str().unwrap_or("part of unknown type"))
}

/// What the parts of a content say besides their texts; nothing where the texts are all.
pub(super) fn beside_text(content: &Value) -> Option<Value> {
    let rest: Vec<Value> = content.as_array()?.iter().filter_map(part_beside_text).collect();
    (!rest.is_empty()).then(|| rest.into())
}

/// What a part says besides its text.
pub(super) fn part_beside_text(part: &Value) -> Option<Value> {
    let mut map = part.as_object()?.clone();
    if map.get("text").is_some_and(Value::is_string) {
        map.shift_remove("text");
        let typed = map.contains_key("type");
        return (map.len() > usize::from(typed)).then(|| map.into());
    }
    Some(map.into())
}

/// Takes a text that is not empty out of a map.
pub(super) fn take_text(map: &mut Metadata, key: &str) -> Option<String> {
    map.get(key)?.as_str()?;
    match map.shift_remove(key) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Takes a value that is not null out of a map, under another name.
pub(super) fn rename(map: &mut Metadata, from: &str, to: &str) {
    if let Some(value) = map.shift_remove(from).filter(|value| !value.is_null()) {
        map.insert(to.into(), value);
    }
}
