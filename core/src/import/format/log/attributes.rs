//! What the attributes of OpenTelemetry spans say: the `GenAI` conventions, `OpenInference`, and two that came before them.

use serde_json::{Map, Value, json};

use super::span::{Span, Work, is_nothing};
use super::turn::decoded;

/// Dots and lists deeper than this are left as they are.
const DEPTH: usize = 32;

/// Puts keys such as `llm.input_messages.0.message.role` into the objects and lists that they stand for.
pub(super) fn nested(value: Value) -> Value {
    nest(value, DEPTH)
}

fn nest(value: Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return value };
    match value {
        Value::Array(list) => list.into_iter().map(|item| nest(item, depth)).collect(),
        Value::Object(map) => {
            let mut outer = Map::new();
            for (key, value) in map {
                place(&mut outer, &key, nest(value, depth));
            }
            lists(outer, depth)
        }
        other => other,
    }
}

/// Puts a value under a path of keys. Where the path is taken, it stays under its whole name.
fn place(outer: &mut Map<String, Value>, path: &str, value: Value) {
    let parts: Vec<&str> = path.split('.').take(DEPTH).collect();
    let Some((last, above)) = parts.split_last() else { return };
    if path.split('.').count() > DEPTH
        || parts.iter().any(|part| part.is_empty())
        || !is_free(outer, above, last, &value)
    {
        let mut name = path.to_owned();
        while outer.contains_key(&name) {
            name.push('\'');
        }
        outer.insert(name, value);
        return;
    }
    let mut at = outer;
    for part in above {
        let inner = at.entry((*part).to_owned()).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(inner) = inner else { return };
        at = inner;
    }
    match (at.get_mut(*last), value) {
        (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
        (_, value) => drop(at.insert((*last).to_owned(), value)),
    }
}

fn is_free(outer: &Map<String, Value>, above: &[&str], last: &str, value: &Value) -> bool {
    let mut at = outer;
    for part in above {
        match at.get(*part) {
            None => return true,
            Some(Value::Object(inner)) => at = inner,
            Some(_) => return false,
        }
    }
    match at.get(last) {
        None => true,
        Some(known) => known.is_object() && value.is_object(),
    }
}

/// Objects whose keys are numbers are lists.
fn lists(map: Map<String, Value>, depth: usize) -> Value {
    let number = |key: &String| key.parse::<u32>().ok();
    let mut out = Map::new();
    if !map.is_empty() && map.keys().all(|key| number(key).is_some()) {
        let mut items: Vec<(Option<u32>, Value)> = map.into_iter().map(|(key, value)| (number(&key), value)).collect();
        items.sort_by_key(|(number, _)| *number);
        return items.into_iter().map(|(_, value)| relist(value, depth)).collect();
    }
    for (key, value) in map {
        out.insert(key, relist(value, depth));
    }
    out.into()
}

fn relist(value: Value, depth: usize) -> Value {
    match (value, depth.checked_sub(1)) {
        (Value::Object(inner), Some(depth)) => lists(inner, depth),
        (value, _) => value,
    }
}

/// The value at a path of keys.
fn at<'a>(attributes: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = attributes;
    for key in path.split('.') {
        value = value.get(key)?;
    }
    (!is_nothing(value)).then_some(value)
}

fn first<'a>(attributes: &'a Value, paths: &[&str]) -> Option<&'a Value> {
    paths.iter().find_map(|path| at(attributes, path))
}

const KINDS: &[&str] = &[
    "openinference.span.kind",
    "gen_ai.operation.name",
    "langfuse.observation.type",
    "traceloop.span.kind",
    "llm.request.type",
];
const INPUTS: &[&str] = &[
    "llm.input_messages",
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "gen_ai.tool.call.arguments",
    "input.value",
    "langfuse.observation.input",
    "traceloop.entity.input",
];
const OUTPUTS: &[&str] = &[
    "llm.output_messages",
    "gen_ai.output.messages",
    "gen_ai.completion",
    "gen_ai.tool.call.result",
    "output.value",
    "langfuse.observation.output",
    "traceloop.entity.output",
    "retrieval.documents",
];
const MODELS: &[&str] = &["llm.model_name", "gen_ai.response.model", "gen_ai.request.model", "llm.request.model"];
const FACTS: &[(&str, &[&str])] = &[
    ("input_tokens", &["llm.token_count.prompt", "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"]),
    ("output_tokens", &["llm.token_count.completion", "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"]),
    ("cost_usd", &["llm.cost.total", "gen_ai.usage.cost"]),
];

