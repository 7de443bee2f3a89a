//! Trajectories of mini-SWE-agent, formats 1 and 1.1 and bare lists of messages (SWE-agent/mini-swe-agent).
//!
//! Older runs write the action as a block of shell code and get its result as a user's message; newer ones call tools,
//! and end with a message of the role `exit`.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::run::{Run, beside_text, content_text, rename, take_text};
use crate::import::fields::{Fields, float, scalar_text};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Metadata, StepFlag, StepIndex, StepKind, ToolCall};

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static BLOCK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)```(?:mswea_bash_command|bash)[ \t]*\r?\n(.*?)\r?\n?```").unwrap());

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static RETURNED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*<returncode>(-?\d+)</returncode>").unwrap());

/// Reads mini-SWE-agent trajectories.
pub(super) struct MiniSwe;

impl Importer for MiniSwe {
    fn name(&self) -> &'static str {
        "mini_swe_agent"
    }

    fn caption(&self) -> &'static str {
        "mini-SWE-agent trajectories (.traj.json)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["messages"], &["trajectory_format", "info"]]
    }

    fn repeats(&self) -> &'static [&'static str] {
        // Of the replies of the model: the message once more.
        &["choices"]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let messages = || sample.rows.iter().filter(|row| row["role"].is_string());
        let returned = |row: &Value| RETURNED.is_match(&content_text(&row["content"]));
        if sample.in_list && messages().count() == sample.rows.len() && messages().any(returned) {
            let reason = "the file is one list of messages, some of them with a `<returncode>`".into();
            return Some(Recognition { share: 1.0, reason, unit: Unit::Document });
        }
        sample.recognise("`messages` of mini-SWE-agent", |row| {
            let named = row["trajectory_format"].as_str().is_some_and(|name| name.starts_with("mini-swe-agent"));
            let version = row["info"].get("mini_version").is_some();
            (named || version) && row["messages"].as_array().is_some_and(|m| m.iter().all(|m| m["role"].is_string()))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let row = match row {
            Value::Array(messages) => Map::from_iter([("messages".to_owned(), Value::Array(messages))]).into(),
            other => other,
        };
        let mut fields = Fields::new(row)?;
        let mut reader = Reader::default();
        for (index, message) in fields.list(&["messages"])?.into_iter().enumerate() {
            let Value::Object(message) = message else {
                return Err(RowError::new(format!("message {index} (from 0) is no object; expected `role`")));
            };
            reader.message(index, message);
        }
        let mut run = reader.run;
        let trace = run.builder.trace_mut();
        trace.source_id = fields.text("instance_id");
        let model = fields.get("info").map(|info| &info["config"]["model"]["model_name"]);
        trace.generator = model.and_then(Value::as_str).map(str::to_owned);
        trace.metadata.extend(fields.rest());
        let ended = &trace.metadata.get("info").cloned().unwrap_or_default()["exit_status"];
        if let Some(status) = ended.as_str().filter(|status| !status.eq_ignore_ascii_case("submitted")) {
            let text = format!("the run ended with `{status}` before it handed in a solution");
            trace.warnings.push(text);
        }
        Ok(vec![run.finish().into()])
    }
}

#[derive(Default)]
struct Reader {
    run: Run,
    /// Whether the last message called something.
    called: bool,
}

impl Reader {
    fn message(&mut self, index: usize, mut message: Map<String, Value>) {
        let role = take_text(&mut message, "role").unwrap_or_default();
        let text = content_text(message.get("content").unwrap_or(&Value::Null));
        if let Some(rest) = message.shift_remove("content").as_ref().and_then(beside_text) {
            message.insert("content".into(), rest);
        }
        let first = self.run.len();
        let place = format!("message {index} (from 0)");
        match role.as_str() {
            "system" | "user" if self.run.at.is_none() => {
                return self.run.ask_with(&role, text, message);
            }
            "assistant" => self.assistant(&place, text, &mut message),
            "tool" => {
                let id = take_text(&mut message, "tool_call_id");
                let step = self.run.result(&place, id, None, text);
                self.returned(step, message["extra"]["returncode"].as_i64());
            }
            "user" if self.called => {
                let code = RETURNED.captures(&text).and_then(|found| found.get(1)?.as_str().parse().ok());
                let step = self.run.result(&place, None, None, text);
                self.returned(step, code);
                self.called = false;
            }
            "user" => drop(self.run.push(StepKind::Observation, text, "environment")),
            "exit" => self.exit(text, &message),
            _ => drop(self.run.push(StepKind::Message, text, &role)),
        }
        self.keep(first, message);
    }

    /// Thought, shell code, afterthought; or reasoning, text and tool calls.
    fn assistant(&mut self, place: &str, text: String, message: &mut Map<String, Value>) {
        if let Some(reasoning) = take_text(message, "reasoning_content").filter(|text| !text.trim().is_empty()) {
            self.run.push(StepKind::Thought, reasoning, "assistant");
        }
        let calls = if let Some(Value::Array(calls)) = message.shift_remove("tool_calls") { calls } else { Vec::new() };
        let blocks: Vec<_> = if calls.is_empty() { BLOCK.captures_iter(&text).collect() } else { Vec::new() };
        // The agent accepts exactly one block; anything else is sent back to it.
        let block = if let [block] = blocks.as_slice() { block.get(0).zip(block.get(1)) } else { None };
        self.called = block.is_some() || !calls.is_empty();
        if let Some((whole, command)) = block {
            let around = [text.get(..whole.start()), text.get(whole.end()..)].map(Option::unwrap_or_default);
            let [before, after] = around;
            if !before.trim().is_empty() {
                self.run.push(StepKind::Thought, before, "assistant");
            }
            let command = command.as_str().to_owned();
            let tool = ToolCall { name: "bash".into(), arguments: command.clone(), call_id: None };
            self.run.called(command, tool, "assistant");
            if !after.trim().is_empty() {
                self.run.push(StepKind::Thought, after, "assistant");
            }
        } else if !text.trim().is_empty() || calls.is_empty() {
            self.run.push(StepKind::Message, text, "assistant");
        }
        for call in calls {
            let name = call["function"]["name"].as_str().unwrap_or_default().to_owned();
            self.run.call(place, name, &call["function"]["arguments"], scalar_text(&call["id"]), "assistant");
        }
    }

    fn returned(&mut self, step: StepIndex, code: Option<i64>) {
        if let Some(code) = code {
            self.run.note(Some(step), "returncode", code);
            if code != 0 {
                self.run.flag(Some(step), StepFlag::Failed);
            }
        }
    }

    /// The end: the solution, or why there is none.
    fn exit(&mut self, text: String, message: &Map<String, Value>) {
        let status = message.get("extra").map_or("", |extra| extra["exit_status"].as_str().unwrap_or_default());
        if status.eq_ignore_ascii_case("submitted") {
            self.run.push(StepKind::Answer, text, "assistant");
        } else {
            let step = self.run.push(StepKind::Note, text, "environment");
            self.run.flag(Some(step), StepFlag::Failed);
        }
    }

    /// What else the message says goes to its first step: times, costs, tokens.
    fn keep(&mut self, first: usize, mut message: Map<String, Value>) {
        let step = StepIndex::try_from(first).ok();
        let mut extra = match message.shift_remove("extra") {
            Some(Value::Object(extra)) => extra,
            Some(Value::Null) | None => Metadata::new(),
            Some(other) => Metadata::from_iter([("extra".to_owned(), other)]),
        };
        rename(&mut extra, "timestamp", "started_at");
        rename(&mut extra, "cost", "cost_usd");
        // Said by the steps already; the output may be cut there.
        let said = step.and_then(|step| self.run.step_mut(step)).map(|step| step.text.clone()).unwrap_or_default();
        extra.shift_remove("actions");
        extra.shift_remove("returncode");
        if extra.get("raw_output").and_then(Value::as_str).is_some_and(|raw| said.contains(raw.trim_end())) {
            extra.shift_remove("raw_output");
        }
        if extra.get("exception_info") == Some(&"".into()) {
            extra.shift_remove("exception_info");
        }
        if let Some(Value::Object(mut reply)) = extra.shift_remove("response") {
            let usage = reply.get("usage").cloned().unwrap_or_default();
            for (from, to) in [("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")] {
                if float(&usage[from]).is_some() {
                    self.run.note(step, to, usage[from].clone());
                }
            }
            // The reply repeats the message.
            reply.shift_remove("choices");
            extra.insert("response".into(), reply.into());
        }
        message.extend(extra);
        self.run.note_all(step, message);
    }
}
