//! Sessions of pi: JSON Lines with a `session` row first (badlogic/pi-mono: packages/coding-agent).
//!
//! Messages have blocks of text, thinking and `toolCall`; results are messages of the role `toolResult`.

use serde_json::{Map, Value};

use super::super::run::{Run, beside_text, content_text, rename, take_text};
use super::tree::{Links, Tree};
use super::{blocks, rows_of, usage};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Metadata, StepFlag, StepIndex, StepKind};

const LINKS: Links = Links { id: "id", parent: "parentId" };

/// Reads pi logs.
pub(in super::super) struct Pi;

impl Importer for Pi {
    fn name(&self) -> &'static str {
        "pi"
    }

    fn caption(&self) -> &'static str {
        "pi sessions"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["type"], &["message"], &["timestamp"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        if !sample.rows.iter().any(is_message) {
            return None;
        }
        let known = |row: &Value| is_message(row) || row["type"].is_string() && row["type"] != "message";
        Some(Recognition { unit: Unit::Group, ..sample.recognise("rows of the type `message`", known)? })
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        row["type"] != "session" || group.last().is_some_and(|row| row["type"] == "session")
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let (mut run, mut tree, mut metadata) = (Run::default(), Tree::default(), Metadata::new());
        let (mut model, mut empty) = (None, 0);
        for (index, mut row) in rows_of(row)?.into_iter().enumerate() {
            let kind = take_text(&mut row, "type").unwrap_or_default();
            if kind == "session" && index == 0 {
                metadata = row;
                continue;
            }
            let start = tree.main();
            tree.go(&mut run, &LINKS, &mut row, start);
            let id = take_text(&mut row, LINKS.id);
            if kind == "message" {
                empty += message(&mut run, index, row, &mut model);
            } else {
                let step = run.push(StepKind::Note, Value::Object(row).to_string(), "system");
                run.note(Some(step), "type", kind);
            }
            tree.done(&run, id);
        }
        tree.finish(&mut run);
        let trace = run.builder.trace_mut();
        trace.source_id = metadata.get("id").and_then(Value::as_str).map(str::to_owned);
        trace.generator = model;
        trace.metadata = metadata;
        if empty > 0 {
            trace.metadata.insert("empty_thinking".into(), empty.into());
        }
        Ok(vec![run.finish().into()])
    }
}

fn is_message(row: &Value) -> bool {
    let message = &row["message"];
    row["type"] == "message"
        && matches!(message["role"].as_str(), Some("user" | "assistant" | "toolResult" | "bashExecution"))
        && row["timestamp"].is_string()
}

fn message(run: &mut Run, index: usize, mut row: Map<String, Value>, model: &mut Option<String>) -> usize {
    let Some(Value::Object(mut message)) = row.shift_remove("message") else { return 0 };
    let role = take_text(&mut message, "role").unwrap_or_default();
    let content = message.shift_remove("content").unwrap_or_default();
    let place = format!("row {} of the session", index + 1);
    let first = run.len();
    let mut empty = 0;
    match role.as_str() {
        "user" if run.at.is_none() => {
            rename(&mut row, "timestamp", "started_at");
            run.ask_with("user", content_text(&content), row);
            return 0;
        }
        "toolResult" => {
            let id = take_text(&mut message, "toolCallId");
            let name = take_text(&mut message, "toolName");
            let step = run.result(&place, id, name, content_text(&content));
            if message.shift_remove("isError") == Some(Value::Bool(true)) {
                run.flag(Some(step), StepFlag::Failed);
            }
            run.note(Some(step), "content", beside_text(&content).unwrap_or_default());
        }
        _ => empty = blocks(run, &place, &role, content),
    }
    let step = StepIndex::try_from(first).ok().filter(|_| run.len() > first);
    let said_by = take_text(&mut message, "model");
    if model.is_none() {
        model.clone_from(&said_by);
    }
    if said_by != *model
        && let Some(said_by) = said_by
    {
        run.note(step, "model", said_by);
    }
    usage(run, step, message.shift_remove("usage"));
    message.shift_remove("timestamp");
    rename(&mut row, "timestamp", "started_at");
    row.extend(message);
    run.note_all(step, row);
    empty
}
