//! Turns the events of `OpenHands` into steps.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::super::run::{Run, content_text, rename, take_text};
use crate::import::fields::scalar_text;
use crate::model::{StepFlag, StepIndex, StepKind, ToolCall};

/// An event of `OpenHands`. The turns of SWE-agent have both an action and an observation, and no source.
pub(super) fn is_event(value: &Value) -> bool {
    let time = value.get("id").is_some() || value.get("timestamp").is_some();
    value["source"].is_string() && time && is_half(value)
}

/// One half of a turn.
pub(super) fn is_half(value: &Value) -> bool {
    value["action"].is_string() != value["observation"].is_string()
}

/// An event in the toy form of the visualizer.
pub(super) fn is_toy(value: &Value) -> bool {
    value["type"].is_string() && value["actorType"].is_string() && value.get("content").is_some()
}

#[derive(Default)]
pub(super) struct Events {
    pub(super) run: Run,
    /// Events that only tell the state of the program.
    pub(super) folded: Vec<Value>,
    pub(super) model: Option<String>,
    /// Replies of the model whose text is told.
    told: HashSet<String>,
    /// Tokens of the reply that the event brings.
    usage: Option<Value>,
    /// What the run had cost up to the last event that says so, in US dollars.
    spent: f64,
    /// Names of the calls, by the number of their event.
    calls: HashMap<String, Option<String>>,
}

impl Events {
    pub(super) fn read(&mut self, index: usize, mut event: Map<String, Value>) {
        let first = self.run.len();
        if event.contains_key("actorType") {
            self.toy(&mut event);
        } else if let Some(action) = take_text(&mut event, "action") {
            if action == "change_agent_state" {
                event.insert("action".into(), action.into());
                self.folded.push(event.into());
                return;
            }
            self.action(index, &action, &mut event);
        } else if let Some(observation) = take_text(&mut event, "observation") {
            if matches!(observation.as_str(), "null" | "agent_state_changed") {
                event.insert("observation".into(), observation.into());
                self.folded.push(event.into());
                return;
            }
            self.observation(index, &observation, &mut event);
        } else {
            self.folded.push(event.into());
            return;
        }
        let step = StepIndex::try_from(first).ok().filter(|_| self.run.len() > first);
        if let Some(usage) = self.usage.take() {
            self.run.note(step, "input_tokens", usage["prompt_tokens"].clone());
            self.run.note(step, "output_tokens", usage["completion_tokens"].clone());
        }
        // Events tell what all was up to then.
        if let Some(spent) = event.get("llm_metrics").and_then(|metrics| metrics["accumulated_cost"].as_f64()) {
            if spent > self.spent {
                self.run.note(step, "cost_usd", spent - self.spent);
            }
            self.spent = spent;
        }
        rename(&mut event, "timestamp", "started_at");
        rename(&mut event, "id", "event_id");
        if event.get("message").is_some_and(|m| m == "" || Some(m.as_str().unwrap_or_default()) == self.text(step)) {
            event.shift_remove("message");
        }
        // What the model said comes before what the event did, which is what the rest tells of.
        if let (Some(time), true) = (event.get("started_at"), step < self.run.at) {
            let time = time.clone();
            self.run.note(step, "started_at", time);
        }
        let last = step.and(self.run.at);
        self.run.note_all(last, event);
    }

    fn text(&mut self, step: Option<StepIndex>) -> Option<&str> {
        self.run.step_mut(step?).map(|step| step.text.as_str())
    }

    fn action(&mut self, index: usize, action: &str, event: &mut Map<String, Value>) {
        let source = take_text(event, "source").unwrap_or_default();
        let mut args = match event.shift_remove("args") {
            Some(Value::Object(args)) => args,
            Some(other) => Map::from_iter([("args".to_owned(), other)]),
            None => Map::new(),
        };
        let id = event.get("id").and_then(scalar_text).unwrap_or_else(|| index.to_string());
        let call = event.shift_remove("tool_call_metadata");
        self.reply(action, call.as_ref(), &mut args, &source);
        let text = |args: &mut Map<String, Value>, keys: &[&str]| {
            keys.iter().find_map(|key| take_text(args, key).filter(|text| !text.is_empty())).unwrap_or_default()
        };
        match action {
            "system" => {
                if let Some(tools) = args.shift_remove("tools") {
                    self.run.builder.trace_mut().problem.metadata.insert("tools".into(), tools);
                }
                let content = text(&mut args, &["content"]);
                self.run.builder.trace_mut().metadata.extend(args);
                return self.ask("system", content, event);
            }
            "message" if source == "user" && self.run.at.is_none() => {
                let content = text(&mut args, &["content"]);
                return self.ask("user", content, event);
            }
            "message" => drop(self.run.push(StepKind::Message, text(&mut args, &["content"]), &source)),
            "think" => {
                let thought = text(&mut args, &["thought", "content"]);
                if !thought.is_empty() {
                    self.run.push(StepKind::Thought, thought, &source);
                }
            }
            "finish" => {
                let said = text(&mut args, &["final_thought", "message", "thought"]);
                self.run.push(StepKind::Answer, said, &source);
            }
            "reject" => {
                let step = self.run.push(StepKind::Message, text(&mut args, &["outputs", "thought"]), &source);
                self.run.flag(Some(step), StepFlag::Failed);
            }
            _ => self.call(index, action, &id, event, &mut args, call.as_ref(), &source),
        }
        args.retain(|_, value| !value.is_null() && *value != "");
        if !args.is_empty() {
            event.insert("args".into(), args.into());
        }
    }

