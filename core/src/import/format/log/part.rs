//! Reads the parts of a message: texts, reasoning, tool calls, their results, pictures.

use serde_json::{Map, Value};

use super::turn::Role;
use crate::import::fields::raw_text;
use crate::model::{Metadata, Step, StepFlag, StepKind, ToolCall};

const REASONING: &[&str] = &["reasoning_content", "reasoning", "thinking"];

/// Takes what a message says out of it. What is left is said besides.
pub(super) fn message(role: Role, message: &mut Map<String, Value>, steps: &mut Vec<Step>) {
    for key in REASONING {
        if let Some(text) = message.get(*key).and_then(Value::as_str).filter(|text| !text.is_empty()) {
            steps.push(step(StepKind::Thought, text.to_owned()));
            message.shift_remove(*key);
            break;
        }
    }
    let content =
        ["content", "parts", "contents"].into_iter().find(|key| message.get(*key).is_some_and(|c| !c.is_null()));
    let content = content.and_then(|key| message.shift_remove(key)).unwrap_or_default();
    if role == Role::Tool && !holds_parts(&content) {
        result(message, &content, steps);
    } else {
        contents(&content, role, steps);
    }
    for key in ["tool_calls", "function_call", "additional_kwargs"] {
        let calls = match message.get(key) {
            Some(Value::Object(more)) if key == "additional_kwargs" => more.get("tool_calls").cloned(),
            other => other.cloned(),
        };
        let has_calls = steps.iter().any(|step| step.kind == StepKind::ToolCall);
        let calls = match calls {
            Some(Value::Array(calls)) if !calls.is_empty() => calls,
            Some(call @ Value::Object(_)) if key == "function_call" => vec![call],
            _ => continue,
        };
        // LangChain keeps the calls a second time, as they came; some parts repeat them as well.
        if !has_calls {
            for one in &calls {
                call(one, steps);
            }
        }
        message.shift_remove(key);
    }
}

/// Parts that say themselves what they are: a tool's message may hold calls and results of several tools.
fn holds_parts(content: &Value) -> bool {
    content.as_array().is_some_and(|list| {
        let typed = |part: &Value| is_call(part) || is_result(part);
        !list.is_empty() && list.iter().all(typed)
    })
}

/// The message of a tool is its result.
fn result(message: &mut Map<String, Value>, content: &Value, steps: &mut Vec<Step>) {
    let id = ["tool_call_id", "call_id", "id"].into_iter().find(|key| message.get(*key).is_some_and(Value::is_string));
    // The `id` of a message names the message, where it also names the call.
    let call_id = id.filter(|key| *key != "id").and_then(|key| message.shift_remove(key)).map(|id| raw_text(&id));
    let name = ["function", "name"].into_iter().find_map(|key| message.get(key)?.as_str());
    let name = name.unwrap_or_default().to_owned();
    message.shift_remove("function");
    let mut said = step(StepKind::ToolResult, result_text(content));
    said.tool = Some(ToolCall { name: name.clone(), arguments: String::new(), call_id });
    said.author = Some(if name.is_empty() { "tool".into() } else { name });
    let failed = message.get("error").is_some_and(|error| !error.is_null())
        || message.get("status").and_then(Value::as_str) == Some("error");
    if failed {
        said.flags.push(StepFlag::Failed);
    }
    if let Some(list) = content.as_array().filter(|list| list.iter().any(|part| !is_text(part))) {
        said.metadata.insert("content".into(), list.clone().into());
    }
    steps.push(said);
}

