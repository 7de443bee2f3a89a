//! Sessions of Claude Code: JSON Lines, or one object with `loglines` (simonw/claude-code-transcripts).
//!
//! Rows name the row before them; results of tools come in rows of the user; sub-agents are side chains.

use serde_json::{Map, Value};

use super::super::run::{Run, content_text, rename, take_text};
use super::tree::{Links, Tree};
use super::{blocks, of_session, rows_of, usage};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Metadata, StepIndex, StepKind};

const LINES: &str = "loglines";
const LINKS: Links = Links { id: "uuid", parent: "parentUuid" };
const SESSION: &[&str] = &["sessionId", "cwd", "gitBranch", "version", "userType", "entrypoint", "slug", "agentId"];

/// Reads Claude Code logs.
pub(in super::super) struct ClaudeCode;

impl Importer for ClaudeCode {
    fn name(&self) -> &'static str {
        "claude_code"
    }

    fn caption(&self) -> &'static str {
        "Claude Code sessions"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["type", LINES], &["message", LINES], &["uuid", "timestamp", LINES]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let lines = sample.recognise("`loglines` of a session", |row| {
            row[LINES].as_array().is_some_and(|lines| lines.iter().any(is_turn))
        });
        if lines.is_some() {
            return lines;
        }
        if !sample.rows.iter().any(is_turn) {
            return None;
        }
        let unit = if sample.in_list { Unit::Document } else { Unit::Group };
        // Rows about the session stand between the turns.
        let known = |row: &Value| is_turn(row) || row["type"].is_string() && row.get("payload").is_none();
        Some(Recognition { unit, ..sample.recognise("turns of a session with `message`", known)? })
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        let first = || group.iter().find_map(|row| row["sessionId"].as_str());
        let new = || row["sessionId"].as_str().is_some_and(|session| first().is_some_and(|first| first != session));
        // A session that was taken up again goes on under a new name, with a parent in the old one.
        !(row["type"] == "user" && row["parentUuid"].is_null() && row["isSidechain"] != true && new())
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut metadata = Metadata::new();
        let rows = match row {
            Value::Object(mut map) if map.contains_key(LINES) => {
                let lines = map.shift_remove(LINES).unwrap_or_default();
                metadata = map;
                lines
            }
            other => other,
        };
        let rows = rows_of(rows)?;
        let is_side = |row: &Map<String, Value>| row.get("isSidechain") == Some(&Value::Bool(true));
        // The log of a sub-agent alone: here its chain is the main one.
        let alone = rows.iter().filter(|row| row.contains_key("message")).all(is_side);
        let mut session = Session { metadata, ..Session::default() };
        for (index, mut row) in rows.into_iter().enumerate() {
            if alone {
                row.shift_remove("isSidechain");
            }
            session.row(index, row);
        }
        Ok(vec![session.finish()])
    }
}

fn is_turn(row: &Value) -> bool {
    let message = &row["message"];
    matches!(row["type"].as_str(), Some("user" | "assistant"))
        && matches!(message["role"].as_str(), Some("user" | "assistant"))
        && message.get("content").is_some()
}

#[derive(Default)]
struct Session {
    run: Run,
    tree: Tree,
    metadata: Metadata,
    /// Rows that are no turns.
    others: Vec<Value>,
    summaries: Vec<Value>,
    model: Option<String>,
    empty: usize,
    /// The reply whose tokens are counted; its blocks come in rows of their own.
    counted: Option<String>,
    /// Calls that may have started a sub-agent, with their arguments.
    tasks: Vec<(StepIndex, String)>,
}

impl Session {
    fn row(&mut self, index: usize, mut row: Map<String, Value>) {
        let kind = row.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind.as_str() {
            "user" | "assistant" | "system" => {}
            "summary" => return self.summaries.push(row.into()),
            _ => {
                // Rows without a turn may stand between a turn and the next.
                self.place(&mut row, false);
                let id = row.get(LINKS.id).and_then(Value::as_str).map(str::to_owned);
                self.tree.done(&self.run, id);
                return self.others.push(row.into());
            }
        }
        let side = row.shift_remove("isSidechain") == Some(Value::Bool(true));
        let id = take_text(&mut row, LINKS.id);
        let agent = if side { row.shift_remove("agentId") } else { None };
        of_session(&mut self.metadata, &mut row, SESSION);
        row.extend(agent.map(|agent| ("agentId".to_owned(), agent)));
        let message = match row.shift_remove("message") {
            Some(Value::Object(message)) => message,
            Some(other) => Map::from_iter([("content".to_owned(), other)]),
            None => Map::new(),
        };
        self.run.aside = side;
        self.run.section = side.then(|| "sub-agent".to_owned());
        if side && row.get(LINKS.parent).is_none_or(Value::is_null) {
            let start = self.start_of_side(&message);
            self.tree.go(&mut self.run, &LINKS, &mut row, start);
            self.run.at = start;
        } else {
            self.place(&mut row, true);
        }
        let first = self.run.len();
        let place = format!("row {} of the session", index + 1);
        if kind == "system" {
            let text = row.shift_remove("content").map(|content| content_text(&content)).unwrap_or_default();
            self.run.push(StepKind::Note, text, "system");
        } else {
            row.shift_remove("type");
            self.turn(&place, &kind, side, message, &mut row);
        }
        let step = StepIndex::try_from(first).ok().filter(|_| self.run.len() > first);
        rename(&mut row, "timestamp", "started_at");
        if let Some(id) = &id {
            row.insert(LINKS.id.into(), id.clone().into());
        }
        if step.is_some() {
            self.run.note_all(step, row);
        }
        self.tree.done(&self.run, id);
        self.run.aside = false;
        self.run.section = None;
    }

