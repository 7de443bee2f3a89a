//! `ToolBench` results: messages that name the next one, by query (OpenBMB/ToolBench: toolbench/tooleval).

use serde_json::{Map, Value};

use super::node::mark_path;
use super::python_dict::python_dict;
use crate::import::detect::kind;
use crate::import::fields::{Fields, raw_text, scalar_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{ChatMessage, Problem, Prompt, Step, StepIndex, StepKind, ToolCall, TraceBuilder};

/// Reads `ToolBench` results.
pub(super) struct ToolBenchResults;

impl Importer for ToolBenchResults {
    fn name(&self) -> &'static str {
        "toolbench_results"
    }

    fn caption(&self) -> &'static str {
        "ToolBench results: answers by query"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["query"], &["answer"], &["available_tools"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let rows = sample.recognise("`query` and an `answer` with `answer_details`", is_result);
        rows.or_else(|| {
            let found = sample.recognise("results by the number of their query", |row| {
                row.as_object().is_some_and(|map| !map.is_empty() && map.values().all(is_result))
            })?;
            Some(Recognition { unit: Unit::Row, ..found })
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        if is_result(&row) {
            return read_result(None, row).map(|trace| vec![trace]);
        }
        let Value::Object(map) = row else {
            return Err(RowError::new(format!("the row is {}; expected results by query", kind(&row))));
        };
        map.into_iter().map(|(id, row)| read_result(Some(id), row)).collect()
    }
}

fn is_result(row: &Value) -> bool {
    row["query"].is_string() && row["answer"]["answer_details"].is_array()
}

fn read_result(id: Option<String>, row: Value) -> Result<Imported, RowError> {
    let mut fields = Fields::new(row)?;
    let query = fields.text("query").unwrap_or_default();
    let mut problem = Problem::from_text(query.clone());
    if let Some(tools) = fields.take("available_tools") {
        problem.metadata.insert("tools".into(), tools);
    }
    let mut answer = Fields::new(fields.take("answer").unwrap_or_default())?;
    let details = answer.list(&["answer_details"])?;
    let mut builder = TraceBuilder::new(problem);
    // Where files by id are taken apart on reading, the id is among the fields.
    if let Some(id) = id.or_else(|| fields.text_of(&["_key", "id", "query_id"])) {
        builder = builder.source_id(id);
    }
    if let Some(method) = answer.text("method") {
        builder = builder.generator(method);
    }
    let mut cut = 0;
    let mut systems = Vec::new();
    let mut last = None;
    let mut pending: Vec<(Option<StepIndex>, Value)> = details.into_iter().rev().map(|node| (None, node)).collect();
    while let Some((above, node)) = pending.pop() {
        let Value::Object(mut node) = node else { continue };
        let next = match node.shift_remove("next") {
            Some(Value::Array(list)) => list,
            Some(Value::Object(one)) => vec![one.into()],
            _ => Vec::new(),
        };
        let role = node.shift_remove("role").and_then(|role| Some(role.as_str()?.to_owned())).unwrap_or_default();
        let message = node.shift_remove("message").unwrap_or_default();
        let text = message.as_str().unwrap_or_default();
        let step = match role.as_str() {
            "system" if above.is_none() => {
                systems.extend((!text.is_empty()).then(|| text.to_owned()));
                None
            }
            // The query again, often cut short.
            "user" if above.is_none() && query.starts_with(text) => None,
            "tool" | "function" => {
                let (step, whole) = tool_message(&mut builder, above, &message);
                cut += usize::from(!whole);
                Some(step)
            }
            _ => {
                let text = scalar_text(&message).unwrap_or_else(|| message.to_string());
                let kind = if role == "system" { StepKind::System } else { StepKind::Message };
                let author = (!role.is_empty()).then_some(role);
                let metadata = node;
                Some(builder.push(Step { parent: above, kind, text, author, metadata, ..Step::default() }))
            }
        };
        last = step.or(last);
        pending.extend(next.into_iter().rev().map(|node| (step.or(above), node)));
    }
    if cut > 0 {
        warn(
            &mut builder,
            format!("{cut} tool messages are cut short in the file; calls and results end where they do"),
        );
    }
    if !systems.is_empty() {
        let message = |role: &str, content: String| ChatMessage { role: role.into(), content };
        let mut messages: Vec<ChatMessage> = systems.into_iter().map(|text| message("system", text)).collect();
        messages.push(message("user", query));
        builder.trace_mut().problem.prompt = Prompt::Messages(messages);
    }
    // The answer stands apart from the messages, whole where they are cut.
    if let Some(text) = answer.get("final_answer").and_then(Value::as_str).filter(|text| !text.is_empty()) {
        let said =
            serde_json::from_str::<Value>(text).ok().and_then(|said| Some(said["final_answer"].as_str()?.to_owned()));
        let text = said.unwrap_or_else(|| text.to_owned());
        builder.push(Step { parent: last, kind: StepKind::Answer, text, ..Step::default() });
    }
    mark_path(&mut builder, None);
    builder.trace_mut().metadata.extend(answer.rest());
    builder.trace_mut().metadata.extend(fields.rest());
    Ok(builder.into())
}

/// A call and its result, told as one object or in the way Python prints one. Gives the last step, and whether all of
/// it could be read.
fn tool_message(builder: &mut TraceBuilder, above: Option<StepIndex>, message: &Value) -> (StepIndex, bool) {
    let mut metadata = Map::new();
    let (found, whole) = match message {
        Value::Object(map) => (map.clone(), true),
        Value::String(text) => {
            metadata.insert("message".into(), message.clone());
            serde_json::from_str::<Map<String, Value>>(text).map_or_else(|_| python_dict(text), |map| (map, true))
        }
        _ => (Map::new(), false),
    };
    let text_at = |key: &str| found.get(key).map(raw_text);
    let Some(name) = text_at("name") else {
        // Not even the name of the tool can be told.
        let text = raw_text(message);
        let author = Some("tool".to_owned());
        let step = Step { parent: above, kind: StepKind::ToolResult, text, author, ..Step::default() };
        return (builder.push(step), whole);
    };
    let arguments = text_at("arguments").unwrap_or_default();
    metadata.extend(
        found
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "name" | "arguments" | "response"))
            .map(|(key, value)| (key.clone(), value.clone())),
    );
    let text = format!("{name}({arguments})");
    let tool = Some(ToolCall { name: name.clone(), arguments, call_id: None });
    let call = builder.push(Step { parent: above, kind: StepKind::ToolCall, text, tool, metadata, ..Step::default() });
    let Some(text) = text_at("response") else { return (call, whole) };
    let tool = Some(ToolCall { name: name.clone(), ..ToolCall::default() });
    let author = Some(name);
    (
        builder.push(Step { parent: Some(call), kind: StepKind::ToolResult, text, author, tool, ..Step::default() }),
        whole,
    )
}