    /// An event of the prompt: its words before the first step, all else beside them.
    fn ask(&mut self, role: &str, content: String, event: &mut Map<String, Value>) {
        let mut extras = std::mem::take(event);
        rename(&mut extras, "timestamp", "started_at");
        if extras.get("message").and_then(Value::as_str) == Some(&content) {
            extras.shift_remove("message");
        }
        self.run.ask_with(role, content, extras);
    }

    /// What the model said before it acted: in its reply, which several events share, else in the thought.
    fn reply(&mut self, action: &str, call: Option<&Value>, args: &mut Map<String, Value>, source: &str) {
        let reply = call.map_or(&Value::Null, |call| &call["model_response"]);
        if self.model.is_none() {
            self.model = reply["model"].as_str().map(str::to_owned);
        }
        let said = content_text(&reply["choices"][0]["message"]["content"]);
        let thought = args.get("thought").and_then(Value::as_str).unwrap_or_default().to_owned();
        let new = reply["id"].as_str().is_none_or(|id| self.told.insert(id.to_owned()));
        let said = if said.trim().is_empty() { thought.clone() } else { said };
        if new && reply["usage"].is_object() {
            self.usage = Some(reply["usage"].clone());
        }
        // These say it themselves.
        if call.is_none() && matches!(action, "system" | "message" | "think" | "finish" | "reject") {
            return;
        }
        if new && !said.trim().is_empty() {
            self.run.push(StepKind::Thought, said.clone(), source);
        }
        if thought == said {
            args.shift_remove("thought");
        }
    }

    #[expect(clippy::too_many_arguments, reason = "parts of one event that its caller has taken apart")]
    fn call(
        &mut self,
        index: usize,
        action: &str,
        id: &str,
        event: &mut Map<String, Value>,
        args: &mut Map<String, Value>,
        call: Option<&Value>,
        source: &str,
    ) {
        let call = call.unwrap_or(&Value::Null);
        let call_id = call["tool_call_id"].as_str().map(str::to_owned);
        let calls = call["model_response"]["choices"][0]["message"]["tool_calls"].as_array();
        let written = calls.and_then(|calls| calls.iter().find(|one| one["id"].as_str() == call_id.as_deref()));
        let name = call["function_name"].as_str().unwrap_or(action).to_owned();
        self.calls.insert(id.to_owned(), call_id.clone().or_else(|| Some(format!("event {id}"))));
        let call_id = call_id.or_else(|| Some(format!("event {id}")));
        let place = format!("event {index} (from 0)");
        if let Some(written) = written {
            // The arguments as the model wrote them; those of the event are made from them.
            self.run.call(&place, name, &written["function"]["arguments"], call_id, source);
            if action != call["function_name"] {
                event.insert("action".into(), action.into());
            }
            args.clear();
        } else if args.is_empty() && event.contains_key("content") {
            let content = take_text(event, "content").unwrap_or_default();
            let tool = ToolCall { name, arguments: content.clone(), call_id };
            self.run.called(content, tool, source);
        } else {
            let arguments = Value::Object(std::mem::take(args));
            self.run.call(&place, name, &arguments, call_id, source);
        }
    }

    fn observation(&mut self, index: usize, observation: &str, event: &mut Map<String, Value>) {
        let content = match event.shift_remove("content") {
            Some(content) => content_text(&content),
            None => String::new(),
        };
        event.shift_remove("source");
        // The reply of the model is with the action.
        let call = event.shift_remove("tool_call_metadata").unwrap_or_default();
        let cause = event.shift_remove("cause").as_ref().and_then(scalar_text);
        let of_cause = cause.as_ref().and_then(|cause| self.calls.get(cause).cloned()).flatten();
        let call_id = of_cause.or_else(|| call["tool_call_id"].as_str().map(str::to_owned));
        let name = call["function_name"].as_str().map(str::to_owned);
        let extras = event.get("extras").cloned().unwrap_or_default();
        let code = &extras["metadata"]["exit_code"];
        let failed = observation == "error"
            || event.get("success") == Some(&Value::Bool(false))
            || code.as_i64().is_some_and(|code| code > 0);
        let step = if self.run.at.is_none() && call_id.is_none() {
            self.run.push(StepKind::Observation, content, "environment")
        } else {
            self.run.result(&format!("event {index} (from 0)"), call_id, name, content)
        };
        self.run.note(Some(step), "observation", observation);
        if failed {
            self.run.flag(Some(step), StepFlag::Failed);
        }
    }

    /// `{id, type: message|thought|command, content, actorType}`.
    fn toy(&mut self, event: &mut Map<String, Value>) {
        let kind = take_text(event, "type").unwrap_or_default();
        let actor = take_text(event, "actorType").unwrap_or_default();
        let content = event.shift_remove("content").map(|content| content_text(&content)).unwrap_or_default();
        match kind.as_str() {
            "message" if self.run.at.is_none() && actor.eq_ignore_ascii_case("user") => {
                self.ask("user", content, event);
            }
            "thought" => drop(self.run.push(StepKind::Thought, content, &actor)),
            "command" => {
                let arguments = take_text(event, "command").unwrap_or_default();
                self.run.called(content, ToolCall { name: kind, arguments, call_id: None }, &actor);
            }
            "observation" | "output" => drop(self.run.result("", None, None, content)),
            _ => drop(self.run.push(StepKind::Message, content, &actor)),
        }
    }
}