    /// Goes to the parent of the row. Without one a summary of what was before goes on, all else begins anew.
    fn place(&mut self, row: &mut Map<String, Value>, turn: bool) {
        rename(row, "logicalParentUuid", LINKS.parent);
        let goes_on = !turn || row.get("isCompactSummary") == Some(&Value::Bool(true)) || row["type"] == "system";
        let start = if goes_on { self.tree.main() } else { None };
        self.tree.go(&mut self.run, &LINKS, row, start);
    }

    /// A side chain begins at the call whose arguments hold its first message, else at the last step.
    fn start_of_side(&self, message: &Map<String, Value>) -> Option<StepIndex> {
        let asked = message.get("content").map(content_text).unwrap_or_default();
        let asked = serde_json::to_string(&asked).unwrap_or_default();
        let task = self.tasks.iter().rev().find(|(_, arguments)| arguments.contains(&asked));
        task.map(|(step, _)| *step).or(self.tree.main())
    }

    fn turn(
        &mut self,
        place: &str,
        kind: &str,
        side: bool,
        mut message: Map<String, Value>,
        row: &mut Map<String, Value>,
    ) {
        let content = message.shift_remove("content").unwrap_or_default();
        let has_result = content.as_array().is_some_and(|parts| parts.iter().any(|part| part["type"] == "tool_result"));
        let meta = row.get("isMeta") == Some(&Value::Bool(true));
        if kind == "user"
            && !side
            && !has_result
            && self.run.len() == 0
            && (self.run.prompt.is_empty() || !self.asked())
        {
            // What the program adds before the first question is no question.
            let mut extras = std::mem::take(row);
            rename(&mut extras, "timestamp", "started_at");
            return self.run.ask_with(if meta { "system" } else { "user" }, content_text(&content), extras);
        }
        let first = self.run.len();
        let model = take_text(&mut message, "model");
        if self.model.is_none() {
            self.model.clone_from(&model);
        }
        if meta || row.get("isCompactSummary") == Some(&Value::Bool(true)) {
            self.run.push(StepKind::Note, content_text(&content), kind);
        } else {
            self.empty += blocks(&mut self.run, place, kind, content);
        }
        let step = StepIndex::try_from(first).ok().filter(|_| self.run.len() > first);
        if model != self.model
            && let Some(model) = model
        {
            self.run.note(step, "model", model);
        }
        let id = take_text(&mut message, "id");
        if id.is_none() || id != self.counted {
            usage(&mut self.run, step, message.shift_remove("usage"));
            self.counted = id;
        }
        if row.get("toolUseResult").is_some_and(Value::is_string) {
            // The text of the result once more.
            row.shift_remove("toolUseResult");
        }
        if !side {
            let steps = self.run.builder.trace_mut().steps.iter().enumerate().skip(first);
            let calls = steps.filter_map(|(index, step)| Some((StepIndex::try_from(index).ok()?, step.tool.as_ref()?)));
            self.tasks.extend(
                calls
                    .filter(|(_, tool)| matches!(tool.name.as_str(), "Task" | "Agent"))
                    .map(|(i, t)| (i, t.arguments.clone())),
            );
        }
    }

    fn asked(&self) -> bool {
        self.run.prompt.iter().any(|message| message.role == "user")
    }

    fn finish(mut self) -> Imported {
        self.tree.finish(&mut self.run);
        let trace = self.run.builder.trace_mut();
        let id = |key: &str| self.metadata.get(key).and_then(Value::as_str);
        trace.source_id = match (id("sessionId"), id("agentId")) {
            (Some(session), Some(agent)) => Some(format!("{session}/{agent}")),
            (session, agent) => session.or(agent).map(str::to_owned),
        };
        trace.generator = self.model;
        trace.metadata = self.metadata;
        for (key, rows) in [("summaries", self.summaries), ("other_rows", self.others)] {
            if !rows.is_empty() {
                trace.metadata.insert(key.into(), rows.into());
            }
        }
        if self.empty > 0 {
            trace.metadata.insert("empty_thinking".into(), self.empty.into());
        }
        self.run.finish().into()
    }
}
