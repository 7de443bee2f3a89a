//! Trajectories of SWE-agent: `.traj` files and demonstrations in YAML (SWE-agent/SWE-agent: docs/usage).
//!
//! A turn of `trajectory` is a thought, an action and an observation; `history` has the prompt, the tool calls and,
//! where there is no trajectory, all the rest. Each turn of newer files repeats the whole prompt, which is skipped.

use serde_json::{Map, Value};

use super::run::{Run, content_text, rename, take_text};
use crate::import::fields::Fields;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Metadata, StepKind, ToolCall};

/// What each turn repeats of the turns before.
const REPEATED: &[&str] = &["query", "messages"];

/// Reads SWE-agent trajectories.
pub(super) struct SweAgent;

impl Importer for SweAgent {
    fn name(&self) -> &'static str {
        "swe_agent"
    }

    fn caption(&self) -> &'static str {
        "SWE-agent trajectories (.traj)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["trajectory", "history"]]
    }

    fn repeats(&self) -> &'static [&'static str] {
        REPEATED
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("turns with `action` and `observation`, or a `history` of an agent", |row| {
            let turns = row["trajectory"].as_array();
            let history = row["history"].as_array();
            let ended = row["info"].is_object() && history.is_some();
            turns.is_some_and(|turns| turns.iter().all(is_turn) && (ended || !turns.is_empty()))
                || turns.is_none() && history.is_some_and(|list| !list.is_empty() && list.iter().all(is_entry))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let turns = if let Some(Value::Array(turns)) = fields.take("trajectory") { turns } else { Vec::new() };
        let history = match fields.take("history") {
            Some(Value::Array(history)) => history,
            _ => Vec::new(),
        };
        let is_demo = |entry: &Value| entry["is_demo"] == true;
        let (demos, history): (Vec<Value>, Vec<Value>) = history.into_iter().partition(is_demo);
        let asked = history.iter().take_while(|entry| entry["role"] != "assistant" && entry["role"] != "tool").count();
        let mut run = Run::default();
        for entry in history.iter().take(asked) {
            run.ask(entry["role"].as_str().unwrap_or_default(), content_text(&entry["content"]));
        }
        let answers: Vec<&Value> = history.iter().filter(|entry| entry["role"] == "assistant").collect();
        let mut kept = Metadata::new();
        if turns.is_empty() {
            for (index, entry) in history.iter().enumerate().skip(asked) {
                read_entry(&mut run, index, entry);
            }
        } else {
            if answers.len() != turns.len() && !history.is_empty() {
                kept.insert("history".into(), history.clone().into());
            }
            for (index, turn) in turns.into_iter().enumerate() {
                let Value::Object(turn) = turn else {
                    return Err(RowError::new(format!("turn {index} (from 0) of `trajectory` is no object")));
                };
                let answer = answers.get(index).filter(|answer| answer["action"] == turn["action"]);
                read_turn(&mut run, index, turn, answer.copied());
            }
        }
        let trace = run.builder.trace_mut();
        trace.source_id = fields.text_of(&["instance_id"]);
        trace.metadata = fields.rest();
        trace.metadata.extend(kept);
        if !demos.is_empty() {
            trace.metadata.insert("demonstrations".into(), demos.into());
        }
        Ok(vec![run.finish().into()])
    }
}

fn is_turn(turn: &Value) -> bool {
    // The events of OpenHands have one of the two each, and a source.
    turn["action"].is_string() && turn["observation"].is_string() && turn.get("source").is_none()
}

fn is_entry(entry: &Value) -> bool {
    let marked = ["agent", "message_type", "is_demo"].iter().any(|key| entry.get(key).is_some());
    entry["role"].is_string() && entry.get("content").is_some() && marked
}

/// A turn: what the agent thought, what it did, what came back.
fn read_turn(run: &mut Run, index: usize, mut turn: Map<String, Value>, answer: Option<&Value>) {
    let text = |turn: &mut Map<String, Value>, key| take_text(turn, key).unwrap_or_default();
    let (thought, action) = (text(&mut turn, "thought"), text(&mut turn, "action"));
    let author = answer.and_then(|answer| answer["agent"].as_str()).unwrap_or("agent");
    let first = run.len();
    if !thought.trim().is_empty() {
        run.push(StepKind::Thought, thought.as_str(), author);
    }
    if !action.trim().is_empty() {
        call_of(run, &action, answer, author);
    }
    let response = turn.get("response").and_then(Value::as_str).unwrap_or_default();
    let said = [&thought, &action].into_iter().all(|part| response.contains(part.trim()));
    if run.len() == first {
        let response = response.to_owned();
        run.push(StepKind::Message, response, author);
        turn.shift_remove("response");
    } else if said || response.trim() == thought.trim() {
        // The response is the thought and the action, which the steps have.
        turn.shift_remove("response");
    }
    if let Some(Value::String(observation)) = turn.shift_remove("observation") {
        let id = answer.and_then(|answer| answer["tool_calls"][0]["id"].as_str()).map(str::to_owned);
        run.result(&format!("turn {index} (from 0)"), id, None, observation);
    }
    for key in REPEATED {
        turn.shift_remove(*key);
    }
    rename(&mut turn, "execution_time", "duration_s");
    let last = run.at;
    run.note_all(last, turn);
}

/// The action: a line for a shell; where the agent calls functions, with the call that it made.
fn call_of(run: &mut Run, action: &str, answer: Option<&Value>, author: &str) {
    let call = answer.and_then(|answer| answer["tool_calls"].get(0));
    let tool = if let Some(call) = call {
        let arguments = &call["function"]["arguments"];
        ToolCall {
            name: call["function"]["name"].as_str().unwrap_or_default().into(),
            arguments: arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned),
            call_id: call["id"].as_str().map(str::to_owned),
        }
    } else {
        let (name, rest) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
        ToolCall { name: name.into(), arguments: rest.into(), call_id: None }
    };
    run.called(action.to_owned(), tool, author);
}

/// An entry of `history`, where there is no trajectory.
fn read_entry(run: &mut Run, index: usize, entry: &Value) {
    let place = format!("entry {index} (from 0) of `history`");
    let role = entry["role"].as_str().unwrap_or_default();
    let author = entry["agent"].as_str().unwrap_or(role);
    let text = content_text(&entry["content"]);
    match role {
        "assistant" => {
            let calls: &[Value] = entry["tool_calls"].as_array().map_or(&[], Vec::as_slice);
            let action = entry["action"].as_str().unwrap_or_default();
            let thought = entry["thought"].as_str().unwrap_or(&text);
            if calls.is_empty() && action.trim().is_empty() {
                run.push(StepKind::Message, text, author);
                return;
            }
            if !thought.trim().is_empty() {
                run.push(StepKind::Thought, thought, author);
            }
            if !action.trim().is_empty() && calls.len() < 2 {
                call_of(run, action, Some(entry), author);
                return;
            }
            for call in calls {
                let name = call["function"]["name"].as_str().unwrap_or_default().to_owned();
                let id = call["id"].as_str().map(str::to_owned);
                run.call(&place, name, &call["function"]["arguments"], id, author);
            }
        }
        "tool" => {
            let id = entry["tool_call_ids"][0].as_str().or_else(|| entry["tool_call_id"].as_str());
            run.result(&place, id.map(str::to_owned), None, text);
        }
        "system" => drop(run.push(StepKind::System, text, author)),
        // The environment answers in the user's name.
        _ => drop(run.push(StepKind::Observation, text, role)),
    }
}