/// What a tool gave, as text.
pub(super) fn result_text(content: &Value) -> String {
    match content {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) if !parts.is_empty() && parts.iter().all(|part| part["type"].is_string()) => {
            let texts: Vec<String> = parts.iter().map(text_or_word).collect();
            texts.join("\n")
        }
        Value::Object(map) if map.get("content").is_some_and(Value::is_array) => {
            map.get("content").map(result_text).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

fn contents(content: &Value, role: Role, steps: &mut Vec<Step>) {
    match content {
        Value::Null => {}
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => steps.push(step(role.kind(), text.clone())),
        Value::Array(parts) => {
            for part in parts {
                read(part, role, steps);
            }
        }
        other => read(other, role, steps),
    }
}

/// Whether an object is a part of a message, by itself.
pub(super) fn is_part(value: &Value) -> bool {
    let kind = value["type"].as_str().unwrap_or_default();
    is_call(value) || is_result(value) || matches!(kind, "text" | "output_text" | "thinking" | "reasoning" | "image")
}

fn is_call(part: &Value) -> bool {
    matches!(part["type"].as_str(), Some("tool_use" | "tool_call" | "function_call"))
        || ["function_call", "functionCall", "tool_call"].iter().any(|key| part[*key].is_object())
        || part["function"]["name"].is_string() && !is_declaration(part)
}

fn is_result(part: &Value) -> bool {
    matches!(part["type"].as_str(), Some("tool_result" | "tool_call_response" | "function_call_output"))
        || ["function_response", "functionResponse"].iter().any(|key| part[*key].is_object())
}

/// A tool that is offered, not called.
pub(super) fn is_declaration(value: &Value) -> bool {
    let function = &value["function"];
    function.is_object() && function.get("arguments").is_none() && function.get("parameters").is_some()
}

fn is_text(part: &Value) -> bool {
    part.is_string() || part["text"].is_string() || part["type"] == "text" && part["content"].is_string()
}

/// One part as steps.
pub(super) fn read(part: &Value, role: Role, steps: &mut Vec<Step>) {
    if let Some(inner) = part.get("message_content").filter(|inner| inner.is_object()) {
        return one(inner, role, steps);
    }
    one(part, role, steps);
}

fn one(part: &Value, role: Role, steps: &mut Vec<Step>) {
    let kind = part["type"].as_str().unwrap_or_default();
    if is_call(part) {
        call(part, steps);
    } else if is_result(part) {
        part_result(part, steps);
    } else if is_declaration(part) {
        // Offered, not said: a library puts its tools among the messages.
    } else if matches!(kind, "thinking" | "reasoning" | "redacted_thinking") || part["thought"] == true {
        let mut said = step(StepKind::Thought, reasoning_text(part));
        let known = ["type", "thinking", "reasoning", "text", "thought", "content"];
        said.metadata = rest(part, &known);
        steps.push(said);
    } else if is_text(part) {
        let mut said = step(role.kind(), text_or_word(part));
        said.metadata = rest(part, &["type", "text", "content"]);
        steps.push(said);
    } else if !part.is_null() {
        let mut said = step(role.kind(), text_or_word(part));
        said.metadata.insert("part".into(), part.clone());
        steps.push(said);
    }
}

fn reasoning_text(part: &Value) -> String {
    let plain = ["thinking", "reasoning", "text", "content"].iter().find_map(|key| part[*key].as_str());
    if let Some(text) = plain.filter(|_| part["redacted"] != true) {
        return text.to_owned();
    }
    // What is hidden is told in a summary, if at all.
    match &part["summary"] {
        Value::String(summary) => summary.clone(),
        Value::Array(list) => list.iter().filter_map(|s| s["text"].as_str()).collect::<Vec<_>>().join("\n\n"),
        _ => "[reasoning hidden by the provider]".into(),
    }
}

/// A tool call, however it is written.
fn call(value: &Value, steps: &mut Vec<Step>) {
    let inner = ["function", "function_call", "functionCall", "tool_call"].iter().find_map(|key| {
        let inner = &value[*key];
        inner.is_object().then_some(inner)
    });
    let inner = inner.map_or(value, |inner| if inner["function"].is_object() { &inner["function"] } else { inner });
    let name = inner["name"].as_str().or_else(|| inner["function"].as_str()).unwrap_or_default().to_owned();
    let arguments = ["arguments", "args", "input"].iter().find_map(|key| inner.get(*key)).unwrap_or(&Value::Null);
    let arguments = if arguments.is_null() { String::new() } else { raw_text(arguments) };
    let id = ["call_id", "tool_call_id", "id"].iter().find_map(|key| value.get(*key).or_else(|| inner.get(*key)));
    let id = id.or_else(|| value["tool_call"].get("id")).filter(|id| !id.is_null()).map(raw_text);
    let mut said = step(StepKind::ToolCall, format!("{name}({arguments})"));
    let known = [
        "type",
        "function",
        "name",
        "arguments",
        "args",
        "input",
        "id",
        "call_id",
        "tool_call_id",
        "function_call",
        "functionCall",
        "tool_call",
        "view",
        "result",
        "index",
        "status",
    ];
    said.metadata = rest(value, &known);
    if said.metadata.contains_key("parse_error") {
        said.flags.push(StepFlag::Failed);
    }
    let tool = ToolCall { name, arguments, call_id: id };
    said.tool = Some(tool.clone());
    steps.push(said);
    // A tool that the provider runs gives its result in the same part.
    if let Some(given) = value.get("result").filter(|given| !given.is_null()) {
        let mut said = step(StepKind::ToolResult, result_text(given));
        said.author = Some(tool.name.clone());
        said.tool = Some(ToolCall { arguments: String::new(), ..tool });
        if value.get("error").is_some_and(|error| !error.is_null()) {
            said.flags.push(StepFlag::Failed);
        }
        steps.push(said);
    }
}

fn part_result(part: &Value, steps: &mut Vec<Step>) {
    let inner = ["function_response", "functionResponse"].iter().find_map(|key| {
        let inner = &part[*key];
        inner.is_object().then_some(inner)
    });
    let inner = inner.unwrap_or(part);
    let content = ["content", "response", "result", "output"].iter().find_map(|key| inner.get(*key));
    let id = ["tool_use_id", "tool_call_id", "call_id", "id"].iter().find_map(|key| inner.get(*key));
    let name = inner["name"].as_str().unwrap_or_default().to_owned();
    let mut said = step(StepKind::ToolResult, content.map(result_text).unwrap_or_default());
    said.author = Some(if name.is_empty() { "tool".into() } else { name.clone() });
    let call_id = id.filter(|id| !id.is_null()).map(raw_text);
    said.tool = Some(ToolCall { name, arguments: String::new(), call_id });
    if part["is_error"] == true {
        said.flags.push(StepFlag::Failed);
    }
    steps.push(said);
}

/// The text of a part; for pictures and files a word in their place.
pub(super) fn text_or_word(part: &Value) -> String {
    let text = part.as_str().or_else(|| part["text"].as_str());
    let text = text.or_else(|| if part["type"] == "text" { part["content"].as_str() } else { None });
    text.map_or_else(|| format!("[{}]", part["type"].as_str().unwrap_or("part of unknown type")), str::to_owned)
}

fn step(kind: StepKind, text: String) -> Step {
    Step { kind, text, on_path: true, ..Step::default() }
}

/// What a part says besides.
fn rest(part: &Value, known: &[&str]) -> Metadata {
    let Some(map) = part.as_object() else { return Metadata::new() };
    let besides = map.iter().filter(|(key, value)| !known.contains(&key.as_str()) && !value.is_null());
    besides.map(|(key, value)| (key.clone(), value.clone())).collect()
}
