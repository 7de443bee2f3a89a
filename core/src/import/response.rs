//! Turns whole responses into steps: what a model thought apart from what it answered, both split as the user wants.

use serde_json::{Map, Value};

use super::Sample;
use super::fields::{scalar_text, warn};
use crate::model::{ChatMessage, Metadata, Prompt, Splitter, Step, StepIndex, StepKind, ToolCall, TraceBuilder};

/// Names of the sections of a response; see [`Step::section`].
pub(super) const THINKING: &str = "thinking";
pub(super) const RESPONSE: &str = "response";

/// What opens and closes the thinking in the text of a response. The marks go, the sections stay.
const THINKING_MARKS: &[(&str, &str)] = &[
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
];
const RESPONSE_MARKS: (&str, &str) = ("<|begin_of_solution|>", "<|end_of_solution|>");

const CONTENT: &[&str] = &["content", "value"];
const REASONING: &[&str] = &["reasoning_content", "reasoning", "thinking"];

/// Adds the steps of a response. Text between thinking marks becomes a section of its own.
pub(super) fn add_response(builder: &mut TraceBuilder, text: &str, sample: &Sample) {
    let (parts, closed) = sections(text);
    if !closed {
        warn(builder, "the thinking is not closed; all text after its start was read as thinking");
    }
    add_parts(builder, &parts, sample);
}

/// Adds the steps of a response whose thinking stands in a field of its own.
pub(super) fn add_thinking_and_response(builder: &mut TraceBuilder, thinking: &str, response: &str, sample: &Sample) {
    // Some files repeat the thinking in the response.
    let (parts, _) = sections(response);
    if parts.iter().any(|(section, _)| *section == Some(THINKING)) {
        let repeated = parts.iter().any(|(section, text)| *section == Some(THINKING) && text.trim() == thinking.trim());
        if repeated || thinking.trim().is_empty() {
            return add_response(builder, response, sample);
        }
    }
    let (inner, _) = sections(thinking);
    let mut all: Vec<(Option<&str>, &str)> = inner.into_iter().map(|(_, text)| (Some(THINKING), text)).collect();
    all.extend(parts.into_iter().map(|(section, text)| (section.or(Some(RESPONSE)), text)));
    add_parts(builder, &all, sample);
}

fn add_parts(builder: &mut TraceBuilder, parts: &[(Option<&str>, &str)], sample: &Sample) {
    let splitter = sample.splitter_or(Splitter::BlankLine);
    let before = builder.last_step();
    for (section, text) in parts {
        for piece in splitter.split(text) {
            let step = builder.chain(StepKind::Thought, piece);
            set_section(builder, step, *section);
        }
    }
    if builder.last_step() == before {
        return warn(builder, "the response is empty; it gives no steps");
    }
    let trace = builder.trace_mut();
    trace.splitter = Some(splitter.to_string());
    if let Some(last) = trace.steps.last_mut().filter(|step| step.section.as_deref() != Some(THINKING)) {
        last.kind = StepKind::Answer;
    }
}

fn set_section(builder: &mut TraceBuilder, step: StepIndex, section: Option<&str>) {
    if let Some(step) = builder.trace_mut().steps.get_mut(step as usize) {
        step.section = section.map(str::to_owned);
    }
}

/// The text in sections, and whether the thinking ends. Without marks there is one part that belongs to no section.
pub(super) fn sections(text: &str) -> (Vec<(Option<&'static str>, &str)>, bool) {
    // A chat template may have opened the thinking, so the closing mark is enough. An opening mark alone counts at the
    // start only: elsewhere it is more likely to be talked about.
    let marks = |(open, close): &&(&str, &str)| text.contains(close) || text.trim_start().starts_with(open);
    let Some((open, close)) = THINKING_MARKS.iter().find(marks) else { return (vec![(None, text)], true) };
    let mut parts = Vec::new();
    let mut rest = text;
    let mut closed = true;
    if let Some((thought, after)) = rest.split_once(close).filter(|(thought, _)| !thought.contains(open)) {
        parts.push((Some(THINKING), thought));
        rest = after;
    }
    while let Some((said, after)) = rest.split_once(open) {
        parts.push((Some(RESPONSE), said));
        let (thought, after) = after.split_once(close).unwrap_or_else(|| {
            closed = false;
            (after, "")
        });
        parts.push((Some(THINKING), thought));
        rest = after;
    }
    parts.push((Some(RESPONSE), bare_response(rest)));
    parts.retain(|(_, text)| !text.trim().is_empty());
    (parts, closed)
}

fn bare_response(text: &str) -> &str {
    let (open, close) = RESPONSE_MARKS;
    let bare = text.trim().strip_prefix(open);
    bare.map_or(text, |bare| bare.strip_suffix(close).unwrap_or(bare))
}

/// One message of a chat, as role and content or in `ShareGPT`'s words, `from` and `value`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Turn {
    /// `user`, `assistant`, `system`, … whatever words the file has for these.
    pub(super) role: String,
    pub(super) text: String,
    pub(super) thinking: Option<String>,
    /// What else the message holds.
    pub(super) rest: Metadata,
}