/// Fills a span with what its attributes, already nested, and its events say.
pub(super) fn fill(span: &mut Span, attributes: &Value, events: &Value) {
    if let Some(kind) = first(attributes, KINDS).and_then(Value::as_str) {
        kind.clone_into(&mut span.kind);
    }
    if span.work == Work::Other {
        span.work = work(&span.kind);
    }
    let system = at(attributes, "gen_ai.system_instructions");
    if let Some(input) = first(attributes, INPUTS).filter(|_| is_nothing(&span.input)) {
        span.input = input.clone();
    }
    if let Some(output) = first(attributes, OUTPUTS).filter(|_| is_nothing(&span.output)) {
        span.output = output.clone();
    }
    said_in_events(span, events);
    if let Some(system) = system {
        let system = decoded(system).unwrap_or_else(|| system.clone());
        let messages = decoded(&span.input).unwrap_or_else(|| span.input.clone());
        let told = match messages {
            Value::Array(messages) => messages,
            Value::Null => Vec::new(),
            other => vec![other],
        };
        let already = told.iter().any(|message| message["role"] == "system");
        if !already {
            let system = std::iter::once(json!({"role": "system", "parts": system}));
            span.input = system.chain(told).collect();
        }
    }
    if let Some(model) = first(attributes, MODELS).and_then(Value::as_str)
        && span.work == Work::Model
    {
        span.model = Some(model.to_owned());
    }
    if let Some(tool) = first(attributes, &["tool.name", "gen_ai.tool.name"]).and_then(Value::as_str)
        && span.work == Work::Tool
    {
        tool.clone_into(&mut span.name);
    }
    for (name, paths) in FACTS {
        if let Some(value) = first(attributes, paths) {
            span.facts.insert((*name).into(), value.clone());
        }
    }
    if !is_nothing(attributes) {
        span.facts.insert("attributes".into(), without_payloads(attributes));
    }
}

/// Kinds of all conventions, in whatever letters.
pub(super) fn work(kind: &str) -> Work {
    match kind.to_lowercase().as_str() {
        "llm" | "chat" | "text_completion" | "completion" | "generate_content" | "generation" | "chat_model" => {
            Work::Model
        }
        "tool" | "execute_tool" | "function" => Work::Tool,
        _ => Work::Other,
    }
}

/// Earlier conventions log each message as an event of the span.
fn said_in_events(span: &mut Span, events: &Value) {
    let mut told = Vec::new();
    let mut said = Vec::new();
    for event in events.as_array().into_iter().flatten() {
        let facts = &event["attributes"];
        match event["name"].as_str().unwrap_or_default() {
            "gen_ai.choice" => {
                let message = facts.get("message").map(|message| decoded(message).unwrap_or_else(|| message.clone()));
                said.push(with_role(message.as_ref().unwrap_or(facts), "assistant"));
            }
            "gen_ai.content.prompt" => told.extend(at(facts, "gen_ai.prompt").cloned()),
            "gen_ai.content.completion" => said.extend(at(facts, "gen_ai.completion").cloned()),
            "exception" => {
                let why = at(facts, "exception.message").or_else(|| at(facts, "exception.type"));
                if let Some(why) = why.and_then(Value::as_str) {
                    span.failure = Some(why.to_owned());
                }
            }
            name => {
                let role = name.strip_prefix("gen_ai.").and_then(|name| name.strip_suffix(".message"));
                if let Some(role) = role {
                    told.push(with_role(facts, role));
                }
            }
        }
    }
    if is_nothing(&span.input) && !told.is_empty() {
        span.input = told.into();
    }
    if is_nothing(&span.output) && !said.is_empty() {
        span.output = said.into();
    }
}

fn with_role(message: &Value, role: &str) -> Value {
    let mut message = match message {
        Value::Object(map) => map.clone(),
        other => Map::from_iter([("content".to_owned(), other.clone())]),
    };
    // Lists and objects come as JSON in texts here.
    if let Some(calls) = message.get("tool_calls").and_then(decoded) {
        message.insert("tool_calls".into(), calls);
    }
    message.entry("role").or_insert_with(|| role.into());
    message.into()
}

/// The attributes without what the steps hold.
fn without_payloads(attributes: &Value) -> Value {
    let mut rest = attributes.clone();
    let facts = FACTS.iter().flat_map(|(_, paths)| paths.iter());
    for path in INPUTS.iter().chain(OUTPUTS).chain(KINDS).chain(MODELS).chain(facts) {
        remove(&mut rest, path);
    }
    rest
}

fn remove(value: &mut Value, path: &str) {
    let Some((above, last)) = path.rsplit_once('.') else { return };
    let mut at = value;
    for key in above.split('.') {
        let Some(inner) = at.get_mut(key) else { return };
        at = inner;
    }
    if let Value::Object(map) = at {
        map.shift_remove(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_keys_become_objects_and_lists() {
        let cases = [
            (json!({"a.b": 1, "a.c": 2}), json!({"a": {"b": 1, "c": 2}})),
            (json!({"m.1.r": "y", "m.0.r": "x"}), json!({"m": [{"r": "x"}, {"r": "y"}]})),
            (json!({"a": 1, "a.b": 2}), json!({"a": 1, "a.b": 2})),
            (json!({"a.b": 2, "a": 1}), json!({"a": {"b": 2}, "a'": 1})),
            (json!({"l": [{"m.r": "u"}]}), json!({"l": [{"m": {"r": "u"}}]})),
            (json!({"a..b": 1, ".": 2}), json!({"a..b": 1, ".": 2})),
        ];
        for (flat, expected) in cases {
            assert_eq!(nested(flat.clone()), expected, "{flat}");
        }
    }
}