/// The message, if the value is one.
pub(super) fn turn(value: &Value) -> Option<Turn> {
    let mut rest = value.as_object()?.clone();
    let role = take_text(&mut rest, "role").or_else(|| take_text(&mut rest, "from"))?;
    let text = CONTENT.iter().find_map(|key| content(&mut rest, key))?;
    let thinking = REASONING.iter().find_map(|key| take_text(&mut rest, key)).filter(|text| !text.is_empty());
    rest.retain(|_, value| !value.is_null());
    Some(Turn { role: common_role(&role).to_owned(), text, thinking, rest })
}

/// All messages of a list, if it has some and nothing else.
pub(super) fn turns(value: &Value) -> Option<Vec<Turn>> {
    let list = value.as_array().filter(|list| !list.is_empty())?;
    list.iter().map(turn).collect()
}

/// Takes the content: a text, null beside tool calls, or parts, which stay where they are more than text.
fn content(message: &mut Map<String, Value>, key: &str) -> Option<String> {
    let (text, keep) = match message.get(key)? {
        Value::Null => (String::new(), false),
        Value::Array(parts) => {
            let texts: Vec<Option<&str>> = parts.iter().map(|p| p.as_str().or_else(|| p["text"].as_str())).collect();
            let shown: Vec<&str> = texts.iter().map(|text| text.unwrap_or("[part without text]")).collect();
            (shown.join("\n"), texts.contains(&None))
        }
        other => (scalar_text(other)?, false),
    };
    if !keep {
        message.shift_remove(key);
    }
    Some(text)
}

fn common_role(role: &str) -> &str {
    match role {
        "human" => "user",
        "gpt" | "bot" | "model" | "chatgpt" => "assistant",
        other => other,
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

/// The messages before the response, as a prompt; what they hold besides text goes to `extras`, by number from 0.
pub(super) fn prompt(turns: Vec<Turn>, extras: &mut Metadata) -> Prompt {
    let messages = turns.into_iter().enumerate().map(|(index, turn)| {
        let mut rest = turn.rest;
        if let Some(thinking) = turn.thinking {
            rest.insert(THINKING.into(), thinking.into());
        }
        if !rest.is_empty() {
            extras.insert(index.to_string(), rest.into());
        }
        ChatMessage { role: turn.role, content: turn.text }
    });
    Prompt::Messages(messages.collect())
}

/// Adds the messages of a response: a single one is split, several are one step each, with their tool calls.
pub(super) fn add_turns(builder: &mut TraceBuilder, turns: Vec<Turn>, sample: &Sample) {
    match <[Turn; 1]>::try_from(turns) {
        Ok([turn]) if !turn.rest.contains_key(CALLS) => {
            match &turn.thinking {
                Some(thinking) => add_thinking_and_response(builder, thinking, &turn.text, sample),
                None => add_response(builder, &turn.text, sample),
            }
            if !turn.rest.is_empty() {
                builder.trace_mut().metadata.insert("message".into(), turn.rest.into());
            }
        }
        Ok([turn]) => add_turn(builder, turn),
        Err(turns) => turns.into_iter().for_each(|turn| add_turn(builder, turn)),
    }
}

const CALLS: &str = "tool_calls";

fn add_turn(builder: &mut TraceBuilder, mut turn: Turn) {
    let calls = turn.rest.shift_remove(CALLS);
    let author = Some(turn.role.clone());
    let add = |builder: &mut TraceBuilder, kind, text, tool| {
        let parent = builder.last_step();
        builder.push(Step { parent, kind, text, author: author.clone(), tool, on_path: true, ..Step::default() })
    };
    if let Some(thinking) = turn.thinking {
        add(builder, StepKind::Thought, thinking, None);
    }
    let mut last = None;
    if !turn.text.is_empty() || calls.is_none() {
        let kind = if turn.role == "tool" { StepKind::ToolResult } else { StepKind::Message };
        last = Some(add(builder, kind, turn.text, None));
    }
    for call in calls.iter().filter_map(Value::as_array).flatten() {
        let function = if call["function"].is_object() { &call["function"] } else { call };
        let name = function["name"].as_str().unwrap_or_default().to_owned();
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let text = format!("{name}({arguments})");
        let tool = ToolCall { name, arguments, call_id: scalar_text(&call["id"]) };
        last = Some(add(builder, StepKind::ToolCall, text, Some(tool)));
    }
    if let Some(step) = last.and_then(|last| builder.trace_mut().steps.get_mut(last as usize)) {
        step.metadata = turn.rest;
    }
}
